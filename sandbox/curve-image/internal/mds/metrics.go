package mds

import (
	"context"
	"fmt"

	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/proto"
)

// updateMetrics refreshes the sizes of the pools. Until the first refresh after a pool was made it has none, and the
// tools that ask for them fail.
func (l *leader) updateMetrics(ctx context.Context) {
	for clock.Sleep(ctx, l.options.MetricInterval) {
		l.exposeMetrics()
	}
}

func (l *leader) exposeMetrics() {
	l.topology.mu.Lock()
	defer l.topology.mu.Unlock()
	t := l.topology
	l.vars.Remove("topology_metric_")
	for _, c := range sortedValues(t.chunkServers) {
		if c.Status == proto.Retired {
			continue
		}
		name := fmt.Sprintf("topology_metric_chunkserver_id_%d_", c.ID)
		l.vars.Number(name+"diskCapacity", c.DiskCapacity)
		l.vars.Number(name+"diskUsed", c.DiskUsed)
		l.vars.Number(name+"copysetNum", uint64(len(t.copysetsOn(c.ID))))
	}
	for _, p := range sortedValues(t.logicalPools) {
		if !p.Available {
			continue
		}
		members := map[uint32]bool{}
		copysets := 0
		for _, cs := range t.copysets {
			if cs.Pool == p.ID {
				copysets++
				for _, id := range cs.Members {
					members[id] = true
				}
			}
		}
		var used, left, trashed, capacity, diskUsed uint64
		for id := range members {
			c := t.chunkServers[id]
			if c == nil {
				continue
			}
			used += c.stats.ChunkSizeUsedBytes
			left += c.stats.ChunkSizeLeftBytes
			trashed += c.stats.ChunkSizeTrashedBytes
			capacity += c.DiskCapacity
			diskUsed += c.DiskUsed
		}
		name := "topology_metric_logicalPool_" + p.Name + "_"
		total := used + left + trashed
		for metric, value := range map[string]uint64{
			"chunkServerNum": uint64(len(members)), "copysetNum": uint64(copysets), "diskCapacity": capacity,
			"diskUsed": diskUsed, "chunkSizeUsedBytes": used, "chunkSizeLeftBytes": left,
			"chunkSizeTrashedBytes": trashed, "chunkSizeTotalBytes": total, "logicalAlloc": 0, "diskAlloc": 0,
			"logicalCapacity": total / uint64(max(1, p.Replicas)),
		} {
			l.vars.Number(name+metric, value)
		}
	}
}
