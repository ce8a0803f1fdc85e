#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Load, and the two sides compared: what devices were told has arrived is at the subscriber, once, with a bad network and a broker that is away at
# first. And the tool tells what is missing.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto mosquitto_pub mosquitto_sub python3

python3 tests/load/unit_test.py >"$WORK/unit.log" 2>&1
check $? "its parts do what they are for"

while read -r word rest; do
  case $word in
  ok) check 0 "$rest" ;;
  not) check 1 "${rest#ok }" ;;
  *) printf '%s %s\n' "$word" "$rest" ;;
  esac
done < <(python3 tests/load/load --seconds "${TG_LOAD_SECONDS:-8}" --bad --away 3 --json 2>&1 || echo "not ok the run ends well")

python3 tests/load/load --seconds 1 --devices 20 --drop 3 >"$WORK/drop.log" 2>&1
is $? 1 "values that are missing are a failure"
like "$(<"$WORK/drop.log")" '"missing_count": 3,' "and counted"
python3 tests/load/load --build "$WORK" >"$WORK/none.log" 2>&1
is $? 2 "without a program it says that it could not be run"
done_testing
