package opstool

import (
	"maps"
	"slices"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/proto"
)

// status prints all blocks, with an empty line between them, and is content only if each is.
func (t *tool) status() bool {
	ok := true
	for i, block := range []func() bool{
		t.clusterStatus, t.clientStatus, t.mdsStatus, t.etcdStatus, t.snapshotStatus,
		func() bool { return t.chunkServerStatus(true) },
	} {
		if i > 0 {
			t.p.line()
		}
		ok = block() && ok
	}
	return ok
}

func (t *tool) clusterStatus() bool {
	t.p.line("Cluster status:")
	ok := t.clusterHealthy()
	if ok {
		t.p.line("cluster is healthy")
	} else {
		t.p.line("cluster is not healthy")
	}
	t.check.printStatistics()
	var logical int
	physical, found := t.mds.physicalPools()
	for _, p := range physical {
		pools, more := t.mds.logicalPoolsIn(p.PhysicalPoolID)
		logical += len(pools)
		found = found && more
	}
	if !found {
		t.p.line("GetPoolsInCluster fail!")
		ok = false
	}
	t.p.line("physical pool number: ", len(physical), ", logical pool number: ", logical)
	return t.space() && ok
}

func (t *tool) clusterHealthy() bool {
	ok := t.check.checkCluster()
	if !ok {
		t.p.line("Copysets are not healthy!")
	}
	for _, s := range []service{t.mdsService(), t.etcdService(), t.snapshotService()} {
		ok = t.checkService(s) && ok
	}
	return ok
}

// clientStatus would list the clients by kind. There is never one.
func (t *tool) clientStatus() bool {
	t.p.line("Client status: ")
	if _, ok := t.clients(); !ok {
		t.p.line("ListClient fail")
		t.p.line("GetClientVersion fail")
		return false
	}
	return true
}

func (t *tool) clients() ([]proto.ClientInfo, bool) {
	r, ok := call[proto.ListClientResponse](t.mds, "CurveFSService", "ListClient", proto.Empty{})
	if !ok {
		return nil, false
	}
	return r.ClientInfos, r.StatusCode == proto.FileOK
}

func (t *tool) clientList() bool {
	clients, ok := t.clients()
	if !ok {
		t.p.line("ListClient from mds fail!")
		return false
	}
	for _, c := range clients {
		t.p.line(c.IP, ":", c.Port)
	}
	return true
}

// chunkServerStatus asks every chunkserver itself. What is wrong with versions does not count for the exit code.
func (t *tool) chunkServerStatus(withLeft bool) bool {
	t.p.line("ChunkServer status:")
	all, byPool, ok := t.mds.chunkServers()
	var addrs []string
	for _, c := range all {
		addrs = append(addrs, addrOf(c))
	}
	if ok {
		t.versions("GetAndCheckChunkserverVersion fail", "chunkserver", addrs, t.curveVersion)
	} else {
		t.p.line("ListChunkServersInCluster fail!")
		return false
	}
	var offline []uint32
	for _, c := range all {
		if !t.check.online(addrOf(c)) {
			offline = append(offline, c.ChunkServerID)
		}
	}
	ok = t.printOnlineCount(len(all), offline)
	if !withLeft {
		return ok
	}
	return t.printLeft(byPool)
}

func (t *tool) printOnlineCount(total int, offline []uint32) bool {
	ok := true
	var recovering []string
	if len(offline) > 0 {
		r, answered := call[proto.RecoverStatusResponse](t.mds, "ScheduleService", "QueryChunkServerRecoverStatus",
			proto.RecoverStatusRequest{ChunkServerID: offline})
		if !answered {
			t.p.part("query offlinne chunkserver recover status fail")
			ok = false
		} else {
			for _, id := range slices.Sorted(maps.Keys(r.RecoverStatusMap)) {
				if r.RecoverStatusMap[id] {
					recovering = append(recovering, id)
				}
			}
		}
	}
	t.p.part("chunkserver: total num = ", total, ", online = ", total-len(offline), ", offline = ", len(offline),
		"(recoveringout = ", len(recovering), ", chunkserverlist: [")
	for i, id := range recovering {
		if i > 0 {
			t.p.part(", ")
		}
		t.p.part(id)
	}
	t.p.line("])")
	return ok
}

// printLeft shows how much of the chunk pools is left, per physical pool.
func (t *tool) printLeft(byPool map[uint32][]proto.ChunkServerInfo) bool {
	ok := true
	left := map[uint32][]uint64{}
	for _, pool := range slices.Sorted(maps.Keys(byPool)) {
		for _, c := range byPool[pool] {
			text, err := getVar(addrOf(c), brpc.Underscored("chunkserver_"+addrOf(c)+"_chunkfilepool_left"), t.mds.timeout,
				t.mds.retries)
			n, parsed := parseUint(text)
			if err != nil || !parsed {
				t.p.line("Get left chunk size of chunkserver ", addrOf(c), " fail!")
				ok = false
				continue
			}
			left[pool] = append(left[pool], n*uint64(t.flags.Number("chunkSize"))/gib)
		}
	}
	if !ok {
		return false
	}
	if len(left) == 0 {
		t.p.line("No chunkfilepool left size found!")
	}
	t.p.fixed = true
	for _, pool := range slices.Sorted(maps.Keys(left)) {
		least, most := slices.Min(left[pool]), slices.Max(left[pool])
		average, variance := spread(left[pool])
		t.p.line("pool", pool, " chunkfilepool left size: min = ", least, "GB, max = ", most, "GB, average = ", average,
			"GB, range = ", most-least, "GB, variance = ", variance)
	}
	t.p.line("No walpool left size fount, use chunkfilepool as walpool!")
	return true
}

func spread(sizes []uint64) (average, variance float64) {
	for _, s := range sizes {
		average += float64(s) / float64(len(sizes))
	}
	for _, s := range sizes {
		variance += (float64(s) - average) * (float64(s) - average) / float64(len(sizes))
	}
	return average, variance
}
