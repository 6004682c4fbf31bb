package opstool

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/proto"
)

// mdsClient speaks to the MDS that leads, which it finds by asking one after the other.
type mdsClient struct {
	p       *printer
	addrs   []string
	dummy   map[string]string // service address to dummy address
	current int
	timeout time.Duration
	retries int
}

func (m *mdsClient) init(addrs, dummyPorts string) bool {
	if m.addrs = brpc.Endpoints(addrs); len(m.addrs) == 0 {
		m.p.line("Split mds address fail!")
		return false
	}
	dummy, ok := dummyServers(m.p, m.addrs, dummyPorts, "mds")
	if !ok {
		return false
	}
	m.dummy = dummy
	for i, addr := range m.addrs {
		_, err := brpc.Call[proto.ListPhysicalPoolResponse](context.Background(), addr, "TopologyService",
			"ListPhysicalPool", m.timeout, proto.ListPhysicalPoolRequest{})
		if err == nil {
			m.current = i
			return true
		}
	}
	m.p.line("Init channel to all mds fail!")
	return false
}

// dummyServers pairs addresses with dummy ports: one port for all, or as many as addresses.
func dummyServers(p *printer, addrs []string, ports, kind string) (map[string]string, bool) {
	list := strings.FieldsFunc(ports, func(c rune) bool { return c == ',' })
	long := map[string]string{"mds": "mds", "snapshot clone": "snapshot clone server"}[kind]
	switch {
	case len(list) == 0:
		p.line("split dummy server fail!")
		p.line("init dummy server map fail!")
		return nil, false
	case len(list) == 1:
		list = slices.Repeat(list, len(addrs))
	case len(list) != len(addrs):
		p.line(long, " dummy port list must be correspond as ", kind, " addr list")
		p.line("init dummy server map fail!")
		return nil, false
	}
	dummy := map[string]string{}
	for i, addr := range addrs {
		parts := strings.Split(addr, ":")
		if len(parts) != 2 {
			p.line("split ", kind, " addr fail!")
			p.line("init dummy server map fail!")
			return nil, false
		}
		dummy[addr] = net.JoinHostPort(parts[0], list[i])
	}
	return dummy, true
}

// call asks the current MDS, and the next ones when nobody listens there.
func call[Resp any](m *mdsClient, service, method string, req any) (*Resp, bool) {
	for range m.addrs {
		var err error
		for range m.retries + 1 {
			var resp *Resp
			resp, err = brpc.Call[Resp](context.Background(), m.addrs[m.current], service, method, m.timeout, req)
			if err == nil {
				return resp, true
			}
			if brpc.IsHostDown(err) {
				break
			}
		}
		if !brpc.IsHostDown(err) && !isTimeout(err) {
			m.p.line("Send RPC to mds fail, error content: ", err)
			break
		}
		m.current = (m.current + 1) % len(m.addrs)
	}
	m.p.line(method, " from all mds fail!")
	return nil, false
}

// ask is call for the topology service, and checks the answer's code.
func ask[Resp any](m *mdsClient, method string, req any, code func(*Resp) int) (*Resp, bool) {
	resp, ok := call[Resp](m, "TopologyService", method, req)
	if !ok {
		return nil, false
	}
	if c := code(resp); c != proto.Success {
		m.p.line(method, " fail with errCode: ", c)
		return nil, false
	}
	return resp, true
}

func (m *mdsClient) physicalPools() ([]proto.PhysicalPoolInfo, bool) {
	r, ok := ask(m, "ListPhysicalPool", proto.ListPhysicalPoolRequest{},
		func(r *proto.ListPhysicalPoolResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.PhysicalPoolInfos, true
}

func (m *mdsClient) logicalPoolsIn(pool uint32) ([]proto.LogicalPoolInfo, bool) {
	r, ok := ask(m, "ListLogicalPool", proto.PoolRequest{PhysicalPoolID: &pool},
		func(r *proto.ListLogicalPoolResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.LogicalPoolInfos, true
}

func (m *mdsClient) logicalPools() ([]proto.LogicalPoolInfo, bool) {
	physical, ok := m.physicalPools()
	if !ok {
		m.p.line("ListPhysicalPoolsInCluster fail!")
		return nil, false
	}
	var all []proto.LogicalPoolInfo
	for _, p := range physical {
		pools, ok := m.logicalPoolsIn(p.PhysicalPoolID)
		if !ok {
			m.p.line("ListLogicalPoolsInPhysicalPool ", p.PhysicalPoolID, " fail")
			return nil, false
		}
		all = append(all, pools...)
	}
	return all, true
}

func (m *mdsClient) servers() ([]proto.ServerInfo, bool) {
	pools, ok := m.physicalPools()
	if !ok {
		m.p.line("ListPhysicalPoolsInCluster fail!")
		return nil, false
	}
	var all []proto.ServerInfo
	for _, p := range pools {
		zones, ok := ask(m, "ListPoolZone", proto.PoolRequest{PhysicalPoolID: &p.PhysicalPoolID},
			func(r *proto.ListPoolZoneResponse) int { return r.StatusCode })
		if !ok {
			m.p.line("ListZoneInPhysicalPool fail, physicalPoolId: ", p.PhysicalPoolID)
			return nil, false
		}
		for _, z := range zones.Zones {
			servers, ok := ask(m, "ListZoneServer", proto.ListZoneServerRequest{ZoneID: z.ZoneID},
				func(r *proto.ListZoneServerResponse) int { return r.StatusCode })
			if !ok {
				m.p.line("ListServersInZone fail, zoneId :", z.ZoneID)
				return nil, false
			}
			all = append(all, servers.ServerInfo...)
		}
	}
	return all, true
}

// chunkServersOn lists a server's chunkservers without the retired ones.
func (m *mdsClient) chunkServersOn(req proto.ListChunkServerRequest) ([]proto.ChunkServerInfo, bool) {
	r, ok := ask(m, "ListChunkServer", req, func(r *proto.ListChunkServerResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return slices.DeleteFunc(r.ChunkServerInfos, func(c proto.ChunkServerInfo) bool { return c.Status == proto.Retired }), true
}

// chunkServers lists all, and per physical pool.
func (m *mdsClient) chunkServers() (all []proto.ChunkServerInfo, byPool map[uint32][]proto.ChunkServerInfo, ok bool) {
	servers, ok := m.servers()
	if !ok {
		m.p.line("ListServersInCluster fail!")
		return nil, nil, false
	}
	byPool = map[uint32][]proto.ChunkServerInfo{}
	for _, s := range servers {
		list, ok := m.chunkServersOn(proto.ListChunkServerRequest{ServerID: &s.ServerID})
		if !ok {
			m.p.line("ListChunkServersOnServer fail!")
			return nil, nil, false
		}
		all = append(all, list...)
		byPool[s.PhysicalPoolID] = append(byPool[s.PhysicalPoolID], list...)
	}
	return all, byPool, true
}

func (m *mdsClient) chunkServer(req proto.ChunkServerRequest) (*proto.ChunkServerInfo, bool) {
	r, ok := ask(m, "GetChunkServer", req, func(r *proto.GetChunkServerInfoResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.ChunkServerInfo, true
}

func (m *mdsClient) copysetsOn(req proto.ChunkServerRequest) ([]proto.CopysetInfo, bool) {
	r, ok := ask(m, "GetCopySetsInChunkServer", req, func(r *proto.CopySetsResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.CopysetInfos, true
}

func (m *mdsClient) copysets() ([]proto.CopysetInfo, bool) {
	r, ok := ask(m, "GetCopySetsInCluster", proto.Empty{}, func(r *proto.CopySetsResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.CopysetInfos, true
}

func (m *mdsClient) membersOf(pool uint32, ids []uint32) ([]proto.CopySetServerInfo, bool) {
	r, ok := ask(m, "GetChunkServerListInCopySets", proto.GetChunkServerListInCopySetsRequest{LogicalPoolID: pool, CopysetID: ids},
		func(r *proto.GetChunkServerListInCopySetsResponse) int { return r.StatusCode })
	if !ok {
		return nil, false
	}
	return r.CsInfo, true
}

func (m *mdsClient) metric(name string) (uint64, bool) {
	name = brpc.Underscored(name)
	for range m.addrs {
		text, err := getVar(m.addrs[m.current], name, m.timeout, m.retries)
		if err == nil {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				m.p.line("parse metric as uint64_t fail!")
			}
			return n, err == nil
		}
		m.current = (m.current + 1) % len(m.addrs)
	}
	m.p.line("GetMetric ", name, " from all mds fail!")
	return 0, false
}

// getVar repeats what failed, unless nobody listens or nobody answers.
func getVar(addr, name string, timeout time.Duration, retries int) (string, error) {
	var text string
	var err error
	for range retries + 1 {
		text, err = brpc.Var(context.Background(), addr, name, timeout)
		if err == nil || brpc.IsHostDown(err) || isTimeout(err) {
			break
		}
	}
	return text, err
}

func isTimeout(err error) bool {
	e, ok := err.(*brpc.Error)
	return ok && e.Code == brpc.ERPCTimeout
}
