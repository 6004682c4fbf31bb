package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keelson.dev/curve-standins/internal/filepool"
)

const chunkBytes = 16781312 // 16 MiB and a page

// tinyDisk mounts an empty file system of so many chunks, and some more room for its own needs.
func (l *lab) tinyDisk(chunks int) string {
	l.t.Helper()
	dir := l.path("disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", chunks*chunkBytes)); err != nil {
		l.t.Fatalf("these tests need root: %v", err)
	}
	l.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func formatFlags(dir string, percent int) []string {
	pool := filepath.Join(dir, "chunkfilepool")
	return []string{fmt.Sprintf("-allocatePercent=%d", percent), "-fileSize=16777216", "-filePoolDir=" + pool,
		"-filePoolMetaPath=" + filepath.Join(dir, "chunkfilepool.meta"), "-fileSystemPath=" + pool}
}

func chunksIn(t *testing.T, dir string) int {
	t.Helper()
	n, err := filepool.Scan(filepath.Join(dir, "chunkfilepool"), chunkBytes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFormatFillsTheWantedShare(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	// 50 % of ten are five; two threads make two each, and one is lost.
	if code, _, stderr := l.run("curve_format", formatFlags(dir, 50)...); code != 0 || stderr != "" {
		t.Fatalf("ended with %d: %s", code, stderr)
	}
	if n := chunksIn(t, dir); n != 4 {
		t.Errorf("%d chunks, want 4", n)
	}
	entries, _ := os.ReadDir(filepath.Join(dir, "chunkfilepool"))
	for _, e := range entries {
		var s syscall.Stat_t
		if err := syscall.Stat(filepath.Join(dir, "chunkfilepool", e.Name()), &s); err != nil || s.Blocks*512 < chunkBytes {
			t.Errorf("%s takes %d bytes on disk, %v", e.Name(), s.Blocks*512, err)
		}
	}
	meta, err := filepool.ReadMeta(filepath.Join(dir, "chunkfilepool.meta"))
	if err != nil || meta.Path != filepath.Join(dir, "chunkfilepool") || meta.FileSize() != chunkBytes {
		t.Errorf("%+v, %v", meta, err)
	}
}

func TestFormatWithoutSpaceSaysSoAndSucceeds(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(4)
	if err := os.WriteFile(filepath.Join(dir, "something"), make([]byte, chunkBytes*2), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := l.run("curve_format", formatFlags(dir, 60)...)
	if code != 0 || !strings.Contains(stderr, "disk free space not enough.") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if exists(filepath.Join(dir, "chunkfilepool.meta")) || chunksIn(t, dir) != 0 {
		t.Error("there is a meta file or a chunk")
	}
}

func TestFormatFails(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(4)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"the folder cannot be made":    append(formatFlags(dir, 50), "-filePoolDir="+file+"/pool"),
		"the file system is not there": append(formatFlags(dir, 50), "-fileSystemPath="+dir+"/nowhere"),
		"the space ends on the way":    append(formatFlags(dir, 50), "-allocateByPercent=false", "-preAllocateNum=12"),
	} {
		if code, _, stderr := l.run("curve_format", args...); code != 255 {
			t.Errorf("%s: ended with %d: %s", name, code, stderr)
		}
		if exists(filepath.Join(dir, "chunkfilepool.meta")) {
			t.Errorf("%s: there is a meta file", name)
		}
	}
}

func TestFormatThatCannotWriteItsMetaFileFails(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(4)
	for _, c := range []struct {
		name, path string
		chunks     int
	}{
		{"its folder is not there", filepath.Join(dir, "nowhere", "chunkfilepool.meta"), 2},
		{"a folder has its name", dir, 0},
		{"the chunks have taken all the space", filepath.Join(dir, "chunkfilepool.meta"), 2},
	} {
		args := append(formatFlags(dir, 50), "-allocateByPercent=false", fmt.Sprintf("-preAllocateNum=%d", c.chunks),
			"-filePoolMetaPath="+c.path)
		code, _, stderr := l.run("curve_format", args...)
		if code != 255 || !strings.Contains(stderr, "persist chunkfile pool meta info failed!") {
			t.Errorf("%s: ended with %d: %s", c.name, code, stderr)
		}
		if _, err := filepool.ReadMeta(c.path); err == nil {
			t.Errorf("%s: there is a meta file", c.name)
		}
	}
}

func TestFormatThatCannotListItsPoolFails(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(4)
	l.fault("curve_format.fail-listing", "")
	code, _, stderr := l.run("curve_format", formatFlags(dir, 50)...)
	if code != 255 || !strings.Contains(stderr, "list dir failed!") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if exists(filepath.Join(dir, "chunkfilepool.meta")) || chunksIn(t, dir) != 0 {
		t.Error("something was made")
	}
}

func TestFormatDeletesAMetaFileThatReadsDifferently(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(6)
	l.fault("curve_format.spoil-meta", "")
	code, _, stderr := l.run("curve_format", formatFlags(dir, 50)...)
	if code != 255 || !strings.Contains(stderr, "chunkfile pool meta info file got something wrong!") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if exists(filepath.Join(dir, "chunkfilepool.meta")) {
		t.Error("the meta file is still there")
	}
}

func TestFormatKilledHalfWayLeavesChunksAndNoMeta(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	l.fault("curve_format.crash-after-chunks", "2")
	l.start("curve_format", formatFlags(dir, 60)...).awaitEnd(128 + int(syscall.SIGKILL))
	if exists(filepath.Join(dir, "chunkfilepool.meta")) {
		t.Error("there is a meta file")
	}
	entries, _ := os.ReadDir(filepath.Join(dir, "chunkfilepool"))
	if len(entries) < 2 {
		t.Errorf("%d chunks remain", len(entries))
	}
}

func TestFormatAgainOnAFilledPoolDoesNothing(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	if code, _, stderr := l.run("curve_format", formatFlags(dir, 60)...); code != 0 {
		t.Fatalf("ended with %d: %s", code, stderr)
	}
	metaPath := filepath.Join(dir, "chunkfilepool.meta")
	before, _ := os.ReadFile(metaPath)
	first := chunksIn(t, dir)
	code, _, stderr := l.run("curve_format", formatFlags(dir, 60)...)
	if code != 0 || !strings.Contains(stderr, "disk free space not enough.") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if after, _ := os.ReadFile(metaPath); string(after) != string(before) || chunksIn(t, dir) != first {
		t.Error("the pool has changed")
	}
}

func TestFormatAgainAfterAKillGoesBeyondTheWantedShare(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	off := l.fault("curve_format.crash-after-chunks", "2")
	l.start("curve_format", formatFlags(dir, 40)...).awaitEnd(128 + int(syscall.SIGKILL))
	off()
	left, _ := os.ReadDir(filepath.Join(dir, "chunkfilepool"))
	if code, _, stderr := l.run("curve_format", formatFlags(dir, 40)...); code != 0 || stderr != "" {
		t.Fatalf("ended with %d: %s", code, stderr)
	}
	all, _ := os.ReadDir(filepath.Join(dir, "chunkfilepool"))
	if len(all) != len(left)+4 {
		t.Errorf("%d chunks, want the %d that were left and 4 more", len(all), len(left))
	}
	if _, err := filepool.ReadMeta(filepath.Join(dir, "chunkfilepool.meta")); err != nil {
		t.Error(err)
	}
}

func TestFormatHoldsAndEndsBySIGTERM(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	l.fault("curve_format.hold-after-chunks=2", "")
	p := l.start("curve_format", formatFlags(dir, 60)...)
	l.awaitReached("curve_format.hold-after-chunks")
	if entries, _ := os.ReadDir(filepath.Join(dir, "chunkfilepool")); len(entries) < 2 || len(entries) > 4 {
		t.Errorf("%d chunks while it holds", len(entries))
	}
	p.signal(syscall.SIGTERM)
	p.awaitEnd(143)
}

func TestFormatGoesOnWhenTheHoldPointIsTakenAway(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	off := l.fault("curve_format.hold-before-meta", "")
	p := l.start("curve_format", formatFlags(dir, 40)...)
	l.awaitReached("curve_format.hold-before-meta")
	if chunksIn(t, dir) != 4 || exists(filepath.Join(dir, "chunkfilepool.meta")) {
		t.Error("not between the last chunk and the meta file")
	}
	off()
	p.awaitEnd(0)
	if !exists(filepath.Join(dir, "chunkfilepool.meta")) {
		t.Error("no meta file")
	}
}

func TestFormatOfThisReleaseKnowsNoBlockSize(t *testing.T) {
	l := newLab(t)
	dir := l.tinyDisk(10)
	args := append(formatFlags(dir, 20), "-blockSize=4096")
	if code, _, stderr := l.run("curve_format", args...); code != 1 || !strings.Contains(stderr, "unknown command line flag 'blockSize'") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	if code, _, stderr := l.run("curve_format", append(args, "-undefok", "blockSize")...); code != 0 {
		t.Errorf("with -undefok: ended with %d: %s", code, stderr)
	}
}
