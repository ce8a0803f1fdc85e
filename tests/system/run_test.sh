#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program as a process: how it starts, refuses to start and ends; what `check`, `help` and `version` say; exit codes as the man page
# has them.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require python3

# call COMMAND...: its output in OUT, its errors in ERR, its exit code in STATUS.
call() {
  OUT=$(timeout 30 "$TIDEGATE" "$@" 2>"$WORK/err" </dev/null)
  STATUS=$?
  ERR=$(<"$WORK/err")
}

# Words on the command line -------------------------------------------------------------------------------------------

call --help
is "$STATUS" 0 "--help ends with 0"
like "$OUT" '^usage: tidegate COMMAND' "and says how it is used"
help=$OUT
call help
is "$OUT" "$help" "help is the same"
call version
is "$STATUS $OUT" "0 tidegate $(sed -n 's/^project(tidegate VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" "version is that of the project"
call
is "$STATUS" 2 "no command is a usage error"
like "$ERR" '^usage: ' "and says how it is used, on standard error"
call frobnicate
is "$STATUS $ERR" '2 tidegate: no command "frobnicate"; see tidegate help' "an unknown command is a usage error"
call devices --frobnicate
is "$STATUS" 2 "an unknown option is a usage error"
call check extra
is "$STATUS" 2 "a word too many is a usage error, also for commands that take none"
call read onlyep
is "$STATUS $ERR" "2 tidegate read: path is missing; see tidegate help" "a word that is missing is named"
call api --dump
like "$OUT" '^tg\.rule\.publish$' "api --dump names the functions for scripts"

# check ---------------------------------------------------------------------------------------------------------------

write_config <<END
  name = "run/test",
END
call check -c "$WORK/tidegate.lua"
is "$STATUS $OUT" "0 $WORK/tidegate.lua: fine: 1 links, 0 brokers, 0 scripts" "check says that a good configuration is fine"
for example in config/tidegate.lua config/examples/*.lua; do
  call check -c "$example"
  is "$STATUS" 0 "check of the shipped $example"
done

# wrong NAME ERE <<< CONFIG: check refuses it with 4 and a line that fits; so does run, before it touches anything.
wrong() {
  cat >"$WORK/wrong.lua"
  call check -c "$WORK/wrong.lua"
  is "$STATUS" 4 "check refuses $1"
  like "${ERR//"$WORK/"/}" "$2" "and says it: $2"
}
wrong "an unknown key" '^wrong.lua:3: unknown key "data_dri"; did you mean "data_dir"\?$' <<'END'
return {
  name = "x",
  data_dri = "d",
}
END
call run -c "$WORK/wrong.lua"
is "$STATUS" 4 "run refuses it too"
like "$ERR" 'wrong.lua:3: unknown key "data_dri"' "with the same words"
wrong "an unknown word" '^wrong.lua:2: links\[1\].kind: "upd" is not one of udp, nidd; did you mean "udp"\?$' <<'END'
return { links = {
  { kind = "upd" } } }
END
wrong "a number out of range" '^wrong.lua:1: links\[1\].port: at most 65535 is wanted$' <<'END'
return { links = { { kind = "udp", port = 65536 } } }
END
wrong "a key that is missing" '^wrong.lua:2: mqtt\[1\].uri is missing' <<'END'
return {
  mqtt = { {} } }
END
wrong "a duration that is none" '^wrong.lua:1: server.awake: seconds or text such as' <<'END'
return { server = { awake = "5x" } }
END
wrong "two brokers of one name" '^wrong.lua:1: mqtt\[2\].name: "main" is the name of mqtt\[1\] already$' <<'END'
return { mqtt = { { uri = "mqtt://a" }, { uri = "mqtt://b" } } }
END
wrong "a broker's port that is none" '^wrong.lua:1: mqtt\[1\].uri: .*99999' <<'END'
return { mqtt = { { uri = "mqtt://a:99999" } } }
END
wrong "an address that is none" '^wrong.lua:1: links\[1\].host: .*nohost' <<'END'
return { links = { { kind = "udp", host = "nohost.invalid" } } }
END
wrong "an External Identifier that is none" '^wrong.lua:1: links\[1\].devices\[2\]: ' <<'END'
return { links = { { kind = "nidd", api_root = "http://127.0.0.1:9", scs_as_id = "x", devices = { "a@b", "meter" } } } }
END
wrong "a callback URL that is none" '^wrong.lua:1: links\[1\].callback.url: .*an http or https URL is wanted' <<'END'
return { links = { { kind = "nidd", api_root = "http://127.0.0.1:9", scs_as_id = "x", callback = { url = "gw:8443" } } } }
END
wrong "a prefix that is no topic" '^wrong.lua:1: dialect.prefix: ' <<'END'
return { dialect = { prefix = "a/+/b" } }
END
wrong "what is no Lua" "^wrong.lua:2: unexpected symbol near '='$" <<'END'
return {
  name = = 3 }
END
wrong "what returns no table" '^wrong.lua:1: the file must return a table' <<<'return 5'
wrong "a program that does not end" '^wrong.lua:1: the file runs too long' <<<'while true do end'
wrong "a pattern that does not end" '^wrong.lua:1: the file runs too long' <<<"return { name = ('a'):rep(100000):find('.-.-.-.-b') }"
mkfifo "$WORK/pipe.lua"
wrong "a script that is a pipe" '^wrong.lua: script pipe.lua: not a file$' <<<'return { scripts = { "pipe.lua" } }'
call check -c "$WORK/none.lua"
is "$STATUS" 4 "check refuses a file that is not there"
like "$ERR" "can't read .*none.lua: No such file" "and says it"
wrong "a script that is not there" '^wrong.lua: script rules/none.lua' <<<'return { scripts = { "rules/none.lua" } }'
printf 'return {\n  rules = = 1\n}\n' >"$WORK/broken.lua"
wrong "a script that is no Lua" "^broken.lua:2: unexpected symbol near '='$" <<<'return { scripts = { "broken.lua" } }'
wrong "a certificate that is not there" '^wrong.lua:.*mqtt\[1\].ca_file: .*none.pem.*No such file' \
  <<<'return { mqtt = { { uri = "mqtts://h", ca_file = "none.pem" } } }'
wrong "a folder of objects that is not there" '^wrong.lua:.*objects\[1\]: .*nowhere.*No such file' <<<'return { objects = { "nowhere" } }'

# Starting and ending -------------------------------------------------------------------------------------------------

start_gateway
check 0 "the gateway starts"
is "$(stat -c %a "$WORK/data")" 750 "its folder is its own"
is "$(stat -c %a "$WORK/data/tidegate.db")" 600 "its store too"

call run -c "$WORK/tidegate.lua"
is "$STATUS" 1 "a second gateway on the same data_dir is refused"
like "$ERR" "not_started .*data_dir: another gateway runs on .*/data\"" "and says why"
is_gone gateway
is $? 1 "the first one runs on"

sed "s/data_dir = .*/data_dir = \"other\",/" "$WORK/tidegate.lua" >"$WORK/other.lua"
call run -c "$WORK/other.lua"
is "$STATUS" 1 "a UDP port that is taken is refused"
like "$ERR" "not_started .*can't listen on UDP 127.0.0.1 port $UDP: Address already in use" "and named"
[ ! -e "$WORK/other/control.sock" ]
check $? "nothing of it stays behind"

spawn other python3 -u -c 'import socket,sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print("port", s.getsockname()[1]); sys.stdin.read()'
need 10 says other '^port'
taken=$(sed -n 's/^port //p' "$WORK/other.log")
first=$UDP
UDP=$(free_port)
write_config "$WORK/third.lua" <<END
  data_dir = "third",
  control = { socket = "$WORK/data/control.sock" },
END
call run -c "$WORK/third.lua"
is "$STATUS" 1 "a control socket that is taken is refused"
like "$ERR" "not_started .*can't listen on .*/data/control.sock: Address already in use" "and named"
write_config "$WORK/third.lua" <<END
  data_dir = "third",
  control = { socket = "$WORK/$(printf 'x%.0s' {1..100})/control.sock" },
END
call run -c "$WORK/third.lua"
is "$STATUS" 4 "a control socket with too long a path is a wrong configuration"
write_config "$WORK/third.lua" <<END
  data_dir = "third",
  links = { { kind = "nidd", api_root = "http://127.0.0.1:9", scs_as_id = "x", callback = { port = $taken } } },
END
call run -c "$WORK/third.lua"
is "$STATUS" 1 "a callback port that is taken is refused"
like "$ERR" "not_started .*can't listen on 127.0.0.1 port $taken " "and named"
write_config "$WORK/third.lua" <<END
  data_dir = "/proc/tidegate",
END
call run -c "$WORK/third.lua"
is "$STATUS" 1 "a data_dir that can't be made is refused"
like "$ERR" "not_started .*data_dir: can't make /proc/tidegate: No such file" "and named"
UDP=$first

stop gateway TERM
is "$STATUS" 0 "SIGTERM ends the gateway with 0"
like "$(<"$WORK/gateway.log")" ' host stopping signal=15' "it says that it stops"
like "$(tail -1 "$WORK/gateway.log")" ' host stopped$' "and that it has stopped"
[ ! -e "$WORK/data/control.sock" ]
check $? "its control socket is gone"

start_gateway
stop gateway INT
is "$STATUS" 0 "SIGINT too"

start_gateway
stop gateway KILL
[ -S "$WORK/data/control.sock" ]
check $? "after kill -9 the control socket is left behind"
call devices -c "$WORK/tidegate.lua"
is "$STATUS" 3 "nobody is there at it"
start_gateway
call devices -c "$WORK/tidegate.lua"
is "$STATUS" 0 "the next gateway takes its place"
stop gateway
is "$STATUS" 0 "and ends with 0"
done_testing
