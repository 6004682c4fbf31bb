#!/bin/bash
# Fills a containerd root with images, away from any node: a containerd of its own, in a mount and pid namespace of its
# own, imports the archives. The result is what every node starts from.
#
# Arguments: ROOTFS (the nodes' Debian), SCRATCH (an empty folder), TARGET (the containerd root), ARCHIVES…
set -eu
rootfs=$1 scratch=$2 target=$3
shift 3
mkdir -p "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
root=$scratch/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/var/lib/containerd" "$root/archives"
mount --bind "$target" "$root/var/lib/containerd"
cat > "$root/containerd.toml" << 'END'
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
END
chroot "$root" containerd --config /containerd.toml > "$scratch/containerd.log" 2>&1 &
daemon=$!
until [ -S "$root/run/containerd/containerd.sock" ]; do
  kill -0 "$daemon" || { cat "$scratch/containerd.log"; exit 1; }
  sleep 0.05
done
for archive in "$@"; do
  touch "$root/archives/one.tar"
  mount --bind "$archive" "$root/archives/one.tar"
  chroot "$root" ctr -n k8s.io images import /archives/one.tar
  umount "$root/archives/one.tar"
done
kill -TERM "$daemon"
wait "$daemon" || true
