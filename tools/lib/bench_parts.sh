# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The parts of tools/bench: what is started and measured. Sourced by tools/bench, which sets BIN and WORK.

declare -A GOT=()
MISSED=0
CHILDREN=()
LAST=
SECONDS_EACH=2
LOAD_CPU=$(($(nproc) > 1 ? 1 : 0))
export PATH="$PATH:/usr/sbin"

build() {
  cmake --preset release -S "$TG_ROOT" && cmake --build "$BIN" --target tidegate tg-load tg-echo tg-mqtt-load tg-http-load tg-http-bare tg-fake-scef tg-fake-device codec_bench
}

spawn() {
  local name=$1
  shift
  : >"$WORK/$name.log"
  "$@" >>"$WORK/$name.log" 2>&1 </dev/null &
  LAST=$!
  CHILDREN+=("$LAST")
}

# Ends the child with this process id and waits for it.
end() {
  kill "$1" 2>/dev/null
  local try
  for ((try = 0; try < 100; try++)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

tidy() {
  local status=$? pid
  trap '' INT TERM HUP
  for pid in "${CHILDREN[@]}"; do kill -0 "$pid" 2>/dev/null && end "$pid"; done
  rm -rf "$WORK"
  exit "$status"
}

# miss WHAT WHY
miss() {
  warn "not measured: $1: $2"
  MISSED=$((MISSED + 1))
}

field() { grep -oE "\"$2\":-?[0-9.]+" <<<"$1" | head -1 | cut -d: -f2; }

# await_line NAME REGEX [TENTHS]: until the log of the child that was started last has such a line.
await_line() {
  local try
  for ((try = 0; try < ${3:-100}; try++)); do
    grep -qE -- "$2" "$WORK/$1.log" && return 0
    kill -0 "$LAST" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

load() { timeout $((SECONDS_EACH + 60)) "$BIN/tests/bench/tg-load" --cpu "$LOAD_CPU" --seconds "$SECONDS_EACH" "$@" 2>>"$WORK/load.log"; }

measure_ceiling() {
  local answer
  spawn echo "$BIN/tests/bench/tg-echo" 0
  if await_line echo '^listening' && answer=$(load --server "127.0.0.1:$(sed -n 's/^listening //p' "$WORK/echo.log")" --echo --pid "$LAST"); then
    GOT[ceiling_rps]=$(field "$answer" rps)
    GOT[ceiling_cpu_us]=$(field "$answer" cpu_us)
  else miss ceiling "the echo did not answer"; fi
  end "$LAST"
}

# gateway MQTT-BLOCK OBSERVE EXTRA [LINK]: starts a gateway of its own folder; its process id is in LAST, its port in UDP.
gateway() {
  [ -x "$BIN/tidegate" ] || return 1
  rm -rf "$WORK/data"
  mkdir "$WORK/data"
  cat >"$WORK/tidegate.lua" <<CONFIG
return {
  name = "bench", data_dir = "$WORK/data", log = { level = "info" },
  links = { { kind = "udp", name = "udp0", host = "127.0.0.1", port = ${UDP_PORT:-0} }, ${4:-} },
  server = { observe = { $2 } },
  limits = { requests_per_peer = 0 },
  $1
  $3
}
CONFIG
  run_gateway
}

# The same again, with the data that are there.
run_gateway() {
  spawn gateway taskset -c 0 "$BIN/tidegate" run -c "$WORK/tidegate.lua"
  await_line gateway 'listening link=udp0' || {
    tail -3 "$WORK/gateway.log" >&2
    return 1
  }
  UDP=$(sed -n 's/.*listening link=udp0 .*:\([0-9][0-9]*\).*/\1/p' "$WORK/gateway.log" | head -1)
}

why() { tail -1 "$WORK/load.log" 2>/dev/null; }

# From the start of the program with so many registrations in its store to the first answer to an Update.
measure_restart() {
  local size=$1 device started UDP_PORT
  UDP_PORT=$(free_port)
  gateway "" "" "" || { miss restart_ms "the gateway does not start" && return; }
  local pid=$LAST
  spawn restart timeout 120 "$BIN/tests/bench/tg-load" --cpu "$LOAD_CPU" --seconds 0.1 --server "127.0.0.1:$UDP" \
    --devices "$size" --pid "$pid" --restart
  device=$LAST
  await_line restart '"devices"' 600
  sleep 2 # until the last rows are on disk
  kill "$pid" && wait "$pid" 2>/dev/null
  started=$EPOCHREALTIME
  run_gateway
  pid=$LAST
  LAST=$device
  if await_line restart '"back":[1-9]' 600; then
    GOT[restart_ms]=$(awk -v a="$started" -v b="$(field "$(cat "$WORK/restart.log")" back)" 'BEGIN { printf "%.0f", (b - a) * 1000 }')
  else miss restart_ms "$(tail -1 "$WORK/restart.log")"; fi
  end "$device"
  end "$pid"
}

measure_updates() {
  local size=$1 answer
  if ! gateway "" "" ""; then
    miss "updates at $size devices" "the gateway does not start"
  elif answer=$(load --server "127.0.0.1:$UDP" --devices "$size" --pid "$LAST"); then
    GOT[update_rps_$size]=$(field "$answer" rps)
    GOT[update_cpu_us_$size]=$(field "$answer" cpu_us)
    GOT[register_rps_$size]=$(field "$answer" register_rps)
    GOT[rss_per_device]=$(field "$answer" rss_per_device)
  else miss "updates at $size devices" "$(why)"; fi
  end "$LAST"
}

start_broker() {
  local try
  for try in 1 2 3; do
    BROKER=$(free_port)
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nlog_dest stdout\n' \
      "$BROKER" >"$WORK/mosquitto.conf"
    spawn broker taskset -c "$LOAD_CPU" mosquitto -c "$WORK/mosquitto.conf"
    for _ in $(seq 50); do
      (: <"/dev/tcp/127.0.0.1/$BROKER") 2>/dev/null && return 0
      kill -0 "$LAST" 2>/dev/null || break
      sleep 0.1
    done
    warn "mosquitto did not start on port $BROKER (try $try)"
  done
  return 1
}

start_count() {
  spawn count taskset -c "$LOAD_CPU" "$BIN/tests/bench/tg-mqtt-load" count "mqtt://127.0.0.1:$BROKER" "tidegate/dev/+/v/#" "$SECONDS_EACH"
  COUNTER=$LAST
  await_line count '^ready'
}

# The counter's rate, when it has ended by itself.
rate() {
  local try
  for ((try = 0; try < 100; try++)); do
    kill -0 "$COUNTER" 2>/dev/null || break
    sleep 0.1
  done
  end "$COUNTER"
  field "$(cat "$WORK/count.log")" rate
}

measure_paho() {
  local qos=$1 answer
  start_count || { miss "paho_qos$qos" "no subscriber" && return; }
  answer=$(timeout 30 taskset -c 0 "$BIN/tests/bench/tg-mqtt-load" publish "mqtt://127.0.0.1:$BROKER" "$qos" $((SECONDS_EACH + 1)))
  GOT[paho_qos$qos]=$(rate)
  [ "$qos" = 0 ] && GOT[paho_cpu_us]=$(field "$answer" cpu_us)
  [ -n "${GOT[paho_qos$qos]}" ] || miss "paho_qos$qos" "the subscriber counted nothing"
}

# measure_rule NAME QOS DELIVERY
measure_rule() {
  local name=$1 answer
  start_count || { miss "$name" "no subscriber" && return; }
  if ! gateway "mqtt = { { name = \"main\", uri = \"mqtt://127.0.0.1:$BROKER\" } }," '"/3303/0/5700"' \
    "dialect = { qos = $2, delivery = \"$3\" },"; then
    miss "$name" "the gateway does not start"
  elif answer=$(load --server "127.0.0.1:$UDP" --devices 100 --notify --seconds $((SECONDS_EACH + 1)) --pid "$LAST"); then
    GOT[$name]=$(rate)
    [ "$name" = rule_qos0 ] && GOT[rule_cpu_us]=$(field "$answer" cpu_us)
    [ "$name" = durable_qos1 ] && GOT[durable_p99_ms]=$(field "$answer" p99_ms)
    [ -n "${GOT[$name]}" ] || miss "$name" "the subscriber counted nothing"
  else miss "$name" "$(why)"; fi
  end "$LAST"
  end "$COUNTER"
}

# Notifications that nobody confirms, in bursts of 20: what does not reach the subscriber is lost. paced RATE DEVICES SECONDS: the answer of
# the load is in PACED, what the subscriber got in CAME.
paced() {
  spawn count taskset -c "$LOAD_CPU" "$BIN/tests/bench/tg-mqtt-load" total "mqtt://127.0.0.1:$BROKER" "tidegate/dev/+/v/3303/0/5700" 3
  COUNTER=$LAST
  await_line count '^ready' || return 1
  gateway "mqtt = { { name = \"main\", uri = \"mqtt://127.0.0.1:$BROKER\" } }," '"/3303/0/5700"' \
    'dialect = { qos = 0, delivery = "queued" },' || return 1
  local pid=$LAST
  PACED=$(SECONDS_EACH=$3 load --server "127.0.0.1:$UDP" --devices "$2" --notify --rate "$1" --burst 20 --pid "$pid")
  local status=$? try
  for ((try = 0; try < 300; try++)); do
    kill -0 "$COUNTER" 2>/dev/null || break
    sleep 0.1
  done
  CAME=$(field "$(cat "$WORK/count.log")" count)
  end "$pid"
  end "$COUNTER"
  [ $status = 0 ] && [ -n "$CAME" ]
}

measure_paced() {
  paced 30000 1000 "$SECONDS_EACH" || { miss non_lost "$(why)" && return; }
  GOT[non_sent]=$(field "$PACED" sent)
  GOT[non_lost]=$((GOT[non_sent] + 1000 - CAME)) # each device's first value came with the observation
}

# Minutes of it, from 10,000 devices: does memory stay? One JSON object.
measure_soak() {
  start_broker || die "no broker"
  paced 30000 10000 $(($1 * 60)) || die "$(why)"
  printf '{"minutes":%s,"rate":%s,"sent":%s,"lost":%s,"rss_half_way":%s,"rss_end":%s,"rss_max":%s}\n' "$1" "$(field "$PACED" rps)" \
    "$(field "$PACED" sent)" $(($(field "$PACED" sent) + 10000 - CAME)) "$(field "$PACED" rss_begin)" "$(field "$PACED" rss_end)" \
    "$(field "$PACED" rss_max)"
}

# NIDD: uplinks that the SCEF posts, and what libmicrohttpd alone makes of the same.
measure_nidd() {
  local bare scef pid device answer conf path
  spawn bare "$BIN/tests/bench/tg-http-bare" 0
  bare=$LAST
  if await_line bare '^listening'; then
    answer=$(taskset -c "$LOAD_CPU" "$BIN/tests/bench/tg-http-load" "$(sed -n 's/^listening //p' "$WORK/bare.log")" \
      /t8/0123456789abcdef0123456789abcdef "http://127.0.0.1:1000/3gpp-nidd/v1/gw/configurations/1" \
      meter@iot.example "$SECONDS_EACH" 8)
    GOT[http_rps]=$(field "$answer" rate)
  fi
  end "$bare"
  spawn scef "$BIN/tests/fake/scef/tg-fake-scef" --relay meter@iot.example
  scef=$LAST
  await_line scef '^relay' || { miss nidd_rps "no SCEF" && return; }
  local http callback
  http=$(sed -n 's/^listening http=//p' "$WORK/scef.log")
  callback=$(free_port)
  gateway "" "" "" "{ kind = \"nidd\", name = \"nb\", api_root = \"http://127.0.0.1:$http\", scs_as_id = \"gw\",
    devices = { \"meter@iot.example\" }, callback = { port = $callback } }" ||
    { miss nidd_rps "the gateway does not start" && end "$scef" && return; }
  pid=$LAST
  spawn meter "$BIN/tests/fake/device/tg-fake-device" --server "127.0.0.1:$(sed -n 's/.* port=//p' "$WORK/scef.log")" --ep meter
  device=$LAST
  if await_line meter '^registered'; then
    conf=$(curl -fsS "http://127.0.0.1:$http/3gpp-nidd/v1/gw/configurations" | jq -c '.[0]')
    path=$(jq -r .notificationDestination <<<"$conf" | sed 's,^http://[^/]*,,')
    answer=$(taskset -c "$LOAD_CPU" "$BIN/tests/bench/tg-http-load" "$callback" "$path" "$(jq -r .self <<<"$conf")" \
      meter@iot.example "$SECONDS_EACH" 8 2>>"$WORK/load.log")
    GOT[nidd_rps]=$(field "$answer" rate)
    [ "$(field "$answer" refused)" = 0 ] || miss nidd_rps "refused: $answer $(why)"
  else miss nidd_rps "the device did not register"; fi
  end "$device"
  end "$pid"
  end "$scef"
}

measure_mqtt() {
  local broker
  start_broker || { miss mqtt "no broker" && return; }
  broker=$LAST
  measure_paho 0
  measure_paho 1
  measure_rule rule_qos0 0 queued
  measure_rule rule_qos1 1 queued
  measure_rule durable_qos1 1 durable
  measure_paced
  end "$broker"
}

measure_small() {
  local pages
  CODEC=$("$BIN/tests/bench/codec_bench" --json) || { CODEC=null && miss codec_ns "codec_bench failed"; }
  GOT[binary_bytes]=$(stat -c %s "$BIN/tidegate" "$BIN/tidegate-http.so" 2>/dev/null | awk '{ sum += $1 } END { print sum; exit NR != 2 }') ||
    miss binary_bytes "no program"
  if gateway "" "" ""; then
    sleep 1
    read -r _ pages _ <"/proc/$LAST/statm"
    GOT[idle_rss_bytes]=$((pages * $(getconf PAGESIZE)))
  else miss idle_rss_bytes "the gateway does not start"; fi
  end "$LAST"
}
