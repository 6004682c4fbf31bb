// Package proto holds the messages of Curve's proto files that the stand-ins exchange. On the wire they are JSON, which
// brpc accepts for every service; names and numbers are Curve's.
package proto

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// ChunkServerStatus says whether a chunkserver may hold data.
type ChunkServerStatus int

// OnlineState says what MDS makes of a chunkserver's heartbeats.
type OnlineState int

// DiskState is the state of a chunkserver's disk.
type DiskState int

// LogicalPoolType says how a pool keeps its data. Only page files exist.
type LogicalPoolType int

// AllocateStatus says whether new volumes may use a pool.
type AllocateStatus int

// The numbers are those of topology.proto.
const (
	ReadWrite ChunkServerStatus = 0
	Pendding  ChunkServerStatus = 1
	Retired   ChunkServerStatus = 2

	Online   OnlineState = 0
	Offline  OnlineState = 1
	Unstable OnlineState = 2

	DiskNormal DiskState = 0
	DiskError  DiskState = 1

	PageFile LogicalPoolType = 0

	Allow AllocateStatus = 0
	Deny  AllocateStatus = 1
)

var (
	chunkServerStatus = []string{"READWRITE", "PENDDING", "RETIRED"}
	onlineState       = []string{"ONLINE", "OFFLINE", "UNSTABLE"}
	diskState         = []string{"DISKNORMAL", "DISKERROR"}
	logicalPoolType   = []string{"PAGEFILE", "APPENDFILE", "APPENDECFILE"}
	allocateStatus    = []string{"ALLOW", "DENY"}
)

func (v ChunkServerStatus) String() string { return name(chunkServerStatus, int(v)) }
func (v OnlineState) String() string       { return name(onlineState, int(v)) }
func (v DiskState) String() string         { return name(diskState, int(v)) }
func (v LogicalPoolType) String() string   { return name(logicalPoolType, int(v)) }
func (v AllocateStatus) String() string    { return name(allocateStatus, int(v)) }

// brpc writes an enum by its name and reads it by name or number.

func (v ChunkServerStatus) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
func (v OnlineState) MarshalText() ([]byte, error)       { return []byte(v.String()), nil }
func (v DiskState) MarshalText() ([]byte, error)         { return []byte(v.String()), nil }
func (v LogicalPoolType) MarshalText() ([]byte, error)   { return []byte(v.String()), nil }
func (v AllocateStatus) MarshalText() ([]byte, error)    { return []byte(v.String()), nil }

func (v *ChunkServerStatus) UnmarshalJSON(b []byte) error {
	return read(chunkServerStatus, (*int)(v), b)
}
func (v *OnlineState) UnmarshalJSON(b []byte) error     { return read(onlineState, (*int)(v), b) }
func (v *DiskState) UnmarshalJSON(b []byte) error       { return read(diskState, (*int)(v), b) }
func (v *LogicalPoolType) UnmarshalJSON(b []byte) error { return read(logicalPoolType, (*int)(v), b) }
func (v *AllocateStatus) UnmarshalJSON(b []byte) error  { return read(allocateStatus, (*int)(v), b) }

func name(names []string, v int) string {
	if v >= 0 && v < len(names) {
		return names[v]
	}
	return strconv.Itoa(v)
}

func read(names []string, v *int, b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		return json.Unmarshal(b, v)
	}
	if *v = slices.Index(names, text); *v >= 0 {
		return nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		*v = n
		return nil
	}
	return fmt.Errorf("invalid value `%s'", text)
}
