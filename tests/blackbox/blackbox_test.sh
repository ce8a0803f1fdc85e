#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The runner of catalogues of bad inputs does what it says, and the gateway of this build passes our own catalogues.
# timeout: 400
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
command -v python3 >/dev/null || { echo "SKIP there is no python3 (tools/setup test)" && exit 77; }

units=$(python3 -m unittest discover -s tests/blackbox -p unit_test.py 2>&1)
status=$?
ran=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' <<<"$units")
[ $status = 0 ] || printf '%s\n' "$units"
words=$(tests/blackbox/run tests/blackbox/cases/*.jsonl --binary "${TG_BUILD_DIR:-build/dev}")
cases=$?
sed '$d' <<<"$words"
[[ $(tail -1 <<<"$words") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(, ([0-9]+) skipped)?$ ]] || { printf '%s\n' "$words" && exit 1; }
printf '%d passed, %d failed, %d skipped\n' $((BASH_REMATCH[1] + (status == 0 ? ran : 0))) $((BASH_REMATCH[2] + (status != 0))) $((BASH_REMATCH[4]))
exit $((status != 0 || cases != 0))
