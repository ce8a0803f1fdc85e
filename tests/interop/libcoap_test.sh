#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libcoap's client at the gateway's own resources, over UDP and over NIDD: Register, Update, De-register, Send, /.well-known/core; what is wrong
# with a request and the code that says so; blocks, ping, addresses.
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
require coap-client-notls

LINKS='</>;rt="oma.lwm2m";ct="60 110 112",</1/0>,</3/0>,</3303/0>'
FROM=127.0.0.1 # local address of requests
TO=127.0.0.1   # and where they go
PORT=          # the port there
NAME=udp       # of the carrier, in titles
LOCATION=      # what the last Register that was answered got

# request METHOD PATH [OPTION...]: what libcoap sent and got is in $WORK/coap, the code of the last answer in CODE, its Location-Path in LOCATION.
request() {
  local method=$1 path=$2 location
  shift 2
  coap-client-notls -a "$FROM" -B 10 -v 6 -m "$method" "$@" "coap://$TO:$PORT/$path" >"$WORK/coap" 2>&1 </dev/null
  location=$(sed -nE 's/.*Location-Path:rd, Location-Path:([a-z0-9]+).*/rd\/\1/p' "$WORK/coap" | tail -n 1)
  LOCATION=${location:-$LOCATION}
  CODE=$(grep -aoE ' t:(ACK|CON|NON|RST) c:[2-5]\.[0-9]+' "$WORK/coap" | tail -n 1 | sed 's/.*c://')
}

# answers CODE TITLE METHOD PATH [OPTION...]
answers() {
  local code=$1 title=$2
  shift 2
  request "$@"
  [ "$CODE" = "$code" ]
  outcome $? "$NAME: $title: $code" "$code" "${CODE:-nothing}: $(tail -n 3 "$WORK/coap")"
}

# had TITLE ERE: the last answer had that in it.
had() {
  grep -qaE -- "$2" "$WORK/coap"
  outcome $? "$NAME: $1" "$2" "$(tail -n 3 "$WORK/coap")"
}

# links COUNT: so many instances of one object.
links() { seq -f '</3303/%g>' -s , 0 $(($1 - 1)); }

life() {
  local ep=coap-$NAME
  answers 2.05 "the resources that there are" get .well-known/core
  had "in link-format" 'Content-Format:application/link-format.*</rd>;rt="core.rd"'
  answers 2.01 "Register" post "rd?ep=$ep&lt=60&lwm2m=1.1&b=U" -t 40 -e "$LINKS"
  told "$NAME: MQTT tells it" "$ep/state" '"registered"' '"online"' '"lifetime":60,' '"version":"1.1"' '"/3303/0"'
  gives "$NAME: it is among the devices" "\"ep\":\"$ep\",\"state\":\"online\"" devices
  answers 2.04 "Update" post "$LOCATION"
  answers 2.04 "Update of the lifetime" post "$LOCATION?lt=90"
  told "$NAME: MQTT tells it" "$ep/state" '"updated"' '"lifetime":90,'
  answers 2.04 "Update of the objects" post "$LOCATION" -t 40 -e '</1/0>,</3/0>,</3311/5>'
  told "$NAME: MQTT tells it" "$ep/state" '"updated"' '"/3/0","/3311/5"\]'
  answers 4.15 "Update in TLV" post "$LOCATION" -t 11542 -e 'C1'
  answers 4.00 "Update with what is no list" post "$LOCATION" -t 40 -e '</3/0'
  answers 4.00 "Update with a wrong lifetime" post "$LOCATION?lt=soon"
  answers 4.05 "GET of a registration" get "$LOCATION"
  answers 4.05 "PUT to a registration" put "$LOCATION" -t 40 -e "$LINKS"
  answers 2.02 "De-register" delete "$LOCATION"
  told "$NAME: MQTT tells it" "$ep/state" '"offline"' '"deregistered"'
  answers 4.04 "De-register again" delete "$LOCATION"
  answers 4.04 "Update when it is over" post "$LOCATION"
}

# What is wrong with a Register; none of these leaves a device behind.
bad_registers() {
  local code query payload before after
  before=$(tg devices | grep -c '"ep"')
  while read -r code query payload; do
    answers "$code" "Register with $query ${payload:0:24}" post "rd?$query" -t 40 -e "${payload:-$LINKS}"
  done <<'END'
4.00 lt=60&b=U&ep=bad
4.00 ep=&lwm2m=1.1
4.00 ep=bad&ep=bad&lwm2m=1.1
4.00 ep=bad&lwm2m=1.1&lwm2m=1.1
4.12 ep=bad&lwm2m=2.0
4.12 ep=bad&lwm2m=0.9
4.12 ep=bad&lwm2m=1.7
4.00 ep=bad&lwm2m=new
4.00 ep=bad&lwm2m=1.1&lt=soon
4.00 ep=bad&lwm2m=1.1&lt=-1
4.00 ep=bad&lwm2m=1.1&lt=4294967296
4.00 ep=bad&lwm2m=1.1&b=Z
4.00 ep=bad&lwm2m=1.1&b=
4.00 ep=bad&lwm2m=1.0&b=T
4.00 ep=bad&lwm2m=1.0&Q
4.00 ep=bad&lwm2m=1.1 no-links
4.00 ep=bad&lwm2m=1.1 </>;rt="oma.lwm2m"
4.00 ep=bad&lwm2m=1.1 </3/0
4.00 ep=bad&lwm2m=1.1 </3/0>;x="open
4.00 ep=bad&lwm2m=1.1 </3/70000>
4.00 ep=bad%FF&lwm2m=1.1
END
  answers 4.00 "Register without a list" post 'rd?ep=bad&lwm2m=1.1'
  answers 4.15 "Register in plain text" post 'rd?ep=bad&lwm2m=1.1' -t 0 -e "$LINKS"
  answers 4.15 "Register in JSON" post 'rd?ep=bad&lwm2m=1.1' -t 50 -e "$LINKS"
  answers 4.00 "Register that is not confirmable" post 'rd?ep=bad&lwm2m=1.1' -N -t 40 -e "$LINKS"
  answers 4.02 "Register with an option that is critical and unknown" post 'rd?ep=bad&lwm2m=1.1' -O 65001,x -t 40 -e "$LINKS"
  answers 4.02 "Register on a condition" post 'rd?ep=bad&lwm2m=1.1' -O 5, -t 40 -e "$LINKS"
  after=$(tg devices | grep -c '"ep"')
  outcome $((after != before)) "$NAME: none of these has registered" "$before devices" "$after devices: $(tg devices)"
}

# Places that are not there, methods that they do not have.
bad_places() {
  local code method path
  while read -r code method path; do
    answers "$code" "$method /$path" "$method" "$path"
  done <<'END'
4.05 get rd
4.05 put rd
4.05 delete rd
4.05 fetch rd
4.05 get dp
4.05 post .well-known/core
4.04 get nothing
4.04 post rd/a/b
4.04 get .well-known/est
4.04 delete rd/unknown
4.04 get 3/0
END
  answers 4.04 "the root" get ''
  answers 4.06 "resources in plain text" get .well-known/core -A 0
  answers 4.02 "an option that is critical and unknown" get .well-known/core -O 65001,x
  answers 2.05 "an option that is elective and unknown" get .well-known/core -O 65000,x
}

tolerated() {
  local query
  answers 2.01 "Register without a format is taken for link-format" post "rd?ep=odd-$NAME&lwm2m=1.1" -e "$LINKS"
  request delete "$LOCATION"
  for query in "lwm2m=1.0&b=UQ&lt=60" "lwm2m=1.2&b=UM" "lwm2m=1.1&Q" "lwm2m=1.1&b=UN&sms=4915112345" "lwm2m=1.1&brand=new&hb"; do
    answers 2.01 "Register with $query" post "rd?ep=odd-$NAME&$query" -t 40 -e "$LINKS"
    request delete "$LOCATION"
  done
  told "$NAME: an odd device has been there" "odd-$NAME/state" '"version":"1.2"'
}

blocks() {
  local ep=blocks-$NAME size
  links 300 >"$WORK/links"
  for size in 16 64 256 1024; do
    answers 2.01 "Register in blocks of $size" post "rd?ep=$ep&lt=60&lwm2m=1.1" -t 40 -b "$size" -f "$WORK/links"
    had "which says so" 'Location-Path:rd.*Block1:[0-9]+/_/'
  done
  gives "$NAME: all its links have come" "\"ep\":\"$ep\".*\"/3303/299\"" devices
  links 10 >"$WORK/links"
  answers 2.04 "Update in blocks" post "$LOCATION" -t 40 -b 32 -f "$WORK/links"
  told "$NAME: MQTT tells it" "$ep/state" '"/3303/9"\]'
  answers 2.02 "De-register" delete "$LOCATION"
  answers 4.08 "blocks that do not begin with the first" post "rd?ep=$ep&lwm2m=1.1" -t 40 -b 3,16 -f "$WORK/links"
}

sends() {
  local ep=sender-$NAME
  answers 2.01 "Register of a sender" post "rd?ep=$ep&lt=60&lwm2m=1.1" -p "$1" -t 40 -e "$LINKS"
  answers 2.04 "Send in SenML JSON" post dp -p "$1" -t 110 -e '[{"bn":"/3303/0/5700","bt":1700000000,"v":21.5},{"t":1,"v":22.5}]'
  told "$NAME: MQTT has the first value with its time" "$ep/v/3303/0/5700" '"v":21.5,' '"t":1700000000[.,]' '"src":"send"'
  told "$NAME: and the second" "$ep/v/3303/0/5700" '"v":22.5,' '"t":1700000001[.,]'
  answers 4.15 "Send in plain text" post dp -p "$1" -t 0 -e 21.5
  answers 4.15 "Send in TLV" post dp -p "$1" -t 11542 -e 'C1'
  answers 4.15 "Send without a format" post dp -p "$1" -e '[]'
  answers 4.00 "Send of what is no SenML" post dp -p "$1" -t 110 -e '[{"n":"/3303/0/5700","v":1'
  answers 4.00 "Send of a value of another type" post dp -p "$1" -t 110 -e '[{"n":"/3303/0/5700","vs":"warm"}]'
  answers 4.04 "Send of an object that it does not have" post dp -p "$1" -t 110 -e '[{"n":"/3311/0/5850","vb":true}]'
  answers 4.04 "Send of a secret" post dp -p "$1" -t 110 -e '[{"n":"/0/0/5","vd":"AQ"}]'
  answers 2.02 "De-register" delete "$LOCATION" -p "$1"
  answers 4.00 "Send when it is over" post dp -p "$1" -t 110 -e '[{"n":"/3303/0/5700","v":1}]'
}

# raw TITLE BYTES ANSWER: a datagram as it stands, in hexadecimal; no answer within half a second is an empty one.
raw() {
  local got bytes='' i
  for ((i = 0; i < ${#2}; i += 2)); do bytes+="\\x${2:i:2}"; done
  got=$(
    exec 3<>"/dev/udp/127.0.0.1/$PORT"
    printf '%b' "$bytes" >&3
    timeout "$([ -n "$3" ] && echo "$DEADLINE" || echo 0.5)" head -c "$((${#3} > 0 ? ${#3} / 2 : 1))" <&3 | od -An -tx1 | tr -d ' \n'
  )
  [ "$got" = "$3" ]
  outcome $? "$NAME: $1" "${3:-silence}" "${got:-silence}"
}

datagrams() {
  raw "a ping is answered with a reset" 40001234 70001234
  raw "so is a message of a class that is none" 40201235 70001235
  raw "a token of nine bytes is reset" 4901123600112233445566778899 70001236
  raw "another version of CoAP is passed over in silence" 80011237 ''
  raw "so is a NON that is malformed" 59011238001122 ''
  raw "and a message that is cut off" 4001 ''
}

# Who may speak for a name that somebody else has registered.
addresses() {
  answers 2.01 "Register" post 'rd?ep=mine&lwm2m=1.1' -t 40 -e "$LINKS"
  FROM=127.0.0.2
  answers 4.03 "another host may not register its name" post 'rd?ep=mine&lwm2m=1.1' -t 40 -e "$LINKS"
  answers 4.03 "nor update it" post "$LOCATION"
  answers 4.03 "nor de-register it" delete "$LOCATION"
  FROM=127.0.0.1
  answers 2.04 "another port of the same host may update it" post "$LOCATION"
  told "$NAME: and is told" mine/event '"moved"'
  PORT=$(relay_port "coap-nidd@$DOMAIN") NAME=nidd
  answers 2.01 "an identity that the network vouches for may take the name" post 'rd?ep=mine&lwm2m=1.1' -t 40 -e "$LINKS"
  PORT=$UDP NAME=udp
  answers 4.03 "from which nobody without one gets it back" post 'rd?ep=mine&lwm2m=1.1' -t 40 -e "$LINKS"
  PORT=$(relay_port "other-nidd@$DOMAIN") NAME=nidd
  answers 4.03 "nor does another identity" post 'rd?ep=mine&lwm2m=1.1' -t 40 -e "$LINKS"
  answers 4.03 "a name may not be that of another identity" post "rd?ep=urn:extid:coap-nidd@$DOMAIN&lwm2m=1.1" -t 40 -e "$LINKS"
  answers 2.01 "without a name the identity is the name" post 'rd?lwm2m=1.1' -t 40 -e "$LINKS"
  told "$NAME: which MQTT tells" "other-nidd@$DOMAIN/state" '"online"'
}

# fe80 and the like come and go, but ::1 is there where there is IPv6 at all.
grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null && MORE_LINKS=('{ kind = "udp", name = "udp6", host = "::1", port = 0 },')
start_interop coap-nidd other-nidd
PORT=$UDP
life
bad_registers
bad_places
tolerated
blocks
links 6000 >"$WORK/links"
answers 4.13 "a body longer than 64 KiB" post 'rd?ep=long&lwm2m=1.1' -t 40 -b 1024 -f "$WORK/links"
sends "$(free_port)"
datagrams
if [ ${#MORE_LINKS[@]} -gt 0 ]; then
  FROM=::1 TO='[::1]' NAME=udp6
  PORT=$(sed -n 's/.* listening link=udp6 .*:\([0-9]*\).*/\1/p' "$WORK/gateway.log" | head -n 1)
  life
  sends "$(free_port)"
else
  skip "udp6: Register, Update, De-register, Send" "this machine has no IPv6"
fi
FROM=127.0.0.1 TO=127.0.0.1 NAME=nidd PORT=$(relay_port "coap-nidd@$DOMAIN")
life
bad_registers
bad_places
tolerated
blocks
sends 0
datagrams
NAME=udp PORT=$UDP
addresses
end_interop
