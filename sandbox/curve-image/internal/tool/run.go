// Package tool stands in for curvebs-tool: it makes MDS's topology agree with a cluster map.
package tool

import (
	"context"
	"fmt"
	"os"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
)

const (
	program = "curvebs-tool"

	commonErr = -1 // seen as 255
	redirect  = -2 // try the next MDS; MDS's own "invalid parameter" looks the same
)

// Main answers with MDS's own code as far as it knows it; the shell sees the low byte.
func Main(args []string) int {
	f := gflags.New()
	f.String("mds_addr", "127.0.0.1:6666")
	f.String("op", "")
	f.String("cluster_map", "/etc/curve/topo.json")
	f.Int("chunkserver_id", "-1")
	f.String("chunkserver_status", "readwrite")
	f.Uint("rpcTimeOutMs", "5000")
	f.String("confPath", "/etc/curve/tools.conf")
	f.Uint("logicalpool_id", "0")
	f.String("logicalpool_status", "allow")
	if _, err := f.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	brpc.CatchSignals(false)
	glog.Init(program, f.Text("log_dir"))
	faults.AtStart(program)
	code := run(f)
	faults.Hold(context.Background(), program+".hold-before-exit")
	if injected, ok := faults.Int(program + ".exit-after"); ok {
		code = injected
	}
	return code & 0xff
}

func run(f *gflags.Set) int {
	// A conf file that is missing is no error.
	if c, err := conf.Load(f.Text("confPath")); err == nil {
		if addr, ok := c.Get("mdsAddr"); ok {
			f.Default("mds_addr", addr)
		}
	}
	mds := brpc.Endpoints(f.Text("mds_addr"))
	if len(mds) == 0 {
		glog.Error("no avaliable mds address.")
		glog.Error("curvefsTool init error.")
		return commonErr
	}
	for _, addr := range mds {
		if !brpc.Endpoint(addr) {
			glog.Error("Invalid sub mds ip:port provided: %s", addr)
			glog.Error("curvefsTool init error.")
			return commonErr
		}
	}
	// Every MDS is tried once, in order. Nobody asks which of them leads: a follower refuses the connection.
	for _, addr := range mds {
		s := &session{
			mds: addr, mapPath: f.Text("cluster_map"), timeout: time.Duration(f.Number("rpcTimeOutMs")) * time.Millisecond,
		}
		var code int
		switch f.Text("op") {
		case "create_physicalpool":
			code = s.createPhysicalPool()
		case "create_logicalpool":
			code = s.createLogicalPool()
		case "set_chunkserver", "set_logicalpool":
			glog.Error("%s has no stand-in", f.Text("op"))
			return commonErr
		default:
			glog.Error("undefined op.")
			code = commonErr
		}
		if code != redirect {
			if code < 0 {
				glog.Error("exec fail, ret = %d", code)
			}
			return code
		}
		glog.Warning("fail on mds: %s", addr)
	}
	glog.Error("rpc retry times exceed.")
	return commonErr
}

// session is one pass over the work with one MDS.
type session struct {
	mds     string
	mapPath string
	timeout time.Duration
}

// list sends a request whose every failure means: try the next MDS.
func list[Resp any](s *session, method string, req any) (*Resp, int) {
	resp, err := brpc.Call[Resp](context.Background(), s.mds, "TopologyService", method, s.timeout, req)
	if err != nil {
		return nil, redirect
	}
	return resp, 0
}

// change sends a request that is tried elsewhere only if nobody listens here; any other failure ends the tool.
func change[Resp any](s *session, method string, req any) (*Resp, int) {
	resp, err := brpc.Call[Resp](context.Background(), s.mds, "TopologyService", method, s.timeout, req)
	switch {
	case brpc.IsHostDown(err):
		return nil, redirect
	case err != nil:
		glog.Error("%s, error content: %v", method, err)
		return nil, commonErr
	}
	return resp, 0
}
