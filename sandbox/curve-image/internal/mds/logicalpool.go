package mds

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

func (p *logicalPool) info() proto.LogicalPoolInfo {
	return proto.LogicalPoolInfo{
		LogicalPoolID: p.ID, LogicalPoolName: p.Name, PhysicalPoolID: p.PhysicalPool, Type: p.Type,
		CreateTime: p.CreateTime, Policy: p.Policy, UserPolicy: p.UserPolicy, AllocateStatus: p.Status,
	}
}

func (l *leader) listLogicalPool(_ *http.Request, req *proto.PoolRequest) *proto.ListLogicalPoolResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	pool, code := l.topology.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if pool == nil {
		return &proto.ListLogicalPoolResponse{Status: status(code)}
	}
	answer := &proto.ListLogicalPoolResponse{}
	for _, p := range sortedValues(l.topology.logicalPools) {
		if p.PhysicalPool == pool.ID {
			answer.LogicalPoolInfos = append(answer.LogicalPoolInfos, p.info())
		}
	}
	return answer
}

// createLogicalPool makes a pool and its copysets from the chunkservers that are registered at this moment. It waits
// for no others. What fails half way is taken back.
func (l *leader) createLogicalPool(r *http.Request, req *proto.CreateLogicalPoolRequest) *proto.CreateLogicalPoolResponse {
	refuse := func(code int) *proto.CreateLogicalPoolResponse {
		return &proto.CreateLogicalPoolResponse{Status: status(code)}
	}
	pool, code := l.addLogicalPool(r, req)
	if code != proto.Success {
		return refuse(code)
	}
	scatter, code := l.makeCopysets(r.Context(), pool, req)
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	if code == proto.Success {
		finished := *pool
		finished.Available, finished.ScatterWidth = true, scatter
		if code = t.save(r, key(logicalPoolPrefix, pool.ID), finished); code == proto.Success {
			*pool = finished
			info := pool.info()
			return &proto.CreateLogicalPoolResponse{LogicalPoolInfo: &info}
		}
	}
	glog.Error("create logical pool %s failed with %d, taking it back", req.LogicalPoolName, code)
	if err := t.removeLogicalPool(r.Context(), pool.ID); err != nil {
		glog.Error("%v", err)
		return refuse(proto.InternalError)
	}
	return refuse(code)
}

func (l *leader) addLogicalPool(r *http.Request, req *proto.CreateLogicalPoolRequest) (*logicalPool, int) {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	physical, code := t.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if physical == nil {
		return nil, code
	}
	for _, p := range t.logicalPools {
		if p.PhysicalPool == physical.ID && p.Name == req.LogicalPoolName {
			return nil, proto.LogicalPoolExist
		}
	}
	var policy proto.PlacementPolicy
	if json.Unmarshal([]byte(req.Policy), &policy) != nil || req.Type != proto.PageFile ||
		policy.ReplicaNum == nil || policy.CopysetNum == nil || policy.ZoneNum == nil {
		return nil, proto.InvalidParam
	}
	t.lastLogicalPool++
	pool := &logicalPool{
		ID: t.lastLogicalPool, Name: req.LogicalPoolName, PhysicalPool: physical.ID, Type: req.Type,
		CreateTime: time.Now().Unix(), Status: req.Status, Policy: req.Policy, UserPolicy: req.UserPolicy,
		Replicas: *policy.ReplicaNum,
	}
	if code := t.save(r, key(logicalPoolPrefix, pool.ID), pool); code != proto.Success {
		return nil, code
	}
	t.logicalPools[pool.ID] = pool
	return pool, proto.Success
}

func (l *leader) makeCopysets(ctx context.Context, pool *logicalPool, req *proto.CreateLogicalPoolRequest) (uint32, int) {
	faults.Hold(ctx, "mds.hold-before-copysets")
	sets, scatter, code := l.chooseCopysets(ctx, pool, req)
	if code != proto.Success {
		return 0, code
	}
	if v, ok := faults.Get("mds.slow-copyset-create"); ok {
		d, err := time.ParseDuration(v)
		if err != nil {
			d = 30 * time.Second
		}
		clock.Sleep(ctx, d)
	}
	members := map[uint32]bool{}
	for _, c := range sets {
		for _, id := range c.Members {
			members[id] = true
		}
	}
	for id := range members {
		if !l.createCopysetsOn(ctx, id, sets) {
			return 0, proto.CreateCopysetFail
		}
		faults.Hold(ctx, "mds.hold-between-copysets")
	}
	return scatter, proto.Success
}

func (l *leader) chooseCopysets(ctx context.Context, pool *logicalPool, req *proto.CreateLogicalPoolRequest) ([]*copyset, uint32, int) {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	var all []candidate
	for _, c := range t.chunkServersIn(pool.PhysicalPool) {
		all = append(all, candidate{id: c.ID, zone: t.servers[c.Server].Zone})
	}
	var policy proto.PlacementPolicy
	_ = json.Unmarshal([]byte(req.Policy), &policy)
	members, scatter, code := generate(placement{
		replicas: *policy.ReplicaNum, zones: *policy.ZoneNum, copysets: *policy.CopysetNum, scatterWidth: req.ScatterWidth,
	}, all, l.options.CopysetTries, l.options.ScatterFloatPercent)
	if code != proto.Success {
		glog.Error("GenCopyset failed with %d, chunkservers = %d, copysetNum = %d, scatterWidth = %d", code, len(all),
			*policy.CopysetNum, req.ScatterWidth)
		return nil, 0, code
	}
	sets := make([]*copyset, len(members))
	values := map[string]any{}
	for i, m := range members {
		sets[i] = &copyset{ID: uint32(i + 1), Pool: pool.ID, Members: m}
		values[copysetStorageKey(sets[i].key())] = sets[i]
	}
	if err := t.store.put(ctx, values); err != nil {
		glog.Error("store copysets: %v", err)
		return nil, 0, proto.StorageFail
	}
	for _, c := range sets {
		t.copysets[c.key()] = c
	}
	return sets, scatter, proto.Success
}

// createCopysetsOn tells one chunkserver about all copysets it is a member of.
func (l *leader) createCopysetsOn(ctx context.Context, id uint32, sets []*copyset) bool {
	addr, req := l.copysetRequest(id, sets)
	if addr == "" || faults.On("mds.fail-copyset-create") {
		return false
	}
	for try := 1; ; try++ {
		answer, err := brpc.Call[proto.CreateCopysetResponse](ctx, addr, "CopysetService", "CreateCopysetNode2",
			l.options.CopysetRPCTimeout, req)
		if err == nil {
			if answer.Status != proto.CopysetSuccess && answer.Status != proto.CopysetExist {
				glog.Error("create copysets on %s: %s", addr, answer.Status)
				return false
			}
			return true
		}
		glog.Warning("Send CopysetRequest to %s failed, %v, retry = %d", addr, err, try-1)
		clock.Sleep(ctx, l.options.CopysetRPCRetrySleep)
		if try >= l.options.CopysetRPCRetries {
			glog.Error("Send CopysetRequest to %s failed, retry times exceed, %v", addr, err)
			return false
		}
	}
}

func (l *leader) copysetRequest(id uint32, sets []*copyset) (string, proto.CreateCopysetRequest) {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	var req proto.CreateCopysetRequest
	target, ok := l.topology.chunkServers[id]
	if !ok {
		return "", req
	}
	for _, c := range sets {
		mine := false
		entry := proto.Copyset{LogicPoolID: c.Pool, CopysetID: c.ID}
		for _, m := range c.Members {
			peer, ok := l.topology.chunkServers[m]
			if !ok {
				return "", req
			}
			mine = mine || m == id
			entry.Peers = append(entry.Peers, proto.Peer{ID: m, Address: proto.PeerAddress(peer.IP, peer.Port)})
		}
		if mine {
			req.Copysets = append(req.Copysets, entry)
		}
	}
	return fmt.Sprintf("%s:%d", target.IP, target.Port), req
}
