package test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The cases of the reference in which Curve does harm or seems well when it is not.

// Case 1: a chunkserver on a bare mount point. This release dies; it does not begin to format.
func TestAnUnmountedDiskIsFatalAndStaysEmpty(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	d := l.newDisk(1, 1)
	if err := os.RemoveAll(d.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d.start().awaitEnd(134)
	if entries, _ := os.ReadDir(d.dir); len(entries) != 0 {
		t.Errorf("it left %v", entries)
	}
	if n := len(l.chunkServers()); n != 0 {
		t.Errorf("%d chunkservers", n)
	}
}

// Case 2: an empty disk at the address of one that MDS believes alive gets that one's id. The replica is gone, and only
// the copysets show it.
func TestAnEmptyDiskIsTakenForTheFullOne(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(map[string]string{"mds.heartbeat.offlinetimeoutMs": "200000"})
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 9)))
	l.await("copysets are healthy", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
	id := disks[0].id()
	empty := func() {
		t.Helper()
		if err := os.RemoveAll(disks[0].dir); err != nil {
			t.Fatal(err)
		}
		disks[0].format(2)
	}
	stop(processes[0])
	empty() // far sooner than in the ten seconds after which it would be offline
	p := disks[0].start()
	disks[0].awaitListening()
	if disks[0].id() != id {
		t.Fatalf("id %d, was %d", disks[0].id(), id)
	}
	l.await("it counts as online", func() bool { return l.onlineState(id) == "ONLINE" })
	l.await("every copyset counts as unhealthy", func() bool {
		code, out := l.ops("copysets-status")
		return code == 255 && strings.Contains(out, "Copysets not healthy!\ntotal copysets: 9, unhealthy copysets: 9, unhealthy_ratio: 100%")
	})

	// Once the old id is offline, an empty disk gets a new one.
	stop(p)
	l.await("it is offline", func() bool { return l.onlineState(id) == "OFFLINE" })
	empty()
	disks[0].start()
	disks[0].awaitListening()
	if disks[0].id() == id {
		t.Error("the old id again")
	}
}

// Case 3: a logical pool made while a chunkserver is missing leaves that one without copysets for good.
func TestALatecomerGetsNoCopysets(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	disks := []*disk{l.newDisk(1, 1), l.newDisk(2, 1), l.newDisk(3, 1), l.newDisk(4, 1)}
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 12))
	l.tool(0, "create_physicalpool", m)
	for _, d := range disks[:3] {
		d.start()
		d.awaitListening()
	}
	l.tool(0, "create_logicalpool", m)
	disks[3].start()
	disks[3].awaitListening()
	l.tool(0, "create_logicalpool", m)
	for _, r := range l.chunkServers() {
		want := "12"
		if r["chunkServerID"] == strconv.Itoa(disks[3].id()) {
			want = "0"
		}
		if r["copysetNum"] != want {
			t.Errorf("chunkserver %s has %s copysets, want %s", r["chunkServerID"], r["copysetNum"], want)
		}
	}
}

// Case 4: two disks of one host with their real ports are two servers for MDS.
func TestTwoDisksWithRealPortsAreTwoServers(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{
		row("node1_0_0", l.host(1), 8200, "zone1"), row("node1_0_1", l.host(1), 8201, "zone1"),
	}))
	if s := rows(l.opsOK("server-list"), "serverID"); len(s) != 2 {
		t.Errorf("%v", s)
	}
}

// MDS killed while it makes a pool: the tool cannot tell, the next leader takes the pool back, a second run makes it.
func TestMDSDiesWhileItMakesAPool(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(2)
	first := l.startMDS(0, nil)
	l.awaitLeader(0)
	l.startMDS(1, nil)
	disks := []*disk{l.newDisk(1, 1), l.newDisk(2, 1), l.newDisk(3, 1)}
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 6))
	l.tool(0, "create_physicalpool", m)
	for _, d := range disks {
		d.start()
		d.awaitListening()
	}
	off := l.fault("mds.hold-between-copysets", "")
	tool := l.start("curvebs-tool", "-op=create_logicalpool", "-cluster_map="+m, "-confPath="+l.toolsConf())
	l.awaitReached("mds.hold-between-copysets")
	if !tool.runs() {
		t.Fatal("the tool does not wait")
	}
	first.kill()
	tool.awaitEnd(255)
	off()
	l.endSession(mdsElection, l.mdsAddrs[0])
	l.awaitLeader(1)
	if out := l.opsOK("logical-pool-list"); !strings.Contains(out, "total: 0") {
		t.Errorf("half a pool was kept\n%s", out)
	}
	l.tool(0, "create_logicalpool", m)
	// What the first leader had placed is told apart from the new copysets or taken over; both end healthy.
	l.await("copysets are healthy", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
}

// The tool killed while MDS works: MDS goes on, and a second run finds the pool.
func TestTheToolDiesWhileMDSMakesAPool(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 6))
	off := l.fault("mds.hold-before-copysets", "")
	tool := l.start("curvebs-tool", "-op=create_logicalpool", "-cluster_map="+m, "-confPath="+l.toolsConf())
	l.awaitReached("mds.hold-before-copysets")
	tool.kill()
	// A second run sees the unfinished pool and takes it for done.
	l.tool(0, "create_logicalpool", m)
	off()
	l.await("the pool has its copysets", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
	if pools := l.post("TopologyService", "ListLogicalPool", `{"physicalPoolName":"pool1"}`)["logicalPoolInfos"].([]any); len(pools) != 1 {
		t.Errorf("%v", pools)
	}
}

func TestASlowPoolHasNoTimeLimit(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	l.fault("mds.slow-copyset-create", "120s") // six seconds here
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 6)), "-rpcTimeOutMs=3000")
}

func TestCopysetsFollowTheirChunkservers(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	var disks []*disk
	var processes []*process
	for i := range 6 {
		disks = append(disks, l.newDisk(i+1, 1))
	}
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 12))
	l.tool(0, "create_physicalpool", m)
	for _, d := range disks {
		processes = append(processes, d.start())
		d.awaitListening()
	}
	l.tool(0, "create_logicalpool", m)
	l.await("copysets are healthy", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })

	// One dead: the copysets that it has a replica of lack a minority.
	lost := 0
	for _, r := range l.chunkServers() {
		if r["chunkServerID"] == strconv.Itoa(disks[0].id()) {
			lost, _ = strconv.Atoi(r["copysetNum"])
		}
	}
	stop(processes[0])
	want := fmt.Sprintf("total copysets: 12, unhealthy copysets: %d, unhealthy_ratio: ", lost)
	l.await("the copysets of the dead one count", func() bool {
		code, out := l.ops("copysets-status", "-detail")
		return code == 255 && strings.Contains(out, "Copysets not healthy!\n"+want) &&
			strings.Contains(out, fmt.Sprintf("unhealthy copysets statistic: {minority peer not online: %d}", lost)) &&
			strings.Contains(out, "service-exception chunkservers (total: 1): {"+disks[0].addr()+", }")
	})

	// All of two zones dead: the majority of every copyset.
	for _, i := range []int{1, 3, 4} {
		stop(processes[i])
	}
	l.await("all copysets lack a majority", func() bool {
		_, out := l.ops("copysets-status", "-detail")
		return strings.Contains(out, "unhealthy copysets: 12,") && strings.Contains(out, "majority peer not online: 12")
	})
	for _, i := range []int{0, 1, 3, 4} {
		disks[i].start()
	}
	l.await("copysets are healthy again", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
	for _, cmd := range [][]string{{"check-copyset", "-logicalPoolId=1", "-copysetId=1"}, {"check-chunkserver", "-chunkserverId=1"},
		{"check-server", "-serverId=1"}, {"check-operator", "-opName=operator"}, {"rapid-leader-schedule"}, {"list-may-broken-vol"}} {
		l.opsSoonOK(cmd...)
	}
}
