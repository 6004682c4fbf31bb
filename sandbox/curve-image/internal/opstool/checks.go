package opstool

import (
	"net"
	"strconv"
	"strings"

	"keelson.dev/curve-standins/internal/proto"
)

func parseUint(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

func (t *tool) verdict(ok bool, good, bad string) bool {
	if ok {
		t.p.line(good)
	} else {
		t.p.line(bad)
	}
	return ok
}

func (t *tool) detail() {
	if t.flags.On("detail") {
		t.check.printDetail()
	}
}

func (t *tool) copysetsStatus() bool {
	ok := t.verdict(t.check.checkCluster(), "Copysets are healthy!", "Copysets not healthy!")
	t.check.printStatistics()
	t.detail()
	return ok
}

func (t *tool) checkCopyset() bool {
	pool, id := uint32(t.flags.Number("logicalPoolId")), uint32(t.flags.Number("copysetId"))
	if pool == 0 || id == 0 {
		t.p.line("logicalPoolId AND copysetId should be specified!")
		return false
	}
	return t.verdict(t.copysetHealthy(pool, id), "Copyset is healthy!", "Copyset is not healthy!")
}

func (t *tool) copysetHealthy(pool, id uint32) bool {
	t.check.clear()
	members, ok := t.mds.membersOf(pool, []uint32{id})
	if !ok || len(members) == 0 {
		t.p.line("GetChunkServerListInCopySets fail")
		t.p.line("GetChunkServerListInCopySet from mds fail!")
		return false
	}
	healthy := true
	for _, l := range members[0].CsLocs {
		addr := net.JoinHostPort(l.HostIP, strconv.Itoa(int(l.Port)))
		states, ok := t.check.raftStat(addr)
		if !ok {
			t.check.silent[addr], t.check.loaded[addr] = true, map[uint64]bool{}
			healthy = false
			continue
		}
		found := false
		for _, s := range states {
			if s.group != proto.GroupID(pool, id) {
				continue
			}
			found = true
			switch {
			case s.role == "LEADER":
				healthy = t.check.onLeader(s) == "" && healthy
			case s.leader == "" || s.leader == proto.NoLeader:
				healthy = false
			}
		}
		if !found {
			t.p.line("copyset not found on chunkserver ", addr)
		}
	}
	return healthy
}

// checkChunkServer checks all copysets of one chunkserver, asking the leaders of those that it only follows.
func (t *tool) checkChunkServer(req proto.ChunkServerRequest) bool {
	t.check.clear()
	c, ok := t.mds.chunkServer(req)
	if !ok {
		t.p.line("GetChunkServerInfo from mds fail!")
		return false
	}
	if c.Status == proto.Retired {
		t.p.line("ChunkServer is retired!")
		return true
	}
	return t.check.checkOn(addrOf(*c), nil, true)
}

func (t *tool) checkChunkServerCmd() bool {
	var req proto.ChunkServerRequest
	addr, id := t.flags.Text("chunkserverAddr"), uint32(t.flags.Number("chunkserverId"))
	if !t.oneOf("chunkserverAddr", addr != "", "chunkserverId", id != 0) {
		return false
	}
	if id != 0 {
		req.ChunkServerID = &id
	} else {
		host, port, _ := strings.Cut(addr, ":")
		n, _ := strconv.ParseUint(port, 10, 32)
		p := uint32(n)
		req.HostIP, req.Port = &host, &p
	}
	ok := t.verdict(t.checkChunkServer(req), "ChunkServer is healthy!", "ChunkServer is not healthy!")
	t.check.printStatistics()
	t.detail()
	return ok
}

func (t *tool) checkServerCmd() bool {
	var req proto.ListChunkServerRequest
	ip, id := t.flags.Text("serverIp"), uint32(t.flags.Number("serverId"))
	if !t.oneOf("serverIp", ip != "", "serverId", id != 0) {
		return false
	}
	if id != 0 {
		req.ServerID = &id
	} else {
		req.IP = &ip
	}
	t.check.clear()
	bad, ok := t.check.checkServer(req, true)
	t.verdict(ok, "Server is healthy!", "Server is not healthy!")
	t.check.printStatistics()
	if t.flags.On("detail") {
		t.check.printDetail()
		t.p.part("unhealthy chunkserver list (total: ", len(bad), "): {")
		for _, a := range bad {
			t.p.part(a, ", ")
		}
		t.p.line("}")
	}
	return ok
}

func (t *tool) oneOf(a string, hasA bool, b string, hasB bool) bool {
	switch {
	case !hasA && !hasB:
		t.p.line(a, " OR ", b, " should be secified!")
	case hasA && hasB:
		t.p.line("Only one of ", a, " OR ", b, " should be secified!")
	}
	return hasA != hasB
}

// checkOperator would wait for operators to appear. None ever does, so it answers at once.
func (t *tool) checkOperator() bool {
	n, ok := t.mds.metric("mds_scheduler_metric_" + t.flags.Text("opName") + "_num")
	if !ok {
		t.p.line("Get oparator num from mds fail!")
		t.p.line("Check operator fail!")
		return false
	}
	t.p.line("Operator num is ", n)
	return true
}

func (t *tool) rapidLeaderSchedule() bool {
	var pools []uint32
	if t.flags.On("scheduleAll") {
		list, ok := t.mds.logicalPools()
		if !ok {
			t.p.line("ListLogicalPoolsInCluster fail")
			return false
		}
		for _, p := range list {
			pools = append(pools, p.LogicalPoolID)
		}
	} else {
		pools = []uint32{uint32(t.flags.Number("logical_pool_id"))}
	}
	ok := true
	for _, p := range pools {
		r, answered := call[proto.Status](t.mds, "ScheduleService", "RapidLeaderSchedule", proto.RapidLeaderScheduleRequest{LogicalPoolID: p})
		switch {
		case !answered:
			t.p.line("RapidLeaderSchedule fail")
		case r.StatusCode != 0:
			t.p.line("RapidLeaderSchedule fail with errCode: ", r.StatusCode)
		default:
			t.p.line("RapidLeaderSchedule success")
			continue
		}
		t.p.line("RapidLeaderSchedule pool ", p, " fail")
		ok = false
	}
	return ok
}

// mayBrokenVolumes lists the volumes on copysets whose majority is gone. There are no volumes.
func (t *tool) mayBrokenVolumes() bool {
	t.check.clear()
	all, _, ok := t.mds.chunkServers()
	if !ok {
		t.p.line("ListChunkServersInCluster fail")
		t.p.line("CheckCopysetsOnOfflineChunkServer fail")
		t.p.line("ListMayBrokenVolumes fail")
		return false
	}
	for _, c := range all {
		if !t.check.online(addrOf(c)) {
			t.check.markAllOf(addrOf(c))
		}
	}
	if len(t.check.bad[majorityOffline]) == 0 {
		t.p.line("No majority-peers-offline copysets")
	}
	t.p.line("total count: ", 0)
	return true
}
