package mds

import (
	"context"
	"time"

	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// health turns silence into states. It looks around once per miss time, so a chunkserver that dies stays ONLINE for one
// to two of them. One that registered and never sent a heartbeat is not watched at all and stays ONLINE.
type health struct {
	miss, offline time.Duration
	known         map[uint32]*pulse
}

type pulse struct {
	last  time.Time
	state proto.OnlineState
}

func newHealth(miss, offline time.Duration, t *topology) *health {
	h := &health{miss: clock.Scaled(miss), offline: clock.Scaled(offline), known: map[uint32]*pulse{}}
	now := time.Now()
	for id, c := range t.chunkServers {
		if c.Status != proto.Retired {
			h.heard(id, now)
		}
	}
	return h
}

func (h *health) heard(id uint32, now time.Time) {
	if p, ok := h.known[id]; ok {
		p.last = now
		return
	}
	h.known[id] = &pulse{last: now, state: proto.Unstable}
}

func (h *health) state(p *pulse, now time.Time) proto.OnlineState {
	switch silence := now.Sub(p.last); {
	case silence < h.miss:
		return proto.Online
	case silence < h.offline:
		return proto.Unstable
	default:
		return proto.Offline
	}
}

// watch runs until ctx ends.
func (l *leader) watchHealth(ctx context.Context) {
	for clock.Sleep(ctx, l.options.HeartbeatMiss) {
		l.checkHealth(time.Now())
	}
}

func (l *leader) checkHealth(now time.Time) {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	for id, p := range l.health.known {
		c, ok := l.topology.chunkServers[id]
		if !ok {
			delete(l.health.known, id)
			continue
		}
		if s := l.health.state(p, now); s != p.state {
			glog.Warning("chunkserver %d is %s, %s since the last heartbeat", id, s, now.Sub(p.last))
			p.state, c.Online, c.dirty = s, s, true
		}
		l.retireIfEmpty(id, p, c)
	}
}

// retireIfEmpty retires a chunkserver that is gone and holds nothing; one that is only unstable must be pendding too.
func (l *leader) retireIfEmpty(id uint32, p *pulse, c *chunkServer) {
	if p.state == proto.Online || (p.state != proto.Offline && c.Status != proto.Pendding) {
		return
	}
	if c.Status != proto.Retired {
		if len(l.topology.copysetsOn(id)) > 0 {
			return
		}
		c.Status = proto.Retired
		if err := l.topology.store.put(context.Background(), map[string]any{key(chunkServerPrefix, id): c}); err != nil {
			glog.Warning("retire chunkserver %d: %v", id, err)
			return
		}
		glog.Info("chunkserver %d retired", id)
	}
	delete(l.health.known, id)
}

// flush writes what heartbeats changed through to etcd now and then.
func (l *leader) flush(ctx context.Context) {
	for clock.Sleep(ctx, l.options.FlushInterval) {
		l.topology.mu.Lock()
		values := map[string]any{}
		for id, c := range l.topology.chunkServers {
			if c.dirty {
				values[key(chunkServerPrefix, id)] = *c
				c.dirty = false
			}
		}
		l.topology.mu.Unlock()
		if err := l.topology.store.put(ctx, values); err != nil {
			glog.Warning("flush chunkservers: %v", err)
		}
	}
}
