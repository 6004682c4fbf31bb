package mds

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// heartbeat takes a chunkserver's report. One that is refused changes nothing, not even the time it was last heard of.
func (l *leader) heartbeat(_ *http.Request, req *proto.HeartbeatRequest) *proto.HeartbeatResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	if code := l.checkHeartbeat(req); code != proto.HeartbeatOK {
		return &proto.HeartbeatResponse{StatusCode: code}
	}
	l.health.heard(req.ChunkServerID, time.Now())
	c := l.topology.chunkServers[req.ChunkServerID]
	c.DiskCapacity, c.DiskUsed, c.dirty = req.DiskCapacity, req.DiskUsed, true
	c.DiskState = proto.DiskNormal
	if req.DiskState.ErrType != 0 {
		c.DiskState = proto.DiskError
	}
	if req.Stats != nil {
		c.stats = *req.Stats
	}
	answer := &proto.HeartbeatResponse{StatusCode: proto.HeartbeatOK}
	if len(req.CopysetInfos) == 0 {
		answer.StatusCode = proto.HeartbeatNoCopyset
	}
	for _, reported := range req.CopysetInfos {
		if pool, ok := l.topology.logicalPools[reported.LogicalPoolID]; ok && !pool.Available {
			continue
		}
		known, ok := l.topology.copysets[copysetKey{reported.LogicalPoolID, reported.CopysetID}]
		if !ok {
			glog.Error("heartbeat of %d reports copyset (%d,%d), which is not in the topology", req.ChunkServerID,
				reported.LogicalPoolID, reported.CopysetID)
			answer.NeedUpdateCopysets = append(answer.NeedUpdateCopysets, proto.CopySetConf{
				LogicalPoolID: reported.LogicalPoolID, CopysetID: reported.CopysetID,
			})
			continue
		}
		known.Epoch = max(known.Epoch, reported.Epoch)
	}
	return answer
}

func (l *leader) checkHeartbeat(req *proto.HeartbeatRequest) string {
	if req.DiskState == nil {
		return proto.HeartbeatUninitialized
	}
	c, ok := l.topology.chunkServers[req.ChunkServerID]
	code := proto.HeartbeatOK
	switch {
	case !ok, refused(req.ChunkServerID):
		code = proto.HeartbeatUnknown
	case c.Status == proto.Retired:
		code = proto.HeartbeatRetired
	case c.IP != req.IP || c.Port != req.Port:
		code = proto.HeartbeatIPPortMismatch
	case c.Token != req.Token:
		code = proto.HeartbeatTokenMismatch
	}
	if code != proto.HeartbeatOK {
		glog.Error("heartbeat of chunkserver %d at %s:%d refused: %s", req.ChunkServerID, req.IP, req.Port, code)
	}
	return code
}

// refused obeys the fault refuse-heartbeat: its value names chunkservers by id, none means all.
func refused(id uint32) bool {
	v, ok := faults.Get("mds.refuse-heartbeat")
	if !ok {
		return false
	}
	return v == "" || slices.Contains(strings.Split(v, ","), strconv.Itoa(int(id)))
}
