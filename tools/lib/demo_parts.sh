# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The parts of tools/demo: build, broker, SCEF, gateway, devices, boiler; each started as a child that is stopped by its process id.
# Sourced by tools/demo, which sets WORK, PEERS and keep.

BIN=
CHILDREN=()
UDP_DEVICES="garden kitchen cellar"
NIDD_DEVICES="meter1 meter2"
SLEEPER=sleeper
VALVE=valve
export PATH="$PATH:/usr/sbin"

build() {
  cmake --preset release -S "$TG_ROOT" && cmake --build "$BIN" --target tidegate tg-fake-scef tg-fake-device tg-fake-modbus
}

wakaama_is_there() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/tidegate-peers
  compgen -G "$cache/wakaama-*/bin/client" >/dev/null
}

# spawn NAME COMMAND...: starts a child whose output goes to $WORK/NAME.log; its process id is kept, the last one in LAST.
spawn() {
  local name=$1
  shift
  : >"$WORK/$name.log"
  "$@" >>"$WORK/$name.log" 2>&1 </dev/null &
  LAST=$!
  CHILDREN+=("$LAST:$name")
}

# Stops the children in the opposite order, so that devices say good-bye while the gateway is there.
tidy() {
  local status=$? i pid
  trap '' INT TERM HUP
  for ((i = ${#CHILDREN[@]} - 1; i >= 0; i--)); do
    pid=${CHILDREN[i]%%:*}
    kill -TERM "$pid" 2>/dev/null || continue
    patience "$pid" || kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  if [ "$keep" = yes ]; then say "demo: logs are in $WORK"; else rm -rf "$WORK"; fi
  [ ${#CHILDREN[@]} = 0 ] || say "demo: stopped."
  exit "$status"
}

# Waits at most five seconds for a child to end.
patience() {
  local try
  for ((try = 0; try < 50; try++)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# await SECONDS WHAT COMMAND...: until the command succeeds; else the demo ends and says what was not seen.
await() {
  local seconds=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@"; do
    all_alive
    ((SECONDS < end)) || give_up "not seen within $seconds s: $what"
    sleep 0.1
  done
}

give_up() {
  warn "$*"
  if [ -s "$WORK/gateway.log" ]; then
    warn "last words of the gateway:"
    tail -8 "$WORK/gateway.log" >&2
  fi
  exit 1
}

all_alive() {
  local child
  for child in "${CHILDREN[@]}"; do
    kill -0 "${child%%:*}" 2>/dev/null && continue
    tail -5 "$WORK/${child#*:}.log" >&2
    give_up "${child#*:} has ended by itself (its last words are above)"
  done
}

in_log() { grep -qE -- "$2" "$WORK/$1.log"; }

# A TCP port that nobody listens on; the broker can't tell which one it took.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

start_broker() {
  local try
  for try in 1 2 3; do
    BROKER=$(free_port)
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stdout\n' "$BROKER" >"$WORK/mosquitto.conf"
    spawn broker mosquitto -c "$WORK/mosquitto.conf"
    for _ in $(seq 50); do
      mosquitto_pub -h 127.0.0.1 -p "$BROKER" -t demo/hello -m "" 2>/dev/null && return 0
      kill -0 "$LAST" 2>/dev/null || break
      sleep 0.1
    done
    unset 'CHILDREN[-1]'
    kill "$LAST" 2>/dev/null
    warn "mosquitto did not start on port $BROKER (try $try)"
  done
  give_up "mosquitto does not start: $(tail -1 "$WORK/broker.log")"
}

start_scef() {
  local relays=() name
  for name in $NIDD_DEVICES; do relays+=(--relay "$name@demo.example"); done
  spawn scef "$BIN/tests/fake/scef/tg-fake-scef" "${relays[@]}"
  await 10 "the SCEF" in_log scef "^relay externalId=${NIDD_DEVICES##* }@"
  SCEF=$(sed -n 's/^listening http=//p' "$WORK/scef.log")
}

relay_of() { sed -n "s/^relay externalId=$1@demo.example port=//p" "$WORK/scef.log"; }

write_config() {
  local devices="" name
  for name in $NIDD_DEVICES; do devices+="\"$name@demo.example\", "; done
  cat >"$WORK/tidegate.lua" <<CONFIG
-- Made by tools/demo.
return {
  name = "demo",
  data_dir = "$WORK/data",
  links = {
    { kind = "udp", name = "udp0", host = "127.0.0.1", port = 0 },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "tidegate-demo", devices = { $devices} },
  },
  server = { awake = 3, observe = { "/3303/0/5700", { path = "/3/0/9", pmin = 1, pmax = 60 } } },
  mqtt = { { name = "main", uri = "mqtt://127.0.0.1:$BROKER" } },
  scripts = {
    {
      file = "drivers/modbus.lua",
      name = "boiler",
      options = {
        port = "$WORK/tty",
        baud = 9600,
        map = {
          { path = "/3303/0/5700", unit = 1, fn = "input", address = 0, type = "int16", scale = 0.1, period = 2 },
          { path = "/3308/0/5900", unit = 1, fn = "holding", address = 10, type = "int16", scale = 0.1, write = true, period = 5 },
        },
      },
    },
  },
}
CONFIG
}

start_gateway() {
  write_config
  mkdir -p "$WORK/data"
  spawn boiler "$BIN/tests/fake/modbus/tg-fake-modbus" "$WORK/tty"
  await 5 "the boiler's serial line" in_log boiler "^listening rtu"
  "$BIN/tidegate" check -c "$WORK/tidegate.lua" >"$WORK/check.log" 2>&1 || {
    cat "$WORK/check.log" >&2
    give_up "the gateway refuses the configuration"
  }
  spawn topics mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t "tidegate/#" -q 1 -F '%t %p'
  await 10 "the subscriber's first message" subscribed
  spawn gateway "$BIN/tidegate" run -c "$WORK/tidegate.lua"
  await 20 "the gateway's UDP port in its log" gateway_port
}

# What is published before the subscription stands would be missed.
subscribed() {
  mosquitto_pub -h 127.0.0.1 -p "$BROKER" -t tidegate/hello -m hello 2>/dev/null && in_log topics '^tidegate/hello'
}

# The port comes with the line in which the link says that it is there.
gateway_port() {
  UDP=$(sed -n 's/.*listening link=udp0 .*:\([0-9][0-9]*\).*/\1/p' "$WORK/gateway.log" | head -1)
  [ -n "$UDP" ]
}

# Always our simulator: it listens for two seconds after each value of its own, every eight seconds.
start_sleeper() {
  spawn "$SLEEPER" "$BIN/tests/fake/device/tg-fake-device" --server "127.0.0.1:$UDP" --ep "$SLEEPER" --queue --awake 2 --interval 8
}

# Always our simulator: firmware 1.0, and so little memory that blocks are of 64 bytes.
start_valve() {
  spawn "$VALVE" "$BIN/tests/fake/device/tg-fake-device" --server "127.0.0.1:$UDP" --ep "$VALVE" --interval 5 \
    --firmware both --fw-version 1.0 --fw-block 64 --image-out "$WORK/installed.bin"
}

start_device() {
  local name=$1 port=$2
  if [ "$PEERS" = yes ]; then
    spawn "$name" "$TG_ROOT/tests/interop/peers/wakaama-client" -4 -n "$name" -h 127.0.0.1 -p "$port" -l 0 -t 300 -c
  else
    spawn "$name" "$BIN/tests/fake/device/tg-fake-device" --server "127.0.0.1:$port" --ep "$name" --con --interval 3
  fi
}
