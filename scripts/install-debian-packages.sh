#!/bin/sh
# Installs the Debian packages that the lab and its tests need. Does nothing when all of them are there.
set -eu

packages='iproute2 nftables conntrack kmod iputils-ping procps ethtool user-mode-linux iperf3 aria2 nginx curl mptcpize tcpdump'
packages="$packages srt-tools wget git ffmpeg mpv apt-utils gpg gpg-agent zsh fish groff-base nats-server prometheus systemd"
packages="$packages chromium"

missing=''
for package in $packages; do
  if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
    missing="$missing $package"
  fi
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=''
elif command -v sudo >/dev/null; then
  as_root='sudo'
else
  echo "The lab needs these Debian packages:$missing. Run this script as root." >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -q update
# nginx and nats-server are used with configurations of our own, and of prometheus promtool alone: the packages must not
# start daemons.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $packages
