#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `tidegate explain`: a value that is there, and every reason why one is not that a whole gateway with devices, a script and a broker can have.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto
PAGE=docs/howto/find-a-missing-value.md

# explain EP PATH: the codes found in CODES, those that block with a `!`; the answer in OUT, its exit code in STATUS.
explain() {
  OUT=$(timeout 30 "$TIDEGATE" -c "$WORK/tidegate.lua" explain "$@" --json 2>&1)
  STATUS=$?
  CODES=$(jq -r 'select(.code) | .code + (if .blocks then "!" else "" end)' <<<"$OUT" 2>&1 | xargs)
}

# finds EP PATH CODES NAME: exactly these findings, in this order.
finds() {
  explain "$1" "$2"
  is "$STATUS $CODES" "0 $3" "$4"
}

# comes_to EP PATH CODES NAME: the same, as soon as it is so.
comes_to() {
  await 20 has_come "$1" "$2" "$3"
  is "$CODES" "$3" "$4"
}

has_come() {
  explain "$1" "$2"
  [ "$CODES" = "$3" ]
}

# of CODE: that finding.
of() { jq -c "select(.code == \"$1\")" <<<"$OUT"; }

# What is promised in the documentation -----------------------------------------------------------------------------------

mapfile -t codes < <(sed -nE 's/.*find\(quest, "([a-z_0-9]+)".*/\1/p' bindings/host/control_explain.c | sort -u)
documented=$(sed -nE 's/^\| `([a-z_0-9]+)`.*/\1/p' "$PAGE" | sort)
[ ${#codes[@]} -ge 20 ]
check $? "the findings are found in the source"
is "$documented" "$(printf '%s\n' "${codes[@]}")" "all of them are in $PAGE, and no others"

# Without anything -----------------------------------------------------------------------------------------------------

mkdir -p "$WORK/rules"
cat >"$WORK/rules/mine.lua" <<'END'
local always -- from 21 degrees on every value is too much for it
local function map(rec)
  always = always or rec.path == "/3303/0/5700" and rec.value >= 21
  return (always or rec.path == "/3303/0/5700") and rec.value.nothing or rec.value
end
return { name = "mine", rules = { { topic = "mine/{ep}{path}", map = map } } }
END
start_broker
write_config <<END
  server = { observe = { "/3303/0/5700", "/3311/0/5850", "/3/0/99" }, awake = 1 },
  scripts = { "rules/mine.lua" },
END
start_gateway
subscribe messages "$PREFIX/#"
need 10 says messages '^tidegate/gw/gw/state .*"online"'
finds hall /3303/0/5700 'unknown_device!' "nobody is there"
is "$(jq -c 'select(.end) | [.ep, .target, .values, .count]' <<<"$OUT")" '["hall","/3303/0/5700",0,1]' "and the last line says what was asked for"
OUT=$("$TIDEGATE" -c "$WORK/tidegate.lua" explain hall kitchen 2>&1)
like "$? $OUT" '^1 tidegate explain: explain wants the name of a device and a path' "a path that is none"
OUT=$("$TIDEGATE" -c "$WORK/tidegate.lua" explain hall 2>&1)
is "$? $OUT" "2 tidegate explain: path is missing; see tidegate help" "a word too few"

# A device ---------------------------------------------------------------------------------------------------------------

start_device hall "$UDP"
need 10 says messages '^tidegate/dev/hall/v/3303/0/5700 '
comes_to hall /3303/0/5700 'value observed script_error' "a value that is there"
is "$(of value | jq -c '[.path, .value, .unit, .blocks, (.since | type)]')" '["/3303/0/5700",20,"Cel",false,"number"]' "with the value, and since when"
like "$(of script_error)" 'script mine failed in [0-9]+ calls, the last time: .*rules/mine.lua:4: attempt to index' "and the rule that failed with it"
finds hall /3304/0/5700 'no_object! not_observed! script_error' "an object that it did not announce"
finds hall /3303/3/5700 'no_instance! not_observed! script_error' "an instance that it did not announce"
finds hall /3303/0/5555 'undefined_resource not_observed! script_error' "a resource that its object does not have"
like "$(of undefined_resource)" 'object /3303 \(Temperature\) has no resource 5555' "by the name of the object"
finds hall /3/0/4 'executable! not_observed! script_error' "a resource that is executed"
finds hall /33333/0/1 'no_object! undefined_object not_observed! script_error' "an object that nobody defined"
finds hall /0/0/5 'forbidden! not_observed! script_error' "a key"
finds hall /3/0/99 'undefined_resource observe_refused! script_error' "an observation that the device refused"
like "$(of observe_refused)" 'an observation of /3/0/99 came to nothing: 4.04' "with its code"
finds hall /3/0/9 'not_observed! script_error' "one that nobody asked for"
"$TIDEGATE" -c "$WORK/tidegate.lua" read hall /3/0/9 >/dev/null
finds hall /3/0/9 'value not_observed script_error' "one that was read"
"$TIDEGATE" -c "$WORK/tidegate.lua" read hall /3311/0/5700 >/dev/null 2>&1
finds hall /3311/0/5700 'undefined_resource not_observed! read_failed! script_error' "one whose read failed"
like "$(of read_failed)" 'the last read of /3311/0/5700 failed: 4.04' "with its code"
finds hall /3311 'value observed read_failed script_error' "a whole object, of which one resource failed"
like "$(of value)" '"message":"1 values are known|"path":"/3311/0/5850"' "with the newest value of it"

# One that sleeps, and one that left ----------------------------------------------------------------------------------

start_device cellar "$UDP" --queue --awake 2 --lifetime 600
need 10 says messages '^tidegate/dev/cellar/v/3303/0/5700 '
comes_to cellar /3/0/9 'asleep! not_observed! script_error' "a device that sleeps"
is "$(of asleep | jq '(.until - .since) | round')" 600 "until its lifetime is over at the latest"
publish -t "$PREFIX/dev/cellar/cmd" -m '{"id":"w","op":"read","path":"/3/0/9","timeout":600}'
comes_to cellar /3/0/9 'asleep! not_observed! command_waits script_error' "a command that waits for it"
finds cellar /3/0/14 'asleep! not_observed! script_error' "which is none for another path"
finds cellar /3303/0/5700 'value asleep! observed script_error' "a value from before it slept"
tell cellar deregister
comes_to cellar /3/0/9 'offline! command_waits script_error' "a device that left"
like "$(of offline)" 'it is not registered: de-registered"' "with how"

# Scripts and brokers -------------------------------------------------------------------------------------------------

value=21
one_more_fails() {
  value=$((value + 1))
  tell hall "set /3303/0/5700 $value"
  has_come hall /3303/0/5700 'value observed script_disabled'
}
await 20 one_more_fails
comes_to hall /3303/0/5700 'value observed script_disabled' "a script that was switched off"
stop broker
comes_to hall /3303/0/5700 'value observed script_disabled broker_down' "a broker that is not there"
like "$(of broker_down)" 'broker main is not connected' "by its name"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"

# After a restart nobody remembers how the device left, but its command waits still. Nothing has a name: the answer is for people.
start_broker
start_gateway
comes_to cellar /3/0/9 'never_registered! command_waits' "a device of which only commands are known"
OUT=$("$TIDEGATE" -c "$WORK/tidegate.lua" explain cellar /3/0/9)
like "$(head -1 <<<"$OUT")" '^FINDING +SINCE +UNTIL +WHAT$' "people get a table"
like "$OUT" '^never_registered +- +- +it has not been heard since the gateway started' "with a finding a line"
like "$OUT" '^command_waits +- +20[0-9-]+T[0-9:]+Z +1 command' "and times"
OUT=$("$TIDEGATE" -c "$WORK/tidegate.lua" explain hall /3303/0/5700)
like "$OUT" '^not_observed|^observed|^not_reported' "a device that was restored has its observations"

# A full outbox, and a driver that is silent ----------------------------------------------------------------------------

stop gateway
stop hall
cat >"$WORK/rules/drive.lua" <<'END'
local tg = require("tidegate")
return tg.driver.define { name = "drive", objects = { [3303] = {} }, run = function() end }
END
UDP=''
write_config "$WORK/full.lua" <<END
  data_dir = "full",
  store = { outbox_max = "64kB" },
  mqtt = { { uri = "mqtt://127.0.0.1:9" } },
  server = { observe = { "/3303/0/5700" } },
  scripts = { "rules/drive.lua" },
END
start_gateway full "$WORK/full.lua"
cp "$WORK/full.lua" "$WORK/tidegate.lua"
comes_to drive /3303/0/5700 'driver_silent! broker_down' "a driver that has put nothing"
start_device loud "$UDP"
need 10 says loud '^observe /3303/0/5700'
flood() {
  for _ in {1..40}; do tell loud "send /3"; done
  says loud '^send-failed 5.03'
}
await 20 flood
check $? "a Send finds no room"
comes_to loud /3303/0/5700 'value observed broker_down outbox_full' "an outbox without room"
stop full
is "$STATUS" 0 "this gateway ends with 0, too"
done_testing
