#!/bin/sh
# Compiles the stand-ins into a folder: build.sh OUTDIR. Go and its environment are the caller's. The image then builds
# with this folder as its context and OUTDIR as `out` in it:
#   ./build.sh out && buildah bud --isolation chroot -t curve2operator/curvebs:monitor-v1.2.6 .
set -eu
mkdir -p "${1:?usage: build.sh OUTDIR}"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$out/curve-standins" ./cmd/curve-standins
