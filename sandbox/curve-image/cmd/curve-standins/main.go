// Curve-standins is one binary with many names: each name is one program of Curve.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"keelson.dev/curve-standins/internal/chunkserver"
	"keelson.dev/curve-standins/internal/format"
	"keelson.dev/curve-standins/internal/mds"
	"keelson.dev/curve-standins/internal/opstool"
	"keelson.dev/curve-standins/internal/snapshotclone"
	"keelson.dev/curve-standins/internal/tool"
)

var programs = map[string]func(args []string) int{
	"curvebs-mds":           mds.Main,
	"curvebs-chunkserver":   chunkserver.Main,
	"curvebs-snapshotclone": snapshotclone.Main,
	"curvebs-tool":          tool.Main,
	"curve_format":          format.Main,
	"curve_ops_tool":        opstool.Main,
}

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if _, ok := programs[name]; !ok && len(args) > 0 {
		name, args = args[0], args[1:]
	}
	run, ok := programs[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "%s is not a program of Curve that has a stand-in\n", name)
		os.Exit(2)
	}
	os.Exit(run(args))
}
