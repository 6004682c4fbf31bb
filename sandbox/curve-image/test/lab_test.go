// Package test runs the stand-ins as processes, beside a real etcd and a real nginx, and looks at them from outside.
package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// scale makes every waiting time of the stand-ins twenty times shorter: a heartbeat each half second, UNSTABLE after a
// second and a half, a registration given up after five.
const scale = "0.05"

// patience is how long a test waits for what must come. It bounds failures; success never waits for it.
const patience = 30 * time.Second

var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "curve-standins-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bin = dir
		build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "curve-standins"), "../cmd/curve-standins")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Printf("%s\n", out)
			return 1
		}
		for _, name := range []string{"curvebs-mds", "curvebs-chunkserver", "curvebs-snapshotclone", "curvebs-tool",
			"curve_format", "curve_ops_tool"} {
			if err := os.Symlink("curve-standins", filepath.Join(dir, name)); err != nil {
				panic(err)
			}
		}
		return m.Run()
	}())
}

// lab is one cluster on loopback addresses of its own.
type lab struct {
	t   *testing.T
	dir string
	net string // the first three numbers of its addresses

	etcdClient string // ip:port of etcd, once it is started
	mdsAddrs   []string
	mdsDummies []int

	env []string
}

var labs atomic.Int32

func newLab(t *testing.T) *lab {
	t.Parallel()
	n := labs.Add(1)
	l := &lab{t: t, dir: t.TempDir(), net: fmt.Sprintf("127.77.%d", n)}
	l.env = append(os.Environ(), "CURVE_CLOCK_SCALE="+scale, "CURVE_CONNECT_TIMEOUT="+patience.String(),
		"CURVE_FAULTS_DIR="+l.path("faults"), "GLOG_log_dir="+l.dir)
	return l
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// host is the address of the lab's nth machine, from 1.
func (l *lab) host(n int) string { return fmt.Sprintf("%s.%d", l.net, n) }

func (l *lab) write(name, text string) string {
	l.t.Helper()
	path := l.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// fault switches a fault on; the function that it returns switches it off.
func (l *lab) fault(name, value string) (off func()) {
	l.t.Helper()
	path := l.write(filepath.Join("faults", name), value)
	return func() { os.Remove(path) }
}

// awaitReached waits until a process stands at a hold point.
func (l *lab) awaitReached(name string) {
	l.t.Helper()
	l.await("hold point "+name+" reached", func() bool { return exists(l.path("faults", "reached", name)) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits until a condition holds.
func (l *lab) await(what string, holds func() bool) {
	l.t.Helper()
	l.awaitWithin(patience, what, holds)
}

func (l *lab) awaitWithin(limit time.Duration, what string, holds func() bool) {
	l.t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("waited %s in vain: %s", limit, what)
		}
	}
}

// Ports that nobody gets without asking for them: below those that the kernel gives to outgoing connections and to
// servers that want any port. So none is taken between the moment it is found free and its use, which may be seconds.
const firstPort, ports = 24000, 6000

var lastPort atomic.Int32

// Where to begin is chance, for another run of these tests may go on beside this one.
func init() { lastPort.Store(rand.Int32N(ports)) }

// freePort finds a port that is free on all addresses. No port is given twice.
func freePort(t *testing.T) int {
	t.Helper()
	for range ports {
		port := firstPort + int(lastPort.Add(1))%ports
		if s, err := net.Listen("tcp", fmt.Sprintf("0.0.0.0:%d", port)); err == nil {
			s.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func listens(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// process is a program that runs beside the test.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr *lockedBuffer
	ended  chan struct{}
	code   int
	since  time.Time
	lived  time.Duration
}

type lockedBuffer struct {
	mu  chan struct{}
	buf bytes.Buffer
}

func newBuffer() *lockedBuffer {
	b := &lockedBuffer{mu: make(chan struct{}, 1)}
	b.mu <- struct{}{}
	return b
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	<-b.mu
	defer func() { b.mu <- struct{}{} }()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	<-b.mu
	defer func() { b.mu <- struct{}{} }()
	return b.buf.String()
}

// start runs a program until it ends by itself or the test does.
func (l *lab) start(name string, args ...string) *process {
	l.t.Helper()
	if !strings.Contains(name, "/") {
		name = filepath.Join(bin, name)
	}
	p := &process{t: l.t, cmd: exec.Command(name, args...), stderr: newBuffer(), ended: make(chan struct{}), since: time.Now()}
	p.cmd.Env, p.cmd.Dir = l.env, l.dir
	p.cmd.Stderr, p.cmd.Stdout = p.stderr, p.stderr
	// A test that is killed leaves nothing behind, and neither does a program that has children of its own.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	go func() {
		p.code = exitCode(p.cmd.Wait())
		p.lived = time.Since(p.since)
		close(p.ended)
	}()
	l.t.Cleanup(p.kill)
	return p
}

// exitCode is what a shell sees: 128 and the signal for one that was killed.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
		return 128 + int(s.Signal())
	}
	return exit.ExitCode()
}

func (p *process) kill()                   { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); <-p.ended }
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *process) runs() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// awaitEnd waits until the program ends by itself and checks its exit code.
func (p *process) awaitEnd(code int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s still runs after %s\n%s", p.cmd.Path, patience, p.stderr)
	}
	if p.code != code {
		p.t.Fatalf("%s ended with %d, want %d\n%s", p.cmd.Path, p.code, code, p.stderr)
	}
}

func (p *process) says(text string) {
	p.t.Helper()
	if !strings.Contains(p.stderr.String(), text) {
		p.t.Fatalf("%s did not say %q but:\n%s", p.cmd.Path, text, p.stderr)
	}
}

// run executes a program to its end.
func (l *lab) run(name string, args ...string) (code int, stdout, stderr string) {
	l.t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = l.env, l.dir, &out, &errs
	code = exitCode(cmd.Run())
	return code, out.String(), errs.String()
}

// page fetches a page as curl would; an empty text means no answer.
func page(url string) (int, string) {
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("User-Agent", "curl/8")
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}
