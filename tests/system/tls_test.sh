#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two brokers at once: one with a password over TLS and MQTT 5, one with client certificates and MQTT 3.1.1; what is told when a broker, a
# certificate or a password is not the right one. Certificates are made here and live for a day.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto openssl mosquitto_passwd

# certificate NAME CN [CA]: $WORK/tls/NAME.key and .pem, signed by CA, or by itself.
certificate() {
  local name=$1 subject=$2 ca=${3:-}
  (
    cd "$WORK/tls" || exit 1
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -subj "/CN=$subject" -out "$name.csr"
    if [ -n "$ca" ]; then
      printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$name.ext"
      openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial -days 1 -extfile "$name.ext" -out "$name.pem"
    else
      openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 1 -out "$name.pem" \
        -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n')
    fi
  ) >>"$WORK/tls.log" 2>&1
}
state() { "$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq -r ".brokers[] | select(.name == \"$1\") | .connected"; }
is_connected() { [ "$(state "$1")" = true ]; }

mkdir "$WORK/tls"
certificate ca "test authority"
certificate other "another authority"
certificate broker localhost ca
certificate gateway gw-7 ca
certificate stranger gw-8 other
[ -s "$WORK/tls/stranger.pem" ] || skip_all "openssl makes no certificates here: $(tail -1 "$WORK/tls.log")"
mosquitto_passwd -c -b "$WORK/tls/passwords" gw 'secret "7"' 2>/dev/null
printf 'secret "7"\n' >"$WORK/tls/password"

tls=("cafile $WORK/tls/ca.pem" "certfile $WORK/tls/broker.pem" "keyfile $WORK/tls/broker.key")
start_broker one "${tls[@]}" "password_file $WORK/tls/passwords"
one=$BROKER
start_broker two "${tls[@]}" "require_certificate true" "use_identity_as_username true"
two=$BROKER
with_password=(--cafile "$WORK/tls/ca.pem" -u gw -P 'secret "7"')
with_certificate=(--cafile "$WORK/tls/ca.pem" --cert "$WORK/tls/gateway.pem" --key "$WORK/tls/gateway.key")
BROKER=$one
subscribe first 'tidegate/#' "${with_password[@]}"
BROKER=$two
subscribe second '#' "${with_certificate[@]}"

mkdir "$WORK/rules"
cat >"$WORK/rules/second.lua" <<'END'
return { rules = { { match = { object = 3303, resource = 5700 }, topic = "second/{ep}", broker = "two" } } }
END
brokers() {
  write_config <<END
  server = { observe = { "/3303/0/5700" } },
  mqtt = {
    { name = "one", uri = "mqtts://127.0.0.1:$one", username = "gw", password = file("${1:-tls/password}"), ca_file = "tls/${2:-ca}.pem",
      reconnect_min = 0.1, reconnect_max = 0.3 },
    { name = "two", uri = "mqtts://localhost:$two", version = 4, ca_file = "tls/ca.pem", cert_file = "tls/${3:-gateway}.pem",
      key_file = "tls/${3:-gateway}.key", reconnect_min = 0.1, reconnect_max = 0.3 },
  },
  scripts = { "rules/second.lua" },
END
}
brokers
start_gateway
start_device hall "$UDP" --con --interval 0.3
await 15 is_connected one
check $? "a broker that wants a password, over TLS, with MQTT 5"
await 15 is_connected two
check $? "a broker that wants a certificate, with MQTT 3.1.1"
await 10 says one ' as tidegate-[0-9a-f]+ \(p5, .*u.gw.\)'
check $? "the one sees the user"
await 10 says two " as tidegate-[0-9a-f]+ \(p2, .*u'gw-7'\)" # what mosquitto calls 3.1.1
check $? "the other the name in the certificate"
await 10 says first '^tidegate/dev/hall/v/3303/0/5700 '
check $? "the dialect speaks to the first"
await 10 says second '^second/hall \{"v":'
check $? "a rule to the broker it names"
says second '^tidegate/dev'
is $? 1 "each has its own messages only"
BROKER=$one
publish "${with_password[@]}" -t tidegate/dev/hall/cmd -m '{"id":"c1","op":"read","path":"/3/0/9"}'
await 10 says first '^tidegate/dev/hall/result .*"state":"done"'
check $? "commands come over TLS too"

stop two
await 10 says gateway 'mqtt connection_lost broker=two'
seen=$(count first '^tidegate/dev/hall/v/')
more() { [ "$(count first '^tidegate/dev/hall/v/')" -gt $((seen + 2)) ]; }
await 10 more
check $? "when one broker is away the other has its messages"
held=$(count second '^second/hall')
start_broker two
later() { [ "$(count second '^second/hall')" -gt $((held + 3)) ]; }
await 20 later
check $? "and what was for the other comes when it is back"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
says gateway secret
is $? 1 "no password is in the log"

# What is not right ----------------------------------------------------------------------------------------------------

echo wrong >"$WORK/tls/wrong"
brokers tls/wrong
start_gateway
await 15 says gateway 'mqtt connect_refused broker=one .*([Nn]ot authorized|[Bb]ad user)'
check $? "a wrong password is told"
await 10 is_connected two
check $? "the other broker is there"
stop gateway
brokers tls/password other stranger
start_gateway
await 15 says gateway 'mqtt connect_refused broker=one .*certificate verify failed'
check $? "a broker whose certificate nobody vouches for is refused"
await 15 says gateway 'mqtt connect_refused broker=two '
check $? "a broker refuses us when nobody vouches for ours"
is "$(state one) $(state two)" "false false" "neither is connected"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
