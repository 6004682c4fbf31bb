package proto

// The answers of MDS's topology service. A tool that gets one ends with it as its exit code, so a shell sees the low
// byte: -7 is 249.
const (
	Success                 = 0
	InternalError           = -1
	InvalidParam            = -2
	InitFail                = -3
	StorageFail             = -4
	IDDuplicated            = -5
	ChunkServerNotFound     = -6
	ServerNotFound          = -7
	ZoneNotFound            = -8
	PhysicalPoolNotFound    = -9
	LogicalPoolNotFound     = -10
	CopySetNotFound         = -11
	GenCopysetErr           = -12
	AllocateIDFail          = -13
	CannotRemoveNotEmpty    = -14
	IPPortDuplicated        = -15
	NameDuplicated          = -16
	CreateCopysetFail       = -17
	CannotRemoveNotRetired  = -18
	LogicalPoolExist        = -19
	HeartbeatOK             = "hbOK"
	HeartbeatUninitialized  = "hbParamUnInitialized"
	HeartbeatUnknown        = "hbChunkserverUnknown"
	HeartbeatRetired        = "hbChunkserverRetired"
	HeartbeatIPPortMismatch = "hbChunkserverIpPortNotMatch"
	HeartbeatTokenMismatch  = "hbChunkserverTokenNotMatch"
	HeartbeatNoCopyset      = "hbRequestNoCopyset"
	HeartbeatCopysetError   = "hbAnalyseCopysetError"
	CopysetSuccess          = "COPYSET_OP_STATUS_SUCCESS"
	CopysetExist            = "COPYSET_OP_STATUS_EXIST"
	CopysetFailure          = "COPYSET_OP_STATUS_FAILURE_UNKNOWN"
	FileOK                  = "kOK"
	FileExists              = "kFileExists"
	FileNotExists           = "kFileNotExists"
)
