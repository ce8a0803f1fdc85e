#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line against a running gateway with two devices, one of them asleep: tables for people, JSON for programs, errors, exit codes,
# and who may ask.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq

# tidegate WORD...: asks the gateway; its output in OUT, its errors in ERR, its exit code in STATUS.
tidegate() {
  OUT=$(timeout 30 "$TIDEGATE" -c "$WORK/tidegate.lua" "$@" 2>"$WORK/err" </dev/null)
  STATUS=$?
  ERR=$(<"$WORK/err")
}

# aligned NAME TITLE...: the first line of OUT are these titles, and every column of the other lines begins where its title does, or ends there
# for titles in $RIGHT.
aligned() {
  local name=$1
  shift
  awk -v titles="$*" -v right=" ${RIGHT:-} " '
    NR == 1 {
      n = split(titles, title, " ")
      line = $0
      for (i = 1; i <= n; i++) {
        gsub(/_/, " ", title[i])
        at[i] = index(line, title[i])
        if (!at[i]) { print "no title " title[i] " in: " line; exit 1 }
        ends[i] = at[i] + length(title[i]) - 1
      }
      next
    }
    {
      rows++
      for (i = 2; i <= n; i++) {
        if (index(right, " " title[i] " ")) {
          if (substr($0, ends[i], 1) !~ /[^ ]/ || (i < n && substr($0, ends[i] + 1, 2) != "  ")) { print "not below " title[i] ": " $0; exit 1 }
        } else if (substr($0, at[i] - 2, 2) != "  " || substr($0, at[i], 1) == " ") { print "not below " title[i] ": " $0; exit 1 }
      }
    }
    END { if (!rows) { print "no rows"; exit 1 } }' <<<"$OUT" | sed 's/^/# /'
  check "${PIPESTATUS[0]}" "$name"
}

json() { is "$(jq -rs "$1" <<<"$OUT" 2>&1)" "$2" "$3"; }

tidegate devices
is "$STATUS" 4 "without a configuration that can be read nothing is asked"
OUT=$("$TIDEGATE" status --socket "$WORK/none.sock" 2>&1)
is "$? $OUT" "3 tidegate: no gateway at $WORK/none.sock: No such file or directory" "without a gateway a command ends with 3"

mkdir -p "$WORK/rules"
cat >"$WORK/rules/mine.lua" <<'END'
return { name = "mine", version = "7.1", rules = { { topic = "mine/{ep}{path}", map = function(rec) return rec.value.nothing end } } }
END
write_config <<END
  name = "cli",
  server = { observe = { "/3303/0/5700" }, awake = 1 },
  mqtt = { { uri = "mqtt://127.0.0.1:9" } },
  scripts = { "rules/mine.lua" },
END
start_gateway
tidegate devices
is "$STATUS $OUT" "0 no devices" "a gateway without devices says so"
tidegate devices --json
is "$OUT" '{"count":0,"end":true}' "and to programs"

start_device hall "$UDP" --interval 0.3
start_device sleeper "$UDP" --ep "Keller/3 #1" --queue --awake 0.8
sleeps() { "$TIDEGATE" devices -c "$WORK/tidegate.lua" | grep -q '^Keller.* asleep '; }
need 10 says hall '^observe /3303/0/5700'
need 15 sleeps

need 10 says hall '^write /1/0/23 (0|false)'
check 0 "a device that registers is told that it may send"

# Devices -------------------------------------------------------------------------------------------------------------

tidegate devices
RIGHT=WAITING aligned "devices are a table" NAME STATE LINK KIND LIFETIME SINCE LAST_SEEN WAITING OBJECTS TAGS QUIRKS
like "$OUT" '^hall +online +udp0 +lwm2m +5m +20[0-9-]+T[0-9:]+Z +[0-9]+s ago +0  /1/0 /3/0 /3303/0 /3311/0 +- +-$' "a row tells what a person wants to know"
like "$OUT" '^Keller/3 #1 +asleep ' "whatever its name"
is "$(wc -l <<<"$OUT")" 3 "a line for each"
tidegate devices 'h*'
is "$(sed 1d <<<"$OUT" | cut -d' ' -f1)" hall "devices takes a pattern"
tidegate devices --json
json '.[-1]' '{
  "count": 2,
  "end": true
}' "the last line of JSON says how many"
json '.[] | select(.ep == "hall") | [.state, .link, .kind, .lifetime, (.since | type), .waiting, (.objects | join(" "))] | join(",")' \
  'online,udp0,lwm2m,300,number,0,/1/0 /3/0 /3303/0 /3311/0' "each other line is a device"

# Values --------------------------------------------------------------------------------------------------------------

tidegate read hall /3/0/9
aligned "a value is a table of one row" PATH VALUE UNIT NAME
is "$(tail -1 <<<"$OUT" | tr -s ' ')" "/3/0/9 87 /100 Battery Level" "with unit and name from its definition"
tidegate read hall /3
aligned "an object too" PATH VALUE UNIT NAME
like "$OUT" '^/3/0/13 +20[0-9-]+T[0-9:]+Z ' "times are times"
like "$OUT" '^/3/0/7/1 +5000 +mV +Power Source Voltage$' "instances of a resource have rows of their own"
tidegate read hall /3/0/9 --json
json '.[0] | [.path, .value, .type, .unit, .name] | join(",")' '/3/0/9,87,integer,/100,Battery Level' "JSON has the same"
json '.[-1] | [.op, .target, .state, .code, .end] | join(",")' 'read,/3/0/9,done,2.05,true' "and how it ended"

tidegate write hall /3/0/14 +02:30
is "$STATUS $OUT" "0 done 2.04" "a value is written"
need 5 says hall '^write /3/0/14 \+02:30'
tidegate write hall /3/0/13 2026-01-31T12:00:00Z
is "$STATUS" 0 "a time as people write it"
tidegate read hall /3/0/13 --json
like "$(jq -rs '.[0].value' <<<"$OUT")" '^17698608[0-9]+$' "is Unix time"
tidegate write hall /3/0/13 -- -5
like "$STATUS $ERR$OUT" '^0 done 2.04' "a number below zero comes after --"
tidegate write hall /3311/0/5850 true --json
json '.[-1] | [.state, .code] | join(",")' 'done,2.04' "writing tells programs how it ended"
tidegate write hall /3311/0/5850 maybe
is "$STATUS $ERR" "1 tidegate write: the value is no boolean" "a value of another type is refused here"
tidegate write hall /3/0/9 high --json
json '.[-1] | [.error, .message] | join(",")' 'syntax,the value is no integer' "and named for programs"
tidegate write hall /3/0/0 Acme
is "$STATUS $ERR" "1 tidegate write: the peer answered with an error (4.05)" "what the device refuses ends with 1 and its code"
tidegate write hall /3/0 x
like "$STATUS $ERR" '^1 tidegate write: a value is written to a resource' "a value for an instance is refused"
tidegate write hall /33333/0/1 x
like "$STATUS $ERR" '^1 tidegate write: no definition of this resource is known; give its type' "a resource without definition wants --type"
tidegate write hall /33333/0/1 x --type string
like "$STATUS $ERR" '^1 tidegate write: .*\(4\.0[45]\)' "and reaches the device with it"
tidegate write hall /3/0/14 x --type nonsense
like "$STATUS $ERR" '^1 tidegate write: no such type; string integer' "a type that is none is refused"

tidegate execute hall /3303/0/5605 "0='now'"
is "$STATUS $OUT" "0 done 2.04" "a resource is executed"
need 5 says hall "^execute /3303/0/5605 0='now'"
tidegate execute hall /3303/0/5605 --retry
is "$STATUS $OUT" "0 done 2.04" "one that may be repeated likewise"
tidegate execute hall /3
like "$STATUS $ERR" '^1 tidegate execute: execute wants a resource' "an object can't be"

tidegate discover hall /3303
aligned "what the device has is a table" PATH ATTRIBUTES
like "$OUT" '^/3303/0/5700 ' "with its resources"
tidegate discover hall
is "$(sed 1d <<<"$OUT" | cut -d' ' -f1 | xargs)" "/1/0 /3/0 /3303/0 /3311/0" "without a path it is what was announced"
tidegate discover hall /3303/0 --json
like "$(jq -rs '.[-1].text' <<<"$OUT")" '^</3303/0>.*</3303/0/5700>' "programs get link format"

tidegate observe hall /3/0/9
aligned "observe shows the value" PATH VALUE UNIT NAME
need 5 says hall '^observe /3/0/9'
spawn watch "$TIDEGATE" observe hall /3303/0/5700 -f -c "$WORK/tidegate.lua"
five() { [ "$(count watch '/3303/0/5700')" -ge 5 ]; }
await 10 five
check $? "observe -f shows what arrives"
stop watch
OUT=$(<"$WORK/watch.log")
aligned "in one table" TIME PATH VALUE UNIT NAME
is "$(sed 1d <<<"$OUT" | awk '{ print $3 }' | uniq -d | wc -l)" 0 "each value once"

# Every operation -----------------------------------------------------------------------------------------------------

tidegate write hall /3/0/14=+03 /3311/0/5851=40
is "$STATUS $OUT" "0 done 2.04" "values of several objects are written at once"
need 5 says hall '^write /3/0/14 \+03'
need 5 says hall '^write /3311/0/5851 40'
tidegate write hall /3/0/14=+04 /3311/0/5850=maybe
is "$STATUS $ERR" "1 tidegate write: the value of /3311/0/5850 is no boolean" "all of them or none"
tidegate write hall /3/0/14=+04 /3=5
like "$STATUS $ERR" '^1 tidegate write: "/3" is no resource' "each by its path"
tidegate update hall /3311/0 5850=true 5851=7
is "$STATUS $OUT" "0 done 2.04" "resources of an instance are updated"
need 5 says hall '^write /3311/0/5851 7'
tidegate update hall /3/0/14 +05
is "$STATUS $OUT" "0 done 2.04" "or one of them"
tidegate update hall /3311/0 /3/0/14=+06
is "$STATUS $ERR" "1 tidegate update: /3/0/14 does not lie below /3311/0" "but none of another"

tidegate create hall /3311 5850=true
is "$STATUS $ERR" "1 tidegate create: the peer answered with an error (4.05)" "an instance that the device does not make"
need 5 says hall '^refused /3311 4\.05'
tidegate create hall /3311/4 5850=true
is "$STATUS" 1 "with a number or without"
tidegate create hall /3311
is "$STATUS $ERR" "2 tidegate create: RESOURCE=VALUE is missing; see tidegate help" "create wants first values"
tidegate create hall /3311 true
is "$STATUS $ERR" '2 tidegate create: "true" is no RESOURCE=VALUE; see tidegate help' "by resource"
tidegate delete hall /3311/0
is "$STATUS $ERR" "1 tidegate delete: the peer answered with an error (4.05)" "delete reaches the device"
tidegate delete hall /3311/0/5850
like "$STATUS $ERR" "^1 tidegate delete: a resource can't be deleted" "a resource can't be deleted"
tidegate delete hall /3/0/6/0 --json
json '.[-1] | [.error, .end] | join(",")' 'unsupported,true' "nor its instances before LwM2M 1.2, for programs"

tidegate observe hall /3303/0/5700 /3311/0/5851
aligned "several paths are observed at once" PATH VALUE UNIT NAME
spawn watch "$TIDEGATE" observe hall /3303/0/5700 /3/0/9 -f -c "$WORK/tidegate.lua"
three() { [ "$(count watch '/3303/0/5700')" -ge 3 ]; }
await 10 three
check $? "observe -f shows what arrives of them"
stop watch
tidegate unobserve hall /3/0/9
like "$STATUS $OUT" '^/3/0/9 +87 ' "an observation is ended, with a last value"
need 5 says hall '^cancel /3/0/9'
tidegate unobserve hall /3/0/1
like "$STATUS $ERR" '^1 tidegate unobserve: no such thing' "one that is not there is not"

tidegate attributes hall /3303/0/5700 pmin=1 pmax=60 gt=30.5
is "$STATUS $OUT" "0 done 2.04" "attributes are written"
need 5 says hall '^attributes /3303/0/5700 gt=30\.5'
tidegate attributes hall /3303/0/5700 gt=
need 5 says hall '^attributes /3303/0/5700 gt$'
is "$STATUS" 0 "and unset"
tidegate discover hall /3303/0/5700
like "$OUT" 'pmin=1 pmax=60' "discover shows them"
tidegate attributes hall /3303/0/5700 pmin=60 pmax=10
like "$STATUS $ERR" '^1 tidegate attributes: pmax must not be less than pmin' "what breaks a rule is refused here"
tidegate attributes hall /3303/0 gt=5
like "$STATUS $ERR" '^1 tidegate attributes: gt is for a resource that is a number' "each rule with its sentence"
tidegate attributes hall /3303/0/5700 pmim=5 --json
json '.[-1] | [.error, .message] | join(",")' 'argument,attribute "pmim" is not known, did you mean "pmin"?' "for programs too"
tidegate discover hall /3303 --depth 1
like "$STATUS $ERR" '^1 tidegate discover: depth is new in LwM2M 1\.2; the device speaks 1\.1' "depth is for devices that know it"

tidegate trigger hall
is "$STATUS $OUT" "0 done 2.04" "a device is triggered"
need 5 says hall '^execute /1/0/8$'
tidegate trigger hall --transport u
need 5 says hall "^execute /1/0/8 0='U'"
is "$STATUS" 0 "with a transport"
tidegate trigger hall --transport X
is "$STATUS $ERR" "1 tidegate trigger: transport is one of U T S N M H" "that there is"
tidegate trigger hall --instance 3
is "$STATUS $ERR" "1 tidegate trigger: the device does not announce /1/3, which is needed for trigger" "at an account that there is"
start_device leaver "$UDP"
start_device other "$UDP"
need 10 says leaver '^write /1/0/23'
need 10 says other '^write /1/0/23'
tidegate disable leaver --for 60
is "$STATUS $OUT" "0 done 2.04" "a device is disabled for a time"
need 5 says leaver '^write /1/0/5 60'
need 5 says leaver '^execute /1/0/4'
tidegate bootstrap other
is "$STATUS $OUT" "0 done 2.04" "or sent to its bootstrap server"
need 5 says other '^execute /1/0/9'
tidegate prefer hall U
is "$STATUS $OUT" "0 done 2.04" "prefers a transport"
need 5 says hall '^write /1/0/22 U'
tidegate mute hall on
is "$STATUS $OUT" "0 done 2.04" "may not send"
need 5 says hall '^write /1/0/23 (1|true)'
tidegate mute hall off
is "$STATUS $OUT" "0 done 2.04" "or may"
tidegate mute hall maybe
is "$STATUS $ERR" "2 tidegate mute: on or off is wanted; see tidegate help" "one of the two"
tidegate trigger hall --json
json '.[-1] | [.op, .target, .state, .code] | join(",")' 'execute,/1/0/8,done,2.04' "programs see what was sent"
tidegate read hall /3 --transport U
is "$STATUS $ERR" "2 tidegate read: --transport is for trigger; see tidegate help" "an option of another command is refused"

# What is wrong -------------------------------------------------------------------------------------------------------

tidegate read nobody /3/0/9
is "$STATUS $ERR" '1 tidegate read: no device is called "nobody"; `tidegate devices` lists them' "a device that is not known"
tidegate read nobody /3/0/9 --json
json '.[-1] | [.error, .end] | join(",")' 'not_found,true' "for programs"
tidegate read hall kitchen
like "$STATUS $ERR" '^1 tidegate read: path is no LwM2M path such as' "a path that is none"
tidegate read hall /3/0/99
like "$STATUS $ERR" '^1 tidegate read: .*\(4\.04\)$' "a resource the device does not have"
tidegate read hall /0/0
like "$STATUS $ERR" '^1 tidegate read: object 0 holds security data' "secrets are not asked for"
tidegate read hall
is "$STATUS $ERR" "2 tidegate read: path is missing; see tidegate help" "a word too few"
tidegate discover hall /3 /4
is "$STATUS $ERR" '2 tidegate discover: "/4" is too much; see tidegate help' "a word too many"
tidegate read hall /3 --timeout soon
is "$STATUS" 2 "a timeout that is no number"

tidegate read "Keller/3 #1" /3/0/9 --timeout 1
like "$STATUS $ERR" '^5 tidegate read: the device sleeps; the command goes out when it wakes' "a sleeping device: the asker is told, and 5 ends it"
kill -STOP "${PID[hall]}"
tidegate read hall /3/0/9 --timeout 1
is "$STATUS $ERR" "5 tidegate read: no answer in time" "a device that is silent ends with 5"
tidegate read hall /3/0/9 --timeout 1 --json
json '.[-1].error' 'timeout' "for programs"
kill -CONT "${PID[hall]}"

# The log, scripts, status --------------------------------------------------------------------------------------------

tidegate log
aligned "the log is a table" TIME DEVICE EVENT WHAT
like "$OUT" 'T[0-9:.]+Z  hall +registered ' "registrations are in it"
like "$OUT" '  hall +command +write /3/0/0 failed 4.05 peer_error$' "commands and how they ended"
tidegate log --json
json '[.[] | select(.event == "registered") | .ep] | unique | join(",")' 'Keller/3 #1,hall,leaver,other' "JSON has the events"
spawn log "$TIDEGATE" log -f -c "$WORK/tidegate.lua"
spawn jlog "$TIDEGATE" log -f --json -c "$WORK/tidegate.lua"
await 10 says log 'hall +records +/3303/0/5700='
check $? "log -f shows values too"
await 10 says jlog '"event":"records","ep":"hall"'
check $? "for programs"
tell hall deregister
await 10 says log 'hall +deregistered'
check $? "and what else happens, as it happens"
stop log
stop jlog

tidegate scripts
like "$OUT" '^mine +[a-z]+ +7\.1 ' "with the version that a script says it has"
like "$OUT" '^mine: rules/mine.lua:1: attempt to index a number value' "and the last mistake below"
OUT=$(grep -v '^mine:' <<<"$OUT")
RIGHT="GENERATION CALLS ERRORS OVERRUNS STREAK PUBLISHED HANDLES MEMORY" \
  aligned "scripts are a table" NAME STATE VERSION GENERATION CALLS ERRORS OVERRUNS STREAK PUBLISHED HANDLES MEMORY
tidegate scripts --json
json '.[] | select(.name == "mine") | [.file, .version, .errors > 0, .last_error != null] | join(",")' 'rules/mine.lua,7.1,true,true' "for programs"
tidegate reload mine
is "$STATUS $OUT" "0 loaded" "a script is loaded again"
tidegate reload none
is "$STATUS $ERR" '1 tidegate reload: no script is called "none"; `tidegate scripts` lists them' "one that is not there is not"
echo 'return {' >"$WORK/rules/mine.lua"
tidegate reload
like "$STATUS $ERR" "^1 tidegate reload: rules/mine.lua:[0-9]+: .*expected" "one that is no Lua is not, and says where"

tidegate status
aligned "the state of the gateway is a table" NAME VALUE
like "$OUT" '^name +cli$' "its name"
like "$OUT" '^link +udp0 udp$' "its links"
like "$OUT" '^broker +main not connected,' "its brokers"
like "$OUT" '^outbox +[1-9][0-9]* messages, [0-9.]+ k?B, 0 refused$' "what waits for them"
tidegate status --json
json '.[0] | [.name, .devices, .brokers[0].connected, .links[0].name, .outbox_rows > 0, .end] | join(",")' 'cli,4,false,udp0,true,true' \
  "all of it for programs"

# Who may ask ---------------------------------------------------------------------------------------------------------

is "$(stat -c %a "$WORK/data/control.sock")" 660 "the control socket is for owner and group"
OUT=$(TIDEGATE_SOCKET=$WORK/data/control.sock "$TIDEGATE" devices)
is "$?" 0 "TIDEGATE_SOCKET says where to ask"
OUT=$(printf '%s\n' '{"op":"status","id":"x"}' 'no json' '{"op":"fly"}' '[]' |
  python3 -c 'import socket,sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.stdin.buffer.read())
f = s.makefile()
for _ in range(4): print(f.readline(), end="")' "$WORK/data/control.sock")
json '[.[] | [.id // "-", .error // "-"] | join(" ")] | join(",")' 'x -,- syntax,- unsupported,- type' "other programs ask with lines of JSON"
OUT=$(python3 -c 'import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); f = s.makefile()
for line in sys.stdin:
    s.sendall(("{\"ep\":\"hall\"," + line.strip() + "}\n").encode())
    print(json.loads(f.readline()).get("error"))' "$WORK/data/control.sock" <<'END' | xargs
"op":"create","path":"/3311","values":5
"op":"create","path":"/3311","values":{}
"op":"create","path":"/3311","values":{"x":1}
"op":"create","path":"/3311","values":{"5850":[1]}
"op":"create","path":"/3311","values":{"99999":1}
"op":"create","values":{"5850":true}
"op":"write_composite","values":{"5850":true}
"op":"write_composite"
"op":"observe_composite","paths":[]
"op":"observe_composite","paths":["/0/0"]
"op":"discover","path":"/3","depth":"x"
"op":"read","path":"/3","depth":1
"op":"attributes","path":"/3"
"op":"attributes","path":"/3","attributes":7
"op":"trigger","transport":5
"op":"trigger","instance":1.5
"op":"trigger","instance":65535
"op":"disable","seconds":-1
"op":"disable","seconds":0
"op":"prefer"
"op":"mute","value":"on"
"op":"delete","path":"/3303/0","format":"tlv"
END
)
is "$OUT" "argument argument syntax type range argument argument argument argument denied range argument argument argument argument range range range range argument argument argument" \
  "and every mistake of theirs has its name"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 755 "$WORK" "$WORK/data"
  OUT=$(setpriv --reuid=65534 --regid=65534 --clear-groups "$TIDEGATE" devices --socket "$WORK/data/control.sock" 2>&1)
  like "$? $OUT" '^3 .*Permission denied' "others may not"
else
  skip "others may not" "only root can be somebody else"
fi
stop gateway
is "$STATUS" 0 "the gateway ends with 0"
is "$(grep -c ' error ' "$WORK/gateway.log")" "$(grep -c ' error *script ' "$WORK/gateway.log")" "and had no errors but those of the script"

write_config <<END
  control = { mode = "0600", socket = "$WORK/c.sock" },
END
start_gateway
is "$(stat -c %a "$WORK/c.sock")" 600 "control.mode is the socket's"
tidegate status
is "$STATUS" 0 "control.socket is where it is found"
stop gateway
done_testing
