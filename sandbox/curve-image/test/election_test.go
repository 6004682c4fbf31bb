package test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func (l *lab) etcdctl(args ...string) string {
	l.t.Helper()
	cmd := exec.Command("/usr/bin/etcdctl", append([]string{"--endpoints", l.etcdClient}, args...)...)
	cmd.Env = append(l.env, "ETCDCTL_API=3")
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.t.Fatalf("etcdctl %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// The elections in etcd: of mds, and of snapshotclone.
const mdsElection, snapshotElection = "07leader/", "07leadersnapshotcloneserverleaderlock/"

// endSession ends the session of an instance that is dead, known by its address, as time would. It is for tests in which
// others must come to lead and how long that takes proves nothing.
func (l *lab) endSession(election, addr string) {
	l.t.Helper()
	lines := strings.Split(l.etcdctl("get", "--prefix", election), "\n") // keys and values in turn; a key ends in its lease
	if i := slices.Index(lines, addr); i > 0 {
		l.etcdctl("lease", "revoke", strings.TrimPrefix(lines[i-1], election))
	}
}

func TestOneMDSLeadsAndOnlyItListens(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(3)
	processes := []*process{l.startMDS(0, nil), l.startMDS(1, nil), l.startMDS(2, nil)}
	leader := l.awaitLeader(0, 1, 2)
	for i, p := range processes {
		if i == leader {
			continue
		}
		l.await("a follower's dummy port answers", func() bool { return l.mdsRole(i) == `mds_status : "follower"` })
		if listens(l.mdsAddrs[i]) {
			t.Error("a follower's service port is open")
		}
		dummy := fmt.Sprintf("http://%s:%d", l.host(i+1), l.mdsDummies[i])
		for _, path := range []string{"/health", "/status", "/flags", "/vars", "/vars/mds_config_mds_listen_addr"} {
			if code, _ := page(dummy + path); code != 200 {
				t.Errorf("%s of a follower: %d", path, code)
			}
		}
		if !p.runs() {
			t.Errorf("a follower ended: %s", p.stderr)
		}
	}
	if code, text := page("http://" + l.mdsAddrs[leader] + "/health"); code != 200 || text != "OK" {
		t.Errorf("health of the leader: %d %s", code, text)
	}

	// In etcd: 07leader/ and a lease in hex; the oldest key is the leader's, its value the leader's address.
	l.await("all three are in the election", func() bool {
		return strings.Count(l.etcdctl("get", "--prefix", "07leader/", "--keys-only"), "07leader/") == 3
	})
	// Without an order etcd would cut to one before it sorts.
	first := l.etcdctl("get", "--prefix", "07leader/", "--sort-by=CREATE", "--order=ASCEND", "--limit=1")
	if !regexp.MustCompile(`^07leader/[0-9a-f]+\n` + regexp.QuoteMeta(l.mdsAddrs[leader]) + `$`).MatchString(first) {
		t.Errorf("first key and value: %s", first)
	}

	status := l.opsOK("mds-status")
	for _, line := range []string{"current MDS: " + l.mdsAddrs[leader] + "\n", "online mds list: " + strings.Join(l.mdsAddrs, ", ") + "\n", "offline mds list: \n"} {
		if !strings.Contains(status, line) {
			t.Errorf("no %q in\n%s", line, status)
		}
	}
}

func TestAnotherMDSTakesOverWithAllThatWasKnown(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(2)
	first := l.startMDS(0, nil)
	l.awaitLeader(0)
	second := l.startMDS(1, nil)
	disks := []*disk{l.newDisk(1, 1), l.newDisk(2, 1), l.newDisk(3, 1)}
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 6))
	l.tool(0, "create_physicalpool", m)
	for _, d := range disks {
		d.start()
	}
	for _, d := range disks {
		d.awaitListening()
	}
	l.tool(0, "create_logicalpool", m)
	first.kill()
	if l.awaitLeader(1); !second.runs() {
		t.Fatal("the second mds ended")
	}
	if n := len(rows(l.opsOK("server-list"), "serverID")); n != 3 {
		t.Errorf("%d servers", n)
	}
	if sets := l.post("TopologyService", "GetCopySetsInCluster", `{}`)["copysetInfos"].([]any); len(sets) != 6 {
		t.Errorf("%d copysets", len(sets))
	}
	// The new leader believes in no chunkserver until it has looked around once.
	l.await("all chunkservers are online again", func() bool {
		for _, r := range l.chunkServers() {
			if r["onlineState"] != "ONLINE" {
				return false
			}
		}
		return true
	})
	code, status := l.ops("mds-status")
	if code != 255 || !strings.Contains(status, "offline mds list: "+l.mdsAddrs[0]+"\n") ||
		!strings.Contains(status, fmt.Sprintf("get version from {%s:%d} fail", l.host(1), l.mdsDummies[0])) {
		t.Errorf("%d\n%s", code, status)
	}
}

func TestAGracefulEndHandsOverAtOnce(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(2)
	keys := map[string]string{"mds.leader.sessionInterSec": "1200"} // a minute here: it would not be over in time
	first := l.startMDS(0, keys)
	l.awaitLeader(0)
	l.startMDS(1, keys)
	l.await("the second is in the election", func() bool {
		return strings.Count(l.etcdctl("get", "--prefix", "07leader/", "--keys-only"), "07leader/") == 2
	})
	first.signal(syscall.SIGTERM)
	first.awaitEnd(0)
	l.awaitLeader(1)
}

func TestWithoutTheFlagSIGTERMEndsOnTheSpot(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(1)
	p := l.start("curvebs-mds", "--confPath="+l.mdsConf(0, nil), "-log_dir="+l.dir)
	l.awaitLeader(0)
	p.signal(syscall.SIGTERM)
	p.awaitEnd(143)
	if !strings.Contains(l.etcdctl("get", "--prefix", "07leader/", "--keys-only"), "07leader/") {
		t.Error("the key is gone before its lease")
	}
}

func TestMDSAbortsSoonWithoutEtcd(t *testing.T) {
	l := newLab(t)
	l.etcdClient = fmt.Sprintf("%s:%d", l.host(1), freePort(t))
	l.planMDS(1)
	p := l.startMDS(0, mdsGivesUpSoon)
	p.awaitEnd(134)
	p.says("init etcd client err!")
	// Five seconds, scaled, and the time that the process itself takes on a busy machine.
	if p.lived < 250*time.Millisecond {
		t.Errorf("it gave up after %s", p.lived)
	}
}

func TestMDSWithoutEtcdShowsItsDummyPortMeanwhile(t *testing.T) {
	l := newLab(t)
	l.etcdClient = fmt.Sprintf("%s:%d", l.host(1), freePort(t))
	l.planMDS(1)
	off := l.fault("mds.hold-before-etcd", "")
	p := l.startMDS(0, mdsGivesUpSoon)
	l.awaitReached("mds.hold-before-etcd")
	if role := l.mdsRole(0); role != `mds_status : "follower"` {
		t.Errorf("%s", role)
	}
	off()
	p.awaitEnd(134)
}

func TestALeaderThatLosesItsSessionEnds(t *testing.T) {
	l := newLab(t)
	etcd := l.startEtcd()
	l.planMDS(1)
	p := l.start("curvebs-mds", "--confPath="+l.mdsConf(0, nil), "-log_dir="+l.dir)
	l.awaitLeader(0)
	etcd.kill()
	p.awaitEnd(143)
	p.says("leader observe")
}

func TestAFollowerOutlivesAnOutageOfEtcd(t *testing.T) {
	l := newLab(t)
	etcd := l.startEtcd()
	l.planMDS(2)
	leader := l.startMDS(0, nil)
	l.awaitLeader(0)
	follower := l.startMDS(1, nil)
	l.await("the follower is in the election", func() bool {
		return strings.Count(l.etcdctl("get", "--prefix", "07leader/", "--keys-only"), "07leader/") == 2
	})
	etcd.kill()
	leader.awaitEnd(0)
	if !follower.runs() {
		t.Fatalf("the follower ended: %s", follower.stderr)
	}
	l.startEtcd()
	l.awaitLeader(1)
}

func TestMDSAbortsOnABadConf(t *testing.T) {
	l := newLab(t)
	l.etcdClient = l.host(1) + ":1"
	l.planMDS(1)
	l.start("curvebs-mds", "--confPath="+l.path("nowhere.conf")).awaitEnd(134)
	conf := l.mdsConf(0, nil)
	for _, key := range []string{"mds.listen.addr", "mds.topology.choosePoolPolicy"} {
		text := strings.Replace(l.render("mds.conf", map[string]string{"service_addr": l.host(1), "service_port": "1",
			"service_dummy_port": "1", "cluster_etcd_addr": "x", "cluster_snapshotclone_proxy_addr": "", "prefix": l.dir}, nil),
			key+"=", "#"+key+"=", 1)
		p := l.start("curvebs-mds", "--confPath="+l.write("lacks-"+key+".conf", text))
		p.awaitEnd(134)
		p.says("Get " + key + " from ")
	}
	l.start("curvebs-mds", "--confPath="+conf, "--noSuchFlag=1").awaitEnd(1)
}

// etcd itself waits where the others die: two members of three are missing.
func TestEtcdThatLostItsQuorumRunsAndIsNotHealthy(t *testing.T) {
	l := newLab(t)
	var ports, cluster []string
	for i := range 3 {
		ports = append(ports, strconv.Itoa(freePort(t)))
		cluster = append(cluster, fmt.Sprintf("etcd%d0=http://%s:%s", i, l.host(i+1), ports[i]))
	}
	client := strconv.Itoa(freePort(t))
	var members []*process
	for i := range 2 {
		conf := l.write(fmt.Sprintf("etcd%d.conf", i), l.render("etcd.conf", map[string]string{
			"service_host_sequence": strconv.Itoa(i), "service_replica_sequence": "0", "prefix": l.path(fmt.Sprint("etcd", i)),
			"service_addr": l.host(i + 1), "service_port": ports[i], "service_client_port": client,
			"cluster_etcd_http_addr": strings.Join(cluster, ","),
		}, map[string]string{"heartbeat-interval": "50", "election-timeout": "500"}))
		members = append(members, l.start("/usr/bin/etcd", "--config-file", conf))
	}
	l.etcdClient = l.host(1) + ":" + client
	health := func(want string) func() bool {
		return func() bool {
			_, text := page("http://" + l.etcdClient + "/health")
			return strings.Contains(text, want)
		}
	}
	l.await("two of three are healthy", health(`"true"`))
	members[1].kill()
	l.await("one of three is not", health(`"false"`))
	if !members[0].runs() {
		t.Error("etcd ended")
	}
	// Who needs it aborts.
	l.planMDS(1)
	l.startMDS(0, mdsGivesUpSoon).awaitEnd(134)
}
