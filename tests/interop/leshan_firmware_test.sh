#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Firmware for a Leshan client with an object 5 of its own (leshan/Firmware.java): pushed over UDP and NIDD, fetched by it over CoAP (Californium)
# and HTTP (java.net), let go by an empty package, an empty URI and Cancel, and images that are no good. A line proves OMA's cases that it names.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
need_peer leshan classes
require jq gzip

client() { # CARRIER NAME WAY
  spawn "$2" "$PEERS/leshan-client" --endpoint "$2" --server "coap://127.0.0.1:$(port_of "$1" "$2")" --temperature-every 0 --lifetime 300 \
    --firmware "$3"
  told "$1: a client registers" "$2/state" '"online"' '"/5/0"'
}

# image NAME VERSION BYTES [KIND]: made, and added.
image() {
  make_image "$WORK/$1" "$2" "$3" "${4:-good}"
  firmware add "$WORK/$1" --name "$1" --version "$2" >"$WORK/answer" 2>&1
  outcome $? "image $1 is added" "exit code 0" "$(cat "$WORK/answer")"
}

# begin TITLE EP IMAGE [OPTION...]
begin() {
  firmware update "${@:2}" >"$WORK/answer" 2>&1
  outcome $? "$1" "exit code 0" "$(cat "$WORK/answer")"
}

stands() { [ "$(update_of "$1" .state)" = "$2" ]; }

# comes TITLE EP STATE [JQ WANTED]: the update comes to stand so, with what else there is to be known of it.
comes() {
  await 60 stands "$2" "$3"
  is "$(update_of "$2" "${4:-.state}")" "${5:-$3}" "$1" || update_of "$2" . | tr -d '\n' | sed 's/^/# /'
}

# arrived TITLE EP IMAGE: the newest image that came to the client is this one, byte by byte.
arrived() {
  is "$(grep '^firmware image' "$WORK/$2.log" | tail -n 1)" "firmware image $(stat -c %s "$WORK/$3") sha256 $(sha256sum <"$WORK/$3" | cut -d' ' -f1)" "$1"
}

# states EP: states and results of the client from line FROM of what it said, such as `1/0 2/0`.
states() { sed -n "$2,\$s|^firmware state \(.*\) result \(.*\)|\1/\2|p" "$WORK/$1.log" | xargs; }
next_line() { echo $(($(wc -l <"$WORK/$1.log") + 1)); }

# whole TITLE EP IMAGE VERSION-BEFORE VERSION-AFTER METHOD: one update from beginning to end.
whole() {
  local title=$1 ep=$2 from
  from=$(next_line "$ep")
  begin "$title: it begins" "$ep" "$3" --method "$6"
  comes "$title: it is done" "$ep" "done" '[.method, .version_before, .version_after, .result] | map(tostring) | join(",")' "$6,$4,$5,1"
  arrived "$title: the image is right" "$ep" "$3"
  is "$(states "$ep" "$from")" "1/0 2/0 3/0 0/1" "$title: the client went through all states"
  is "$(sed -n "$from,\$p" "$WORK/$ep.log" | grep -c '^execute /5/0/2')" 1 "$title: Update was executed once"
  is "$(sed -n "$from,\$p" "$WORK/$ep.log" | grep -c '^registered')" 1 "$title: it registered anew"
  gives "$title: and runs the new version" "\"path\":\"/3/0/3\",\"value\":\"$5\"," read "$ep" /3/0/3
}

# held TITLE EP IMAGE METHOD: an image that waits in the client.
held() {
  begin "$1: an update that is to wait begins" "$2" "$3" --method "$4" --hold
  comes "$1: the client has the image" "$2" ready
  arrived "$1: and it is right" "$2" "$3"
}

# dropped TITLE EP EVENT STATE: the update is cancelled, which the client sees as that event, and comes to that state.
dropped() {
  firmware cancel "$2" >"$WORK/answer" 2>&1
  comes "$1: the update is cancelled" "$2" cancelled
  seen "$1: the client lets it go" "$2" "$3"
  gives "$1: its state is Idle" '"path":"/5/0/3","value":0,' read "$2" /5/0/3
  gives "$1: with result ${4}" "\"path\":\"/5/0/5\",\"value\":$4," read "$2" /5/0/5
}

fails() { # TITLE EP IMAGE METHOD RESULT CAUSE
  begin "$1: it begins" "$2" "$3" --method "$4"
  comes "$1: the update fails" "$2" failed .result "$5"
  like "$(update_of "$2" .cause)" "$6" "$1: and says why"
}

pushed() { # CARRIER IMAGE-1 IMAGE-2
  local ep=fw-$1
  client "$1" "$ep" push
  gives "$1: state, result, protocols and delivery are read [ETS 751]" '"path":"/5/0/8/1","value":2,' read "$ep" /5/0
  held "$1, reset by an empty package [ETS 755]" "$ep" "$2" push
  dropped "$1, reset by an empty package [ETS 755]" "$ep" '^firmware reset by an empty package' 0
  seen "$1: it is one zero byte [ETS 755]" "$ep" '^write /5/0/0 0x00$'
  whole "$1, a good package after it [ETS 755 770]" "$ep" "$2" 1.0.0 2.0 push
  told "$1: the state is observed: Downloading [ETS 760]" "$ep/v/5/0/3" '"v":1,"t":[0-9.]+,"seq"' # no src: it was notified
  told "$1: Downloaded [ETS 760]" "$ep/v/5/0/3" '"v":2,"t":[0-9.]+,"seq"'
  told "$1: Updating" "$ep/v/5/0/3" '"v":3,'
  told "$1: the result, too [ETS 770]" "$ep/v/5/0/5" '"v":1,'
  told "$1: MQTT tells the update" "$ep/firmware" '"state":"done"' '"version_after":"2.0"'
  whole "$1, another one [ETS 770]" "$ep" "$3" 2.0 3.0 push
}

pulled() { # METHOD
  local ep=fw-$1
  client udp "$ep" pull
  held "udp, $1, reset by an empty URI [ETS 756]" "$ep" large2 "$1"
  dropped "udp, $1, reset by an empty URI [ETS 756]" "$ep" '^firmware reset by an empty URI' 0
  seen "udp, $1: it is an empty text [ETS 756]" "$ep" '^write /5/0/1 ""$'
  whole "udp, $1, a good one after it [ETS 756 771]" "$ep" large2 1.0.0 2.0 "$1"
  seen "udp, $1: the client has fetched it [ETS 771]" "$ep" "^firmware fetched by $2 $3"
  told "udp, $1: Downloading was told [ETS 771]" "$ep/v/5/0/3" '"v":1,'
  fails "udp, $1, a wrong checksum" "$ep" damaged "$1" 5 'result 5'
}

# Of a client with both ways and Cancel.
both() {
  local ep=fw-both
  client udp "$ep" both
  held "both, pushed and cancelled" "$ep" small2 push
  dropped "both, pushed and cancelled" "$ep" '^execute /5/0/10' 10
  held "both, fetched and cancelled" "$ep" small2 pull-coap
  dropped "both, fetched and cancelled" "$ep" '^execute /5/0/10' 10
  fails "both, no image at all" "$ep" foreign push 6 'result 6'
  gives "both: a URI of which it knows nothing is taken" '"code":"2.04"' write "$ep" /5/0/1 'ftp://127.0.0.1/image'
  gives "both: and comes to result 9" '"path":"/5/0/5","value":9,' read "$ep" /5/0/5
  gives "both: Update in state Idle is refused" '"code":"4.05"' execute "$ep" /5/0/2
  held "both, applied later" "$ep" small2 auto
  is "$(count "$ep" '^execute /5/0/2$')" 0 "both, applied later: Update waits"
  firmware apply "$ep" >"$WORK/answer" 2>&1
  comes "both, applied later: it is done" "$ep" "done" .version_after 2.0
  begin "both: what it runs already" "$ep" small2
  comes "both: is done at once" "$ep" "done" .version_before 2.0
  is "$(count "$ep" '^firmware version')" 1 "both: and not installed again"
}

UDP=$(free_port)
start_interop fw-nidd -- 'server = { observe = {} },' \
  "firmware = { coap = \"coap://127.0.0.1:$UDP\", http = { listen = \"127.0.0.1:$(free_port)\" } },"
image large2 2.0 150000
image large3 3.0 90001
image small2 2.0 6000
image small3 3.0 5120
image damaged 4.0 5000 damaged
image foreign 4.0 5000 foreign
pushed udp large2 large3
pushed nidd small2 small3
pulled pull-coap CoAP 2.05
pulled pull-http HTTP 200
both
end_interop
