#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N7 in short: TG_LEAK_MESSAGES (44000), every other one bad. Memory comes in pages, and at first what is bounded fills up, so a short run can tell no
# less than some 15 bytes that stay of each message; the long one (tests/proofs/run leak) tells a byte of each hundred.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto mosquitto_pub mosquitto_sub python3

while read -r word rest; do
  case $word in
  ok) check 0 "$rest" ;;
  not) check 1 "${rest#ok }" ;;
  *) printf '%s %s\n' "$word" "$rest" ;;
  esac
done < <(TG_PROOFS='' python3 tests/faults/faults leak --messages "${TG_LEAK_MESSAGES:-44000}" --rate 1200 --growth "${TG_LEAK_GROWTH:-1500}" 2>&1 || echo "not ok the run ends well")
done_testing
