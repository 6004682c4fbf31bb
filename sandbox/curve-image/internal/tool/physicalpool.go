package tool

import (
	"slices"

	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// A zone is known by its pool and name; a server by its pool, zone and name. An address is no part of it, so a row whose
// address alone changes is taken for what is there already.
type zoneName struct{ pool, zone string }

// changes is the difference between the map and what MDS has.
type changes struct {
	addPools   []string
	addZones   []zoneName
	addServers []server

	dropServers, dropZones, dropPools []uint32
}

// createPhysicalPool deletes what the map lacks before it creates what MDS lacks.
func (s *session) createPhysicalPool() int {
	servers, ok := readServers(s.mapPath)
	if !ok {
		return commonErr
	}
	c, code := s.compare(servers)
	if code != 0 {
		return code
	}
	for _, step := range []func(*changes) int{
		s.clearServers, s.clearZones, s.clearPools, s.addPools, s.addZones, s.addServers,
	} {
		if code := step(c); code != 0 {
			return code
		}
	}
	return 0
}

func (s *session) compare(servers []server) (*changes, int) {
	c := &changes{}
	var names []string
	for _, v := range servers {
		if !slices.Contains(c.addPools, v.pool) {
			c.addPools = append(c.addPools, v.pool)
		}
		if z := (zoneName{v.pool, v.zone}); !slices.Contains(c.addZones, z) {
			c.addZones = append(c.addZones, z)
		}
		if slices.Contains(names, v.name) {
			glog.Warning("WARING! Duplicated Server Name: %s , ignored.", v.name)
			continue
		}
		names = append(names, v.name)
		c.addServers = append(c.addServers, v)
	}
	pools, code := list[proto.ListPhysicalPoolResponse](s, "ListPhysicalPool", proto.ListPhysicalPoolRequest{})
	if code == 0 {
		code = pools.StatusCode
	}
	if code != 0 {
		return nil, code
	}
	var keptPools []uint32
	for _, p := range pools.PhysicalPoolInfos {
		if remove(&c.addPools, p.PhysicalPoolName) {
			keptPools = append(keptPools, p.PhysicalPoolID)
		} else {
			c.dropPools = append(c.dropPools, p.PhysicalPoolID)
		}
	}
	for _, pool := range c.dropPools {
		zones, code := s.zonesOf(pool)
		if code != 0 {
			return nil, code
		}
		for _, z := range zones {
			c.dropZones = append(c.dropZones, z.ZoneID)
		}
	}
	var keptZones []proto.ZoneInfo
	for _, pool := range keptPools {
		zones, code := s.zonesOf(pool)
		if code != 0 {
			return nil, code
		}
		for _, z := range zones {
			if remove(&c.addZones, zoneName{z.PhysicalPoolName, z.ZoneName}) {
				keptZones = append(keptZones, z)
			} else {
				c.dropZones = append(c.dropZones, z.ZoneID)
			}
		}
	}
	for _, zone := range c.dropZones {
		list, code := s.serversOf(zone)
		if code != 0 {
			return nil, code
		}
		for _, v := range list {
			c.dropServers = append(c.dropServers, v.ServerID)
		}
	}
	for _, z := range keptZones {
		list, code := s.serversOf(z.ZoneID)
		if code != 0 {
			return nil, code
		}
		for _, v := range list {
			i := slices.IndexFunc(c.addServers, func(a server) bool {
				return a.name == v.HostName && a.zone == v.ZoneName && a.pool == v.PhysicalPoolName
			})
			if i >= 0 {
				c.addServers = slices.Delete(c.addServers, i, i+1)
			} else {
				c.dropServers = append(c.dropServers, v.ServerID)
			}
		}
	}
	return c, 0
}

func (s *session) zonesOf(pool uint32) ([]proto.ZoneInfo, int) {
	answer, code := list[proto.ListPoolZoneResponse](s, "ListPoolZone", proto.PoolRequest{PhysicalPoolID: &pool})
	if code == 0 {
		code = answer.StatusCode
	}
	if code != 0 {
		return nil, code
	}
	return answer.Zones, 0
}

func (s *session) serversOf(zone uint32) ([]proto.ServerInfo, int) {
	answer, code := list[proto.ListZoneServerResponse](s, "ListZoneServer", proto.ListZoneServerRequest{ZoneID: zone})
	if code == 0 {
		code = answer.StatusCode
	}
	if code != 0 {
		return nil, code
	}
	return answer.ServerInfo, 0
}

func (s *session) clearServers(c *changes) int {
	for _, id := range c.dropServers {
		answer, code := change[proto.Status](s, "DeleteServer", proto.DeleteServerRequest{ServerID: id})
		if code == 0 {
			code = answer.StatusCode
		}
		if code != 0 {
			glog.Error("DeleteServer Rpc response fail. serverId = %d, statusCode: %d", id, code)
			return code
		}
	}
	return 0
}

// clearZones deletes the first zone only and does not look at the answer: a defect of release 1.2.6. So a pool of
// several zones needs as many runs, and the pool's own deletion fails (-14) until the last.
func (s *session) clearZones(c *changes) int {
	for _, id := range c.dropZones {
		if _, code := change[proto.ZoneResponse](s, "DeleteZone", proto.ZoneRequest{ZoneID: &id}); code != 0 {
			return code
		}
		break
	}
	return 0
}

func (s *session) clearPools(c *changes) int {
	for _, id := range c.dropPools {
		answer, code := change[proto.PhysicalPoolResponse](s, "DeletePhysicalPool", proto.PoolRequest{PhysicalPoolID: &id})
		if code == 0 {
			code = answer.StatusCode
		}
		if code != 0 {
			glog.Error("DeletePhysicalPool Rpc response fail. physicalPoolId = %d, statusCode: %d", id, code)
			return code
		}
	}
	return 0
}

func (s *session) addPools(c *changes) int {
	for _, name := range c.addPools {
		desc := ""
		answer, code := list[proto.PhysicalPoolResponse](s, "CreatePhysicalPool",
			proto.PoolRequest{PhysicalPoolName: &name, Desc: &desc})
		if code == 0 {
			code = answer.StatusCode
		}
		if code != 0 {
			glog.Error("CreatePhysicalPool fail. physicalPoolName = %s, statusCode: %d", name, code)
			return code
		}
	}
	return 0
}

func (s *session) addZones(c *changes) int {
	for _, z := range c.addZones {
		desc := ""
		answer, code := change[proto.ZoneResponse](s, "CreateZone",
			proto.ZoneRequest{ZoneName: &z.zone, PhysicalPoolName: &z.pool, Desc: &desc})
		if code == 0 {
			code = answer.StatusCode
		}
		if code != 0 {
			glog.Error("CreateZone Rpc response fail. zoneName = %s, statusCode: %d", z.zone, code)
			return code
		}
	}
	return 0
}

func (s *session) addServers(c *changes) int {
	for _, v := range c.addServers {
		answer, code := change[proto.ServerRegistResponse](s, "RegistServer", proto.ServerRegistRequest{
			HostName: v.name, InternalIP: v.internalIP, InternalPort: v.internalPort, ExternalIP: v.externalIP,
			ExternalPort: v.externalPort, ZoneName: &v.zone, PhysicalPoolName: &v.pool,
		})
		if code == 0 {
			code = answer.StatusCode
		}
		switch code {
		case proto.Success:
		case proto.IPPortDuplicated:
			glog.Info("Server already exist")
		default:
			glog.Error("RegistServer Rpc response fail. serverName = %s, statusCode: %d", v.name, code)
			return code
		}
	}
	return 0
}

// remove takes a value out of a list and says whether it was there.
func remove[T comparable](list *[]T, v T) bool {
	i := slices.Index(*list, v)
	if i < 0 {
		return false
	}
	*list = slices.Delete(*list, i, i+1)
	return true
}
