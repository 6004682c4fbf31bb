package tool

import (
	"encoding/json"
	"math"
	"os"

	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// server is one row of the map's servers.
type server struct {
	name, internalIP, externalIP, zone, pool string
	internalPort, externalPort               uint32
}

// logicalPool is one row of the map's logical pools.
type logicalPool struct {
	name, physicalPool  string
	poolType            int
	replicas, copysets  uint64
	zones, scatterWidth uint64
	status              proto.AllocateStatus
}

func readMap(path string) (map[string]any, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		glog.Error("open cluster map file : %s fail.", path)
		return nil, false
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		glog.Error("Parse cluster map file %s fail: %v", path, err)
		return nil, false
	}
	return m, true
}

// row reads the fields of one row and remembers the first that is not what it must be.
type row struct {
	fields map[string]any
	kind   string
	bad    bool
}

func (r *row) text(field string) string {
	v, ok := r.fields[field].(string)
	if !ok {
		r.wrong(field, "string")
	}
	return v
}

func (r *row) integer(field, kind string, least, most float64) int64 {
	v, ok := r.fields[field].(float64)
	if !ok || v != math.Trunc(v) || v < least || v > most {
		r.wrong(field, kind)
		return 0
	}
	return int64(v)
}

func (r *row) uint(field string) uint64 { return uint64(r.integer(field, "uint", 0, math.MaxUint32)) }
func (r *row) uint64(field string) uint64 {
	return uint64(r.integer(field, "uint64", 0, math.MaxInt64))
}
func (r *row) int(field string) int {
	return int(r.integer(field, "int", math.MinInt32, math.MaxInt32))
}

func (r *row) wrong(field, kind string) {
	if !r.bad {
		glog.Error("%s %s must be %s", r.kind, field, kind)
	}
	r.bad = true
}

func rows(m map[string]any, part, kind string) ([]row, bool) {
	if m[part] == nil {
		glog.Error("No servers in cluster map")
		return nil, false
	}
	list, _ := m[part].([]any)
	var all []row
	for _, item := range list {
		fields, _ := item.(map[string]any)
		all = append(all, row{fields: fields, kind: kind})
	}
	return all, true
}

func readServers(path string) ([]server, bool) {
	m, ok := readMap(path)
	if !ok {
		return nil, false
	}
	all, ok := rows(m, "servers", "server")
	if !ok {
		return nil, false
	}
	var servers []server
	for _, r := range all {
		s := server{
			name: r.text("name"), internalIP: r.text("internalip"), internalPort: uint32(r.uint("internalport")),
			externalIP: r.text("externalip"), externalPort: uint32(r.uint("externalport")), zone: r.text("zone"),
			pool: r.text("physicalpool"),
		}
		if r.bad {
			return nil, false
		}
		servers = append(servers, s)
	}
	return servers, true
}

func readLogicalPools(path string) ([]logicalPool, bool) {
	m, ok := readMap(path)
	if !ok {
		return nil, false
	}
	all, ok := rows(m, "logicalpools", "logicalpool")
	if !ok {
		return nil, false
	}
	var pools []logicalPool
	for _, r := range all {
		p := logicalPool{
			name: r.text("name"), physicalPool: r.text("physicalpool"), poolType: r.int("type"),
			replicas: r.uint("replicasnum"), copysets: r.uint64("copysetnum"), zones: r.uint64("zonenum"),
			scatterWidth: r.uint("scatterwidth"), status: proto.Allow,
		}
		if status, ok := r.fields["allocstatus"].(string); ok {
			switch status {
			case "allow":
			case "deny":
				p.status = proto.Deny
			default:
				glog.Error("logicalpool status string is invalid!, which is %s", status)
				return nil, false
			}
		}
		if r.bad {
			return nil, false
		}
		pools = append(pools, p)
	}
	return pools, true
}
