#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A stock Wakaama client, LwM2M 1.0, over UDP and over NIDD: registration, every operation, notifications as they come out on MQTT, firmware as far as it has that,
# good-bye.
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer wakaama bin/client
require jq gzip

# change EP PERCENT: its battery; it wants to be spoken to line by line.
change() {
  local before
  before=$(count "$1" 'value changed!')
  tell "$1" "change /3/0/9 $2"
  await "$DEADLINE" more_than "$before" "$1" 'value changed!'
}

has_sent_all() { [ "$(update_of "$1" '.sent == .total')" = true ]; }

# firmware_of CARRIER EP: its object 5 takes a package of less than 4 KiB, forgets it and says Downloading for ever.
firmware_of() {
  gives "$1: the firmware's state is read [ETS 751]" '"path":"/5/0/3","value":1,' read "$2" /5/0
  firmware update "$2" small --method push >"$WORK/answer"
  await "$DEADLINE" has_sent_all "$2"
  is "$(update_of "$2" '[.state, .method, .version_before, .cause] | join(",")')" "transferring,push,1.0,the device has taken all bytes" \
    "$1: a small image is pushed; it is not believed to be there as long as the client does not say so"
  firmware cancel "$2" >"$WORK/answer"
  told "$1: which ends by hand" "$2/firmware" '"state":"cancelled"' '"sent":3000'
  firmware update "$2" large --method push >"$WORK/answer"
  told "$1: what is too large for it fails" "$2/firmware" '"state":"failed"' '"cause":"the device answered 4.13 to the Write of /5/0/0"' '"sent":3968,'
  is "$(count "$2" 'FIRMWARE UPDATE')" 0 "$1: and nothing is executed"
}

# over CARRIER: the whole story of one client.
over() {
  local ep=wak-$1
  spawn "$ep" "$PEERS/wakaama-client" -4 -n "$ep" -h 127.0.0.1 -p "$(port_of "$1" "$ep")" -l 0 -t 300
  seen "$1: it is registered" "$ep" STATE_READY
  told "$1: MQTT tells that it is there [ETS 101]" "$ep/state" '"online"' '"version":"1.0"'
  gives "$1: it is among the devices" "\"ep\":\"$ep\",\"state\":\"online\".*\"lifetime\":300.*\"/31024/12\"" devices

  gives "$1: an instance is read [ETS 203 223]" '"path":"/3/0/1","value":"Lightweight M2M Client"' read "$ep" /3/0
  gives "$1: with its multiple resources" '"path":"/3/0/6/1","value":5' read "$ep" /3/0
  gives "$1: an object is read [ETS 222]" '"path":"/31024/11/3","value":-28.98999' read "$ep" /31024
  gives "$1: a text is read [ETS 224]" '"path":"/3/0/0","value":"Open Mobile Alliance"' read "$ep" /3/0/0
  gives "$1: a number is read" '"path":"/3/0/9","value":100,' read "$ep" /3/0/9
  gives "$1: a multiple resource is read" '"path":"/3/0/7/1","value":5000,' read "$ep" /3/0/7
  gives "$1: a resource of its own object is read" '"path":"/31024/10/1","value":20,' read "$ep" /31024/10/1
  gives "$1: the time is read" '"path":"/3/0/13","value":[0-9]{10},' read "$ep" /3/0/13
  gives "$1: what cannot be read is 4.05" '"code":"4.05"' read "$ep" /3/0/4
  gives "$1: what is not there is 4.04" '"code":"4.04"' read "$ep" /31024/99

  gives "$1: a text is written [ETS 227]" '"code":"2.04"' write "$ep" /3/0/14 +05:00
  gives "$1: and read back [ETS 227]" '"value":"\+05:00"' read "$ep" /3/0/14
  gives "$1: a value it does not want is 4.00" '"code":"4.00"' write "$ep" /3/0/14 noon
  gives "$1: a read-only resource is 4.05" '"code":"4.05"' write "$ep" /3/0/0 me
  gives "$1: a number is written" '"code":"2.04"' write "$ep" /31024/10/1 77
  gives "$1: and read back" '"path":"/31024/10/1","value":77,' read "$ep" /31024/10/1
  gives "$1: a float is written" '"code":"2.04"' write "$ep" /31024/10/3 -- -2.5
  gives "$1: and read back" '"path":"/31024/10/3","value":-2.5,' read "$ep" /31024/10/3
  gives "$1: more than it can hold is 4.00" '"code":"4.00"' write "$ep" /31024/10/1 256
  commanded "$1: an instance is written in part [ETS 226]" "$ep" '"op":"update","path":"/31024/11","values":{"/31024/11/1":78}' '"code":"2.04"'
  gives "$1: and the rest stays [ETS 226]" '"path":"/31024/11/3","value":-28.98999' read "$ep" /31024/11

  gives "$1: it executes" '"code":"2.04"' execute "$ep" /3/0/5
  seen "$1: and says so" "$ep" 'FACTORY RESET'
  gives "$1: it executes with arguments" '"code":"2.04"' execute "$ep" /31024/10/2 "0='now'"
  seen "$1: which it gets" "$ep" 'Parameter \(7 bytes\)'
  gives "$1: what cannot be executed is 4.05" '"code":"4.05"' execute "$ep" /3/0/0
  gives "$1: it tells what it has [ETS 260]" '</3/0/14>' discover "$ep" /3/0

  commanded "$1: an instance is made" "$ep" '"op":"create","path":"/31024","values":{"/31024/20/1":9,"/31024/20/3":1.5}' '"code":"2.01"' '"text":"/31024/20"'
  told "$1: which an Update announces" "$ep/state" '"/31024/20"\]' '"updated"'
  gives "$1: and read" '"path":"/31024/20/3","value":1.5,' read "$ep" /31024/20
  commanded "$1: and deleted" "$ep" '"op":"delete","path":"/31024/20"' '"code":"2.02"'

  gives "$1: it is observed" '"code":"2.05"' observe "$ep" /3/0/9
  told "$1: the first value is on MQTT" "$ep/v/3/0/9" '"v":100,'
  change "$ep" 42
  told "$1: so is the change" "$ep/v/3/0/9" '"v":42,'
  commanded "$1: it takes attributes" "$ep" '"op":"attributes","path":"/3/0/9","attributes":{"gt":50}' '"code":"2.04"'
  change "$ep" 43
  change "$ep" 61
  told "$1: and minds them" "$ep/v/3/0/9" '"v":61,'
  outcome "$(count messages "^tidegate/dev/$ep/v/3/0/9 .*\"v\":43,")" "$1: by silence" "no 43" "$(grep '"v":43' "$WORK/messages.log")"
  commanded "$1: the observation ends" "$ep" '"op":"cancel","path":"/3/0/9"' '"state":"done"'

  firmware_of "$1" "$ep"

  before=$(count "$ep" '^64 44')
  tell "$ep" 'update 123'
  await "$DEADLINE" more_than "$before" "$ep" '^64 44'
  outcome $? "$1: an Update without news is 2.04" "another 64 44 (2.04)" "$(tail -n 5 "$WORK/$ep.log")"
  tell "$ep" quit
  told "$1: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
  gives "$1: and it is gone" "\"ep\":\"$ep\",\"state\":\"offline\"" devices
}

start_interop wak-nidd -- "server = { observe = {} }," "objects = { \"$TG_ROOT/tests/interop/objects\" },"
make_image "$WORK/small" 2.0 3000
make_image "$WORK/large" 2.0 20000
for image in small large; do firmware add "$WORK/$image" --name "$image" --version 2.0 >"$WORK/answer"; done
over udp
over nidd
end_interop
