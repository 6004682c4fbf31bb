package chunkserver

import (
	"context"
	"fmt"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/clock"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
)

// registration says where and as whom a chunkserver registers.
type registration struct {
	mds     []string
	retries int
	timeout time.Duration
	request proto.RegistChunkServerRequest
}

// register asks MDS for an id until it gets one, a second apart. It turns to the next MDS only when nobody listens: one
// that is silent, or says no, is asked again. Without an answer it gives up, and the caller dies.
func (r registration) register(ctx context.Context, known *identity) (identity, error) {
	req := r.request
	if known != nil {
		req.ChunkServerID, req.Token = &known.ID, &known.Token
	}
	at := 0
	retries := r.retries
	var answer *proto.RegistChunkServerResponse
	for ; retries >= 0; retries-- {
		faults.Hold(ctx, "chunkserver.hold-before-register")
		var err error
		answer, err = brpc.Call[proto.RegistChunkServerResponse](ctx, r.mds[at], "TopologyService", "RegistChunkServer",
			r.timeout, req)
		if err == nil && answer.StatusCode == proto.Success {
			break
		}
		text, code := fmt.Sprint(err), 0
		if err == nil {
			text, code = "", answer.StatusCode
		}
		glog.Error("%s:%d Fail to register to MDS %s, cntl error: %s, statusCode: %d, going to sleep and try again.",
			req.HostIP, req.Port, r.mds[at], text, code)
		if brpc.IsHostDown(err) {
			at = (at + 1) % len(r.mds)
		}
		if !clock.Sleep(ctx, time.Second) {
			return identity{}, ctx.Err()
		}
	}
	if retries <= 0 {
		return identity{}, fmt.Errorf("%s:%d Fail to register to MDS for %d times", req.HostIP, req.Port, r.retries)
	}
	return newIdentity(answer.ChunkServerID, answer.Token), nil
}
