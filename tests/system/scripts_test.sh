#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Scripts of the operator's: rules, commands, definitions and drivers from files; loaded again when they change; what a bad one can't do.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto python3

# script NAME: puts standard input in the place of a file, as editors do.
script() {
  cat >"$WORK/rules/.$1.new"
  mv "$WORK/rules/.$1.new" "$WORK/rules/$1.lua"
}
# of NAME JQ: what `tidegate scripts` tells of one script.
of() { "$TIDEGATE" scripts --json -c "$WORK/tidegate.lua" | jq -rs ".[] | select(.name == \"$1\") | $2"; }
of_is() { [ "$(of "$1" "$2")" = "$3" ]; }
# sees ERE: on MQTT. fresh: only what comes from now on.
sees() { sed "1,${seen:-0}d" "$WORK/messages.log" | grep -qE -- "$1"; }
fresh() { seen=$(wc -l <"$WORK/messages.log"); }
set_value() { tell hall "set /3303/0/5700 $1"; }
result() { is "$(jq -r "$1" <<<"$RESULT" 2>&1)" "$2" "$3" || printf '# of %s\n' "$RESULT"; }

mkdir -p "$WORK/rules" "$WORK/objects"
start_broker
subscribe messages '#'
spawn boiler "$BUILD/tests/fake/modbus/tg-fake-modbus" "$WORK/tty"
need 5 says boiler '^listening rtu'
cat >"$WORK/scale.py" <<'END'
# A pair of scales on a pseudo-terminal: weighs every 0.2 s, tells what it gets.
import os, pty, sys, termios, threading, time
near, far = pty.openpty()
attributes = termios.tcgetattr(far)
attributes[3] &= ~(termios.ECHO | termios.ICANON)
attributes[0] = attributes[1] = 0
termios.tcsetattr(far, termios.TCSANOW, attributes)
os.symlink(os.ttyname(far), sys.argv[1])
print("ready", flush=True)
def weigh():
    weight = 0
    while True:
        weight += 1
        os.write(near, b"ST,GS,%d.5kg\r\nnoise\r\n" % weight)
        time.sleep(0.2)
threading.Thread(target=weigh, daemon=True).start()
while True:
    print("got", os.read(near, 100), flush=True)
END
spawn scale python3 "$WORK/scale.py" "$WORK/scale.tty"
need 5 says scale '^ready'

script plain <<'END'
return {
  name = "plain", version = "1",
  rules = {
    { match = { object = 3303, resource = 5700 }, topic = "hall/{ep}/temperature", map = function(rec) return { celsius = rec.value } end },
    { match = { path = "/3311" }, topic = function(rec, dev) return "light/" .. dev.ep .. rec.path end, retain = true },
    { match = { object = 3303, ep = "x*" }, topic = "never/{ep}" },
    { match = { object = 3303, resource = 5700 }, topic = "text/{object}/{instance}/{resource}", map = function(rec)
        return rec.value > 30 and ("%.1f degrees"):format(rec.value) or nil
      end },
  },
}
END
script wild <<'END'
return {
  name = "wild", version = "1",
  rules = { { match = { object = 3303, resource = 5700 }, topic = "wild/{ep}", map = function(rec)
    if rec.value == 101 then while true do end end
    if rec.value == 102 then local t = {} while true do t[#t + 1] = ("x"):rep(10000) .. #t end end
    if rec.value == 103 then local function f() return 1 + f() end return f() end
    if rec.value == 104 then error("on purpose") end
    if rec.value == 105 then return ("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(30)) and 1 end
    return rec.value
  end } },
}
END
script valve <scripts/examples/valve-commands.lua
script light <<'END'
return {
  name = "light",
  commands = { { topic = "hall/+/light", map = function(msg)
    return { ep = msg.levels[2], op = "write", path = "/3311/0/5850", value = msg.json() == true }
  end } },
  events = { registered = function(dev) require("tidegate").rule.publish("inventory/" .. dev.ep, { serial = dev:read("/3/0/2") }) end },
}
END
mkdir "$WORK/rules/pack"
echo 'return function(value) return value * 10 end' >"$WORK/rules/pack/inner.lua"
cat >"$WORK/rules/pack/init.lua" <<'END'
local inner = require "inner"
return { rules = { { match = { resource = 5700, object = 3303 }, topic = "pack/{ep}", map = function(rec) return inner(rec.value) end } } }
END
script memory <<'END'
local tg = require "tidegate"
local stored, kept = tg.store.get("n") or 0, 0
return {
  name = "memory", version = "1",
  rules = { { match = { ep = "hall", object = 3303, resource = 5700 }, topic = "memory/{ep}", map = function(rec)
    stored, kept = stored + 1, kept + 1
    tg.store.set("n", stored)
    return { stored = stored, kept = kept }
  end } },
  save = function() return { kept = kept } end,
  restore = function(data) kept = data.kept end,
  deinit = function() tg.rule.publish("memory/bye", { stored = stored }) end,
}
END
script broken <<'END'
return { name = "broken", rules = { { tpoic = "a" } } }
END
cat >"$WORK/objects/valve.lua" <<'END'
return {
  id = 33001, name = "Valve", version = "1.0", urn = "urn:oma:lwm2m:x:33001", lwm2m = "1.0", multiple = true, mandatory = false,
  description = "A valve.",
  resources = { [1] = { name = "Opening", type = "integer", ops = "RW", unit = "%", mandatory = true } },
}
END
[ -n "$UDP" ] || UDP=$(free_port)
write_config <<END
  server = { observe = { "/3303/0/5700", "/3311/0/5851" } },
  objects = { "objects" },
  script_limits = { memory = "8MB", burst = "50ms" },
  scripts = {
    "rules/plain.lua", "rules/wild.lua", "rules/valve.lua", "rules/light.lua", "rules/broken.lua", "rules/pack", "rules/memory.lua",
    { file = "drivers/modbus.lua", name = "boiler", options = {
        port = "$WORK/tty", baud = 9600,
        map = {
          { path = "/3303/0/5700", unit = 1, fn = "input", address = 0, type = "int16", scale = 0.1, period = 0.5 },
          { path = "/3308/0/5900", unit = 1, fn = "holding", address = 10, type = "int16", scale = 0.1, write = true, period = 1 },
          { path = "/33001/0/1", unit = 1, fn = "holding", address = 11, type = "int16", write = true, period = 1 },
        } } },
    { file = "drivers/serial-lines.lua", name = "scale1", options = {
        port = "$WORK/scale.tty", baud = 9600,
        map = { { path = "/3322/0/5700", match = "^ST,GS,([%d%.]+)kg", type = "number" } },
        write = { { path = "/3306/0/5851", text = "SET %s\\\\r\\\\n" } },
      } },
  },
END
sed -i 's/\\\\/\\/g' "$WORK/tidegate.lua"
start_gateway
start_device hall "$UDP" --con
need 10 says hall '^observe /3311/0/5851'

# Rules ---------------------------------------------------------------------------------------------------------------

set_value 21.5
await 10 sees '^hall/hall/temperature \{"celsius":21.5,"seq":[0-9]+,"gw":"[0-9a-f]{16}"\}$'
check $? "a rule's map makes the payload, its topic the topic"
tell hall "set /3311/0/5851 40"
await 10 sees '^light/hall/3311/0/5851 \{"v":40,"t":[0-9.]+[,}]'
check $? "a topic may be a function; without map the payload is value and time"
is "$(mosquitto_sub -h 127.0.0.1 -p "$BROKER" -t 'light/#' --retained-only -C 1 -W 5 -F '%t')" light/hall/3311/0/5851 "a rule's messages may be retained"
set_value 31
await 10 sees '^text/3303/0/5700 31.0 degrees$'
check $? "text goes out as it is"
await 5 sees '^pack/hall 310'
check $? "a script may be a folder with modules of its own"
is "$(grep -c '^text/' "$WORK/messages.log")" 1 "nil sends nothing"
sees '^never/'
is $? 1 "what does not match sends nothing"
await 5 sees '^inventory/hall \{.*"serial":"hall"'
check $? "an event's function may ask the device"
like "$(<"$WORK/gateway.log")" 'script not_loaded name=broken at=rules/broken.lua:0 why=.*tpoic.*did you mean .topic' "a script that is wrong is not loaded, and the log says why"
is "$(of broken '[.state, (.last_error | contains("tpoic"))] | join(",")')" "disabled,true" "and so does tidegate scripts"
is "$(of plain .state)" running "the others are"

# Bad ones ------------------------------------------------------------------------------------------------------------

# bad VALUE NAME ERE: the rule does its worst with VALUE; it is ended and counted, and the next value goes through it and through others.
bad() {
  local errors
  errors=$(of wild .errors)
  fresh
  set_value "$1"
  await 10 of_is wild ".errors > $errors" true
  check $? "a rule that $2 is ended and counted"
  like "$(of wild .last_error)" "$3" "and it is said why"
  await 5 sees "^hall/hall/temperature \{\"celsius\":$1"
  check $? "others have had the value"
  set_value "2$1"
  await 5 sees "^wild/hall 2$1"
  check $? "and the next value is welcome"
}
bad 101 "spins" 'budget|too long|time'
is "$(of wild '.overruns > 0')" true "it is counted as an overrun"
bad 102 "allocates" 'memory|budget'
bad 103 "recurses" 'overflow|budget|instruction|memory'
bad 104 "raises an error" 'rules/wild.lua:7: on purpose'
bad 105 "has a pattern that takes for ever" 'budget|too long|time|instruction'

# Loading again -------------------------------------------------------------------------------------------------------

fresh
generation=$(of plain .generation) others=$(of wild .generation)
sed 's/celsius = rec.value/kelvin = rec.value + 273/; s/version = "1"/version = "2"/' "$WORK/rules/plain.lua" | script plain
await 10 of_is plain .version 2
check $? "a file that changes is loaded again"
is "$(of plain .generation)" $((generation + 1)) "which is counted"
is "$(of wild .generation)" "$others" "the others stay as they are"
set_value 1
await 10 sees '^hall/hall/temperature \{"kelvin":274.0'
check $? "the new version is at work"
sees '^hall/hall/temperature .*celsius'
is $? 1 "the old one is not"

fresh
sed 's/match = /mtach = /' "$WORK/rules/plain.lua" | sed 's/version = "2"/version = "3"/' | script plain
await 10 says gateway 'not_loaded name=plain at=rules/plain.lua:[0-9]+ why=.*mtach'
check $? "a version that is wrong is not loaded, and the log says why"
is "$(of plain .version)" 2 "the one before runs on"
like "$(of plain .last_error)" 'mtach' "and tidegate scripts says why"
set_value 2
await 10 sees '^hall/hall/temperature \{"kelvin":275.0'
check $? "it does its work"
sed 's/mtach = /match = /; s/rec.value + 273/rec.value - 273/; s/version = "3"/version = "4"/' "$WORK/rules/plain.lua" | script plain
await 10 of_is plain .version 4
check $? "the mended one is loaded"

fresh
echo 'return function(value) return value * 1000 end' >"$WORK/rules/pack/inner.lua"
set_value_until() { set_value "$1" && await 1 sees "$2"; }
await 10 set_value_until 3 '^pack/hall 3000'
check $? "a script that is a folder is loaded again when any of its files changes"

generation=$(of valve .generation)
kill -HUP "${PID[gateway]}"
await 10 of_is valve .generation $((generation + 1))
check $? "SIGHUP loads all again"

# What a script remembers, and what becomes of one that fails in its work ---------------------------------------------

last() { grep '^memory/hall' "$WORK/messages.log" | tail -1 | sed 's/^[^ ]* //' | jq -r ".$1"; }
next_value() { # until the script has had it: more than before
  local before
  before=$(count messages '^memory/hall')
  set_value "$1"
  await 5 eval "[ \$(count messages '^memory/hall') -gt $before ]"
}
next_value 401
stored=$(last stored) kept=$(last kept)
sed 's/version = "1"/version = "2"/' "$WORK/rules/memory.lua" | script memory
await 10 of_is memory .version 2
next_value 402
is "$(last stored) $(last kept)" "$((stored + 1)) $((kept + 1))" "what is stored or handed over is known to the next version"
await 5 sees "^memory/bye \{\"stored\":$stored,"
check $? "the one that went could say good-bye"
sed 's/version = "2"/version = "3"/; s/kept + 1$/kept + nil/; s/ep = "hall", //' "$WORK/rules/memory.lua" | script memory
await 10 of_is memory .version 3
for i in 1 2 3 4 5; do
  errors=$(of memory .errors)
  set_value "50$i"
  await 5 of_is memory ".errors > $errors or .version != \"3\"" true
done
await 10 of_is memory .version 2
check $? "a version that fails five times in a row is replaced by the one before"
like "$(<"$WORK/gateway.log")" 'went_back script=memory' "and the log says so"
like "$(of memory .last_error)" 'rules/memory.lua:6: .*arithmetic on a nil' "scripts says why"
next_value 403
[ "$(last stored)" -ge $((stored + 2)) ]
check $? "it does its work"

# Commands on topics of one's own --------------------------------------------------------------------------------------

publish -t hall/hall/light -m true
await 10 says hall '^write /3311/0/5850 true'
check $? "a command on a topic of one's own reaches the device"
fresh
publish -t plant/hall/set -m open
await 10 sees '^plant/hall/state .*"state":"unknown".*'
check $? "how it ended comes to the script: the device has no valve"
publish -t plant/hall/set -m ajar
await 10 says gateway 'plant/hall/set: open or close is wanted, not ajar'
check $? "what a script logs is in the log"

# Drivers and definitions ----------------------------------------------------------------------------------------------

await 10 sees '^tidegate/dev/boiler/v/3303/0/5700 \{"v":2[0-9.]+,"u":"Cel",.*"src":"driver"'
check $? "the values of a Modbus driver arrive"
ask boiler '"op":"write","path":"/3308/0/5900","value":25.5'
result .state "done" "a command to it over MQTT"
await 5 says boiler '^write 1/holding 10 255'
check $? "writes the register"
ask boiler '"op":"read","path":"/3308/0/5900"'
result '.values["/3308/0/5900"]' 25.5 "and reading brings what was written"
ask boiler '"op":"write","path":"/33001/0/1","value":60'
result .state "done" "a resource of a definition of one's own is written"
await 10 sees '^tidegate/dev/boiler/v/33001/0/1 \{"v":60,"u":"%"'
check $? "and comes with its unit"
ask boiler '"op":"write","path":"/33001/0/1","value":"much"'
result '[.state, .error] | join(",")' "failed,type" "of the type it has"
is "$("$TIDEGATE" read boiler /33001/0/1 -c "$WORK/tidegate.lua" | tail -1 | tr -s ' ')" '/33001/0/1 60 % Opening' "the command line knows it too"
ask boiler '"op":"write","path":"/3303/0/5700","value":1'
result .state failed "what the map does not let be written is refused"
await 10 sees '^tidegate/dev/scale1/v/3322/0/5700 \{"v":[0-9]+.5,'
check $? "the values of lines on a serial port arrive"
ask scale1 '"op":"write","path":"/3306/0/5851","value":7'
result .state "done" "a command to it"
await 5 says scale "^got b'SET 7.r.n'"
check $? "is a line on the port"
stop boiler
spawn boiler "$BUILD/tests/fake/modbus/tg-fake-modbus" "$WORK/tty"
fresh
await 20 sees '^tidegate/dev/boiler/v/3303/0/5700'
check $? "when a driver's thing was away and is back, its values come again"

sed 's/kept + nil/kept + 1/; s/match = {/match = { ep = "hall",/' "$WORK/rules/memory.lua" | script memory
await 10 of_is memory .version 3
stored=$(last stored)
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
start_gateway
next_value 404
is "$(last stored) $(last kept)" "$((stored + 1)) 1" "what is in the store survives a restart, what is in memory does not"
stop hall
stop gateway
is "$STATUS" 0 "and again"
done_testing
