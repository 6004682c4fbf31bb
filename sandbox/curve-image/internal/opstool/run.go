// Package opstool stands in for curve_ops_tool: it looks at a cluster from outside and prints what it sees.
package opstool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/version"
)

const (
	program   = "curve_ops_tool"
	unhealthy = 255
)

const help = `Usage: curve_ops_tool [Command] [OPTIONS...]
COMMANDS:
space, status, chunkserver-status, mds-status, client-status, client-list, etcd-status, snapshot-clone-status,
copysets-status, chunkserver-list, server-list, logical-pool-list, cluster-status, check-chunkserver, check-copyset,
check-server, check-operator, list-may-broken-vol, rapid-leader-schedule, version

You can specify the config path by -confPath to avoid typing too many options
`

type tool struct {
	p        *printer
	flags    *gflags.Set
	mds      *mdsClient
	check    *copysetCheck
	etcd     []string
	snapshot map[string]string // service address to dummy address
}

// command is what a command needs before it can run, and how it runs.
type command struct {
	run                 func(*tool) bool
	mds, etcd, snapshot bool
	needs               string // the part of the tool that says in its own words when MDS is not there
}

const (
	statusTool   = "StatusTool"
	copysetTool  = "CopysetCheck"
	scheduleTool = "ScheduleTool"
)

var commands = map[string]command{
	"space":                 {run: (*tool).space, mds: true, needs: statusTool},
	"status":                {run: (*tool).status, mds: true, etcd: true, snapshot: true, needs: statusTool},
	"cluster-status":        {run: (*tool).clusterStatus, mds: true, needs: statusTool},
	"chunkserver-list":      {run: (*tool).chunkServerList, mds: true, needs: statusTool},
	"chunkserver-status":    {run: func(t *tool) bool { return t.chunkServerStatus(false) }, mds: true, needs: statusTool},
	"server-list":           {run: (*tool).serverList, mds: true, needs: statusTool},
	"logical-pool-list":     {run: (*tool).logicalPoolList, mds: true, needs: statusTool},
	"mds-status":            {run: (*tool).mdsStatus, mds: true, needs: statusTool},
	"client-status":         {run: (*tool).clientStatus, mds: true, needs: statusTool},
	"client-list":           {run: (*tool).clientList, mds: true, needs: statusTool},
	"etcd-status":           {run: (*tool).etcdStatus, etcd: true, needs: statusTool},
	"snapshot-clone-status": {run: (*tool).snapshotStatus, snapshot: true, needs: statusTool},
	"copysets-status":       {run: (*tool).copysetsStatus, mds: true, needs: copysetTool},
	"check-copyset":         {run: (*tool).checkCopyset, mds: true, needs: copysetTool},
	"check-chunkserver":     {run: (*tool).checkChunkServerCmd, mds: true, needs: copysetTool},
	"check-server":          {run: (*tool).checkServerCmd, mds: true, needs: copysetTool},
	"check-operator":        {run: (*tool).checkOperator, mds: true, needs: copysetTool},
	"list-may-broken-vol":   {run: (*tool).mayBrokenVolumes, mds: true, needs: copysetTool},
	"rapid-leader-schedule": {run: (*tool).rapidLeaderSchedule, mds: true, needs: scheduleTool},
}

// Main prints to stdout and ends with 0, or with 255 for anything that is not as it should be.
func Main(args []string) int { return Run(os.Stdout, args) }

// Run is Main with its output elsewhere.
func Run(w io.Writer, args []string) int {
	f := gflags.New()
	for name, def := range map[string]string{
		"confPath": "/etc/curve/tools.conf", "mdsAddr": "127.0.0.1:6666", "mdsDummyPort": "6667",
		"etcdAddr": "127.0.0.1:2379", "snapshotCloneAddr": "127.0.0.1:5555", "snapshotCloneDummyPort": "8081",
		"userName": "root", "password": "", "chunkserverAddr": "", "serverIp": "", "opName": "operator",
	} {
		f.String(name, def)
	}
	for name, def := range map[string]string{
		"rpcTimeout": "3000", "rpcRetryTimes": "5", "chunkSize": "16777216", "walSegmentSize": "8388608",
		"logicalPoolId": "0", "copysetId": "0", "chunkserverId": "0", "serverId": "0", "margin": "1000",
		"replicasNum": "3", "operatorMaxPeriod": "30", "logical_pool_id": "1", "opIntervalExceptLeader": "5",
		"leaderOpInterval": "30",
	} {
		f.Uint(name, def)
	}
	for name, def := range map[string]string{
		"offline": "false", "unhealthy": "false", "checkHealth": "true", "checkCSAlive": "false",
		"listClientInRepo": "true", "detail": "false", "example": "false", "checkOperator": "false", "scheduleAll": "true",
	} {
		f.Bool(name, def)
	}
	rest, err := f.Parse(args)
	if errors.Is(err, gflags.ErrHelp) {
		fmt.Fprint(w, help)
		return 1
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	faults.AtStart(program)
	if len(rest) == 0 {
		fmt.Fprint(w, help)
		return unhealthy
	}
	if rest[0] == "version" {
		fmt.Fprintln(w, version.Curve)
		return 0
	}
	if !readConf(f) {
		return unhealthy
	}
	c, ok := commands[rest[0]]
	if !ok {
		fmt.Fprint(w, help)
		return unhealthy
	}
	p := &printer{w: w}
	mds := &mdsClient{
		p: p, timeout: time.Duration(f.Number("rpcTimeout")) * time.Millisecond, retries: int(f.Number("rpcRetryTimes")),
	}
	t := &tool{p: p, flags: f, mds: mds, check: &copysetCheck{p: p, mds: mds}}
	t.check.clear()
	if !t.init(c) || !c.run(t) {
		return unhealthy
	}
	return 0
}

// readConf takes from the conf file what the command line does not give.
func readConf(f *gflags.Set) bool {
	path := f.Text("confPath")
	c, err := conf.Load(path)
	if err != nil {
		glog.Error("Open config file '%s' failed", path)
		return false
	}
	for _, key := range []string{"rootUserName", "rootUserPassword"} {
		if _, ok := c.Get(key); !ok {
			fmt.Fprintf(os.Stderr, "Missing %s in '%s'\n", key, path)
			return false
		}
	}
	for _, key := range []string{"mdsAddr", "mdsDummyPort", "etcdAddr", "rpcTimeout", "rpcRetryTimes",
		"snapshotCloneAddr", "snapshotCloneDummyPort"} {
		if v, ok := c.Get(key); ok {
			f.Default(key, v)
		}
	}
	return true
}

func (t *tool) init(c command) bool {
	if c.mds {
		// Only the status commands read the dummy ports; the others believe in the default.
		dummy := "6667"
		if c.needs == statusTool {
			dummy = t.flags.Text("mdsDummyPort")
		}
		if !t.mds.init(t.flags.Text("mdsAddr"), dummy) {
			switch c.needs {
			case statusTool:
				t.p.line("Init mdsClient failed!")
			case copysetTool:
				t.p.line("Init copysetCheckCore fail!")
			case scheduleTool:
				t.p.line("Init mds client fail!")
				return false
			}
			return t.failInit(c)
		}
	}
	if c.etcd {
		if t.etcd = brpc.Endpoints(t.flags.Text("etcdAddr")); len(t.etcd) == 0 {
			t.p.line("Split etcd address fail!")
			t.p.line("Init etcdClient failed!")
			return t.failInit(c)
		}
	}
	if c.snapshot {
		addrs := brpc.Endpoints(t.flags.Text("snapshotCloneAddr"))
		if len(addrs) == 0 {
			t.p.line("Split snapshot clone server address fail!")
			t.p.line("Init snapshotClient failed!")
			return t.failInit(c)
		}
		dummy, ok := dummyServers(t.p, addrs, t.flags.Text("snapshotCloneDummyPort"), "snapshot clone")
		if !ok {
			t.p.line("Init snapshotClient failed!")
			return t.failInit(c)
		}
		t.snapshot = dummy
	}
	return true
}

func (t *tool) failInit(c command) bool {
	t.p.line("Init ", strings.TrimSpace(c.needs), " failed")
	return false
}
