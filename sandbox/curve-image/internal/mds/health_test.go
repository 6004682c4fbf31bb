package mds

import (
	"context"
	"testing"
	"time"

	"keelson.dev/curve-standins/internal/proto"
)

// memory is a storage without etcd.
type memory struct{}

func (memory) put(context.Context, map[string]any) error                    { return nil }
func (memory) remove(context.Context, ...string) error                      { return nil }
func (memory) list(context.Context, string, func(value []byte) error) error { return nil }

func TestSilenceBecomesAState(t *testing.T) {
	for _, c := range []struct {
		silence  time.Duration
		rw       proto.ChunkServerStatus
		copysets bool
		online   proto.OnlineState
		status   proto.ChunkServerStatus
	}{
		{29 * time.Second, proto.ReadWrite, true, proto.Online, proto.ReadWrite},
		{30 * time.Second, proto.ReadWrite, true, proto.Unstable, proto.ReadWrite},
		{30 * time.Second, proto.ReadWrite, false, proto.Unstable, proto.ReadWrite},
		{30 * time.Second, proto.Pendding, false, proto.Unstable, proto.Retired},
		{30 * time.Second, proto.Pendding, true, proto.Unstable, proto.Pendding},
		{1799 * time.Second, proto.ReadWrite, true, proto.Unstable, proto.ReadWrite},
		{1800 * time.Second, proto.ReadWrite, true, proto.Offline, proto.ReadWrite},
		{1800 * time.Second, proto.ReadWrite, false, proto.Offline, proto.Retired},
	} {
		top, err := loadTopology(context.Background(), memory{})
		if err != nil {
			t.Fatal(err)
		}
		cs := &chunkServer{ID: 1, Status: c.rw, Online: proto.Online}
		top.chunkServers[1] = cs
		if c.copysets {
			top.copysets[copysetKey{1, 1}] = &copyset{ID: 1, Pool: 1, Members: []uint32{1, 2, 3}}
		}
		l := newLeader(Options{HeartbeatMiss: 30 * time.Second, HeartbeatOffline: 1800 * time.Second}, top)
		start := time.Now()
		l.health.known[1] = &pulse{last: start, state: proto.Online}
		l.checkHealth(start.Add(c.silence))
		if cs.Online != c.online || cs.Status != c.status {
			t.Errorf("%s silent, %s, copysets %v: %s %s", c.silence, c.rw, c.copysets, cs.Online, cs.Status)
		}
	}
}

func TestOneThatNeverSentAHeartbeatStaysOnline(t *testing.T) {
	top, err := loadTopology(context.Background(), memory{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLeader(Options{HeartbeatMiss: time.Second, HeartbeatOffline: time.Minute}, top)
	cs := &chunkServer{ID: 1, Online: proto.Online}
	top.chunkServers[1] = cs // registered after this leader began
	l.checkHealth(time.Now().Add(time.Hour))
	if cs.Online != proto.Online {
		t.Errorf("%s", cs.Online)
	}
}
