# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The parts of tools/bench: what is started, measured and printed. Sourced by tools/bench, which sets BIN and WORK.

declare -A GOT=()
MISSED=0
CHILDREN=()
LAST=
SECONDS_EACH=2
LOAD_CPU=$(($(nproc) > 1 ? 1 : 0))
export PATH="$PATH:/usr/sbin"

build() {
  cmake --preset release -S "$TG_ROOT" && cmake --build "$BIN" --target tidegate tg-load tg-echo tg-mqtt-load codec_bench
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

await_line() {
  local try
  for ((try = 0; try < 100; try++)); do
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

load() { timeout 60 "$BIN/tests/bench/tg-load" --cpu "$LOAD_CPU" --seconds "$SECONDS_EACH" "$@" 2>>"$WORK/load.log"; }

measure_ceiling() {
  local answer
  spawn echo "$BIN/tests/bench/tg-echo" 0
  if await_line echo '^listening' && answer=$(load --server "127.0.0.1:$(sed -n 's/^listening //p' "$WORK/echo.log")" --echo --pid "$LAST"); then
    GOT[ceiling_rps]=$(field "$answer" rps)
    GOT[ceiling_cpu_us]=$(field "$answer" cpu_us)
  else miss ceiling "the echo did not answer"; fi
  end "$LAST"
}

# gateway MQTT-BLOCK OBSERVE EXTRA: starts a gateway of its own folder; its process id is in LAST, its port in UDP.
gateway() {
  [ -x "$BIN/tidegate" ] || return 1
  rm -rf "$WORK/data"
  mkdir "$WORK/data"
  cat >"$WORK/tidegate.lua" <<CONFIG
return {
  name = "bench", data_dir = "$WORK/data", log = { level = "info" },
  links = { { kind = "udp", name = "udp0", host = "127.0.0.1", port = 0 } },
  server = { observe = { $2 } },
  limits = { requests_per_peer = 0 },
  $1
  $3
}
CONFIG
  spawn gateway taskset -c 0 "$BIN/tidegate" run -c "$WORK/tidegate.lua"
  await_line gateway 'listening link=udp0' || {
    tail -3 "$WORK/gateway.log" >&2
    return 1
  }
  UDP=$(sed -n 's/.*listening link=udp0 .*:\([0-9][0-9]*\).*/\1/p' "$WORK/gateway.log" | head -1)
}

why() { tail -1 "$WORK/load.log" 2>/dev/null; }

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
    [ -n "${GOT[$name]}" ] || miss "$name" "the subscriber counted nothing"
  else miss "$name" "$(why)"; fi
  end "$LAST"
  end "$COUNTER"
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
  end "$broker"
}

measure_small() {
  local pages
  CODEC=$("$BIN/tests/bench/codec_bench" --json) || { CODEC=null && miss codec_ns "codec_bench failed"; }
  GOT[binary_bytes]=$(stat -c %s "$BIN/tidegate" 2>/dev/null) || miss binary_bytes "no program"
  if gateway "" "" ""; then
    sleep 1
    read -r _ pages _ <"/proc/$LAST/statm"
    GOT[idle_rss_bytes]=$((pages * $(getconf PAGESIZE)))
  else miss idle_rss_bytes "the gateway does not start"; fi
  end "$LAST"
}

value() { echo "${GOT[$1]:-null}"; }

# sizes NAME: {"100":…,"1000":…}
sizes() {
  printf '{"100":%s,"1000":%s,"10000":%s,"100000":%s}' "$(value "$1_100")" "$(value "$1_1000")" "$(value "$1_10000")" "$(value "$1_100000")"
}

print_json() {
  local name
  printf '{"ceiling_rps":%s,"ceiling_cpu_us":%s,' "$(value ceiling_rps)" "$(value ceiling_cpu_us)"
  for name in update_rps update_cpu_us register_rps; do printf '"%s":%s,' $name "$(sizes $name)"; done
  printf '"rss_per_device":%s,"mqtt":{' "$(value rss_per_device)"
  for name in paho_qos0 rule_qos0 paho_qos1 rule_qos1 durable_qos1 paho_cpu_us; do printf '"%s":%s,' $name "$(value $name)"; done
  printf '"rule_cpu_us":%s},"codec_ns":%s,"binary_bytes":%s,"idle_rss_bytes":%s}\n' "$(value rule_cpu_us)" "$CODEC" \
    "$(value binary_bytes)" "$(value idle_rss_bytes)"
}

print_table() {
  local size name
  printf 'echo             %10s requests/s  %8s µs CPU each\n\n' "$(value ceiling_rps)" "$(value ceiling_cpu_us)"
  printf '%10s %12s %12s %12s\n' devices updates/s "µs CPU" registers/s
  for size in 100 1000 10000 100000; do
    printf '%10s %12s %12s %12s\n' "$size" "$(value update_rps_$size)" "$(value update_cpu_us_$size)" "$(value register_rps_$size)"
  done
  printf '\nmemory per device %s bytes, idle %s bytes, program %s bytes\n\n' "$(value rss_per_device)" "$(value idle_rss_bytes)" "$(value binary_bytes)"
  for name in paho_qos0 rule_qos0 paho_qos1 rule_qos1 durable_qos1; do printf '%-14s %10s messages/s\n' $name "$(value $name)"; done
  for name in paho_cpu_us rule_cpu_us; do printf '%-14s %10s µs CPU a message\n' $name "$(value $name)"; done
  printf '\nnanoseconds\n'
  while IFS=: read -r name size; do printf '%-26s %8s\n' "${name//\"/}" "$size"; done < <(grep -oE '"[^"]+":[0-9.]+' <<<"$CODEC")
}
