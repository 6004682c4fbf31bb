package proto

// Status is an answer that carries nothing but its code.
type Status struct {
	StatusCode int `json:"statusCode"`
}

// ChunkServerInfo is one row of a list of chunkservers.
type ChunkServerInfo struct {
	ChunkServerID uint32            `json:"chunkServerID"`
	DiskType      string            `json:"diskType"`
	HostIP        string            `json:"hostIp"`
	Port          uint32            `json:"port"`
	Status        ChunkServerStatus `json:"status"`
	DiskStatus    DiskState         `json:"diskStatus"`
	OnlineState   OnlineState       `json:"onlineState"`
	MountPoint    string            `json:"mountPoint"`
	DiskCapacity  uint64            `json:"diskCapacity"`
	DiskUsed      uint64            `json:"diskUsed"`
	ExternalIP    *string           `json:"externalIp,omitempty"`
}

// RegistChunkServerRequest carries id and token only from a chunkserver that was registered before.
type RegistChunkServerRequest struct {
	DiskType      string  `json:"diskType"`
	DiskPath      string  `json:"diskPath"`
	HostIP        string  `json:"hostIp"`
	Port          uint32  `json:"port"`
	ExternalIP    *string `json:"externalIp,omitempty"`
	ChunkServerID *uint32 `json:"chunkServerID,omitempty"`
	Token         *string `json:"token,omitempty"`
}

type RegistChunkServerResponse struct {
	Status
	ChunkServerID uint32 `json:"chunkServerID,omitempty"`
	Token         string `json:"token,omitempty"`
}

// ListChunkServerRequest names a server by id, or by address.
type ListChunkServerRequest struct {
	IP       *string `json:"ip,omitempty"`
	Port     *uint32 `json:"port,omitempty"`
	ServerID *uint32 `json:"serverID,omitempty"`
}

type ListChunkServerResponse struct {
	Status
	ChunkServerInfos []ChunkServerInfo `json:"chunkServerInfos,omitempty"`
}

// ChunkServerRequest names a chunkserver by id, or by address.
type ChunkServerRequest struct {
	ChunkServerID *uint32 `json:"chunkServerID,omitempty"`
	HostIP        *string `json:"hostIp,omitempty"`
	Port          *uint32 `json:"port,omitempty"`
}

type GetChunkServerInfoResponse struct {
	Status
	ChunkServerInfo *ChunkServerInfo `json:"chunkServerInfo,omitempty"`
}

// ServerInfo is one row of a list of servers.
type ServerInfo struct {
	ServerID         uint32 `json:"serverID"`
	HostName         string `json:"hostName"`
	InternalIP       string `json:"internalIp"`
	InternalPort     uint32 `json:"internalPort"`
	ExternalIP       string `json:"externalIp"`
	ExternalPort     uint32 `json:"externalPort"`
	ZoneID           uint32 `json:"zoneID"`
	ZoneName         string `json:"zoneName"`
	PhysicalPoolID   uint32 `json:"physicalPoolID"`
	PhysicalPoolName string `json:"physicalPoolName"`
	Desc             string `json:"desc"`
}

type ServerRegistRequest struct {
	HostName         string  `json:"hostName"`
	InternalIP       string  `json:"internalIp"`
	InternalPort     uint32  `json:"internalPort"`
	ExternalIP       string  `json:"externalIp"`
	ExternalPort     uint32  `json:"externalPort"`
	ZoneID           *uint32 `json:"zoneID,omitempty"`
	ZoneName         *string `json:"zoneName,omitempty"`
	PhysicalPoolID   *uint32 `json:"physicalPoolID,omitempty"`
	PhysicalPoolName *string `json:"physicalPoolName,omitempty"`
	Desc             string  `json:"desc"`
}

type ServerRegistResponse struct {
	Status
	ServerID uint32 `json:"serverID,omitempty"`
}

type DeleteServerRequest struct {
	ServerID uint32 `json:"serverID"`
}

type ListZoneServerRequest struct {
	ZoneID uint32 `json:"zoneID"`
}

type ListZoneServerResponse struct {
	Status
	ServerInfo []ServerInfo `json:"serverInfo,omitempty"`
}

type ZoneInfo struct {
	ZoneID           uint32 `json:"zoneID"`
	ZoneName         string `json:"zoneName"`
	PhysicalPoolID   uint32 `json:"physicalPoolID"`
	PhysicalPoolName string `json:"physicalPoolName"`
	Desc             string `json:"desc"`
}

// ZoneRequest names a zone by id, or by its name and its pool's.
type ZoneRequest struct {
	ZoneID           *uint32 `json:"zoneID,omitempty"`
	ZoneName         *string `json:"zoneName,omitempty"`
	PhysicalPoolName *string `json:"physicalPoolName,omitempty"`
	Desc             *string `json:"desc,omitempty"`
}

type ZoneResponse struct {
	Status
	ZoneInfo *ZoneInfo `json:"zoneInfo,omitempty"`
}

// PoolRequest names a physical pool by id, or by name.
type PoolRequest struct {
	PhysicalPoolID   *uint32 `json:"physicalPoolID,omitempty"`
	PhysicalPoolName *string `json:"physicalPoolName,omitempty"`
	Desc             *string `json:"desc,omitempty"`
}

type ListPoolZoneResponse struct {
	Status
	Zones []ZoneInfo `json:"zones,omitempty"`
}

type PhysicalPoolInfo struct {
	PhysicalPoolID   uint32 `json:"physicalPoolID"`
	PhysicalPoolName string `json:"physicalPoolName"`
	Desc             string `json:"desc"`
}

type PhysicalPoolResponse struct {
	Status
	PhysicalPoolInfo *PhysicalPoolInfo `json:"physicalPoolInfo,omitempty"`
}

type ListPhysicalPoolRequest struct{}

type ListPhysicalPoolResponse struct {
	Status
	PhysicalPoolInfos []PhysicalPoolInfo `json:"physicalPoolInfos,omitempty"`
}

// LogicalPoolInfo describes a logical pool. The policies are JSON in a text.
type LogicalPoolInfo struct {
	LogicalPoolID   uint32          `json:"logicalPoolID"`
	LogicalPoolName string          `json:"logicalPoolName"`
	PhysicalPoolID  uint32          `json:"physicalPoolID"`
	Type            LogicalPoolType `json:"type"`
	CreateTime      int64           `json:"createTime"`
	Policy          string          `json:"redundanceAndPlaceMentPolicy"`
	UserPolicy      string          `json:"userPolicy"`
	AllocateStatus  AllocateStatus  `json:"allocateStatus"`
}

// PlacementPolicy is the JSON inside a logical pool's policy.
type PlacementPolicy struct {
	ReplicaNum *int `json:"replicaNum"`
	CopysetNum *int `json:"copysetNum"`
	ZoneNum    *int `json:"zoneNum"`
}

type CreateLogicalPoolRequest struct {
	LogicalPoolName  string          `json:"logicalPoolName"`
	PhysicalPoolID   *uint32         `json:"physicalPoolID,omitempty"`
	PhysicalPoolName *string         `json:"physicalPoolName,omitempty"`
	Type             LogicalPoolType `json:"type"`
	Policy           string          `json:"redundanceAndPlaceMentPolicy"`
	UserPolicy       string          `json:"userPolicy"`
	ScatterWidth     uint32          `json:"scatterWidth"`
	Status           AllocateStatus  `json:"status"`
}

type CreateLogicalPoolResponse struct {
	Status
	LogicalPoolInfo *LogicalPoolInfo `json:"logicalPoolInfo,omitempty"`
}

type ListLogicalPoolResponse struct {
	Status
	LogicalPoolInfos []LogicalPoolInfo `json:"logicalPoolInfos,omitempty"`
}

// CopysetInfo names one copyset.
type CopysetInfo struct {
	LogicalPoolID uint32 `json:"logicalPoolId"`
	CopysetID     uint32 `json:"copysetId"`
}

type CopySetsResponse struct {
	Status
	CopysetInfos []CopysetInfo `json:"copysetInfos,omitempty"`
}

type ChunkServerLocation struct {
	ChunkServerID uint32  `json:"chunkServerID"`
	HostIP        string  `json:"hostIp"`
	Port          uint32  `json:"port"`
	ExternalIP    *string `json:"externalIp,omitempty"`
}

type CopySetServerInfo struct {
	CopysetID uint32                `json:"copysetId"`
	CsLocs    []ChunkServerLocation `json:"csLocs,omitempty"`
}

type GetChunkServerListInCopySetsRequest struct {
	LogicalPoolID uint32   `json:"logicalPoolId"`
	CopysetID     []uint32 `json:"copysetId"`
}

type GetChunkServerListInCopySetsResponse struct {
	Status
	CsInfo []CopySetServerInfo `json:"csInfo,omitempty"`
}

type GetClusterInfoResponse struct {
	Status
	ClusterID string `json:"clusterId"`
}
