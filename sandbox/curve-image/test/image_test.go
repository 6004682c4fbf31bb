package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script runs with its folder moved; what it would start only says how it was called.
func TestTheEntrypointStartsEachRole(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../image/entrypoint.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	say := "#!/bin/sh\necho \"$(basename \"$0\")\" \"$@\"\n"
	put := func(path, text string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	moved := strings.NewReplacer("=/curvebs/", "="+dir+"/", "/usr/sbin/nginx", dir+"/nginx").Replace(string(script))
	put("entrypoint.sh", moved)
	put("nginx", say)
	for role, binary := range map[string]string{"etcd": "etcd", "mds": "curvebs-mds", "chunkserver": "curvebs-chunkserver",
		"snapshotclone": "curvebs-snapshotclone"} {
		put(role+"/sbin/"+binary, say)
		put(role+"/data/.keep", "")
		put(role+"/logs/.keep", "")
	}
	run := func(args ...string) string {
		out, _ := exec.Command(filepath.Join(dir, "entrypoint.sh"), args...).CombinedOutput()
		return strings.ReplaceAll(string(out), dir, "/curvebs")
	}
	for role, want := range map[string]string{
		"mds":           "curvebs-mds --confPath /curvebs/mds/conf/mds.conf\n",
		"chunkserver":   "curvebs-chunkserver --conf=/curvebs/chunkserver/conf/chunkserver.conf\n",
		"snapshotclone": "nginx -c /curvebs/snapshotclone/conf/nginx.conf\ncurvebs-snapshotclone --conf=/curvebs/snapshotclone/conf/snapshotclone.conf\n",
		"etcd":          "",
	} {
		if got := run("--role=" + role); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
		if s, err := os.Stat(filepath.Join(dir, role, "data")); err != nil || s.Mode().Perm() != 0o700 {
			t.Errorf("%s: data has mode %v", role, s.Mode())
		}
	}
	if log, _ := os.ReadFile(filepath.Join(dir, "etcd/logs/etcd.log")); !strings.HasPrefix(string(log), "etcd --config-file ") {
		t.Errorf("etcd's log: %s", log)
	}
	if got := run("--role=mds", "--args=-a=1 -b=2"); got != "curvebs-mds -a=1 -b=2\n" {
		t.Errorf("with arguments: %q", got)
	}
	if got := run("--role=client"); !strings.HasPrefix(got, "Usage:") {
		t.Errorf("an unknown role: %q", got)
	}
}

// Every key that a deployment fills in stands in its template, and nothing else is left open.
func TestTemplatesHaveTheirVariables(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"etcd.conf":          "cluster_etcd_http_addr prefix service_addr service_client_port service_host_sequence service_port service_replica_sequence",
		"mds.conf":           "cluster_etcd_addr cluster_snapshotclone_proxy_addr prefix service_addr service_dummy_port service_port",
		"chunkserver.conf":   "cluster_mds_addr prefix service_addr service_external_addr service_port",
		"cs_client.conf":     "cluster_mds_addr prefix",
		"snap_client.conf":   "cluster_mds_addr prefix",
		"snapshotclone.conf": "cluster_etcd_addr prefix service_addr service_dummy_port service_port",
		"s3.conf":            "",
		"tools.conf":         "cluster_etcd_addr cluster_mds_addr cluster_mds_dummy_port cluster_snapshotclone_addr cluster_snapshotclone_dummy_port",
		"nginx.conf":         "cluster_snapshotclone_nginx_upstream prefix service_addr service_proxy_port",
	} {
		text, err := os.ReadFile(filepath.Join("../image/conf", name))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range placeholder.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		if got := strings.Join(sortedKeys(found), " "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
