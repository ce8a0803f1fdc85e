# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What `setup`, `smoke` and the starters share: where the peers live, which versions they are, how
# to say that one is missing. It is sourced, never run, and fetches nothing itself.

# Versions are part of the folder names in the cache: changing one here makes `setup` build anew.
WAKAAMA_VERSION=2.12.3 # of the npm package that carries Wakaama's sources
LESHAN_VERSION=2.0.0-M18
PYMODBUS_VERSION=3.16.1
OPENAPI_BACKEND_VERSION=5.16.1
AIOCOAP_VERSION=0.4.17
COAP_NODE_VERSION=0.2.5

# Exit codes of `setup PEER` and, for EX_ABSENT, of a starter whose peer is not in the cache.
EX_USAGE=64
EX_ABSENT=69  # not in the cache
EX_TOOL=10    # a program that is needed is not installed
EX_FETCH=11   # could not be fetched, after all retries
EX_BUILD=12   # fetched, but does not build
EX_CONTENT=13 # built, but is not what it should be
export EX_USAGE EX_ABSENT EX_TOOL EX_FETCH EX_BUILD EX_CONTENT

PEERS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LESHAN_SRC=$(cd "$PEERS_DIR/../leshan" && pwd)
PEERS_CACHE=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/tidegate-peers

# Prints twelve hex digits that change with the contents (and names) of the files given.
peers_digest() {
  local file
  for file in "$@"; do
    printf '%s ' "${file##*/}"
    sha256sum <"$file"
  done | sha256sum | cut -c1-12
}

# Prints the cache folder of a peer; fails for a name that is none. Our own sources that go into
# a peer (the Java mains, the patch list in `setup`) are part of the key through a digest.
peers_dir() {
  case $1 in
    wakaama)
      echo "$PEERS_CACHE/wakaama-$WAKAAMA_VERSION-$(peers_digest "$PEERS_DIR/wakaama.sed")" ;;
    leshan)
      echo "$PEERS_CACHE/leshan-$LESHAN_VERSION-$(peers_digest "$LESHAN_SRC"/*.java \
        "$LESHAN_SRC/pom.xml")" ;;
    pymodbus) echo "$PEERS_CACHE/pymodbus-$PYMODBUS_VERSION" ;;
    openapi-backend) echo "$PEERS_CACHE/openapi-backend-$OPENAPI_BACKEND_VERSION" ;;
    aiocoap) echo "$PEERS_CACHE/aiocoap-$AIOCOAP_VERSION" ;;
    coap-node) echo "$PEERS_CACHE/coap-node-$COAP_NODE_VERSION" ;;
    *) return 1 ;;
  esac
}

peers_die() {
  local code=$1
  shift
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit "$code"
}

# Prints the path of FILE in the cache folder of PEER, or ends the script with EX_ABSENT.
peers_need() {
  local peer=$1 file=$2 dir
  dir=$(peers_dir "$peer") || peers_die "$EX_USAGE" "no such peer: $peer"
  [[ -e $dir/$file ]] || peers_die "$EX_ABSENT" \
    "$peer is not in the cache ($dir/$file): run ${PEERS_DIR}/setup $peer"
  printf '%s\n' "$dir/$file"
}

# Tools tell a Wakaama program where to bind through the environment (see wakaama.sed): loopback of
# the family chosen with -4, unless WAKAAMA_BIND says otherwise. Call with the arguments.
peers_wakaama_bind() {
  local argument address=::1
  for argument in "$@"; do
    [[ $argument == -4 ]] && address=127.0.0.1
  done
  export WAKAAMA_BIND=${WAKAAMA_BIND:-$address}
}

# Gives a program that ends with its standard input one that never ends, if it was started with none.
peers_keep_stdin() {
  local fifo
  if [[ /dev/stdin -ef /dev/null ]] || ! { true <&0; } 2>/dev/null; then
    fifo=$(mktemp -u "${TMPDIR:-/tmp}/tidegate-peer-XXXXXX")
    mkfifo -m 600 "$fifo"
    exec 0<>"$fifo"
    rm -f "$fifo"
  fi
}
