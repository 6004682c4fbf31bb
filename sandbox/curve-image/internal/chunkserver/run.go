// Package chunkserver stands in for curvebs-chunkserver: the server of one disk.
package chunkserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
	"keelson.dev/curve-standins/internal/proto"
	"keelson.dev/curve-standins/internal/version"
)

const program = "curvebs-chunkserver"

// Main checks the disk, registers, opens its port and sends heartbeats, in this order. What is missing on the way ends
// it; it never waits for a disk.
func Main(args []string) int {
	flags, err := parseFlags(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	quit := brpc.CatchSignals(flags.On("graceful_quit_on_sigterm"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-quit.Asked; cancel() }()
	faults.AtStart(program)

	c := loadConf(flags)
	flags.Default("log_dir", c.Text("chunkserver.common.logDir"))
	glog.Init(program, flags.Text("log_dir"))
	c.Require(required...)
	if !aligned(c.Int("global.min_io_alignment")) {
		glog.Fatal("minIoAlignment should align to 512")
	}
	pool, err := openPool(c)
	if err != nil {
		glog.Error("%v", err)
		glog.Fatal("Failed to init chunk file pool")
	}
	me, err := becomeKnown(ctx, c)
	if ctx.Err() != nil {
		return 0
	}
	if err != nil {
		glog.Error("%v", err)
		glog.Fatal("Failed to register to MDS.")
	}
	copysets, err := loadCopysets(pathOf(c.Text("copyset.chunk_data_uri")), pathOf(c.Text("copyset.recycler_uri")))
	if err != nil {
		glog.Fatal("Failed to start CopysetNodeManager. %v", err)
	}
	serve(ctx, c, flags, pool, me, copysets)
	<-ctx.Done()
	glog.Info("ChunkServer is going to quit.")
	return 0
}

func aligned(n int) bool { return n > 0 && n%512 == 0 }

// becomeKnown returns this disk's identity, from its own file or new from MDS, confirmed by MDS in both cases.
func becomeKnown(ctx context.Context, c *conf.Conf) (identity, error) {
	storeProtocol, _ := splitURI(c.Text("chunkserver.stor_uri"))
	metaProtocol, path := splitURI(c.Text("chunkserver.meta_uri"))
	known, err := loadIdentity(path)
	if err == nil && known != nil && (storeProtocol != "local" || metaProtocol != "local") {
		err = fmt.Errorf("protocol %s or %s is not supported yet", storeProtocol, metaProtocol)
	}
	if err != nil {
		glog.Error("%v", err)
		glog.Fatal("Failed to GetChunkServerMetaFromLocal.")
	}
	mds := brpc.Endpoints(c.Text("mds.listen.addr"))
	for _, addr := range mds {
		if !brpc.Endpoint(addr) {
			glog.Fatal("Invalid sub mds ip:port provided: %s", addr)
		}
	}
	if len(mds) == 0 {
		glog.Fatal("Invalid mds ip provided: ")
	}
	r := registration{
		mds: mds, retries: c.Int("mds.register_retries"), timeout: c.Millis("mds.register_timeout"),
		request: proto.RegistChunkServerRequest{
			DiskType: c.Text("chunkserver.disk_type"), DiskPath: c.Text("chunkserver.stor_uri"),
			HostIP: c.Text("global.ip"), Port: uint32(c.Int("global.port")),
		},
	}
	if c.On("global.enable_external_server") {
		external := c.Text("global.external_ip")
		r.request.ExternalIP = &external
	}
	me, err := r.register(ctx, known)
	if err != nil {
		return identity{}, err
	}
	faults.Hold(ctx, "chunkserver.hold-after-register")
	if err := me.save(path); err != nil {
		return identity{}, fmt.Errorf("Failed to persist chunkserver meta data: %w", err) //nolint:staticcheck // Curve's words
	}
	return me, nil
}

// serve opens the port first, so that heartbeats never tell of a chunkserver that cannot be reached.
func serve(ctx context.Context, c *conf.Conf, flags *gflags.Set, pool *pool, me identity, sets *copysets) {
	ip, port := c.Text("global.ip"), c.Int("global.port")
	if net.ParseIP(ip) == nil || port <= 0 || port >= 65535 {
		glog.Fatal("Invalid server IP or port provided: %s:%d", ip, port)
	}
	peers := &peers{self: proto.PeerAddress(ip, uint32(port)), copysets: sets}
	addr := fmt.Sprintf("%s:%d", ip, port)
	s := brpc.NewServer(exposeVars(c, addr, pool, sets))
	s.Flags = flags.Each
	s.Page("/raft_stat", func(r *http.Request, w io.Writer) int { peers.stat(r.Context(), w); return http.StatusOK })
	s.Page(copysetsPage, func(_ *http.Request, w io.Writer) int { writeGroups(w, sets); return http.StatusOK })
	brpc.Method(s, "CopysetService", "CreateCopysetNode2",
		func(r *http.Request, req *proto.CreateCopysetRequest) *proto.CreateCopysetResponse {
			faults.Hold(r.Context(), "chunkserver.hold-create-copyset")
			return &proto.CreateCopysetResponse{Status: sets.create(req)}
		})
	brpc.Method(s, "ChunkServerService", "ChunkServerStatus",
		func(*http.Request, *proto.Empty) *proto.ChunkServerStatusResponse {
			return &proto.ChunkServerStatusResponse{CopysetLoadFin: true}
		})
	brpc.Method(s, "ChunkService", "GetChunkInfo", func(*http.Request, *proto.Empty) *proto.Empty { return &proto.Empty{} })
	if _, err := s.Listen(addr); err != nil {
		glog.Error("Fail to start Internal Server: %v", err)
		os.Exit(255)
	}
	heart := &heart{
		mds: brpc.Endpoints(c.Text("mds.listen.addr")), interval: c.Seconds("mds.heartbeat_interval"),
		timeout: c.Millis("mds.heartbeat_timeout"), store: pathOf(c.Text("chunkserver.stor_uri")), identity: me,
		ip: ip, port: uint32(port), started: time.Now().Unix(), pool: pool, copysets: sets, peers: peers,
	}
	go heart.beat(ctx)
}

func exposeVars(c *conf.Conf, addr string, pool *pool, sets *copysets) *brpc.Vars {
	vars := &brpc.Vars{}
	prefix := "chunkserver_" + addr + "_"
	vars.Text("curve_version", version.Curve)
	vars.Text("process_cmdline", fmt.Sprint(os.Args))
	vars.Func(prefix+"chunkfilepool_left", func() string { return fmt.Sprint(pool.left()) })
	vars.Func(prefix+"copyset_count", func() string { return fmt.Sprint(len(sets.all())) })
	c.Each(func(key, value string) { vars.Config(prefix+"config", key, value) })
	return vars
}

func writeGroups(w io.Writer, sets *copysets) {
	groups := []uint64{}
	for _, r := range sets.all() {
		groups = append(groups, r.group)
	}
	_ = json.NewEncoder(w).Encode(groups)
}
