#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/schemas, docs/mqtt.md and the program say the same: the examples fit the schemas, the gateway's messages fit them too, and the
# commands of the page work as they stand there. The validator is python3-jsonschema.
# timeout: 180
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
DOC=docs/mqtt.md

# A machine's own Python may lack what Debian's has.
for python in python3 /usr/bin/python3 ''; do
  [ -n "$python" ] && "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null && break
done
[ -n "$python" ] || skip_all "no python3-jsonschema (tools/setup test)"
# validate MODE...: TAP of its own, with a plan; its findings count as one failure here.
validate() { "$python" tests/system/schema_check.py docs/schemas "$@" || FAILED=$((FAILED + 1)); }

validate doc "$DOC"

validate refuse state <<'END'
{"state":"away","t":1,"seq":1,"gw":"0123456789abcdef"}
{"state":"online","t":1,"seq":1}
{"state":"online","t":1,"seq":1,"gw":"0123456789ABCDEF"}
{"state":"online","objects":["3303"],"t":1,"seq":1,"gw":"0123456789abcdef"}
{"state":"online","t":1,"seq":1,"gw":"0123456789abcdef","surprise":1}
END
validate refuse value <<'END'
{"t":1,"seq":1,"gw":"0123456789abcdef"}
{"v":{"bytes":"x"},"t":1,"seq":1,"gw":"0123456789abcdef"}
{"v":[3303],"t":1,"seq":1,"gw":"0123456789abcdef"}
{"v":1,"src":"notify","t":1,"seq":1,"gw":"0123456789abcdef"}
{"v":1,"t":"2026-01-01","seq":1,"gw":"0123456789abcdef"}
END
validate refuse command <<'END'
{"op":"read","path":"/3/0/9"}
{"id":"","op":"read","path":"/3/0/9"}
{"id":"a","op":"raed","path":"/3/0/9"}
{"id":"a","op":"read"}
{"id":"a","op":"read","path":"3/0/9"}
{"id":"a","op":"read","path":"/3/00/9"}
{"id":"a","op":"write","path":"/3/0/14"}
{"id":"a","op":"write","path":"/3/0/14","value":1,"values":{"/3/0/14":1}}
{"id":"a","op":"create","path":"/3311","value":1}
{"id":"a","op":"attributes","path":"/3303"}
{"id":"a","op":"read","path":"/3/0/9","timeout":0}
{"id":"a","op":"read","path":"/3/0/9","priority":4}
{"id":"a","op":"read","path":"/3/0/9","prioritiy":1}
{"id":"a","op":"read","path":"/3/0/9","depth":1}
{"id":"a","op":"discover","path":"/3","depth":4}
{"id":"a","op":"attributes","path":"/3303","attributes":{"pmin":1.5}}
{"id":"a","op":"attributes","path":"/3303","attributes":{"pmin":true}}
{"id":"a","op":"attributes","path":"/3303","attributes":{"gt":"x"}}
{"id":"a","op":"attributes","path":"/3303","attributes":{"dim":1}}
{"id":"a","op":"update","path":"/3311/0","values":{"on":true}}
{"id":"a","op":"trigger","path":"/1/0/8"}
{"id":"a","op":"trigger","transport":"X"}
{"id":"a","op":"bootstrap","seconds":5}
{"id":"a","op":"disable","seconds":0}
{"id":"a","op":"prefer"}
{"id":"a","op":"mute","value":1}
{"id":"a","op":"mute"}
END
validate refuse result <<'END'
{"id":"a","op":"read","path":"/3/0/9","state":"failed","t":1,"seq":1,"gw":"0123456789abcdef"}
{"id":"a","op":"read","path":"/3/0/9","state":"done","error":"timeout","message":"x","t":1,"seq":1,"gw":"0123456789abcdef"}
{"op":"read","path":"/3/0/9","state":"done","t":1,"seq":1,"gw":"0123456789abcdef"}
{"id":"a","op":"read","path":"/3/0/9","state":"done","code":"205","t":1,"seq":1,"gw":"0123456789abcdef"}
END

validate refuse firmware <<'END'
{"update":1,"state":"flying","image":"fw2","method":"push","sent":0,"total":1,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
{"state":"done","image":"fw2","method":"push","sent":0,"total":1,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
{"update":1,"state":"done","image":"fw2","method":"pull","sent":0,"total":1,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
{"update":1,"state":"done","image":"fw2","method":"push","sent":-1,"total":1,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
END
validate refuse campaign <<'END'
{"state":"waiting","image":"fw2","wave":1,"running":1,"done":0,"failed":0,"cancelled":0,"unknown":0,"left":0,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
{"state":"running","image":"fw2","wave":1,"running":-1,"done":0,"failed":0,"cancelled":0,"unknown":0,"left":0,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
{"state":"running","wave":1,"running":1,"done":0,"failed":0,"cancelled":0,"unknown":0,"left":0,"begun":1,"t":1,"seq":1,"gw":"0123456789abcdef"}
END
validate refuse firmware-command <<'END'
{"id":"a","op":"firmware_update"}
{"op":"firmware_update","image":"fw2"}
{"id":"a","op":"firmware_apply","image":"fw2"}
{"id":"a","op":"firmware_update","image":"fw2","method":"pull"}
{"id":"a","op":"firmware_update","image":"fw2","severity":3}
END
validate refuse gateway-command <<'END'
{"id":"a","op":"campaign_start","name":"may"}
{"id":"a","op":"campaign_start","image":"fw2"}
{"id":"a","op":"campaign_start","name":"a/b","image":"fw2"}
{"id":"a","op":"campaign_start","name":"may","image":"fw2","limits":{"nb":0}}
{"id":"a","op":"campaign_start","name":"may","image":"fw2","stop_percent":101}
{"id":"a","op":"campaign_pause","name":"may","wave":1}
END

# The gateway itself --------------------------------------------------------------------------------------------------

missing=
for program in mosquitto mosquitto_pub mosquitto_sub "$TIDEGATE" "$BUILD/tests/fake/device/tg-fake-device"; do
  command -v "$program" >/dev/null || missing=$program
done
if [ -n "$missing" ]; then
  skip "the gateway's messages" "there is no $missing"
  done_testing
fi

PREFIX=plant/tg
start_broker broker
subscribe messages "$PREFIX/#"
write_config "$WORK/tidegate.lua" <<'END'
  name = "schema test",
  server = { observe = { "/3303", "/3/0/9" } },
  dialect = { prefix = "plant/tg" },
END
start_gateway gateway
start_device device "$UDP" --ep "hall/1 (north)" --interval 1 --firmware push --fw-version 1.0
LEVEL=hall%2F1%20%28north%29
DEV=$PREFIX/dev/$LEVEL
await 20 says messages "^$DEV/v/3303/0/5700 "
check $? "a device with a slash in its name has topics of its own"

# The page's commands; what makes a device leave goes to one that may.
start_device leaver "$UDP"
need 20 says leaver '^write /1/0/23'
while read -r command; do
  id=$(sed -E 's/.*"id": "([^"]*)".*/\1/' <<<"$command")
  level=$LEVEL
  [[ $command == *'"disable"'* ]] && level=leaver
  publish -t "$PREFIX/dev/$level/cmd" -m "$command"
  await 15 has_ended "$level" "$id"
  like "$RESULT" '"state":"done"' "works as on the page: $command"
done < <(validate examples "$DOC" command)

ask "$LEVEL" '"op":"raed","path":"/3/0/9"'
like "$RESULT" '"error":"argument".*did you mean' "a command with a wrong op is answered"
ask "$LEVEL" '"op":"write","path":"/3/0/0","value":"me"'
like "$RESULT" '"state":"failed".*"code":"4.05"' "a command that the device refuses is answered"
ask nobody '"op":"read","path":"/3/0/9"'
like "$RESULT" '"error":"not_found"' "a command to nobody is answered"
publish -t "$DEV/cmd" -m 'no JSON'
await 10 says messages "^$DEV/result .*\"error\":\"syntax\""
check $? "what is no JSON is answered"
publish -t "$DEV/cmd" -m '{"id":"a1","op":"read","path":"/3/0/9"}'
twice() { [ "$(results "$LEVEL" a1 | grep -c '"state":"done"')" = 2 ]; }
await 10 twice
check $? "a command that comes again is answered again"

tests/fake/device/make_image "$WORK/fw2.bin" 2.0 sim 400000
"$TIDEGATE" firmware add "$WORK/fw2.bin" --name fw2 --version 2.0 -c "$WORK/tidegate.lua" >/dev/null
ask "$LEVEL" '"op":"firmware_update","image":"fw2"'
like "$RESULT" '"state":"done","update":1' "a firmware update works"
publish -t "$PREFIX/gw/schema%20test/cmd" -m '{"id":"c1","op":"campaign_start","name":"may","image":"fw2","ep":"hall*"}'
await 20 says messages '/campaign/may .*"state":"done"'
check $? "and a campaign"
await 10 says messages '^plant/tg/gw/schema%20test/result .*"id":"c1"'
check $? "that is answered"

stop device
await 10 says messages "^$DEV/state .*\"offline\""
check $? "the device's good-bye is told"
stop gateway
await 10 says messages 'gw/schema%20test/state .*"offline"'
check $? "and the gateway's"
printf '1..%d\n' "$TESTS"

grep "^$PREFIX/" "$WORK/messages.log" >"$WORK/emitted"
validate messages "$WORK/emitted" "$PREFIX"
[ "$FAILED" = 0 ]
