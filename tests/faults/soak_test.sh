#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All faults at once for a short while: TG_SOAK_MINUTES (3) at 500 messages a second, as `tests/faults/faults soak` does it for an hour. And the tool
# would tell: values that are left out, and what it can't run.
# timeout: 480
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto mosquitto_sub mosquitto_pub python3

python3 tests/faults/unit_test.py >"$WORK/unit.log" 2>&1
check $? "the tool's own parts"
TG_PROOFS='' python3 tests/faults/faults kills --count 5 --rate 100 --drop 3 --duplicates 100 >"$WORK/drop.log" 2>&1
is $? 1 "values that did not come are a failure"
like "$(<"$WORK/drop.log")" "'missing_count': 3," "and are counted"
TG_PROOFS='' python3 tests/faults/faults kills --build "$WORK" >"$WORK/none.log" 2>&1
is $? 2 "without a program it can't be run"

while read -r word rest; do
  case $word in
  ok) check 0 "$rest" ;;
  not) check 1 "${rest#ok }" ;;
  *) printf '%s %s\n' "$word" "$rest" ;;
  esac
done < <(TG_PROOFS='' python3 tests/faults/faults soak --minutes "${TG_SOAK_MINUTES:-3}" --rate "${TG_SOAK_RATE:-500}" 2>&1 || echo "not ok the run ends well")
done_testing
