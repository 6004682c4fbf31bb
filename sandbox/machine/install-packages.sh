#!/bin/bash
# Installs Debian packages and starts none of their services. Runs in a session of its own and goes on to its end when
# the command that started it is ended: dpkg must not be stopped half way through a package.
#
# Arguments: POLICY_FILE, POLICY (what it is to hold), PACKAGES… File descriptor 3 is a lock, held as long as this runs.
set -eu
policy_file=$1 policy=$2
shift 2
# Debian's way to keep services from being started. One that is there already is somebody else's, and stays.
if [ ! -e "$policy_file" ]; then
  trap 'rm -f "$policy_file"' EXIT
  printf '%s' "$policy" > "$policy_file"
  chmod 755 "$policy_file"
fi
# What was interrupted otherwise is finished first. A service that this starts must not inherit the lock; apt sees to
# that by itself.
dpkg --configure -a 3>&-
apt='apt-get -o DPkg::Lock::Timeout=300'
$apt update -qq
$apt install -y --no-install-recommends "$@"
