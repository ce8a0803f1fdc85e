# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# What the interop tests share, on top of tests/lib/parts.sh: a gateway that is reached over UDP and, through the SCEF's relays, over NIDD;
# answers of the command line; peers from the cache. Sourced by tests/interop/*_test.sh, which read as lists of `gives`, `seen` and `told`.
#
# TG_BUILD_DIR is the build under test. A peer that is not in the cache makes the test a skip; under `tools/test --all` fetching the peers is
# a test of its own, which names what could not be had.
#
#   need_peer NAME FILE               else the test is skipped
#   start_interop EP... [-- FIELDS]   broker, subscriber `messages`, SCEF with a relay for each EP, gateway; FIELDS go into its configuration
#   port_of udp|nidd EP               where a device finds the gateway
#   scef_keeps EP                     the SCEF keeps the next downlink of that device until it is heard: the device sleeps
#   tg WORD...                        the command line at our gateway, answers as JSON
#   gives TITLE ERE WORD...           an answer of tg has a line that matches
#   seen TITLE NAME ERE               the output of a child comes to have such a line
#   told TITLE LEVEL ERE...           a message whose payload matches all of them comes on tidegate/dev/LEVEL
#   commanded TITLE LEVEL MEMBERS ERE...   a command over MQTT; its last result matches all of them
#   more_than NUMBER NAME ERE         that many lines of a child's output match, and one more
#   end_interop                       the gateway ends well (a build with sanitizers speaks only then), and the plan

# Sanitizers of clang 14 lose their way in the address layout of newer kernels.
if [[ ${TG_BUILD_DIR:-} == *san ]] && [ -z "${TG_SAN:-}" ] && setarch "$(uname -m)" -R true 2>/dev/null; then
  TG_SAN=yes UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 exec setarch "$(uname -m)" -R bash "$0" "$@"
fi
# shellcheck source=tests/lib/parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/parts.sh"
PEERS=$TG_ROOT/tests/interop/peers
DEADLINE=20 # seconds that any single event may take
DOMAIN=interop.example
MORE_LINKS=() # of the gateway, each the text of a Lua table with a comma behind it

need_peer() {
  # shellcheck source=tests/interop/peers/common.sh
  (. "$PEERS/common.sh" && peers_need "$1" "$2") >/dev/null 2>&1 || skip_all "no $1 (tests/interop/peers/setup $1)"
}

# peer_file NAME FILE: its path in the cache.
peer_file() {
  # shellcheck source=tests/interop/peers/common.sh
  (. "$PEERS/common.sh" && peers_need "$1" "$2")
}

start_interop() {
  local ids=() quoted=''
  require mosquitto mosquitto_sub mosquitto_pub
  [ -x "$TIDEGATE" ] || { check 1 "$TIDEGATE was built" || done_testing; }
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    ids+=("$1@$DOMAIN")
    quoted+="\"$1@$DOMAIN\", "
    shift
  done
  [ "${1:-}" = -- ] && shift
  start_broker
  subscribe messages 'tidegate/#'
  [ ${#ids[@]} = 0 ] || start_scef "${ids[@]}" -- --log "$WORK/t8.jsonl"
  {
    echo "links = {"
    echo "  { kind = \"udp\", name = \"udp0\", host = \"127.0.0.1\", port = ${UDP:-$(free_port)} },"
    [ ${#ids[@]} = 0 ] ||
      echo "  { kind = \"nidd\", name = \"nb\", api_root = \"http://127.0.0.1:$SCEF\", scs_as_id = \"interop\", devices = { $quoted} },"
    printf '  %s\n' "${MORE_LINKS[@]}" "},"
    if [ $# -gt 0 ]; then printf '%s\n' "$@"; else echo "server = { observe = {} },"; fi
  } | write_config
  start_gateway
  need 10 says messages '^tidegate/gw/gw/state .*"online"'
}

port_of() { if [ "$1" = udp ]; then echo "$UDP"; else relay_port "$2@$DOMAIN"; fi; }

scef_keeps() {
  scef_control "{\"op\":\"set\",\"device\":\"$1@$DOMAIN\",\"behaviour\":{\"mode\":\"buffer\",\"modeCount\":1,\"releaseOnUplink\":true}}" >/dev/null
}

tg() { "$TIDEGATE" --socket "$WORK/data/control.sock" --timeout 15 --json "$@"; }

# outcome STATUS TITLE WANTED GOT: a TAP line; what was there instead where it is not as wanted.
outcome() {
  check "$1" "$2" && return 0
  printf 'wanted: %s\n%s\n' "$3" "$4" | cut -c1-400 | sed 's/^/# /'
  return 1
}

gives() {
  local title=$1 wanted=$2 got
  shift 2
  got=$(tg "$@" 2>&1)
  grep -qE -- "$wanted" <<<"$got"
  outcome $? "$title" "$wanted" "$got"
}

seen() {
  await "$DEADLINE" says "$2" "$3"
  outcome $? "$1" "$3" "$(tail -n 5 "$WORK/$2.log" | tr -d '\r')"
}

has_message() {
  local found pattern
  found=$(grep -aE "^tidegate/dev/$1 " "$WORK/messages.log") || return 1
  for pattern in "${@:2}"; do found=$(grep -E -- "$pattern" <<<"$found") || return 1; done
}

told() {
  await "$DEADLINE" has_message "${@:2}"
  outcome $? "$1" "$2: ${*:3}" "$(grep -a "^tidegate/dev/$2 " "$WORK/messages.log" | tail -n 3)"
}

commanded() {
  local pattern status=0
  ask "$2" "$3"
  for pattern in "${@:4}"; do grep -qE -- "$pattern" <<<"$RESULT" || status=1; done
  outcome $status "$1" "${*:4}" "${RESULT:-no result}"
}

more_than() { [ "$(count "$2" "$3")" -gt "$1" ]; }

end_interop() {
  stop gateway
  outcome "$STATUS" "the gateway ends well" "exit code 0" "exit code $STATUS; $(tail -n 20 "$WORK/gateway.log")"
  done_testing
}
