package chunkserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/proto"
)

// There is no raft. Who leads a copyset follows from who is alive: the first living member in an order that turns with
// the copyset's number, so that leaders are spread; nobody when the majority is gone. Each chunkserver works this out
// from what its peers answer when somebody asks.

// peerTimeout bounds how long a peer may take to say which copysets it has.
const peerTimeout = 500 * time.Millisecond

// viewAge is how long an answer of the peers is good for.
const viewAge = 300 * time.Millisecond

const copysetsPage = "/standin/copysets"

// view is what one look at the peers has shown: per address, the copysets that it has loaded.
type view map[string]map[uint64]bool

// peers looks at the other members of this chunkserver's copysets.
type peers struct {
	self     string
	copysets *copysets

	mu   sync.Mutex
	last view
	at   time.Time
}

func (p *peers) look(ctx context.Context) view {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) < viewAge {
		return p.last
	}
	own := map[uint64]bool{}
	others := map[string]bool{}
	for _, r := range p.copysets.all() {
		own[r.group] = true
		for _, peer := range r.peers {
			if peer != p.self {
				others[peer] = true
			}
		}
	}
	v := view{p.self: own}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for peer := range others {
		wg.Go(func() {
			text, err := brpc.Get(ctx, strings.TrimSuffix(peer, ":0"), copysetsPage, peerTimeout)
			var groups []uint64
			if err != nil || json.Unmarshal([]byte(text), &groups) != nil {
				return
			}
			has := map[uint64]bool{}
			for _, g := range groups {
				has[g] = true
			}
			mu.Lock()
			v[peer] = has
			mu.Unlock()
		})
	}
	wg.Wait()
	p.last, p.at = v, time.Now()
	return v
}

// leader names the leader of a copyset, or the address that means none.
func (v view) leader(r *replica) string {
	var alive []string
	turn := int(r.group) % max(1, len(r.peers))
	for i := range r.peers {
		if peer := r.peers[(i+turn)%len(r.peers)]; v[peer][r.group] {
			alive = append(alive, peer)
		}
	}
	if len(alive) < len(r.peers)/2+1 {
		return proto.NoLeader
	}
	return alive[0]
}

// stat writes the page /raft_stat: the state of every copyset, as braft does.
func (p *peers) stat(ctx context.Context, w io.Writer) {
	v := p.look(ctx)
	for _, r := range p.copysets.all() {
		leader := v.leader(r)
		state := "FOLLOWER"
		if leader == p.self {
			state = "LEADER"
		}
		lines := []string{
			fmt.Sprintf("[%d]", r.group),
			"peer_id: " + p.self,
			"state: " + state,
			"readonly: 0",
			"term: 2",
			"conf_index: 1",
			"peers: " + strings.Join(r.peers, " "),
			"changing_conf: NO    stage: STAGE_NONE",
		}
		if state == "FOLLOWER" {
			lines = append(lines, "leader: "+leader)
		}
		lines = append(lines,
			"storage: [1, 1]\ndisk_index: 1\nknown_applied_index: 1\nlast_log_id: (index=1,term=2)",
			"state_machine: Idle",
			"last_committed_index: 1",
			"last_snapshot_index: 0",
			"snapshot_status: IDLE")
		if state == "LEADER" {
			for i, peer := range r.peers {
				if peer == p.self {
					continue
				}
				next := 2
				if !v[peer][r.group] {
					next = 1
				}
				lines = append(lines, fmt.Sprintf(
					"replicator_%d@%s: next_index=%d  flying_append_entries_size=0 idle hc=1 ac=1 ic=0", i, peer, next))
			}
		}
		fmt.Fprint(w, strings.Join(lines, "\r\n"), "\r\n\r\n")
	}
}
