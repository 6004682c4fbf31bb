package opstool

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/proto"
)

// What may be wrong with a copyset, in the tool's words.
const (
	noLeader        = "no leader"
	peersTooFew     = "peers not sufficient"
	minorityOffline = "minority peer not online"
	majorityOffline = "majority peer not online"
)

const replicas = 3

// copysetCheck asks chunkservers for the state of their copysets and remembers what it finds.
type copysetCheck struct {
	p   *printer
	mds *mdsClient

	total  map[uint64]bool
	bad    map[string]map[uint64]bool
	loaded map[string]map[uint64]bool // per chunkserver asked: its copysets; empty when it does not answer
	silent map[string]bool
	lacks  map[string]bool
}

func (c *copysetCheck) clear() {
	c.total, c.bad = map[uint64]bool{}, map[string]map[uint64]bool{}
	c.loaded, c.silent, c.lacks = map[string]map[uint64]bool{}, map[string]bool{}, map[string]bool{}
}

func (c *copysetCheck) mark(what string, group uint64) {
	if c.bad[what] == nil {
		c.bad[what] = map[uint64]bool{}
	}
	c.bad[what][group] = true
}

// statistics counts copysets, and those with anything wrong once each.
func (c *copysetCheck) statistics() (total, unhealthy int, ratio float64) {
	union := map[uint64]bool{}
	for _, groups := range c.bad {
		maps.Copy(union, groups)
	}
	if len(c.total) > 0 {
		ratio = float64(len(union)) / float64(len(c.total))
	}
	return len(c.total), len(union), ratio
}

func (c *copysetCheck) printStatistics() {
	total, unhealthy, ratio := c.statistics()
	c.p.line("total copysets: ", total, ", unhealthy copysets: ", unhealthy, ", unhealthy_ratio: ", ratio*100, "%")
}

// state is what a chunkserver says about one copyset.
type state struct {
	group  uint64
	role   string
	leader string
	peers  []string
}

// raftStat asks a chunkserver. A chunkserver that does not answer is asked as often as the conf says.
func (c *copysetCheck) raftStat(addr string) ([]state, bool) {
	var text string
	var err error
	for range max(1, c.mds.retries) {
		if text, err = brpc.Get(context.Background(), addr, "/raft_stat", c.mds.timeout); err == nil {
			return parseStates(text), true
		}
	}
	c.p.line("Send RPC to chunkserver fail, error content: ", err)
	return nil, false
}

func parseStates(text string) []state {
	var all []state
	for block := range strings.SplitSeq(text, "\r\n\r\n") {
		var s state
		for line := range strings.SplitSeq(block, "\r\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case strings.HasPrefix(line, "["):
				s.group, _ = strconv.ParseUint(strings.Trim(line, "[]"), 10, 64)
			case key == "state":
				s.role = value
			case key == "leader":
				s.leader = value
			case key == "peers":
				s.peers = strings.Fields(value)
			}
		}
		if s.group != 0 {
			all = append(all, s)
		}
	}
	return all
}

func addrOf(c proto.ChunkServerInfo) string { return fmt.Sprintf("%s:%d", c.HostIP, c.Port) }

// online says whether a chunkserver answers now.
func (c *copysetCheck) online(addr string) bool {
	for range max(1, c.mds.retries) {
		_, err := brpc.Call[proto.Empty](context.Background(), addr, "ChunkService", "GetChunkInfo", c.mds.timeout, proto.Empty{})
		if err == nil {
			return true
		}
	}
	c.loaded[addr] = map[uint64]bool{}
	return false
}

// checkOn checks the copysets of one chunkserver; with groups, only those, and then the chunkserver must have them all.
func (c *copysetCheck) checkOn(addr string, groups map[uint64]bool, askLeaders bool) bool {
	states, ok := c.raftStat(addr)
	if !ok {
		c.markAllOf(addr)
		c.silent[addr] = true
		c.loaded[addr] = map[uint64]bool{}
		return false
	}
	if len(groups) > 0 {
		states = slices.DeleteFunc(states, func(s state) bool { return !groups[s.group] })
	} else {
		c.remember(addr, states)
	}
	if len(states) == 0 || (len(groups) > 0 && len(states) != len(groups)) {
		c.p.line("Some copysets not found on chunkserver, may be tranfered")
		return false
	}
	healthy := true
	leaders := map[string]map[uint64]bool{}
	var leaderless []state
	for _, s := range states {
		c.total[s.group] = true
		switch s.role {
		case "LEADER":
			if what := c.onLeader(s); what != "" {
				c.mark(what, s.group)
				healthy = false
			}
		case "FOLLOWER":
			if s.leader == "" || s.leader == proto.NoLeader {
				leaderless = append(leaderless, s)
			} else if askLeaders {
				at := strings.TrimSuffix(s.leader, ":0")
				if leaders[at] == nil {
					leaders[at] = map[uint64]bool{}
				}
				leaders[at][s.group] = true
			}
		case "TRANSFERRING", "CANDIDATE":
			c.mark(noLeader, s.group)
			healthy = false
		default:
			c.mark("state "+s.role, s.group)
			healthy = false
		}
	}
	healthy = c.withoutLeader(leaderless) && healthy
	for _, at := range slices.Sorted(maps.Keys(leaders)) {
		healthy = c.checkOn(at, leaders[at], false) && healthy
	}
	return healthy
}

func (c *copysetCheck) remember(addr string, states []state) {
	c.loaded[addr] = map[uint64]bool{}
	for _, s := range states {
		c.loaded[addr][s.group] = true
	}
}

// onLeader judges a copyset by its leader. The gap between replicas' logs never grows here.
func (c *copysetCheck) onLeader(s state) string {
	if len(s.peers) < replicas {
		return peersTooFew
	}
	return c.offlinePeers(s.group, s.peers)
}

func (c *copysetCheck) withoutLeader(states []state) bool {
	for _, s := range states {
		if c.offlinePeers(s.group, s.peers) == majorityOffline {
			c.mark(majorityOffline, s.group)
		} else {
			c.mark(noLeader, s.group)
		}
	}
	return len(states) == 0
}

// offlinePeers asks the other members whether they have the copyset.
func (c *copysetCheck) offlinePeers(group uint64, peers []string) string {
	missing := 0
	for _, peer := range peers {
		if !c.has(strings.TrimSuffix(peer, ":0"), group) {
			missing++
		}
	}
	switch {
	case missing == 0:
		return ""
	case missing < len(peers)/2+1:
		return minorityOffline
	default:
		return majorityOffline
	}
}

func (c *copysetCheck) has(addr string, group uint64) bool {
	if _, asked := c.loaded[addr]; !asked {
		states, ok := c.raftStat(addr)
		if !ok {
			c.silent[addr] = true
			c.loaded[addr] = map[uint64]bool{}
			return false
		}
		c.remember(addr, states)
	}
	if len(c.loaded[addr]) > 0 && !c.loaded[addr][group] {
		c.lacks[addr] = true
	}
	return c.loaded[addr][group]
}

// markAllOf marks the copysets that MDS has on a chunkserver which does not answer.
func (c *copysetCheck) markAllOf(addr string) {
	host, portText, _ := net.SplitHostPort(addr)
	port64, _ := strconv.ParseUint(portText, 10, 32)
	port := uint32(port64)
	sets, ok := c.mds.copysetsOn(proto.ChunkServerRequest{HostIP: &host, Port: &port})
	switch {
	case !ok:
		c.p.line("GetCopySetsInChunkServer ", addr, " fail!")
		return
	case len(sets) == 0:
		c.p.line("No copysets on chunkserver ", addr)
		return
	}
	// As in Curve, all are taken for copysets of one pool.
	pool := sets[0].LogicalPoolID
	var ids []uint32
	for _, s := range sets {
		ids = append(ids, s.CopysetID)
	}
	members, ok := c.mds.membersOf(pool, ids)
	if !ok {
		c.p.line("GetChunkServerListInCopySets fail")
		return
	}
	for _, m := range members {
		group := proto.GroupID(pool, m.CopysetID)
		var peers []string
		for _, l := range m.CsLocs {
			peers = append(peers, proto.PeerAddress(l.HostIP, l.Port))
		}
		what := c.offlinePeers(group, peers)
		if what == "" {
			c.p.line("CheckPeerOnlineStatus met error!")
			continue
		}
		c.mark(what, group)
		c.total[group] = true
	}
}

func (c *copysetCheck) checkServer(req proto.ListChunkServerRequest, askLeaders bool) (unhealthy []string, ok bool) {
	list, ok := c.mds.chunkServersOn(req)
	if !ok {
		c.p.line("ListChunkServersOnServer fail!")
		return nil, false
	}
	for _, cs := range list {
		if !c.checkOn(addrOf(cs), nil, askLeaders) {
			unhealthy = append(unhealthy, addrOf(cs))
			ok = false
		}
	}
	return unhealthy, ok
}

// checkCluster asks every chunkserver, and compares what they have with what MDS knows.
func (c *copysetCheck) checkCluster() bool {
	c.clear()
	servers, ok := c.mds.servers()
	if !ok {
		c.p.line("ListServersInCluster fail!")
		return false
	}
	healthy := true
	for _, s := range servers {
		_, ok := c.checkServer(proto.ListChunkServerRequest{ServerID: &s.ServerID}, false)
		healthy = ok && healthy
	}
	if !c.agreesWithMDS() {
		c.p.line("CheckCopysetNumWithMds fail!")
		return false
	}
	return healthy
}

func (c *copysetCheck) agreesWithMDS() bool {
	known, ok := c.mds.copysets()
	if !ok {
		c.p.line("GetCopySetsInCluster fail!")
		return false
	}
	if len(known) != len(c.total) {
		c.p.line("Copyset numbers in chunkservers not consistent with mds, please check! copysets on chunkserver: ",
			len(c.total), ", copysets in mds: ", len(known))
		return false
	}
	var missing []uint64
	for _, k := range known {
		if g := proto.GroupID(k.LogicalPoolID, k.CopysetID); !c.total[g] {
			missing = append(missing, g)
		}
	}
	if len(missing) > 0 {
		c.p.part("There are ", len(missing), " copysets on mds not found on chunkserver, defail:")
		for _, g := range missing {
			c.p.part(" ", g)
		}
		c.p.line()
		return false
	}
	return true
}

func (c *copysetCheck) printDetail() {
	c.p.line()
	kinds := slices.Sorted(maps.Keys(c.bad))
	c.p.part("unhealthy copysets statistic: {")
	for i, k := range kinds {
		if i > 0 {
			c.p.part(", ")
		}
		c.p.part(k, ": ", len(c.bad[k]))
	}
	c.p.line("}")
	c.p.line("unhealthy copysets list: ")
	for _, k := range kinds {
		c.p.part(k, ": {")
		for i, g := range slices.Sorted(maps.Keys(c.bad[k])) {
			if i > 0 {
				c.p.part(",")
			}
			pool, id := proto.SplitGroupID(g)
			c.p.part("(grouId: ", g, ", logicalPoolId: ", pool, ", copysetId: ", id, ")")
		}
		c.p.line("}")
	}
	c.p.line()
	c.printTroubled("service-exception", c.silent)
	c.printTroubled("copyset-load-exception", c.lacks)
}

func (c *copysetCheck) printTroubled(kind string, addrs map[string]bool) {
	if len(addrs) == 0 {
		return
	}
	c.p.part(kind, " chunkservers (total: ", len(addrs), "): {")
	for _, a := range slices.Sorted(maps.Keys(addrs)) {
		c.p.part(a, ", ")
	}
	c.p.line("}")
}
