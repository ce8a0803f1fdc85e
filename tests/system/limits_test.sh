#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# At its bounds the gateway says no and loses nothing: an outbox that is full, more devices than allowed, more commands than a device may have
# waiting, more clients of the control socket than there is room for, one that does not read.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto python3

start_broker
subscribe messages 'tidegate/#'
stop broker
write_config <<END
  server = { observe = { "/3303/0/5700" }, awake = 1 },
  store = { outbox_max = 65536 },
  limits = { devices = 3, requests_per_peer = 0 },
END
start_gateway
start_device hall "$UDP" --con
start_device sleeper "$UDP" --queue --awake 0.8
start_device third "$UDP"
for name in hall sleeper third; do need 10 says "$name" '^observe'; done
start_device fourth "$UDP"
await 10 says fourth '^register-failed 5.03'
check $? "a device too many gets 5.03"
stop fourth KILL

# The outbox ----------------------------------------------------------------------------------------------------------

fill() {
  local i
  for ((i = 1001; i <= 1400; i++)); do
    printf 'set /3303/0/5700 %d\nsend /3303/0/5601\nsend /3303/0/5602\n' "$i"
    ((i % 4)) || sleep 0.02
  done >&"${IN[hall]}"
}
fill &
filling=$!
await 30 says hall '^send-failed 5.03'
check $? "without a broker, and the outbox full, a Send gets 5.03"
wait "$filling"
like "$(<"$WORK/gateway.log")" ' warn  store outbox_full messages=[0-9]+ bytes=5[67][0-9]+ max=65536' "the log tells it"
is "$(count gateway outbox_full)" 1 "once"
"$TIDEGATE" status --json -c "$WORK/tidegate.lua" >"$WORK/status"
is "$(jq '.outbox_bytes <= 65536 and .outbox_refused > 0' "$WORK/status")" true "the outbox is no larger than it may be"
start_broker broker
await 10 says gateway 'outbox_has_room|mqtt connected'
again() { tell hall "send /3303/0/5601" && await 1 says hall '^sent 2.04$' && [ "$(tail -1 "$WORK/hall.log")" != "send-failed 5.03" ]; }
await 15 again
check $? "when the broker is back the device is taken again"
tell hall "set /3303/0/5700 2000"
await 20 says hall '^acknowledged /3303/0/5700 2000'
check $? "so is its notification"
await 10 says messages '^tidegate/dev/hall/v/3303/0/5700 \{"v":2000.0'
check $? "which arrives"
like "$(<"$WORK/gateway.log")" ' info  store outbox_has_room ' "the log tells that too"
sed -n 's|^acknowledged /3303/0/5700 \([0-9]*\)$|\1|p' "$WORK/hall.log" | sort -u >"$WORK/acknowledged"
sed -n 's|^tidegate/dev/hall/v/3303/0/5700 {"v":\([0-9]*\)\.0,.*|\1|p' "$WORK/messages.log" | sort -u >"$WORK/arrived"
is "$(comm -23 "$WORK/acknowledged" "$WORK/arrived" | xargs)" "" "all $(wc -l <"$WORK/acknowledged") acknowledged values arrived"
sends=$(count hall '^sent 2.04')
[ "$(count messages '/v/3303/0/560[12] .*"src":"send"')" -ge "$sends" ]
check $? "so did all $sends Sends that were answered with 2.04"

# Commands ------------------------------------------------------------------------------------------------------------

asleep() { "$TIDEGATE" devices -c "$WORK/tidegate.lua" | grep -q '^sleeper *asleep'; }
await 10 asleep
for ((i = 1; i <= 150; i++)); do printf '{"id":"f%d","op":"read","path":"/3/0/9"}\n' "$i"; done |
  mosquitto_pub -h 127.0.0.1 -p "$BROKER" -q 1 -t tidegate/dev/sleeper/cmd -l
states() { grep '^tidegate/dev/sleeper/result' "$WORK/messages.log" | sed 's/^[^ ]* //' | jq -r '[.state, .error // empty] | join(" ")' | sort | uniq -c | xargs; }
all_refused() { [ "$(states)" = "100 accepted 50 failed full 100 waiting" ]; }
await 15 all_refused
is "$(states)" "100 accepted 50 failed full 100 waiting" "a device has at most 100 commands waiting; the others are refused"
tell sleeper update
all_done() { states | grep -q ' 100 done '; }
await 15 all_done
like "$(states)" '^100 accepted 100 done 50 failed full (100 sent )?100 waiting$' "when it wakes all are carried out"

# The control socket --------------------------------------------------------------------------------------------------

cat >"$WORK/clients.py" <<'END'
import json, socket, sys, time
def dial():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(5)
    return s
def ask(s, text):
    s.sendall(text)
    return s.makefile().readline()
many = [dial() for _ in range(31)]
for s in many:
    assert json.loads(ask(s, b'{"op":"status"}\n'))["end"]
more = [dial() for _ in range(4)]
refused = 0
for s in more:
    try:
        refused += ask(s, b'{"op":"status"}\n') == ""
    except OSError:
        refused += 1
print("refused", refused)
for s in many[2:] + more: s.close()
print("too long", "too_long" in ask(many[0], b"x" * 70000))
slow = many[1]
for _ in range(200000):
    try:
        slow.settimeout(10)
        slow.sendall(b'{"op":"log"}\n' * 50)
    except OSError as error:
        print("slow", type(error).__name__)
        break
END
OUT=$(timeout 60 python3 "$WORK/clients.py" "$WORK/data/control.sock" 2>&1)
like "$OUT" '^refused 3$' "no more than 32 clients are served at a time"
like "$OUT" '^too long True$' "a line that is too long is answered"
like "$OUT" '^slow (BrokenPipe|ConnectionReset)' "a client that does not read is dropped"
await 5 says gateway 'control client_dropped reason=slow'
check $? "which is told"
"$TIDEGATE" status --json -c "$WORK/tidegate.lua" >"$WORK/status"
is "$(jq '[.clients, .clients_refused, .clients_dropped_slow] | join(",")' "$WORK/status")" '"1,3,1"' "and counted"

# All of them in one table ---------------------------------------------------------------------------------------------

"$TIDEGATE" limits --json -c "$WORK/tidegate.lua" >"$WORK/limits"
limit() { jq -r "select(.limit == \"$1\") | $2" "$WORK/limits"; }
is "$(limit devices '[.max, .hits > 0] | join(",")')" "3,true" "limits: devices, and that one was refused"
is "$(limit outbox '[.max, .key, .hits > 0] | join(",")')" "65536,store.outbox_max,true" "limits: the outbox as configured, and that it was full"
is "$(limit commands_per_device '[.max, .hits] | join(",")')" "100,50" "limits: commands of a device, the refused are counted"
is "$(limit control_clients '[.max, .hits] | join(",")')" "32,3" "limits: clients"
is "$(limit control_line '[.max, .hits] | join(",")')" "65536,1" "limits: the line that was too long"
is "$(limit request_body '[.max, .counter, .hits] | join(",")')" "65536,bodies refused,0" "limits: what was not met has 0"
is "$(jq -r 'select(.limit) | select((.max >= 0 and .over and .unit) | not) | .limit' "$WORK/limits")" "" "each has a value and says what happens over it"
is "$(jq -r 'select(.limit) | select(.max == 0 and (.over | startswith("0: ") | not)) | .limit' "$WORK/limits")" "" "where 0 means none, it says so"
is "$(jq -r 'select(.limit and (.counter | not)) | .limit' "$WORK/limits" | xargs)" "brokers links" "all are counted but what is checked at the start"
# A first block that announces more than is taken (Size1, RFC 7959 4).
OUT=$(python3 -c 'import socket,sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
s.sendto(bytes.fromhex("44024d0100000001b27264d1030ed314100000ff") + 1024 * b"a", ("127.0.0.1", int(sys.argv[1])))
print(s.recv(100)[1])' "$UDP" 2>&1)
is "$OUT" 141 "a body that is announced too large gets 4.13"
"$TIDEGATE" limits --json -c "$WORK/tidegate.lua" >"$WORK/limits"
is "$(limit request_body .hits)" 1 "limits: which is counted"
like "$("$TIDEGATE" limits -c "$WORK/tidegate.lua")" '^outbox +65536 +bytes +store.outbox_max +5.03 .* messages refused +[1-9]' "limits: for people"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
