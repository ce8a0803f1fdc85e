#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at random points while devices speak; TG_KILLS (20) is how often. Nothing that was acknowledged is missing at the broker. How many messages
# come twice depends on how fast a busy machine's disk and broker answer; the bound here is for one that does other things meanwhile, see docs/reliability.md.
# timeout: 600
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto python3

while read -r word rest; do
  case $word in
  ok) check 0 "$rest" ;;
  not) check 1 "${rest#ok }" ;;
  *) printf '%s %s\n' "$word" "$rest" ;;
  esac
done < <(python3 tests/faults/faults kills --count "${TG_KILLS:-20}" --duplicates 5 --json 2>&1 || echo "not ok the run ends well")
done_testing
