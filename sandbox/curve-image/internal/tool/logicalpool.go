package tool

import (
	"context"
	"fmt"
	"slices"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// createLogicalPool creates the pools of the map that MDS does not have. One of the same name is left as it is, whatever
// its numbers are. It waits for MDS without any limit.
func (s *session) createLogicalPool() int {
	pools, ok := readLogicalPools(s.mapPath)
	if !ok {
		return commonErr
	}
	var physical []string
	for _, p := range pools {
		if !slices.Contains(physical, p.physicalPool) {
			physical = append(physical, p.physicalPool)
		}
	}
	for _, name := range physical {
		// The answer's code is not looked at: a pool that MDS does not know has no logical pools.
		answer, code := list[proto.ListLogicalPoolResponse](s, "ListLogicalPool", proto.PoolRequest{PhysicalPoolName: &name})
		if code != 0 {
			return code
		}
		for _, there := range answer.LogicalPoolInfos {
			pools = slices.DeleteFunc(pools, func(p logicalPool) bool { return p.name == there.LogicalPoolName })
		}
	}
	for _, p := range pools {
		answer, err := brpc.Call[proto.CreateLogicalPoolResponse](context.Background(), s.mds, "TopologyService",
			"CreateLogicalPool", 0, proto.CreateLogicalPoolRequest{
				LogicalPoolName: p.name, PhysicalPoolName: &p.physicalPool, Type: proto.LogicalPoolType(p.poolType),
				Policy:     fmt.Sprintf(`{"replicaNum":%d, "copysetNum":%d, "zoneNum":%d}`, p.replicas, p.copysets, p.zones),
				UserPolicy: `{"aaa":1}`, ScatterWidth: uint32(p.scatterWidth), Status: p.status,
			})
		if err != nil {
			glog.Warning("CreateLogicalPool: %v", err)
			return redirect
		}
		switch answer.StatusCode {
		case proto.Success:
		case proto.LogicalPoolExist:
			glog.Info("Logical pool already exist")
		default:
			glog.Error("CreateLogicalPool Rpc response fail. statusCode: %d", answer.StatusCode)
			return answer.StatusCode
		}
	}
	return 0
}
