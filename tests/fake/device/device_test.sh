#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The simulated device seen from outside: its firmware, restarts and transports by plain sockets (device_fw_test.py), then by a Leshan server,
# software that is not ours: registration, every operation, notifications, Send.
# timeout: 180
set -uo pipefail
program=${1:-${TG_BUILD_DIR:-$(dirname "$0")/../../../build/dev}/tests/fake/device/tg-fake-device}
peers=$(cd "$(dirname "$0")/../../interop/peers" && pwd)
python3 "$(dirname "$0")/device_fw_test.py" "$program" || exit 1
compgen -G "${XDG_CACHE_HOME:-$HOME/.cache}/tidegate-peers/leshan-*" >/dev/null || { echo "SKIP no Leshan (tests/interop/peers/setup leshan)"; exit 77; }
work=$(mktemp -d)
mkfifo "$work/server.in" "$work/device.in"
children=()
finish() {
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null; done
  wait
  rm -rf "$work"
}
trap finish EXIT

passed=0 failed=0
# seen WHAT FILE PATTERN: waits up to ten seconds for a line.
seen() {
  for _ in $(seq 100); do
    grep -qE -- "$3" "$work/$2" && passed=$((passed + 1)) && return
    sleep 0.1
  done
  failed=$((failed + 1))
  printf 'not seen: %s (%s in %s)\n' "$1" "$3" "$2"
}
tell() { printf '%s\n' "$1" >&7; }
order() { printf '%s\n' "$1" >&8; }

"$peers/leshan-server" --bind 127.0.0.1 --port 0 <"$work/server.in" >"$work/server" 2>&1 &
children+=($!)
exec 7>"$work/server.in"
for _ in $(seq 300); do grep -q '^listening' "$work/server" && break; sleep 0.1; done
port=$(sed -n 's/^listening .*:\([0-9]*\)$/\1/p' "$work/server")
[ -n "$port" ] || { cat "$work/server"; echo "the Leshan server does not start"; exit 1; }
"$program" --server "127.0.0.1:$port" --ep sim1 --con <"$work/device.in" >"$work/device" 2>&1 &
children+=($!)
exec 8>"$work/device.in"

seen "it registers" device '^registered /rd/'
seen "the server knows its objects" server '^registered sim1 .*lwm2m=1.1 lt=300 .*</3303/0>'
tell "read sim1 /3/0"
seen "an instance is read" server '^value sim1 /3/0/0 "Tidegate"'
seen "a multiple resource is read" server '^value sim1 /3/0/6 \{0=1, 1=5\}'
tell "read sim1 /3303/0 TLV"
seen "TLV is read" server '^value sim1 /3303/0/5701 "Cel"'
tell "read sim1 /3303/0/5602 SENML_JSON"
seen "SenML JSON is read" server '^value sim1 /3303/0/5602 20'
tell 'write sim1 /3/0/14 "+02"'
seen "a value is written" device '^write /3/0/14 '
tell "write sim1 /3/0/0 x"
seen "a read-only resource refuses" device '^refused /3/0/0 4.05'
tell "read sim1 /9"
seen "what is not there is 4.04" device '^refused /9 4.04'
tell "execute sim1 /3303/0/5605"
seen "it executes" device '^execute /3303/0/5605'
tell "discover sim1 /3"
seen "it tells what it has" server '^links sim1 .*</3/0/7>;dim=2'
tell "observe sim1 /3303/0/5700"
seen "it is observed" device '^observe /3303/0/5700'
order "set /3303/0/5700 23.5"
seen "a change is notified" server '^notified sim1 /3303/0/5700 23.5'
order "send /3303/0"
seen "Send is accepted" device '^sent 2.04'
order "update"
seen "it updates" server '^updated sim1'
tell "execute sim1 /1/0/8"
seen "the server's trigger makes it update" device '^execute /1/0/8'
order "quit"
seen "it de-registers" server '^deregistered sim1'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
