#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the gateway speak T8? A whole one at the fake SCEF: tokens, configurations made, renewed, lost and found again, downlinks that are
# delivered, held, refused, cancelled; and every exchange of that, in both directions, checked against 3GPP's OpenAPI. The same for the traffic of
# tests/system/link_nidd_*_test, which provoke more than a network does.
# timeout: 240
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/../lib.sh"
require node jq curl
echo '{"direction":"in","method":"GET","path":"/3gpp-nidd/v1/a/configurations","requestHeaders":{},"requestBody":null,"status":200,"responseHeaders":{"content-type":"application/json"},"responseBody":"[]"}' >"$WORK/probe"
node tests/interop/t8/validate.mjs "$WORK/probe" >"$WORK/validator" 2>&1
[ $? = 77 ] && skip_all "$(sed 's/^skipped: //' "$WORK/validator" | tail -n 1)"

LOG=$WORK/t8.jsonl

# exchanged TITLE DIRECTION METHOD STATUS [BODY]: the log comes to have such an exchange, with that in one of its bodies.
has_exchange() {
  [ -n "$(jq -c --arg d "$1" --arg m "$2" --arg s "$3" --arg b "${4:-}" \
    'select(.direction == $d and .method == $m and (.status | tostring) == $s and (((.requestBody // "") + (.responseBody // "")) | contains($b)))' \
    "$LOG" 2>/dev/null)" ]
}

exchanged() {
  await "$DEADLINE" has_exchange "${@:2}"
  outcome $? "$1" "${*:2}" "$(jq -r '[.direction, .method, .path, .status | tostring] | join(" ")' "$LOG" | tail -n 8)"
}

# conform TITLE LOG: every exchange is as the standard wants it.
conform() {
  local got
  got=$(node tests/interop/t8/validate.mjs "$2" 2>&1)
  outcome $? "$1: $(tail -n 1 <<<"$got")" "no violation" "$got"
}

control() { scef_control "$1" >/dev/null; }

# of DEVICE: the member that names a device in control requests.
of() { echo "\"device\":\"$1@$DOMAIN\""; }

# device NAME [OPTION...]: a simulated device behind the relay of that name.
device() { start_device "$1" "$(relay_port "$1@$DOMAIN")" "${@:2}"; }

configure() {
  write_config <<END
links = {
  {
    kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF/operator", scs_as_id = "tidegate interop",
    devices = { "d1@$DOMAIN", "d2@$DOMAIN", "d3@$DOMAIN", "491710000001" }, provider = "us", duration = "1d", max_latency = "1h",
    token_url = "http://127.0.0.1:$SCEF/oauth2/token", client_id = "us", client_secret = "secret",
  },
},
server = { observe = { "/3303/0/5700" } },
END
}

answers() { [[ $(tg read d1 /3/0/9 2>&1) == *2.05* ]]; }

talk() {
  exchanged "configurations are made" in POST 201 '"externalId":"d1@'
  exchanged "also for a number" in POST 201 '"msisdn":"491710000001"'
  device d1 --con
  told "a device registers" d1/state '"online"' '"link":"nb"'
  exchanged "its words came as notifications" out POST 204 "d1@$DOMAIN"
  gives "it is read" '"code":"2.05"' read d1 /3/0
  gives "and written" '"code":"2.04"' write d1 /3/0/14 +03
  tell d1 'set /3303/0/5700 31.5'
  told "it notifies" d1/v/3303/0/5700 '"v":31.5'

  control "{\"op\":\"set\",$(of d1),\"behaviour\":{\"mode\":\"buffer\",\"modeCount\":1}}"
  publish -t tidegate/dev/d1/cmd -m '{"id":"b1","op":"read","path":"/3/0/9","timeout":60}'
  exchanged "a downlink is held" in POST 201 BUFFERING_TEMPORARILY_NOT_REACHABLE
  control "{\"op\":\"release\",$(of d1)}"
  exchanged "and goes later, which is told" out POST 204 SUCCESS_NEXT_HOP_ACKNOWLEDGED
  told "its answer comes" d1/result '"b1"' '"done"'

  control "{\"op\":\"set\",$(of d1),\"behaviour\":{\"mode\":\"refuse\",\"modeCount\":1,\"retryAfterMs\":300}}"
  commanded "a downlink that is refused is tried again" d1 '"op":"read","path":"/3/0/9","timeout":60' '"done"'
  exchanged "when the network said" in POST 500 requestedRetransmissionTime
  control '{"op":"fail","status":503,"count":2,"retryAfter":1}'
  commanded "an overloaded network is asked again" d1 '"op":"read","path":"/3/0/9","timeout":60' '"done"'
  control '{"op":"revoke"}'
  commanded "a token that is no good any more is renewed" d1 '"op":"read","path":"/3/0/9","timeout":60' '"done"'

  control "{\"op\":\"set\",$(of d1),\"behaviour\":{\"mode\":\"buffer\",\"modeCount\":1}}"
  publish -t tidegate/dev/d1/cmd -m '{"id":"b2","op":"read","path":"/3/0/9","timeout":2}'
  told "a command that nobody waits for ends" d1/result '"b2"' '"failed"'
  exchanged "and what is held of it is taken back" in DELETE 204
  control "{\"op\":\"reset\",$(of d1)}"
}

configurations() {
  control "{\"op\":\"shorten\",$(of d2),\"ms\":60000}"
  control "{\"op\":\"status\",$(of d2),\"status\":\"TERMINATED_UE_NOT_AUTHORIZED\"}"
  exchanged "a configuration that ends is told" out POST 204 TERMINATED_UE_NOT_AUTHORIZED
  control "{\"op\":\"drop\",$(of d3)}"
  device d3 --con # nobody hears it until the gateway looks
  control "{\"op\":\"test\",$(of d1)}"
  control "{\"op\":\"status\",$(of d1),\"status\":\"ACTIVE\"}"
  stop gateway
  outcome "$STATUS" "the gateway ends" "exit code 0" "exit code $STATUS"
  : >"$WORK/gateway.log"
  start_gateway
  exchanged "started again it looks for its configurations" in GET 200 "d1@$DOMAIN"
  gives "the device is still known" '"ep":"d1","state":"online"' devices
  await "$DEADLINE" answers
  outcome $? "and answers" "2.05" "$(tg read d1 /3/0/9 2>&1)"
  exchanged "what is left of them is renewed" in PATCH 200 "d1@$DOMAIN"
  exchanged "what is gone is made again" in POST 201 "d3@$DOMAIN"
  told "and its device is heard" d3/state '"online"'
  tell d1 quit
  told "a device says good-bye" d1/state '"deregistered"'
}

require mosquitto mosquitto_sub mosquitto_pub
start_broker
subscribe messages 'tidegate/#'
start_scef "d1@$DOMAIN" "d2@$DOMAIN" "d3@$DOMAIN" 491710000001 -- --log "$LOG" --prefix /operator --oauth us:secret --token-lifetime 5
configure
start_gateway
talk
configurations
stop gateway
outcome "$STATUS" "the gateway ends well" "exit code 0" "exit code $STATUS; $(tail -n 20 "$WORK/gateway.log")"
conform "a gateway's traffic conforms to T8" "$LOG"

for program in "$BUILD"/tests/system/link_nidd_*_test; do
  [ ! -x "$program" ] || TG_SCEF_LOG=$WORK/nidd.jsonl "$program" >>"$WORK/nidd" 2>&1
done
if [ -f "$WORK/nidd.jsonl" ]; then
  conform "the link's own tests conform to T8" "$WORK/nidd.jsonl"
else
  skip "the link's own tests conform to T8" "they were not built"
fi
done_testing
