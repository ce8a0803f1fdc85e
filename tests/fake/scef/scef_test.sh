#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts the fake SCEF, plays the SCS/AS (curl and a callback receiver) and UDP devices, and checks each behaviour.
#   scef_test.sh [TG-FAKE-SCEF TG-SCEF-TEST-PEER [LOG]]
# Without names the programs are those below $TG_BUILD_DIR (build/dev). LOG keeps the exchanges for
# tests/interop/t8/validate.mjs. Prints TAP and "N passed, N failed" at the end.
set -u

build=${TG_BUILD_DIR:-$(dirname "$0")/../../../build/dev}/tests/fake/scef
scef_program=${1:-$build/tg-fake-scef}
peer_program=${2:-$build/tg-scef-test-peer}
work=$(mktemp -d)
log=${3:-$work/exchanges.jsonl}
passed=0
failed=0
scef_pid=
wait_ms=5000

cleanup() {
  [ -z "$scef_pid" ] || kill "$scef_pid" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

# ---- small words ----

verdict() { # ok|not name got wanted
  if [ "$1" = ok ]; then
    passed=$((passed + 1))
    echo "ok $((passed + failed)) - $2"
  else
    failed=$((failed + 1))
    echo "not ok $((passed + failed)) - $2"
    printf '#   got    %s\n#   wanted %s\n' "$3" "$4"
  fi
}

is() { # name got wanted
  if [ "$2" = "$3" ]; then verdict ok "$1"; else verdict not "$1" "$2" "$3"; fi
}

like() { # name got pattern…: every pattern is in it
  local name=$1 got=$2 pattern
  shift 2
  for pattern; do
    [[ $got == *"$pattern"* ]] || { verdict not "$name" "$got" "…$pattern…"; return; }
  done
  verdict ok "$name"
}

unlike() { # name got pattern
  if [[ $2 == *"$3"* ]]; then verdict not "$1" "$2" "without $3"; else verdict ok "$1"; fi
}

ask() { # one command to the peer; the answer is in $answer
  printf '%s\n' "$*" >&"${PEER[1]}"
  answer=
  IFS= read -r -t 15 answer <&"${PEER[0]}" || answer="(no answer)"
}

call() { # method url [content-type [body]]; sets status, body, headers
  local method=$1 url=$2
  local -a extra=()
  [ $# -lt 3 ] || extra+=(-H "Content-Type: $3")
  [ $# -lt 4 ] || extra+=(--data-binary "$4")
  status=$(curl -s --noproxy '*' -m 10 -X "$method" "${extra[@]}" "${auth[@]}" -D "$work/headers" -o "$work/body" -w '%{http_code}' "$url")
  body=$(cat "$work/body" 2>/dev/null)
  headers=$(tr -d '\r' <"$work/headers" 2>/dev/null)
  : >"$work/body"
}

json=application/json
post() { call POST "$1" $json "$2"; }
control() { post "$root/control" "$1"; }
location() { sed -n 's/^[Ll]ocation: //p' <<<"$headers"; }
member() { # first string member NAME of $body
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$body" | head -n 1
}

start_scef() { # options…; sets root, base, port_of[ID], scef_pid
  exec {scef_out}< <(exec "$scef_program" --log "$log" "$@")
  scef_pid=$!
  local line
  read -r -t 10 line <&"$scef_out" || { echo "Bail out! the fake SCEF doesn't start"; exit 1; }
  root=http://127.0.0.1:${line#listening http=}
  base=$root/3gpp-nidd/v1
  auth=()
}

read_relay() { # the next relay line
  local line
  read -r -t 10 line <&"$scef_out"
  relay_port=${line##*port=}
}

stop_scef() { # sets exit_code
  kill -"${1:-TERM}" "$scef_pid"
  wait "$scef_pid"
  exit_code=$?
  exec {scef_out}<&-
  scef_pid=
}

configure() { # externalId [more members]; sets conf
  post "$base/as/configurations" "{\"externalId\":\"$1\",\"notificationDestination\":\"$callback\"${2:-}}"
  conf=$(location)
}

transfer() { printf '{"externalId":"%s","data":"%s"%s}' "$1" "$2" "${3:-}"; }
deliver() { # externalId data [more]
  post "$conf/downlink-data-deliveries" "$(transfer "$@")"
}

# ---- behaviours ----

test_configurations() {
  configure dev1@example.com ',"supportedFeatures":"ff","duration":"2099-01-01T00:00:00+01:00"'
  is "a configuration is created with 201" "$status" 201
  like "its Location is absolute and below the collection" "$conf" "$base/as/configurations/"
  like "its body tells self, status and the packet size in bits" "$body" "\"self\":\"$conf\"" '"status":"ACTIVE"' '"maximumPacketSize":10864'
  like "features are the intersection with ours" "$body" '"supportedFeatures":"4"'
  post "$base/other/configurations" "{\"msisdn\":\"491710000001\",\"notificationDestination\":\"$callback\"}"
  is "an MSISDN may be the identity" "$status" 201
  call GET "$base/as/configurations"
  like "the list tells the configurations of the SCS/AS" "$body" "\"self\":\"$conf\""
  unlike "the list tells nobody else's configurations" "$body" /other/
  call GET "$base/none/configurations"
  is "the list of an unknown SCS/AS is empty" "$status $body" "200 []"
  call GET "$conf"
  like "one configuration can be read" "$status $body" 200 '"externalId":"dev1@example.com"'
  call PATCH "$conf" application/merge-patch+json '{"duration":null,"reliableDataService":true,"pdnEstablishmentOption":"INDICATE_ERROR"}'
  like "a merge patch sets members" "$status $body" 200 '"reliableDataService":true'
  unlike "a merge patch removes members" "$body" '"duration"'
  call PATCH "$conf" $json '{}'
  is "a configuration patch that isn't merge-patch+json gets 415" "$status" 415
  call PATCH "$conf" application/merge-patch+json '{"externalId":"x@y"}'
  like "the identity can't be patched" "$status $body" 400 '"param":"/externalId"'
  control '{"op":"set","behaviour":{"noContent":true}}'
  call PATCH "$conf" application/merge-patch+json '{"reliableDataService":null}'
  is "a patch is answered 204 on request" "$status$body" 204
  control '{"op":"reset"}'
  call DELETE "$conf"
  is "a configuration is deleted with 204" "$status" 204
  call GET "$conf"
  like "a deleted configuration is 404 in problem+json" "$status $headers" 404 application/problem+json
  deliver dev1@example.com AQ==
  is "downlink data to a deleted configuration is 404" "$status" 404
}

test_bad_requests() {
  local name body_text wanted
  while IFS='|' read -r name wanted body_text; do
    post "$base/as/configurations" "$body_text"
    # shellcheck disable=SC2086 # several patterns are meant
    like "$name" "$status $body" $wanted
  done <<EOF
a body that is no JSON gets 400|400|{"externalId":
an array instead of an object gets 400|400|[]
a missing destination is named|400 "/notificationDestination"|{"externalId":"dev1@example.com"}
a destination without scheme is named|400 "/notificationDestination"|{"externalId":"dev1@example.com","notificationDestination":"/cb"}
two identities are one too many|400 "/externalId"|{"externalId":"dev1@example.com","msisdn":"491710000001","notificationDestination":"$callback"}
no identity is one too few|400 "/externalId"|{"notificationDestination":"$callback"}
an identity without domain is named|400 "/externalId"|{"externalId":"dev1","notificationDestination":"$callback"}
a duration that is no date-time is named|400 "/duration"|{"externalId":"dev1@example.com","notificationDestination":"$callback","duration":"tomorrow"}
a duration in the past is named|400 past|{"externalId":"dev1@example.com","notificationDestination":"$callback","duration":"2001-01-01T00:00:00Z"}
an empty list of ports is named|400 "/rdsPorts"|{"externalId":"dev1@example.com","notificationDestination":"$callback","rdsPorts":[]}
a bad transfer inside is named by its pointer|400 "/niddDownlinkDataTransfers/0/data"|{"externalId":"dev1@example.com","notificationDestination":"$callback","niddDownlinkDataTransfers":[{"externalId":"dev1@example.com","data":"%%"}]}
an unknown subscriber gets 403|403 USER_UNKNOWN|{"externalId":"nobody@example.com","notificationDestination":"$callback"}
deep nesting is refused|400|$(printf '[%.0s' {1..4000})
EOF
  call POST "$base/as/configurations" text/plain '{}'
  is "another content type gets 415" "$status" 415
  call POST "$base/as/configurations"
  is "a body without length gets 411" "$status" 411
  head -c 300000 /dev/zero | tr '\0' ' ' >"$work/big"
  call POST "$base/as/configurations" $json "@$work/big"
  is "a body over the cap gets 413" "$status" 413
  call PUT "$base/as/configurations" $json '{}'
  like "a wrong method gets 405 with Allow" "$status $headers" 405 "Allow: GET, POST"
  local path
  for path in /nothing /3gpp-nidd/v1 /3gpp-nidd/v1/ /3gpp-nidd/v1/as /3gpp-nidd/v1/as//configurations /3gpp-nidd/v1/a%zz/configurations /3gpp-nidd/v1/as/configurations/x/y/z/a/b/c; do
    call GET "$root$path"
    is "the path $path is 404" "$status" 404
  done
  status=$(curl -s --noproxy '*' -o "$work/body" -w '%{http_code}' -H 'Accept: text/html' "$base/as/configurations")
  is "a reader who wants no JSON gets 406" "$status" 406
  printf 'NONSENSE\r\n\r\n' | timeout 5 bash -c "cat >/dev/tcp/127.0.0.1/${root##*:}" 2>/dev/null
  head -c 2000 /dev/urandom | timeout 5 bash -c "cat >/dev/tcp/127.0.0.1/${root##*:}" 2>/dev/null
  call GET "$base/as/configurations"
  is "noise on the HTTP port does no harm" "$status" 200
}

test_uplink() {
  ask send 0 "$port1" 40017d34b1
  ask next 200
  is "an uplink without configuration is not notified" "$answer" none
  configure dev1@example.com
  conf1=$conf
  configure dev2@example.com
  conf2=$conf
  ask send 0 "$port1" 40017d35b1
  ask next $wait_ms
  is "a datagram becomes NiddUplinkDataNotification" "$answer" "callback {\"niddConfiguration\":\"$conf1\",\"externalId\":\"dev1@example.com\",\"data\":\"QAF9NbE=\"}"
  ask send 1 "$port2" 00ff
  ask next $wait_ms
  like "another device is told apart" "$answer" "\"niddConfiguration\":\"$conf2\"" '"externalId":"dev2@example.com"' '"data":"AP8="'
  local i got=
  for i in 01 02 03 04 05 06 07 08; do ask send 0 "$port1" $i; done
  for i in 1 2 3 4 5 6 7 8; do
    ask next $wait_ms
    got+=$(sed -n 's/.*"data":"\([^"]*\)".*/\1/p' <<<"$answer")
  done
  is "a device's datagrams are notified in order" "$got" "AQ==Ag==Aw==BA==BQ==Bg==Bw==CA=="
  control '{"op":"set","device":"dev1@example.com","behaviour":{"duplicateUplink":true}}'
  ask send 0 "$port1" 0a
  ask next $wait_ms
  local first=$answer
  ask next $wait_ms
  is "an uplink is notified twice on request" "$answer" "$first"
  control '{"op":"set","device":"dev1@example.com","behaviour":{"duplicateUplink":false,"loseUplink":1}}'
  ask send 0 "$port1" 0b
  ask send 0 "$port1" 0c
  ask next $wait_ms
  like "an uplink is lost on request" "$answer" '"data":"DA=="'
  control '{"op":"set","device":"dev1@example.com","behaviour":{"maximumPacketSize":16}}'
  ask send 0 "$port1" 010203
  ask send 0 "$port1" 0102
  ask next $wait_ms
  like "an uplink over the packet size doesn't pass" "$answer" '"data":"AQI="'
  control '{"op":"reset"}'
  control '{"op":"uplink","device":"dev2@example.com","data":"aGk="}'
  ask next $wait_ms
  like "an uplink can be made by a control request" "$answer" '"data":"aGk="' dev2@
}

test_gateway_restart() {
  local i got=
  ask close
  for i in 21 22 23; do ask send 0 "$port1" $i; done
  ask next 300
  is "nothing arrives while the SCS/AS is away" "$answer" none
  ask http "$callback_port"
  for i in 1 2 3; do
    ask next $wait_ms
    got+=$(sed -n 's/.*"data":"\([^"]*\)".*/\1/p' <<<"$answer")
  done
  is "what was held arrives in order when it is back" "$got" "IQ==Ig==Iw=="
  ask answer 503 2
  ask send 0 "$port1" 24
  for i in 1 2 3; do
    ask next $wait_ms
    like "a notification answered 503 is tried again ($i of 3)" "$answer" '"data":"JA=="'
  done
  ask answer 404 1
  ask send 0 "$port1" 25
  ask send 0 "$port1" 26
  ask next $wait_ms
  ask next $wait_ms
  like "a notification answered 404 is not tried again" "$answer" '"data":"Jg=="'
  ask close
  ask send 0 "$port1" 27
  ask http 0
  local moved=http://127.0.0.1:${answer#http }/moved
  call PATCH "$conf1" application/merge-patch+json "{\"notificationDestination\":\"$moved\"}"
  ask next $wait_ms
  like "a patched destination also serves what waits" "$answer" '"data":"Jw=="'
  ask close
  ask http "$callback_port"
  call PATCH "$conf1" application/merge-patch+json "{\"notificationDestination\":\"$callback\"}"
}

test_deliver_now() {
  conf=$conf1
  deliver dev1@example.com 3q2+7w==
  like "data is delivered with 200 and its status" "$status $body" 200 '"deliveryStatus":"SUCCESS_NEXT_HOP_ACKNOWLEDGED"' '"data":"3q2+7w=="'
  ask recv 0 $wait_ms
  is "the datagram comes from the device's own port" "$answer" "datagram deadbeef"
  conf=$conf2
  deliver dev2@example.com AQI=
  ask recv 1 $wait_ms
  is "each device gets its own data" "$answer" "datagram 0102"
  conf=$conf1
  deliver dev2@example.com AQI=
  like "data for another identity is refused" "$status $body" 400 '"/externalId"'
  deliver dev1@example.com 'AQ='
  like "data that is no base64 is refused" "$status $body" 400 '"/data"'
  deliver dev1@example.com AQ== ',"maximumLatency":-1'
  like "a negative latency is refused" "$status $body" 400 '"/maximumLatency"'
  deliver dev1@example.com AQ== ',"rdsPort":{"portUE":1,"portSCEF":2}'
  like "a port pair that isn't configured gets 403" "$status $body" 403 '"cause":"RDS_PORT_UNKNOWN"'
  control '{"op":"set","device":"dev1@example.com","behaviour":{"maximumPacketSize":24}}'
  deliver dev1@example.com AQIDBA==
  like "4 octets over 24 bits get 403" "$status $body $headers" 403 '"cause":"DATA_TOO_LARGE"' application/problem+json
  deliver dev1@example.com AQID
  is "3 octets fit in 24 bits" "$status" 200
  ask recv 0 $wait_ms
  control '{"op":"set","device":"dev1@example.com","behaviour":{"maximumPacketSize":10864,"duplicateDownlink":true}}'
  deliver dev1@example.com EQ==
  ask recv 0 $wait_ms
  ask recv 0 $wait_ms
  is "a downlink is sent twice on request" "$answer" "datagram 11"
  control '{"op":"set","device":"dev1@example.com","behaviour":{"duplicateDownlink":false,"loseDownlink":1}}'
  deliver dev1@example.com Eg==
  deliver dev1@example.com Ew==
  ask recv 0 $wait_ms
  is "a downlink is lost on request" "$answer" "datagram 13"
  control '{"op":"set","device":"dev1@example.com","behaviour":{"delayMs":300}}'
  local before
  before=$(date +%s%N)
  deliver dev1@example.com FA==
  is "a delayed downlink is answered 200" "$status" 200
  is "a delayed downlink takes its time" $((($(date +%s%N) - before) / 1000000 >= 300)) 1
  ask recv 0 $wait_ms
  is "a delayed downlink arrives" "$answer" "datagram 14"
  control '{"op":"reset"}'
}

test_buffering() {
  conf=$conf1
  control '{"op":"set","device":"dev1@example.com","behaviour":{"mode":"buffer"}}'
  deliver dev1@example.com MQ==
  local held=
  held=$(location)
  like "buffered data is answered 201 with its status" "$status $body" 201 '"deliveryStatus":"BUFFERING_TEMPORARILY_NOT_REACHABLE"' "\"self\":\"$held\""
  like "its Location is below the configuration" "$held" "$conf1/downlink-data-deliveries/"
  deliver dev1@example.com Mg==
  local second
  second=$(location)
  deliver dev1@example.com Mw==
  local third
  third=$(location)
  call GET "$conf1/downlink-data-deliveries"
  like "the list tells what is pending" "$status $body" 200 "$held" "$second" "$third"
  call GET "$conf1"
  like "the configuration tells it as well" "$body" '"niddDownlinkDataTransfers":[' "$held"
  call GET "$held"
  like "one delivery can be read" "$status $body" 200 '"data":"MQ=="'
  call PUT "$second" $json "$(transfer dev1@example.com MzI=)"
  like "pending data is replaced by PUT" "$status $body" 200 '"data":"MzI="' "\"self\":\"$second\""
  call PATCH "$second" $json '{"priority":3}'
  like "pending data is modified by PATCH" "$status $body" 200 '"priority":3' '"data":"MzI="'
  call PUT "$second" $json '{"data":"AA=="}'
  is "a replacement must be whole" "$status" 400
  call DELETE "$third"
  is "pending data is cancelled by DELETE" "$status" 204
  call DELETE "$third"
  is "cancelled data is gone" "$status" 404
  ask recv 0 100
  is "buffered data does not reach the device" "$answer" none
  control '{"op":"release","device":"dev1@example.com"}'
  is "a release tells how many it sent" "$status $body" '200 {"count":2}'
  ask recv 0 $wait_ms
  is "released data goes out" "$answer" "datagram 31"
  ask recv 0 $wait_ms
  is "in order, as it was replaced" "$answer" "datagram 3332"
  ask next $wait_ms
  is "the delivery status is notified" "$answer" "callback {\"niddDownlinkDataTransfer\":\"$held\",\"deliveryStatus\":\"SUCCESS_NEXT_HOP_ACKNOWLEDGED\"}"
  ask next $wait_ms
  like "for each delivery" "$answer" "$second"
  call PUT "$held" $json "$(transfer dev1@example.com AA==)"
  like "delivered data can't be replaced" "$status $body" 409 ALREADY_DELIVERED
  call DELETE "$held"
  is "delivered data can't be cancelled" "$status" 409
  deliver dev1@example.com NA==
  control '{"op":"release","device":"dev1@example.com","deliveryStatus":"FAILURE_TIMEOUT"}'
  ask next $wait_ms
  like "a release can fail" "$answer" '"deliveryStatus":"FAILURE_TIMEOUT"'
  deliver dev1@example.com NQ== ',"maximumLatency":1'
  ask next $wait_ms
  like "data held past maximumLatency fails by itself" "$answer" '"deliveryStatus":"FAILURE_TIMEOUT"' "$(location)"
  control '{"op":"set","device":"dev1@example.com","behaviour":{"bufferStatus":"SENDING","releaseAfterMs":200}}'
  deliver dev1@example.com Ng==
  like "SENDING is told where it is set" "$status $body" 201 '"deliveryStatus":"SENDING"'
  call DELETE "$(location)"
  like "what is being sent can't be cancelled" "$status $body" 409 '"cause":"SENDING"'
  ask recv 0 $wait_ms
  is "buffered data goes out after the time set" "$answer" "datagram 36"
  ask next $wait_ms
  like "and is notified" "$answer" SUCCESS_NEXT_HOP_ACKNOWLEDGED
  control '{"op":"set","device":"dev1@example.com","behaviour":{"bufferStatus":"BUFFERING","releaseAfterMs":-1,"releaseOnUplink":true,"modeCount":1}}'
  deliver dev1@example.com Nw==
  is "a mode can be meant for one downlink" "$status" 201
  deliver dev1@example.com OA==
  is "the next is delivered again" "$status" 200
  ask recv 0 $wait_ms
  ask send 0 "$port1" 41
  ask next $wait_ms
  like "the device's uplink is notified" "$answer" '"data":"QQ=="'
  ask recv 0 $wait_ms
  is "and lets the buffered data go" "$answer" "datagram 37"
  ask next $wait_ms
  like "whose status is notified after it" "$answer" deliveryStatus
  control '{"op":"reset"}'
}

test_refusal() {
  conf=$conf1
  control '{"op":"set","device":"dev1@example.com","behaviour":{"mode":"refuse","retryAfterMs":5000}}'
  deliver dev1@example.com UQ==
  like "a refusal is 500 with problemDetail and a time to retry" "$status $body" 500 '"problemDetail":{' '"cause":"TEMPORARILY_NOT_REACHABLE"' '"requestedRetransmissionTime":"20'
  unlike "its body is plain application/json" "$headers" problem+json
  control '{"op":"set","device":"dev1@example.com","behaviour":{"refuseStatus":429,"refuseCause":"QUOTA_EXCEEDED"}}'
  deliver dev1@example.com UQ==
  like "any status and cause can be asked for" "$status $body $headers" 429 '"cause":"QUOTA_EXCEEDED"' "Retry-After: 5" problem+json
  ask recv 0 100
  is "refused data does not reach the device" "$answer" none
  control '{"op":"reset"}'
  control '{"op":"fail","status":503,"count":2,"retryAfter":1}'
  call GET "$conf1"
  like "the whole API fails on request" "$status $headers" 503 "Retry-After: 1"
  call GET "$conf1"
  call GET "$conf1"
  is "as often as it was told" "$status" 200
}

test_attachment() {
  conf=$conf1
  control '{"op":"detach","device":"dev1@example.com"}'
  deliver dev1@example.com YQ== ',"pdnEstablishmentOption":"INDICATE_ERROR"'
  like "a detached device with INDICATE_ERROR gets 500" "$status $body" 500 NO_PDN_CONNECTION
  deliver dev1@example.com Yg==
  like "without an option the data waits" "$status $body" 201 '"deliveryStatus":"BUFFERING"'
  control '{"op":"release","device":"dev1@example.com"}'
  is "a release doesn't send to a detached device" "$status $body" '200 {"count":0}'
  deliver dev1@example.com Yw== ',"pdnEstablishmentOption":"SEND_TRIGGER"'
  like "with SEND_TRIGGER it is TRIGGERED" "$status $body" 201 '"deliveryStatus":"TRIGGERED"'
  ask send 2 "$port1" 71
  ask next $wait_ms
  like "the device comes back from another address" "$answer" '"data":"cQ=="'
  ask recv 2 $wait_ms
  is "and gets what waited, there" "$answer" "datagram 62"
  ask recv 2 $wait_ms
  is "in order" "$answer" "datagram 63"
  ask next $wait_ms
  ask next $wait_ms
  like "with a status for each" "$answer" SUCCESS_NEXT_HOP
}

test_network_acts() {
  control '{"op":"test","device":"dev1@example.com"}'
  ask next $wait_ms
  is "a test notification can be sent" "$answer" "callback {\"subscription\":\"$conf1\"}"
  control '{"op":"status","device":"dev1@example.com","status":"RDS_PORT_UNKNOWN"}'
  ask next $wait_ms
  like "a configuration status is notified" "$answer" "\"niddConfiguration\":\"$conf1\"" '"externalId":"dev1@example.com"' '"status":"RDS_PORT_UNKNOWN"'
  call GET "$conf1"
  is "and the configuration stays" "$status" 200
  control '{"op":"status","device":"dev1@example.com","status":"TERMINATED_UE_NOT_AUTHORIZED"}'
  ask next $wait_ms
  like "a termination is notified" "$answer" '"status":"TERMINATED_UE_NOT_AUTHORIZED"'
  call GET "$conf1"
  is "and the configuration is gone" "$status" 404
  configure dev1@example.com ',"requestTestNotification":true'
  ask next $wait_ms
  like "a test notification is sent where it was asked for" "$answer" "\"subscription\":\"$conf\""
  control '{"op":"drop","device":"dev1@example.com"}'
  deliver dev1@example.com AQ==
  is "a dropped configuration answers 404" "$status" 404
  ask next 100
  is "and nobody is told" "$answer" none
  configure dev1@example.com
  control '{"op":"shorten","device":"dev1@example.com","ms":300}'
  call GET "$conf"
  like "a shortened configuration tells its duration" "$status $body" 200 '"duration":"20'
  local tries=0
  while [ "$status" = 200 ] && [ $((tries += 1)) -lt 500 ]; do call GET "$conf"; done
  is "and ends" "$status" 404
  control '{"op":"set","behaviour":{"maximumDurationMs":60000}}'
  configure dev1@example.com ',"duration":"2099-01-01T00:00:00Z"'
  unlike "a long duration is shortened in the answer" "$body" 2099
  configure dev1@example.com
  like "a configuration without duration gets one" "$body" '"duration":"20'
  control '{"op":"reset"}'
  configure dev2@example.com ",\"niddDownlinkDataTransfers\":[$(transfer dev2@example.com gQ==)]"
  like "data may ride in with the configuration" "$status $body" 201 '"deliveryStatus":"SUCCESS_NEXT_HOP_ACKNOWLEDGED"'
  ask recv 1 $wait_ms
  is "and is delivered" "$answer" "datagram 81"
  control '{"op":"set","device":"dev2@example.com","behaviour":{"maximumPacketSize":8}}'
  configure dev2@example.com ",\"niddDownlinkDataTransfers\":[$(transfer dev2@example.com gYE=)]"
  like "but not where it is too large" "$status $body" 201 '"deliveryStatus":"FAILURE"'
  control '{"op":"reset"}'
}

test_control() {
  call GET "$root/control"
  like "the state can be read" "$status $body" 200 '"device":"dev1@example.com"' '"behaviour":{' '"uplinksUnconfigured":1' '"configurations":['
  control '{"op":"relay","device":"dev4@example.com"}'
  like "a device can be added" "$status $body" 200 '"externalId":"dev4@example.com"' '"port":'
  read_relay
  like "and is told on stdout" "$body" "\"port\":$relay_port"
  local again=$body
  control '{"op":"relay","device":"dev4@example.com"}'
  is "adding it again tells its port" "$body" "$again"
  control '[{"op":"reset"},{"op":"detach"}]'
  like "several requests go in one array" "$status $body" '200 [{"count":'
  local wrong
  for wrong in '' '{' '[1]' '{}' '{"op":"fly"}' '{"op":"set"}' '{"op":"set","behaviour":{"modus":"x"}}' '{"op":"set","behaviour":{"mode":"x"}}' \
    '{"op":"set","behaviour":{"delayMs":-5}}' '{"op":"set","behaviour":{"delayMs":"1"}}' '{"op":"status"}' '{"op":"shorten"}' \
    '{"op":"relay","device":"x"}' '{"op":"relay","device":"a@b","port":70000}' '{"op":"uplink","device":"dev1@example.com","data":"?"}' '{"op":"fail","status":200}'; do
    control "$wrong"
    is "the control request '$wrong' is refused" "$status" 400
  done
  control '{"op":"drop","device":"nobody@example.com"}'
  is "a control request for an unknown device is 404" "$status" 404
}

test_oauth() {
  start_scef --oauth 'id:se cret' --token-lifetime 60 --relay dev1@example.com --prefix /exposure/v0 --max-packet 800 --control '{"op":"set","behaviour":{"mode":"buffer"}}'
  base=$root/exposure/v0/3gpp-nidd/v1
  read_relay
  call GET "$base/as/configurations"
  like "without a token the answer is 401" "$status $headers" 401 "WWW-Authenticate: Bearer" problem+json
  local form=application/x-www-form-urlencoded token=$root/oauth2/token
  call POST "$token" $form 'grant_type=client_credentials&client_id=id&client_secret=wrong'
  like "a wrong secret gets invalid_client" "$status $body" 401 invalid_client
  call POST "$token" $form 'grant_type=password&client_id=id&client_secret=se+cret'
  like "another grant gets unsupported_grant_type" "$status $body" 400 unsupported_grant_type
  call POST "$token" $json '{}'
  like "a token request in JSON gets invalid_request" "$status $body" 400 invalid_request
  call POST "$token" $form 'grant_type=client_credentials&client_id=id&client_secret=se%20cret'
  like "a token is given out with its lifetime" "$status $body $headers" 200 '"token_type":"Bearer"' '"expires_in":60' 'no-store'
  auth=(-H "Authorization: Bearer $(member access_token)")
  call GET "$base/as/configurations"
  is "the token opens the API" "$status" 200
  configure dev1@example.com
  like "links hold the prefix, and options set the packet size" "$status $body" "201" "\"self\":\"$base/" '"maximumPacketSize":800'
  deliver dev1@example.com AQ==
  is "--control sets behaviour at the start" "$status" 201
  auth=()
  control '{"op":"revoke"}'
  auth=(-H "Authorization: Bearer $(member access_token)")
  call GET "$base/as/configurations"
  is "a revoked token gets 401" "$status" 401
  auth=(-H "Authorization: Basic $(printf 'id:se%%20cret' | base64)")
  call POST "$token" $form 'grant_type=client_credentials'
  is "the client may authenticate with HTTP Basic" "$status" 200
  stop_scef INT
  is "SIGINT ends it cleanly" "$exit_code" 0
  start_scef --oauth id:s --token-lifetime 1
  call POST "$root/oauth2/token" $form 'grant_type=client_credentials&client_id=id&client_secret=s'
  auth=(-H "Authorization: Bearer $(member access_token)")
  call GET "$base/as/configurations"
  local tries=0
  while [ "$status" = 200 ] && [ $((tries += 1)) -lt 2000 ]; do call GET "$base/as/configurations"; done
  is "a token ends with its lifetime" "$status" 401
  stop_scef
}

test_bounds() {
  start_scef --queue 2 --retry-max 100 --auto-relay
  local id
  ask close
  configure dev9@example.com
  is "--auto-relay makes a device of an unknown identity" "$status" 201
  read_relay
  for id in 01 02 03; do ask send 3 "$relay_port" $id; done
  local tries=0
  until [[ $body == *'"notificationsOverflow":1'* ]] || [ $((tries += 1)) -gt 300 ]; do call GET "$root/control"; done
  like "the notification queue is bounded and the loss counted" "$body" '"notificationsOverflow":1' '"notificationsWaiting":2'
  control '{"op":"set","behaviour":{"delayMs":60000}}'
  curl -s --noproxy '*' -m 20 -o "$work/held" -H "Content-Type: $json" --data-binary "$(transfer dev9@example.com AQ==)" "$conf/downlink-data-deliveries" &
  local curl_pid=$!
  call GET "$root/control"
  stop_scef
  is "it ends cleanly with requests held and notifications waiting" "$exit_code" 0
  wait $curl_pid
  local option
  for option in "--http-port x" "--http-port 65536" "--relay dev" "--relay a@b=x" "--relay a@b --relay a@b" "--queue 0" "--prefix x/" "--oauth id" "--features z" "--control {" "--nonsense" extra "--log /"; do
    # shellcheck disable=SC2086 # several words are meant
    timeout 10 "$scef_program" $option >/dev/null 2>"$work/complaint"
    is "the command line '$option' is refused with a message" "$(($? == 1 || $? == 2)) $((0 < $(wc -c <"$work/complaint")))" "1 1"
  done
  like "--help tells the options" "$("$scef_program" --help)" --relay --control
}

# ---- all of it ----

coproc PEER { exec "$peer_program"; }
ask http 0
callback_port=${answer#http }
callback=http://127.0.0.1:$callback_port/cb

start_scef --features 4 --retry-max 200 --relay dev1@example.com --relay dev2@example.com --relay 491710000001
read_relay
port1=$relay_port
read_relay
port2=$relay_port
read_relay
test_configurations
test_bad_requests
test_uplink
test_gateway_restart
test_deliver_now
test_buffering
test_refusal
test_attachment
test_network_acts
test_control
stop_scef
is "SIGTERM ends it cleanly" "$exit_code" 0
test_oauth
test_bounds

echo "1..$((passed + failed))"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
