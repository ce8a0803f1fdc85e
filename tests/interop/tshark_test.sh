#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the gateway and our simulator put on the wire, read by tshark: every message is CoAP without a fault, and payloads say in each format
# what was meant. Capturing on loopback wants root or the right to run dumpcap.
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
require tshark coap-client-notls
export LC_ALL=C.UTF-8

# A value of each type: resource of object 33000, what is written, and what tshark makes of it as text, as CBOR, as a member of JSON, as TLV.
VALUES='
0;Zürich;Zürich;Text String: Zürich;vs:Zürich;As String: Zürich
1;-70000;-70000;Negative Integer: -70000;v:-70000;As Integer: -70000
2;200;200;Unsigned Integer: 200;v:200;As Unsigned Integer: 200
3;22.5;22.5;Float 32 Bit: 22.5;v:22.5;As Float: 22.5
9;0.1;0.1;Float 64 Bit: 0.1;v:0.1;As Double: 0.1
4;true;1;Simple data: True (21);vb:true;As Boolean: True
5;00ff10;AP8Q;Byte String: 00ff10;vd:AP8Q;Value: 00ff10
6;1700000000;1700000000;Unsigned Integer: 1700000000;v:1700000000;As Timestamp: Nov 14, 2023 22:13:20
7;3303:0;3303:0;Text String: 3303:0;vlo:3303:0;Value: 0ce70000
8;</3/0>;</3/0>;Text String: </3/0>;vs:</3/0>;As String: </3/0>
'

capture() {
  spawn tshark tshark -n -i lo -f "udp port $UDP" -w "$WORK/dump.pcapng"
  await "$DEADLINE" eval 'says tshark "Capturing on|Capture started" || is_gone tshark'
  is_gone tshark && skip_all "no right to capture on loopback ($(tail -n 1 "$WORK/tshark.log"))"
  # It says so a little early: wait for a datagram to be seen.
  await "$DEADLINE" eval 'coap-client-notls -B 1 "coap://127.0.0.1:$UDP/probe" >/dev/null 2>&1; captured coap.opt.uri_path==probe'
}

# dissect FILTER [OPTION...]
dissect() { tshark -n -r "$WORK/dump.pcapng" -d "udp.port==$UDP,coap" -Y "$@" 2>/dev/null; }

# captured FILTER: there is such a message by now; the file may end in the middle of one.
captured() { [ -n "$(dissect "$1")" ]; }

# found TITLE FILTER / none TITLE FILTER
found() {
  captured "$2"
  outcome $? "$1" "$2" "no such message"
}

none() {
  local got
  got=$(dissect "$2")
  [ -z "$got" ]
  outcome $? "$1" "none of $2" "$got"
}

# means TITLE KEY... -- LINE...: the first message that has all keys in its dissection has all lines, too.
means() {
  local title=$1 line status=0 files
  shift
  files=("$WORK"/message.*)
  while [ "$1" != -- ]; do
    mapfile -t files < <(grep -lF -- "$1" "${files[@]}" /dev/null)
    shift
  done
  shift
  [ ${#files[@]} -gt 0 ] || files=(/dev/null)
  for line; do grep -qF -- "$line" "${files[0]}" || status=1; done
  outcome $status "$title" "$*" "$(sed -n '/^Constrained/,$p' "${files[0]}" | tail -n 12)"
}

# The talk that is captured.
talk() {
  local format resource value rest
  for format in text cbor senml-json senml-cbor tlv; do
    tg read sim /3303/0/5700 --format "$format"
    tg write sim /3/0/14 +03 --format "$format"
    while IFS=';' read -r resource value rest; do # the simulator has no such object and says so
      [ -z "$resource" ] || tg write sim "/33000/0/$resource" --format "$format" -- "$value"
    done <<<"$VALUES"
  done
  tg write sim /33000/0/5 00ff10 --format opaque
  for format in senml-json senml-cbor tlv; do
    tg read sim /3/0 --format "$format"
    ask sim '"op":"write","path":"/33000/0/300","values":{"/33000/0/300/0":1,"/33000/0/300/300":-300}'
    ask sim '"op":"update","path":"/33000/1","values":{"/33000/1/0":"x","/33000/1/4":false,"/33000/1/300/2":5}'
  done
  tg execute sim /3/0/4 "0='now'"
  tg discover sim /3
  value=30.5
  for format in text cbor senml-json tlv senml-cbor; do
    value=$((${value%.5} + 1)).5
    tg observe sim /3303/0/5700 --format "$format"
    tell sim "set /3303/0/5700 $value"
    await "$DEADLINE" says messages "^tidegate/dev/sim/v/3303/0/5700 .*\"v\":${value%.5}\\.5"
    ask sim '"op":"cancel","path":"/3303/0/5700"'
  done
  ask sim '"op":"attributes","path":"/3303/0/5700","attributes":{"pmin":1,"pmax":60,"gt":25.5}'
  tell sim "send /3303/0"
  await "$DEADLINE" says sim '^sent'
  seq -f '</3303/%g>' -s , 0 99 >"$WORK/links"
  coap-client-notls -m post -t 40 -b 64 -f "$WORK/links" "coap://127.0.0.1:$UDP/rd?ep=long&lwm2m=1.1"
  tell sim quit
  await "$DEADLINE" is_gone sim
}

payloads() {
  local resource value text cbor json tlv put
  while IFS=';' read -r resource value text cbor json tlv; do
    [ -n "$resource" ] || continue
    put="[Uri-Path: /33000/0/$resource]"
    means "text/plain: $value" "$put" 'Content-type: text/plain' -- 'Code: PUT' 'Line-based text data' "    $text"
    means "CBOR: $value" "$put" 'Content-type: application/cbor' -- 'Code: PUT' 'Concise Binary Object Representation' "$cbor"
    means "SenML JSON: $value" "$put" 'Content-type: application/senml+json' -- 'Code: PUT' "[Member with value: bn:/33000/0/$resource]" \
      "[Member with value: $json]"
    means "SenML CBOR: $value" "$put" 'Content-type: application/senml+cbor' -- 'Code: PUT' 'Array: (1 item)' 'Map: (2 pairs)' \
      'Negative Integer: -2' "Text String: /33000/0/$resource" "$cbor"
    means "TLV: $value" "$put" 'Content-type: application/vnd.oma.lwm2m+tlv' -- 'Code: PUT' 'Lightweight M2M TLV (1 element)' \
      'Resource with value (3)' "Identifier: $resource" "$tlv"
  done <<<"$VALUES"
  means "opaque: bytes as they are" '[Uri-Path: /33000/0/5]' 'Content-type: application/octet-stream' -- 'Code: PUT' 'Data: 00ff10'
  means "CBOR: a time has its tag" '[Uri-Path: /33000/0/6]' 'Content-type: application/cbor' -- 'Tag: Epoch-based date/time (1)'
  put='[Uri-Path: /33000/0/300]'
  means "SenML JSON: an array" "$put" 'senml+json' -- 'bn:/33000/0/300/]' 'n:0]' 'v:1]' 'n:300]' 'v:-300]'
  means "SenML CBOR: an array" "$put" 'senml+cbor' -- 'Array: (2 items)' 'Text String: /33000/0/300/' 'Text String: 0' 'Text String: 300' \
    'Negative Integer: -300'
  means "TLV: an array" "$put" 'lwm2m+tlv' -- '[300] (2 elements)' 'Multiple Resources (2)' 'Resource Instance (1)' 'As Integer: 1' 'As Integer: -300'
  put='[Uri-Path: /33000/1]'
  means "SenML JSON: part of an instance" "$put" 'senml+json' -- 'Code: POST' 'bn:/33000/1/]' 'n:0]' 'vs:x]' 'n:4]' 'vb:false]' 'n:300/2]' 'v:5]'
  means "SenML CBOR: part of an instance" "$put" 'senml+cbor' -- 'Code: POST' 'Array: (3 items)' 'Text String: /33000/1/' 'Text String: x' \
    'Simple data: False (20)' 'Text String: 300/2' 'Unsigned Integer: 5'
  means "TLV: part of an instance" "$put" 'lwm2m+tlv' -- 'Code: POST' '[00]: x' '[04]: 00' '[300] (1 element)' 'As Integer: 5'
}

requests() {
  local path='[Uri-Path: /3303/0/5700]'
  means "Register is answered with a place" 'Code: 2.01 Created' -- 'Location-Path: rd' 'Acknowledgement (2)'
  means "a Read says which format it wants" 'Code: GET' "$path" 'senml+cbor' -- 'Accept: application/senml+cbor' 'Confirmable (0)' 'Token Length: 8'
  means "text/plain: what is read" 'Code: 2.05' "$path" 'Content-type: text/plain' -- '    20'
  means "CBOR: what is read" 'Code: 2.05' "$path" 'Content-type: application/cbor' -- 'Float 32 Bit: 20'
  means "SenML JSON: what is read" 'Code: 2.05' "$path" 'senml+json' -- 'bn:/3303/0/5700]' 'v:20'
  means "SenML CBOR: what is read" 'Code: 2.05' "$path" 'senml+cbor' -- 'Text String: /3303/0/5700' 'Float 32 Bit: 20'
  means "TLV: what is read" 'Code: 2.05' "$path" 'lwm2m+tlv' -- 'Identifier: 5700' 'Float: 20'
  means "TLV: an instance that is read" 'Code: 2.05' '[Uri-Path: /3/0]' 'lwm2m+tlv' -- 'Resource with value (3)' 'Multiple Resources (2)' 'Resource Instance (1)'
  none "there is no Read that does not" 'coap.code==1 && udp.srcport=='"$UDP"' && !coap.opt.accept'
  none "no Write is without its format" 'coap.code==3 && udp.srcport=='"$UDP"' && coap.payload && !coap.opt.ctype'
  means "Execute has its arguments as text" 'Code: POST' '[Uri-Path: /3/0/4]' -- "0='now'" 'Content-type: text/plain'
  means "Discover asks for links" 'Code: GET' '[Uri-Path: /3]' -- 'Accept: application/link-format'
  means "and gets them" 'Code: 2.05' '[Uri-Path: /3]' -- 'Content-type: application/link-format'
  means "Write-Attributes is a query without a payload" 'Code: PUT' 'Uri-Query: pmin=1' -- 'Uri-Query: pmax=60' 'Uri-Query: gt=25.5'
  none "really without" 'coap.code==3 && coap.opt.uri_query && (coap.payload || coap.opt.ctype)'
  means "Observe is a Read with an option" 'Code: GET' 'Observe: 0' -- "$path" 'Accept: '
  means "it ends with the same, and 1" 'Code: GET' 'Observe: 1' -- "$path"
  means "text/plain: a notification" 'Code: 2.05' 'Confirmable (0)' 'Content-type: text/plain' -- 'Observe: ' "$path" '    31.5'
  means "CBOR: a notification" 'Code: 2.05' 'Confirmable (0)' 'Content-type: application/cbor' -- 'Observe: ' "$path" 'Float 32 Bit: 32.5'
  means "SenML JSON: a notification" 'Code: 2.05' 'Confirmable (0)' 'senml+json' -- 'Observe: ' "$path" 'bn:/3303/0/5700]' 'v:33.5]'
  means "TLV: a notification" 'Code: 2.05' 'Confirmable (0)' 'lwm2m+tlv' -- 'Observe: ' "$path" 'As Float: 34.5'
  means "SenML CBOR: a notification" 'Code: 2.05' 'Confirmable (0)' 'senml+cbor' -- 'Observe: ' "$path" 'Text String: /3303/0/5700' 'Float 32 Bit: 35.5'
  found "it is acknowledged with an empty message" 'coap.type==2 && coap.code==0 && udp.srcport=='"$UDP"
  means "Send goes to its place" 'Code: POST' 'Uri-Path: dp' -- 'Content-type: application/senml+cbor' 'Text String: /3303/0/5700' 'Float 32 Bit: 35.5'
  found "and is 2.04" 'coap.code==68 && udp.srcport=='"$UDP"
  means "blocks are asked for until the last" 'Code: 2.31 Continue' -- 'Block1: NUM:0, M:1, SZX:64'
  means "De-register is 2.02" 'Code: 2.02 Deleted' -- 'Acknowledgement (2)'
}

start_interop -- "server = { observe = {} }," "objects = { \"$TG_ROOT/tests/interop/objects\" },"
capture
start_device sim "$UDP" --con
need "$DEADLINE" says sim '^registered'
talk >"$WORK/talk" 2>&1
# The last message is the answer to the good-bye.
await "$DEADLINE" captured coap.code==66
stop tshark
dissect coap -V | awk -v dir="$WORK" '/^Frame [0-9]+:/ { n++ } { print > sprintf("%s/message.%04d", dir, n) }'
count=$(find "$WORK" -name 'message.*' | wc -l)
outcome $((count < 150)) "the talk is captured" "150 messages" "$count"
none "every message is CoAP" '!coap'
# It does not know libcoap's Request-Tag (RFC 9175).
none "none is malformed" "_ws.malformed && !(udp.dstport==$UDP && coap.opt.block_number)"
none "tshark has nothing to say against any" "_ws.expert && !(udp.dstport==$UDP && coap.opt.block_number)"
payloads
requests
end_interop
