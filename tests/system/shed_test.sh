#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Overload sheds by class: requests of one address over its rate are dropped, others and registrations go on; values leave room in the outbox to
# results of commands, which come once when the broker is back, however full it was; what is too old is given up and told.
# timeout: 200
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto python3

limit() { "$TIDEGATE" limits --json -c "$WORK/tidegate.lua" | jq -r "select(.limit == \"$1\") | $2"; }

start_broker
subscribe messages 'tidegate/#'
write_config <<END
  server = { observe = { "/3303/0/5700" }, awake = 1, learn_awake = false },
  store = { outbox_max = 65536 },
END
start_gateway

# Requests of one address ----------------------------------------------------------------------------------------------

cat >"$WORK/flood.py" <<'END'
import socket, sys, time
server = ("127.0.0.1", int(sys.argv[1]))
def open_socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.settimeout(1)
    return s
def answers(s):
    found = {}
    try:
        while True:
            data = s.recv(2048)
            found[int.from_bytes(data[2:4], "big")] = data
    except OSError:
        return found
def path(*segments):
    out, delta = b"", 11
    for segment in segments:
        out += bytes([delta << 4 | len(segment)]) + segment
        delta = 0
    return out
def get(mid):  # 4.04
    return b"\x44\x01" + mid.to_bytes(2, "big") + b"toke" + path(b"nothing")
def register(mid, ep):
    return b"\x44\x02" + mid.to_bytes(2, "big") + b"toke" + path(b"rd") + b"\x11\x28" + b"\x38" + b"ep=" + ep + b"\x09lwm2m=1.1" + b"\xff</3/0>"
one, two = open_socket(), open_socket()
for mid in range(200):
    one.sendto(get(mid), server)
first = answers(one)
print("served", len(first), "of 200")
two.sendto(get(1), server)
print("another", len(answers(two)))
for mid in range(300, 400):
    one.sendto(get(mid), server)
one.sendto(register(500, b"flood"), server)
print("registered", answers(one).get(500, b"    ")[1] == 0x41)
time.sleep(2.2)
lost = next(mid for mid in range(200) if mid not in first)
one.sendto(get(lost), server)
print("again", answers(one).get(lost, b"    ")[1] == 0x84)
END
OUT=$(timeout 60 python3 "$WORK/flood.py" "$UDP" 2>&1)
# Forty at once, and what a slow machine takes longer for.
served=$(sed -n 's/^served \([0-9]*\) of 200$/\1/p' <<<"$OUT")
[ "${served:-0}" -ge 40 ] && [ "$served" -le 100 ]
check $? "of 200 requests at once a burst is served ($served)"
like "$OUT" '^another 1$' "another address is served meanwhile"
like "$OUT" '^registered True$' "a Register goes when other requests are dropped"
like "$OUT" '^again True$' "a confirmable request that was dropped is served when it comes again"
[ "$(limit requests_per_peer .hits)" -ge 100 ]
check $? "what was dropped is counted ($(limit requests_per_peer '[.max, .hits] | join(",")'))"
like "$(<"$WORK/gateway.log")" ' warn  coap requests_dropped link=udp0 peer=127.0.0.1:[0-9]+ max_per_second=20 ' "the log says who is cut off"

# Results when values have filled the outbox ----------------------------------------------------------------------------

# The rate of one address is no matter of the rest: its values are to be many.
stop gateway
sed -i 's/store = {/limits = { requests_per_peer = 0 }, store = {/' "$WORK/tidegate.lua"
start_gateway
start_device hall "$UDP" --con
start_device sleeper "$UDP" --queue --awake 0.8
for name in hall sleeper; do need 10 says "$name" '^observe'; done
asleep() { "$TIDEGATE" devices -c "$WORK/tidegate.lua" | grep -q '^sleeper *asleep'; }
states() { grep '^tidegate/dev/sleeper/result' "$WORK/messages.log" | sed 's/^[^ ]* //' | jq -r 'select(.id | startswith("'"$1"'")) | .state' | sort | uniq -c | xargs; }
order() { for ((i = 1; i <= $2; i++)); do printf '{"id":"%s%d","op":"read","path":"/3/0/9"}\n' "$1" "$i"; done | mosquitto_pub -h 127.0.0.1 -p "$BROKER" -q 1 -t tidegate/dev/sleeper/cmd -l; }
waiting() { [ "$(states "$1")" = "$2 accepted $2 waiting" ]; }
await 15 asleep
order a 1
await 10 waiting a 1
check $? "a command waits for a device that sleeps"
stop broker
offline() { "$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq -e '.brokers[0].connected == false' >/dev/null; }
await 10 offline
fill() {
  local i
  for ((i = 1001; i <= 6000; i++)); do # it is ended when the outbox is full
    printf 'set /3303/0/5700 %d\nsend /3303/0/5601\nsend /3303/0/5602\n' "$i"
    ((i % 4)) || sleep 0.02
  done >&"${IN[hall]}"
}
fill &
filling=$!
is_full() { [ "$(limit outbox .hits)" -gt 0 ]; }
await 60 is_full
check $? "without a broker values fill their part of the outbox"
is "$("$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq '.outbox_bytes <= 57344')" true "and leave the rest"
is "$(limit outbox_reserve '[.max, .hits] | join(",")')" "8192,0" "nothing else has been refused"
tell sleeper update
ran() { ! "$TIDEGATE" queue --json -c "$WORK/tidegate.lua" | grep -q '"command"'; }
await 15 says sleeper '^read /3/0/9'
await 10 ran
is "$(limit outbox_reserve .hits)" 0 "its result found room"
kill "$filling" 2>/dev/null
wait "$filling" 2>/dev/null
start_broker broker
all_done() { states "$1" | grep -qE "(^| )$2 done( |$)"; }
await 20 all_done a 1
like "$(states a)" '^1 accepted 1 done( 1 sent)? 1 waiting$' "when the broker is back the result comes, once"

# Results when nothing has room -----------------------------------------------------------------------------------------

await 15 asleep
order b 90
await 20 waiting b 90
stop broker
await 10 offline
fill &
filling=$!
before=$(limit outbox .hits)
is_full_again() { [ "$(limit outbox .hits)" -gt "$before" ]; }
await 60 is_full_again
tell sleeper update
await 15 says gateway 'the outbox is full: results and states wait for room'
check $? "with so many commands even what is left to results fills up, and is told"
await 30 ran
kill "$filling" 2>/dev/null
wait "$filling" 2>/dev/null
stop gateway KILL
start_gateway again
start_broker broker
await 40 all_done b 90
is "$(states b | grep -oE '[0-9]+ done')" "90 done" "all results come after a kill and when the broker is back, each once"
await 10 says again 'what waited for room in the outbox is out'
check $? "that is told"
await 10 says messages '^tidegate/gw/gw/event \{"event":"gap","note":"outbox: [0-9]+ messages refused while it was full, seq [0-9]+ to [0-9]+"'
check $? "the numbers that are missing are told as an event"
grep '^tidegate/dev/sleeper/result' "$WORK/messages.log" | sed 's/^[^ ]* //' | jq -r 'select(.state == "done") | .id' | sort | uniq -d >"$WORK/twice"
is "$(xargs <"$WORK/twice")" "" "no result came twice"
stop again

# Messages that are too old ---------------------------------------------------------------------------------------------

rm -rf "$WORK/data"
sed -i 's/outbox_max = 65536/outbox_max = 65536, outbox_max_age = 2/' "$WORK/tidegate.lua"
stop broker
start_gateway third
for ((i = 1; i <= 5; i++)); do tell hall "set /3303/0/5700 $((5000 + i))"; done
tell hall update
await 15 says third 'outbox_expired messages=[0-9]+ first_seq=[0-9]+ last_seq=[0-9]+ max_age_s=2'
check $? "what waited for too long is given up, and told"
given_up=$(limit outbox_max_age .hits)
[ "$given_up" -gt 0 ]
check $? "and counted ($given_up)"
start_broker broker
await 15 says messages '^tidegate/gw/gw/event \{"event":"gap","note":"outbox: [0-9]+ messages too old, given up, seq '
check $? "and told as an event"
stop third
is "$STATUS" 0 "the gateway ends with 0"
done_testing
