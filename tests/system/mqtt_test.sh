#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The default dialect end to end: broker, gateway, a device over UDP, one over NIDD, one that sleeps, some with odd names; and what was
# acknowledged when the broker or the gateway go down in the middle of it.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto

retained() { mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t "$1" --retained-only -C 1 -W 5 2>/dev/null; }
state_is() { says messages "^tidegate/dev/$1/state .*\"state\":\"$2\""; }
value_is() { says messages "^tidegate/dev/$1/v$2 \{\"v\":$3,"; }
# result JQ WANTED NAME: of the last command.
result() { is "$(jq -r "$1" <<<"$RESULT" 2>&1)" "$2" "$3" || printf '# of %s\n' "$RESULT"; }

start_broker
subscribe messages 'tidegate/#'
start_scef meter@iot.example
publish -r -t tidegate/dev/hall/cmd -m '{"id":"r1","op":"execute","path":"/3303/0/5605"}'
UDP=$(free_port)
SIX=$(free_port)
grep -q . /proc/net/if_inet6 2>/dev/null || SIX=''
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP },
    ${SIX:+"{ kind = \"udp\", name = \"six\", host = \"::1\", port = $SIX },"}
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw", devices = { "meter@iot.example" } },
  },
  server = { observe = { "/3303/0/5700" }, awake = 2 },
END
start_gateway
need 10 says messages '^tidegate/gw/gw/state .*"state":"online"'
like "$(retained tidegate/gw/gw/state)" '"state":"online","version":"[0-9.]+"' "the gateway's state is retained"

# Devices and their values --------------------------------------------------------------------------------------------

start_device hall "$UDP" --con
start_device meter "$(relay_port meter@iot.example)" --con
start_device sleeper "$UDP" --queue --awake 1.5
spawn properties mosquitto_sub -h 127.0.0.1 -p "$BROKER" -V mqttv5 -q 1 -t 'tidegate/dev/hall/v/#' -F '%t %P %p'
for device in hall:udp0 meter:nb; do
  name=${device%:*}
  await 15 state_is "$name" online
  check $? "$name is online"
  is "$(retained "tidegate/dev/$name/state" | jq -r '[.why, .kind, .link, .lifetime, .version, (.objects | join(" "))] | join(",")')" \
    "registered,lwm2m,${device#*:},300,1.1,/1/0 /3/0 /3303/0 /3311/0" "its state is retained and tells what it is"
  need 10 says "$name" '^observe /3303/0/5700'
  tell "$name" "set /3303/0/5700 17.25"
  await 10 value_is "$name" /3303/0/5700 17.25
  check $? "a value it notifies has a topic"
  await 5 says "$name" '^acknowledged /3303/0/5700 17.25'
  check $? "and is acknowledged"
  tell "$name" "send /3303/0/5601"
  await 10 says messages "^tidegate/dev/$name/v/3303/0/5601 .*\"src\":\"send\""
  check $? "a value it sends too"
done
number=$(sed -nE 's|^tidegate/dev/hall/v/3303/0/5700 .*"v":17.25,.*"seq":([0-9]+),"gw":"([0-9a-f]+)".*|gw:\2 seq:\1|p' "$WORK/messages.log")
await 5 says properties "^tidegate/dev/hall/v/3303/0/5700 ${number:-none} \{"
check $? "a message has the gateway's identity and its number as properties, too ($number)"
if [ -n "$SIX" ]; then
  spawn six "$BUILD/tests/fake/device/tg-fake-device" --server "[::1]:$SIX" --ep six
  await 10 says messages '^tidegate/dev/six/state .*"link":"six"'
  check $? "a device over IPv6"
  ask six '"op":"read","path":"/3/0/9"'
  result .state "done" "takes commands"
  stop six
else
  skip "a device over IPv6" "no IPv6 here"
fi
await 5 says gateway 'a command to hall is ignored: it is retained'
check $? "a retained command is ignored, and that is said"

# Commands ------------------------------------------------------------------------------------------------------------

for name in hall meter; do
  ask "$name" '"op":"read","path":"/3/0/9"'
  result '[.op, .path, .state, .code, .values["/3/0/9"]] | join(",")' "read,/3/0/9,done,2.05,87" "$name: read"
  ask "$name" '"op":"read","path":"/3"'
  result '.values | [.["/3/0/0"], .["/3/0/7/1"], length] | join(",")' "Tidegate,5000,14" "$name: read of an object"
  ask "$name" '"op":"write","path":"/3311/0/5850","value":true'
  result '[.state, .code] | join(",")' "done,2.04" "$name: write"
  like "$(<"$WORK/$name.log")" '^write /3311/0/5850 true' "$name: has it"
  ask "$name" '"op":"update","path":"/3311/0","values":{"/3311/0/5850":false,"/3311/0/5851":40}'
  result '[.state, .code] | join(",")' "done,2.04" "$name: update"
  like "$(<"$WORK/$name.log")" '^write /3311/0/5851 40' "$name: has that too"
  ask "$name" '"op":"execute","path":"/3303/0/5605","args":"0='"'now'"'"'
  result '[.state, .code] | join(",")' "done,2.04" "$name: execute"
  like "$(<"$WORK/$name.log")" "^execute /3303/0/5605 0='now'" "$name: did it"
  ask "$name" '"op":"discover","path":"/3303"'
  result '[.state, (.text | contains("</3303/0/5700>"))] | join(",")' "done,true" "$name: discover"
  ask "$name" '"op":"discover"'
  result '[.state, .text] | join(",")' "done,</1/0>,</3/0>,</3303/0>,</3311/0>" "$name: discover of everything"
  ask "$name" '"op":"attributes","path":"/3311/0/5850","attributes":{"pmin":1,"pmax":60}'
  result '[.state, .code] | join(",")' "done,2.04" "$name: attributes"
  ask "$name" '"op":"observe","path":"/3/0/9"'
  result '[.state, .code, .values["/3/0/9"]] | join(",")' "done,2.05,87" "$name: observe"
  tell "$name" "set /3/0/9 42"
  await 10 value_is "$name" /3/0/9 42
  check $? "$name: what is observed comes"
  ask "$name" '"op":"cancel","path":"/3/0/9"'
  result .state "done" "$name: cancel"
  await 5 says "$name" '^cancel /3/0/9'
  check $? "$name: knows that it is over"
  ask "$name" '"op":"create","path":"/3303","values":{"/3303/1/5700":1.5}'
  result '[.state, .code, .error] | join(",")' "failed,4.05,peer_error" "$name: create, which it refuses"
  ask "$name" '"op":"delete","path":"/3303/0"'
  result '[.state, .code, .error] | join(",")' "failed,4.05,peer_error" "$name: delete, which it refuses"
done

# What is wrong with a command is answered at once, under the id if there is one.
# refused JSON ERROR ERE NAME
refused() {
  local before
  before=$(count messages '^tidegate/dev/hall/result ')
  publish -t tidegate/dev/hall/cmd -m "$1"
  await 10 eval "[ \$(count messages '^tidegate/dev/hall/result ') -gt $before ]"
  RESULT=$(grep '^tidegate/dev/hall/result ' "$WORK/messages.log" | tail -1 | sed 's/^[^ ]* //')
  result '[.state, .error] | join(",")' "failed,$2" "$4" && like "$(jq -r .message <<<"$RESULT")" "$3" "and why"
}
refused '{"id":"b1","op":"raed","path":"/3/0/9"}' argument 'did you mean "read"' "an op that is not known"
refused '{"id":"b2","op":"read"}' argument 'path' "a path that is missing"
refused '{"id":"b3","op":"read","path":"/3/x"}' argument 'path' "a path that is none"
refused '{"id":"b4","op":"write","path":"/3311/0/5850"}' argument 'value' "a value that is missing"
refused '{"id":"b5","op":"write","path":"/3311/0/5850","value":"maybe"}' type 'type' "a value of another type"
refused '{"op":"read","path":"/3/0/9"}' argument 'id' "an id that is missing"
refused '{"id":"b6","op":"read","path":"/3/0/9","prioritiy":1}' argument 'did you mean "priority"' "a member that is not known"
refused '{"id":"b7","op":"read","path":"/3/0/9","timeout":0}' argument 'timeout' "a timeout out of range"
refused 'hello' syntax '.' "what is no JSON"
refused '[1]' syntax '.' "what is no object"
ask nobody '"op":"read","path":"/3/0/9"'
result '[.state, .error] | join(",")' "failed,not_found" "a device that is not known"

# twice: the same command again brings the same result and does nothing.
ask hall '"op":"execute","path":"/3303/0/5605"'
before=$(count hall '^execute ')
publish -t tidegate/dev/hall/cmd -m "{\"id\":\"q$ASKED\",\"op\":\"execute\",\"path\":\"/3303/0/5605\"}"
again() { [ "$(results hall "q$ASKED" | grep -c '"state":"done"')" = 2 ]; }
await 10 again
check $? "the same id again is answered again"
ask hall '"op":"read","path":"/3/0/9"'
is "$(count hall '^execute ')" "$before" "and is not carried out again"

# A device that sleeps ------------------------------------------------------------------------------------------------

await 10 state_is sleeper asleep
check $? "a device in queue mode falls asleep"
publish -t tidegate/dev/sleeper/cmd -m '{"id":"s1","op":"write","path":"/3311/0/5850","value":true}'
await 10 says messages '^tidegate/dev/sleeper/result .*"id":"s1".*"state":"waiting"'
check $? "a command to it waits"
says sleeper '^write /3311/'
is $? 1 "and is not sent"
tell sleeper update
await 10 says sleeper '^write /3311/0/5850 true'
check $? "when it wakes it gets its command"
await 5 has_ended sleeper s1
result .state "done" "which is answered"
like "$(results sleeper s1 | jq -r .state | xargs)" '^accepted waiting (sent )?done$' "in that order"

# Names ---------------------------------------------------------------------------------------------------------------

names=('a/b' '+' '#' '100%' 'hall 1 (north)' 'Zähler' '$SYS' 'x%2Fy' 'urn:imei:49')
levels=('a%2Fb' '%2B' '%23' '100%25' 'hall%201%20%28north%29' 'Z%C3%A4hler' '%24SYS' 'x%252Fy' 'urn:imei:49')
for i in "${!names[@]}"; do start_device "name$i" "$UDP" --ep "${names[i]}"; done
for i in "${!names[@]}"; do
  await 10 state_is "${levels[i]}" online
  check $? "the device called ${names[i]} is at ${levels[i]}"
  ask "${levels[i]}" '"op":"read","path":"/3/0/2"'
  result '.values["/3/0/2"]' "${names[i]}" "and takes commands there"
done
for i in "${!names[@]}"; do stop "name$i"; done
await 10 state_is 'Z%C3%A4hler' offline
check $? "a device that says good-bye is offline"

# Nothing acknowledged is lost ----------------------------------------------------------------------------------------

# Both devices count up, each value once, while the broker goes away and comes back, and the gateway is killed twice.
count_up() {
  local i
  for ((i = 1001; i <= 1120; i++)); do
    tell hall "set /3303/0/5700 $i"
    tell meter "set /3303/0/5700 $i"
    sleep 0.04
  done
}
told() { says "$1" "^acknowledged /3303/0/5700 $2$"; }
some_more() { [ "$(count hall '^acknowledged ')" -gt $((had + 5)) ]; }
moves_on() { had=$(count hall '^acknowledged ') && await 10 some_more; }
count_up &
counting=$!
moves_on
stop broker
moves_on
check $? "while the broker is away devices are acknowledged"
stop gateway KILL
start_gateway
moves_on
check $? "so they are after the gateway was killed"
start_broker broker
moves_on
stop gateway KILL
start_gateway
wait "$counting"
for name in hall meter; do
  await 30 told "$name" 1120
  check $? "$name: the last value is acknowledged"
done
for name in hall meter; do
  await 20 value_is "$name" /3303/0/5700 1120.0
  check $? "$name: and arrives"
  sed -n 's|^acknowledged /3303/0/5700 \([0-9]*\)$|\1|p' "$WORK/$name.log" | sort -u >"$WORK/acknowledged"
  sed -n "s|^tidegate/dev/$name/v/3303/0/5700 {\"v\":\([0-9]*\)\.0,.*|\1|p" "$WORK/messages.log" | sort -u >"$WORK/arrived"
  is "$(comm -23 "$WORK/acknowledged" "$WORK/arrived" | xargs)" "" "$name: all $(wc -l <"$WORK/acknowledged") acknowledged values arrived"
done
is "$(grep -oE '"gw":"[0-9a-f]+"' "$WORK/messages.log" | sort -u | wc -l)" 1 "all messages name the same gateway"
is "$(sed -nE 's|^tidegate/dev/.*"seq":([0-9]+),"gw".*|\1|p' "$WORK/messages.log" |
  awk '!($1 in seen) { seen[$1] = 1; if ($1 < highest) print "after " highest " came " $1; else highest = $1 }')" "" "seq rises"
like "$(count gateway 'restored registrations=')" '^1$' "registrations were there again each time"
says hall '^registered' && is "$(count hall '^registered')" 1 "no device had to register again"

stop hall
await 10 says messages '^tidegate/dev/hall/state .*"why":"deregistered"'
check $? "a device that stops says good-bye"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
await 5 says messages '^tidegate/gw/gw/state .*"state":"offline"'
check $? "and says on MQTT that it is gone"
like "$(retained tidegate/gw/gw/state)" '"state":"offline"' "retained"
done_testing
