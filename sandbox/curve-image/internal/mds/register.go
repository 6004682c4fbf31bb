package mds

import (
	"net/http"

	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

func registAnswer(code int) *proto.RegistChunkServerResponse {
	return &proto.RegistChunkServerResponse{Status: proto.Status{StatusCode: code}}
}

func registAs(c *chunkServer) *proto.RegistChunkServerResponse {
	r := registAnswer(proto.Success)
	r.ChunkServerID, r.Token = c.ID, c.Token
	return r
}

// registChunkServer gives a chunkserver its id and token.
func (l *leader) registChunkServer(r *http.Request, req *proto.RegistChunkServerRequest) *proto.RegistChunkServerResponse {
	if faults.On("mds.refuse-register") {
		return registAnswer(proto.InternalError)
	}
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology

	// One that was here before shows its id and token.
	if req.ChunkServerID != nil {
		if req.Token == nil {
			return registAnswer(proto.InvalidParam)
		}
		if c, ok := t.chunkServers[*req.ChunkServerID]; ok {
			if c.Status == proto.Retired || c.Token != *req.Token {
				glog.Error("RegistChunkServer of %d refused: retired or wrong token", c.ID)
				return registAnswer(proto.InvalidParam)
			}
			return registAs(c)
		}
	}

	// One without, at an address where MDS believes a chunkserver alive, is taken for that one. An empty disk gets the
	// id of a full one this way.
	var same []*chunkServer
	for _, c := range sortedValues(t.chunkServers) {
		if c.Status != proto.Retired && c.Online != proto.Offline && c.IP == req.HostIP && c.Port == req.Port {
			same = append(same, c)
		}
	}
	if len(same) == 1 {
		glog.Warning("Received duplicated registChunkServer message, hostip = %s, port = %d", req.HostIP, req.Port)
		return registAs(same[0])
	}
	if len(same) > 1 {
		return registAnswer(proto.InternalError)
	}

	s := t.serverAt(req.HostIP, req.Port)
	if s == nil {
		return registAnswer(proto.ServerNotFound)
	}
	if req.ExternalIP != nil && *req.ExternalIP != s.ExternalIP {
		return registAnswer(proto.InternalError)
	}
	t.lastChunkServer++
	c := &chunkServer{
		ID: t.lastChunkServer, Token: newToken(), DiskType: req.DiskType, IP: req.HostIP, Port: req.Port, Server: s.ID,
		Status: proto.ReadWrite, Online: proto.Online, MountPoint: req.DiskPath,
	}
	if err := t.store.put(r.Context(), map[string]any{key(chunkServerPrefix, c.ID): c}); err != nil {
		glog.Error("store chunkserver %d: %v", c.ID, err)
		return registAnswer(proto.StorageFail)
	}
	t.chunkServers[c.ID] = c
	glog.Info("chunkserver %d registered at %s:%d on server %d", c.ID, c.IP, c.Port, s.ID)
	return registAs(c)
}
