package test

import (
	"net/http"
	"strings"
	"testing"

	"io"
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

func TestAClusterComesUpAsDeployed(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	for i, d := range disks {
		if d.id() == 0 {
			t.Fatalf("disk %d has no chunkserver.dat", i)
		}
	}
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 9)))
	l.await("copysets are healthy", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
	for _, cmd := range []string{"server-list", "chunkserver-list", "chunkserver-status", "copysets-status", "mds-status", "etcd-status"} {
		t.Logf("== %s\n%s", cmd, l.opsOK(cmd))
	}
	l.await("the pool's sizes are known", func() bool { code, _ := l.ops("logical-pool-list"); return code == 0 })
	t.Logf("%s", l.opsOK("logical-pool-list"))
	_, out := l.ops("status")
	t.Logf("%s", out)
}
