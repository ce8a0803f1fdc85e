#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What operators decide about devices: a script that refuses, names, tags and chooses; profiles of quirks by model; what is observed
# of whom; all of it shown, and kept over a restart.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto

# of NAME JQ: from what `tidegate devices NAME --json` says of one device.
of() { "$TIDEGATE" devices "$1" -c "$WORK/tidegate.lua" --json 2>&1 | head -1 | jq -cr "$2" 2>&1; }
is_of() { [ "$(of "$1" "$2")" = "$3" ]; }
# state NAME JQ: the last retained state of a device.
state() { grep -F "$PREFIX/dev/$1/state {" "$WORK/messages.log" | tail -1 | sed 's/^[^ ]* //' | jq -cr "$2" 2>&1; }
is_state() { [ "$(state "$1" "$2")" = "$3" ]; }

mkdir -p "$WORK/rules"
cat >"$WORK/rules/policy.lua" <<'LUA'
return {
  on_register = function(reg)
    if reg.ep:find("^bad") then return { admit = false, why = "not on the list" } end
    local number = reg.ep:match("^meter(%d)$")
    if not number then return nil end
    return {
      name = "hall-" .. number,
      tags = { "plant", "meter" },
      observe = { "/3303/0/5700", { path = "/3/0/9", pmax = 3600 } },
    }
  end,
}
LUA
config() {
  write_config <<LUA
  scripts = { "rules/policy.lua" },
  policy = { on_error = "$1" },
  quirks = {
    { manufacturer = "Tidegate*", ep = "odd*", no_attributes = true, unsigned_tlv = true, block = 64 },
    { ep = "text*", text_only = true },
  },
  server = {
    observe = {
      { path = "/3303", pmin = 1, pmax = 3600, ep = "pair*" },
      { path = "/3311", pmin = 1, pmax = 3600, ep = "pair*" },
      { path = "/3/0/9", pmin = 1, ep = "odd*" },
      { path = "/3/0/7", tag = "nobody" },
      { path = "/3303", ep = "text*" },
    },
  },
LUA
}

start_broker
subscribe messages "$PREFIX/#"
config admit
start_gateway

start_device bad1 "$UDP"
need 10 says bad1 '^register-failed 4.03'
check $? "a device that the policy refuses is told 4.03"
need 10 says messages '/event \{.*"event":"refused".*not on the list'
check $? "and why is an event"

start_device meter1 "$UDP"
need 10 is_state hall-1 .state online
is "$(state hall-1 '[.wire_ep, (.tags | join(" "))] | join(",")')" "meter1,plant meter" "the state tells name and tags"
is "$(of hall-1 '[.wire_ep, (.tags | join(" "))] | join(",")')" "meter1,plant meter" "so does the command line"
like "$("$TIDEGATE" devices hall-1 -c "$WORK/tidegate.lua")" "plant meter" "in its table too"
need 10 says meter1 '^observe /3303/0/5700'
need 10 says meter1 '^attributes /3/0/9 pmax=3600'
need 10 says meter1 '^observe /3/0/9'
check $? "it is observed as the policy chose"
tell meter1 "set /3303/0/5700 7.5"
need 10 says messages '^tidegate/dev/hall-1/v/3303/0/5700 .*"v":7.5'
check $? "its values come under its name"
ask hall-1 '"op":"read","path":"/3/0/9"'
is "$(jq -r .state <<<"$RESULT")" "done" "commands go to it under its name"

start_device pair1 "$UDP" --no-composite
need 20 says pair1 '^observe /3311/0'
is "$(count pair1 '^refused / 4.05')" 1 "what has the same period is tried together, once"
is "$(count pair1 '^observe /3303/0$')" 1 "and observed one by one where that is refused"
need 10 is_of pair1 '.quirks.composite_refused' 1
need 10 is_state pair1 '(.quirks // []) | index("composite_refused") != null' true
check $? "which is shown on the device"

start_device odd1 "$UDP"
need 20 says odd1 '^observe /3/0/9'
is "$(count odd1 '^attributes')" 0 "a device of a model with a profile is spared its attributes"
is "$(count odd1 '^read /3/0/0')" 1 "its maker was read once"
is "$(of odd1 '.quirks | keys | join(" ")')" "no_attributes small_blocks unsigned_tlv" "what is tolerated is shown by name"
need 10 is_state odd1 '(.quirks // []) | join(" ")' "unsigned_tlv no_attributes small_blocks"
check $? "over MQTT too"

start_device text1 "$UDP"
need 20 says messages '^tidegate/dev/text1/v/3303/0/5700 '
like "$(<"$WORK/text1.log")" '^observe /3303/0/5700$' "what holds text only is observed by its resources"
ask text1 '"op":"read","path":"/3303/0"'
is "$(jq -r .error <<<"$RESULT")" "format" "and not asked for more than text holds"

stop gateway KILL
start_gateway
need 20 says gateway " mqtt connected "
is "$(of hall-1 '[.state, .wire_ep, (.tags | join(" "))] | join(",")')" "online,meter1,plant meter" "a restart keeps what was decided"
is "$(of odd1 '.quirks | keys | join(" ")')" "no_attributes small_blocks unsigned_tlv" "and what was learned"
for name in meter1 pair1 odd1; do tell $name update; done
for name in meter1 pair1 odd1; do need 10 says $name '^updated'; done
ask hall-1 '"op":"read","path":"/3/0/9"'
is "$(jq -r .state <<<"$RESULT")" "done" "commands go to it again"
ask pair1 '"op":"read","path":"/3/0/9"'
ask odd1 '"op":"read","path":"/3/0/9"'
is "$(count pair1 '^refused / 4.05')" 1 "what a device refused is not tried again"
is "$(count pair1 '^observe ')" 2 "nor observed a second time"
is "$(count odd1 '^read /3/0/0')" 1 "nor asked who it is"

sed -i 's/return { admit = false.*/error("no list today") end/' "$WORK/rules/policy.lua"
need 10 says gateway 'loaded name=policy'
"$TIDEGATE" reload policy -c "$WORK/tidegate.lua" >/dev/null
start_device bad2 "$UDP"
need 10 says bad2 '^registered'
check $? "a policy that fails lets devices in"
stop gateway
config refuse
start_gateway
start_device bad3 "$UDP"
need 10 says bad3 '^register-failed 4.03'
check $? "unless it is not to"

write_config "$WORK/wrong.lua" <<'LUA'
  quirks = {
    { model = "x",
      text_onyl = true } },
LUA
like "$("$TIDEGATE" check -c "$WORK/wrong.lua" 2>&1)" 'wrong.lua:[0-9]+: unknown key "text_onyl" in quirks\[1\]; did you mean "text_only"' \
  "a profile that is wrong is told with its line"

for name in bad1 meter1 pair1 odd1 text1 bad2 bad3; do stop $name; done
stop gateway
done_testing
