# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# The parts of tests of the whole program: broker, SCEF, gateway, devices, subscribers; each a child that is stopped by its own process id.
# Sourced by tests/system and tests/interop; it makes the folder $WORK, changes to $TG_ROOT and tidies up when the test ends.
#
#   check STATUS NAME, is GOT WANTED NAME, like GOT ERE NAME, skip NAME REASON   one TAP line each; done_testing at the end
#   skip_all REASON, require PROGRAM...       the whole test is skipped
#   spawn NAME COMMAND...                     a child; its output is $WORK/NAME.log, what an earlier one said $WORK/NAME.old.log
#   tell NAME LINE                            a line for the child's standard input
#   stop NAME [SIGNAL]                        ends it (TERM) and waits; STATUS is its exit code
#   await SECONDS COMMAND..., need …          until the command succeeds; need ends the test where it does not
#   says NAME ERE, count NAME ERE             what is in the child's log
#   free_port                                 a port (TCP and UDP) that nobody has, outside those the kernel gives away
#   start_broker [NAME] [CONFIG-LINE...]      BROKER is its port; again with the same name: the same port, its state kept
#   publish ARGUMENT...                       mosquitto_pub with QoS 1 to $BROKER
#   subscribe NAME TOPIC [ARGUMENT...]        a subscriber; lines `TOPIC PAYLOAD` in its log; returns when the subscription stands
#   start_scef ID... [-- OPTION...]           SCEF is its HTTP port; relay_port ID; scef_control JSON
#   write_config [FILE]                       a configuration around the fields on standard input: see there
#   start_gateway [NAME] [CONFIG]             returns when it is ready; UDP is the port of link udp0
#   start_device NAME PORT [OPTION...]        a tg-fake-device named NAME at 127.0.0.1:PORT
#   start_lossy NAME PORT [OPTION...]         a bad network in front of 127.0.0.1:PORT; LOSSY is the port to use instead
#   make_image FILE VERSION BYTES [KIND]      firmware for simulated devices (tests/fake/device/make_image)
#   firmware WORD...                          `tidegate firmware` at the gateway of $WORK/tidegate.lua
#   update_of EP JQ                           of the newest update of a device
#   ask LEVEL MEMBERS                         a command on topic tidegate/dev/LEVEL/cmd; RESULT is what ended it (log: messages)

TG_ROOT=${TG_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
cd "$TG_ROOT" || exit 2
BUILD=$(realpath -m "${TG_BUILD_DIR:-build/dev}")
TIDEGATE=$BUILD/tidegate
PREFIX=tidegate
WORK=$(mktemp -d "${TMPDIR:-/tmp}/s.XXXX")
export PATH="$PATH:/usr/sbin"
declare -A PID IN
TESTS=0 FAILED=0 ASKED=0
BROKER='' SCEF='' UDP='' LOSSY='' STATUS='' RESULT=''

# Speaking ------------------------------------------------------------------------------------------------------------

check() {
  TESTS=$((TESTS + 1))
  if [ "$1" = 0 ]; then
    printf 'ok %d - %s\n' "$TESTS" "$2"
  else
    FAILED=$((FAILED + 1))
    printf 'not ok %d - %s\n' "$TESTS" "$2"
    return 1
  fi
}

is() {
  [ "$1" = "$2" ]
  check $? "$3" && return 0
  printf 'got:    %s\nwanted: %s\n' "$1" "$2" | sed 's/^/# /'
  return 1
}

like() {
  grep -qE -- "$2" <<<"$1"
  check $? "$3" && return 0
  printf 'got:    %s\nwanted: %s\n' "$1" "$2" | sed 's/^/# /'
  return 1
}

skip() {
  TESTS=$((TESTS + 1))
  printf 'ok %d - %s # SKIP %s\n' "$TESTS" "$1" "$2"
}

done_testing() {
  printf '1..%d\n' "$TESTS"
  [ "$FAILED" = 0 ] || show_logs
  exit $((FAILED > 0))
}

skip_all() {
  printf 'SKIP %s\n' "$*"
  exit 77
}

require() {
  local program
  for program; do command -v "$program" >/dev/null || skip_all "there is no $program (tools/setup test)"; done
}

show_logs() {
  local log
  for log in "$WORK"/*.log; do
    [ -s "$log" ] && printf '# --- %s\n' "${log##*/}" && tail -25 "$log" | cut -c1-300 | sed 's/^/# /'
  done
}

# Children ------------------------------------------------------------------------------------------------------------

spawn() {
  local name=$1 fd
  shift
  [ -e "$WORK/$name.log" ] && cat "$WORK/$name.log" >>"$WORK/$name.old.log"
  : >"$WORK/$name.log"
  rm -f "$WORK/$name.in" && mkfifo "$WORK/$name.in"
  fd=${IN[$name]:-}
  [ -z "$fd" ] || exec {fd}>&-
  exec {fd}<>"$WORK/$name.in"
  IN[$name]=$fd
  "$@" >>"$WORK/$name.log" 2>&1 <"$WORK/$name.in" &
  PID[$name]=$!
}

tell() { printf '%s\n' "$2" >&"${IN[$1]}"; }

is_gone() { ! kill -0 "${PID[$1]}" 2>/dev/null; }

stop() {
  local name=$1 signal=${2:-TERM}
  [ -n "${PID[$name]:-}" ] || return 0
  { # bash's own words about the child go nowhere
    kill "-$signal" "${PID[$name]}"
    await 20 is_gone "$name" || kill -KILL "${PID[$name]}"
    wait "${PID[$name]}"
    STATUS=$?
  } 2>/dev/null
  unset "PID[$name]"
}

all_gone() {
  local name
  for name in "${!PID[@]}"; do is_gone "$name" || return 1; done
}

# Runs when the test ends. What is to end well is stopped by the test itself; devices would say good-bye to a gateway that is gone.
tidy() {
  local status=$? name
  trap '' INT TERM HUP
  {
    for name in "${!PID[@]}"; do kill -TERM "${PID[$name]}"; done
    await 1 all_gone
    jobs -p | xargs -r kill -KILL # helpers of the test itself too
    wait
  } 2>/dev/null
  if [ "${TG_KEEP:-no}" = yes ]; then printf '# kept: %s\n' "$WORK"; else rm -rf "$WORK"; fi
  exit "$status"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

await() {
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

need() {
  await "$@" && return 0
  check 1 "within $1 s: ${*:2}"
  done_testing
}

says() { grep -qE -- "$2" "$WORK/$1.log"; }
count() { grep -cE -- "$2" "$WORK/$1.log"; }

# In the tables of the kernel a port is four hexadecimal digits behind the address.
free_port() {
  local port
  while :; do
    port=$((10000 + RANDOM % 22000))
    grep -qhi ":$(printf '%04X' "$port") " /proc/net/{tcp,udp}{,6} 2>/dev/null || break
  done
  echo "$port"
}

# Broker and subscribers ----------------------------------------------------------------------------------------------

publish() { mosquitto_pub -h 127.0.0.1 -p "$BROKER" -q 1 "$@"; }

is_listening() { grep -qi ":$(printf '%04X' "$1") 00000000:0000 0A " /proc/net/tcp; }

start_broker() {
  local name=${1:-broker} conf try
  conf=$WORK/$name.conf
  shift
  if [ -e "$conf" ]; then
    BROKER=$(sed -n 's/^listener \([0-9]*\).*/\1/p' "$conf")
    spawn "$name" mosquitto -c "$conf"
    need 10 is_listening "$BROKER"
    return
  fi
  for try in 1 2 3; do
    BROKER=$(free_port)
    mkdir -p "$WORK/$name.state"
    # Without `user`, one that root starts becomes somebody who can't get at the test's folder, nor keep anything there.
    printf '%s\n' "user $(id -un)" "listener $BROKER 127.0.0.1" "log_dest stderr" "persistence true" "persistence_location $WORK/$name.state/" \
      "max_inflight_messages 100" "max_queued_messages 100000" "$@" >"$conf"
    [ $# -gt 0 ] || echo "allow_anonymous true" >>"$conf"
    spawn "$name" mosquitto -c "$conf"
    await 5 is_listening "$BROKER" && ! is_gone "$name" && return 0
    stop "$name"
  done
  check 1 "mosquitto starts"
  done_testing
}

# The session outlives a restart of the broker, so nothing is missed.
subscribe() {
  local name=$1 topic=$2
  shift 2
  publish -r -t "probe/$name" -m up "$@"
  spawn "$name" mosquitto_sub -h 127.0.0.1 -p "$BROKER" -q 1 -c -i "$name-$$" -t "$topic" -t "probe/$name" -F '%t %p' "$@"
  need 10 says "$name" "^probe/$name up"
}

# The operator's network ----------------------------------------------------------------------------------------------

start_scef() {
  local relays=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    relays+=(--relay "$1")
    shift
  done
  [ "${1:-}" = -- ] && shift
  spawn scef "$BUILD/tests/fake/scef/tg-fake-scef" "${relays[@]}" "$@"
  need 10 says scef '^listening http='
  [ ${#relays[@]} = 0 ] || need 10 says scef "^relay externalId=${relays[-1]} "
  SCEF=$(sed -n 's/^listening http=//p' "$WORK/scef.log")
}

relay_port() { sed -n "s/^relay externalId=$1 port=//p" "$WORK/scef.log"; }
scef_control() { curl -fsS -H 'Content-Type: application/json' -d "$1" "http://127.0.0.1:$SCEF/control"; }

# Gateway and devices -------------------------------------------------------------------------------------------------

# write_config [FILE]: fields on standard input, which may use $BROKER and the like; name, data_dir and a UDP link come by themselves
# where they do not say otherwise, and a broker where there is one. UDP is a port that stays the same over restarts.
write_config() {
  local file=${1:-$WORK/tidegate.lua} fields
  fields=$(cat)
  [ -n "$UDP" ] || UDP=$(free_port)
  {
    echo "return {"
    grep -qE '^ *name *=' <<<"$fields" || echo '  name = "gw",'
    grep -qE '^ *data_dir *=' <<<"$fields" || echo '  data_dir = "data",'
    grep -qE '^ *links *=' <<<"$fields" ||
      echo "  links = { { kind = \"udp\", name = \"udp0\", host = \"127.0.0.1\", port = $UDP } },"
    if [ -n "$BROKER" ] && ! grep -qE '^ *mqtt *=' <<<"$fields"; then
      echo "  mqtt = { { uri = \"mqtt://127.0.0.1:$BROKER\", reconnect_min = 0.1, reconnect_max = 0.5 } },"
    fi
    printf '%s\n}\n' "$fields"
  } >"$file"
}

start_gateway() {
  local name=${1:-gateway} config=${2:-$WORK/tidegate.lua}
  spawn "$name" "$TIDEGATE" run -c "$config"
  await 20 ready_or_gone "$name"
  says "$name" ' host ready ' || { check 1 "the gateway starts" || done_testing; }
  UDP=$(sed -n 's/.* listening link=udp0 .*:\([0-9]*\).*/\1/p' "$WORK/$name.log" | head -1)
}

ready_or_gone() { says "$1" ' host ready ' || is_gone "$1"; }

start_device() {
  local name=$1 port=$2
  shift 2
  spawn "$name" "$BUILD/tests/fake/device/tg-fake-device" --server "127.0.0.1:$port" --ep "$name" "$@"
}

start_lossy() {
  local name=$1 port=$2
  shift 2
  spawn "$name" "$BUILD/tests/fake/lossy/tg-fake-lossy" --to "127.0.0.1:$port" "$@"
  need 10 says "$name" '^listening port='
  LOSSY=$(sed -n 's/^listening port=//p' "$WORK/$name.log")
}

# Firmware ------------------------------------------------------------------------------------------------------------

make_image() { "$TG_ROOT/tests/fake/device/make_image" "$1" "$2" sim "$3" "${4:-good}"; }
firmware() { "$TIDEGATE" firmware "$@" -c "$WORK/tidegate.lua"; }
update_of() { firmware status "$1" --json 2>/dev/null | jq -rs "map(select(.update)) | max_by(.update) | $2"; }

# Commands over MQTT; `subscribe messages "$PREFIX/#"` comes first ------------------------------------------------------

# results LEVEL ID: payloads of the results of one command; ending those of them that end it.
results() { grep -F "$PREFIX/dev/$1/result {" "$WORK/messages.log" | grep -F "\"id\":\"$2\"" | sed 's/^[^ ]* //'; }
ending() { results "$1" "$2" | grep -E '"state":"(done|failed|expired|cancelled|unknown)"' | tail -1; }

has_ended() {
  RESULT=$(ending "$1" "$2")
  [ -n "$RESULT" ]
}

ask() {
  ASKED=$((ASKED + 1))
  RESULT=''
  publish -t "$PREFIX/dev/$1/cmd" -m "{\"id\":\"q$ASKED\",$2}" && await 20 has_ended "$1" "q$ASKED"
}
