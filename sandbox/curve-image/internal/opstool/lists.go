package opstool

import "keelson.dev/curve-standins/internal/proto"

const gib = 1 << 30

func (t *tool) chunkServerList() bool {
	all, _, ok := t.mds.chunkServers()
	if !ok {
		t.p.line("ListChunkserversInCluster fail!")
		return false
	}
	t.p.line("curve chunkserver list: ")
	var total, online, offline, unstable, pendding, penddingCopysets, retired int
	checkAlive, checkHealth := t.flags.On("checkCSAlive"), t.flags.On("checkHealth")
	for _, c := range all {
		copysets, ok := t.mds.copysetsOn(proto.ChunkServerRequest{ChunkServerID: &c.ChunkServerID})
		if !ok {
			t.p.part("GetCopySetsInChunkServer fail, chunkserver id = ", c.ChunkServerID)
			return false
		}
		if checkAlive {
			c.OnlineState = proto.Offline
			if t.check.online(addrOf(c)) {
				c.OnlineState = proto.Online
			}
		}
		ratio := 1.0
		if c.OnlineState == proto.Online {
			if t.flags.On("offline") {
				continue
			}
			if checkHealth {
				ratio = t.unhealthyRatio(c.ChunkServerID)
				if t.flags.On("unhealthy") && ratio == 0 {
					continue
				}
			}
			online++
		}
		switch c.OnlineState {
		case proto.Offline:
			offline++
		case proto.Unstable:
			unstable++
		}
		if c.Status == proto.Pendding {
			pendding++
			penddingCopysets += len(copysets)
		}
		if c.Status == proto.Retired {
			retired++
		}
		total++
		t.p.part("chunkServerID = ", c.ChunkServerID, ", diskType = ", c.DiskType, ", hostIP = ", c.HostIP,
			", port = ", c.Port, ", rwStatus = ", c.Status, ", diskState = ", c.DiskStatus, ", onlineState = ",
			c.OnlineState, ", copysetNum = ", len(copysets), ", mountPoint = ", c.MountPoint, ", diskCapacity = ",
			c.DiskCapacity/gib, " GB, diskUsed = ", c.DiskUsed/gib, " GB")
		if checkHealth {
			t.p.part(", unhealthyCopysetRatio = ", ratio*100, "%")
		}
		if c.ExternalIP != nil {
			t.p.part(", externalIP = ", *c.ExternalIP)
		}
		t.p.line()
	}
	t.p.part("total: ", total, ", online: ", online)
	if !checkAlive {
		t.p.part(", unstable: ", unstable)
	}
	t.p.line(", offline: ", offline)
	t.p.line("pendding: ", pendding, ", penddingCopyset: ", penddingCopysets, ", retired:", retired)
	return true
}

func (t *tool) unhealthyRatio(id uint32) float64 {
	t.checkChunkServer(proto.ChunkServerRequest{ChunkServerID: &id})
	_, _, ratio := t.check.statistics()
	return ratio
}

func (t *tool) serverList() bool {
	servers, ok := t.mds.servers()
	if !ok {
		t.p.line("ListServersInCluster fail!")
		return false
	}
	t.p.line("curve server list: ")
	for _, s := range servers {
		t.p.line("serverID = ", s.ServerID, ", hostName = ", s.HostName, ", internalIP = ", s.InternalIP,
			", internalPort = ", s.InternalPort, ", externalIp = ", s.ExternalIP, ", externalPort = ", s.ExternalPort,
			", zoneID = ", s.ZoneID, ", poolID = ", s.PhysicalPoolID)
	}
	t.p.line("total: ", len(servers))
	return true
}

func (t *tool) logicalPoolList() bool {
	pools, ok := t.mds.logicalPools()
	if !ok {
		t.p.line("ListLogicalPoolsInCluster fail!")
		return false
	}
	t.p.line("curve logical pool list: ")
	if _, ok := t.fileSize("GetAllocatedSize", "/RecycleBin"); !ok {
		t.p.line("GetAllocatedSize of recycle bin fail!")
		return false
	}
	for _, p := range pools {
		name := "topology_metric_logicalPool_" + p.LogicalPoolName
		total, ok := t.mds.metric(name + "_logicalCapacity")
		if !ok {
			t.p.line("Get logical capacity from mds fail!")
			return false
		}
		used, ok := t.mds.metric(name + "_logicalAlloc")
		if !ok {
			t.p.line("Get logical alloc size from mds fail!")
			return false
		}
		usedRatio := float64(used) / float64(total)
		t.p.line("id = ", p.LogicalPoolID, ", name = ", p.LogicalPoolName, ", physicalPoolID = ", p.PhysicalPoolID,
			", type = ", p.Type, ", allocateStatus = ", p.AllocateStatus, ", total space = ", total/gib,
			"GB, used space = ", used/gib, "GB(", usedRatio*100, "%, can be recycled = ", 0, "GB(", 0.0,
			"%)), left space = ", (total-used)/gib, "GB(", (1-usedRatio)*100, "%)")
	}
	t.p.line("total: ", len(pools))
	return true
}

// fileSize asks for the size of a folder of the name space.
func (t *tool) fileSize(method, path string) (uint64, bool) {
	r, ok := call[struct {
		StatusCode    string `json:"statusCode"`
		FileSize      uint64 `json:"fileSize"`
		AllocatedSize uint64 `json:"allocatedSize"`
	}](t.mds, "CurveFSService", method, proto.FileRequest{FileName: path})
	if !ok {
		return 0, false
	}
	if r.StatusCode != proto.FileOK {
		t.p.line("GetAllocatedSize fail with errCode: ", r.StatusCode)
		return 0, false
	}
	return r.FileSize + r.AllocatedSize, true
}

type space struct{ chunks, usedChunks, capacity, allocated, recycled, files uint64 }

func (t *tool) space() bool {
	s, ok := t.spaceInfo()
	if !ok {
		t.p.line("GetSpaceInfo fail!")
		return false
	}
	share := func(part, whole uint64) float64 {
		if whole == 0 {
			return 0
		}
		return float64(part) / float64(whole)
	}
	t.p.fixed = true
	t.p.line("Space info:")
	t.p.line("physical: total = ", s.chunks/gib, "GB, used = ", s.usedChunks/gib, "GB(", share(s.usedChunks, s.chunks)*100,
		"%), left = ", (s.chunks-s.usedChunks)/gib, "GB(", (1-share(s.usedChunks, s.chunks))*100, "%)")
	t.p.line("logical: total = ", s.capacity/gib, "GB, used = ", s.allocated/gib, "GB(", share(s.allocated, s.capacity)*100,
		"%, can be recycled = ", s.recycled/gib, "GB(", share(s.recycled, s.allocated)*100, "%)), left = ",
		(s.capacity-s.allocated)/gib, "GB(", share(s.capacity-s.allocated, s.capacity)*100, "%), created file size = ",
		s.files/gib, "GB(", share(s.files, s.capacity)*100, "%)")
	return true
}

func (t *tool) spaceInfo() (s space, ok bool) {
	pools, ok := t.mds.logicalPools()
	if !ok {
		t.p.line("ListLogicalPoolsInCluster fail!")
		return s, false
	}
	if s.files, ok = t.fileSize("GetFileSize", "/"); !ok {
		t.p.line("Get root directory file size from mds fail!")
		return s, false
	}
	for _, p := range pools {
		for _, m := range []struct {
			metric, words string
			sum           *uint64
		}{
			{"_chunkSizeTotalBytes", "total chunk byte", &s.chunks},
			{"_chunkSizeUsedBytes", "used chunk byte", &s.usedChunks},
			{"_logicalCapacity", "logical capacity", &s.capacity},
			{"_logicalAlloc", "logical alloc size", &s.allocated},
		} {
			n, ok := t.mds.metric("topology_metric_logicalPool_" + p.LogicalPoolName + m.metric)
			if !ok {
				t.p.line("Get ", m.words, " from mds fail!")
				return s, false
			}
			*m.sum += n
		}
	}
	if s.recycled, ok = t.fileSize("GetAllocatedSize", "/RecycleBin"); !ok {
		t.p.line("GetAllocatedSize of RecycleBin fail!")
	}
	return s, ok
}
