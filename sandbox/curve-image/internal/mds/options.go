package mds

import (
	"time"

	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/election"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
)

// required are the keys without which the real mds aborts, whether this one uses them or not.
var required = []string{
	"mds.auth.rootPassword", "mds.auth.rootUserName", "mds.cache.count", "mds.chunkserver.failure.tolerance",
	"mds.chunkserverclient.rpcRetryIntervalMs", "mds.chunkserverclient.rpcRetryTimes",
	"mds.chunkserverclient.rpcTimeoutMs", "mds.chunkserverclient.updateLeaderRetryIntervalMs",
	"mds.chunkserverclient.updateLeaderRetryTimes", "mds.copyset.copysetRetryTimes",
	"mds.copyset.scatterWidthFloatingPercentage", "mds.copyset.scatterWidthRange",
	"mds.copyset.scatterWidthStandardDevation", "mds.copyset.scatterWidthVariance",
	"mds.copyset.scheduler.intervalSec", "mds.curvefs.defaultChunkSize", "mds.curvefs.defaultSegmentSize",
	"mds.curvefs.maxFileLength", "mds.curvefs.minFileLength", "mds.dummy.listen.port", "mds.enable.copyset.scheduler",
	"mds.enable.leader.scheduler", "mds.enable.recover.scheduler", "mds.enable.replica.scheduler",
	"mds.etcd.dailtimeoutMs", "mds.etcd.endpoint", "mds.etcd.operation.timeoutMs", "mds.etcd.retry.times",
	"mds.file.expiredTimeUs", "mds.file.scanIntevalTimeUs", "mds.filelock.bucketNum",
	"mds.heartbeat.clean_follower_afterMs", "mds.heartbeat.intervalMs", "mds.heartbeat.misstimeoutMs",
	"mds.heartbeat.offlinetimeoutMs", "mds.leader.electionTimeoutMs", "mds.leader.scheduler.intervalSec",
	"mds.leader.sessionInterSec", "mds.listen.addr", "mds.recover.scheduler.intervalSec",
	"mds.replica.scheduler.intervalSec", "mds.schduler.operator.concurrent", "mds.schduler.scatterWidthRangePerent",
	"mds.schduler.transfer.limitSec", "mds.scheduler.add.limitSec", "mds.scheduler.change.limitSec",
	"mds.scheduler.chunkserver.cooling.timeSec", "mds.scheduler.copysetNumRangePercent",
	"mds.scheduler.remove.limitSec", "mds.segment.alloc.periodic.persistInterMs", "mds.segment.alloc.retryInterMs",
	"mds.topology.CreateCopysetRpcRetrySleepTimeMs", "mds.topology.CreateCopysetRpcRetryTimes",
	"mds.topology.CreateCopysetRpcTimeoutMs", "mds.topology.PoolUsagePercentLimit",
	"mds.topology.TopologyUpdateToRepoSec", "mds.topology.UpdateMetricIntervalSec", "mds.topology.choosePoolPolicy",
	"mds.topology.enableLogicalPoolStatus",
}

// Options are what the stand-in takes from mds.conf and the command line.
type Options struct {
	ListenAddr string
	DummyPort  int
	Etcd       election.Etcd
	SessionTTL int // seconds

	HeartbeatMiss    time.Duration
	HeartbeatOffline time.Duration
	MetricInterval   time.Duration
	FlushInterval    time.Duration

	CopysetRPCTimeout    time.Duration
	CopysetRPCRetries    int
	CopysetRPCRetrySleep time.Duration
	CopysetTries         int
	ScatterFloatPercent  int
}

func parseFlags(args []string) (*gflags.Set, error) {
	f := gflags.New()
	f.String("confPath", "conf/mds.conf")
	f.String("mdsAddr", "127.0.0.1:6666")
	f.String("etcdAddr", "127.0.0.1:2379")
	f.String("mdsDbName", "curve_mds")
	f.Int("sessionInterSec", "5")
	f.Int("updateToRepoSec", "5")
	f.Uint("dummyPort", "6667")
	for _, name := range []string{"chunkSize", "segmentSize", "minFileLength", "maxFileLength"} {
		f.Uint(name, "0")
	}
	_, err := f.Parse(args)
	return f, err
}

// loadConf reads mds.conf; flags that were given win over it.
func loadConf(f *gflags.Set) *conf.Conf {
	c, err := conf.Load(f.Text("confPath"))
	if err != nil {
		glog.Error("Open config file '%s' failed", f.Text("confPath"))
		glog.Fatal("load mds configuration fail, conf path = %s", f.Text("confPath"))
	}
	for name, key := range map[string]string{
		"mdsAddr":         "mds.listen.addr",
		"etcdAddr":        "mds.etcd.endpoint",
		"sessionInterSec": "mds.leader.sessionInterSec",
		"updateToRepoSec": "mds.topology.TopologyUpdateToRepoSec",
		"dummyPort":       "mds.dummy.listen.port",
		"mdsDbName":       "mds.DbName",
		"chunkSize":       "mds.curvefs.defaultChunkSize",
		"segmentSize":     "mds.curvefs.defaultSegmentSize",
		"minFileLength":   "mds.curvefs.minFileLength",
		"maxFileLength":   "mds.curvefs.maxFileLength",
	} {
		if f.Given(name) {
			c.Set(key, f.Text(name))
		}
	}
	return c
}

func readOptions(c *conf.Conf) Options {
	c.Require(required...)
	return Options{
		ListenAddr: c.Text("mds.listen.addr"),
		DummyPort:  c.Int("mds.dummy.listen.port"),
		Etcd: election.Etcd{
			Endpoints:        c.Text("mds.etcd.endpoint"),
			DialTimeout:      c.Millis("mds.etcd.dailtimeoutMs"),
			OperationTimeout: c.Millis("mds.etcd.operation.timeoutMs"),
			Retries:          c.Int("mds.etcd.retry.times"),
		},
		SessionTTL:           c.Int("mds.leader.sessionInterSec"),
		HeartbeatMiss:        c.Millis("mds.heartbeat.misstimeoutMs"),
		HeartbeatOffline:     c.Millis("mds.heartbeat.offlinetimeoutMs"),
		MetricInterval:       c.Seconds("mds.topology.UpdateMetricIntervalSec"),
		FlushInterval:        c.Seconds("mds.topology.TopologyUpdateToRepoSec"),
		CopysetRPCTimeout:    c.Millis("mds.topology.CreateCopysetRpcTimeoutMs"),
		CopysetRPCRetries:    c.Int("mds.topology.CreateCopysetRpcRetryTimes"),
		CopysetRPCRetrySleep: c.Millis("mds.topology.CreateCopysetRpcRetrySleepTimeMs"),
		CopysetTries:         c.Int("mds.copyset.copysetRetryTimes"),
		ScatterFloatPercent:  c.Int("mds.copyset.scatterWidthFloatingPercentage"),
	}
}
