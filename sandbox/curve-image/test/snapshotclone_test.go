package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bucketServer is an S3 server that answers as a test wants and remembers what it was asked.
type bucketServer struct {
	mu        sync.Mutex
	head, put int
	exists    bool
	seen      []string
	addr      string
}

func newBucketServer(t *testing.T) *bucketServer {
	b := &bucketServer{head: 200, put: 200}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seen = append(b.seen, r.Method+" "+r.URL.Path)
		switch {
		case r.Method == http.MethodHead && b.head == 200 && !b.exists:
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodHead:
			w.WriteHeader(b.head)
		default:
			b.exists = b.put == 200
			w.WriteHeader(b.put)
		}
	}))
	t.Cleanup(s.Close)
	b.addr = strings.TrimPrefix(s.URL, "http://")
	return b
}

func (b *bucketServer) requests() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.seen, " ")
}

// snapshot is one instance's addresses.
type snapshot struct {
	l        *lab
	i        int
	addr     string
	dummy    int
	keys, s3 map[string]string
}

// newSnapshots plans n instances that share an S3 server.
func (l *lab) newSnapshots(n int, s3 string) []*snapshot {
	var all []*snapshot
	for i := range n {
		all = append(all, &snapshot{
			l: l, i: i, addr: fmt.Sprintf("%s:%d", l.host(i+1), freePort(l.t)), dummy: freePort(l.t),
			keys: map[string]string{"leader.session.intersec": patientSession,
				"etcd.dailtimeoutMs": patientEtcd, "etcd.operation.timeoutMs": patientEtcd},
			s3: map[string]string{"s3.nos_address": s3, "s3.snapshot_bucket_name": "curve-snapshots", "s3.ak": "access",
				"s3.sk": "secret"},
		})
	}
	return all
}

func (s *snapshot) conf() string {
	l := s.l
	dir := fmt.Sprintf("snapshotclone%d", s.i)
	host, port, _ := strings.Cut(s.addr, ":")
	vars := map[string]string{
		"prefix": l.path(dir), "service_addr": host, "service_port": port, "service_dummy_port": strconv.Itoa(s.dummy),
		"cluster_etcd_addr": l.etcdClient, "cluster_mds_addr": strings.Join(l.mdsAddrs, ","),
	}
	for _, name := range []string{"snap_client.conf", "s3.conf"} {
		keys := map[string]string(nil)
		if name == "s3.conf" {
			keys = s.s3
		}
		l.write(filepath.Join(dir, "conf", name), l.render(name, vars, keys))
	}
	return l.write(filepath.Join(dir, "conf", "snapshotclone.conf"), l.render("snapshotclone.conf", vars, s.keys))
}

func (s *snapshot) start() *process {
	s.l.t.Helper()
	return s.l.start("curvebs-snapshotclone", "--conf="+s.conf(), "-log_dir="+s.l.dir, "-graceful_quit_on_sigterm=true")
}

func (s *snapshot) role() string {
	host, _, _ := strings.Cut(s.addr, ":")
	_, text := page(fmt.Sprintf("http://%s:%d/vars/snapshotcloneserver_status?console=1", host, s.dummy))
	return strings.TrimSpace(text)
}

const (
	active  = `snapshotcloneserver_status : "active"`
	standby = `snapshotcloneserver_status : "standby"`
)

// startNginx runs the real proxy with the image's template in front of the instances.
func (l *lab) startNginx(all []*snapshot) (string, *process) {
	l.t.Helper()
	port := freePort(l.t)
	prefix := l.path("proxy")
	if err := os.MkdirAll(filepath.Join(prefix, "logs"), 0o755); err != nil {
		l.t.Fatal(err)
	}
	var upstream []string
	for _, s := range all {
		upstream = append(upstream, "server "+s.addr+";")
	}
	conf := l.write("nginx.conf", l.render("nginx.conf", map[string]string{
		"prefix": prefix, "service_addr": l.host(1), "service_proxy_port": strconv.Itoa(port),
		"cluster_snapshotclone_nginx_upstream": strings.Join(upstream, " "),
	}, nil))
	return fmt.Sprintf("%s:%d", l.host(1), port), l.start("/usr/sbin/nginx", "-c", conf, "-g", "daemon off;")
}

func TestOneSnapshotcloneIsActiveAndListensThroughTheProxy(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	b := newBucketServer(t)
	all := l.newSnapshots(3, b.addr)
	processes := []*process{all[0].start()}
	l.await("the first listens", func() bool { return listens(all[0].addr) })
	if r := b.requests(); r != "HEAD /curve-snapshots PUT /curve-snapshots" {
		t.Errorf("S3 was asked: %s", r)
	}
	for _, s := range all[1:] {
		processes = append(processes, s.start())
		l.await("another stands by", func() bool { return s.role() == standby })
		if listens(s.addr) {
			t.Error("a standby listens")
		}
	}
	proxy, _ := l.startNginx(all)
	l.await("the proxy reaches the active one", func() bool { code, _ := page("http://" + proxy + "/health"); return code == 200 })
	// Each worker of nginx finds out by itself who accepts, and remembers for ten seconds who did not.
	service := "http://" + proxy + "/SnapshotCloneService"
	l.await("the proxied service lists", func() bool {
		code, text := page(service + "?Action=GetFileSnapshots&Version=0.0.6&User=root")
		return code == 200 && strings.Contains(text, `"TotalCount":0`)
	})
	l.await("the proxied service refuses", func() bool {
		code, text := page(service + "?Action=CreateSnapshot&Version=0.0.6&User=root")
		return code == 400 && strings.Contains(text, "Invalid request")
	})
	if !strings.Contains(l.etcdctl("get", "--prefix", "07leadersnapshotcloneserverleaderlock/"), all[0].addr) {
		t.Error("its election is not under its own prefix")
	}
	// mds finds its own leader still: the prefixes share their letters.
	if strings.Contains(l.etcdctl("get", "--prefix", "07leader/"), all[0].addr) {
		t.Error("the elections are mixed up")
	}

	status := func() (int, string) {
		var addrs, dummies []string
		for _, s := range all {
			addrs, dummies = append(addrs, s.addr), append(dummies, strconv.Itoa(s.dummy))
		}
		return l.ops("snapshot-clone-status", "-snapshotCloneAddr="+strings.Join(addrs, ","), "-snapshotCloneDummyPort="+strings.Join(dummies, ","))
	}
	if code, out := status(); code != 0 || !strings.Contains(out, "current snapshot-clone-server: "+all[0].addr+"\n") ||
		!strings.Contains(out, "offline snapshot-clone-server list: \n") {
		t.Errorf("%d\n%s", code, out)
	}

	processes[0].kill()
	l.await("another takes over", func() bool { return listens(all[1].addr) || listens(all[2].addr) })
	l.await("the proxy reaches it", func() bool { code, _ := page("http://" + proxy + "/health"); return code == 200 })
	if code, out := status(); code != 255 || !strings.Contains(out, "offline snapshot-clone-server list: "+all[0].addr+"\n") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestSnapshotcloneAbortsWithoutEtcd(t *testing.T) {
	l := newLab(t)
	l.etcdClient = fmt.Sprintf("%s:%d", l.host(1), freePort(t))
	l.planMDS(1)
	s := l.newSnapshots(1, "127.0.0.1:1")[0]
	s.keys["etcd.dailtimeoutMs"], s.keys["etcd.operation.timeoutMs"] = templateEtcd, templateEtcd
	p := s.start()
	p.awaitEnd(134)
	p.says("InitEtcdClient error")
}

func TestTheActiveOneAbortsWithoutItsBucket(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	b := newBucketServer(t)
	b.head, b.put = 403, 403
	s := l.newSnapshots(1, b.addr)[0]
	p := s.start()
	p.awaitEnd(134)
	p.says("dataStore init fail")
	p.says("snapshotCloneServer init error")

	l.endSession(snapshotElection, s.addr)
	s.s3["s3.nos_address"] = "127.0.0.1:1"
	p = s.start()
	p.awaitEnd(134)
	p.says("CreateBucket error")
	// Standing by needs neither S3 nor MDS.
	if r := b.requests(); strings.Count(r, "HEAD") != 1 {
		t.Errorf("S3 was asked: %s", r)
	}
}

func TestWrongKeysMakeInstancesFailInTurn(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	b := newBucketServer(t)
	b.head, b.put = 403, 403
	all := l.newSnapshots(2, b.addr)
	off := l.fault("snapshotclone.hold-before-init", "")
	first := all[0].start()
	l.await("the first is active", func() bool { return all[0].role() == active })
	second := all[1].start()
	l.await("the second stands by", func() bool { return all[1].role() == standby })
	if listens(all[0].addr) {
		t.Error("it listens before it has initialised")
	}
	off()
	first.awaitEnd(134)
	l.endSession(snapshotElection, all[0].addr)
	second.awaitEnd(134)
}

func TestTheActiveOneWaitsForMDSAndThenAborts(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(1)
	b := newBucketServer(t)
	s := l.newSnapshots(1, b.addr)[0]
	s.keys["client.methodRetryTimeSec"], s.keys["client.methodRetryIntervalMs"] = "20", "1000" // one second here
	off := l.fault("snapshotclone.hold-before-init", "")
	p := s.start()
	l.await("it is active", func() bool { return s.role() == active })
	l.awaitReached("snapshotclone.hold-before-init")
	let := time.Now()
	off()
	l.await("it ends", func() bool {
		if listens(s.addr) {
			t.Error("it listens without mds")
		}
		return !p.runs()
	})
	p.awaitEnd(134)
	p.says("Mkdir fail, dirpath = /clone")
	if waited := p.since.Add(p.lived).Sub(let); waited < time.Second {
		t.Errorf("it waited %s only", waited)
	}
}

func TestSnapshotcloneWithoutItsFiles(t *testing.T) {
	l := newLab(t)
	l.start("curvebs-snapshotclone", "--conf="+l.path("nowhere")).awaitEnd(255)
	l.startCore(nil)
	s := l.newSnapshots(1, "127.0.0.1:1")[0]
	conf := s.conf()
	if err := os.Remove(l.path("snapshotclone0", "conf", "s3.conf")); err != nil {
		t.Fatal(err)
	}
	p := l.start("curvebs-snapshotclone", "--conf="+conf, "-log_dir="+l.dir)
	p.awaitEnd(134)
	p.says("Failed to open s3 config file")
}

func TestAnActiveOneThatLosesItsSessionEnds(t *testing.T) {
	l := newLab(t)
	etcd, _ := l.startCore(nil)
	s := l.newSnapshots(1, newBucketServer(t).addr)[0]
	p := s.start()
	l.await("it listens", func() bool { return listens(s.addr) })
	etcd.kill()
	p.awaitEnd(0)
	p.says("leader observe")
}

func TestSnapshotcloneEndsBySIGTERM(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	all := l.newSnapshots(2, newBucketServer(t).addr)
	first := all[0].start()
	l.await("the first listens", func() bool { return listens(all[0].addr) })
	second := all[1].start()
	l.await("the second stands by", func() bool { return all[1].role() == standby })
	for _, p := range []*process{second, first} {
		p.signal(syscall.SIGTERM)
		p.awaitEnd(0)
	}
}

func TestTheProxyOfNobodyAnswersBadGateway(t *testing.T) {
	l := newLab(t)
	proxy, _ := l.startNginx(l.newSnapshots(3, "127.0.0.1:1"))
	l.await("nginx answers that nobody is there", func() bool { code, _ := page("http://" + proxy + "/health"); return code == 502 })
}

func TestNginxDoesNotStartOnAPortInUse(t *testing.T) {
	l := newLab(t)
	all := l.newSnapshots(1, "127.0.0.1:1")
	_, first := l.startNginx(all)
	conf := l.path("nginx.conf")
	l.await("nginx listens", func() bool { return exists(l.path("proxy", "logs", "nginx.pid")) })
	p := l.start("/usr/sbin/nginx", "-c", conf, "-g", "daemon off;")
	p.awaitEnd(1)
	p.says("Address already in use")
	if !first.runs() {
		t.Error("the first one ended")
	}
}

// The signature is right if a real S3 server takes it.
func TestARealS3ServerTakesTheSignature(t *testing.T) {
	versitygw := os.Getenv("KEELSON_VERSITYGW")
	if versitygw == "" {
		t.Fatal("KEELSON_VERSITYGW names no S3 server; npm test -- curve-image builds one and names it")
	}
	l := newLab(t)
	l.startCore(nil)
	root := l.path("s3")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("%s:%d", l.host(1), freePort(t))
	l.start(versitygw, "--access", "access", "--secret", "secret", "--port", addr, "posix", root)
	l.await("the S3 server listens", func() bool { return listens(addr) })

	wrong := l.newSnapshots(1, addr)[0]
	wrong.s3["s3.sk"] = "wrong"
	wrong.start().awaitEnd(134)
	l.endSession(snapshotElection, wrong.addr)
	if exists(filepath.Join(root, "curve-snapshots")) {
		t.Error("a bucket was made with a wrong key")
	}
	s := l.newSnapshots(1, addr)[0]
	p := s.start()
	l.await("it listens", func() bool { return listens(s.addr) })
	if !exists(filepath.Join(root, "curve-snapshots")) {
		t.Error("no bucket")
	}
	stop(p)
	l.endSession(snapshotElection, s.addr)
	// A bucket that is there is taken.
	s.start()
	l.await("it listens again", func() bool { return listens(s.addr) })
}
