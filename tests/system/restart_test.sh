#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What survives the end of the gateway, by SIGTERM and by kill -9: registrations, observations and their tokens, NIDD configurations, ids of
# commands, waiting commands; and what becomes of registrations that end meanwhile, and of a damaged store.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto curl

sees() { sed "1,${seen:-0}d" "$WORK/messages.log" | grep -qE -- "$1"; }
fresh() { seen=$(wc -l <"$WORK/messages.log"); }
result() { is "$(jq -r "$1" <<<"$RESULT" 2>&1)" "$2" "$3" || printf '# of %s\n' "$RESULT"; }
devices() { "$TIDEGATE" devices --json -c "$WORK/tidegate.lua"; }
posts() { grep -c '"method":"POST","path":"[^"]*/configurations"' "$WORK/scef.http"; }

start_broker
subscribe messages 'tidegate/#'
start_scef meter@iot.example -- --log "$WORK/scef.http"
UDP=$(free_port)
CALLBACK=$(free_port)
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw", devices = { "meter@iot.example" },
      callback = { port = $CALLBACK } },
  },
  server = { observe = { "/3303/0/5700" }, awake = 1 },
END
start_gateway
start_device hall "$UDP" --con
start_device old "$UDP" --lwm2m 1.0
start_device meter "$(relay_port meter@iot.example)"
start_device sleeper "$UDP" --queue --awake 1.5
for name in hall old meter sleeper; do need 15 says "$name" '^observe /3303/0/5700'; done
# A command that is published before the gateway has its broker would be lost.
for name in hall old meter sleeper; do need 15 sees "/dev/$name/state .*\"state\":\"online\""; done
for name in hall old meter; do
  ask "$name" '"op":"observe","path":"/3/0/9"'
  result .state "done" "$name: one more observation is asked for"
done
ask hall '"op":"execute","path":"/3303/0/5605"'
result .state "done" "a command is carried out"
executed=q$ASKED

# A device that does nothing but notify is understood; it was asked for nothing again; commands reach it.
# still_there HOW NUMBER
still_there() {
  fresh
  for name in hall old meter; do
    tell "$name" "set /3303/0/5700 $2.5"
    tell "$name" "set /3/0/9 $2"
  done
  for name in hall old meter; do
    await 15 sees "^tidegate/dev/$name/v/3303/0/5700 \{\"v\":$2.5,"
    check $? "$1: the value that $name notifies is understood"
    await 5 sees "^tidegate/dev/$name/v/3/0/9 \{\"v\":$2,"
    check $? "$1: so is the other"
    is "$(count "$name" '^registered')" 1 "$1: $name did not register again"
    is "$(count "$name" '^observe ')" 2 "$1: nor was it observed again"
    ask "$name" '"op":"read","path":"/3/0/9"'
    result '[.state, .values["/3/0/9"]] | join(",")' "done,$2" "$1: $name takes commands"
  done
  is "$(devices | jq -rs '[.[] | select(.state == "online") | .ep] | sort | join(" ")')" "hall meter old" "$1: devices are known by name"
  fresh
  publish -t tidegate/dev/hall/cmd -m "{\"id\":\"$executed\",\"op\":\"execute\",\"path\":\"/3303/0/5605\"}"
  await 10 sees "^tidegate/dev/hall/result .*\"id\":\"$executed\".*\"state\":\"done\""
  check $? "$1: a command of before is answered again"
  is "$(count hall '^execute ')" 1 "$1: but not carried out again"
  is "$(posts)" 1 "$1: the NIDD configuration is the one of before"
}

await 5 sees '^tidegate/dev/sleeper/state .*"state":"asleep"'
publish -t tidegate/dev/sleeper/cmd -m '{"id":"w1","op":"read","path":"/3/0/9"}'
need 10 sees '^tidegate/dev/sleeper/result .*"id":"w1".*"state":"waiting"'
stop gateway
is "$STATUS" 0 "SIGTERM ends the gateway with 0"
start_gateway
is "$("$TIDEGATE" queue sleeper --json -c "$WORK/tidegate.lua" | jq -r 'select(.tag) | .tag')" w1 "a command that waited still waits"
still_there "after SIGTERM" 31

fresh
stop gateway KILL
await 5 sees '^tidegate/gw/gw/state \{"state":"offline"\}$'
check $? "after kill -9 the broker says that the gateway is gone"
start_gateway
still_there "after kill -9" 32
tell sleeper update
await 10 says sleeper '^updated'
check $? "a device that sleeps over it all updates what it has"
await 10 sees '^tidegate/dev/sleeper/result .*"id":"w1".*"state":"done"'
check $? "and gets the command that waited over it all"

# What was heard while the gateway was away: a confirmable notification comes again, and is taken.
stop gateway KILL
fresh
tell hall "set /3303/0/5700 44.5"
await 5 says hall '^value /3303/0/5700 44.5'
start_gateway
await 10 sees '^tidegate/dev/hall/v/3303/0/5700 \{"v":44.5,'
check $? "what a device said while nobody was there comes when it says it again"

# A damaged store ------------------------------------------------------------------------------------------------------

stop gateway
before=$(sed -n 's/.*"gw":"\([0-9a-f]*\)".*/\1/p' "$WORK/messages.log" | tail -1)
head -c 65536 /dev/urandom >"$WORK/data/tidegate.db"
rm -f "$WORK"/data/tidegate.db-wal "$WORK"/data/tidegate.db-shm
fresh
start_gateway
like "$(<"$WORK/gateway.log")" 'store .*(damaged|set_aside|corrupt)' "a damaged store is set aside, and that is said"
is "$(find "$WORK/data" -name 'tidegate.db?*' -size +60k | wc -l)" 1 "and kept"
tell hall update
await 15 eval "[ \$(count hall '^registered') = 2 ]"
check $? "devices register again"
await 10 sees '^tidegate/dev/hall/state .*"state":"online"'
after=$(sed -n 's/.*"gw":"\([0-9a-f]*\)".*/\1/p' "$WORK/messages.log" | tail -1)
[ -n "$after" ] && [ "$after" != "$before" ]
check $? "and the new store has an identity of its own"
await 10 says gateway 'nidd configuration_found'
is "$(posts)" 1 "the NIDD configuration is found at the SCEF"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
