package test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func postJSON(url, body string) (string, bool) {
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text), resp.StatusCode == http.StatusOK
}

// The whole way of a deployment: etcd, three mds, physical pool, chunkservers, logical pool, snapshotclone.
func TestAClusterThatIsDeployedInOrderIsHealthy(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(3)
	for i := range 3 {
		l.startMDS(i, nil)
	}
	l.awaitLeader(0, 1, 2)
	var disks []*disk
	for i := range 6 {
		disks = append(disks, l.newDisk(i%3+1, 2))
	}
	// Two disks a host, so port 0: one zone a host.
	var servers []mapRow
	for i, d := range disks {
		servers = append(servers, row("node"+strconv.Itoa(i%3+1)+"_"+strconv.Itoa(i/3), d.ip, 0, "zone"+strconv.Itoa(i%3+1)))
	}
	m := l.clusterMap(servers, pool("pool1", 60))
	l.tool(0, "create_physicalpool", m)
	for _, d := range disks {
		d.start()
	}
	l.await("all six are online", func() bool {
		_, out := l.ops("chunkserver-status")
		return strings.Contains(out, "chunkserver: total num = 6, online = 6, offline = 0")
	})
	l.tool(0, "create_logicalpool", m)
	b := newBucketServer(t)
	var addrs, dummies []string
	for _, s := range l.newSnapshots(3, b.addr) {
		s.start()
		addrs, dummies = append(addrs, s.addr), append(dummies, strconv.Itoa(s.dummy))
	}
	status := []string{"status", "-snapshotCloneAddr=" + strings.Join(addrs, ","), "-snapshotCloneDummyPort=" + strings.Join(dummies, ",")}
	out := l.opsSoonOK(status...)
	for _, line := range []string{
		"Cluster status:\ncluster is healthy\ntotal copysets: 60, unhealthy copysets: 0, unhealthy_ratio: 0%\nphysical pool number: 1, logical pool number: 1\nSpace info:\n",
		"\n\nClient status: \n\nMDS status:\nversion: ", "\n\nEtcd status:\nversion: 3.4.0\ncurrent etcd: ",
		"\n\nSnapshotCloneServer status:\nversion: ", "\noffline snapshot-clone-server list: \n\nChunkServer status:\nversion: ",
		"\nchunkserver: total num = 6, online = 6, offline = 0(recoveringout = 0, chunkserverlist: [])\npool1 chunkfilepool left size: min = 0GB, max = 0GB, average = 0.00GB, range = 0GB, variance = 0.00\nNo walpool left size fount, use chunkfilepool as walpool!\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	for _, r := range l.chunkServers() {
		if n, _ := strconv.Atoi(r["copysetNum"]); n < 20 {
			t.Errorf("chunkserver %s has %d copysets of 60", r["chunkServerID"], n)
		}
	}
}
