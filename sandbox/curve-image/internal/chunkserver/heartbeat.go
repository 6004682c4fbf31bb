package chunkserver

import (
	"context"
	"slices"
	"syscall"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// heart beats: it tells MDS that this chunkserver lives, how full it is and which copysets it has.
type heart struct {
	mds      []string
	interval time.Duration
	timeout  time.Duration
	store    string // the folder whose file system counts
	identity identity
	ip       string
	port     uint32
	started  int64
	pool     *pool
	copysets *copysets
	peers    *peers

	at int // the MDS asked last
}

// beat runs until ctx ends. After a failure the next try comes sooner.
func (h *heart) beat(ctx context.Context) {
	soon := 2 * time.Second
	if h.interval > 4*time.Second {
		soon = h.interval / 2
	}
	for ctx.Err() == nil {
		faults.Hold(ctx, "chunkserver.hold-heartbeat")
		wait := h.interval
		if !h.once(ctx) {
			wait = soon
		}
		clock.Sleep(ctx, wait)
	}
}

func (h *heart) once(ctx context.Context) bool {
	req, err := h.request(ctx)
	if err != nil {
		glog.Error("Failed to build heartbeat request: %v", err)
		return false
	}
	answer, err := brpc.Call[proto.HeartbeatResponse](ctx, h.mds[h.at], "HeartbeatService", "ChunkServerHeartbeat",
		h.timeout, req)
	if err != nil {
		glog.Warning("Failed to send heartbeat to MDS %s: %v", h.mds[h.at], err)
		h.at = (h.at + 1) % len(h.mds)
		return false
	}
	if answer.StatusCode != proto.HeartbeatOK && answer.StatusCode != proto.HeartbeatNoCopyset {
		glog.Warning("MDS %s refuses the heartbeat: %s", h.mds[h.at], answer.StatusCode)
	}
	for _, order := range answer.NeedUpdateCopysets {
		mine := slices.ContainsFunc(order.Peers, func(p proto.Peer) bool { return p.Address == h.peers.self })
		if order.Epoch == 0 && !mine {
			h.copysets.purge(proto.GroupID(order.LogicalPoolID, order.CopysetID))
		}
	}
	return true
}

func (h *heart) request(ctx context.Context) (*proto.HeartbeatRequest, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(h.store, &fs); err != nil {
		return nil, err
	}
	capacity, available := fs.Blocks*uint64(fs.Bsize), fs.Bavail*uint64(fs.Bsize)
	req := &proto.HeartbeatRequest{
		ChunkServerID: h.identity.ID, Token: h.identity.Token, IP: h.ip, Port: h.port, StartTime: h.started,
		DiskState: &proto.DiskReport{}, DiskCapacity: capacity, DiskUsed: capacity - available,
		Stats: &proto.ChunkServerStats{ChunkSizeLeftBytes: uint64(h.pool.left()) * uint64(h.pool.chunkSize)},
	}
	v := h.peers.look(ctx)
	for _, r := range h.copysets.all() {
		pool, id := proto.SplitGroupID(r.group)
		entry := proto.HeartbeatCopyset{LogicalPoolID: pool, CopysetID: id, LeaderPeer: proto.Peer{Address: v.leader(r)}}
		for _, p := range r.peers {
			entry.Peers = append(entry.Peers, proto.Peer{Address: p})
		}
		req.CopysetInfos = append(req.CopysetInfos, entry)
		if entry.LeaderPeer.Address == h.peers.self {
			req.LeaderCount++
		}
	}
	req.CopysetCount = uint32(len(req.CopysetInfos))
	return req, nil
}
