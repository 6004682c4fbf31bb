// Package election is how mds and snapshotclone choose the one instance that works: the election of the etcd client
// library, which Curve uses too, under a prefix that begins with 07leader.
package election

import (
	"context"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/glog"
)

// Prefix begins the keys of every election; the one of mds has nothing more.
const Prefix = "07leader"

// Etcd says how to reach etcd.
type Etcd struct {
	Endpoints        string // ip:port, separated by commas
	DialTimeout      time.Duration
	OperationTimeout time.Duration
	Retries          int
}

// Dial connects to etcd and proves with one read that it answers. It waits for a connection no longer than the dial
// timeout, so with etcd down the caller knows soon.
func (e Etcd) Dial(ctx context.Context) (*clientv3.Client, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            strings.Split(e.Endpoints, ","),
		DialTimeout:          clock.Scaled(e.DialTimeout),
		DialOptions:          []grpc.DialOption{grpc.WithBlock()}, //nolint:staticcheck // what Curve does
		DialKeepAliveTime:    time.Second,
		DialKeepAliveTimeout: time.Second,
		Logger:               zap.NewNop(),
	})
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		op, cancel := context.WithTimeout(ctx, clock.Scaled(e.OperationTimeout))
		_, err = client.Get(op, "test")
		cancel()
		if err == nil {
			return client, nil
		}
		if try >= e.Retries {
			client.Close()
			return nil, err
		}
	}
}

// Leader is a won election.
type Leader struct {
	session  *concurrency.Session
	election *concurrency.Election
	ttl      time.Duration // of the session
}

// Campaign waits until this instance, known by name, is the leader. A session that ends while it waits is replaced.
func Campaign(ctx context.Context, client *clientv3.Client, prefix, name string, sessionSeconds int) (*Leader, error) {
	for {
		glog.Info("%s start campaign leader prefix: %s", name, prefix)
		leader, err := campaignOnce(ctx, client, prefix, name, sessionSeconds)
		if err == nil {
			glog.Info("%s campaign leader prefix:%s success", name, prefix)
			return leader, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		glog.Warning("%s campaign leader prefix:%s err: %v", name, prefix, err)
		clock.Sleep(ctx, 100*time.Millisecond)
	}
}

func campaignOnce(ctx context.Context, client *clientv3.Client, prefix, name string, seconds int) (*Leader, error) {
	ttl := clock.SessionTTL(seconds)
	session, err := concurrency.NewSession(client, concurrency.WithTTL(ttl),
		concurrency.WithContext(context.WithoutCancel(ctx)))
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-session.Done():
			cancel()
		case <-waiting.Done():
		}
	}()
	election := concurrency.NewElection(session, prefix)
	if err := election.Campaign(waiting, name); err != nil {
		end, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		session.Orphan()
		_, _ = client.Revoke(end, session.Lease())
		return nil, err
	}
	return &Leader{session: session, election: election, ttl: time.Duration(ttl) * time.Second}, nil
}

// Lost is closed when the session ends, which means that another instance may lead from now on.
func (l *Leader) Lost() <-chan struct{} { return l.session.Done() }

// Resign hands over at once instead of after the session's time. It tries for as long as the session lasts, as Curve
// does; when that is over, there is nothing left to hand over.
func (l *Leader) Resign() {
	ctx, cancel := context.WithTimeout(context.Background(), l.ttl)
	defer cancel()
	go func() {
		select {
		case <-l.session.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := l.election.Resign(ctx); err != nil {
		glog.Warning("resign leader err: %v", err)
	}
	l.session.Orphan()
}
