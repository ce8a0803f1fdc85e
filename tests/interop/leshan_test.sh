#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Leshan client, LwM2M 1.1, with the test object 3442 over UDP and over NIDD: every type of value written and read in every format that both
# sides have, compared with what Leshan says it got; arrays, instances, Observe, Send, Execute, Create, blocks, queue mode.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer leshan classes
DEFINITION=${TIDEGATE_OMA_REGISTRY:-$TG_ROOT/../shared/data/oma-registry}/3442.xml
[ -f "$DEFINITION" ] || skip_all "no definition of object 3442 ($DEFINITION)"

# One value a line: resource, what `tidegate write` takes, what Leshan says, what `tidegate read` says. Blanks end a column.
VALUES='
110 plain                      "plain"                       "plain"
110 Zürich→東京                "Zürich→東京"                 "Zürich→東京"
110 "a\b"                      "\"a\\b\""                    "\"a\\b\""
120 0                          0                             0
120 -9223372036854775808       -9223372036854775808          -9223372036854775808
120 9223372036854775807        9223372036854775807           9223372036854775807
125 200                        200                           200
125 18446744073709551615       18446744073709551615          18446744073709551615
130 -22.5                      -22.5                         -22.5
130 0.1                        0.1                           0.1
130 1e-10                      1.0E-10                       1e-10
140 false                      false                         false
140 true                       true                          true
150 00                         0x00                          {"base64":"AA=="}
150 base64:3q2+7/8=            0xdeadbeefff                  {"base64":"3q2+7/8="}
160 0                          0                             0
160 2026-01-31T12:00:00Z       1769860800                    1769860800
170 3303:0                     3303:0                        "3303:0"
170 65535:65535                65535:65535                   "65535:65535"
180 </3>;ver=1.1,</1/0>        </3>;ver=1.1,</1/0>           "</3>;ver=1.1,</1/0>"
'
LONG=$(printf 'block-wise %.0s' $(seq 300))
TYPES="110:string 120:integer 125:unsigned 130:float 140:boolean 150:opaque 160:time 170:objlnk 180:corelnk"

# has TEXT PART: the part as it stands, not as a pattern.
has() { grep -qF -- "$2" <<<"$1"; }

# writes EP PATH VALUE WANTED [OPTION...]: the gateway writes, Leshan says that it got WANTED.
writes() {
  local ep=$1 path=$2 value=$3 wanted=$4 before got
  shift 4
  before=$(grep -cF -- "write $path $wanted" "$WORK/$ep.log")
  got=$(tg write "$ep" "$path" "$@" -- "$value" 2>&1)
  has "$got" '"code":"2.04"' && await 5 got_more "$before" "$ep" "write $path $wanted" && return 0
  echo "written $value, wanted $wanted: $got; Leshan: $(grep -F "write $path" "$WORK/$ep.log" | tail -n 1)"
  return 1
}

got_more() { [ "$(grep -cxF -- "$3" "$WORK/$2.log")" -gt "$1" ]; }

# reads EP PATH WANTED [OPTION...]
reads() {
  local ep=$1 path=$2 wanted=$3 got
  shift 3
  got=$(tg read "$ep" "$path" "$@" 2>&1)
  has "$got" "\"path\":\"$path\",\"value\":$wanted," && has "$got" '"code":"2.05"' && return 0
  echo "read, wanted $wanted: $got"
  return 1
}

# all_values EP RESOURCE FORMAT: prints what was wrong.
all_values() {
  local resource value leshan ours
  while read -r resource value leshan ours; do
    [ "$resource" = "$2" ] || continue
    # Leshan writes -1, in one byte, which is 255 to everybody else.
    [ "$3 $value" = "tlv 18446744073709551615" ] && value=9223372036854775808 leshan=$value ours=$value
    writes "$1" "/3442/0/$2" "$value" "$leshan" --format "$3" && reads "$1" "/3442/0/$2" "$ours" --format "$3"
  done <<<"$VALUES"
}

# nothing TITLE TEXT: passes where TEXT, a list of faults, is empty.
nothing() {
  [ -z "$2" ]
  outcome $? "$1" "no fault" "$2"
}

# The types of single resources, in every format.
singles() {
  local type format
  for type in $TYPES; do
    for format in text cbor senml-json senml-cbor tlv; do
      nothing "$1: ${type#*:} in $format" "$(all_values "$2" "${type%:*}" "$format")"
    done
  done
  nothing "$1: opaque in opaque" "$(all_values "$2" 150 opaque)"
  gives "$1: opaque bytes of a string are refused" '"state":"failed","code":"[45]\.[0-9]+"' read "$2" /3442/0/110 --format opaque
  gives "$1: a format that nobody knows is refused" 'no such format' read "$2" /3442/0/110 --format yaml
  gives "$1: an execute has none" 'only read, write, update and observe' execute "$2" /3442/0/0 --format text
}

# holds FILE PART...: the parts that an answer lacks.
holds() {
  local part
  for part in "${@:2}"; do grep -qF -- "$part" "$1" || echo "no $part in $(cat "$1")"; done
}

# Arrays and their elements.
arrays() {
  local ep=$2 format
  for format in senml-json senml-cbor tlv; do
    tg read "$ep" /3442/0/1120 --format "$format" >"$WORK/array" # what worked is what is written in
    commanded "$1: an array is written in $format" "$ep" \
      '"op":"write","path":"/3442/0/1120","values":{"/3442/0/1120/0":1,"/3442/0/1120/7":-70000,"/3442/0/1120/65534":5000000000}' '"code":"2.04"'
    seen "$1: Leshan has it" "$ep" '^write /3442/0/1120 \{0=1, 7=-70000, 65534=5000000000\}$'
    tg read "$ep" /3442/0/1120 --format "$format" >"$WORK/array" 2>&1
    nothing "$1: it is read in $format" "$(holds "$WORK/array" '1120/0","value":1,' '1120/7","value":-70000,' '1120/65534","value":5000000000,')"
    commanded "$1: elements are changed in $format" "$ep" '"op":"update","path":"/3442/0/1120","values":{"/3442/0/1120/7":8}' '"code":"2.04"'
    tg read "$ep" /3442/0/1120 --format "$format" >"$WORK/array" 2>&1
    nothing "$1: the others stay" "$(holds "$WORK/array" '1120/0","value":1,' '1120/7","value":8,' '1120/65534","value":5000000000,')"
  done
  for format in text cbor senml-json senml-cbor tlv; do
    nothing "$1: an element is written and read in $format" "$(
      writes "$ep" /3442/0/1110/0 "by $format" "\"by $format\"" --format "$format" &&
        reads "$ep" /3442/0/1110/0 "\"by $format\"" --format "$format"
      writes "$ep" /3442/0/1130/0 2.25 2.25 --format "$format" && reads "$ep" /3442/0/1130/0 2.25 --format "$format"
    )"
  done
  gives "$1: an element that is not there is 4.04" '"code":"4.04"' read "$ep" /3442/0/1110/9
}

# Several paths of several objects in one request.
composites() {
  local ep=$2
  commanded "$1: several values are written at once" "$ep" \
    '"op":"write_composite","values":{"/3442/0/120":77,"/3442/0/140":false,"/3442/0/110":"composite"}' '"state":"done"' '"code":"2.04"'
  commanded "$1: several paths are read at once" "$ep" '"op":"read_composite","paths":["/3442/0/120","/3442/0/110","/3/0/0"]' \
    '"code":"2.05"' '"/3442/0/120":77' '"/3442/0/110":"composite"' '"/3/0/0":'
  commanded "$1: a value of the wrong kind changes none" "$ep" \
    '"op":"write_composite","values":{"/3442/0/120":78,"/3442/0/999":1}' '"state":"failed"'
  commanded "$1: it is 77 still" "$ep" '"op":"read_composite","paths":["/3442/0/120"]' '"/3442/0/120":77'
  commanded "$1: several paths are observed as one" "$ep" '"op":"observe_composite","paths":["/3442/0/120","/3442/0/110"]' '"state":"done"'
  commanded "$1: and one of them changes" "$ep" '"op":"write","path":"/3442/0/120","value":79' '"state":"done"'
  told "$1: which is notified" "$ep/v/3442/0/120" '"v":79,'
  commanded "$1: the observation is cancelled" "$ep" '"op":"cancel"' '"state":"done"'
}

# Each operation at each level of the path that it has; composites in both formats.
levels() {
  local ep=$2 path attributes format
  for path in /3442 /3442/0 /3442/0/120 /3442/0/1120 /3442/0/1120/0; do
    gives "$1: $path is read" "\"path\":\"$path(/[0-9/]+)?\",\"value\":.*" read "$ep" "$path"
    gives "$1: $path is observed" "\"path\":\"$path(/[0-9/]+)?\",\"value\":.*" observe "$ep" "$path"
    commanded "$1: $path is observed no longer" "$ep" "\"op\":\"cancel\",\"path\":\"$path\"" '"state":"done"'
    attributes='pmin=3&pmax=30'
    commanded "$1: $path has attributes" "$ep" "\"op\":\"attributes\",\"path\":\"$path\",\"attributes\":{\"pmin\":3,\"pmax\":30}" '"code":"2.04"'
    seen "$1: which Leshan gets for $path" "$ep" "^attributes $path $attributes$"
  done
  for path in /3442 /3442/0 /3442/0/1120; do
    gives "$1: Discover of $path tells them" "<$path>;[^,]*pmin=3[^,]*,<$path/" discover "$ep" "$path"
  done
  for format in senml-json senml-cbor; do
    gives "$1: values of two objects are read at once in $format" '"path":"/3442/0/110","value":' read "$ep" /3442/0/110 /3/0/0 --format "$format"
    commanded "$1: and written at once" "$ep" '"op":"write_composite","values":{"/3442/0/110":"'$format'","/3442/0/1120/0":12,"/3442/0/150":{"base64":"AQ=="}}' '"code":"2.04"'
    gives "$1: to be read back" '"path":"/3442/0/110","value":"'$format'"' read "$ep" /3442/0/110 /3442/0/1120 --format "$format"
    gives "$1: with an element" '"path":"/3442/0/1120/0","value":12,' read "$ep" /3442/0/1120/0 /3442/0/150 --format "$format"
    gives "$1: and bytes" '"path":"/3442/0/150","value":\{"base64":"AQ=="\}' read "$ep" /3442/0/1120/0 /3442/0/150 --format "$format"
  done
  gives "$1: a format of single values is none for several" '"error":"' read "$ep" /3442/0/110 /3/0/0 --format text
}

# Whole instances, made, read, written, deleted.
instances() {
  local ep=$2 format
  for format in senml-json senml-cbor tlv json; do
    tg execute "$ep" /3442/0/0 >/dev/null
    tg read "$ep" /3442/0 --format "$format" >"$WORK/instance" 2>&1
    nothing "$1: an instance is read in $format" "$(holds "$WORK/instance" '110","value":"initial value"' '120","value":1024,' \
      '125","value":9223372036854775808,' '130","value":3.14159' '140","value":true,' '150","value":{"base64":"ASNFZ4mrze8="}' \
      '160","value":946684800,' '170","value":"3:0"' '180","value":"</3442>"' '1110/0","value":"initial value"' '1150/0","value":{"base64":"ASNFZ4mrze8="}')"
  done
  for format in senml-json senml-cbor tlv; do
    tg read "$ep" /3442/0 --format "$format" >"$WORK/instance" 2>&1 # what worked is what is written in
    commanded "$1: part of an instance is written in $format" "$ep" '"op":"update","path":"/3442/0","values":{"/3442/0/110":"'$format'","/3442/0/140":false,
      "/3442/0/160":1700000000,"/3442/0/150":{"base64":"AAH/"},"/3442/0/170":[3303,0],"/3442/0/1120/0":5,"/3442/0/1120/1":6}' '"code":"2.04"'
    seen "$1: Leshan has the text" "$ep" "^write /3442/0/110 \"$format\""
    seen "$1: and the array" "$ep" '^write /3442/0/1120 \{0=5, 1=6\}'
    tg read "$ep" /3442/0 --format "$format" >"$WORK/instance" 2>&1
    nothing "$1: the rest stays" "$(holds "$WORK/instance" "110\",\"value\":\"$format\"" '120","value":1024,' '140","value":false,' '150","value":{"base64":"AAH/"}' \
      '160","value":1700000000,' '170","value":"3303:0"' '180","value":"</3442>"' '1120/1","value":6,')"
    commanded "$1: an instance is made in $format" "$ep" '"op":"create","path":"/3442","values":{"/3442/7/110":"made","/3442/7/120":-7,"/3442/7/1125/3":4}' '"code":"2.01"'
    told "$1: an Update announces it" "$ep/state" '"/3442/7"'
    gives "$1: it has its values" '"path":"/3442/7/120","value":-7,' read "$ep" /3442/7
    commanded "$1: it is written as a whole in $format" "$ep" '"op":"write","path":"/3442/7","values":{"/3442/7/110":"anew","/3442/7/1125/4":5}' '"code":"2.04"'
    tg read "$ep" /3442/7 >"$WORK/instance" 2>&1
    nothing "$1: so that nothing else is left" "$(holds "$WORK/instance" '110","value":"anew"' '1125/4","value":5,'
      grep -F '"value":-7,' "$WORK/instance")"
    commanded "$1: it is deleted" "$ep" '"op":"delete","path":"/3442/7"' '"code":"2.02"'
  done
  gives "$1: the whole object is read" '"path":"/3442/0/1120/1","value":6,' read "$ep" /3442
  gives "$1: it tells what it has" '</3442>,</3442/0>.*</3442/0/1120>;dim=2' discover "$ep" /3442
  gives "$1: and of a resource" '</3442/0/1120>;dim=2.*</3442/0/1120/1>' discover "$ep" /3442/0/1120
}

# Values that come by themselves.
reports() {
  local ep=$2 format value=30
  for format in text cbor senml-json senml-cbor tlv; do
    value=$((value + 1))
    gives "$1: a resource is observed in $format" '"code":"2.05"' observe "$ep" /3303/0/5700 --format "$format"
    tell "$ep" "set /3303/0/5700 $value.5"
    told "$1: and notified" "$ep/v/3303/0/5700" "\"v\":$value.5,"
    commanded "$1: until it is cancelled" "$ep" '"op":"cancel","path":"/3303/0/5700"' '"state":"done"'
  done
  for format in senml-json senml-cbor tlv; do
    value=$((value + 1))
    gives "$1: an instance is observed in $format" '"code":"2.05"' observe "$ep" /3442/0 --format "$format"
    tell "$ep" "set /3442/0/1130 {2=$value.25, 9=1}"
    told "$1: and notified with its arrays" "$ep/v/3442/0/1130/2" "\"v\":$value.25,"
    commanded "$1: until it is cancelled" "$ep" '"op":"cancel","path":"/3442/0"' '"state":"done"'
  done
  commanded "$1: attributes are written" "$ep" '"op":"attributes","path":"/3303/0/5700","attributes":{"pmin":1,"pmax":300,"gt":90,"lt":-10.5,"st":0.5}' '"code":"2.04"'
  seen "$1: Leshan has them" "$ep" '^attributes /3303/0/5700 pmin=1&pmax=300&gt=90&lt=-10.5&st=0.5$'
  for format in SENML_CBOR SENML_JSON; do
    value=$((value + 1))
    tell "$ep" "set /3303/0/5700 $value.5"
    tell "$ep" "send $format /3303/0/5700 /3/0/7/1"
    told "$1: a Send in $format arrives" "$ep/v/3303/0/5700" "\"v\":$value.5," '"src":"send"'
  done
  told "$1: with an element of an array" "$ep/v/3/0/7/1" '"v":5000,' '"src":"send"'
  seen "$1: and is acknowledged" "$ep" '^sent /3303/0/5700 /3/0/7/1 2\.04'
}

# Execute, blocks, the life of the registration.
the_rest() {
  local ep=$2
  gives "$1: it executes with arguments" '"code":"2.04"' execute "$ep" /3442/0/3 "0='x',1,2='10.3'"
  seen "$1: which it gets" "$ep" "^execute /3442/0/3 0='x',1,2='10.3'"
  gives "$1: and keeps" '"path":"/3442/0/4/2","value":"10.3"' read "$ep" /3442/0/4
  gives "$1: what cannot be executed is 4.05" '"code":"4.05"' execute "$ep" /3442/0/110
  gives "$1: what cannot be written is 4.05" '"code":"4.05"' write "$ep" /3/0/0 me
  gives "$1: an object that is not there is 4.04" '"code":"4.04"' read "$ep" /9
  nothing "$1: a long text goes and comes in blocks" "$(writes "$ep" /3442/0/110 "$LONG" "\"$LONG\"" && reads "$ep" /3442/0/110 "\"$LONG\"")"
  tell "$ep" 'add /3303/1'
  told "$1: a new instance is announced" "$ep/state" '"/3303/1"'
  tell "$ep" 'remove /3303/1'
  tell "$ep" 'update'
  seen "$1: an Update is accepted" "$ep" '^updated'
  tell "$ep" 'deregister'
  told "$1: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
  tell "$ep" 'register'
  told "$1: and its return" "$ep/state" '"online"' '"registered"'
  tell "$ep" 'quit'
  seen "$1: it goes" "$ep" '^bye'
  nothing "$1: and had no trouble" "$(grep -E '^error|failed' "$WORK/$ep.log")"
}

over() {
  local ep=les-$1
  spawn "$ep" "$PEERS/leshan-client" --endpoint "$ep" --server "coap://127.0.0.1:$(port_of "$1" "$ep")" --lifetime 120 \
    --temperature-every 0 --model "$DEFINITION"
  seen "$1: it is registered" "$ep" '^registered /rd/'
  told "$1: MQTT tells that it is there" "$ep/state" '"online"' '"version":"1.1"'
  singles "$1" "$ep"
  arrays "$1" "$ep"
  composites "$1" "$ep"
  instances "$1" "$ep"
  reports "$1" "$ep"
  levels "$1" "$ep"
  the_rest "$1" "$ep"
}

# Clients with blocks of 64 bytes, at a gateway that observes by itself and is started anew under them.
small() { # CARRIER
  local ep=les-small-$1
  told "$1, small blocks: it is registered" "$ep/state" '"online"' '"/3442/0"'
  told "$1, small blocks: it is observed by itself" "$ep/v/3303/0/5701" '"v":"Cel"'
  seen "$1, small blocks: with attributes" "$ep" '^attributes /3303/0/5701 pmin=2&pmax=600'
  gives "$1, small blocks: an instance is read" '"path":"/3442/0/180","value":"</3442>"' read "$ep" /3442/0 --format senml-json
  nothing "$1, small blocks: a long text is written and read" "$(writes "$ep" /3442/0/110 "$LONG" "\"$LONG\"" && reads "$ep" /3442/0/110 "\"$LONG\"")"
  gives "$1, small blocks: an instance is observed" '"code":"2.05"' observe "$ep" /3442/0 --format senml-cbor
  tell "$ep" 'set /3442/0/120 77'
  told "$1, small blocks: and notified" "$ep/v/3442/0/120" '"v":77,'
  told "$1, small blocks: to its last value" "$ep/v/3442/0/110" "\"v\":\"$LONG\""
}

start_small() { # CARRIER
  spawn "les-small-$1" "$PEERS/leshan-client" --endpoint "les-small-$1" --server "coap://127.0.0.1:$(port_of "$1" "les-small-$1")" --lifetime 300 \
    --temperature-every 0 --model "$DEFINITION" --block-size 64
}

again() { # CARRIER
  local ep=les-small-$1 first before
  gives "$1, gateway anew: the device is there" "\"ep\":\"$ep\",\"state\":\"online\"" devices
  tell "$ep" 'set /3442/0/120 78'
  told "$1, gateway anew: observations go on" "$ep/v/3442/0/120" '"v":78,'
  tell "$ep" 'set /3303/0/5701 K'
  told "$1, gateway anew: those by configuration, too" "$ep/v/3303/0/5701" '"v":"K"'
  gives "$1, gateway anew: it is read" '"path":"/3442/0/120","value":78,' read "$ep" /3442/0/120
  tell "$ep" update
  seen "$1, gateway anew: its Update is accepted" "$ep" '^updated'
  stop "$ep" KILL
  first="^tidegate/dev/$ep/v/3303/0/5701 .*\"v\":\"Cel\""
  before=$(count messages "$first")
  start_small "$1"
  seen "$1, device anew: it is registered" "$ep" '^registered'
  await "$DEADLINE" more_than "$before" messages "$first"
  outcome $? "$1, device anew: and observed" "another $first" "$(grep -a "/$ep/" "$WORK/messages.log" | tail -n 3)"
  tell "$ep" 'set /3303/0/5701 F'
  told "$1, device anew: and notifies" "$ep/v/3303/0/5701" '"v":"F"'
  tell "$ep" quit
  told "$1, device anew: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
}

# A device that sleeps: what it is asked waits until it is heard again; over NIDD at the SCEF, which alone knows that it sleeps.
sleeper() { # CARRIER
  local ep=les-sleeper-$1 before
  local asks=(publish -t "tidegate/dev/$ep/cmd" -m '{"id":"s1","op":"read","path":"/3/0/0","timeout":60}')
  spawn "$ep" "$PEERS/leshan-client" --endpoint "$ep" --server "coap://127.0.0.1:$(port_of "$1" "$ep")" --lifetime 120 --temperature-every 0 --queue
  told "$1, queue mode: it is registered" "$ep/state" '"online"'
  told "$1, queue mode: it is observed" "$ep/v/3303/0/5701" '"v":"Cel"'
  seen "$1, queue mode: it is told what it may" "$ep" '^write /1/0/23 false'
  before=$(count "$ep" '^read') # who made it, which profiles of odd devices go by
  [ "$1" = udp ] || { scef_keeps "$ep" && "${asks[@]}"; }
  told "$1, queue mode: it is asleep when it has listened for a while" "$ep/state" '"asleep"'
  if [ "$1" = udp ]; then
    "${asks[@]}"
    told "$1, queue mode: a command waits" "$ep/result" '"s1"' '"state":"waiting"'
  else
    told "$1, queue mode: a command waits at the SCEF" "$ep/result" '"s1"' '"state":"sent"'
  fi
  outcome $(($(count "$ep" '^read') - before)) "$1, queue mode: and does not disturb it" "no read more" "$(grep '^read' "$WORK/$ep.log")"
  tell "$ep" update
  told "$1, queue mode: it goes out when the device is heard" "$ep/result" '"s1"' '"state":"done"' 'Eclipse Leshan'
  tell "$ep" quit
  told "$1, queue mode: its good-bye is on MQTT" "$ep/state" '"offline"' '"deregistered"'
}

mkdir "$WORK/objects" && cp "$DEFINITION" "$WORK/objects/"
start_interop les-nidd les-small-nidd les-sleeper-nidd -- "objects = { \"$WORK/objects\" }," \
  'server = { awake = 3, observe = { { path = "/3303/0/5701", pmin = 2, pmax = 600 } } },'
over udp
over nidd
start_small udp
start_small nidd
sleeper udp
sleeper nidd
small udp
small nidd
stop gateway
outcome "$STATUS" "the gateway ends" "exit code 0" "exit code $STATUS"
start_gateway
again udp
again nidd
end_interop
