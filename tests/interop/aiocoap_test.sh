#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# aiocoap as a bare CoAP client and server that registers as a minimal LwM2M 1.1 device (aiocoap/device.py), over UDP and over NIDD: FETCH, iPATCH,
# observations, Block1 and Block2, Echo, Request-Tag, No-Response; and payloads as they stand on the wire.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer aiocoap venv/bin/python
require gzip
PYTHON=$(peer_file aiocoap venv/bin/python)
export PYTHONDONTWRITEBYTECODE=1
LONG=$(printf 'long %.0s' {1..600})

device() { # CARRIER EP [OPTION...]
  local ep=$2 carrier=$1
  shift 2
  spawn "$ep" "$PYTHON" tests/interop/aiocoap/device.py --ep "$ep" --server "127.0.0.1:$(port_of "$carrier" "$ep")" --port "$(free_port)" "$@"
}

# again TITLE NAME ERE COMMAND...: the command brings one more such line to the child's output.
again() {
  local title=$1 name=$2 line=$3 before
  before=$(count "$name" "$line")
  "${@:4}"
  await "$DEADLINE" more_than "$before" "$name" "$line"
  outcome $? "$title" "one more $line of $name" "$(tail -n 5 "$WORK/$name.log")"
}

# silent TITLE NAME ERE SECONDS COMMAND...
silent() {
  local before
  before=$(count "$2" "$3")
  "${@:5}"
  sleep "$4"
  is "$(count "$2" "$3")" "$before" "$1"
}

# sent TITLE EP ERE PYTHON: the payload of the last such line, read by the peer's own cbor2, makes the expression true.
sent() {
  local payload
  payload=$(grep -E -- "$3" "$WORK/$2.log" | tail -n 1 | sed -n 's/.*payload=//p')
  "$PYTHON" -c "import cbor2, sys; raw = bytes.fromhex(sys.argv[1]); ok = $4; sys.exit(0 if ok else 1)" "$payload"
  outcome $? "$1" "$4" "$payload"
}

# The device's whole SenML: names with their base names in front.
NAMES='[(b := e.get(-2, globals().get("b", ""))) + e.get(0, "") for e in cbor2.loads(raw)]'

reads() { # CARRIER EP
  commanded "$1: several paths are one FETCH" "$2" '"op":"read_composite","paths":["/3/0/0","/3/0/9","/3303"]' '"code":"2.05"' \
    '"/3/0/0":"aiocoap"' '"/3/0/9":92' '"/3303/0/5700":21.5'
  seen "$1: in SenML CBOR, wanted back so" "$2" '^fetch / accept=112 format=112 payload='
  sent "$1: which names them, and has no values [ETS 229]" "$2" '^fetch /' "$NAMES == ['/3/0/0', '/3/0/9', '/3303'] and not any(2 in e or 3 in e for e in cbor2.loads(raw))"
  commanded "$1: what is not there is left out [ETS 236]" "$2" '"op":"read_composite","paths":["/3/0/0","/3/0/20"]' '"code":"2.05"' '"values":{"/3/0/0":"aiocoap"}'
  gives "$1: SenML JSON is asked for by name [ETS 231]" '"path":"/3/0/9","value":92,' read "$2" /3/0 --format senml-json
  seen "$1: with Accept 110 [ETS 231]" "$2" '^get /3/0 accept=110'
  gives "$1: SenML CBOR too [ETS 232]" '"path":"/3/0/9","value":92,' read "$2" /3/0 --format senml-cbor
  seen "$1: with Accept 112 [ETS 232]" "$2" '^get /3/0 accept=112'
  gives "$1: plain text [ETS 201]" '"path":"/3/0/0","value":"aiocoap",' read "$2" /3/0/0 --format text
  seen "$1: with Accept 0 [ETS 201]" "$2" '^get /3/0/0 accept=0'
  gives "$1: CBOR [ETS 211]" '"path":"/3/0/9","value":92,' read "$2" /3/0/9 --format cbor
  seen "$1: with Accept 60 [ETS 211]" "$2" '^get /3/0/9 accept=60'
  gives "$1: TLV [ETS 203]" '"path":"/3/0/11/0","value":0,' read "$2" /3/0 --format tlv
  seen "$1: with Accept 11542 [ETS 203]" "$2" '^get /3/0 accept=11542'
  gives "$1: a format that it does not have is 4.06" '"code":"4.06"' read "$2" /3/0 --format json
}

writes() { # CARRIER EP
  commanded "$1: values of two objects are one iPATCH" "$2" '"op":"write_composite","values":{"/1/0/2":101,"/1/0/6":true,"/3/0/13":0}' '"code":"2.04"'
  seen "$1: in SenML CBOR" "$2" '^ipatch / format=112 payload='
  sent "$1: with these names and values [ETS 230 257]" "$2" '^ipatch /' \
    "dict(zip($NAMES, [e.get(2, e.get(4)) for e in cbor2.loads(raw)])) == {'/1/0/2': 101, '/1/0/6': True, '/3/0/13': 0}"
  seen "$1: and they are written [ETS 230 257]" "$2" '^written /3/0/13 0'
  commanded "$1: what is not there changes nothing" "$2" '"op":"write_composite","values":{"/1/0/2":5,"/3/0/99":1}' '"state":"failed"'
  gives "$1: the other value stays" '"path":"/1/0/2","value":101,' read "$2" /1/0/2
  gives "$1: a resource in CBOR [ETS 212]" '"code":"2.04"' write "$2" /1/0/2 300 --format cbor
  seen "$1: as RFC 8949 has it [ETS 212]" "$2" '^put /1/0/2 format=60 payload=19012c$'
  gives "$1: a resource in text [ETS 205]" '"code":"2.04"' write "$2" /1/0/3 1010 --format text
  seen "$1: as digits [ETS 205]" "$2" '^put /1/0/3 format=0 payload=31303130$'
  gives "$1: a resource in SenML JSON [ETS 234]" '"code":"2.04"' write "$2" /1/0/3 11 --format senml-json
  gives "$1: a resource in SenML CBOR [ETS 233]" '"code":"2.04"' write "$2" /1/0/3 12 --format senml-cbor
  seen "$1: are written [ETS 233 234]" "$2" '^written /1/0/3 12'
  gives "$1: a resource in TLV" '"code":"2.04"' write "$2" /1/0/3 1010 --format tlv
  seen "$1: is a resource's TLV" "$2" '^put /1/0/3 format=11542 payload=c20303f2$'
  gives "$1: a resource is executed" '"code":"2.04"' execute "$2" /3/0/4 "0='now'"
  seen "$1: with its arguments" "$2" "^executed /3/0/4 0='now'"
  tg read "$2" /1/0 --format tlv >"$WORK/answer" # what worked is what is written in
  commanded "$1: an instance is written in TLV [ETS 215]" "$2" \
    '"op":"update","path":"/1/0","values":{"/1/0/2":101,"/1/0/3":1010,"/1/0/5":2000,"/1/0/6":true,"/1/0/7":"U"}' '"code":"2.04"'
  seen "$1: in the bytes that OMA has [ETS 215]" "$2" '^post /1/0 format=11542 payload=c10265c20303f2c20507d0c10601c10755$'
  commanded "$1: time, offset and zone are, too [ETS 651]" "$2" \
    '"op":"update","path":"/3/0","values":{"/3/0/13":1367491215,"/3/0/14":"+02:00","/3/0/15":"Europe/Paris"}' '"code":"2.04"'
  seen "$1: in the bytes that OMA has [ETS 651]" "$2" \
    '^post /3/0 format=11542 payload=c40d5182428fc60e2b30323a3030c80f0c4575726f70652f5061726973$'
  commanded "$1: an instance is made [ETS 1350]" "$2" '"op":"create","path":"/13","values":{"/13/0/0/0":14,"/13/0/0/1":4}' \
    '"code":"2.01"' '"text":"/13/0"'
  seen "$1: as two bearers in the order of preference [ETS 1350]" "$2" '^created /13/0$'
  gives "$1: and read [ETS 1350]" '"path":"/13/0/0/1","value":4,' read "$2" /13/0
}

observes() { # CARRIER EP
  gives "$1: a resource is observed" '"code":"2.05"' observe "$2" /3303/0/5700
  tell "$2" 'set /3303/0/5700 31.5'
  told "$1: and notified" "$2/v/3303/0/5700" '"v":31.5,'
  commanded "$1: a GET with Observe 1 ends it [ETS 303]" "$2" '"op":"cancel","path":"/3303/0/5700"' '"state":"done"' '"code":"2.05"'
  seen "$1: as aiocoap sees it [ETS 303]" "$2" '^get /3303/0/5700 observe=1'
  silent "$1: then it is silent [ETS 303]" messages "^tidegate/dev/$2/v/3303/0/5700" 1 tell "$2" 'set /3303/0/5700 32.5'
  commanded "$1: several paths are observed as one FETCH [ETS 304]" "$2" '"op":"observe_composite","paths":["/3303/0/5700","/3/0/9"]' '"state":"done"'
  seen "$1: with Observe 0 [ETS 304]" "$2" '^fetch / observe=0 accept=112 format=112'
  tell "$2" 'set /3/0/9 55'
  told "$1: and notified with all of them [ETS 304]" "$2/v/3/0/9" '"v":55,'
  told "$1: the other one, too [ETS 304]" "$2/v/3303/0/5700" '"v":32.5,'
  commanded "$1: it is cancelled [ETS 305]" "$2" '"op":"cancel"' '"state":"done"'
  seen "$1: by a FETCH with Observe 1 and the same names [ETS 305]" "$2" '^fetch / observe=1 accept=112 format=112'
  sent "$1: which are in it [ETS 305]" "$2" '^fetch / observe=1' "$NAMES == ['/3303/0/5700', '/3/0/9']"
  silent "$1: then it is silent [ETS 305]" "$2" '^fetch / observe=0' 1 tell "$2" 'set /3/0/9 57'
}

blocks() { # CARRIER EP
  gives "$1: 3,000 bytes come in blocks" "\"path\":\"/3/0/17\",\"value\":\"$LONG\"," read "$2" /3/0/17 --format text
  gives "$1: and go in blocks" '"code":"2.04"' write "$2" /3/0/17 "$LONG." --format text --type string
  seen "$1: with a Request-Tag" "$2" '^put /3/0/17 format=0 tag=[0-9a-f]+ bytes=3001$'
  gives "$1: what went comes back" "\"value\":\"$LONG\.\"," read "$2" /3/0/17 --format text
  again "$1: an Update in blocks, with a Request-Tag, is taken" "$2" '^announced 2\.04' tell "$2" 'announce 300'
  told "$1: with all its links" "$2/state" '"/3303/300"'
}

asks() { # CARRIER EP
  again "$1: an Update is answered" "$2" '^update 2\.04' tell "$2" update
  again "$1: a Send is answered [ETS 306]" "$2" '^sent 2\.04' tell "$2" 'send /3303/0/5700 /3/0/9'
  told "$1: its values are told [ETS 306]" "$2/v/3/0/9" '"src":"send"'
  tell "$2" 'set /3303/0/5700 33.25'
  again "$1: so is one in LwM2M CBOR" "$2" '^sent-map 2\.04' tell "$2" 'send-map /3303/0/5700 /3303/0/5701 /3/0/9'
  told "$1: its values are told, too" "$2/v/3303/0/5700" '"v":33.25,' '"src":"send"'
  told "$1: all of them" "$2/v/3303/0/5701" '"v":"Cel",' '"src":"send"'
  tell "$2" 'set /3/0/9 61'
  again "$1: No-Response 2: a good Send is not answered" "$2" '^sent-quietly silent' tell "$2" 'send-quietly 2 /3/0/9'
  told "$1: and taken all the same" "$2/v/3/0/9" '"v":61,' '"src":"send"'
  again "$1: No-Response 2: a good Update is not answered" "$2" '^update-quietly silent' tell "$2" 'update-quietly 2'
  again "$1: No-Response 24: of errors only, it is" "$2" '^update-quietly 2\.04' tell "$2" 'update-quietly 24'
  again "$1: No-Response 8: of bad requests only, it is" "$2" '^sent-quietly 2\.04' tell "$2" 'send-quietly 8 /3/0/9'
}

# A device whose Register takes several blocks.
large() { # CARRIER EP
  device "$1" "$2" --many 300
  seen "$1, blocks: a Register in blocks, with a Request-Tag, is taken" "$2" '^registered /rd/'
  told "$1, blocks: with all its links" "$2/state" '"online"' '"/3303/1"' '"/3303/300"'
  tell "$2" quit
  told "$1, blocks: it goes" "$2/state" '"offline"' '"deregistered"'
}

# A device that answers nobody without an Echo that it gave.
suspicious() { # CARRIER EP
  device "$1" "$2" --echo
  told "$1, Echo: it is registered" "$2/state" '"online"'
  gives "$1, Echo: a Read is answered all the same" '"path":"/3/0/9","value":92,' read "$2" /3/0/9
  seen "$1, Echo: at its second try" "$2" '^challenged get /3/0/9'
  seen "$1, Echo: which has it" "$2" '^get /3/0/9'
  commanded "$1, Echo: so is a FETCH" "$2" '"op":"read_composite","paths":["/3/0/0","/3/0/9"]' '"code":"2.05"' '"/3/0/0":"aiocoap"'
  commanded "$1, Echo: an iPATCH is carried out once" "$2" '"op":"write_composite","values":{"/1/0/2":7,"/3/0/14":"+02"}' '"code":"2.04"'
  is "$(count "$2" '^written /1/0/2 7')" 1 "$1, Echo: and not twice"
  gives "$1, Echo: an Execute, too" '"code":"2.04"' execute "$2" /3/0/4
  is "$(count "$2" '^executed /3/0/4')" 1 "$1, Echo: once"
  tell "$2" quit
  told "$1, Echo: it goes" "$2/state" '"offline"' '"deregistered"'
}

over() { # CARRIER
  local ep=aio-$1
  device "$1" "$ep" --long
  seen "$1: it is registered" "$ep" '^registered /rd/'
  seen "$1: and was asked for no Echo: what it was sent is smaller than what anybody may be sent" "$ep" '^register 2\.01 echoes=0'
  told "$1: with its objects" "$ep/state" '"online"' '"version":"1.1"' '"/3/0"' '"/3303/0"'
  reads "$1" "$ep"
  writes "$1" "$ep"
  observes "$1" "$ep"
  blocks "$1" "$ep"
  asks "$1" "$ep"
  suspicious "$1" "aio-echo-$1"
  large "$1" "aio-large-$1"
}

# What nobody has proved to be: an image's block is more than such an address may be sent, so it is asked for an Echo before the first one.
fetches() { # EP
  local ep=$1 digest
  make_image "$WORK/image" 2.0 5000
  digest=$(sha256sum <"$WORK/image" | cut -d' ' -f1)
  firmware add "$WORK/image" --name image --version 2.0 >"$WORK/answer" 2>&1
  outcome $? "images, Echo: one is added" "exit code 0" "$(cat "$WORK/answer")"
  device udp "$ep" --firmware
  told "images, Echo: a device with object 5 registers" "$ep/state" '"online"' '"/5/0"'
  firmware update "$ep" image --method pull-coap --hold >"$WORK/answer" 2>&1
  seen "images, Echo: it is given a URI" "$ep" "^written /5/0/1 \"coap://127\.0\.0\.1:$UDP/fw/[^/]+\"\$"
  tell "$ep" 'set /5/0/3 1'
  again "images, Echo: who is known fetches it without more ado" "$ep" "^fetched 2\.05 echoes=0 bytes=5000 sha256=$digest" tell "$ep" 'fetch here'
  again "images, Echo: from another port an Echo is asked for, once, and then it comes" "$ep" "^fetched 2\.05 echoes=1 bytes=5000 sha256=$digest" \
    tell "$ep" 'fetch elsewhere'
  tell "$ep" 'set /5/0/3 2'
  told "images, Echo: the device has it" "$ep/firmware" '"state":"ready"'
  firmware cancel "$ep" >"$WORK/answer" 2>&1
  told "images, Echo: and lets it go" "$ep/firmware" '"state":"cancelled"'
  seen "images, Echo: by an empty URI" "$ep" '^written /5/0/1 ""$'
  tell "$ep" quit
  told "images, Echo: it goes" "$ep/state" '"offline"' '"deregistered"'
}

UDP=$(free_port)
start_interop aio-nidd aio-echo-nidd aio-large-nidd -- 'server = { observe = {} },' 'limits = { amplification = 3 },' \
  "firmware = { coap = \"coap://127.0.0.1:$UDP\" },"
over udp
over nidd
again "udp: an Update from another port of the same host is taken [ETS 1350]" aio-udp '^moved 2\.04' tell aio-udp move
told "udp: and the device is where it came from [ETS 1350]" aio-udp/event '"moved"'
fetches aio-fw
tell aio-nidd quit
told "nidd: it goes" aio-nidd/state '"offline"' '"deregistered"'
end_interop
