package brpc

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNamesOfVariables(t *testing.T) {
	for name, want := range map[string]string{
		"mds_status":                 "mds_status",
		"mds_config_mds.listen.addr": "mds_config_mds_listen_addr",
		"topology_metric_logicalPool_pool1_chunkSizeUsedBytes": "topology_metric_logical_pool_pool1_chunk_size_used_bytes",
		"chunkserver_10.0.0.1:8200_chunkfilepool_left":         "chunkserver_10_0_0_1_8200_chunkfilepool_left",
		"readIOPS": "read_iops",
	} {
		if got := Underscored(name); got != want {
			t.Errorf("%s became %s, want %s", name, got, want)
		}
	}
}

func serve(t *testing.T) string {
	t.Helper()
	vars := &Vars{}
	vars.Text("mds_status", "leader")
	vars.Number("mds_count", 3)
	vars.Config("mds_config", "mds.listen.addr", "10.0.0.1:6700")
	s := NewServer(vars)
	Method(s, "EchoService", "Echo", func(_ *http.Request, req *struct{ Text string }) *struct{ Text string } { return req })
	l, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func get(t *testing.T, url, agent string) (int, string) {
	t.Helper()
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("User-Agent", agent)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func TestBuiltinPages(t *testing.T) {
	at := "http://" + serve(t)
	for _, c := range []struct {
		path, agent string
		code        int
		text        string
	}{
		{"/health", "node", 200, "OK"},
		{"/vars/mds_status", "curl/8.0", 200, "mds_status : \"leader\"\r\n"},
		{"/vars/mds_status", "", 200, "mds_status : \"leader\"\r\n"},
		{"/vars/mds_status?console=1", "node", 200, "mds_status : \"leader\"\r\n"},
		{"/vars/mds_c*t", "curl/8.0", 200, "mds_count : 3\r\n"},
		{"/vars/mds_count,mds_status", "curl/8.0", 200, "mds_count : 3\r\nmds_status : \"leader\"\r\n"},
		{"/vars/nothing", "curl/8.0", 404, "[E1002]Fail to find any bvar by `nothing'"},
		{"/vars/mds_config_mds_listen_addr", "curl/8.0", 200,
			"mds_config_mds_listen_addr : \"{\"conf_name\":\"mds.listen.addr\",\"conf_value\":\"10.0.0.1:6700\"}\"\r\n"},
	} {
		if code, text := get(t, at+c.path, c.agent); code != c.code || text != c.text {
			t.Errorf("%s as %q: %d %q", c.path, c.agent, code, text)
		}
	}
	if _, text := get(t, at+"/vars/mds_status", "node"); !strings.HasPrefix(text, "<!DOCTYPE html>") {
		t.Errorf("a browser gets %q", text)
	}
	for _, path := range []string{"/status", "/flags", "/vars", "/version"} {
		if code, _ := get(t, at+path, "curl/8.0"); code != 200 {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// patience bounds calls that are answered; none of them waits for it.
const patience = 30 * time.Second

func init() { connectTimeout = patience }

func TestCallsTellDeadFromSilent(t *testing.T) {
	ctx := context.Background()
	type message struct{ Text string }
	at := serve(t)
	if r, err := Call[message](ctx, at, "EchoService", "Echo", patience, message{"x"}); err != nil || r.Text != "x" {
		t.Errorf("%v %v", r, err)
	}
	if v, err := ConfigVar(ctx, at, "mds_config_mds_listen_addr", patience); err != nil || v != "10.0.0.1:6700" {
		t.Errorf("%q %v", v, err)
	}
	if _, err := Var(ctx, at, "nothing", patience); !IsNotFound(err) {
		t.Errorf("a missing variable: %v", err)
	}

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Call[message](ctx, silent.Addr().String(), "EchoService", "Echo", 2*time.Second, message{})
	if e, ok := err.(*Error); !ok || e.Code != ERPCTimeout || IsHostDown(err) {
		t.Errorf("a silent server: %v", err)
	}
	silent.Close()
	if _, err = Call[message](ctx, silent.Addr().String(), "EchoService", "Echo", patience, message{}); !IsHostDown(err) {
		t.Errorf("a port that refuses: %v", err)
	}
}

func TestEndpointsAreLiteral(t *testing.T) {
	for addr, good := range map[string]bool{
		"10.0.0.1:6700": true, "[::1]:6700": true, "mds.curve:6700": false, "10.0.0.1": false, "10.0.0.1:http": false, "": false,
	} {
		if Endpoint(addr) != good {
			t.Errorf("%s: %v", addr, !good)
		}
	}
}
