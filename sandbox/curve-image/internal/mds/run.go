// Package mds stands in for curvebs-mds: the metadata server. Many may run; the one that wins the election opens the
// service port and keeps the topology, the others only show on their dummy port that they are followers.
package mds

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/election"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/version"
)

const program = "curvebs-mds"

// Main runs until it is told to stop, loses its session or cannot go on.
func Main(args []string) int {
	flags, err := parseFlags(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	quit := brpc.CatchSignals(flags.On("graceful_quit_on_sigterm"))
	c := loadConf(flags)
	flags.Default("log_dir", c.Text("mds.common.logDir"))
	glog.Init(program, flags.Text("log_dir"))
	faults.AtStart(program)
	options := readOptions(c)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-quit.Asked; cancel() }()

	status := startDummy(options, c, flags)
	faults.Hold(ctx, "mds.hold-before-etcd")
	client, err := options.Etcd.Dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return 0
		}
		glog.Fatal("init etcd client err! etcdaddr: %s, %v. Check if etcd is running.", options.Etcd.Endpoints, err)
	}
	defer client.Close()

	leader, err := election.Campaign(ctx, client, election.Prefix, options.ListenAddr, options.SessionTTL)
	if err != nil {
		return 0
	}
	status.Store("leader")
	go func() {
		<-leader.Lost()
		glog.Error("%s leader observe for prefix:%s occur error", options.ListenAddr, election.Prefix)
		brpc.TerminateSelf()
	}()

	faults.Hold(ctx, "mds.hold-before-listen")
	topology, err := loadTopology(ctx, &etcdStorage{client: client, timeout: options.Etcd.OperationTimeout})
	if err != nil {
		glog.Fatal("init topology fail. %v", err)
	}
	server := newLeader(options, topology)
	if err := server.serve(ctx, c, flags, status); err != nil {
		glog.Fatal("start brpc server error: %v", err)
	}
	<-ctx.Done()
	leader.Resign()
	glog.Info("resign success")
	return 0
}

type statusVar struct{ atomic.Value }

// startDummy opens the port that every instance has, before anything that may fail or wait.
func startDummy(o Options, c *conf.Conf, flags *gflags.Set) *statusVar {
	status := &statusVar{}
	status.Store("follower")
	s := brpc.NewServer(exposeProcess(c, status))
	s.Flags = flags.Each
	if _, err := s.Listen(fmt.Sprintf("0.0.0.0:%d", o.DummyPort)); err != nil {
		glog.Fatal("StartMDSDummyServer Error: %v", err)
	}
	glog.Info("StartDummyServer Success")
	return status
}

func exposeProcess(c *conf.Conf, status *statusVar) *brpc.Vars {
	vars := &brpc.Vars{}
	vars.Text("curve_version", version.Curve)
	vars.Text("process_cmdline", fmt.Sprint(os.Args))
	vars.Func("mds_status", func() string { return fmt.Sprintf("%q", status.Load()) })
	c.Each(func(key, value string) { vars.Config("mds_config", key, value) })
	return vars
}
