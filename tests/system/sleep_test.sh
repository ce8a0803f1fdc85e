#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Devices that sleep, over UDP and over NIDD: twenty commands in their order when they wake, one at a time, whatever happens to the gateway or to
# the device's registration and address meanwhile; the same id runs once; what the SCEF keeps is not sent again nor failed by time; windows.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto curl

METER=meter@example.com
EXECUTE='"op":"execute","path":"/3303/0/5605"'

command_for() { publish -t "$PREFIX/dev/$1/cmd" -m "{\"id\":\"$2\",$3}"; }
write_for() { command_for "$1" "$2" "\"op\":\"write\",\"path\":\"/3311/0/5851\",\"value\":$3"; }
has_state() { results "$1" "$2" | grep -q "\"state\":\"$3\""; }
states_of() { results "$1" "$2" | jq -r '[.seq, .state] | join(" ")' | sort -un | cut -d' ' -f2 | xargs; }
written() { cat "$WORK/$1.old.log" "$WORK/$1.log" 2>/dev/null | sed -n 's|^write /3311/0/5851 ||p'; }
is_state() { mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t "$PREFIX/dev/$1/state" --retained-only -C 1 -W 2 2>/dev/null | grep -q "\"state\":\"$2\""; }
devices() { "$TIDEGATE" devices "$1" --json -c "$WORK/tidegate.lua" | jq -r "select(.ep) | $2"; }
kill_gateway() {
  stop gateway KILL
  start_gateway
}
# fill DEVICE PREFIX FIRST LAST: a write of each number; returns when the last one is on disk.
fill() {
  local i
  for ((i = $3; i <= $4; i++)); do write_for "$1" "$2$i" "$i"; done
  need 10 has_state "$1" "$2$4" accepted
}
all_done() {
  local i
  for ((i = $3; i <= $4; i++)); do has_state "$1" "$2$i" "done" || return 1; done
}
# Whether between the first time that one of PREFIX… was sent and its end no other one was.
is_one_at_a_time() {
  grep -F "$PREFIX/dev/$1/result {" "$WORK/messages.log" | sed 's/^[^ ]* //' |
    jq -r "select(.id | startswith(\"$2\")) | select(.state == \"sent\" or .state == \"done\") | [.id, .state] | join(\" \")" |
    awk '$2 == "sent" { if (open != "" && open != $1) bad = 1; open = $1 }
         $2 == "done" { if (open != $1) bad = 1; open = ""; ends++ }
         END { exit bad || ends != 20 }'
}
queue_length() { "$TIDEGATE" queue "$1" --json -c "$WORK/tidegate.lua" | jq -s "[.[] | select(.tag)] | length"; }
wake() {
  local before
  before=$(count "$1" '^updated')
  tell "$1" update
  need 10 eval "[ \$(count $1 '^updated') -gt $before ]"
}

start_broker
subscribe messages "$PREFIX/#"
start_scef "$METER" -- --log "$WORK/scef.json"
NIDD=$(free_port)
UDP=$(free_port)
write_config <<END
  server = { awake = 2, rebind = "same-ip" },
  links = {
    { kind = "udp", name = "udp0", host = "127.0.0.1", port = $UDP },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "tg",
      callback = { port = $NIDD }, devices = { "$METER" } },
  },
END
start_gateway

# Over UDP -----------------------------------------------------------------------------------------------------------------

start_device udp "$UDP" --queue --awake 1.5
need 10 says udp '^registered'
need 15 is_state udp asleep
fill udp a 1 20
is "$(devices udp .awake_window)" 2 "its window is the configured one"
is "$(states_of udp a1)" "accepted waiting" "a command is accepted, then waits"
wake udp
await 20 all_done udp a 1 20
check $? "udp: twenty commands are carried out when it wakes"
is "$(written udp | xargs)" "$(seq -s ' ' 20)" "udp: in their order"
is_one_at_a_time udp a
check $? "udp: one at a time"

need 15 is_state udp asleep
fill udp b 21 40
command_for udp x1 "$EXECUTE"
command_for udp x1 "$EXECUTE"
need 10 has_state udp x1 accepted
kill_gateway
like "$(<"$WORK/gateway.log")" 'restored commands=21' "udp: after kill -9 they are there again"
command_for udp x1 "$EXECUTE"
# It comes from another address, and registers anew: the commands are its own all the same.
stop udp KILL
start_device udp "$UDP" --queue --awake 1.5
await 20 all_done udp b 21 40
check $? "udp: killed in between, with a new registration from a new address, all are carried out"
is "$(written udp | xargs)" "$(seq -s ' ' 40)" "udp: in their order"
is_one_at_a_time udp b
check $? "udp: one at a time"
need 10 has_state udp x1 "done"
command_for udp x1 "$EXECUTE"
await 10 eval '[ "$(results udp x1 | grep -c "\"state\":\"done\"")" -ge 2 ]'
check $? "udp: the same id is answered again"
is "$(count udp '^execute ')" 1 "udp: and ran once, sent four times"

# What is accepted once is not lost nor told as accepted again; what can't be accepted says why.
is "$(states_of udp b40 | tr ' ' '\n' | grep -c accepted)" 1 "accepted is told once, over the restart"
command_for nobody n1 "$EXECUTE"
await 5 has_state nobody n1 failed
check $? "a command to a device that is not known is not accepted"
is "$(results nobody n1 | tail -1 | jq -r .error)" not_found "and says why"
need 15 is_state udp asleep
for ((i = 1; i <= 101; i++)); do write_for udp "f$i" "$i"; done
await 10 has_state udp f101 failed
check $? "nor the one that finds the queue full"
is "$(results udp f101 | tail -1 | jq -r .error)" full "and says why"
"$TIDEGATE" queue udp --json -c "$WORK/tidegate.lua" | jq -r '.command // empty' | while read -r id; do
  "$TIDEGATE" cancel "$id" -c "$WORK/tidegate.lua" >/dev/null
done
is "$("$TIDEGATE" queue udp -c "$WORK/tidegate.lua")" "no commands" "the queue is emptied again"
write_for udp f101 55
await 10 has_state udp f101 accepted
check $? "what was refused may come again under its id"
wake udp
need 10 has_state udp f101 "done"

# An execute whose answer never comes: once, unless its asker wants it again.
need 15 is_state udp asleep
wake udp
kill -STOP "${PID[udp]}"
command_for udp g1 "$EXECUTE"
need 10 has_state udp g1 sent
stop udp KILL
start_device udp "$UDP" --queue --awake 1.5
await 10 has_state udp g1 unknown
check $? "an execute whose registration ended after it was sent is unknown"
wake udp
kill -STOP "${PID[udp]}"
command_for udp g2 "$EXECUTE,\"retry\":true"
need 10 has_state udp g2 sent
stop udp KILL
start_device udp "$UDP" --queue --awake 1.5
await 10 has_state udp g2 "done"
check $? "with retry it goes again"
stop udp

# Over NIDD ----------------------------------------------------------------------------------------------------------------
# The device listens all the time, and it is the SCEF that says whether it does.

set_scef() { scef_control "{\"op\":\"set\",\"device\":\"$METER\",\"behaviour\":$1}" >/dev/null; }
deletes() { grep -c '"method":"DELETE"' "$WORK/scef.json"; }

start_device "$METER" "$(relay_port "$METER")" --queue --awake 3600 --binding N
need 15 says "$METER" '^registered'
need 15 is_state "$METER" online
is "$(devices "$METER" '.awake_window // "none"')" none "nidd: no window is guessed"

set_scef '{"mode":"buffer","modeCount":1}'
fill "$METER" a 1 20
await 10 is_state "$METER" asleep
check $? "nidd: a device whose command the SCEF keeps is asleep"
is "$(states_of "$METER" a1)" "accepted sent" "nidd: the first has been handed over"
is "$(states_of "$METER" a2)" "accepted waiting" "nidd: the others wait behind it"
scef_control "{\"op\":\"release\",\"device\":\"$METER\"}" >/dev/null
await 20 all_done "$METER" a 1 20
check $? "nidd: when it is delivered all are carried out"
is "$(written "$METER" | xargs)" "$(seq -s ' ' 20)" "nidd: in their order, none of them twice"
is_one_at_a_time "$METER" a
check $? "nidd: one at a time"
await 5 is_state "$METER" online
check $? "nidd: and it is awake"

# What the SCEF keeps when the gateway is killed is taken back by the next one, which sends it itself.
set_scef '{"mode":"buffer","modeCount":1,"releaseOnUplink":true}'
fill "$METER" b 21 40
command_for "$METER" x1 "$EXECUTE"
command_for "$METER" x1 "$EXECUTE"
need 10 has_state "$METER" x1 accepted
need 10 is_state "$METER" asleep
stop gateway KILL
set_scef '{"mode":"refuse"}'
start_gateway
command_for "$METER" x1 "$EXECUTE"
await 10 says gateway 'downlink_refused'
check $? "nidd: after kill -9 the SCEF is asked, and refuses"
need 10 is_state "$METER" asleep
is "$(queue_length "$METER")" 21 "nidd: they wait, though the device is not known to sleep but by that"
set_scef '{"mode":"deliver"}'
tell "$METER" deregister
need 10 is_state "$METER" offline
start_device "$METER" "$(relay_port "$METER")" --queue --awake 3600 --binding N
await 20 all_done "$METER" b 21 40
check $? "nidd: with a new registration from another port, all are carried out"
is "$(written "$METER" | xargs)" "$(seq -s ' ' 40)" "nidd: in their order, none of them twice"
is_one_at_a_time "$METER" b
check $? "nidd: one at a time"
await 10 has_state "$METER" x1 "done"
is "$(cat "$WORK/$METER".old.log "$WORK/$METER.log" | grep -c '^execute ')" 1 "nidd: the same id ran once, sent three times"

# Refused: never reached the device, so even an execute waits. With a time it is tried then, without one when the device is heard.
set_scef '{"mode":"refuse","modeCount":1}'
command_for "$METER" y1 "$EXECUTE"
await 10 is_state "$METER" asleep
check $? "nidd: refused without a time it waits"
is "$(states_of "$METER" y1 | cut -d' ' -f1-3)" "accepted sent waiting" "nidd: though it is an execute: it has not left"
tell "$METER" update
await 10 has_state "$METER" y1 "done"
check $? "nidd: until the device is heard"
set_scef '{"mode":"refuse","modeCount":1,"retryAfterMs":2000}'
command_for "$METER" y2 "$EXECUTE"
await 10 is_state "$METER" asleep
check $? "nidd: refused with a time it sleeps until then"
like "$(devices "$METER" .asleep_until)" '^[0-9]+$' "nidd: which is told"
await 10 has_state "$METER" y2 "done"
check $? "nidd: and is tried again by itself"

# The deadline holds, and what the SCEF kept is taken back there.
set_scef '{"mode":"buffer","modeCount":1,"retryAfterMs":-1}'
before=$(deletes)
command_for "$METER" z1 "$EXECUTE,\"timeout\":4"
need 10 is_state "$METER" asleep
await 10 has_state "$METER" z1 failed
check $? "nidd: a deadline ends what the SCEF keeps"
await 5 eval '[ "$(deletes)" -gt "$before" ]'
check $? "nidd: it is taken back"
command_for "$METER" z2 "$EXECUTE"
await 10 has_state "$METER" z2 "done"
check $? "nidd: the next one is tried at once"
is "$(cat "$WORK/$METER".old.log "$WORK/$METER.log" | grep -c '^execute ')" 4 "nidd: each execute that was done ran once, and no other"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
