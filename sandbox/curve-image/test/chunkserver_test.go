package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestEveryFlagOfTheListMustBeGiven(t *testing.T) {
	l := newLab(t)
	l.mdsAddrs = []string{l.host(1) + ":1"}
	d := l.newDisk(1, 1)
	for _, flag := range []string{"chunkServerIp", "chunkServerPort", "chunkServerStoreUri", "chunkServerMetaUri", "copySetUri",
		"raftSnapshotUri", "raftLogUri", "recycleUri", "chunkFilePoolDir", "chunkFilePoolMetaPath", "walFilePoolDir",
		"walFilePoolMetaPath"} {
		args := slices.DeleteFunc(d.flags(), func(a string) bool { return strings.HasPrefix(a, "-"+flag+"=") })
		p := l.start("curvebs-chunkserver", args...)
		p.awaitEnd(134)
		p.says(flag + " must be set when run chunkserver in command.")
	}
	l.start("curvebs-chunkserver", "-conf="+l.path("nowhere")).awaitEnd(134)
	// The image's own start arguments are not enough.
	l.start("curvebs-chunkserver", d.flags()[0]).awaitEnd(134)
}

func TestAPoolThatIsNotWholeIsFatal(t *testing.T) {
	l := newLab(t)
	l.mdsAddrs = []string{l.host(1) + ":1"}
	for name, damage := range map[string]func(d *disk) error{
		"no meta file":         func(d *disk) error { return os.Remove(d.path("chunkfilepool.meta")) },
		"an empty disk":        func(d *disk) error { return os.RemoveAll(d.dir) },
		"no pool folder":       func(d *disk) error { return os.RemoveAll(d.path("chunkfilepool")) },
		"a chunk cut short":    func(d *disk) error { return os.Truncate(d.path("chunkfilepool", "2"), smallChunk) },
		"a name with letters":  func(d *disk) error { return os.WriteFile(d.path("chunkfilepool", "9.clean"), nil, 0o644) },
		"a folder in the pool": func(d *disk) error { return os.Mkdir(d.path("chunkfilepool", "77"), 0o755) },
		"a meta file of another path": func(d *disk) error {
			text, err := os.ReadFile(d.path("chunkfilepool.meta"))
			if err != nil {
				return err
			}
			return os.WriteFile(d.path("chunkfilepool.meta"), bytes.Replace(text, []byte("chunkfilepool\""), []byte("chunkfilepoo1\""), 1), 0o644)
		},
		"chunks of another size than the conf's": func(d *disk) error { d.keys["global.chunk_size"] = "16777216"; return nil },
	} {
		d := l.newDisk(1, 2)
		if err := damage(d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p := d.start()
		<-p.ended
		if p.code != 134 || !strings.Contains(p.stderr.String(), "Failed to init chunk file pool") {
			t.Errorf("%s: ended with %d: %s", name, p.code, p.stderr)
		}
		if d.id() != 0 {
			t.Errorf("%s: it registered", name)
		}
	}
}

func TestChunkserverDatIsAsCurveWritesIt(t *testing.T) {
	l := newLab(t)
	disks, _ := l.threeDisks(nil)
	text, err := os.ReadFile(disks[0].path("chunkserver.dat"))
	if err != nil {
		t.Fatal(err)
	}
	var dat struct {
		Version, ID, Checksum uint32
		Token                 string
	}
	if err := json.Unmarshal(text, &dat); err != nil {
		t.Fatal(err)
	}
	sum := crc32.Checksum(slices.Concat([]byte{1, 0, 0, 0, byte(dat.ID), 0, 0, 0}, []byte(dat.Token),
		[]byte{0x18, 0x41, 0x67, 0x68, 0x93, 0x92, 0x25, 0x62}), crc32.MakeTable(crc32.Castagnoli))
	want := fmt.Sprintf(`{"version":1,"id":%d,"token":"%s","checksum":%d}`, dat.ID, dat.Token, sum)
	if string(text) != want || len(dat.Token) != 8 {
		t.Errorf("%s, want %s", text, want)
	}
}

func TestADatFileThatDoesNotAddUpIsFatal(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(nil)
	stop(processes[0])
	text, _ := os.ReadFile(disks[0].path("chunkserver.dat"))
	broken := strings.Replace(string(text), `"id":`, `"id":1`, 1)
	if err := os.WriteFile(disks[0].path("chunkserver.dat"), []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	p := disks[0].start()
	p.awaitEnd(134)
	p.says("Failed to GetChunkServerMetaFromLocal")
}

func TestARestartKeepsTheIdentity(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(nil)
	before, _ := os.ReadFile(disks[0].path("chunkserver.dat"))
	processes[0].signal(syscall.SIGTERM)
	processes[0].awaitEnd(0)
	disks[0].start()
	disks[0].awaitListening()
	if after, _ := os.ReadFile(disks[0].path("chunkserver.dat")); string(after) != string(before) {
		t.Errorf("%s became %s", before, after)
	}
	if n := len(l.chunkServers()); n != 3 {
		t.Errorf("%d chunkservers", n)
	}
}

func TestWithoutTheFlagSIGTERMEndsAChunkserverOnTheSpot(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(nil)
	stop(processes[0])
	p := l.start("curvebs-chunkserver", append(disks[0].flags(), "-graceful_quit_on_sigterm=false")...)
	disks[0].awaitListening()
	p.signal(syscall.SIGTERM)
	p.awaitEnd(143)
}

func TestARegistrationIsGivenUpAfterAllTries(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(2), 8200, "zone1")}))
	// MDS is there, but knows no server at this address.
	d := l.newDisk(1, 1)
	p := d.start()
	p.awaitEnd(134)
	p.says("Failed to register to MDS.")
	if tries := strings.Count(p.stderr.String(), "Fail to register to MDS "+l.mdsAddrs[0]+","); tries != 101 {
		t.Errorf("%d tries", tries)
	}
	p.says("statusCode: -7")
	if d.id() != 0 {
		t.Error("there is a chunkserver.dat")
	}
}

func TestARegistrationWithoutMDSIsGivenUp(t *testing.T) {
	l := newLab(t)
	l.planMDS(2)
	d := l.newDisk(1, 1)
	d.keys["mds.register_retries"] = "5"
	p := d.start()
	p.awaitEnd(134)
	// Nobody listens, so it goes to and fro between both.
	for _, addr := range l.mdsAddrs {
		if n := strings.Count(p.stderr.String(), "Fail to register to MDS "+addr+","); n != 3 {
			t.Errorf("%s was tried %d times", addr, n)
		}
	}
}

func TestASilentMDSIsNotLeft(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	silent := silentMDS(t)
	d := l.newDisk(1, 1)
	d.keys["mds.register_retries"], d.keys["mds.register_timeout"] = "3", "500"
	p := l.start("curvebs-chunkserver", append(d.flags(), "-mdsListenAddr="+silent+","+l.mdsAddrs[0])...)
	p.awaitEnd(134)
	if strings.Contains(p.stderr.String(), "MDS "+l.mdsAddrs[0]) {
		t.Errorf("it turned to the other mds\n%s", p.stderr)
	}
	// One that refuses is left at once.
	delete(d.keys, "mds.register_retries")
	delete(d.keys, "mds.register_timeout")
	p = l.start("curvebs-chunkserver", append(d.flags(), "-mdsListenAddr="+l.host(9)+":1,"+l.mdsAddrs[0])...)
	d.awaitListening()
	_ = p
}

func TestAnEarlyChunkserverRegistersWhenItsServerComes(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	d := l.newDisk(1, 1)
	d.start()
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	d.awaitListening()
	if d.id() != 1 {
		t.Errorf("id %d", d.id())
	}
}

func TestMDSAnswersRegistrationsByItsRules(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{
		row("a", l.host(1), 0, "zone1"), row("b", l.host(2), 8200, "zone2"),
	}))
	regist := func(ip string, port int, more string) map[string]any {
		return l.post("TopologyService", "RegistChunkServer",
			fmt.Sprintf(`{"diskType":"nvme","diskPath":"local:///d","hostIp":"%s","port":%d%s}`, ip, port, more))
	}
	code := func(a map[string]any) float64 { return a["statusCode"].(float64) }

	if c := code(regist(l.host(2), 8201, "")); c != -7 {
		t.Errorf("a port that no row has: %v", c)
	}
	if c := code(regist(l.host(3), 8200, "")); c != -7 {
		t.Errorf("an address that no row has: %v", c)
	}
	first := regist(l.host(1), 8200, "")
	second := regist(l.host(1), 8201, "")
	if code(first) != 0 || code(second) != 0 || first["chunkServerID"] == second["chunkServerID"] {
		t.Fatalf("two at an address with port 0: %v %v", first, second)
	}
	again := regist(l.host(1), 8200, "")
	if again["chunkServerID"] != first["chunkServerID"] || again["token"] != first["token"] {
		t.Errorf("the same address again: %v, before %v", again, first)
	}
	id, token := first["chunkServerID"], first["token"]
	if a := regist(l.host(1), 8200, fmt.Sprintf(`,"chunkServerID":%v,"token":"%v"`, id, token)); a["chunkServerID"] != id {
		t.Errorf("with its id and token: %v", a)
	}
	if c := code(regist(l.host(1), 8200, fmt.Sprintf(`,"chunkServerID":%v,"token":"wrong"`, id))); c != -2 {
		t.Errorf("with a wrong token: %v", c)
	}
	if c := code(regist(l.host(1), 8200, fmt.Sprintf(`,"chunkServerID":%v`, id))); c != -2 {
		t.Errorf("without a token: %v", c)
	}
	// An id that MDS does not have counts as none.
	if a := regist(l.host(2), 8200, `,"chunkServerID":77,"token":"x"`); code(a) != 0 || a["chunkServerID"] == 77.0 {
		t.Errorf("an unknown id: %v", a)
	}
}

func TestMDSRefusesHeartbeatsOfStrangersAndOfTheRetired(t *testing.T) {
	l := newLab(t)
	l.startCore(map[string]string{"mds.heartbeat.offlinetimeoutMs": "60000"})
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	me := l.post("TopologyService", "RegistChunkServer",
		fmt.Sprintf(`{"diskType":"nvme","diskPath":"local:///d","hostIp":"%s","port":8200}`, l.host(1)))
	beat := func(change map[string]any) string {
		req := map[string]any{"chunkServerID": me["chunkServerID"], "token": me["token"], "ip": l.host(1), "port": 8200,
			"diskState": map[string]any{"errType": 0, "errMsg": ""}, "diskCapacity": 10, "diskUsed": 1, "leaderCount": 0, "copysetCount": 0}
		for k, v := range change {
			req[k] = v
		}
		text, _ := json.Marshal(req)
		return l.post("HeartbeatService", "ChunkServerHeartbeat", string(text))["statusCode"].(string)
	}
	for _, c := range []struct {
		change map[string]any
		want   string
	}{
		{map[string]any{"chunkServerID": 99}, "hbChunkserverUnknown"},
		{map[string]any{"ip": l.host(2)}, "hbChunkserverIpPortNotMatch"},
		{map[string]any{"port": 8201}, "hbChunkserverIpPortNotMatch"},
		{map[string]any{"token": "wrong"}, "hbChunkserverTokenNotMatch"},
		{map[string]any{"diskState": nil}, "hbParamUnInitialized"},
		// From the first that is taken on, silence counts.
		{nil, "hbRequestNoCopyset"},
	} {
		if got := beat(c.change); got != c.want {
			t.Errorf("%v: %s, want %s", c.change, got, c.want)
		}
	}
	// Empty and silent for so long that it is offline. To be heard again does not bring it back.
	retired := func() bool { return len(l.chunkServers()) == 0 }
	l.await("it is retired", retired)
	if got := beat(nil); got != "hbChunkserverRetired" || !retired() {
		t.Errorf("%s, retired: %v", got, retired())
	}
}

func TestARetiredChunkserverIsDone(t *testing.T) {
	l := newLab(t)
	l.startCore(map[string]string{"mds.heartbeat.offlinetimeoutMs": "200000"}) // ten seconds here
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	d := l.newDisk(1, 1)
	p := d.start()
	d.awaitListening()
	l.await("it has sent a heartbeat", func() bool {
		all := l.chunkServers()
		return len(all) == 1 && all[0]["diskCapacity"] != "0 GB"
	})
	stop(p)
	// Empty and gone for so long that it is offline: MDS retires it by itself.
	l.await("it is retired", func() bool { return len(l.chunkServers()) == 0 })
	d.keys["mds.register_retries"] = "3"
	p = d.start()
	p.awaitEnd(134)
	p.says("statusCode: -2")
	delete(d.keys, "mds.register_retries")
	// A disk that was formatted anew gets a new id at the same address.
	if err := os.RemoveAll(d.dir); err != nil {
		t.Fatal(err)
	}
	d.format(1)
	d.start()
	d.awaitListening()
	if d.id() != 2 {
		t.Errorf("id %d", d.id())
	}
}

func TestADeadChunkserverStaysOnlineForAWhile(t *testing.T) {
	l := newLab(t)
	// Five and fifteen seconds here: so long it is seen ONLINE, and then UNSTABLE.
	disks, processes := l.threeDisks(map[string]string{
		"mds.heartbeat.misstimeoutMs": "100000", "mds.heartbeat.offlinetimeoutMs": "300000"})
	l.tool(0, "create_logicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 9)))
	id := disks[0].id()
	stop(processes[0])
	if s := l.onlineState(id); s != "ONLINE" {
		t.Errorf("right after its end: %s", s)
	}
	// Who asks the chunkserver itself knows at once.
	code, out := l.ops("chunkserver-status")
	if code != 0 || !strings.Contains(out, "chunkserver: total num = 3, online = 2, offline = 1(recoveringout = 0, chunkserverlist: [])") ||
		!strings.Contains(out, "get version from {"+disks[0].addr()+"} fail") {
		t.Errorf("%d\n%s", code, out)
	}
	for _, state := range []string{"UNSTABLE", "OFFLINE"} {
		l.await("it is "+state, func() bool { return l.onlineState(id) == state })
	}
	disks[0].start()
	l.await("it is online again", func() bool { return l.onlineState(id) == "ONLINE" })
	if disks[0].id() != id {
		t.Errorf("it came back as %d", disks[0].id())
	}
}

func TestAChunkserverWhoseHeartbeatsAreRefusedLooksDead(t *testing.T) {
	l := newLab(t)
	disks, processes := l.threeDisks(nil)
	id := disks[1].id()
	off := l.fault("mds.refuse-heartbeat", strconv.Itoa(id))
	// A stall makes all of them unstable, but for a moment.
	l.await("it is unstable, and no other", func() bool {
		states := map[string]string{}
		for _, r := range l.chunkServers() {
			states[r["chunkServerID"]] = r["onlineState"]
		}
		state := func(d *disk) string { return states[strconv.Itoa(d.id())] }
		return state(disks[0]) == "ONLINE" && state(disks[1]) == "UNSTABLE" && state(disks[2]) == "ONLINE"
	})
	if !processes[1].runs() {
		t.Error("it ended")
	}
	off()
	l.await("it is online", func() bool { return l.onlineState(id) == "ONLINE" })
}

func TestChunkserverHoldPoints(t *testing.T) {
	l := newLab(t)
	l.startCore(nil)
	l.tool(0, "create_physicalpool", l.clusterMap([]mapRow{row("a", l.host(1), 0, "zone1")}))
	d := l.newDisk(1, 1)
	before, after := l.fault("chunkserver.hold-before-register", ""), l.fault("chunkserver.hold-after-register", "")
	p := d.start()
	l.awaitReached("chunkserver.hold-before-register")
	if n := len(l.chunkServers()); n != 0 {
		t.Errorf("%d registered before", n)
	}
	before()
	l.awaitReached("chunkserver.hold-after-register")
	if n := len(l.chunkServers()); n != 1 || d.id() != 0 {
		t.Errorf("%d registered, id %d on disk", n, d.id())
	}
	// Killed between MDS's answer and the file: the next start gets the same id, for MDS believes it alive.
	p.kill()
	after()
	d.start()
	d.awaitListening()
	if d.id() != 1 {
		t.Errorf("id %d", d.id())
	}
}
