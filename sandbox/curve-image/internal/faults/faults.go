// Package faults lets a test make a stand-in fail, or stop at a proven place, by creating a file.
//
// A fault is a file named after it, in one of the directories below; what the file holds is its value, or the name ends
// in "=value". Without such a directory nothing ever changes. A stand-in that reaches a hold point writes
// reached/<name> beside the file and goes on once the file is gone.
package faults

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"keelson.dev/curve-standins/internal/glog"
)

// DirEnv names the directories, separated by colons.
const DirEnv = "CURVE_FAULTS_DIR"

// Env holds faults as name or name=value, separated by commas: for pods whose file system a test cannot reach in time.
const Env = "CURVE_FAULTS"

// The data and log directories are mounted from the node, so a test can put a fault there before the pod starts.
var defaultDirs = []string{"/curvebs/faults", "/curvebs/*/data/.faults", "/curvebs/*/logs/.faults"}

const pollInterval = 50 * time.Millisecond

// Get returns a fault's value and whether it is switched on.
func Get(name string) (string, bool) {
	if _, value, ok := find(name); ok {
		return value, true
	}
	for item := range strings.SplitSeq(os.Getenv(Env), ",") {
		key, value, _ := strings.Cut(item, "=")
		if key == name && key != "" {
			return value, true
		}
	}
	return "", false
}

// On says whether a fault is switched on.
func On(name string) bool {
	_, ok := Get(name)
	return ok
}

// Int returns a fault's value as a number; a value that is none counts as zero.
func Int(name string) (int, bool) {
	v, ok := Get(name)
	n, _ := strconv.Atoi(v)
	return n, ok
}

// Hold stops here while a fault is switched on by a file, or until ctx ends.
func Hold(ctx context.Context, name string) {
	file, _, ok := find(name)
	if !ok {
		return
	}
	Reached(file, name)
	for ok && ctx.Err() == nil {
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
		}
		_, _, ok = find(name)
	}
	glog.Info("fault %s: going on", name)
}

// Reached leaves the mark by which a test sees that a hold point was reached.
func Reached(file, name string) {
	dir := filepath.Join(filepath.Dir(file), "reached")
	_ = os.MkdirAll(dir, 0o755)
	_ = os.WriteFile(filepath.Join(dir, name), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
	glog.Info("fault %s: holding", name)
}

// AtStart obeys the faults that every program has: <program>.hold-at-start and <program>.exit=CODE.
func AtStart(program string) {
	Hold(context.Background(), program+".hold-at-start")
	if code, ok := Int(program + ".exit"); ok {
		glog.Error("fault %s.exit: ending with %d", program, code)
		os.Exit(code)
	}
}

func find(name string) (file, value string, ok bool) {
	for _, pattern := range dirs() {
		matches, _ := filepath.Glob(pattern)
		for _, dir := range matches {
			file = filepath.Join(dir, name)
			if content, err := os.ReadFile(file); err == nil {
				return file, strings.TrimSpace(string(content)), true
			}
			if more, _ := filepath.Glob(file + "=*"); len(more) > 0 {
				return more[0], strings.TrimPrefix(filepath.Base(more[0]), name+"="), true
			}
		}
	}
	return "", "", false
}

func dirs() []string {
	if v := os.Getenv(DirEnv); v != "" {
		return strings.Split(v, ":")
	}
	return defaultDirs
}
