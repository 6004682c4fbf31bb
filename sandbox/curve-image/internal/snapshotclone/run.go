// Package snapshotclone stands in for curvebs-snapshotclone: of several instances one is active and listens.
package snapshotclone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/election"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
	"keelson.dev/curve-standins/internal/version"
)

const program = "curvebs-snapshotclone"

// required are the keys without which the real snapshotclone aborts, whether this one uses them or not.
var required = []string{
	"client.config_path", "client.methodRetryIntervalMs", "client.methodRetryTimeSec", "etcd.dailtimeoutMs",
	"etcd.endpoint", "etcd.operation.timeoutMs", "etcd.retry.times", "leader.campagin.prefix",
	"leader.election.timeoutms", "leader.session.intersec", "mds.rootPassword", "mds.rootUser", "s3.config_path",
	"server.address", "server.backEndReferenceFuncScanIntervalMs", "server.backEndReferenceRecordScanIntervalMs",
	"server.checkSnapshotStatusIntervalMs", "server.chunkSplitSize", "server.clientAsyncMethodRetryIntervalMs",
	"server.clientAsyncMethodRetryTimeSec", "server.cloneChunkSplitSize", "server.cloneTaskManagerScanIntervalMs",
	"server.cloneTempDir", "server.commonPoolThreadNum", "server.createCloneChunkConcurrency",
	"server.dummy.listen.port", "server.maxSnapshotLimit", "server.mdsSessionTimeUs",
	"server.readChunkSnapshotConcurrency", "server.recoverChunkConcurrency", "server.snapshotCoreThreadNum",
	"server.snapshotPoolThreadNum", "server.snapshotTaskManagerScanIntervalMs", "server.stage1PoolThreadNum",
	"server.stage2PoolThreadNum",
}

// Main runs until it is told to stop, loses its session or cannot go on. Only the active instance needs S3 and MDS.
func Main(args []string) int {
	f := gflags.New()
	f.String("conf", "conf/snapshot_clone_server.conf")
	f.String("addr", "127.0.0.1:5555")
	if _, err := f.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	quit := brpc.CatchSignals(f.On("graceful_quit_on_sigterm"))
	c, err := conf.Load(f.Text("conf"))
	if err != nil {
		glog.Error("Failed to open config file: %s", f.Text("conf"))
		return 255
	}
	if f.Given("addr") {
		c.Set("server.address", f.Text("addr"))
	}
	f.Default("log_dir", c.Text("log.dir"))
	glog.Init(program, f.Text("log_dir"))
	faults.AtStart(program)
	c.Require(required...)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-quit.Asked; cancel() }()

	var status atomic.Value
	status.Store("standby")
	vars := exposeVars(c, &status)
	dummy := brpc.NewServer(vars)
	dummy.Flags = f.Each
	if _, err := dummy.Listen(fmt.Sprintf("0.0.0.0:%d", c.Int("server.dummy.listen.port"))); err != nil {
		glog.Fatal("StartDummyServer error: %v", err)
	}

	etcd := election.Etcd{
		Endpoints: c.Text("etcd.endpoint"), DialTimeout: c.Millis("etcd.dailtimeoutMs"),
		OperationTimeout: c.Millis("etcd.operation.timeoutMs"), Retries: c.Int("etcd.retry.times"),
	}
	client, err := etcd.Dial(ctx)
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		glog.Error("init etcd client err! etcdaddr: %s, %v", etcd.Endpoints, err)
		glog.Fatal("InitEtcdClient error")
	}
	defer client.Close()
	prefix := election.Prefix + c.Text("leader.campagin.prefix")
	leader, err := election.Campaign(ctx, client, prefix, c.Text("server.address"), c.Int("leader.session.intersec"))
	if err != nil {
		return 0
	}
	status.Store("active")
	go func() {
		<-leader.Lost()
		glog.Error("%s leader observe for prefix:%s occur error", c.Text("server.address"), prefix)
		brpc.TerminateSelf()
	}()

	faults.Hold(ctx, "snapshotclone.hold-before-init")
	if err := initialise(ctx, c); err != nil && ctx.Err() == nil {
		glog.Error("%v", err)
		glog.Fatal("snapshotCloneServer init error")
	}
	faults.Hold(ctx, "snapshotclone.hold-before-listen")
	if ctx.Err() == nil {
		if err := serve(c, f, vars); err != nil {
			glog.Fatal("snapshotclone rpc server start fail. %v", err)
		}
	}
	<-ctx.Done()
	// The real one does not resign: the next takes over when the lease has run out.
	return 0
}

// initialise is what only the active instance does: its client's conf, the bucket, then its folder in MDS.
func initialise(ctx context.Context, c *conf.Conf) error {
	client, err := conf.Load(c.Text("client.config_path"))
	if err != nil {
		return fmt.Errorf("curvefs_client init fail: %w", err)
	}
	mds := brpc.Endpoints(client.Text("mds.listen.addr"))
	if len(mds) == 0 {
		return errors.New("curvefs_client init fail: no mds address")
	}
	s3, err := conf.Load(c.Text("s3.config_path"))
	if err != nil {
		glog.Fatal("Failed to open s3 config file: %s", c.Text("s3.config_path"))
	}
	if err := newBucket(s3).ensure(ctx); err != nil {
		return fmt.Errorf("dataStore init fail: %w", err)
	}
	return makeCloneDir(ctx, c, mds)
}

// makeCloneDir asks every MDS in turn, again and again for five minutes as the conf says.
func makeCloneDir(ctx context.Context, c *conf.Conf, mds []string) error {
	deadline := time.Now().Add(clock.Scaled(c.Seconds("client.methodRetryTimeSec")))
	req := proto.FileRequest{FileName: c.Text("server.cloneTempDir"), FileType: "INODE_DIRECTORY", Owner: c.Text("mds.rootUser")}
	for {
		for _, addr := range mds {
			answer, err := brpc.Call[proto.FileResponse](ctx, addr, "CurveFSService", "CreateFile", 2*time.Second, req)
			if err == nil && (answer.StatusCode == proto.FileOK || answer.StatusCode == proto.FileExists) {
				return nil
			}
			glog.Warning("Mkdir %s on mds %s: %v", req.FileName, addr, err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("CloneCore init fail: Mkdir fail, dirpath = %s", req.FileName)
		}
		if !clock.Sleep(ctx, c.Millis("client.methodRetryIntervalMs")) {
			return ctx.Err()
		}
	}
}

func serve(c *conf.Conf, f *gflags.Set, vars *brpc.Vars) error {
	s := brpc.NewServer(vars)
	s.Flags = f.Each
	s.Page("/SnapshotCloneService", answer)
	_, err := s.Listen(c.Text("server.address"))
	return err
}

func exposeVars(c *conf.Conf, status *atomic.Value) *brpc.Vars {
	vars := &brpc.Vars{}
	vars.Text("curve_version", version.Curve)
	vars.Text("process_cmdline", fmt.Sprint(os.Args))
	vars.Func("snapshotcloneserver_status", func() string { return fmt.Sprintf("%q", status.Load()) })
	c.Each(func(key, value string) { vars.Config("snapshotcloneserver_config", key, value) })
	return vars
}
