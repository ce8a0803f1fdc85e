#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libcoap's server as a device whose observed resource is longer than a block: its confirmable notification is acknowledged when all of it has
# been read and is on disk, also where libcoap loses a third of what it sends. It answers requests while its notification waits.
# timeout: 240
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
require coap-client-notls coap-server-notls

# text BYTES NUMBER: a value that is like no other.
text() { seq -f "$2-%05g" -s ' ' 1 2000 | head -c "$1"; }

coap() { coap-client-notls -B 20 "$@" >"$WORK/coap" 2>&1 </dev/null; }

# device NAME [OPTION...]: registered from the port on which libcoap's server then is that device.
device() {
  local name=$1
  shift
  PORT=$(free_port)
  coap -p "$PORT" -m post -t 40 -e '</1/0>,</3303/0>' "coap://127.0.0.1:$UDP/rd?ep=$name&lt=3600&lwm2m=1.1"
  spawn "$name" coap-server-notls -A 127.0.0.1 -p "$PORT" -d 10 -v 8 "$@"
  need 10 has_message "$name/state" '"online"'
  put "$(text 40 first)"
  commanded "$name: its resource is observed" "$name" '"op":"observe","path":"/3303/0/5750"' '"done"'
}

put() {
  printf '[{"n":"/3303/0/5750","vs":"%s"}]' "$1" >"$WORK/value"
  local try
  for try in 1 2 3 4 5; do # where it loses its answers libcoap's client gives up early
    coap -m put -t 110 -b 1024 -f "$WORK/value" "coap://127.0.0.1:$PORT/3303/0/5750"
    grep -qE '^2\.|2\.0[14]' "$WORK/coap" || [ ! -s "$WORK/coap" ] && return 0
  done
  return "$try"
}

# order NAME: of its last notification in blocks, how many requests of the gateway came before the ACK, and how many after; - without an ACK.
order() {
  sed -E 's/^[A-Z][a-z]+ [0-9]+ [0-9:.]+ //' "$WORK/$1.log" | awk '
    /t:CON c:2\.05/ && /Observe:/ && /Block2:0\/M/ {
      match($0, /i:[0-9a-f]+/); id = substr($0, RSTART, RLENGTH)
      if (id != last) { last = id; before = after = 0; acked = 0 }
      next
    }
    last && /t:(CON|NON) c:GET/ && /Block2:[1-9]/ { if (acked) after++; else before++ }
    last && /t:ACK c:0\.00/ && index($0, last " ") { acked = 1 }
    END { print acked ? before " " after : "-" }'
}
has_ack() { [ "$(order "$1")" != - ]; }

start_interop
device plain
for number in 1 2; do
  value=$(text 5000 "n$number")
  put "$value"
  told "plain: all of value $number arrives" plain/v/3303/0/5750 "\"v\":\"$value\""
  await 10 has_ack plain
  check $? "plain: its notification $number is acknowledged"
  read -r before after <<<"$(order plain)"
  [ "${before:-0}" -ge 4 ] && [ "${after:-1}" = 0 ]
  outcome $? "plain: after the last block" "4 or more requests before the ACK, none after" "${before:-?} before, ${after:-?} after"
done

device lossy -l 30%
for number in 3 4 5; do
  value=$(text 3000 "n$number")
  put "$value"
  DEADLINE=60 told "lossy: all of value $number arrives" lossy/v/3303/0/5750 "\"v\":\"$value\""
done
end_interop
