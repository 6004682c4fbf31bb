package mds

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"keelson.dev/curve-standins/internal/proto"
)

type physicalPool struct {
	ID   uint32 `json:"physicalPoolId"`
	Name string `json:"physicalPoolName"`
	Desc string `json:"desc"`
}

type zone struct {
	ID   uint32 `json:"zoneId"`
	Name string `json:"zoneName"`
	Pool uint32 `json:"physicalPoolId"`
	Desc string `json:"desc"`
}

type server struct {
	ID           uint32 `json:"serverId"`
	Name         string `json:"hostName"`
	InternalIP   string `json:"internalHostIP"`
	InternalPort uint32 `json:"internalPort"`
	ExternalIP   string `json:"externalHostIP"`
	ExternalPort uint32 `json:"externalPort"`
	Zone         uint32 `json:"zoneId"`
	Pool         uint32 `json:"physicalPoolId"`
	Desc         string `json:"desc"`
}

type chunkServer struct {
	ID           uint32                  `json:"chunkserverId"`
	Token        string                  `json:"token"`
	DiskType     string                  `json:"diskType"`
	IP           string                  `json:"internalHostIP"`
	Port         uint32                  `json:"port"`
	Server       uint32                  `json:"serverId"`
	Status       proto.ChunkServerStatus `json:"rwstatus"`
	DiskState    proto.DiskState         `json:"diskState"`
	Online       proto.OnlineState       `json:"onlineState"`
	MountPoint   string                  `json:"mountPoint"`
	DiskCapacity uint64                  `json:"diskCapacity"`
	DiskUsed     uint64                  `json:"diskUsed"`

	dirty bool
	stats proto.ChunkServerStats
}

type logicalPool struct {
	ID           uint32                `json:"logicalPoolId"`
	Name         string                `json:"logicalPoolName"`
	PhysicalPool uint32                `json:"physicalPoolId"`
	Type         proto.LogicalPoolType `json:"type"`
	ScatterWidth uint32                `json:"initialScatterWidth"`
	CreateTime   int64                 `json:"createTime"`
	Status       proto.AllocateStatus  `json:"status"`
	Policy       string                `json:"redundanceAndPlacementPolicy"`
	UserPolicy   string                `json:"userPolicy"`
	Available    bool                  `json:"availFlag"`
	Replicas     int                   `json:"replicaNum"`
}

type copysetKey struct{ pool, id uint32 }

type copyset struct {
	ID      uint32   `json:"copysetId"`
	Pool    uint32   `json:"logicalPoolId"`
	Epoch   uint64   `json:"epoch"`
	Members []uint32 `json:"chunkserverIds"`
}

func (c *copyset) key() copysetKey { return copysetKey{c.Pool, c.ID} }

// topology is all that MDS knows. The leader holds it in memory and writes every change through to etcd.
type topology struct {
	mu    sync.Mutex
	store storage

	clusterID     string
	physicalPools map[uint32]*physicalPool
	zones         map[uint32]*zone
	servers       map[uint32]*server
	chunkServers  map[uint32]*chunkServer
	logicalPools  map[uint32]*logicalPool
	copysets      map[copysetKey]*copyset

	// The highest ids given away; they start again from what is stored, so an id of something deleted comes back.
	lastPool, lastZone, lastServer, lastChunkServer, lastLogicalPool uint32
}

func loadTopology(ctx context.Context, store storage) (*topology, error) {
	t := &topology{
		store:         store,
		physicalPools: map[uint32]*physicalPool{},
		zones:         map[uint32]*zone{},
		servers:       map[uint32]*server{},
		chunkServers:  map[uint32]*chunkServer{},
		logicalPools:  map[uint32]*logicalPool{},
		copysets:      map[copysetKey]*copyset{},
	}
	if err := t.loadClusterID(ctx); err != nil {
		return nil, err
	}
	if err := load(ctx, store, physicalPoolPrefix, func(p *physicalPool) {
		t.physicalPools[p.ID], t.lastPool = p, max(t.lastPool, p.ID)
	}); err != nil {
		return nil, err
	}
	if err := load(ctx, store, zonePrefix, func(z *zone) {
		t.zones[z.ID], t.lastZone = z, max(t.lastZone, z.ID)
	}); err != nil {
		return nil, err
	}
	if err := load(ctx, store, serverPrefix, func(s *server) {
		t.servers[s.ID], t.lastServer = s, max(t.lastServer, s.ID)
	}); err != nil {
		return nil, err
	}
	if err := load(ctx, store, chunkServerPrefix, func(c *chunkServer) {
		c.Online = proto.Unstable // until heartbeats tell
		t.chunkServers[c.ID], t.lastChunkServer = c, max(t.lastChunkServer, c.ID)
	}); err != nil {
		return nil, err
	}
	if err := load(ctx, store, logicalPoolPrefix, func(p *logicalPool) {
		t.logicalPools[p.ID], t.lastLogicalPool = p, max(t.lastLogicalPool, p.ID)
	}); err != nil {
		return nil, err
	}
	if err := load(ctx, store, copysetPrefix, func(c *copyset) { t.copysets[c.key()] = c }); err != nil {
		return nil, err
	}
	return t, t.dropUnfinishedPools(ctx)
}

func load[T any](ctx context.Context, store storage, prefix string, add func(*T)) error {
	return store.list(ctx, prefix, func(value []byte) error {
		item := new(T)
		if err := json.Unmarshal(value, item); err != nil {
			return err
		}
		add(item)
		return nil
	})
}

type clusterInfo struct {
	ClusterID string `json:"clusterId"`
}

func (t *topology) loadClusterID(ctx context.Context) error {
	if err := load(ctx, t.store, clusterInfoKey, func(c *clusterInfo) { t.clusterID = c.ClusterID }); err != nil {
		return err
	}
	if t.clusterID != "" {
		return nil
	}
	t.clusterID = newUUID()
	return t.store.put(ctx, map[string]any{clusterInfoKey: clusterInfo{t.clusterID}})
}

// dropUnfinishedPools removes logical pools that a former leader did not finish.
func (t *topology) dropUnfinishedPools(ctx context.Context) error {
	for _, p := range sortedValues(t.logicalPools) {
		if !p.Available {
			if err := t.removeLogicalPool(ctx, p.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *topology) removeLogicalPool(ctx context.Context, id uint32) error {
	var keys []string
	for k := range t.copysets {
		if k.pool == id {
			keys = append(keys, copysetStorageKey(k))
		}
	}
	if err := t.store.remove(ctx, append(keys, key(logicalPoolPrefix, id))...); err != nil {
		return err
	}
	maps.DeleteFunc(t.copysets, func(k copysetKey, _ *copyset) bool { return k.pool == id })
	delete(t.logicalPools, id)
	return nil
}

// copysetsOn lists the copysets that have a replica on a chunkserver.
func (t *topology) copysetsOn(chunkServer uint32) []proto.CopysetInfo {
	return t.copysetInfos(func(c *copyset) bool { return slices.Contains(c.Members, chunkServer) })
}

func (t *topology) copysetInfos(want func(*copyset) bool) []proto.CopysetInfo {
	var infos []proto.CopysetInfo
	for _, c := range t.copysets {
		if want(c) {
			infos = append(infos, proto.CopysetInfo{LogicalPoolID: c.Pool, CopysetID: c.ID})
		}
	}
	slices.SortFunc(infos, func(a, b proto.CopysetInfo) int {
		if a.LogicalPoolID != b.LogicalPoolID {
			return int(a.LogicalPoolID) - int(b.LogicalPoolID)
		}
		return int(a.CopysetID) - int(b.CopysetID)
	})
	return infos
}

// serverAt finds the server that a chunkserver at this address belongs to: an address with port 0 matches all ports.
func (t *topology) serverAt(ip string, port uint32) *server {
	for _, s := range sortedValues(t.servers) {
		if s.InternalIP == ip {
			if s.InternalPort == 0 || s.InternalPort == port {
				return s
			}
		} else if s.ExternalIP == ip && (s.ExternalPort == 0 || s.ExternalPort == port) {
			return s
		}
	}
	return nil
}

// chunkServerAt finds the chunkserver that is not retired at an address.
func (t *topology) chunkServerAt(ip string, port uint32) *chunkServer {
	for _, c := range sortedValues(t.chunkServers) {
		if c.Status != proto.Retired && c.IP == ip && c.Port == port {
			return c
		}
	}
	return nil
}

func (t *topology) chunkServersIn(pool uint32) []*chunkServer {
	var found []*chunkServer
	for _, c := range sortedValues(t.chunkServers) {
		if s, ok := t.servers[c.Server]; ok && s.Pool == pool && c.Status != proto.Retired {
			found = append(found, c)
		}
	}
	return found
}

func (t *topology) poolByName(name string) *physicalPool {
	for _, p := range sortedValues(t.physicalPools) {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// sortedValues lists a map in the order of its ids.
func sortedValues[T any](m map[uint32]*T) []*T {
	values := make([]*T, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		values = append(values, m[id])
	}
	return values
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newToken is eight lower case letters.
func newToken() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	for i := range b {
		b[i] = 'a' + b[i]%26
	}
	return string(b[:])
}
