#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Firmware through a network that loses three datagrams in ten, repeats one in ten and reorders two in ten: a mebibyte by push and by both ways
# of pull, 64 KiB by push over NIDD, all at once, while the devices are read; with the gateway killed in the middle. Then a campaign.
# timeout: 400
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto curl python3 gzip

BAD=(--loss 30 --dup 10 --reorder 20 --late 3)
QUICK=(--con --ack-timeout 5 --retransmits 8 --lifetime 20) # a device that updates often is asked again soon after a failure

sees() { grep -qE -- "$1" "$WORK/messages.log"; }
digest() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }
# told NAME ERE: the newest that MQTT says of a device's update; cheap enough to be asked often.
told() { grep "^tidegate/dev/$1/firmware " "$WORK/messages.log" | tail -1 | grep -qE -- "$2"; }
has_sent() { [ "$(update_of "$1" '.sent // 0')" -gt "$2" ]; }
all_ended() {
  local name
  for name; do told "$name" '"state":"(done|failed|cancelled|unknown)"' || return 1; done
}

start_broker
subscribe messages 'tidegate/#'
start_scef meter@iot.example
UDP=$(free_port)
HTTP=$(free_port)
start_lossy air "$UDP" "${BAD[@]}" --seed 11
AIR=$LOSSY
start_lossy radio "$(relay_port meter@iot.example)" "${BAD[@]}" --seed 12
RADIO=$LOSSY
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP, ack_timeout = 0.005, max_retransmit = 8 },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw", devices = { "meter@iot.example" },
      ack_timeout = 0.02, max_retransmit = 8 },
  },
  firmware = { coap = "coap://127.0.0.1:$AIR", http = { listen = "127.0.0.1:$HTTP" } },
END
start_gateway
make_image "$WORK/large" 2.0 1048576
make_image "$WORK/small" 2.0 65536
firmware add "$WORK/large" --name large --version 2.0 >/dev/null
check $? "an image of a mebibyte is added"
firmware add "$WORK/small" --name small --version 2.0 >/dev/null
check $? "and a small one"

# A mebibyte each way, 64 KiB over NIDD, a kill in the middle ----------------------------------------------------------

declare -A METHOD=([pushed]=push [fetcher]=pull-coap [surfer]=pull-http [meter]=push)
declare -A IMAGE=([pushed]=large [fetcher]=large [surfer]=large [meter]=small)
declare -A PORT=([pushed]=$AIR [fetcher]=$AIR [surfer]=$AIR [meter]=$RADIO)
NAMES=(pushed fetcher surfer meter)
for name in "${NAMES[@]}"; do
  start_device "$name" "${PORT[$name]}" "${QUICK[@]}" --firmware both --fw-version 1.0 --image-out "$WORK/$name.bin"
done
for name in "${NAMES[@]}"; do need 30 sees "/dev/$name/state .*\"state\":\"online\""; done
# begin NAME
begin() {
  firmware update "$1" "${IMAGE[$1]}" --method "${METHOD[$1]}" >/dev/null
  check $? "$1: an update by ${METHOD[$1]} begins"
}

# reads WHEN NAME...: each device is read while its image is on its way. An exchange may fail in such a network, be it the read's or the block's
# before it, whose time-outs are 4 s each; who asks asks again, and the try that succeeds does so in time.
reads() {
  local name begun try
  for name in "${@:2}"; do
    for try in 1 2 3; do
      begun=$SECONDS
      ask "$name" '"op":"read","path":"/3303/0/5701"'
      [[ $RESULT == *'"state":"done"'* ]] && break
      echo "# $1: $name, try $try after $((SECONDS - begun)) s: $RESULT"
    done
    is "$(jq -r '[.state, .values["/3303/0/5701"]] | join(",")' <<<"$RESULT")" "done,Cel" "$1: $name is read meanwhile"
    ((SECONDS - begun <= 10))
    check $? "$1: in time ($try)"
  done
}

# The fetcher is the quickest of them: last.
begin pushed
begin meter
need 60 has_sent pushed 100000
need 60 has_sent meter 2000
reads "under way" pushed
begin fetcher
need 60 has_sent fetcher 20000
is "$(for name in pushed fetcher meter; do update_of "$name" .state; done | xargs)" "transferring transferring transferring" "all three are under way"
sent=$(update_of pushed .sent)
stop gateway KILL
start_gateway
like "$(update_of pushed .state)" '^(waiting|asking|transferring)$' "after kill -9 the update is still there"
begin surfer
await 150 has_sent pushed "$sent" # a read that fails in such a network is tried again after 30 s, then 60
check $? "and goes on"
reads "after kill -9" pushed fetcher meter
await 150 all_ended "${NAMES[@]}"
for name in "${NAMES[@]}"; do
  is "$(update_of "$name" '[.state, .method, .version_before, .version_after] | join(",")')" "done,${METHOD[$name]},1.0,2.0" "$name: is done" ||
    update_of "$name" . | sed 's/^/# /'
  is "$(digest "$WORK/$name.bin")" "$(digest "$WORK/${IMAGE[$name]}")" "$name: the image is right"
  is "$(count "$name" '^execute /5/0/2')" 1 "$name: one Update was executed"
  is "$(count "$name" '^firmware image ')" 1 "$name: one image was downloaded"
  is "$(count "$name" '^firmware version 2.0')" 1 "$name: it runs"
done
await 10 sees '^tidegate/dev/pushed/firmware .*"state":"done"'
check $? "the end is told on MQTT"
is "$("$TIDEGATE" read pushed /3/0/3 -c "$WORK/tidegate.lua" | awk 'END { print $2 }')" 2.0 "the device says so"
for name in "${NAMES[@]}"; do stop "$name"; done
stop air
like "$(tail -1 "$WORK/air.log")" '^up=[0-9]{4,} down=[0-9]{4,} lost=[0-9]{3,} repeated=[0-9]{3,} late=[0-9]{3,} ' "the network was as bad as it should be"
stop radio

# A campaign, killed in the middle -------------------------------------------------------------------------------------

campaign() { firmware campaign show may --json | jq -r "select(.name) | $1"; } # its state is the member `campaign`
is_in_wave() { [ "$(campaign .wave)" -ge "$1" ]; }
campaign_is() { [ "$(campaign .campaign)" = "$1" ]; }

QUICK+=(--firmware push --fw-version 1.0 --fw-block 128 --fw-install 0.3 --restart 0.1) # blocks so small that a kill finds them on their way
spawn fleet "$BUILD/tests/fake/device/tg-fake-device" --server "127.0.0.1:$UDP" --ep-prefix fleet --count 5 "${QUICK[@]}" --image-out "$WORK/fleet"
start_device fleet6 "$UDP" "${QUICK[@]}" --fw-fail install
for name in fleet{1..6}; do need 30 sees "/dev/$name/state .*\"state\":\"online\""; done
firmware campaign start may large --ep 'fleet*' --wave 1 --growth 100 --stop-failures 2 >/dev/null
check $? "a campaign begins"
await 60 is_in_wave 2
check $? "its second wave begins"
stop gateway KILL
start_gateway
like "$(campaign .campaign)" '^(running|done)$' "after kill -9 it is still there"
await 90 campaign_is "done"
is "$(campaign '[.campaign, .done, .failed, .cancelled, .unknown, .left] | join(",")')" "done,5,1,0,0,0" "it ends: one device failed" ||
  campaign . | sed 's/^/# /'
[ "$(campaign .wave)" -ge 3 ]
check $? "in waves"
for name in fleet{1..5}; do
  is "$(digest "$WORK/fleet-$name")" "$(digest "$WORK/large")" "$name: the image is right"
  is "$(count fleet "^$name execute /5/0/2")" 1 "$name: one Update was executed"
  is "$(update_of "$name" '[.state, .version_after] | join(",")')" "done,2.0" "$name: runs the new version"
done
is "$(update_of fleet6 '[.state, .result] | join(",")')" "failed,8" "fleet6: failed"
like "$(update_of fleet6 .cause)" 'result 8' "and is told why"
is "$(count fleet6 '^execute /5/0/2')" 1 "fleet6: Update was not executed twice"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
done_testing
