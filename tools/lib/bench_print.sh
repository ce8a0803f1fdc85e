# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# How tools/bench says what it measured (GOT and CODEC of bench_parts.sh). Sourced by tools/bench.

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
  for name in paho_qos0 rule_qos0 paho_qos1 rule_qos1 durable_qos1 durable_p99_ms non_sent non_lost paho_cpu_us; do printf '"%s":%s,' $name "$(value $name)"; done
  printf '"rule_cpu_us":%s},"nidd":{"http_rps":%s,"nidd_rps":%s},"restart_ms":%s,"codec_ns":%s,"binary_bytes":%s,"idle_rss_bytes":%s}\n' \
    "$(value rule_cpu_us)" "$(value http_rps)" "$(value nidd_rps)" "$(value restart_ms)" "$CODEC" "$(value binary_bytes)" \
    "$(value idle_rss_bytes)"
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
  printf '%-14s %10s ms until 99 of 100 are acknowledged\n' durable_p99_ms "$(value durable_p99_ms)"
  printf '%-14s %10s of %s, at 30,000/s in bursts of 20\n' "lost, not CON" "$(value non_lost)" "$(value non_sent)"
  for name in http_rps nidd_rps; do printf '%-14s %10s uplinks/s\n' $name "$(value $name)"; done
  printf '%-14s %10s ms with 100,000 registrations\n' restart "$(value restart_ms)"
  for name in paho_cpu_us rule_cpu_us; do printf '%-14s %10s µs CPU a message\n' $name "$(value $name)"; done
  printf '\nnanoseconds\n'
  while IFS=: read -r name size; do printf '%-26s %8s\n' "${name//\"/}" "$size"; done < <(grep -oE '"[^"]+":[0-9.]+' <<<"$CODEC")
}
