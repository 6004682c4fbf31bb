// Package glog logs the way the glog library does as Curve uses it: everything goes to a file in the log directory, and
// only errors reach stderr. So the log of a container that works is empty.
package glog

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// AbortCode is what a shell and the kubelet see when a program aborts itself (128 + SIGABRT).
const AbortCode = 134

var (
	mu   sync.Mutex
	file *os.File
	exit = os.Exit
)

// Init opens the log file of a program. Without a directory the logs go to /tmp; a directory that cannot be written
// means no file, as with glog.
func Init(program, dir string) {
	if dir == "" {
		dir = os.Getenv("GLOG_log_dir")
	}
	if dir == "" {
		dir = os.TempDir()
	}
	host, _ := os.Hostname()
	name := fmt.Sprintf("%s.%s.root.log.INFO.%s.%d", program, host, time.Now().Format("20060102-150405"), os.Getpid())
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	link := filepath.Join(dir, program+".INFO")
	_ = os.Remove(link)
	_ = os.Symlink(name, link)
	mu.Lock()
	file = f
	mu.Unlock()
}

// Info writes to the file alone.
func Info(format string, args ...any) { write('I', false, format, args) }

// Warning writes to the file alone.
func Warning(format string, args ...any) { write('W', false, format, args) }

// Error writes to the file and to stderr.
func Error(format string, args ...any) { write('E', true, format, args) }

// Fatal writes to the file and to stderr and aborts the program.
func Fatal(format string, args ...any) {
	write('F', true, format, args)
	fmt.Fprintln(os.Stderr, "*** Check failure stack trace: ***")
	exit(AbortCode)
}

func write(level byte, loud bool, format string, args []any) {
	_, path, line, _ := runtime.Caller(2)
	text := fmt.Sprintf("%c%s %d %s:%d] %s\n", level, time.Now().Format("0102 15:04:05.000000"), os.Getpid(),
		filepath.Base(path), line, fmt.Sprintf(format, args...))
	mu.Lock()
	defer mu.Unlock()
	if file != nil {
		_, _ = file.WriteString(text)
	}
	if loud {
		_, _ = os.Stderr.WriteString(text)
	}
}
