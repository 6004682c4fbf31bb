#!/bin/bash
# The first process of a node. It begins in fresh mount, pid, uts, ipc and cgroup namespaces and in the node's network
# namespace; it makes them a machine (own root, own /dev, own /sys and cgroups), starts containerd, kubelet and
# kube-proxy, and from then on only waits. Killing it is a power cut: everything on the node dies at once.
#
# From the environment: NODE (name), HOME_DIR (the node's folder in the sandbox's state), ROOTFS (the Debian that all
# nodes share), BIN (Kubernetes' programs), DISKS ("/dev/vdc=/dev/loop3 …").
set -eu

# /proc still is the host's here, so this is the pid by which the host knows this process.
read -r pid _ < /proc/self/stat
echo "$pid" > "$HOME_DIR/pid.new"
mv "$HOME_DIR/pid.new" "$HOME_DIR/pid"

root=$HOME_DIR/root
mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$HOME_DIR/upper,workdir=$HOME_DIR/work" "$root"
mount -t proc proc "$root/proc"

# A new /sys shows the node's own network interfaces.
mount -t sysfs sysfs "$root/sys"
cgroups=$root/sys/fs/cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$cgroups"
  # In version 2 only leaves may hold processes: the pods' groups are to be the neighbours of this one.
  mkdir -p "$cgroups/system"
  echo 1 > "$cgroups/system/cgroup.procs"
  for controller in $(cat "$cgroups/cgroup.controllers"); do
    echo "+$controller" > "$cgroups/cgroup.subtree_control" || true
  done
else
  # Read before the first of them is mounted again: the list grows with every mount.
  hierarchies=$(cat /proc/self/mountinfo)
  mount -t tmpfs -o mode=755 tmpfs "$cgroups"
  while read -r _ _ _ _ point rest; do
    case "$rest" in
      *" - cgroup "*) ;;
      *) continue ;;
    esac
    name=${point##*/}
    mkdir -p "$cgroups/$name"
    options=$name
    case "$rest" in *name=systemd*) options=none,name=systemd ;; esac
    mount -t cgroup -o "$options" cgroup "$cgroups/$name"
  done <<< "$hierarchies"
fi

# The node's own devices, and of the disks only its own.
dev=$root/dev
mount -t tmpfs -o mode=755 tmpfs "$dev"
mknod -m 666 "$dev/null" c 1 3
mknod -m 666 "$dev/zero" c 1 5
mknod -m 666 "$dev/full" c 1 7
mknod -m 666 "$dev/random" c 1 8
mknod -m 666 "$dev/urandom" c 1 9
mknod -m 666 "$dev/tty" c 5 0
mknod -m 600 "$dev/kmsg" c 1 11
mknod -m 666 "$dev/fuse" c 10 229
mkdir "$dev/pts" "$dev/shm" "$dev/net"
mknod -m 666 "$dev/net/tun" c 10 200
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts"
ln -s pts/ptmx "$dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$dev/shm"
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2; do
  ln -s "${link#*:}" "$dev/${link%%:*}"
done
for disk in $DISKS; do
  device=${disk#*=}
  # stat prints the numbers in hexadecimal.
  mknod -m 660 "$root$device" b "0x$(stat -c %t "$device")" "0x$(stat -c %T "$device")"
  ln -s "${device##*/}" "$root${disk%%=*}"
done

mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/var/lib/containerd" "$root/var/lib/kubelet" "$root/var/log/sandbox" "$root/usr/local/kubernetes" "$root/etc/sandbox"
# overlayfs cannot lie on overlayfs: what containerd and the kubelet mount on has to be a plain directory.
mount --bind "$HOME_DIR/containerd" "$root/var/lib/containerd"
mount --bind "$HOME_DIR/kubelet" "$root/var/lib/kubelet"
mount --bind "$HOME_DIR/log" "$root/var/log/sandbox"
mount --bind "$HOME_DIR/config" "$root/etc/sandbox"
mount --bind -o ro "$BIN" "$root/usr/local/kubernetes"
mkdir -p "$root/etc/cni/net.d"
cp "$HOME_DIR/config/cni.conflist" "$root/etc/cni/net.d/10-sandbox.conflist"
cp "$HOME_DIR/config/hosts" "$root/etc/hosts"
: > "$root/etc/resolv.conf"
echo "$NODE" > "$root/etc/hostname"
hostname "$NODE"

# Each start is a boot of its own.
cat /proc/sys/kernel/random/uuid > "$root/run/boot_id"
cp "$root/run/boot_id" "$HOME_DIR/boot_id"
mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"

cd "$root"
mkdir -p .old-root
pivot_root . .old-root
cd /
umount -l /.old-root
rmdir /.old-root 2> /dev/null || true
mount --make-rshared /

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/kubernetes
export HOME=/root
unset HOME_DIR ROOTFS BIN DISKS
sysctl -q -w net.ipv4.ip_forward=1

# What systemd does on a real machine: start again what ends. The pause is between restarts, nobody waits for it.
keep() {
  local name=$1
  shift
  while :; do
    "$@" >> "/var/log/sandbox/$name.log" 2>&1 || true
    echo "--- $name ended, starting it again" >> "/var/log/sandbox/$name.log"
    sleep 1
  done
}

keep containerd containerd --config /etc/sandbox/containerd.toml &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
keep kubelet kubelet --config=/etc/sandbox/kubelet.yaml --kubeconfig=/etc/sandbox/kubelet.kubeconfig \
  --hostname-override="$NODE" --node-ip="$NODE_ADDRESS" --root-dir=/var/lib/kubelet &
keep kube-proxy kube-proxy --config=/etc/sandbox/kube-proxy.yaml --hostname-override="$NODE" &

# Bash, being process 1, also buries the orphans of dead containers.
while :; do wait || true; done
