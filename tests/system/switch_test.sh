#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A device that lives on NIDD is moved to UDP for a large image and back afterwards; small images go over NIDD. It stays the same device: one
# endpoint, its values arrive on both sides of each change, and commands reach it wherever it is.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto curl gzip

sees() { sed "1,${seen:-0}d" "$WORK/messages.log" | grep -qE -- "$1"; }
fresh() { seen=$(wc -l <"$WORK/messages.log"); }
digest() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }
downlinks() { curl -fsS "http://127.0.0.1:$SCEF/control" | jq -r ".devices[] | select(.device == \"$1@iot.example\") | .downlinks"; }
links() { "$TIDEGATE" devices --json -c "$WORK/tidegate.lua" | jq -rs "map(select(.ep == \"$1\") | .link) | join(\",\")"; }
is_on() { [ "$(links "$1")" = "$2" ]; }
ended() { grep "^tidegate/dev/$1/firmware " "$WORK/messages.log" | tail -1 | grep -qE '"state":"(done|failed|cancelled|unknown)"'; }

# notifies NAME VALUE WHEN: what the device says of itself arrives.
notifies() {
  fresh
  tell "$1" "set /3303/0/5700 $2"
  await 15 sees "^tidegate/dev/$1/v/3303/0/5700 \\{\"v\":$2,"
  check $? "$1: a value arrives $3"
}

# reads NAME WHEN
reads() {
  ask "$1" '"op":"read","path":"/3303/0/5701"'
  is "$(jq -r '[.state, .values["/3303/0/5701"]] | join(",")' <<<"$RESULT")" "done,Cel" "$1: is read $2"
}

# states NAME: the states of its newest update as they came, each once.
states() { grep "^tidegate/dev/$1/firmware " "$WORK/messages.log" | sed 's/.*"state":"\([a-z]*\)".*/\1/' | uniq | xargs; }

start_broker
subscribe messages 'tidegate/#'
start_scef meter@iot.example other@iot.example
UDP=$(free_port)
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw",
      devices = { "meter@iot.example", "other@iot.example" } },
  },
  server = { observe = { "/3303/0/5700" } },
  firmware = { move = { from = "nb", transport = "U", back = "N", above = "16kB" } },
END
start_gateway
make_image "$WORK/large" 2.0 200000
make_image "$WORK/small" 3.0 9000
firmware add "$WORK/large" --name large --version 2.0 >/dev/null
firmware add "$WORK/small" --name small --version 3.0 >/dev/null
check $? "images are added"

start_lossy air "$UDP" --delay 3 # so that an image takes a second over UDP, and a kill can meet it
# live NAME [OPTION...]: a device that has both, and begins on NIDD.
live() {
  local name=$1 relay
  shift
  relay=$(relay_port "$name@iot.example")
  start_device "$name" "$relay" --server-n "127.0.0.1:$relay" --server-u "127.0.0.1:$LOSSY" --con --firmware push --fw-version 1.0 \
    --image-out "$WORK/$name.bin" "$@"
}
live meter
live other --move-anew
for name in meter other; do
  need 20 says "$name" '^observe /3303/0/5700'
  need 20 sees "/dev/$name/state .*\"state\":\"online\""
done
for name in meter other; do
  is "$(links "$name")" nb "$name: lives on NIDD"
  notifies "$name" 21.5 "over NIDD"
done

# Without firmware ------------------------------------------------------------------------------------------------------

observed=$(count meter '^observe')
ask meter '"op":"trigger","transport":"U"'
is "$(jq -r .state <<<"$RESULT")" "done" "a device can be asked to come over UDP"
await 20 is_on meter udp0
check $? "it does"
notifies meter 24.5 "over UDP"
reads meter "over UDP"
ask meter '"op":"prefer","transport":"N"'
is "$(jq -r .state <<<"$RESULT")" "done" "and told to prefer NIDD"
await 20 is_on meter nb
check $? "it goes back"
notifies meter 25.5 "over NIDD again"
reads meter "over NIDD again"
is "$(count meter '^observe')" "$observed" "what was observed still is, without being asked for again"
is "$(count meter '^cancel')" 0 "nor was it cancelled"
is "$(count meter '^registered')" 1 "it did not register anew"

# The large image -------------------------------------------------------------------------------------------------------

for name in meter other; do
  before=$(downlinks "$name")
  firmware update "$name" large >/dev/null
  check $? "$name: an update begins"
  await 20 says "$name" '^moved U'
  check $? "$name: goes over to UDP"
  await 20 says "$name" '^firmware image 200000 '
  check $? "$name: gets the image"
  await 40 ended "$name"
  is "$(update_of "$name" '[.state, .version_after] | join(",")')" "done,2.0" "$name: the update is done" || update_of "$name" . | sed 's/^/# /'
  is "$(states "$name")" "waiting asking moving transferring ready applying returning done" "$name: every step was told"
  is "$(digest "$WORK/$name.bin")" "$(digest "$WORK/large")" "$name: the image is right"
  is "$(count "$name" '^execute /5/0/2')" 1 "$name: one Update was executed"
  await 20 says "$name" '^moved N'
  check $? "$name: goes back"
  await 20 is_on "$name" nb
  check $? "$name: and is known there"
  is "$(links "$name")" nb "$name: as one device"
  (($(downlinks "$name") - before < 60))
  check $? "$name: the image did not go over NIDD"
  notifies "$name" 22.5 "after all that"
  reads "$name" "after all that"
done

# The small one, and a kill between there and back ----------------------------------------------------------------------

moved=$(count meter '^moved')
firmware update meter small >/dev/null
await 40 says meter '^firmware version 3.0'
check $? "a small image goes over NIDD"
await 20 ended meter
is "$(update_of meter '[.state, .link] | join(",")')" "done,nb" "and is done there"
is "$(count meter '^moved')" "$moved" "without a move"
is "$(digest "$WORK/meter.bin")" "$(digest "$WORK/small")" "and is right"

make_image "$WORK/third" 4.0 200000
firmware add "$WORK/third" --name third --version 4.0 >/dev/null
begun='^tidegate/dev/meter/firmware .*"state":"transferring".*'
begins=$(count messages "$begun")
executed=$(count meter '^execute /5/0/2')
firmware update meter third >/dev/null
await 20 eval "[ \$(count messages '$begun') -gt $begins ]"
stop gateway KILL
start_gateway
since=$SECONDS
await 60 eval "update_of meter .state | grep -qE 'done|failed|unknown|cancelled'"
((SECONDS - since < 45))
check $? "killed while the device was away, nothing is waited out ($((SECONDS - since)) s)"
is "$(update_of meter '[.state, .version_after] | join(",")')" "done,4.0" "killed while the device was away, the update goes on" ||
  update_of meter . | sed 's/^/# /'
is "$(count meter '^execute /5/0/2')" $((executed + 1)) "and Update is executed once"
is "$(digest "$WORK/meter.bin")" "$(digest "$WORK/third")" "the image is right"
await 20 is_on meter nb
check $? "and the device is brought back"
notifies meter 23.5 "then"

is "$("$TIDEGATE" devices --json -c "$WORK/tidegate.lua" | jq -rs 'map(select(.ep) | .ep) | sort | join(" ")')" "meter other" "there are two devices, as in the beginning"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
