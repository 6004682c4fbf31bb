package test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func TestToolCreatesPoolsOnceHoweverOftenItRuns(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 9))
	for range 2 {
		for _, op := range []string{"create_physicalpool", "create_logicalpool"} {
			// A Job's log of a success is empty.
			if stderr := l.tool(0, op, m); stderr != "" {
				t.Errorf("%s said: %s", op, stderr)
			}
		}
	}
	// Without its conf file it goes by its flags.
	l.tool(0, "create_physicalpool", m, "-confPath="+l.path("nowhere"), "-mds_addr="+l.mdsAddrs[0])
	servers := rows(l.opsOK("server-list"), "serverID")
	if len(servers) != 3 || servers[0]["poolID"] != servers[2]["poolID"] || servers[0]["zoneID"] == servers[1]["zoneID"] {
		t.Errorf("%v", servers)
	}
	if pools := l.post("TopologyService", "ListLogicalPool", `{"physicalPoolName":"pool1"}`)["logicalPoolInfos"].([]any); len(pools) != 1 {
		t.Errorf("%v", pools)
	}
	// A pool of the same name stays as it is, whatever the map says.
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 30)))
	if sets := l.post("TopologyService", "GetCopySetsInCluster", `{}`)["copysetInfos"].([]any); len(sets) != 9 {
		t.Errorf("%d copysets", len(sets))
	}
}

func TestToolRefusesABadMapOrCall(t *testing.T) {
	l := newLab(t)
	l.mdsAddrs, l.mdsDummies = []string{l.host(1) + ":1"}, []int{1}
	change := func(field string, value any) string {
		r := row("a", l.host(1), 0, "zone1")
		r[field] = value
		return l.clusterMap([]mapRow{r}, pool("pool1", 9))
	}
	changePool := func(field string, value any) string {
		p := pool("pool1", 9)
		p[field] = value
		return l.clusterMap(nil, p)
	}
	for _, c := range []struct {
		name, op, mapPath, says string
	}{
		{"no map", "create_physicalpool", l.path("nowhere"), "open cluster map file"},
		{"no JSON", "create_physicalpool", l.write("bad.json", "{"), "Parse cluster map file"},
		{"no servers", "create_physicalpool", l.write("a.json", `{"logicalpools":[]}`), "No servers in cluster map"},
		{"no logical pools", "create_logicalpool", l.write("b.json", `{"servers":[]}`), "No servers in cluster map"},
		{"an unknown operation", "create_poolset", l.write("c.json", `{}`), "undefined op."},
		{"no operation", "", l.write("d.json", `{}`), "undefined op."},
	} {
		if stderr := l.tool(255, c.op, c.mapPath); !strings.Contains(stderr, c.says) {
			t.Errorf("%s: %s", c.name, stderr)
		}
	}
	for field, value := range map[string]any{"name": 1, "internalip": nil, "internalport": "8200", "externalip": 1,
		"externalport": -1, "zone": nil, "physicalpool": 7} {
		if stderr := l.tool(255, "create_physicalpool", change(field, value)); !strings.Contains(stderr, field+" must be") {
			t.Errorf("server %s: %s", field, stderr)
		}
	}
	for field, value := range map[string]any{"name": 1, "physicalpool": nil, "type": "x", "replicasnum": -3,
		"copysetnum": 1.5, "zonenum": "3", "scatterwidth": -1} {
		if stderr := l.tool(255, "create_logicalpool", changePool(field, value)); !strings.Contains(stderr, field+" must be") {
			t.Errorf("pool %s: %s", field, stderr)
		}
	}
	good := l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")})
	if stderr := l.tool(255, "create_physicalpool", good, "-mds_addr="); !strings.Contains(stderr, "no avaliable mds address") {
		t.Errorf("no address: %s", stderr)
	}
	if stderr := l.tool(255, "create_physicalpool", good, "-mds_addr=mds-a:6700"); !strings.Contains(stderr, "Invalid sub mds ip:port provided: mds-a:6700") {
		t.Errorf("a name for an address: %s", stderr)
	}
}

// A tool that finds nobody ends within seconds: it asks every address once.
func TestToolWithoutALeaderEndsAfterOnePass(t *testing.T) {
	l := newLab(t)
	l.planMDS(3)
	began := time.Now()
	stderr := l.tool(255, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	if !strings.Contains(stderr, "rpc retry times exceed.") || time.Since(began) > 20*time.Second {
		t.Errorf("after %s: %s", time.Since(began), stderr)
	}
	log, err := os.ReadFile(l.path("curvebs-tool.INFO"))
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range l.mdsAddrs {
		if n := strings.Count(string(log), "fail on mds: "+addr+"\n"); n != 1 {
			t.Errorf("%s was tried %d times", addr, n)
		}
	}
}

func TestToolGoesOnToTheMDSThatLeads(t *testing.T) {
	l := newLab(t)
	l.startEtcd()
	l.planMDS(3)
	l.startMDS(2, nil)
	l.awaitLeader(2)
	l.startMDS(0, nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	if n := len(rows(l.opsOK("server-list"), "serverID")); n != 1 {
		t.Errorf("%d servers", n)
	}
}

// fakeMDS answers every request of the topology service with success, but one method with a code.
func fakeMDS(t *testing.T, method string, code int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{"statusCode": 0}
		if strings.HasSuffix(r.URL.Path, "/"+method) {
			answer["statusCode"] = code
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestExitCodesAreTheLowBytesOfMDSsAnswers(t *testing.T) {
	for _, c := range []struct {
		op, method string
		code, exit int
	}{
		{"create_physicalpool", "RegistServer", 0, 0},
		{"create_physicalpool", "RegistServer", -7, 249},
		{"create_physicalpool", "RegistServer", -8, 248},
		{"create_physicalpool", "RegistServer", -9, 247},
		{"create_logicalpool", "CreateLogicalPool", -10, 246},
		{"create_logicalpool", "CreateLogicalPool", -12, 244},
		{"create_physicalpool", "CreatePhysicalPool", -16, 240},
		{"create_logicalpool", "CreateLogicalPool", -17, 239},
		{"create_physicalpool", "CreateZone", -4, 252},
		{"create_physicalpool", "CreateZone", -1, 255},
		// What our MDS never answers; the tool passes on whatever it hears.
		{"create_physicalpool", "ListPhysicalPool", -3, 253},
		{"create_physicalpool", "CreatePhysicalPool", -5, 251},
		{"create_logicalpool", "CreateLogicalPool", -6, 250},
		{"create_logicalpool", "CreateLogicalPool", -11, 245},
		{"create_physicalpool", "RegistServer", -13, 243},
		{"create_logicalpool", "CreateLogicalPool", -18, 238},
		{"create_physicalpool", "CreatePhysicalPool", -20, 236},
		{"create_physicalpool", "CreatePhysicalPool", -21, 235},
		{"create_logicalpool", "CreateLogicalPool", -22, 234},
		// -15 and -19 mean that it is there already; -2 is taken for "try the next MDS", and there is none.
		{"create_physicalpool", "RegistServer", -15, 0},
		{"create_logicalpool", "CreateLogicalPool", -19, 0},
		{"create_physicalpool", "RegistServer", -2, 255},
		{"create_logicalpool", "CreateLogicalPool", -2, 255},
	} {
		t.Run(fmt.Sprintf("%s %d", c.method, c.code), func(t *testing.T) {
			l := newLab(t)
			l.mdsAddrs, l.mdsDummies = []string{fakeMDS(t, c.method, c.code)}, []int{1}
			l.tool(c.exit, c.op, l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}, pool("pool1", 9)))
		})
	}
}

// silentMDS takes connections and never answers.
func silentMDS(t *testing.T) string {
	s, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.Addr().String()
}

func TestToolTriesElsewhereOnlyWhileItLists(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	leader := l.mdsAddrs[0]
	m := l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")})
	// A list that times out sends it to the next address.
	l.tool(0, "create_physicalpool", m, "-mds_addr="+silentMDS(t)+","+leader, "-rpcTimeOutMs=5000")

	// A change that times out does not.
	ended := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/List") || strings.HasSuffix(r.URL.Path, "CreatePhysicalPool") {
			fmt.Fprint(w, `{"statusCode":0}`)
			return
		}
		<-ended
	}))
	defer s.Close()
	defer close(ended)
	stderr := l.tool(255, "create_physicalpool", m, "-mds_addr="+strings.TrimPrefix(s.URL, "http://")+","+leader, "-rpcTimeOutMs=5000")
	if !strings.Contains(stderr, "CreateZone") || strings.Contains(stderr, "exceed") {
		t.Errorf("%s", stderr)
	}
}

// A logical pool is the one change that any failure of the call sends elsewhere.
func TestALogicalPoolIsTriedElsewhereWhenItsCallBreaks(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "CreateLogicalPool") {
			panic(http.ErrAbortHandler) // the connection breaks without an answer
		}
		fmt.Fprint(w, `{"statusCode":0}`)
	}))
	defer s.Close()
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 9))
	l.tool(0, "create_logicalpool", m, "-mds_addr="+strings.TrimPrefix(s.URL, "http://")+","+l.mdsAddrs[0])
	if pools := l.post("TopologyService", "ListLogicalPool", `{"physicalPoolName":"pool1"}`)["logicalPoolInfos"].([]any); len(pools) != 1 {
		t.Errorf("%v", pools)
	}
}

func TestPhysicalPoolMustExistBeforeTheLogicalOne(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(247, "create_logicalpool", l.clusterMap(nil, pool("pool1", 9)))
}

func TestCopysetsThatCannotBeMade(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	_ = disks
	for _, c := range []struct {
		name   string
		change mapRow
		exit   int
	}{
		{"more zones than there are", mapRow{"zonenum": 4, "replicasnum": 4}, 244},
		{"a scatter width that three cannot have", mapRow{"scatterwidth": 2}, 244},
		{"no copysets", mapRow{"copysetnum": 0}, 244},
		// In 1.2.6 MDS calls this an invalid parameter (-2), which the tool takes for "try the next MDS".
		{"zones and replicas differ", mapRow{"zonenum": 3, "replicasnum": 2}, 255},
		{"a type that is not page file", mapRow{"type": 1}, 255},
	} {
		p := pool("pool1", 9)
		for k, v := range c.change {
			p[k] = v
		}
		l.tool(c.exit, "create_logicalpool", l.clusterMap(nil, p))
	}
	if out := l.opsOK("logical-pool-list"); !strings.Contains(out, "total: 0") {
		t.Errorf("a pool was left behind\n%s", out)
	}
}

func TestAPoolIsTakenBackWhenAChunkserverIsDead(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(map[string]string{"mds.topology.CreateCopysetRpcRetryTimes": "2"})
	processes[2].kill()
	m := l.clusterMap(l.rowsOf(disks), pool("pool1", 9))
	l.tool(239, "create_logicalpool", m)
	if out := l.opsOK("logical-pool-list"); !strings.Contains(out, "total: 0") {
		t.Errorf("the pool was left behind\n%s", out)
	}
	// The copysets that the living ones made already go with the next heartbeats, and the second try succeeds.
	disks[2].start()
	disks[2].awaitListening()
	l.tool(0, "create_logicalpool", m)
	l.await("copysets are healthy", func() bool { code, _ := l.ops("copysets-status"); return code == 0 })
}

func TestTheMapDeletesWhatItLacks(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	all := []mapRow{row("a", l.host(1), 8200, "zone1"), row("b", l.host(2), 8200, "zone2"), row("c", l.host(3), 8200, "zone3")}
	l.tool(0, "create_physicalpool", l.clusterMap(all))
	l.tool(0, "create_physicalpool", l.clusterMap(all[:2]))
	servers := rows(l.opsOK("server-list"), "serverID")
	if len(servers) != 2 || servers[0]["hostName"] != "a" || servers[1]["hostName"] != "b" {
		t.Errorf("%v", servers)
	}
	if zones := l.post("TopologyService", "ListPoolZone", `{"physicalPoolName":"pool1"}`)["zones"].([]any); len(zones) != 2 {
		t.Errorf("%v", zones)
	}
}

// Only this stands between a map that lacks rows and the loss of data.
func TestAServerWithLivingChunkserversIsNotDeleted(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	l.tool(242, "create_physicalpool", l.clusterMap(l.rowsOf(disks)[:2]))
	if n := len(rows(l.opsOK("server-list"), "serverID")); n != 3 {
		t.Errorf("%d servers", n)
	}
}

func TestAPoolOfThreeZonesIsDeletedOneZoneARun(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 8200, "zone1"),
		row("b", l.host(2), 8200, "zone2"), row("c", l.host(3), 8200, "zone3")}))
	other := row("d", l.host(4), 8200, "zone1")
	other["physicalpool"] = "pool2"
	m := l.clusterMap([]mapRow{other})
	l.tool(242, "create_physicalpool", m)
	l.tool(242, "create_physicalpool", m)
	l.tool(0, "create_physicalpool", m)
	if servers := rows(l.opsOK("server-list"), "serverID"); len(servers) != 1 || servers[0]["hostName"] != "d" {
		t.Errorf("%v", servers)
	}
}

func TestRowsOfOneHostWithPortZeroAreOneServer(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	var all []mapRow
	for host := range 3 {
		for d := range 3 {
			all = append(all, row(fmt.Sprintf("node%d_%d_%d", host+1, host, d), l.host(host+1), 0, fmt.Sprintf("zone%d", host+1)))
		}
	}
	l.tool(0, "create_physicalpool", l.clusterMap(all))
	servers := rows(l.opsOK("server-list"), "serverID")
	if len(servers) != 3 {
		t.Fatalf("%v", servers)
	}
	for i, s := range servers {
		if s["hostName"] != fmt.Sprintf("node%d_%d_0", i+1, i) || s["internalPort"] != "0" {
			t.Errorf("%v", s)
		}
	}
}

// Known by name, zone and pool: a row that only moves to another address counts as there already.
func TestAChangedAddressUnderAnOldNameIsNotSeen(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 8200, "zone1")}))
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(9), 8200, "zone1")}))
	if s := rows(l.opsOK("server-list"), "serverID"); len(s) != 1 || s[0]["internalIP"] != l.host(1) {
		t.Errorf("%v", s)
	}
}

// Release 1.2.6 never answers -16: asked twice at once, it makes two pools of one name.
func TestTwoPoolsMayHaveOneName(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	for range 2 {
		l.post("TopologyService", "CreatePhysicalPool", `{"physicalPoolName":"pool1","desc":""}`)
	}
	if pools := l.post("TopologyService", "ListPhysicalPool", `{}`)["physicalPoolInfos"].([]any); len(pools) != 2 {
		t.Errorf("%v", pools)
	}
}

func TestToolObeysItsFaults(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	m := l.clusterMap([]mapRow{row("a", l.host(1), 8200, "zone1")})
	off := l.fault("curvebs-tool.exit", "255")
	l.tool(255, "create_physicalpool", m)
	if n := len(rows(l.opsOK("server-list"), "serverID")); n != 0 {
		t.Errorf("%d servers before the effect", n)
	}
	off()
	l.fault("curvebs-tool.exit-after", "255")
	l.tool(255, "create_physicalpool", m)
	if n := len(rows(l.opsOK("server-list"), "serverID")); n != 1 {
		t.Errorf("%d servers after the effect", n)
	}
}
