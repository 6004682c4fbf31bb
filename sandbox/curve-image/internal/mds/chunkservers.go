package mds

import (
	"net/http"

	"keelson.dev/curve-standins/internal/proto"
)

func (t *topology) info(c *chunkServer) proto.ChunkServerInfo {
	info := proto.ChunkServerInfo{
		ChunkServerID: c.ID, DiskType: c.DiskType, HostIP: c.IP, Port: c.Port, Status: c.Status, DiskStatus: c.DiskState,
		OnlineState: c.Online, MountPoint: c.MountPoint, DiskCapacity: c.DiskCapacity, DiskUsed: c.DiskUsed,
	}
	if s, ok := t.servers[c.Server]; ok {
		info.ExternalIP = &s.ExternalIP
	}
	return info
}

func (l *leader) listChunkServer(_ *http.Request, req *proto.ListChunkServerRequest) *proto.ListChunkServerResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	var s *server
	switch {
	case req.IP != nil:
		port := uint32(0)
		if req.Port != nil {
			port = *req.Port
		}
		s = t.serverAt(*req.IP, port)
	case req.ServerID != nil:
		s = t.servers[*req.ServerID]
	default:
		return &proto.ListChunkServerResponse{Status: status(proto.InvalidParam)}
	}
	if s == nil {
		return &proto.ListChunkServerResponse{Status: status(proto.ServerNotFound)}
	}
	answer := &proto.ListChunkServerResponse{}
	for _, c := range sortedValues(t.chunkServers) {
		if c.Server == s.ID {
			answer.ChunkServerInfos = append(answer.ChunkServerInfos, t.info(c))
		}
	}
	return answer
}

// find returns the chunkserver that a request names, or the code of the refusal.
func (t *topology) find(req *proto.ChunkServerRequest) (*chunkServer, int) {
	var c *chunkServer
	switch {
	case req.ChunkServerID != nil:
		c = t.chunkServers[*req.ChunkServerID]
	case req.HostIP != nil && req.Port != nil:
		c = t.chunkServerAt(*req.HostIP, *req.Port)
	default:
		return nil, proto.InvalidParam
	}
	if c == nil {
		return nil, proto.ChunkServerNotFound
	}
	return c, proto.Success
}

func (l *leader) getChunkServer(_ *http.Request, req *proto.ChunkServerRequest) *proto.GetChunkServerInfoResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	c, code := l.topology.find(req)
	if c == nil {
		return &proto.GetChunkServerInfoResponse{Status: status(code)}
	}
	info := l.topology.info(c)
	return &proto.GetChunkServerInfoResponse{ChunkServerInfo: &info}
}

func (l *leader) getCopySetsInChunkServer(_ *http.Request, req *proto.ChunkServerRequest) *proto.CopySetsResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	c, code := l.topology.find(req)
	if c == nil {
		return &proto.CopySetsResponse{Status: status(code)}
	}
	return &proto.CopySetsResponse{CopysetInfos: l.topology.copysetsOn(c.ID)}
}

func (l *leader) getCopySetsInCluster(*http.Request, *proto.Empty) *proto.CopySetsResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	return &proto.CopySetsResponse{CopysetInfos: l.topology.copysetInfos(func(*copyset) bool { return true })}
}

func (l *leader) getChunkServerListInCopySets(_ *http.Request,
	req *proto.GetChunkServerListInCopySetsRequest) *proto.GetChunkServerListInCopySetsResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	answer := &proto.GetChunkServerListInCopySetsResponse{}
	for _, id := range req.CopysetID {
		cs, ok := t.copysets[copysetKey{req.LogicalPoolID, id}]
		if !ok {
			answer.StatusCode = proto.CopySetNotFound
			return answer
		}
		info := proto.CopySetServerInfo{CopysetID: id}
		for _, member := range cs.Members {
			c, ok := t.chunkServers[member]
			if !ok {
				answer.StatusCode = proto.InternalError
				return answer
			}
			ci := t.info(c)
			info.CsLocs = append(info.CsLocs, proto.ChunkServerLocation{
				ChunkServerID: c.ID, HostIP: c.IP, Port: c.Port, ExternalIP: ci.ExternalIP,
			})
		}
		answer.CsInfo = append(answer.CsInfo, info)
	}
	return answer
}

func (l *leader) getClusterInfo(*http.Request, *proto.Empty) *proto.GetClusterInfoResponse {
	return &proto.GetClusterInfoResponse{ClusterID: l.topology.clusterID}
}
