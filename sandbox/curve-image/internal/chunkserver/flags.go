package chunkserver

import (
	"strings"

	"keelson.dev/curve-standins/internal/conf"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
)

// mustBeGiven are flags without which a chunkserver aborts, in the order in which it looks, with the conf key that each
// one replaces. The conf file's own value never counts.
var mustBeGiven = []struct{ flag, key string }{
	{"chunkServerIp", "global.ip"},
	{"chunkServerPort", "global.port"},
	{"chunkServerStoreUri", "chunkserver.stor_uri"},
	{"chunkServerMetaUri", "chunkserver.meta_uri"},
	{"copySetUri", "copyset.chunk_data_uri"},
	{"raftSnapshotUri", "copyset.raft_snapshot_uri"},
	{"raftLogUri", "copyset.raft_log_uri"},
	{"recycleUri", "copyset.recycler_uri"},
	{"chunkFilePoolDir", "chunkfilepool.chunk_file_pool_dir"},
	{"chunkFilePoolMetaPath", "chunkfilepool.meta_path"},
	{"walFilePoolDir", "walfilepool.file_pool_dir"},
	{"walFilePoolMetaPath", "walfilepool.meta_path"},
}

// mayBeGiven replace a conf key only when they are there.
var mayBeGiven = []struct{ flag, key string }{
	{"enableExternalServer", "global.enable_external_server"},
	{"chunkServerExternalIp", "global.external_ip"},
	{"mdsListenAddr", "mds.listen.addr"},
	{"logPath", "chunkserver.common.logDir"},
	{"copysetLoadConcurrency", "copyset.load_concurrency"},
	{"enableChunkfilepool", "chunkfilepool.enable_get_chunk_from_pool"},
	{"enableWalfilepool", "walfilepool.enable_get_segment_from_pool"},
}

// required are the keys without which the real chunkserver aborts, whether this one uses them or not.
var required = []string{
	"chunkfilepool.cpmeta_file_size", "chunkfilepool.enable_get_chunk_from_pool", "chunkfilepool.meta_path",
	"chunkserver.disk_type", "chunkserver.meta_uri", "chunkserver.stor_uri", "clone.disable_curve_client",
	"clone.disable_s3_adapter", "clone.enable_paste", "clone.queue_depth", "clone.slice_size", "clone.thread_num",
	"copyset.catchup_margin", "copyset.check_loadmargin_interval_ms", "copyset.check_retrytimes",
	"copyset.chunk_data_uri", "copyset.election_timeout_ms", "copyset.enable_odsync_when_open_chunkfile",
	"copyset.finishload_margin", "copyset.load_concurrency", "copyset.max_inflight_requests", "copyset.raft_log_uri",
	"copyset.raft_meta_uri", "copyset.raft_snapshot_uri", "copyset.recycler_uri", "copyset.snapshot_interval_s",
	"curve.config_path", "curve.root_password", "curve.root_username", "fs.enable_renameat2", "global.chunk_size",
	"global.enable_external_server", "global.external_ip", "global.ip", "global.location_limit",
	"global.meta_page_size", "global.min_io_alignment", "global.port", "mds.heartbeat_interval",
	"mds.heartbeat_timeout", "mds.listen.addr", "mds.register_retries", "mds.register_timeout", "metric.onoff",
	"rconcurrentapply.queuedepth", "rconcurrentapply.size", "s3.config_path", "trash.expire_afterSec",
	"trash.scan_periodSec", "walfilepool.use_chunk_file_pool", "wconcurrentapply.queuedepth", "wconcurrentapply.size",
}

func parseFlags(args []string) (*gflags.Set, error) {
	f := gflags.New()
	for _, name := range []string{"conf", "chunkServerIp", "chunkServerStoreUri", "chunkServerMetaUri", "copySetUri",
		"raftSnapshotUri", "raftLogUri", "recycleUri", "chunkFilePoolDir", "chunkFilePoolMetaPath", "walFilePoolDir",
		"walFilePoolMetaPath", "chunkServerExternalIp", "mdsListenAddr", "logPath"} {
		f.String(name, "")
	}
	f.Int("chunkServerPort", "8200")
	f.Uint("copysetLoadConcurrency", "5")
	for _, name := range []string{"enableExternalServer", "enableChunkfilepool", "enableWalfilepool",
		// braft's
		"raft_sync", "raft_sync_meta", "raft_sync_segments", "raft_use_fsync_rather_than_fdatasync",
		"raft_enable_leader_lease"} {
		f.Bool(name, "false")
	}
	for _, name := range []string{"raft_max_segment_size", "raft_max_install_snapshot_tasks_num",
		"raft_election_heartbeat_factor", "raft_max_entries_size", "raft_max_body_size"} {
		f.Int(name, "0")
	}
	_, err := f.Parse(args)
	return f, err
}

func loadConf(f *gflags.Set) *conf.Conf {
	c, err := conf.Load(f.Text("conf"))
	if err != nil {
		glog.Error("Open config file '%s' failed", f.Text("conf"))
		glog.Fatal("load chunkserver configuration fail, conf path = %s", f.Text("conf"))
	}
	for _, m := range mustBeGiven {
		if !f.Given(m.flag) {
			glog.Fatal("%s must be set when run chunkserver in command.", m.flag)
		}
		c.Set(m.key, f.Text(m.flag))
	}
	for _, m := range mayBeGiven {
		if f.Given(m.flag) {
			c.Set(m.key, f.Text(m.flag))
		}
	}
	return c
}

// splitURI cuts protocol://path.
func splitURI(uri string) (protocol, path string) {
	protocol, path, _ = strings.Cut(uri, "://")
	return protocol, path
}

func pathOf(uri string) string {
	_, path := splitURI(uri)
	return path
}
