#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wakaama's light client, LwM2M 1.0 in its smallest form, over UDP and over NIDD. Nobody has defined its object here: what is read comes as the
# bytes of TLV, what is written says its type.
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer wakaama bin/lightclient

# over CARRIER: the whole story of one client.
over() {
  local ep=light-$1 values
  spawn "$ep" "$PEERS/wakaama-lightclient" -4 -n "$ep" -h 127.0.0.1 -p "$(port_of "$1" "$ep")" -l 0 -t 77
  seen "$1: it is registered" "$ep" 'status: REGISTERED'
  told "$1: MQTT tells that it is there" "$ep/state" '"lifetime":77' '"online"' '"version":"1.0"'
  gives "$1: it is among the devices" "\"ep\":\"$ep\",\"state\":\"online\".*\"/31024/10\"" devices
  told "$1: nobody defined its object" "$ep/event" '"model_missing"' '"/31024"'

  gives "$1: an instance is read" '"path":"/3/0/0","value":"Open Mobile Alliance"' read "$ep" /3/0
  gives "$1: a resource is read" '"path":"/1/0/1","value":77,' read "$ep" /1/0/1
  gives "$1: what nobody defined is read as bytes" '"path":"/31024/10/1","value":\{"base64":"FA=="\}' read "$ep" /31024/10/1
  gives "$1: also as an object" '"path":"/31024/12/1","value":\{"base64":"Fg=="\}' read "$ep" /31024
  gives "$1: what is not there is 4.04" '"code":"4.04"' read "$ep" /31024/10/9
  gives "$1: without its type it is not written" 'give its type' write "$ep" /31024/10/1 33
  gives "$1: with it, it is" '"code":"2.04"' write "$ep" /31024/10/1 33 --type integer
  gives "$1: and read back" '"path":"/31024/10/1","value":\{"base64":"IQ=="\}' read "$ep" /31024/10/1
  gives "$1: a float is written" '"code":"2.04"' write "$ep" /31024/10/3 1.5 --type float
  gives "$1: and read back" '"path":"/31024/10/3","value":\{"base64":"P8AAAA=="\}' read "$ep" /31024/10/3
  gives "$1: what it does not want is 4.00" '"code":"4.00"' write "$ep" /31024/10/1 256 --type integer
  gives "$1: it executes" '"code":"2.04"' execute "$ep" /31024/10/2 "1='x'"
  seen "$1: and says so" "$ep" 'Execute on 31024/10/2'
  seen "$1: with its arguments" "$ep" 'Parameter \(5 bytes\)'
  gives "$1: what is none is not executed" '"code":"4.05"' execute "$ep" /31024/10/1

  commanded "$1: it takes attributes [ETS 301]" "$ep" '"op":"attributes","path":"/31024/11/1","attributes":{"pmin":0,"pmax":1}' '"code":"2.04"'
  gives "$1: it is observed" '"code":"2.05"' observe "$ep" /31024/11/1
  values="^tidegate/dev/$ep/v/31024/11/1 .*FQ=="
  await "$DEADLINE" more_than 2 messages "$values"
  outcome $? "$1: it notifies when its time has come [ETS 301]" "three of $values" "$(grep -a "dev/$ep/v" "$WORK/messages.log" | tail -n 3)"
  gives "$1: another value is written" '"code":"2.04"' write "$ep" /31024/11/1 34 --type integer
  told "$1: and notified" "$ep/v/31024/11/1" 'Ig=='
  commanded "$1: the observation ends" "$ep" '"op":"cancel","path":"/31024/11/1"' '"state":"done"'

  stop "$ep" INT
  told "$1: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
}

start_interop light-nidd
over udp
over nidd
end_interop
