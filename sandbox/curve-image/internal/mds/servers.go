package mds

import (
	"net/http"

	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

func status(code int) proto.Status { return proto.Status{StatusCode: code} }

// save writes one object through to etcd; it answers the code of success or of a storage that fails.
func (t *topology) save(r *http.Request, k string, v any) int {
	if err := t.store.put(r.Context(), map[string]any{k: v}); err != nil {
		glog.Error("store %s: %v", k, err)
		return proto.StorageFail
	}
	return proto.Success
}

func (t *topology) drop(r *http.Request, k string) int {
	if err := t.store.remove(r.Context(), k); err != nil {
		glog.Error("delete %s: %v", k, err)
		return proto.StorageFail
	}
	return proto.Success
}

// findPool returns the pool that a request names, or the code of the refusal.
func (t *topology) findPool(id *uint32, name *string) (*physicalPool, int) {
	switch {
	case id != nil:
		if p, ok := t.physicalPools[*id]; ok {
			return p, proto.Success
		}
	case name != nil:
		if p := t.poolByName(*name); p != nil {
			return p, proto.Success
		}
	default:
		return nil, proto.InvalidParam
	}
	return nil, proto.PhysicalPoolNotFound
}

func (t *topology) findZone(id *uint32, name *string, pool *physicalPool) (*zone, int) {
	switch {
	case id != nil:
		if z, ok := t.zones[*id]; ok {
			return z, proto.Success
		}
	case name != nil && pool != nil:
		for _, z := range sortedValues(t.zones) {
			if z.Name == *name && z.Pool == pool.ID {
				return z, proto.Success
			}
		}
	default:
		return nil, proto.InvalidParam
	}
	return nil, proto.ZoneNotFound
}

func (l *leader) listPhysicalPool(*http.Request, *proto.ListPhysicalPoolRequest) *proto.ListPhysicalPoolResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	answer := &proto.ListPhysicalPoolResponse{}
	for _, p := range sortedValues(l.topology.physicalPools) {
		answer.PhysicalPoolInfos = append(answer.PhysicalPoolInfos, p.info())
	}
	return answer
}

func (p *physicalPool) info() proto.PhysicalPoolInfo {
	return proto.PhysicalPoolInfo{PhysicalPoolID: p.ID, PhysicalPoolName: p.Name, Desc: p.Desc}
}

// createPhysicalPool does not look at names: release 1.2.6 makes two pools of one name when it is asked twice.
func (l *leader) createPhysicalPool(r *http.Request, req *proto.PoolRequest) *proto.PhysicalPoolResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	if req.PhysicalPoolName == nil || req.Desc == nil {
		return &proto.PhysicalPoolResponse{Status: status(proto.InvalidParam)}
	}
	t.lastPool++
	p := &physicalPool{ID: t.lastPool, Name: *req.PhysicalPoolName, Desc: *req.Desc}
	if code := t.save(r, key(physicalPoolPrefix, p.ID), p); code != proto.Success {
		return &proto.PhysicalPoolResponse{Status: status(code)}
	}
	t.physicalPools[p.ID] = p
	info := p.info()
	return &proto.PhysicalPoolResponse{PhysicalPoolInfo: &info}
}

func (l *leader) getPhysicalPool(_ *http.Request, req *proto.PoolRequest) *proto.PhysicalPoolResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	p, code := l.topology.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if p == nil {
		return &proto.PhysicalPoolResponse{Status: status(code)}
	}
	info := p.info()
	return &proto.PhysicalPoolResponse{PhysicalPoolInfo: &info}
}

func (l *leader) deletePhysicalPool(r *http.Request, req *proto.PoolRequest) *proto.PhysicalPoolResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	p, code := t.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if p == nil {
		return &proto.PhysicalPoolResponse{Status: status(code)}
	}
	for _, z := range t.zones {
		if z.Pool == p.ID {
			return &proto.PhysicalPoolResponse{Status: status(proto.CannotRemoveNotEmpty)}
		}
	}
	if code = t.drop(r, key(physicalPoolPrefix, p.ID)); code == proto.Success {
		delete(t.physicalPools, p.ID)
	}
	return &proto.PhysicalPoolResponse{Status: status(code)}
}

func (l *leader) listPoolZone(_ *http.Request, req *proto.PoolRequest) *proto.ListPoolZoneResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	p, code := t.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if p == nil {
		return &proto.ListPoolZoneResponse{Status: status(code)}
	}
	answer := &proto.ListPoolZoneResponse{}
	for _, z := range sortedValues(t.zones) {
		if z.Pool == p.ID {
			answer.Zones = append(answer.Zones, t.zoneInfo(z))
		}
	}
	return answer
}

func (t *topology) zoneInfo(z *zone) proto.ZoneInfo {
	info := proto.ZoneInfo{ZoneID: z.ID, ZoneName: z.Name, PhysicalPoolID: z.Pool, Desc: z.Desc}
	if p, ok := t.physicalPools[z.Pool]; ok {
		info.PhysicalPoolName = p.Name
	}
	return info
}

func (l *leader) createZone(r *http.Request, req *proto.ZoneRequest) *proto.ZoneResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	if req.ZoneName == nil || req.PhysicalPoolName == nil || req.Desc == nil {
		return &proto.ZoneResponse{Status: status(proto.InvalidParam)}
	}
	p := t.poolByName(*req.PhysicalPoolName)
	if p == nil {
		return &proto.ZoneResponse{Status: status(proto.PhysicalPoolNotFound)}
	}
	t.lastZone++
	z := &zone{ID: t.lastZone, Name: *req.ZoneName, Pool: p.ID, Desc: *req.Desc}
	if code := t.save(r, key(zonePrefix, z.ID), z); code != proto.Success {
		return &proto.ZoneResponse{Status: status(code)}
	}
	t.zones[z.ID] = z
	info := t.zoneInfo(z)
	return &proto.ZoneResponse{ZoneInfo: &info}
}

func (l *leader) deleteZone(r *http.Request, req *proto.ZoneRequest) *proto.ZoneResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	var p *physicalPool
	if req.PhysicalPoolName != nil {
		p = t.poolByName(*req.PhysicalPoolName)
	}
	z, code := t.findZone(req.ZoneID, req.ZoneName, p)
	if z == nil {
		return &proto.ZoneResponse{Status: status(code)}
	}
	for _, s := range t.servers {
		if s.Zone == z.ID {
			return &proto.ZoneResponse{Status: status(proto.CannotRemoveNotEmpty)}
		}
	}
	if code = t.drop(r, key(zonePrefix, z.ID)); code == proto.Success {
		delete(t.zones, z.ID)
	}
	return &proto.ZoneResponse{Status: status(code)}
}

func (l *leader) listZoneServer(_ *http.Request, req *proto.ListZoneServerRequest) *proto.ListZoneServerResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	z, ok := t.zones[req.ZoneID]
	if !ok {
		return &proto.ListZoneServerResponse{Status: status(proto.ZoneNotFound)}
	}
	answer := &proto.ListZoneServerResponse{}
	for _, s := range sortedValues(t.servers) {
		if s.Zone == z.ID {
			zi := t.zoneInfo(z)
			answer.ServerInfo = append(answer.ServerInfo, proto.ServerInfo{
				ServerID: s.ID, HostName: s.Name, InternalIP: s.InternalIP, InternalPort: s.InternalPort,
				ExternalIP: s.ExternalIP, ExternalPort: s.ExternalPort, ZoneID: z.ID, ZoneName: z.Name,
				PhysicalPoolID: s.Pool, PhysicalPoolName: zi.PhysicalPoolName, Desc: s.Desc,
			})
		}
	}
	return answer
}

func (l *leader) registServer(r *http.Request, req *proto.ServerRegistRequest) *proto.ServerRegistResponse {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	p, code := t.findPool(req.PhysicalPoolID, req.PhysicalPoolName)
	if p == nil {
		return &proto.ServerRegistResponse{Status: status(code)}
	}
	z, code := t.findZone(req.ZoneID, req.ZoneName, p)
	if z == nil {
		return &proto.ServerRegistResponse{Status: status(code)}
	}
	if t.serverAt(req.InternalIP, req.InternalPort) != nil || t.serverAt(req.ExternalIP, req.ExternalPort) != nil {
		return &proto.ServerRegistResponse{Status: status(proto.IPPortDuplicated)}
	}
	t.lastServer++
	s := &server{
		ID: t.lastServer, Name: req.HostName, InternalIP: req.InternalIP, InternalPort: req.InternalPort,
		ExternalIP: req.ExternalIP, ExternalPort: req.ExternalPort, Zone: z.ID, Pool: p.ID, Desc: req.Desc,
	}
	if code := t.save(r, key(serverPrefix, s.ID), s); code != proto.Success {
		return &proto.ServerRegistResponse{Status: status(code)}
	}
	t.servers[s.ID] = s
	return &proto.ServerRegistResponse{ServerID: s.ID}
}

// deleteServer refuses while the server has a chunkserver that is not retired: the only thing between a map with rows
// missing and the loss of data.
func (l *leader) deleteServer(r *http.Request, req *proto.DeleteServerRequest) *proto.Status {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	answer := status(proto.Success)
	if _, ok := t.servers[req.ServerID]; !ok {
		answer.StatusCode = proto.ServerNotFound
		return &answer
	}
	for _, c := range sortedValues(t.chunkServers) {
		if c.Server != req.ServerID {
			continue
		}
		if c.Status != proto.Retired {
			glog.Error("cannot remove server %d: chunkserver %d is not retired", req.ServerID, c.ID)
			answer.StatusCode = proto.CannotRemoveNotEmpty
			return &answer
		}
		if answer.StatusCode = t.drop(r, key(chunkServerPrefix, c.ID)); answer.StatusCode != proto.Success {
			return &answer
		}
		delete(t.chunkServers, c.ID)
	}
	if answer.StatusCode = t.drop(r, key(serverPrefix, req.ServerID)); answer.StatusCode == proto.Success {
		delete(t.servers, req.ServerID)
	}
	return &answer
}
