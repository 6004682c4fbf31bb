#!/usr/bin/env bash
# Starts one role of Curve: entrypoint.sh --role=ROLE [--args=FLAGS]. FLAGS take the place of the role's own.

usage() {
    echo "Usage: entrypoint.sh --role=etcd|mds|chunkserver|snapshotclone [--args=FLAGS]" >&2
    exit 1
}

role=
args=
while [ $# -gt 0 ]; do
    case $1 in
        --role=*) role=${1#*=} ;;
        --args=*) args=${1#*=} ;;
        --role) role=$2; shift ;;
        --args) args=$2; shift ;;
        *) usage ;;
    esac
    shift
done

prefix=/curvebs/$role
conf=$prefix/conf/$role.conf
before=
case $role in
    etcd)
        binary=$prefix/sbin/etcd
        args=${args:---config-file $conf} ;;
    mds)
        binary=$prefix/sbin/curvebs-mds
        args=${args:---confPath $conf} ;;
    chunkserver)
        binary=$prefix/sbin/curvebs-chunkserver
        args=${args:---conf=$conf} ;;
    snapshotclone)
        before="/usr/sbin/nginx -c $prefix/conf/nginx.conf"
        binary=$prefix/sbin/curvebs-snapshotclone
        args=${args:---conf=$conf} ;;
    *) usage ;;
esac

chmod 700 "$prefix/data"
[ "$role" = etcd ] && mkdir -p "$prefix/data/wal"
command -v crontab >/dev/null && cron
# The flags are words separated by blanks, so they stand without quotes.
# shellcheck disable=SC2086
[ -n "$before" ] && $before
if [ "$role" = etcd ]; then
    # shellcheck disable=SC2086
    exec $binary $args >>"$prefix/logs/etcd.log" 2>&1
fi
# shellcheck disable=SC2086
exec $binary $args
