package proto

import "fmt"

// Peer is one replica of a copyset, as ip:port:0.
type Peer struct {
	ID      uint32 `json:"id,omitempty"`
	Address string `json:"address"`
}

// NoLeader is the address of a leader that nobody knows.
const NoLeader = "0.0.0.0:0:0"

// PeerAddress is how a chunkserver is written as a peer.
func PeerAddress(ip string, port uint32) string { return fmt.Sprintf("%s:%d:0", ip, port) }

// GroupID is the number that raft knows a copyset by.
func GroupID(pool, copyset uint32) uint64 { return uint64(pool)<<32 | uint64(copyset) }

// SplitGroupID is the reverse of GroupID.
func SplitGroupID(id uint64) (pool, copyset uint32) { return uint32(id >> 32), uint32(id) }

type Copyset struct {
	LogicPoolID uint32 `json:"logicPoolId"`
	CopysetID   uint32 `json:"copysetId"`
	Peers       []Peer `json:"peers"`
}

type CreateCopysetRequest struct {
	Copysets []Copyset `json:"copysets"`
}

type CreateCopysetResponse struct {
	Status string `json:"status"`
}

// HeartbeatCopyset is what a chunkserver reports about one copyset.
type HeartbeatCopyset struct {
	LogicalPoolID uint32 `json:"logicalPoolId"`
	CopysetID     uint32 `json:"copysetId"`
	Peers         []Peer `json:"peers"`
	Epoch         uint64 `json:"epoch"`
	LeaderPeer    Peer   `json:"leaderPeer"`
}

type DiskReport struct {
	ErrType uint32 `json:"errType"`
	ErrMsg  string `json:"errMsg"`
}

// ChunkServerStats counts what a chunkserver's disk holds.
type ChunkServerStats struct {
	ReadRate              uint32 `json:"readRate"`
	WriteRate             uint32 `json:"writeRate"`
	ReadIOPS              uint32 `json:"readIOPS"`
	WriteIOPS             uint32 `json:"writeIOPS"`
	ChunkSizeUsedBytes    uint64 `json:"chunkSizeUsedBytes"`
	ChunkSizeLeftBytes    uint64 `json:"chunkSizeLeftBytes"`
	ChunkSizeTrashedBytes uint64 `json:"chunkSizeTrashedBytes"`
}

type HeartbeatRequest struct {
	ChunkServerID uint32             `json:"chunkServerID"`
	Token         string             `json:"token"`
	IP            string             `json:"ip"`
	Port          uint32             `json:"port"`
	StartTime     int64              `json:"startTime"`
	DiskState     *DiskReport        `json:"diskState"`
	DiskCapacity  uint64             `json:"diskCapacity"`
	DiskUsed      uint64             `json:"diskUsed"`
	CopysetInfos  []HeartbeatCopyset `json:"copysetInfos"`
	LeaderCount   uint32             `json:"leaderCount"`
	CopysetCount  uint32             `json:"copysetCount"`
	Stats         *ChunkServerStats  `json:"stats,omitempty"`
}

// CopySetConf is an order to a chunkserver. Epoch 0 without peers means: MDS knows no such copyset, remove it.
type CopySetConf struct {
	LogicalPoolID uint32 `json:"logicalPoolId"`
	CopysetID     uint32 `json:"copysetId"`
	Peers         []Peer `json:"peers"`
	Epoch         uint64 `json:"epoch"`
}

type HeartbeatResponse struct {
	StatusCode         string        `json:"statusCode"`
	NeedUpdateCopysets []CopySetConf `json:"needUpdateCopysets,omitempty"`
}

type ChunkServerStatusResponse struct {
	CopysetLoadFin bool `json:"copysetLoadFin"`
}

// Empty stands for messages whose content does not matter here.
type Empty struct{}
