// Package format stands in for curve_format: it fills a pool folder with chunks and writes the pool's meta file.
package format

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"keelson.dev/curve-standins/internal/brpc"
	"keelson.dev/curve-standins/internal/faults"
	"keelson.dev/curve-standins/internal/filepool"
	"keelson.dev/curve-standins/internal/gflags"
	"keelson.dev/curve-standins/internal/glog"
)

const (
	program = "curve_format"
	failed  = 255
)

// Main makes the chunks and the meta file. Too little space is no failure: it says so on stderr, writes no meta file and
// ends with 0.
func Main(args []string) int {
	f := gflags.New()
	f.Bool("allocateByPercent", "true")
	f.Bool("needWriteZero", "true")
	f.Uint("fileSize", "16777216")
	f.Uint("metaPagSize", "4096")
	f.Uint("preAllocateNum", "0")
	f.Uint("allocatePercent", "80")
	f.String("fileSystemPath", "./")
	f.String("filePoolDir", "./filePool/")
	f.String("filePoolMetaPath", "./filePool.meta")
	if _, err := f.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	brpc.CatchSignals(false) // process number one must end by SIGTERM, too
	glog.Init(program, f.Text("log_dir"))
	faults.AtStart(program)

	dir, metaPath := f.Text("filePoolDir"), f.Text("filePoolMetaPath")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		glog.Error("mkdir failed!, %s: %v", dir, err)
		return failed
	}
	highest, err := highestChunk(dir)
	if err != nil {
		glog.Error("list dir failed!, %s: %v", dir, err)
		return failed
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(f.Text("fileSystemPath"), &fs); err != nil {
		glog.Error("get disk usage info failed! %v", err)
		return failed
	}
	total, available := fs.Blocks*uint64(fs.Bsize), fs.Bavail*uint64(fs.Bsize)
	meta := filepool.Meta{
		ChunkSize: uint32(f.Number("fileSize")), MetaPageSize: uint32(f.Number("metaPagSize")), Path: dir,
	}
	count := uint64(f.Number("preAllocateNum"))
	if f.On("allocateByPercent") {
		percent := uint64(f.Number("allocatePercent"))
		free := available * 100 / max(1, total)
		glog.Info("free space = %d, total space = %d, freepercent = %d", available, total, free)
		if free < percent {
			glog.Error("disk free space not enough.")
			return 0
		}
		count = percent * total / 100 / uint64(meta.FileSize())
	}
	a := &allocator{dir: dir, size: meta.FileSize(), writeZero: f.On("needWriteZero"), next: highest + 1}
	if !a.run(count / 2) {
		glog.Error("allocate got something wrong, please check.")
		return failed
	}
	faults.Hold(context.Background(), program+".hold-before-meta")
	if !writeMeta(meta, metaPath) {
		return failed
	}
	faults.Hold(context.Background(), program+".hold-before-exit")
	return 0
}

// highestChunk is the biggest number among the names; a name that is no number counts as zero.
func highestChunk(dir string) (uint64, error) {
	entries, err := os.ReadDir(dir)
	if faults.On(program + ".fail-listing") {
		err = syscall.EIO
	}
	if err != nil {
		return 0, err
	}
	highest := uint64(0)
	for _, e := range entries {
		n, _ := strconv.ParseUint(e.Name(), 10, 64)
		highest = max(highest, n)
	}
	return highest, nil
}

func writeMeta(meta filepool.Meta, path string) bool {
	if err := meta.Write(path); err != nil {
		glog.Error("persist chunkfile pool meta info failed! %v", err)
		return false
	}
	if faults.On(program + ".spoil-meta") {
		_ = os.Truncate(path, 1)
	}
	read, err := filepool.ReadMeta(path)
	if err != nil {
		glog.Error("chunkfile pool meta info file got something wrong! %v", err)
		_ = os.Remove(path)
		return false
	}
	if read != meta {
		glog.Error("meta file has something wrong")
		return false
	}
	return true
}

// allocator makes chunks on two threads. Each takes half of the number, so an odd one is rounded down. Numbers go on
// from the highest there is; the first is one higher than one would expect, as Curve's is (2 in an empty folder).
type allocator struct {
	dir       string
	size      int64
	writeZero bool

	mu     sync.Mutex
	next   uint64
	done   int
	failed bool
}

func (a *allocator) run(each uint64) bool {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { a.thread(each) })
	}
	wg.Wait()
	return !a.failed
}

func (a *allocator) thread(count uint64) {
	var zeros []byte
	if a.writeZero {
		zeros = make([]byte, a.size)
	}
	for range count {
		a.mu.Lock()
		a.next++
		path := filepath.Join(a.dir, strconv.FormatUint(a.next, 10))
		a.mu.Unlock()
		if err := makeChunk(path, a.size, zeros); err != nil {
			glog.Error("%v", err)
			a.mu.Lock()
			a.failed = true
			a.mu.Unlock()
			return
		}
		a.finished()
	}
}

// finished counts a chunk and obeys the faults that come after so many.
func (a *allocator) finished() {
	a.mu.Lock()
	a.done++
	done := a.done
	a.mu.Unlock()
	if n, ok := faults.Int(program + ".crash-after-chunks"); ok && done >= n {
		glog.Error("fault crash-after-chunks: ending by SIGKILL")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		// The first process of a container is spared by its own signals; from outside its end looks the same.
		os.Exit(128 + int(syscall.SIGKILL))
	}
	if n, ok := faults.Int(program + ".hold-after-chunks"); ok && done >= n {
		faults.Hold(context.Background(), program+".hold-after-chunks")
	}
}

// makeChunk takes real space: it reserves all blocks, writes zeros over them and waits for the disk.
func makeChunk(path string, size int64, zeros []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("file open failed, %s: %w", path, err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, size); err != nil {
		return fmt.Errorf("Fallocate failed, %s: %w", path, err) //nolint:staticcheck // Curve's words
	}
	if zeros != nil {
		if _, err := f.WriteAt(zeros, 0); err != nil {
			return fmt.Errorf("write failed, %s: %w", path, err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("fsync failed, %s: %w", path, err)
	}
	return nil
}
