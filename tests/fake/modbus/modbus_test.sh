#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The fake Modbus slave seen by mbpoll, software that is not ours: every table read, single and several values written.
set -uo pipefail
program=${1:-${TG_BUILD_DIR:-build/dev}/tests/fake/modbus/tg-fake-modbus}
command -v mbpoll >/dev/null || { echo "SKIP no mbpoll (tools/setup test)"; exit 77; }
work=$(mktemp -d)
"$program" "$work/tty" >"$work/out" & pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -L "$work/tty" ] && grep -q listening "$work/out" && break; sleep 0.05; done

passed=0 failed=0
poll() { mbpoll -m rtu -a 1 -b 9600 -P none -0 -1 -o 2 "$@" 2>&1; }
says() {
  local what=$1 pattern=$2 answer
  shift 2
  answer=$(poll "$@")
  if grep -qE "$pattern" <<<"$answer"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    printf 'not as it should be: %s\n%s\n' "$what" "$answer"
  fi
}
says "a holding register is read" '\[10\]:[[:space:]]+210' -t 4 -r 10 "$work/tty"
says "an input register is read" '\[0\]:[[:space:]]+2[0-9][0-9]' -t 3 -r 0 "$work/tty"
says "a discrete input is read" '\[0\]:[[:space:]]+1' -t 1 -r 0 "$work/tty"
says "one register is written" 'Written 1' -t 4 -r 10 "$work/tty" 225
says "it keeps the value" '\[10\]:[[:space:]]+225' -t 4 -r 10 "$work/tty"
says "several registers are written" 'Written 3' -t 4 -r 20 "$work/tty" 1 2 3
says "they keep their values" '\[22\]:[[:space:]]+3' -t 4 -r 20 -c 3 "$work/tty"
says "a coil is written" 'Written 1' -t 0 -r 3 "$work/tty" 1
says "several coils are written" 'Written 2' -t 0 -r 8 "$work/tty" 1 1
says "coils are read" '\[9\]:[[:space:]]+1' -t 0 -r 3 -c 7 "$work/tty"
says "an address that is not there is refused" 'llegal data address' -t 4 -r 400 "$work/tty"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
