package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// render fills a template of the image as a deployment does: variables, then values by key.
func (l *lab) render(template string, vars, keys map[string]string) string {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join("../image/conf", template))
	if err != nil {
		l.t.Fatal(err)
	}
	delimiter := "="
	if template == "etcd.conf" {
		delimiter = ": "
	}
	var lines []string
	for line := range strings.SplitSeq(string(text), "\n") {
		line = placeholder.ReplaceAllStringFunc(line, func(v string) string {
			value, ok := vars[v[2:len(v)-1]]
			if !ok {
				l.t.Fatalf("%s: no value for %s", template, v)
			}
			return value
		})
		if key, _, found := strings.Cut(line, delimiter); found {
			if value, ok := keys[key]; ok {
				line = key + delimiter + value
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// startEtcd runs one real etcd member on host 1. Its elections are quick, so that leases may be short.
func (l *lab) startEtcd() *process {
	l.t.Helper()
	if l.etcdClient == "" {
		l.etcdClient = fmt.Sprintf("%s:%d", l.host(1), freePort(l.t))
	}
	prefix := l.path("etcd")
	for _, d := range []string{"data", "logs"} {
		if err := os.MkdirAll(filepath.Join(prefix, d), 0o700); err != nil {
			l.t.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(l.etcdClient, ":")
	peer := strconv.Itoa(freePort(l.t))
	conf := l.write("etcd.conf", l.render("etcd.conf", map[string]string{
		"service_host_sequence": "0", "service_replica_sequence": "0", "prefix": prefix, "service_addr": host,
		"service_port": peer, "service_client_port": port,
		"cluster_etcd_http_addr": "etcd00=http://" + host + ":" + peer,
	}, map[string]string{"heartbeat-interval": "50", "election-timeout": "500", "initial-cluster-state": "new"}))
	p := l.start("/usr/bin/etcd", "--config-file", conf)
	l.await("etcd is healthy", func() bool {
		_, text := page("http://" + l.etcdClient + "/health")
		return strings.Contains(text, `"true"`)
	})
	return p
}

// planMDS fixes the addresses of n instances before any of them runs.
func (l *lab) planMDS(n int) {
	for i := range n {
		l.mdsAddrs = append(l.mdsAddrs, fmt.Sprintf("%s:%d", l.host(i+1), freePort(l.t)))
		l.mdsDummies = append(l.mdsDummies, freePort(l.t))
	}
}

// patientSession is ten seconds here: a machine that stalls for some seconds must not end a session that a test does not
// mean to end.
const patientSession = "200"

// patientEtcd and templateEtcd are how long mds and snapshotclone wait for etcd, in milliseconds: five seconds here, and
// a quarter of one. The latter is for tests that mean the failure.
const patientEtcd, templateEtcd = "100000", "5000"

// mdsGivesUpSoon has mds wait for etcd as the template says.
var mdsGivesUpSoon = map[string]string{"mds.etcd.dailtimeoutMs": templateEtcd, "mds.etcd.operation.timeoutMs": templateEtcd}

func (l *lab) mdsConf(i int, keys map[string]string) string {
	all := map[string]string{"mds.leader.sessionInterSec": patientSession,
		"mds.etcd.dailtimeoutMs": patientEtcd, "mds.etcd.operation.timeoutMs": patientEtcd}
	maps.Copy(all, keys)
	keys = all
	host, port, _ := strings.Cut(l.mdsAddrs[i], ":")
	return l.write(fmt.Sprintf("mds%d.conf", i), l.render("mds.conf", map[string]string{
		"service_addr": host, "service_port": port, "service_dummy_port": strconv.Itoa(l.mdsDummies[i]),
		"cluster_etcd_addr": l.etcdClient, "cluster_snapshotclone_proxy_addr": "", "prefix": l.path("mds" + strconv.Itoa(i)),
	}, keys))
}

func (l *lab) startMDS(i int, keys map[string]string) *process {
	l.t.Helper()
	return l.start("curvebs-mds", "--confPath="+l.mdsConf(i, keys), "-log_dir="+l.dir, "-graceful_quit_on_sigterm=true")
}

func (l *lab) mdsRole(i int) string {
	_, text := page(fmt.Sprintf("http://%s:%d/vars/mds_status?console=1", l.host(i+1), l.mdsDummies[i]))
	return strings.TrimSpace(text)
}

const leads = `mds_status : "leader"`

// awaitLeader waits until one instance leads and its service port is open; it returns which.
func (l *lab) awaitLeader(among ...int) int {
	l.t.Helper()
	leader := -1
	l.await("one mds leads and listens", func() bool {
		for _, i := range among {
			if l.mdsRole(i) == leads && listens(l.mdsAddrs[i]) {
				leader = i
				return true
			}
		}
		return false
	})
	return leader
}

// startCore runs etcd and one mds.
func (l *lab) startCore(keys map[string]string) (etcd, mds *process) {
	l.t.Helper()
	etcd = l.startEtcd()
	l.planMDS(1)
	mds = l.startMDS(0, keys)
	l.awaitLeader(0)
	return etcd, mds
}

// disk is one chunkserver: its data folder and its address.
type disk struct {
	l    *lab
	dir  string
	ip   string
	port int
	keys map[string]string
}

// smallChunk keeps pools small where the size of a chunk does not matter.
const smallChunk = 4096

// newDisk makes a data folder with a pool of n small chunks, as curve_format leaves it.
func (l *lab) newDisk(host, n int) *disk {
	l.t.Helper()
	d := &disk{l: l, ip: l.host(host), port: freePort(l.t), keys: map[string]string{"global.chunk_size": strconv.Itoa(smallChunk)}}
	d.dir = l.path(fmt.Sprintf("disk-%d-%d", host, d.port))
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	d.format(n)
	return d
}

func (d *disk) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}
func (d *disk) addr() string { return fmt.Sprintf("%s:%d", d.ip, d.port) }

func (d *disk) format(n int) {
	d.l.t.Helper()
	code, _, stderr := d.l.run("curve_format", "-allocateByPercent=false", fmt.Sprintf("-preAllocateNum=%d", n),
		fmt.Sprintf("-fileSize=%d", smallChunk), "-filePoolDir="+d.path("chunkfilepool"),
		"-filePoolMetaPath="+d.path("chunkfilepool.meta"), "-fileSystemPath="+d.path("chunkfilepool"))
	if code != 0 {
		d.l.t.Fatalf("curve_format ended with %d\n%s", code, stderr)
	}
}

// flags are CurveAdm's, in its order.
func (d *disk) flags() []string {
	keys := d.keys
	conf := d.l.write(fmt.Sprintf("chunkserver-%d.conf", d.port), d.l.render("chunkserver.conf", map[string]string{
		"service_addr": d.ip, "service_port": strconv.Itoa(d.port), "service_external_addr": d.ip,
		"cluster_mds_addr": strings.Join(d.l.mdsAddrs, ","), "prefix": d.l.path("chunkserver"),
	}, keys))
	return []string{
		"-conf=" + conf, "-enableExternalServer=false", "-copySetUri=local://" + d.path("copysets"),
		"-raftLogUri=curve://" + d.path("copysets"), "-raftSnapshotUri=curve://" + d.path("copysets"),
		"-raft_sync_segments=true", "-raft_max_install_snapshot_tasks_num=1", "-chunkServerIp=" + d.ip,
		"-chunkFilePoolDir=" + d.dir, "-walFilePoolDir=" + d.dir, "-raft_sync=true", "-raft_max_segment_size=8388608",
		"-raft_use_fsync_rather_than_fdatasync=false", "-chunkFilePoolMetaPath=" + d.path("chunkfilepool.meta"),
		"-chunkServerStoreUri=local://" + d.dir, "-chunkServerMetaUri=local://" + d.path("chunkserver.dat"),
		"-bthread_concurrency=18", "-raft_sync_meta=true", "-chunkServerExternalIp=" + d.ip,
		fmt.Sprintf("-chunkServerPort=%d", d.port), "-walFilePoolMetaPath=" + d.path("walfilepool.meta"),
		"-recycleUri=local://" + d.path("recycler"), "-graceful_quit_on_sigterm=true", "-log_dir=" + d.l.dir,
	}
}

func (d *disk) start() *process {
	d.l.t.Helper()
	return d.l.start("curvebs-chunkserver", d.flags()...)
}

// id reads chunkserver.dat; 0 means that there is none.
func (d *disk) id() int {
	var dat struct{ ID int }
	text, err := os.ReadFile(d.path("chunkserver.dat"))
	if err != nil || json.Unmarshal(text, &dat) != nil {
		return 0
	}
	return dat.ID
}

func (d *disk) awaitListening() {
	d.l.t.Helper()
	d.l.await(d.addr()+" listens", func() bool { return listens(d.addr()) })
}

// mapRow is one server of a cluster map.
type mapRow map[string]any

func row(name, ip string, port int, zone string) mapRow {
	return mapRow{"name": name, "internalip": ip, "internalport": port, "externalip": ip, "externalport": port,
		"zone": zone, "physicalpool": "pool1", "poolset": "default"}
}

func pool(name string, copysets int) mapRow {
	return mapRow{"name": name, "replicasnum": 3, "zonenum": 3, "copysetnum": copysets, "type": 0, "scatterwidth": 0,
		"physicalpool": "pool1"}
}

// clusterMap writes a map and returns its path.
func (l *lab) clusterMap(servers []mapRow, pools ...mapRow) string {
	l.t.Helper()
	text, err := json.Marshal(map[string]any{"servers": servers, "logicalpools": pools, "npools": 1,
		"poolsets": []mapRow{{"name": "default", "type": "ssd"}}})
	if err != nil {
		l.t.Fatal(err)
	}
	return l.write("topology.json", string(text))
}

func (l *lab) toolsConf() string {
	var dummies []string
	for _, d := range l.mdsDummies {
		dummies = append(dummies, strconv.Itoa(d))
	}
	return l.write("tools.conf", l.render("tools.conf", map[string]string{
		"cluster_mds_addr": strings.Join(l.mdsAddrs, ","), "cluster_mds_dummy_port": strings.Join(dummies, ","),
		"cluster_etcd_addr": l.etcdClient, "cluster_snapshotclone_addr": "127.0.0.1:1", "cluster_snapshotclone_dummy_port": "1",
	}, map[string]string{"rpcTimeout": "5000"}))
}

// tool runs curvebs-tool and checks its exit code.
func (l *lab) tool(want int, op, mapPath string, more ...string) (stderr string) {
	l.t.Helper()
	args := append([]string{"-op=" + op, "-cluster_map=" + mapPath, "-confPath=" + l.toolsConf()}, more...)
	code, _, stderr := l.run("curvebs-tool", args...)
	if code != want {
		l.t.Fatalf("curvebs-tool %s ended with %d, want %d\n%s", op, code, want, stderr)
	}
	return stderr
}

// ops runs curve_ops_tool and returns its exit code and what it prints.
func (l *lab) ops(args ...string) (int, string) {
	l.t.Helper()
	code, stdout, _ := l.run("curve_ops_tool", append(args, "-confPath="+l.toolsConf())...)
	return code, stdout
}

// opsOK wants exit code 0.
func (l *lab) opsOK(args ...string) string {
	l.t.Helper()
	code, out := l.ops(args...)
	if code != 0 {
		l.t.Fatalf("curve_ops_tool %v ended with %d\n%s", args, code, out)
	}
	return out
}

// opsSoonOK waits for exit code 0. What the command says depends on processes that must answer within a second or less,
// and any of them may stall.
func (l *lab) opsSoonOK(args ...string) string {
	l.t.Helper()
	return l.opsSoonLike("", args...)
}

// opsSoonLike also waits until what it prints is like the pattern.
func (l *lab) opsSoonLike(pattern string, args ...string) string {
	l.t.Helper()
	like := regexp.MustCompile(pattern)
	var code int
	var out string
	defer func() {
		if l.t.Failed() {
			l.t.Logf("curve_ops_tool %v ended with %d\n%s", args, code, out)
		}
	}()
	l.await(fmt.Sprintf("curve_ops_tool %v is content and prints something like %q", args, pattern), func() bool {
		code, out = l.ops(args...)
		return code == 0 && like.MatchString(out)
	})
	return out
}

// rows reads the lines of a list as fields.
func rows(out, first string) []map[string]string {
	var all []map[string]string
	for line := range strings.SplitSeq(out, "\n") {
		if !strings.HasPrefix(line, first+" = ") {
			continue
		}
		fields := map[string]string{}
		for part := range strings.SplitSeq(line, ", ") {
			if k, v, ok := strings.Cut(part, " = "); ok {
				fields[k] = v
			}
		}
		all = append(all, fields)
	}
	return all
}

func (l *lab) chunkServers() []map[string]string {
	l.t.Helper()
	return rows(l.opsOK("chunkserver-list", "-checkHealth=false"), "chunkServerID")
}

func (l *lab) onlineState(id int) string {
	for _, r := range l.chunkServers() {
		if r["chunkServerID"] == strconv.Itoa(id) {
			return r["onlineState"]
		}
	}
	return "absent"
}

// threeDisks deploys as far as three registered chunkservers in three zones.
func (l *lab) threeDisks(keys map[string]string) ([]*disk, []*process) {
	l.t.Helper()
	l.startCore(keys)
	disks := []*disk{l.newDisk(1, 2), l.newDisk(2, 2), l.newDisk(3, 2)}
	l.tool(0, "create_physicalpool", l.clusterMap(l.rowsOf(disks), pool("pool1", 9)))
	var processes []*process
	for _, d := range disks {
		processes = append(processes, d.start())
	}
	for _, d := range disks {
		d.awaitListening()
	}
	return disks, processes
}

func (l *lab) rowsOf(disks []*disk) []mapRow {
	var servers []mapRow
	for i, d := range disks {
		servers = append(servers, row(fmt.Sprintf("node%d_%d_0", i+1, i), d.ip, d.port, fmt.Sprintf("zone%d", i%3+1)))
	}
	return servers
}

// topologyKeys lists etcd's keys of one kind.
func (l *lab) post(service, method, body string) map[string]any {
	l.t.Helper()
	answer := map[string]any{}
	for _, addr := range l.mdsAddrs {
		if text, ok := postJSON("http://"+addr+"/"+service+"/"+method, body); ok {
			if err := json.Unmarshal([]byte(text), &answer); err != nil {
				l.t.Fatal(err)
			}
			return answer
		}
	}
	l.t.Fatalf("no mds answers %s", method)
	return nil
}

func stop(p *process) { p.signal(syscall.SIGTERM); <-p.ended }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
