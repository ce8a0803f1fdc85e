#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Composite reads and writes over MQTT: to a device that has them, to one that says it has not, to one of LwM2M 1.0.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto

# result JQ WANTED NAME: of the last command.
result() { is "$(jq -r "$1" <<<"$RESULT" 2>&1)" "$2" "$3" || printf '# of %s\n' "$RESULT"; }

start_broker
subscribe messages "$PREFIX/#"
write_config </dev/null
start_gateway
start_device whole "$UDP"
start_device plain "$UDP" --no-composite
start_device old "$UDP" --lwm2m 1.0
for name in whole plain old; do need 10 says messages "/dev/$name/state .*\"state\":\"online\""; done

for name in whole plain old; do
  ask "$name" '"op":"read_composite","paths":["/3/0/9","/3303/0/5700","/3/0/7"]'
  result '[.op, .path, .state, .code, .values["/3/0/9"], .values["/3/0/7/1"], (.values | length)] | join(",")' \
    "read_composite,/,done,2.05,87,5000,4" "$name: several paths are read"
  ask "$name" '"op":"read_composite","paths":["/3/0/9","/3/0/99"]'
  result '[.state, (.values | keys[])] | join(",")' "done,/3/0/9" "$name: what is not there is missing"
  ask "$name" '"op":"write_composite","values":{"/3311/0/5851":40,"/3311/0/5850":true,"/3/0/14":"+02"}'
  result '[.state, .code] | join(",")' "done,2.04" "$name: several objects are written"
  for written in '/3311/0/5851 40' '/3311/0/5850 true' '/3/0/14 \+02'; do
    like "$(<"$WORK/$name.log")" "^write $written" "$name: has $written"
  done
  ask "$name" '"op":"write_composite","values":{"/3311/0/5851":41,"/3/0/9":1}'
  result '[.state, .error] | join(",")' "failed,peer_error" "$name: a write that can't be has failed"
done
for name in whole plain old; do # none of them observes by FETCH
  ask "$name" '"op":"observe_composite","paths":["/3/0/9","/3303/0/5700"]'
  result '[.state, .values["/3/0/9"], (.values | length)] | join(",")' "done,87,2" "$name: several paths are observed one by one"
  tell "$name" "set /3/0/9 42"
  await 10 says messages "^tidegate/dev/$name/v/3/0/9 .*\"v\":42"
  check $? "$name: and what is observed comes"
done
ask old '"op":"read_composite","paths":["/3/0/9","/3/0/99"]'
result .text "/3/0/99: 4.04" "single reads tell what did not go"
is "$(count whole '^fetch 3')" 1 "one device got one request"
is "$(count plain '^refused / 4.05')" 2 "the other said once for each operation that it has none"
is "$(count old '^refused / ')" 0 "and the old one was not asked"
like "$("$TIDEGATE" read whole /3/0/9 /3303/0/5700 -c "$WORK/tidegate.lua" --json 2>&1)" '"path":"/3303/0/5700"' "the command line reads several paths"
is "$(count whole '^fetch 2')" 3 "at once"
ask whole '"op":"read_composite","paths":[]'
result '[.state, .error] | join(",")' "failed,argument" "no path at all is refused"

stop gateway
done_testing
