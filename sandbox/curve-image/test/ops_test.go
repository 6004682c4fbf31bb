package test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestOpsToolWithoutALeader(t *testing.T) {
	l := newLab(t)
	l.planMDS(3)
	l.etcdClient = l.host(1) + ":1"
	for _, cmd := range []string{"status", "space", "chunkserver-list", "chunkserver-status", "server-list", "logical-pool-list",
		"mds-status", "client-status", "client-list", "cluster-status"} {
		if code, out := l.ops(cmd); code != 255 || out != "Init channel to all mds fail!\nInit mdsClient failed!\nInit StatusTool failed\n" {
			t.Errorf("%s: %d %q", cmd, code, out)
		}
	}
	if code, out := l.ops("copysets-status"); code != 255 || out != "Init channel to all mds fail!\nInit copysetCheckCore fail!\nInit CopysetCheck failed\n" {
		t.Errorf("copysets-status: %d %q", code, out)
	}
	// These two ask nobody but etcd and snapshotclone.
	if code, out := l.ops("etcd-status"); code != 255 || !strings.Contains(out, "current etcd: \nonline etcd list: \noffline etcd list: "+l.etcdClient) {
		t.Errorf("etcd-status: %d %q", code, out)
	}
	if code, out := l.ops("snapshot-clone-status"); code != 255 || !strings.Contains(out, "no version found!") {
		t.Errorf("snapshot-clone-status: %d %q", code, out)
	}
}

func TestOpsToolNeedsItsConf(t *testing.T) {
	l := newLab(t)
	if code, _, stderr := l.run("curve_ops_tool", "space", "-confPath="+l.path("nowhere")); code != 255 || !strings.Contains(stderr, "Open config file") {
		t.Errorf("no conf: %d %s", code, stderr)
	}
	conf := l.write("tools.conf", "mdsAddr=127.0.0.1:1\nrootUserName=root\n")
	if code, _, stderr := l.run("curve_ops_tool", "space", "-confPath="+conf); code != 255 || !strings.Contains(stderr, "Missing rootUserPassword") {
		t.Errorf("no password: %d %s", code, stderr)
	}
	if code, out, _ := l.run("curve_ops_tool", "version"); code != 0 || !strings.HasPrefix(out, "1.2.6") {
		t.Errorf("version: %d %s", code, out)
	}
	l.planMDS(1)
	if code, out := l.ops("no-such-command"); code != 255 || !strings.HasPrefix(out, "Usage: curve_ops_tool") {
		t.Errorf("an unknown command: %d %s", code, out)
	}
}

func TestFormatsOfTheLists(t *testing.T) {
	l := newLab(t)
	// A look around each half minute here: none of them is late at one.
	disks, _ := l.threeDisks(map[string]string{"mds.heartbeat.misstimeoutMs": "600000"})
	d := disks[0]

	// Before the logical pool nobody has copysets, and that is not healthy.
	code, out := l.ops("copysets-status")
	if code != 255 || strings.Count(out, "Some copysets not found on chunkserver, may be tranfered\n") != 3 ||
		!strings.HasSuffix(out, "Copysets not healthy!\ntotal copysets: 0, unhealthy copysets: 0, unhealthy_ratio: 0%\n") {
		t.Errorf("%d\n%s", code, out)
	}
	if out := l.opsOK("logical-pool-list"); out != "curve logical pool list: \ntotal: 0\n" {
		t.Errorf("%q", out)
	}

	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 9))
	l.tool(0, "create_logicalpool", m)
	if out := l.opsSoonOK("copysets-status"); out != "Copysets are healthy!\ntotal copysets: 9, unhealthy copysets: 0, unhealthy_ratio: 0%\n" {
		t.Errorf("%q", out)
	}

	like := func(pattern, out string) {
		t.Helper()
		if !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("not like %s:\n%s", pattern, out)
		}
	}
	ip, port := regexp.QuoteMeta(d.ip), d.port
	list := l.opsSoonLike(`(.*unhealthyCopysetRatio = 0%.*\n){3}`, "chunkserver-list")
	like(`^curve chunkserver list: \n(chunkServerID = .*\n){3}total: 3, online: 3, unstable: 0, offline: 0\npendding: 0, penddingCopyset: 0, retired:0\n$`, list)
	like(fmt.Sprintf(`chunkServerID = %d, diskType = nvme, hostIP = %s, port = %d, rwStatus = READWRITE, diskState = DISKNORMAL, onlineState = ONLINE, copysetNum = 9, mountPoint = local://%s, diskCapacity = \d+ GB, diskUsed = \d+ GB, unhealthyCopysetRatio = 0%%, externalIP = %s\n`,
		d.id(), ip, port, regexp.QuoteMeta(d.dir), ip), list)
	like(`\ntotal: 3, online: 3, offline: 0\n`, l.opsOK("chunkserver-list", "-checkCSAlive"))
	like(`^ChunkServer status:\nversion: 1.2.6\S*\nchunkserver: total num = 3, online = 3, offline = 0\(recoveringout = 0, chunkserverlist: \[\]\)\n$`, l.opsOK("chunkserver-status"))
	like(fmt.Sprintf(`^curve server list: \nserverID = 1, hostName = node1_0_0, internalIP = %s, internalPort = %d, externalIp = %s, externalPort = %d, zoneID = 1, poolID = 1\n`, ip, port, ip, port), l.opsOK("server-list"))
	like(`^Client status: \n$`, l.opsOK("client-status"))
	l.opsSoonLike(`^Etcd status:\nversion: 3.4.0\ncurrent etcd: (\S+)\nonline etcd list: \S+\noffline etcd list: \n$`, "etcd-status")

	// The sizes of a new pool are not known at once.
	like(`^curve logical pool list: \nid = 1, name = pool1, physicalPoolID = 1, type = PAGEFILE, allocateStatus = ALLOW, total space = 0GB, used space = 0GB\(\S+%, can be recycled = 0GB\(0%\)\), left space = 0GB\(\S+%\)\ntotal: 1\n$`, l.opsSoonOK("logical-pool-list"))
	like(`^Space info:\nphysical: total = 0GB, used = 0GB\(0.00%\), left = 0GB\(100.00%\)\nlogical: total = 0GB, used = 0GB\(0.00%, can be recycled = 0GB\(0.00%\)\), left = 0GB\(\d+.00%\), created file size = 0GB\(0.00%\)\n$`, l.opsSoonOK("space"))
}

func TestSizesOfANewPoolAreNotKnownBeforeTheNextRefresh(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(map[string]string{"mds.topology.UpdateMetricIntervalSec": "3600"})
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 9)))
	code, out := l.ops("logical-pool-list")
	if code != 255 || !strings.HasSuffix(out, "GetMetric topology_metric_logical_pool_pool1_logical_capacity from all mds fail!\nGet logical capacity from mds fail!\n") {
		t.Errorf("%d\n%s", code, out)
	}
	if code, out := l.ops("space"); code != 255 || !strings.HasSuffix(out, "GetSpaceInfo fail!\n") {
		t.Errorf("%d\n%s", code, out)
	}
}
