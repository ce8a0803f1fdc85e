#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# coap-node, an old and odd LwM2M 1.0 client that registers as 1.0.0, over UDP and over NIDD.
# timeout: 240
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer coap-node node_modules
require node

answers() { tg read "$1" /3303/0/5700 2>&1 | grep -q '"code":"2.05"'; }

over() {
  local ep=cnode-$1
  NODE_PATH=$(peer_file coap-node node_modules) spawn "$ep" node tests/interop/coap-node/client.js "$ep" "$(port_of "$1" "$ep")"
  seen "$1: it is registered" "$ep" '^register 2.01'
  told "$1: MQTT tells that it is there" "$ep/state" '"online"' '"version":"1.0"' '"/3303/0"'
  gives "$1: what is odd about it is shown: that it says 1.0.0" '"quirks":\{.*"long_version":1' devices "$ep"
  told "$1: on MQTT, too" "$ep/state" '"quirks":\[.*"long_version"'
  await 60 answers "$ep" # what reaches it just behind the answer to its Register is lost, and NIDD is slow to repeat
  gives "$1: a number is read" '"path":"/3303/0/5700","value":21.5,' read "$ep" /3303/0/5700
  gives "$1: an instance is read" '"path":"/3303/0/5601","value":-4.25,' read "$ep" /3303/0
  gives "$1: an object is read" '"path":"/3303/0/5701","value":"Cel",' read "$ep" /3303
  gives "$1: a boolean is read" '"path":"/3311/0/5850","value":true,' read "$ep" /3311/0/5850
  gives "$1: in its JSON, too" '"path":"/3311/0/5851","value":40,' read "$ep" /3311/0 --format json
  gives "$1: a boolean is written" '"code":"2.04"' write "$ep" /3311/0/5850 false
  seen "$1: which it gets" "$ep" '^write /3311/0/5850 false'
  gives "$1: a number is written" '"code":"2.04"' write "$ep" /3311/0/5851 70
  gives "$1: and read back" '"path":"/3311/0/5851","value":70,' read "$ep" /3311/0/5851
  gives "$1: what is not there is 4.04" '"code":"4.04"' read "$ep" /3303/7
  gives "$1: it executes" '"code":"2.04"' execute "$ep" /3303/0/5605
  seen "$1: and says so" "$ep" '^execute /3303/0/5605'
  gives "$1: it tells what it has" '</3303/0/5700>' discover "$ep" /3303
  gives "$1: it is observed" '"code":"2.05"' observe "$ep" /3303/0/5700
  tell "$ep" 'set temperature 0 sensorValue 33.5'
  told "$1: and notifies" "$ep/v/3303/0/5700" '"v":33.5,'
  commanded "$1: until it is cancelled" "$ep" '"op":"cancel","path":"/3303/0/5700"' '"done"'
  tell "$ep" quit
  seen "$1: it goes" "$ep" '^deregister 2.02'
  told "$1: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
}

start_interop cnode-nidd
over udp
over nidd
end_interop
