package chunkserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"keelson.dev/curve-standins/internal/crc"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

const epochMagic = 0x6225929368674119

// replica is this chunkserver's part of one copyset.
type replica struct {
	group uint64
	peers []string // ip:port:0, in the order MDS gave them
}

// copysets keeps one folder per copyset below the data directory, named by its group id.
type copysets struct {
	dir, recycler string

	mu       sync.Mutex
	replicas map[uint64]*replica
}

type confEpoch struct {
	LogicPoolID uint32 `json:"logicPoolId"`
	CopysetID   uint32 `json:"copysetId"`
	Epoch       uint64 `json:"epoch"`
	Checksum    uint32 `json:"checksum"`
}

// loadCopysets reads what an earlier run left. A disk that never had copysets has no folder.
func loadCopysets(dir, recycler string) (*copysets, error) {
	c := &copysets{dir: dir, recycler: recycler, replicas: map[uint64]*replica{}}
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		group, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("parse %s to groupId err", e.Name())
		}
		r := &replica{group: group}
		text, err := os.ReadFile(c.peersFile(group))
		if err == nil {
			err = json.Unmarshal(text, &r.peers)
		}
		if err != nil {
			glog.Error("load copyset %d: %v", group, err)
			continue
		}
		c.replicas[group] = r
	}
	return c, nil
}

func (c *copysets) folder(group uint64) string {
	return filepath.Join(c.dir, strconv.FormatUint(group, 10))
}

// peersFile holds what Curve keeps in raft's own meta file.
func (c *copysets) peersFile(group uint64) string {
	return filepath.Join(c.folder(group), "raft_meta", "peers.json")
}

// create makes copysets until one exists already; then it says so and leaves out the rest, as Curve does.
func (c *copysets) create(req *proto.CreateCopysetRequest) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cs := range req.Copysets {
		group := proto.GroupID(cs.LogicPoolID, cs.CopysetID)
		if _, ok := c.replicas[group]; ok {
			glog.Warning("Create copyset %d failed, it exists", group)
			return proto.CopysetExist
		}
		r := &replica{group: group}
		for _, p := range cs.Peers {
			r.peers = append(r.peers, p.Address)
		}
		if err := c.write(r, cs.LogicPoolID, cs.CopysetID); err != nil {
			glog.Error("Create copyset %d failed: %v", group, err)
			return proto.CopysetFailure
		}
		c.replicas[group] = r
	}
	return proto.CopysetSuccess
}

func (c *copysets) write(r *replica, pool, id uint32) error {
	for _, sub := range []string{"data", "log", "raft_meta", "raft_snapshot"} {
		if err := os.MkdirAll(filepath.Join(c.folder(r.group), sub), 0o755); err != nil {
			return err
		}
	}
	epoch := confEpoch{LogicPoolID: pool, CopysetID: id}
	var s crc.Sum
	epoch.Checksum = s.U32(pool).U32(id).U64(epoch.Epoch).U64(epochMagic).Value()
	text, err := json.Marshal(epoch)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.folder(r.group), "data", "conf.epoch"), text, 0o644); err != nil {
		return err
	}
	peers, err := json.Marshal(r.peers)
	if err != nil {
		return err
	}
	return os.WriteFile(c.peersFile(r.group), peers, 0o644)
}

// purge moves a copyset that MDS does not know to the recycler.
func (c *copysets) purge(group uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.replicas[group]; !ok {
		return
	}
	if err := os.MkdirAll(c.recycler, 0o755); err != nil {
		glog.Error("purge copyset %d: %v", group, err)
		return
	}
	target := filepath.Join(c.recycler, strconv.FormatUint(group, 10))
	_ = os.RemoveAll(target)
	if err := os.Rename(c.folder(group), target); err != nil {
		glog.Error("purge copyset %d: %v", group, err)
		return
	}
	delete(c.replicas, group)
	glog.Info("Clean copyset %d, which MDS does not know", group)
}

// all lists the copysets in the order of their group ids.
func (c *copysets) all() []*replica {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*replica, 0, len(c.replicas))
	for _, g := range slices.Sorted(maps.Keys(c.replicas)) {
		list = append(list, c.replicas[g])
	}
	return list
}
