#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# OMA's enabler test cases for the server (LwM2M 1.1), played with a Leshan client over UDP and over NIDD. A line proves the cases that it
# names, `[ETS 201]`; tools/gen_conformance collects them. What a client is configured with is what Leshan has, or Account.java beside it.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer leshan classes
REGISTRY=${TIDEGATE_OMA_REGISTRY:-$TG_ROOT/../shared/data/oma-registry}
for id in 16 19 3442; do [ -f "$REGISTRY/$id.xml" ] || skip_all "no definition of object $id ($REGISTRY)"; done

client() { # CARRIER NAME [OPTION...]
  local ep=$2 carrier=$1
  shift 2
  spawn "$ep" "$PEERS/leshan-client" --endpoint "$ep" --server "coap://127.0.0.1:$(port_of "$carrier" "$ep")" --temperature-every 0 "$@"
}

# once_more NAME ERE COMMAND...: the command brings one more such line to the child's output.
once_more() {
  local name=$1 line=$2 before
  shift 2
  before=$(count "$name" "$line")
  "$@" && await "$DEADLINE" more_than "$before" "$name" "$line"
}

# brings TITLE NAME ERE COMMAND...
brings() {
  local title=$1
  shift
  once_more "$@"
  outcome $? "$title" "one more $2 of $1" "$(tail -n 5 "$WORK/$1.log")"
}

# silent TITLE NAME ERE SECONDS COMMAND...: the command, and nothing such in the child's output for a while.
silent() {
  local title=$1 name=$2 line=$3 seconds=$4 before
  shift 4
  before=$(count "$name" "$line")
  "$@"
  sleep "$seconds"
  is "$(count "$name" "$line")" "$before" "$title"
}

does() { tg "$@" >"$WORK/answer" 2>&1 && grep -qE '"state":"done"' "$WORK/answer"; }

# sets TITLE EP PATH VALUE FORMAT WANTED: written in that format, and read back (in CBOR or text where it is a single one).
sets() {
  gives "$1" '"code":"2.04"' write "$2" "$3" --format "$5" -- "$4" &&
    gives "$1: and read back" "\"path\":\"$3\",\"value\":$6," read "$2" "$3"
}

registration() { # CARRIER EP
  seen "$1: a client registers [ETS 101]" "$2" '^registered /rd/'
  says "$2" '^registered' || done_testing
  told "$1: with its name, lifetime and objects [ETS 101]" "$2/state" '"online"' '"lifetime":60,' '"version":"1.1"' '"/1/0"' '"/3/0"'
  brings "$1: another lifetime brings an Update [ETS 102]" "$2" '^updated' does write "$2" /1/0/1 20
  told "$1: with it [ETS 102]" "$2/state" '"updated"' '"lifetime":20,'
  brings "$1: a longer one does, too [ETS 107]" "$2" '^updated' does write "$2" /1/0/1 600
  told "$1: and the client stays registered for as long [ETS 107]" "$2/state" '"updated"' '"lifetime":600,'
  brings "$1: Registration Update Trigger brings an Update [ETS 104]" "$2" '^updated' does execute "$2" /1/0/8
  brings "$1: Disable brings a De-register [ETS 103]" "$2" '^deregistered' does execute "$2" /1/0/4
  told "$1: after which the client is gone [ETS 103]" "$2/state" '"offline"' '"deregistered"'
  brings "$1: until it registers anew" "$2" '^registered' tell "$2" register
  brings "$1: Reboot brings a Register [ETS 241]" "$2" '^registered' does execute "$2" /3/0/4
  gives "$1: by which the device is there again [ETS 241]" "\"ep\":\"$2\",\"state\":\"online\"" devices
}

# The same values of object 3 in each format that a server may ask for.
queries() { # CARRIER EP
  local id
  for id in 0:'"Eclipse Leshan"' 2:"\"$2\"" 3:'"1.0.0"' 9:92 16:'"U"'; do
    gives "$1: /3/0/${id%%:*} in plain text [ETS 201]" "\"path\":\"/3/0/${id%%:*}\",\"value\":${id#*:},.*" read "$2" "/3/0/${id%%:*}" --format text
  done
  for id in 'tlv [ETS 203]' 'json [ETS 204]' 'senml-json [ETS 231]' 'senml-cbor [ETS 232]'; do
    tg read "$2" /3/0 --format "${id%% *}" >"$WORK/answer" 2>&1
    is "$(grep -cE '"path":"/3/0/(0","value":"Eclipse Leshan"|2","value":"'"$2"'"|3","value":"1.0.0"|9","value":92|6/1","value":5|16","value":"U"),' "$WORK/answer")" 6 \
      "$1: /3/0 in $id"
  done
  gives "$1: a resource in CBOR [ETS 211]" '"path":"/3/0/9","value":92,' read "$2" /3/0/9 --format cbor
  gives "$1: and a text in CBOR [ETS 211]" '"path":"/3/0/0","value":"Eclipse Leshan",' read "$2" /3/0/0 --format cbor
  gives "$1: an object [ETS 222]" '"path":"/3303/0/5700","value":20' read "$2" /3303
  gives "$1: an instance [ETS 223]" '"path":"/3/0/1","value":"tidegate interop peer"' read "$2" /3/0
  gives "$1: a resource [ETS 224]" '"path":"/3/0/1","value":"tidegate interop peer"' read "$2" /3/0/1
  gives "$1: an instance of a resource [ETS 225]" '"path":"/3/0/7/1","value":5000,' read "$2" /3/0/7/1
  gives "$1: the firmware's version [ETS 652]" '"path":"/3/0/3","value":"1.0.0",' read "$2" /3/0/3
}

settings() { # CARRIER EP
  local format
  sets "$1: pmin by plain text [ETS 205]" "$2" /1/0/2 101 text 101
  sets "$1: pmax by plain text [ETS 205]" "$2" /1/0/3 1010 text 1010
  sets "$1: the time of Disable by plain text [ETS 205]" "$2" /1/0/5 2000 text 2000
  sets "$1: storing notifications by plain text [ETS 205]" "$2" /1/0/6 true text true
  sets "$1: pmin by JSON [ETS 220]" "$2" /1/0/2 102 json 102
  sets "$1: pmax by JSON [ETS 220]" "$2" /1/0/3 1011 json 1011
  sets "$1: storing notifications by JSON [ETS 220]" "$2" /1/0/6 false json false
  sets "$1: pmin by CBOR [ETS 212]" "$2" /1/0/2 103 cbor 103
  sets "$1: pmin by SenML CBOR [ETS 233]" "$2" /1/0/2 104 senml-cbor 104
  sets "$1: pmin by SenML JSON [ETS 234]" "$2" /1/0/2 105 senml-json 105
  for format in 'tlv [ETS 215 226]' 'senml-cbor [ETS 226 233]' 'senml-json [ETS 226 234]'; do
    tg read "$2" /1/0 --format "${format%% *}" >"$WORK/answer" # what worked is what is written in
    commanded "$1: several of them in $format" "$2" \
      '"op":"update","path":"/1/0","values":{"/1/0/2":101,"/1/0/3":1010,"/1/0/5":2000,"/1/0/6":true}' '"code":"2.04"'
    tg read "$2" /1/0 >"$WORK/answer"
    is "$(grep -cE '"path":"/1/0/(2","value":101|3","value":1010|5","value":2000|6","value":true|7","value":"U"),' "$WORK/answer")" 5 \
      "$1: beside which the others stay, in $format"
    tg write "$2" /1/0/2 1 >"$WORK/answer"
  done
  gives "$1: a resource is replaced [ETS 227]" '"code":"2.04"' write "$2" /3/0/15 Europe/Paris
  gives "$1: and has the new value [ETS 227]" '"path":"/3/0/15","value":"Europe/Paris"' read "$2" /3/0/15
  gives "$1: an instance of a resource is written [ETS 228]" '"code":"2.04"' write "$2" /3442/0/1120/0 77
  gives "$1: and has the new value [ETS 228]" '"path":"/3442/0/1120/0","value":77,' read "$2" /3442/0/1120
  tg read "$2" /3/0 --format tlv >"$WORK/answer"
  commanded "$1: time, offset and zone are set in part [ETS 651]" "$2" \
    '"op":"update","path":"/3/0","values":{"/3/0/13":1367491215,"/3/0/14":"+02:00","/3/0/15":"Europe/Paris"}' '"code":"2.04"'
  gives "$1: and read [ETS 651]" '"path":"/3/0/13","value":1367491215,' read "$2" /3/0
  gives "$1: and set back [ETS 651]" '"code":"2.04"' write "$2" /3/0/14 +00:00
  gives "$1: and read again [ETS 651]" '"path":"/3/0/14","value":"\+00:00"' read "$2" /3/0/14
}

composites() { # CARRIER EP
  gives "$1: several paths are read at once [ETS 229]" '"path":"/3/0/0","value":"Eclipse Leshan"' read "$2" /3/0/0 /1/0/1 /3303/0/5700
  commanded "$1: instances and resources together [ETS 229 280]" "$2" '"op":"read_composite","paths":["/3/0/0","/1/0","/3/0/7/1"]' \
    '"code":"2.05"' '"/3/0/0":"Eclipse Leshan"' '"/1/0/1":' '"/1/0/7":"U"' '"/3/0/7/1":5000'
  commanded "$1: of what is partly there, what is there [ETS 236]" "$2" '"op":"read_composite","paths":["/3/0/0","/3/0/20","/3303/9/5700"]' \
    '"code":"2.05"' '"/3/0/0":"Eclipse Leshan"'
  commanded "$1: what cannot be read is left out [ETS 281]" "$2" '"op":"read_composite","paths":["/3/0/0","/3/0/4"]' \
    '"code":"2.05"' '"values":{"/3/0/0":"Eclipse Leshan"}'
  commanded "$1: values of two objects are written at once [ETS 230 257]" "$2" \
    '"op":"write_composite","values":{"/1/0/2":101,"/1/0/6":true,"/3/0/13":0}' '"state":"done"' '"code":"2.04"'
  seen "$1: all of them [ETS 230 257]" "$2" '^write /3/0/13 0$'
  gives "$1: and read back [ETS 230 257]" '"path":"/1/0/2","value":101,' read "$2" /1/0/2 /1/0/6 /3/0/13
}

discovery() { # CARRIER EP
  gives "$1: Discover of an object [ETS 260]" '</3>.*</3/0>.*</3/0/9>' discover "$2" /3
  gives "$1: of an instance [ETS 260]" '</3/0>.*</3/0/7>;dim=2' discover "$2" /3/0
  commanded "$1: attributes of an array [ETS 261]" "$2" '"op":"attributes","path":"/3/0/11","attributes":{"pmin":10,"pmax":320}' '"code":"2.04"'
  commanded "$1: and of one of its elements [ETS 261]" "$2" \
    '"op":"attributes","path":"/3/0/11/0","attributes":{"pmax":100,"epmin":1,"epmax":20}' '"code":"2.04"'
  gives "$1: are told by Discover [ETS 260 261]" '</3/0/11>;(dim=1;pmin=10;pmax=320|pmin=10;pmax=320;dim=1),</3/0/11/0>' discover "$2" /3/0/11
  gives "$1: on every level [ETS 261]" '</3/0/11/0>;(pmax=100|epmin=1|epmax=20);(pmax=100|epmin=1|epmax=20);(pmax=100|epmin=1|epmax=20)' discover "$2" /3/0/11
}

reports() { # CARRIER EP
  commanded "$1: pmin and pmax are set [ETS 301]" "$2" '"op":"attributes","path":"/3303/0/5700","attributes":{"pmin":2,"pmax":4}' '"code":"2.04"'
  gives "$1: and the resource observed [ETS 301]" '"code":"2.05"' observe "$2" /3303/0/5700
  silent "$1: before pmin no change is told [ETS 301]" "$2" '^observe /3303/0/5700' 1 tell "$2" 'set /3303/0/5700 31.5'
  told "$1: then it is [ETS 301]" "$2/v/3303/0/5700" '"v":31.5,'
  commanded "$1: a GET with Observe 1 ends it [ETS 303]" "$2" '"op":"cancel","path":"/3303/0/5700"' '"state":"done"' '"code":"2.05"'
  silent "$1: and it is silent [ETS 303]" "$2" '^observe /3303/0/5700' 5 tell "$2" 'set /3303/0/5700 32.5'
  commanded "$1: several paths are observed as one [ETS 304]" "$2" '"op":"observe_composite","paths":["/3303/0/5700","/3442/0/110"]' '"state":"done"'
  tell "$2" 'set /3442/0/110 "composite"'
  told "$1: and told when one changes [ETS 304]" "$2/v/3442/0/110" '"v":"composite",'
  commanded "$1: it is cancelled [ETS 305]" "$2" '"op":"cancel"' '"state":"done"'
  silent "$1: and silent [ETS 305]" messages "^tidegate/dev/$2/v/3442/0/110" 2 tell "$2" 'set /3442/0/110 "not told"'
}

sends() { # CARRIER EP
  tell "$2" 'set /3303/0/5700 41.5'
  brings "$1: a Send is answered [ETS 306]" "$2" '^sent /3303/0/5700 /3/0/9 2\.04' tell "$2" 'send /3303/0/5700 /3/0/9'
  told "$1: its values are told [ETS 306]" "$2/v/3303/0/5700" '"v":41.5,' '"src":"send"'
  gives "$1: and are those that a Read brings [ETS 311]" '"path":"/3303/0/5700","value":41.5,' read "$2" /3303/0/5700
  told "$1: all of them [ETS 311]" "$2/v/3/0/9" '"v":92,' '"src":"send"'
  brings "$1: another format does the same [ETS 311]" "$2" '^sent /3303/0/5700 2\.04' tell "$2" 'send SENML_JSON /3303/0/5700'
  gives "$1: the client is muted [ETS 307]" '"code":"2.04"' write "$2" /1/0/23 true
  brings "$1: and sends nothing [ETS 307]" "$2" '^muted' tell "$2" 'send /3303/0/5700'
  gives "$1: until it may again [ETS 307]" '"code":"2.04"' write "$2" /1/0/23 false
  brings "$1: and does [ETS 307]" "$2" '^sent /3303/0/5700 2\.04' tell "$2" 'send /3303/0/5700'
}

# Observation of an instance with pmin 2 and pmax 10, as the cases of several objects have it.
watched() { # TITLE EP INSTANCE RESOURCE VALUE CASE
  local title=$1 ep=$2
  commanded "$title: pmin and pmax are set $6" "$ep" "\"op\":\"attributes\",\"path\":\"$3\",\"attributes\":{\"pmin\":2,\"pmax\":10}" '"code":"2.04"'
  gives "$title: it is observed $6" '"code":"2.05"' observe "$ep" "$3"
  tell "$ep" "set $4 $5"
  told "$title: and tells its change $6" "$ep/v$4" "\"v\":$5,"
  commanded "$title: until it is cancelled" "$ep" "\"op\":\"cancel\",\"path\":\"$3\"" '"state":"done"'
}

objects() { # CARRIER EP
  tg read "$2" /4/0 >"$WORK/answer"
  is "$(grep -cE '"path":"/4/0/(0|1/0|2|4/0)"' "$WORK/answer")" 4 "$1: connectivity is read [ETS 701]"
  watched "$1, connectivity" "$2" /4/0 /4/0/2 -81 "[ETS 710]"
  tg read "$2" /6/0 >"$WORK/answer"
  is "$(grep -cE '"path":"/6/0/(0|1|5)"' "$WORK/answer")" 3 "$1: the location is read [ETS 801]"
  watched "$1, location" "$2" /6/0 /6/0/0 52.75 "[ETS 810]"
  gives "$1: statistics are started [ETS 901]" '"code":"2.04"' execute "$2" /7/0/6
  seen "$1: by Execute [ETS 901]" "$2" '^execute /7/0/6'
  watched "$1, statistics" "$2" /7/0 /7/0/2 17 "[ETS 910]"
  gives "$1: they are stopped [ETS 901]" '"code":"2.04"' execute "$2" /7/0/7
  gives "$1: and read [ETS 901]" '"path":"/7/0/2","value":17,' read "$2" /7/0
  gives "$1: the time of collecting is set [ETS 905]" '"code":"2.04"' write "$2" /7/0/8 60
  gives "$1: and read [ETS 905]" '"path":"/7/0/8","value":60,' read "$2" /7/0/8
  gives "$1: the firmware's state is read [ETS 751]" '"path":"/5/0/3","value":0,' read "$2" /5/0
  gives "$1: with its result [ETS 751]" '"path":"/5/0/5","value":0,' read "$2" /5/0
  gives "$1: and the way it goes [ETS 751]" '"path":"/5/0/9","value":1,' read "$2" /5/0
  commanded "$1: a portfolio is made [ETS 1630]" "$2" '"op":"create","path":"/16","values":{"/16/1/0/0":"host","/16/1/0/3":"model"}' '"code":"2.01"'
  told "$1: an Update has it [ETS 1630]" "$2/state" '"/16/1"'
  gives "$1: and it is read [ETS 1630]" '"path":"/16/1/0/3","value":"model"' read "$2" /16/1
  commanded "$1: it is deleted [ETS 1635]" "$2" '"op":"delete","path":"/16/1"' '"code":"2.02"'
  gives "$1: and is not there any more [ETS 1635]" '"code":"4.04"' read "$2" /16/1
  gives "$1: a container is observed [ETS 1900]" '"code":"2.05"' observe "$2" /19/0/0
  tell "$2" 'set /19/0/0 {0=0x0102ff}'
  told "$1: its data come [ETS 1900]" "$2/v/19/0/0/0" '"v":{"base64":"AQL/"}'
  commanded "$1: data are written into the other one [ETS 1901]" "$2" '"op":"write","path":"/19/1/0","values":{"/19/1/0/0":{"base64":"3q2+7w=="}}' '"code":"2.04"'
  seen "$1: and are there [ETS 1901]" "$2" '^write /19/1/0 \{0=0xdeadbeef\}'
}

# Over UDP a device sleeps when it has been silent; over NIDD when the SCEF keeps what it is sent, and until then nobody guesses.
sleeper() { # CARRIER EP
  local asks=(publish -t "tidegate/dev/$2/cmd" -m '{"id":"s1","op":"read","path":"/3/0/0","timeout":60}')
  client "$1" "$2" --lifetime 300 --queue
  told "$1: a client in queue mode registers [ETS 108]" "$2/state" '"online"' '"registered"'
  seen "$1: and is told what it may" "$2" '^write /1/0/23 false'
  [ "$1" = udp ] || { scef_keeps "$2" && "${asks[@]}"; }
  told "$1: it is asleep when it has been silent [ETS 109]" "$2/state" '"asleep"'
  if [ "$1" = udp ]; then
    "${asks[@]}"
    told "$1: a Read waits [ETS 109]" "$2/result" '"s1"' '"waiting"'
  else
    told "$1: a Read waits at the SCEF [ETS 109]" "$2/result" '"s1"' '"sent"'
  fi
  silent "$1: and does not go out [ETS 109]" "$2" '^read' 1 true
  tell "$2" update
  told "$1: until an Update comes [ETS 109]" "$2/result" '"s1"' '"done"' 'Eclipse Leshan'
  told "$1: by which the device is awake again [ETS 108]" "$2/state" '"awake"'
}

over() {
  local ep=ets-$1
  client "$1" "$ep" --lifetime 60 --model "$REGISTRY/3442.xml" --model "$REGISTRY/16.xml" --model "$REGISTRY/19.xml" \
    --object 4 --object 5 --object 6 --object 7 --object 16 --object 19:2
  registration "$1" "$ep"
  queries "$1" "$ep"
  settings "$1" "$ep"
  composites "$1" "$ep"
  discovery "$1" "$ep"
  reports "$1" "$ep"
  sends "$1" "$ep"
  objects "$1" "$ep"
}

# The server forgets everything: what a client says next is answered with 4.04, and it registers anew.
forgotten() { # CARRIER EP
  brings "$1: a notification that nobody waits for [ETS 302]" "$2" '^observe /3303/0/5701' tell "$2" 'set /3303/0/5701 "K"'
  sleep 1
  silent "$1: is reset, and no other comes [ETS 302]" "$2" '^observe /3303/0/5701' 2 tell "$2" 'set /3303/0/5701 "F"'
  brings "$1: an Update that nobody knows is refused, and the client registers anew [ETS 105]" "$2" '^registered' tell "$2" update
  told "$1: and is there [ETS 105]" "$2/state" '"online"' '"registered"'
  seen "$1: because of 4.04 [ETS 105]" "$2" '^update-failed.*(404|NOT_FOUND|4\.04)'
}

mkdir "$WORK/objects" && cp "$REGISTRY/3442.xml" "$WORK/objects/"
start_interop ets-nidd ets-sleep-nidd -- "objects = { \"$WORK/objects\" }," 'server = { awake = 3, observe = {} },'
over udp
over nidd
sleeper udp ets-sleep-udp
sleeper nidd ets-sleep-nidd
for carrier in udp nidd; do
  gives "$carrier: a resource is observed [ETS 302]" '"code":"2.05"' observe "ets-$carrier" /3303/0/5701
done
stop gateway
outcome "$STATUS" "the gateway ends" "exit code 0" "exit code $STATUS"
rm "$WORK"/data/tidegate.db*
start_gateway
forgotten udp ets-udp
forgotten nidd ets-nidd
end_interop
