#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A device goes over from NIDD to UDP while the SCEF keeps what it was asked for: nothing of that is waited for. What may be sent twice goes to
# where the device is at once; an Execute is not sent twice, and keeps what waits behind it for a few seconds only.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto curl

is_on() { [ "$("$TIDEGATE" devices --json -c "$WORK/tidegate.lua" | jq -rs "map(select(.ep == \"meter\") | .link) | join(\",\")")" = "$1" ]; }
# held: how many requests the SCEF keeps.
held() {
  local self
  self=$(curl -fsS "http://127.0.0.1:$SCEF/3gpp-nidd/v1/gw/configurations" | jq -r '.[0].self')
  curl -fsS "$self/downlink-data-deliveries" | jq length
}
holds() { [ "$(held)" = "$1" ]; }
behave() { scef_control "{\"op\":\"set\",\"device\":\"meter@iot.example\",\"behaviour\":{$1}}" >/dev/null; }
# asks ID MEMBERS: without waiting for what comes of it.
asks() { publish -t "$PREFIX/dev/meter/cmd" -m "{\"id\":\"$1\",$2}"; }
state_of() { ending meter "$1" | jq -r .state; }
# behind ID: seconds from the last move to the end of a command, by the gateway's clock.
behind() {
  local moved
  moved=$(grep -F "$PREFIX/dev/meter/event {" "$WORK/messages.log" | grep -F '"moved"' | tail -1 | sed 's/^[^ ]* //' | jq -r .t)
  ending meter "$1" | jq -r ".t - ${moved:-0}"
}
within() { awk -v is="$1" -v from="$2" -v to="$3" 'BEGIN { exit !(is >= from && is <= to) }'; }

start_broker
subscribe messages 'tidegate/#'
start_scef meter@iot.example
UDP=$(free_port)
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw", devices = { "meter@iot.example" } },
  },
  server = { observe = {} },
  firmware = { move = { from = "nb", transport = "U", back = "N", above = "16kB" } },
END
start_gateway
start_lossy air "$UDP"
RELAY=$(relay_port meter@iot.example)
make_image "$WORK/large" 2.0 60000
firmware add "$WORK/large" --name large --version 2.0 >/dev/null
start_device meter "$RELAY" --server-n "127.0.0.1:$RELAY" --server-u "127.0.0.1:$LOSSY" --con --firmware push --fw-version 1.0 \
  --image-out "$WORK/meter.bin"
need 20 says meter '^registered'
need 20 says messages "^$PREFIX/dev/meter/state .*\"state\":\"online\""
await 10 is_on nb
check $? "the device lives on NIDD"

# leaves: it is asked to UDP and goes; the gateway does not hear of that before arrives. Meanwhile its SCEF keeps what it is sent.
leaves() {
  local moved
  moved=$(count meter '^moved U')
  kill -STOP "${PID[air]}"
  ask meter '"op":"trigger","transport":"U"'
  is "$(jq -r .state <<<"$RESULT")" "done" "$1: it is asked over to UDP"
  await 10 eval "[ \$(count meter '^moved U') -gt $moved ]"
  check $? "$1: and goes, unheard"
  behave '"mode":"buffer"'
}
arrives() {
  kill -CONT "${PID[air]}"
  await 20 is_on udp0
  check $? "$1: it is heard over UDP"
  behave '"mode":"deliver"'
}
returns() {
  ask meter '"op":"trigger","transport":"N"'
  await 20 is_on nb
  check $? "$1: it goes back"
}

leaves read
asks r1 '"op":"read","path":"/3303/0/5701"'
await 10 holds 1
check $? "read: the SCEF keeps the request"
arrives read
await 20 has_ended meter r1
is "$(ending meter r1 | jq -r '[.state, .values["/3303/0/5701"]] | join(",")')" "done,Cel" "read: is answered over UDP"
within "$(behind r1)" -1 4
check $? "read: at once ($(behind r1) s)"
await 10 holds 0
check $? "read: the SCEF does not keep it any more"
returns read

leaves execute
asks e1 '"op":"execute","path":"/1/0/4"'
await 10 holds 1
check $? "execute: the SCEF keeps the request"
asks r2 '"op":"read","path":"/3303/0/5701"'
arrives execute
await 30 has_ended meter e1
is "$(state_of e1)" unknown "execute: ends as unknown, since it may have arrived"
within "$(behind e1)" 4 15
check $? "execute: after some seconds ($(behind e1) s)"
await 20 has_ended meter r2
is "$(state_of r2)" "done" "execute: what waited behind it is answered"
within "$(behind r2)" 4 18
check $? "execute: then ($(behind r2) s)"
await 10 holds 0
check $? "execute: the SCEF does not keep it any more"
is "$(count meter '^execute /1/0/4')" 0 "execute: it is not carried out later"
returns execute

leaves retry
asks e2 '"op":"execute","path":"/1/0/8","retry":true'
await 10 holds 1
check $? "retry: the SCEF keeps the request"
arrives retry
await 20 has_ended meter e2
is "$(state_of e2)" "done" "retry: what may be carried out twice goes again"
within "$(behind e2)" -1 4
check $? "retry: at once ($(behind e2) s)"

returns retry

# The gateway is killed when the device has gone over and nobody has heard of it: the next process has it where it was, asks it there for what
# its update needs to know, and goes on where it is.
kill -STOP "${PID[air]}"
moved=$(count meter '^moved U')
firmware update meter large >/dev/null
await 20 eval "[ \$(count meter '^moved U') -gt $moved ]"
check $? "restart: an update moves the device, unheard"
stop gateway KILL
behave '"mode":"buffer"'
start_gateway
await 20 eval '[ "$(held)" -gt 0 ]'
check $? "restart: the device is asked where it was"
kill -CONT "${PID[air]}"
since=$SECONDS
await 60 eval "update_of meter .state | grep -qE 'done|failed|unknown|cancelled'"
took=$((SECONDS - since))
behave '"mode":"deliver"'
is "$(update_of meter '[.state, .version_after] | join(",")')" "done,2.0" "restart: the update goes on where it is" ||
  update_of meter . | sed 's/^/# /'
within "$took" 0 25
check $? "restart: as soon as it is heard ($took s to the end)"

stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
