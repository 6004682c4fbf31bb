package proto

// The few messages of the name space that the tools and snapshotclone use. There are no volumes.

type FileRequest struct {
	FileName string `json:"fileName"`
	FileType string `json:"fileType,omitempty"`
	Owner    string `json:"owner,omitempty"`
}

type FileResponse struct {
	StatusCode string `json:"statusCode"`
}

type GetFileSizeResponse struct {
	StatusCode string `json:"statusCode"`
	FileSize   uint64 `json:"fileSize"`
}

type GetAllocatedSizeResponse struct {
	StatusCode    string            `json:"statusCode"`
	AllocatedSize uint64            `json:"allocatedSize"`
	AllocSizeMap  map[string]uint64 `json:"allocSizeMap,omitempty"`
}

type ClientInfo struct {
	IP   string `json:"ip"`
	Port uint32 `json:"port"`
}

type ListClientResponse struct {
	StatusCode  string       `json:"statusCode"`
	ClientInfos []ClientInfo `json:"clientInfos,omitempty"`
}

type ListVolumesResponse struct {
	StatusCode string   `json:"statusCode"`
	FileNames  []string `json:"fileNames,omitempty"`
}

type RapidLeaderScheduleRequest struct {
	LogicalPoolID uint32 `json:"logicalPoolID"`
}

type RecoverStatusRequest struct {
	ChunkServerID []uint32 `json:"chunkServerID"`
}

type RecoverStatusResponse struct {
	Status
	RecoverStatusMap map[string]bool `json:"recoverStatusMap,omitempty"`
}
