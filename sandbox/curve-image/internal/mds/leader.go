package mds

import (
	"context"
	"net/http"
	"strconv"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/proto"
)

// leader is the instance that won the election.
type leader struct {
	options  Options
	topology *topology
	health   *health
	vars     *brpc.Vars
}

func newLeader(o Options, t *topology) *leader {
	return &leader{options: o, topology: t, health: newHealth(o.HeartbeatMiss, o.HeartbeatOffline, t)}
}

// serve opens the service port and starts what the leader does by itself.
func (l *leader) serve(ctx context.Context, c *conf.Conf, flags *gflags.Set, status *statusVar) error {
	l.vars = exposeProcess(c, status)
	for _, op := range []string{"operator", "change_peer", "add_peer", "remove_peer", "transfer_leader"} {
		l.vars.Number("mds_scheduler_metric_"+op+"_num", 0)
	}
	s := brpc.NewServer(l.vars)
	s.Flags = flags.Each
	l.topologyService(s)
	l.otherServices(s)
	go l.watchHealth(ctx)
	go l.updateMetrics(ctx)
	go l.flush(ctx)
	_, err := s.Listen(l.options.ListenAddr)
	return err
}

func (l *leader) topologyService(s *brpc.Server) {
	const service = "TopologyService"
	brpc.Method(s, service, "RegistChunkServer", l.registChunkServer)
	brpc.Method(s, service, "ListChunkServer", l.listChunkServer)
	brpc.Method(s, service, "GetChunkServer", l.getChunkServer)
	brpc.Method(s, service, "RegistServer", l.registServer)
	brpc.Method(s, service, "DeleteServer", l.deleteServer)
	brpc.Method(s, service, "ListZoneServer", l.listZoneServer)
	brpc.Method(s, service, "CreateZone", l.createZone)
	brpc.Method(s, service, "DeleteZone", l.deleteZone)
	brpc.Method(s, service, "ListPoolZone", l.listPoolZone)
	brpc.Method(s, service, "CreatePhysicalPool", l.createPhysicalPool)
	brpc.Method(s, service, "DeletePhysicalPool", l.deletePhysicalPool)
	brpc.Method(s, service, "GetPhysicalPool", l.getPhysicalPool)
	brpc.Method(s, service, "ListPhysicalPool", l.listPhysicalPool)
	brpc.Method(s, service, "CreateLogicalPool", l.createLogicalPool)
	brpc.Method(s, service, "ListLogicalPool", l.listLogicalPool)
	brpc.Method(s, service, "GetChunkServerListInCopySets", l.getChunkServerListInCopySets)
	brpc.Method(s, service, "GetCopySetsInChunkServer", l.getCopySetsInChunkServer)
	brpc.Method(s, service, "GetCopySetsInCluster", l.getCopySetsInCluster)
	brpc.Method(s, service, "GetClusterInfo", l.getClusterInfo)
}

func (l *leader) otherServices(s *brpc.Server) {
	brpc.Method(s, "HeartbeatService", "ChunkServerHeartbeat", l.heartbeat)

	// No operator ever runs, so nothing is scheduled and nothing recovers.
	brpc.Method(s, "ScheduleService", "RapidLeaderSchedule",
		func(_ *http.Request, req *proto.RapidLeaderScheduleRequest) *proto.Status {
			l.topology.mu.Lock()
			defer l.topology.mu.Unlock()
			if _, ok := l.topology.logicalPools[req.LogicalPoolID]; !ok && req.LogicalPoolID != 0 {
				return &proto.Status{StatusCode: proto.InternalError}
			}
			return &proto.Status{}
		})
	brpc.Method(s, "ScheduleService", "QueryChunkServerRecoverStatus",
		func(_ *http.Request, req *proto.RecoverStatusRequest) *proto.RecoverStatusResponse {
			answer := &proto.RecoverStatusResponse{RecoverStatusMap: map[string]bool{}}
			for _, id := range req.ChunkServerID {
				answer.RecoverStatusMap[strconv.Itoa(int(id))] = false
			}
			return answer
		})

	// The name space has one folder that anybody made, and no volumes.
	const files = "CurveFSService"
	brpc.Method(s, files, "CreateFile", l.createFile)
	brpc.Method(s, files, "GetFileSize", func(*http.Request, *proto.FileRequest) *proto.GetFileSizeResponse {
		return &proto.GetFileSizeResponse{StatusCode: proto.FileOK}
	})
	brpc.Method(s, files, "GetAllocatedSize", func(*http.Request, *proto.FileRequest) *proto.GetAllocatedSizeResponse {
		return &proto.GetAllocatedSizeResponse{StatusCode: proto.FileOK}
	})
	brpc.Method(s, files, "ListClient", func(*http.Request, *proto.Empty) *proto.ListClientResponse {
		return &proto.ListClientResponse{StatusCode: proto.FileOK}
	})
	brpc.Method(s, files, "ListVolumesOnCopysets", func(*http.Request, *proto.Empty) *proto.ListVolumesResponse {
		return &proto.ListVolumesResponse{StatusCode: proto.FileOK}
	})
}

// createFile keeps the name alone: snapshotclone makes its folder for clones with it.
func (l *leader) createFile(r *http.Request, req *proto.FileRequest) *proto.FileResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	k := filePrefix + req.FileName
	exists := false
	err := l.topology.store.list(r.Context(), k, func([]byte) error { exists = true; return nil })
	switch {
	case err != nil:
		return &proto.FileResponse{StatusCode: "kStorageError"}
	case exists:
		return &proto.FileResponse{StatusCode: proto.FileExists}
	case l.topology.save(r, k, req) != proto.Success:
		return &proto.FileResponse{StatusCode: "kStorageError"}
	}
	return &proto.FileResponse{StatusCode: proto.FileOK}
}
