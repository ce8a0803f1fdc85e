#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is asked of stock clients from the command line, over UDP and over NIDD: instances whose number they pick, attributes set and unset,
# several values and several observations at once, triggers by name. A Leshan client (1.1) and a Wakaama client (1.0).
# timeout: 180
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer leshan classes
need_peer wakaama bin/client
DEFINITION=${TIDEGATE_OMA_REGISTRY:-$TG_ROOT/../shared/data/oma-registry}/3442.xml
[ -f "$DEFINITION" ] || skip_all "no definition of object 3442 ($DEFINITION)"

leshan_over() { # CARRIER
  local ep=ask-les-$1 made before
  spawn "$ep" "$PEERS/leshan-client" --endpoint "$ep" --server "coap://127.0.0.1:$(port_of "$1" "$ep")" --lifetime 120 \
    --temperature-every 0 --model "$DEFINITION"
  seen "$1, Leshan: it is registered" "$ep" '^registered /rd/'
  told "$1, Leshan: MQTT tells that it is there" "$ep/state" '"online"' '"version":"1.1"'

  gives "$1, Leshan: it makes an instance and picks its number" '"code":"2.01".*"text":"/3442/1"' create "$ep" /3442 110=first
  gives "$1, Leshan: with the value" '"path":"/3442/1/110","value":"first"' read "$ep" /3442/1/110
  gives "$1, Leshan: or with the number asked for" '"code":"2.01"' create "$ep" /3442/9 110=ninth 1120/3=4
  gives "$1, Leshan: and an array" '"path":"/3442/9/1120/3","value":4' read "$ep" /3442/9
  gives "$1, Leshan: but not twice" '"code":"4.00"' create "$ep" /3442/9 110=again
  for made in 1 9; do gives "$1, Leshan: /3442/$made goes" '"code":"2.02"' delete "$ep" "/3442/$made"; done
  gives "$1, Leshan: what is mandatory stays" '"code":"4.05"' delete "$ep" /3/0

  gives "$1, Leshan: several values go at once" '"op":"write_composite".*"code":"2.04"' write "$ep" /3442/0/110=one /3442/0/120=2
  gives "$1, Leshan: and are read at once" '"path":"/3442/0/120","value":2,' read "$ep" /3442/0/110 /3442/0/120
  gives "$1, Leshan: part of an instance" '"code":"2.04"' update "$ep" /3442/0 120=3 1120/1=6
  gives "$1, Leshan: a single resource, too" '"code":"2.04"' update "$ep" /3442/0/120 4
  gives "$1, Leshan: is what it then has" '"path":"/3442/0/120","value":4,' read "$ep" /3442/0/120
  gives "$1, Leshan: several paths are one observation" '"op":"observe_composite".*"state":"done"' observe "$ep" /3442/0/120 /3303/0/5700
  tell "$ep" 'set /3442/0/120 77'
  told "$1, Leshan: which notifies" "$ep/v/3442/0/120" '"v":77,'
  gives "$1, Leshan: until it is ended" '"state":"done"' unobserve "$ep"

  gives "$1, Leshan: attributes are taken" '"code":"2.04"' attributes "$ep" /3303/0/5700 pmin=1 pmax=60 gt=30.5 lt=-5
  gives "$1, Leshan: and unset" '"code":"2.04"' attributes "$ep" /3303/0/5700 gt= lt pmax=120
  gives "$1, Leshan: a wrong one does not get there" 'pmax must not be less than pmin' attributes "$ep" /3303/0/5700 pmin=60 pmax=10

  before=$(count "$ep" '^updated')
  gives "$1, Leshan: a trigger is taken" '"target":"/1/[0-9]+/8".*"code":"2.04"' trigger "$ep"
  await "$DEADLINE" more_than "$before" "$ep" '^updated'
  outcome $? "$1, Leshan: and answered by an Update" "another ^updated" "$(tail -n 5 "$WORK/$ep.log")"
  tell "$ep" 'quit'
  seen "$1, Leshan: it goes" "$ep" '^bye'
}

wakaama_over() { # CARRIER
  local ep=ask-wak-$1
  spawn "$ep" "$PEERS/wakaama-client" -4 -n "$ep" -h 127.0.0.1 -p "$(port_of "$1" "$ep")" -l 0 -t 300
  seen "$1, Wakaama: it is registered" "$ep" STATE_READY
  told "$1, Wakaama: MQTT tells that it is there" "$ep/state" '"online"' '"version":"1.0"'

  gives "$1, Wakaama: it makes an instance and picks its number" '"text":"/31024/[0-9]+"' create "$ep" /31024 1=9 3=1.5
  gives "$1, Wakaama: or with the number asked for" '"text":"/31024/30"' create "$ep" /31024/30 1=9
  gives "$1, Wakaama: which goes again" '"code":"2.02"' delete "$ep" /31024/30
  gives "$1, Wakaama: values of several objects go one by one" '"state":"done"' write "$ep" /3/0/14=+03:00 /31024/10/1=78
  gives "$1, Wakaama: and arrive" '"path":"/31024/10/1","value":78,' read "$ep" /31024/10/1
  gives "$1, Wakaama: a single resource is updated" '"code":"2.04"' update "$ep" /31024/10/1 79
  gives "$1, Wakaama: and has not been executed" '"path":"/31024/10/1","value":79,' read "$ep" /31024/10/1

  gives "$1, Wakaama: attributes of 1.0 are taken" '"code":"2.04"' attributes "$ep" /3/0/9 pmin=1 gt=50
  gives "$1, Wakaama: and unset" '"code":"2.04"' attributes "$ep" /3/0/9 gt=
  gives "$1, Wakaama: those of 1.1 are not sent" 'epmin is new in LwM2M 1.1; the device speaks 1.0' attributes "$ep" /3/0/9 epmin=1
  gives "$1, Wakaama: nor a transport" 'trigger with a transport is new in LwM2M 1.1' trigger "$ep" --transport U
  gives "$1, Wakaama: a trigger is taken" '"target":"/1/[0-9]+/8".*"code":"2.04"' trigger "$ep"
  gives "$1, Wakaama: it is disabled for a time" '"target":"/1/[0-9]+/4".*"code":"2.04"' disable "$ep" --for 60
  tell "$ep" quit
}

mkdir "$WORK/objects" && cp "$DEFINITION" "$TG_ROOT"/tests/interop/objects/* "$WORK/objects/"
start_interop ask-les-nidd ask-wak-nidd -- "server = { observe = {} }," "objects = { \"$WORK/objects\" },"
for carrier in udp nidd; do
  leshan_over "$carrier"
  wakaama_over "$carrier"
done
end_interop
