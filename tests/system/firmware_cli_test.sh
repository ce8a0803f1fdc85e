#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Firmware updates and campaigns as people see them: every verb of `tidegate firmware` against a running gateway with devices that have object 5,
# the same over MQTT, and a gateway that is killed in the middle of a campaign.
# timeout: 240
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto mosquitto_pub mosquitto_sub

tidegate() {
  OUT=$(timeout 90 "$TIDEGATE" -c "$WORK/tidegate.lua" "$@" 2>"$WORK/err" </dev/null)
  STATUS=$?
  ERR=$(<"$WORK/err")
}
fw() { tidegate firmware "$@"; }
json() { is "$(jq -rs "$1" <<<"$OUT" 2>&1)" "$2" "$3"; }
image() { tests/fake/device/make_image "$WORK/$1.bin" "$2" sim "$3" "${4:-good}"; }

# Wrong usage, without a gateway ----------------------------------------------------------------------------------------

write_config <<'END'
  server = { observe = {} },
END
while IFS='|' read -r words message; do
  # shellcheck disable=SC2086 # words are words
  fw $words
  is "$STATUS" 2 "firmware $words: wrong usage"
  like "$ERR" "$message" "and says: $message"
done <<'END'
|usage: tidegate firmware VERB
foo|no verb "foo"
add|file is missing
add /no/such/file|/no/such/file can't be read
update d|image is missing
update d i more|"more" is too much
update d i --severity x|--severity x: a whole number is wanted
update d i --method push --method push|given twice
status --hold|it has no option --hold
campaign|start, pause, resume, cancel or show is missing
campaign go c|no verb "go"
campaign start c|image is missing
campaign start c i --limit nb|LINK=N is wanted
campaign start c i --wave -3|a whole number is wanted
END
tidegate read d /3 --hold
is "$STATUS" 2 "other commands have none of its options"
fw help
is "$STATUS" 0 "help is no mistake"
like "$OUT" 'campaign start NAME IMAGE' "and tells all verbs"
fw images
is "$STATUS" 3 "without a gateway it ends with 3"

# Images -----------------------------------------------------------------------------------------------------------------

start_broker broker
subscribe messages "$PREFIX/#"
write_config <<END
  name = "gw",
  server = { observe = {} },
  firmware = { coap = "coap://127.0.0.1:$UDP", http = { listen = "127.0.0.1:0" } },
END
start_gateway
need 20 says messages '/gw/gw/state .*"online"'
for nothing in images 'status' campaigns; do
  fw "$nothing"
  like "$STATUS $OUT" '^0 no firmware (images|updates|campaigns)$' "there is nothing: $nothing"
done
image fw2 2.0 50000
image fw3 3.0 60000
image broken 4.0 20000 damaged
cd "$WORK" || exit 2
TIDEGATE_ROOT=$TG_ROOT
fw add fw2.bin --name fw2 --version 2.0
is "$STATUS" 0 "an image is added, from wherever one is"
cd "$TIDEGATE_ROOT" || exit 2
fw images --json
json '.[0] | [.name, .version, .size, .users, (.sha256 | length)] | join(",")' "fw2,2.0,50000,0,64" "and is there"
json '.[0].sha256' "$(sha256sum "$WORK/fw2.bin" | cut -d' ' -f1)" "with the right hash"
fw add "$WORK/fw2.bin"
fw images
like "$OUT" '^fw2\.bin +- ' "without --name it is called as its file"
fw remove fw2.bin
is "$STATUS $OUT" "0 done" "an image is removed"
fw remove fw2.bin
is "$STATUS" 1 "once"
like "$ERR" 'no image of this name' "and says why"
fw add "$WORK/fw3.bin" --name fw2
is "$STATUS" 1 "another file under the same name is refused"
fw add "$WORK/fw3.bin" --name 'a b'
is "$STATUS" 1 "and so is a name that can't be one"
fw add "$WORK/fw3.bin" --name fw3 --version 3.0
fw add "$WORK/broken.bin" --name broken

# One device -------------------------------------------------------------------------------------------------------------

start_device one "$UDP" --firmware both --fw-version 1.0
start_device plain "$UDP"
need 20 says messages "^$PREFIX/dev/one/state .*\"online\""
need 20 says messages "^$PREFIX/dev/plain/state .*\"online\""
fw update nobody fw2
is "$STATUS" 1 "a device that is not there is refused"
like "$ERR" 'no device of this name' "and says so"
fw update one nothing
is "$STATUS" 1 "an image that is not there too"
fw update one fw2 --wait
is "$STATUS" 0 "an update ends well"
like "$OUT" '^transferring 0 %, 0 B of 49 kB' "it is shown line by line where there is no terminal"
like "$(tail -1 <<<"$OUT")" '^one: done, ' "to its end"
fw update one fw2 --wait --json
json '.[-1] | [.ep, .image, .state, .end] | join(",")' 'one,fw2,done,true' "what it runs already is done"
fw update one broken --wait
is "$STATUS" 1 "an image that the device refuses is a failure"
like "$ERR" '^tidegate firmware update: .' "with a reason"
if command -v script >/dev/null; then
  bar=$(script -qec "$TIDEGATE -c $WORK/tidegate.lua firmware update one fw2 --wait --force" /dev/null </dev/null | tr '\r' '\n')
  like "$bar" '^\[#{30}\] 100 %  49 kB of 49 kB  done' "on a terminal it is a bar that fills up"
  like "$bar" '^one: done, ' "with the end below it"
else
  skip "the bar on a terminal" "there is no script"
fi
for method in pull-coap pull-http push; do
  fw update one "$([ "$method" = pull-http ] && echo fw2 || echo fw3)" --method "$method" --wait --force
  is "$STATUS" 0 "by $method"
  fw status one --json
  json '.[0] | [.method, .state] | join(",")' "$method,done" "it says how: $method"
done
fw status one
like "$(sed -n 2p <<<"$OUT")" '^one +fw3 +done +100 % +push +udp0 ' "status begins with the newest"
fw update one fw2 --hold --wait
is "$STATUS" 0 "one that is held ends its waiting when it is ready"
like "$OUT" 'one: ready' "and says so"
fw update one fw2
is "$STATUS" 1 "there is one at a time"
like "$ERR" 'has an update that has not ended' "and says so"
fw remove fw2
is "$STATUS" 1 "an image in use stays"
fw apply one
is "$STATUS $OUT" "0 done" "it is applied"
is_done() { "$TIDEGATE" firmware status "$1" --json -c "$WORK/tidegate.lua" | head -1 | grep -q "\"state\":\"$2\""; }
need 20 is_done one 'done'
fw apply one
is "$STATUS" 1 "once"
like "$ERR" 'its update is done' "and says so"
fw update one fw3 --hold --wait
fw cancel one
is "$STATUS $OUT" "0 done" "it is cancelled"
need 20 is_done one cancelled
fw cancel plain
is "$STATUS" 1 "a device without an update has none to cancel"
fw update plain fw2 --wait
is "$STATUS" 1 "a device without object 5 can't be updated"

# Over MQTT --------------------------------------------------------------------------------------------------------------

ask one '"op":"firmware_update","image":"fw3"'
like "$RESULT" '"op":"firmware_update","state":"done","update":[0-9]+' "an update over MQTT ends well"
is "$(results one "q$ASKED" | grep -c '"state":"sent"')" 1 "and was answered before, when it began"
publish -t "$PREFIX/dev/one/cmd" -m "{\"id\":\"q$ASKED\",\"op\":\"firmware_update\",\"image\":\"fw3\"}"
twice() { [ "$(results one "q$ASKED" | grep -c '"state":"done"')" = 2 ]; }
await 10 twice
check $? "the same id is answered again"
is "$(grep -c "^$PREFIX/dev/one/firmware .*\"id\":\"q$ASKED\".*\"state\":\"waiting\"" "$WORK/messages.log")" 1 "and not carried out again"
for state in waiting asking transferring ready applying 'done'; do
  says messages "^$PREFIX/dev/one/firmware .*\"id\":\"q$ASKED\",\"state\":\"$state\""
  check $? "its states are published: $state"
done
is "$(mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t "$PREFIX/dev/one/firmware" -C 1 -W 10 | jq -r .state)" "done" "the last one is retained"
ask one '"op":"firmware_updat","image":"fw3"'
like "$RESULT" 'did you mean' "a mistake is answered with the cure"
ask one '"op":"firmware_apply"'
like "$RESULT" '"error":"state"' "what can't be is answered"

# Campaigns --------------------------------------------------------------------------------------------------------------

start_device meter "$UDP" --count 5 --ep-prefix meter --firmware push --fw-version 1.0
start_device bad "$UDP" --count 3 --ep-prefix bad --firmware push --fw-version 1.0 --fw-fail install
for ep in meter1 meter2 meter3 meter4 meter5 bad1 bad2 bad3; do need 20 says messages "^$PREFIX/dev/$ep/state .*\"online\""; done
stands() { "$TIDEGATE" firmware campaign show "$1" --json -c "$WORK/tidegate.lua" | grep -q "\"campaign\":\"$2\""; }

fw campaign start may fw2 --ep 'meter*' --from-version '1.*' --wave 2 --growth 50 --limit udp0=2 --stop-percent 20
is "$STATUS" 0 "a campaign is begun"
like "$OUT" '^first wave +2$' "and shown"
like "$OUT" '^at once over +udp0: 2$' "with its limits"
fw campaign start may fw2
is "$STATUS" 1 "its name is its own"
need 60 stands may 'done'
fw campaign show may --json
json '.[0] | [.wave, .done, .failed, .left] | join(",")' '2,5,0,0' "two and three devices had it"
fw campaigns
like "$(sed -n 1p <<<"$OUT")" '^NAME +IMAGE +STATE +WAVE +RUNNING +DONE +FAILED +CANCELLED +UNKNOWN +LEFT +CAUSE$' "campaigns are a table"
like "$(sed -n 2p <<<"$OUT")" '^may +fw2 +done +2 +0 +5 +0 +0 +0 +0  every device it is for has ended$' "with a row for each"
await 10 says messages "^$PREFIX/gw/gw/campaign/may .*\"state\":\"done\""
check $? "and told over MQTT"

fw campaign start june fw3 --ep 'bad*' --parallel 1 --stop-failures 2
need 60 stands june stopped
fw campaign show june --json
json '.[0] | [.failed, .left, .cause] | map(tostring) | join(",")' '2,1,2 of 2 updates failed; it stops at 2' "a campaign stops by its rule"
fw campaign pause june
is "$STATUS" 1 "what has stopped can't be paused"
like "$ERR" 'the campaign is stopped and can.t be paused' "and says so"
fw campaign cancel june
is "$STATUS" 0 "it can be cancelled"
fw campaign resume june
is "$STATUS" 1 "and is over then"
fw campaign show nothing
is "$STATUS" 1 "a campaign that is not there"

gw_ask() {
  publish -t "$PREFIX/gw/gw/cmd" -m "$2"
  await 10 says messages "^$PREFIX/gw/gw/result .*\"id\":\"$1\""
  RESULT=$(grep "^$PREFIX/gw/gw/result .*\"id\":\"$1\"" "$WORK/messages.log" | tail -1)
}
gw_ask c1 '{"id":"c1","op":"campaign_start","name":"july","image":"fw3","ep":"nobody*"}'
like "$RESULT" '"state":"done"' "a campaign is begun over MQTT"
await 10 says messages "^$PREFIX/gw/gw/campaign/july .*no device"
check $? "one for nobody is over at once"
gw_ask c2 '{"id":"c2","op":"campaign_pause","name":"july"}'
like "$RESULT" '"error":"state"' "and can't be paused"

# A power cut in the middle ----------------------------------------------------------------------------------------------

image fw5 5.0 1500000
fw add "$WORK/fw5.bin" --name fw5 --version 5.0
fw campaign start august fw5 --ep 'meter*' --parallel 1 --wave 3
some_done() { "$TIDEGATE" firmware campaign show august --json -c "$WORK/tidegate.lua" | grep -qE '"done":[1-4],'; }
need 60 some_done
stop gateway KILL
start_gateway
need 90 stands august 'done'
fw campaign show august --json
json '.[0] | [.wave, .done, .failed, .unknown] | join(",")' '2,5,0,0' "a campaign goes on after kill -9"
fw status --json
is "$(jq -r 'select(.campaign == "august") | .ep' <<<"$OUT" | sort | tr '\n' ' ')" "meter1 meter2 meter3 meter4 meter5 " "and no device had it twice"
fw campaign show may --json
json '.[0] | [.campaign, .done] | join(",")' 'done,5' "one that had ended before is remembered"

# One that was asked for over MQTT and is held
publish -t "$PREFIX/dev/one/cmd" -m '{"id":"held","op":"firmware_update","image":"fw2","hold":true,"force":true}'
need 20 says messages "^$PREFIX/dev/one/firmware .*\"id\":\"held\",\"state\":\"ready\""
stop gateway KILL
start_gateway
need 20 is_done one ready
need 20 says gateway ' mqtt connected '
is "$(results one held | tail -1 | jq -r .state)" sent "an update that was asked for over MQTT is not answered by a restart"
ask one '"op":"firmware_apply"'
like "$RESULT" '"state":"done"' "it goes on when it is told to"
await 30 has_ended one held
like "$RESULT" '"id":"held","op":"firmware_update","state":"done"' "and then who asked before the restart is answered"

# Waiting for a gateway that goes
start_device slow "$UDP" --queue --awake 0.8 --firmware push --fw-version 1.0
need 20 says messages "^$PREFIX/dev/slow/state .*\"online\""
(timeout 60 "$TIDEGATE" firmware update slow fw2 --hold --wait -c "$WORK/tidegate.lua" >"$WORK/wait.log" 2>&1
  echo "ended $?" >>"$WORK/wait.log") &
await 20 says wait '^(waiting|asking|transferring|slow)'
stop gateway
is "$STATUS" 0 "a gateway with an update on its way stops well"
await 20 says wait '^ended [03]$'
check $? "and who waited is told"

done_testing
