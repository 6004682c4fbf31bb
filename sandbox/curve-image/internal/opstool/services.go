package opstool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
)

// service is one of mds, etcd and snapshotclone, as the status commands look at them.
type service struct {
	name    string // in messages
	current func() []string
	online  func() map[string]bool
	broken  func() bool // whether current and online cannot be told at all
}

// versions prints the version line. All instances must have one version; those that do not answer are named.
func (t *tool) versions(failure, mismatch string, addrs []string, get func(addr string) (string, error)) bool {
	found := map[string][]string{}
	var failed []string
	for _, addr := range addrs {
		v, err := get(addr)
		if err != nil {
			failed = append(failed, addr)
			continue
		}
		found[v] = append(found[v], addr)
	}
	switch len(found) {
	case 0:
		t.p.line("no version found!")
		t.p.line(failure)
		return false
	case 1:
	default:
		t.p.part(mismatch, " version not match, version map: ")
		for _, v := range slices.Sorted(maps.Keys(found)) {
			t.p.line(v, ": {", strings.Join(found[v], ", "), "}")
		}
		t.p.line(failure)
		return false
	}
	for v := range found {
		t.p.line("version: ", v)
	}
	if len(failed) > 0 {
		t.p.line("get version from {", strings.Join(failed, ", "), "} fail")
		return false
	}
	return true
}

// curveVersion asks a process for its version. One that has none is old.
func (t *tool) curveVersion(addr string) (string, error) {
	v, err := getVar(addr, "curve_version", t.mds.timeout, t.mds.retries)
	if brpc.IsNotFound(err) {
		return "before-0.0.5.2", nil
	}
	return v, err
}

func (t *tool) printOnline(name string, status map[string]bool) {
	for _, want := range []bool{true, false} {
		var list []string
		for _, addr := range slices.Sorted(maps.Keys(status)) {
			if status[addr] == want {
				list = append(list, addr)
			}
		}
		word := map[bool]string{true: "online ", false: "offline "}[want]
		t.p.line(word, name, " list: ", strings.Join(list, ", "))
	}
}

// checkService says what is wrong with a service, for the cluster's health.
func (t *tool) checkService(s service) bool {
	if s.broken != nil && s.broken() {
		return false
	}
	current, online := s.current(), s.online()
	healthy := true
	switch {
	case len(current) == 0:
		t.p.line("No ", s.name, " is active")
		healthy = false
	case len(current) > 1:
		t.p.line("More than one ", s.name, " is active")
		healthy = false
	}
	for _, addr := range slices.Sorted(maps.Keys(online)) {
		if !online[addr] {
			t.p.line(s.name, " ", addr, " is offline")
			healthy = false
		}
	}
	return healthy
}

func sortedValues(m map[string]string) []string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[k])
	}
	return list
}

// withListenAddr says for each address whether its dummy port answers and names this very address.
func (t *tool) withListenAddr(dummy map[string]string, name string) map[string]bool {
	online := map[string]bool{}
	for addr, at := range dummy {
		listen, err := brpc.ConfigVar(context.Background(), at, name, t.mds.timeout)
		online[addr] = err == nil && listen == addr
	}
	return online
}

func (t *tool) mdsService() service {
	return service{
		name: "mds",
		current: func() []string {
			var list []string
			for _, addr := range slices.Sorted(maps.Keys(t.mds.dummy)) {
				status, err := getVar(t.mds.dummy[addr], "mds_status", t.mds.timeout, t.mds.retries)
				if err != nil {
					t.p.line("Get status metric from ", t.mds.dummy[addr], " fail")
				} else if status == "leader" {
					list = append(list, addr)
				}
			}
			return list
		},
		online: func() map[string]bool { return t.withListenAddr(t.mds.dummy, "mds_config_mds_listen_addr") },
	}
}

func (t *tool) mdsStatus() bool {
	t.p.line("MDS status:")
	ok := t.versions("GetAndCheckMdsVersion fail", "mds", sortedValues(t.mds.dummy), t.curveVersion)
	s := t.mdsService()
	t.p.line("current MDS: ", strings.Join(s.current(), ", "))
	t.printOnline("mds", s.online())
	return ok
}

func (t *tool) snapshotService() service {
	const status = "snapshotcloneserver_status"
	return service{
		name: "snapshot-clone-server",
		current: func() []string {
			var list []string
			for _, addr := range slices.Sorted(maps.Keys(t.snapshot)) {
				at := t.snapshot[addr]
				v, err := getVar(at, status, t.mds.timeout, t.mds.retries)
				if err == nil && v == "active" {
					at = addr
					_, err = getVar(at, status, t.mds.timeout, t.mds.retries)
				}
				if err != nil {
					t.p.line("Get status metric from ", at, " fail")
				} else if v == "active" {
					list = append(list, addr)
				}
			}
			return list
		},
		online: func() map[string]bool {
			return t.withListenAddr(t.snapshot, "snapshotcloneserver_config_server_address")
		},
	}
}

func (t *tool) snapshotStatus() bool {
	t.p.line("SnapshotCloneServer status:")
	ok := t.versions("GetAndCheckSnapshotCloneVersion fail", "snapshot clone", sortedValues(t.snapshot), t.curveVersion)
	s := t.snapshotService()
	current := s.current()
	online := s.online()
	t.p.line("current snapshot-clone-server: ", strings.Join(current, ", "))
	t.printOnline("snapshot-clone-server", online)
	return ok
}

var etcdHTTP = http.Client{Timeout: time.Second}

// etcdCall asks etcd's HTTP gateway.
func etcdCall(method, url string, body []byte, answer any) error {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := etcdHTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.Unmarshal(text, answer)
}

// etcdMembers asks every member who it is and whom it takes for the leader.
func (t *tool) etcdMembers() (leaders []string, online map[string]bool) {
	online = map[string]bool{}
	for _, addr := range t.etcd {
		var answer struct {
			Header struct {
				MemberID string `json:"member_id"`
			} `json:"header"`
			Leader string `json:"leader"`
		}
		online[addr] = etcdCall(http.MethodPost, "http://"+addr+"/v3/maintenance/status", []byte("{}"), &answer) == nil
		if online[addr] && answer.Leader != "" && answer.Leader == answer.Header.MemberID {
			leaders = append(leaders, addr)
		}
	}
	return leaders, online
}

func (t *tool) etcdService() service {
	var leaders []string
	var online map[string]bool
	return service{
		name:    "etcd",
		broken:  func() bool { leaders, online = t.etcdMembers(); return false },
		current: func() []string { return leaders },
		online:  func() map[string]bool { return online },
	}
}

func (t *tool) etcdStatus() bool {
	t.p.line("Etcd status:")
	ok := t.versions("GetAndCheckEtcdVersion fail", "", t.etcd, func(addr string) (string, error) {
		var answer struct {
			Cluster *string `json:"etcdcluster"`
		}
		err := etcdCall(http.MethodGet, "http://"+addr+"/version", nil, &answer)
		if err != nil {
			t.p.line("Access ", addr, "/version failed, error text: ", err)
			return "", err
		}
		if answer.Cluster == nil {
			t.p.line("Parse cluster version from response failed")
			return "", errors.New("no version")
		}
		return *answer.Cluster, nil
	})
	leaders, online := t.etcdMembers()
	t.p.line("current etcd: ", strings.Join(leaders, ", "))
	t.printOnline("etcd", online)
	return ok
}
