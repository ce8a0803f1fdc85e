#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command journal: commands for devices that sleep wait in the store, over kill -9 too; each ends exactly once, and what can't be
# repeated is not repeated. The queue on the command line.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto

command_for() { publish -t "$PREFIX/dev/$1/cmd" -m "{\"id\":\"$2\",$3}"; }
write_for() { command_for "$1" "$2" "\"op\":\"write\",\"path\":\"/3311/0/5851\",\"value\":$3${4:+,$4}"; }
has_state() { results "$1" "$2" | grep -q "\"state\":\"$3\""; }
state_of() { results "$1" "$2" | tail -1 | jq -r .state; }
ends_of() { results "$1" "$2" | grep -E '"state":"(done|failed|expired|cancelled|unknown)"' | jq -r '[.seq, .state] | join(" ")' | sort -u | cut -d' ' -f2 | xargs; }
sleeps() { mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t "$PREFIX/dev/$1/state" --retained-only -C 1 -W 2 2>/dev/null | grep -q '"state":"asleep"'; }
written() { sed -n 's|^write /3311/0/5851 ||p' "$WORK/$1.log" | xargs; }
queue() { "$TIDEGATE" queue "$@" -c "$WORK/tidegate.lua"; }
# fill DEVICE PREFIX FIRST LAST: a write of each number; waits until the last one has been taken.
fill() {
  local i
  for ((i = $3; i <= $4; i++)); do write_for "$1" "$2$i" "$i"; done
  need 10 has_state "$1" "$2$4" waiting
}
all_done() {
  local i
  for ((i = $3; i <= $4; i++)); do has_state "$1" "$2$i" "done" || return 1; done
}
kill_gateway() {
  stop gateway KILL
  start_gateway
}
fall_asleep() {
  need 15 sleeps "$1"
  check 0 "$2"
}
wake() {
  local before
  before=$(count "$1" '^updated')
  tell "$1" update
  need 10 eval "[ \$(count $1 '^updated') -gt $before ]"
}

start_broker
subscribe messages "$PREFIX/#"
write_config <<END
  server = { awake = 2 },
END
start_gateway
start_device sleeper "$UDP" --queue --awake 1.5
need 10 says sleeper '^registered'

# Twenty commands in their order -----------------------------------------------------------------------------------------

fall_asleep sleeper "the device sleeps"
fill sleeper a 1 20
is "$(queue sleeper --json | jq -r 'select(.tag) | [.tag, .state] | join(":")' | xargs)" "$(printf 'a%d:waiting ' {1..20} | sed 's/ $//')" "the queue lists what waits, in order"
wake sleeper
await 20 all_done sleeper a 1 20
check $? "when it wakes all are carried out"
is "$(written sleeper)" "$(seq -s ' ' 20)" "in their order"
is "$(grep -F "/dev/sleeper/result {" "$WORK/messages.log" | grep -oE '"state":"(sent|done)"' | cut -d'"' -f4 | xargs)" \
  "$(for _ in {1..20}; do printf 'sent done '; done | sed 's/ $//')" "one at a time"

fall_asleep sleeper "it sleeps again"
fill sleeper b 21 40
kill_gateway
like "$(<"$WORK/gateway.log")" 'restored commands=20' "after kill -9 they are there again"
is "$(queue sleeper --json | jq -r 'select(.tag) | .tag' | xargs)" "$(printf 'b%d ' {21..40} | sed 's/ $//')" "in order"
wake sleeper
await 20 all_done sleeper b 21 40
check $? "when it wakes all are carried out"
is "$(written sleeper)" "$(seq -s ' ' 40)" "in their order"
for i in 21 30 40; do is "$(ends_of sleeper "b$i")" "done" "b$i ended once"; done

# Killed with one under way: it goes again, being a write; the others behind it.
wake sleeper
kill -STOP "${PID[sleeper]}"
for ((i = 41; i <= 60; i++)); do write_for sleeper "c$i" "$i"; done
await 10 has_state sleeper c41 sent
check $? "the first of twenty is under way"
await 10 has_state sleeper c60 waiting
check $? "the others wait behind it"
kill_gateway
kill -CONT "${PID[sleeper]}"
wake sleeper
await 20 all_done sleeper c 41 60
check $? "killed with one of them under way, all are carried out"
is "$(sed -n 's|^write /3311/0/5851 ||p' "$WORK/sleeper.log" | uniq | xargs)" "$(seq -s ' ' 60)" "in their order"
for i in 41 42 60; do is "$(ends_of sleeper "c$i")" "done" "c$i ended once"; done

# What can't be repeated -------------------------------------------------------------------------------------------------

EXECUTE='"op":"execute","path":"/3303/0/5605"'
fall_asleep sleeper "it sleeps once more"
command_for sleeper d1 "$EXECUTE"
command_for sleeper d1 "$EXECUTE"
need 10 has_state sleeper d1 waiting
kill_gateway
command_for sleeper d1 "$EXECUTE"
wake sleeper
await 10 has_state sleeper d1 "done"
check $? "an execute that waited over the kill is carried out"
command_for sleeper d1 "$EXECUTE"
sleep 0.3
is "$(count sleeper '^execute ')" 1 "once, however often its id comes"

wake sleeper
kill -STOP "${PID[sleeper]}"
command_for sleeper d2 "$EXECUTE"
await 10 has_state sleeper d2 sent
check $? "an execute is under way"
write_for sleeper d3 61
need 10 has_state sleeper d3 waiting
kill_gateway
await 10 has_state sleeper d2 unknown
check $? "killed then, it ends as unknown"
kill -CONT "${PID[sleeper]}"
wake sleeper
await 10 has_state sleeper d3 "done"
check $? "what waited behind it goes on"
is "$(count sleeper '^execute ')" 2 "and it is not sent again: the device has the one of before"
command_for sleeper d2 "$EXECUTE"
sleep 0.3
is "$(count sleeper '^execute '),$(ends_of sleeper d2 | tr ' ' '\n' | sort -u | xargs)" "2,unknown" "nor when its id comes again"

# A graceful stop is no other thing.
wake sleeper
kill -STOP "${PID[sleeper]}"
command_for sleeper d4 "$EXECUTE"
need 10 has_state sleeper d4 sent
write_for sleeper d5 62
need 10 has_state sleeper d5 waiting
stop gateway
is "$STATUS" 0 "SIGTERM ends the gateway with 0"
start_gateway
await 10 has_state sleeper d4 unknown
check $? "after SIGTERM too"
kill -CONT "${PID[sleeper]}"
wake sleeper
await 10 has_state sleeper d5 "done"
check $? "what waited goes on"

# replace_key, deadlines, cancelling -------------------------------------------------------------------------------------

fall_asleep sleeper "it sleeps for the last part"
write_for sleeper e1 71 '"replace_key":"dim"'
write_for sleeper e2 72
write_for sleeper e3 73 '"replace_key":"dim"'
await 10 has_state sleeper e1 cancelled
check $? "a newer write with the same replace_key cancels the one that waits"
write_for sleeper e4 74 '"timeout":1'
write_for sleeper e5 75 '"durable":false'
write_for sleeper e6 76
need 10 has_state sleeper e6 waiting
stop gateway KILL
sleep 1.2
start_gateway
await 10 has_state sleeper e4 expired
check $? "a deadline that passes while the gateway is away"
await 10 has_state sleeper e5 cancelled
check $? "a command that is not durable does not outlive the gateway"
like "$(queue sleeper | head -1)" '^ID +PRIORITY +NAME +STATE +OP +PATH +TIME LEFT +DURABLE +TAG +REPLACE KEY' "the queue is a table"
like "$(queue | sed -n 3p)" ' sleeper +waiting +write +/3311/0/5851 .* yes +e3 +dim' "of all devices, too"
id=$(queue sleeper --json | jq -r 'select(.tag == "e6") | .command')
is "$("$TIDEGATE" cancel "$id" -c "$WORK/tidegate.lua")" cancelled "cancel takes what the queue says"
await 10 has_state sleeper e6 cancelled
check $? "and its asker is told"
like "$("$TIDEGATE" cancel "$id" -c "$WORK/tidegate.lua" 2>&1)" 'no such command waits' "one that has ended can't be cancelled"

# The device goes for good, as it seems, and nobody but the journal knows it.
stop sleeper
need 10 says messages "^$PREFIX/dev/sleeper/state .*\"state\":\"offline\""
kill_gateway
is "$(queue sleeper --json | jq -r 'select(.tag) | .tag' | xargs)" "e2 e3" "commands wait for a device that is not registered"
"$TIDEGATE" devices -c "$WORK/tidegate.lua" >"$WORK/devices"
like "$(<"$WORK/devices")" '^sleeper +offline .* 2' "which is listed as offline"
start_device sleeper "$UDP" --queue --awake 1.5
await 15 has_state sleeper e3 "done"
check $? "when it comes again it gets them"
is "$(written sleeper)" "72 73" "in their order, without the one that was replaced"
is "$(queue)" "no commands" "the queue is empty"
is "$(for i in e1 e2 e3 e4 e5 e6; do ends_of sleeper "$i"; done | xargs)" "cancelled done done expired cancelled cancelled" "each has ended once"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
