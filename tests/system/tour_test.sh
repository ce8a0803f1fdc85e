#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The five minutes of README.md, as they stand there, but on free ports and in a temporary folder.
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require mosquitto mosquitto_pub mosquitto_sub "$TIDEGATE" "$BUILD/tests/fake/device/tg-fake-device"

# block N: the N-th Lua block of the tour.
block() {
  awk -v wanted="$1" '/^## /{inside = $0 ~ /^## Five minutes/} !inside{next}
    /^```$/{printing = 0} printing{print} /^```lua$/{printing = ++n == wanted}' README.md
}
on_ports() { sed "s/port = 5683/port = $UDP/; s/:1883/:$BROKER/"; }
# seen NAME COMMAND...: within twenty seconds.
seen() {
  await 20 "${@:2}"
  check $? "$1"
}

start_broker broker
subscribe all 'tidegate/#'
UDP=$(free_port)
block 1 | on_ports >"$WORK/tidegate.lua"
"$TIDEGATE" check -c "$WORK/tidegate.lua" >"$WORK/check.log"
check $? "the configuration is fine"
start_gateway gateway
seen "the gateway's state is on the broker" says all '^tidegate/gw/tour/state .*"state":"online"'
start_device sim1 "$UDP" --interval 1
seen "the device's state comes" says all '^tidegate/dev/sim1/state .*"state":"online"'
seen "and its temperature" says all '^tidegate/dev/sim1/v/3303/0/5700 {"v":[0-9.]+,"u":"Cel",'

like "$("$TIDEGATE" read sim1 /3303/0 -c "$WORK/tidegate.lua")" '/3303/0/5700 .*[0-9]' "the command line reads an object"
publish -t tidegate/dev/sim1/cmd -m "$(sed -n "s/^ *mosquitto_pub .*cmd -m '\(.*\)'\$/\1/p" README.md)"
seen "a command over MQTT is answered" says all '^tidegate/dev/sim1/result .*"state":"done".*"/3/0/9":87'

# tour COMMAND: the line of the tour that begins so, in this folder.
tour() { sed -n "s|^    \($1 .*\)|\1|p" README.md | sed "s|build/tour|$WORK|g; s|build/release|$BUILD|; s|:5683|:$UDP|; s|>/dev/null &||"; }
# shellcheck disable=SC2046
spawn sim2 $(tour build/release/tests/fake/device/tg-fake-device | grep sim2)
seen "the device with firmware comes" says all '^tidegate/dev/sim2/state .*"state":"online"'
eval "$(tour tests/fake/device/make_image)"
check $? "an image is made"
eval "$(tour build/release/tidegate | grep 'firmware add')" >/dev/null
check $? "and added"
like "$(eval "$(tour build/release/tidegate | grep 'firmware update')")" '^sim2: done, the device runs 2\.0' "the update goes as the tour says"

mkdir "$WORK/rules"
block 2 >"$WORK/rules/hall.lua"
{ block 1 | sed '$d' && block 3 && echo '}'; } | on_ports >"$WORK/tidegate.lua"
stop gateway INT
is "$STATUS" 0 "Ctrl-C stops the gateway"
subscribe hall 'hall/#'
start_gateway gateway
seen "the rule publishes what the device says" says hall '^hall/sim1/temperature {"celsius":[0-9.]+,"warm":'
is "$(count sim1 '^registered')" 1 "which has not noticed anything"

block 2 | sed 's/> 21/> -300/' >"$WORK/rules/hall.lua"
: >"$WORK/hall.log"
seen "a changed rule is loaded when it is saved" says hall '"warm":true'
block 2 | sed 's/match/macth/' >"$WORK/rules/hall.lua"
seen "a wrong one is refused with the nearest word" says gateway "not_loaded name=hall .*'macth' is not known, did you mean 'match'"
: >"$WORK/hall.log"
seen "and the version before goes on" says hall '"warm":true'
done_testing
