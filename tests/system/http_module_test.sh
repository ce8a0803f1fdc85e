#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HTTP is a file of its own: a gateway without NIDD and without an HTTP file server does without it and its libraries, one that needs it finds it
# beside the program or where it is installed and nowhere else, and says what is wrong where it isn't there or isn't its own.
# timeout: 120
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require curl nm readelf cc cmake
MODULE=tidegate-http.so
[ -e "$BUILD/$MODULE" ] || skip_all "built with TG_HTTP_MODULE=OFF: HTTP is part of the program"
VERSION=$("$TIDEGATE" version | sed 's/.* //')
NEED='nidd links and firmware.http need the HTTP module'

# call COMMAND...: its errors in ERR, its exit code in STATUS.
call() {
  (cd "$WORK/here" && exec timeout 30 "$@" >"$WORK/out" 2>"$WORK/err" </dev/null)
  STATUS=$?
  ERR=$(<"$WORK/err")
}
maps() { grep -oE '[^/]*(libcurl|libmicrohttpd|libgnutls|tidegate-http)[^/]*$' "/proc/${PID[gateway]}/maps" | sort -u | xargs; }

# What the files are ----------------------------------------------------------------------------------------------------

is "$(readelf -d "$TIDEGATE" | grep -cE 'NEEDED.*(curl|microhttpd|gnutls)')" 0 "the program itself needs no library for HTTP"
is "$(nm -D --defined-only "$BUILD/$MODULE" | awk '{ print $3 }' | xargs)" tg_http_module "the module shows one symbol"
nm -D --undefined-only "$BUILD/$MODULE" | awk '$2 ~ /^tg_/ { print $2 }' | sort >"$WORK/needs"
nm -D --defined-only "$TIDEGATE" | awk '$3 ~ /^tg_/ { print $3 }' | sort >"$WORK/shown"
[ -s "$WORK/needs" ] && diff "$WORK/needs" "$WORK/shown"
check $? "and the program shows it what it uses, nothing else"

# Without the module ----------------------------------------------------------------------------------------------------

mkdir "$WORK/bin" "$WORK/here" "$WORK/elsewhere"
cp "$TIDEGATE" "$WORK/bin/tidegate"
TIDEGATE=$WORK/bin/tidegate
UDP=$(free_port)
write_config <<<''
write_config "$WORK/nidd.lua" <<END
  links = { { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:9", scs_as_id = "gw", callback = { host = "127.0.0.1", port = 0 } } },
END
write_config "$WORK/images.lua" <<<'  firmware = { http = { listen = "127.0.0.1:0" } },'
call "$TIDEGATE" check -c "$WORK/tidegate.lua"
is "$STATUS" 0 "no module: a configuration without HTTP is fine"
start_gateway
is "$(maps)" "" "and runs, without HTTP and its libraries in memory"
stop gateway
is "$STATUS" 0 "and ends"

# refused ERE NAME: check and run refuse the configuration and say why.
refused() {
  call "$TIDEGATE" check -c "$WORK/nidd.lua"
  is "$STATUS" 4 "$2: check refuses a nidd link"
  like "$ERR" "^$WORK/nidd.lua: $NEED: .*$1.*; install it" "$2: and says why"
  call "$TIDEGATE" run -c "$WORK/nidd.lua"
  is "$STATUS" 4 "$2: so does run"
  like "$ERR" "not_started error=config why=\"$NEED: .*$1" "$2: with the same words"
}
refused "/tidegate/$MODULE: cannot open shared object file: No such file" "no module"
call "$TIDEGATE" check -c "$WORK/images.lua"
is "$STATUS" 4 "no module: check refuses an HTTP file server"
like "$ERR" "^$WORK/images.lua: $NEED" "no module: and says why"
call "$TIDEGATE" run -c "$WORK/images.lua"
is "$STATUS" 4 "no module: so does run"

cp "$BUILD/$MODULE" "$WORK/here/"
cp "$BUILD/$MODULE" "$WORK/elsewhere/"
export LD_LIBRARY_PATH="$WORK/elsewhere${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
refused "/tidegate/$MODULE: cannot open shared object file" "a module in the working directory or in LD_LIBRARY_PATH"
unset LD_LIBRARY_PATH

# A file that is not it -------------------------------------------------------------------------------------------------

# build LINE: a module of one line of C.
build() { cc -shared -fPIC -x c -o "$WORK/bin/$MODULE" - <<<"$1"; }
: >"$WORK/bin/$MODULE"
refused "bin/$MODULE: file too short" "an empty file"
head -c 100000 /dev/zero >"$WORK/bin/$MODULE"
refused "bin/$MODULE: invalid ELF header" "no program at all"
build 'int something;'
refused 'undefined symbol: tg_http_module' "another library"
build 'extern int tg_not_there(void); int (*tg_http_module)(void) = tg_not_there;'
refused 'undefined symbol: tg_not_there' "a module that uses what the program hasn't got"
build 'const struct { unsigned abi; const char *version; } tg_http_module = {1, "0.0.7"};'
refused "bin/$MODULE is of another version, 0.0.7" "a module of another version"
build "const struct { unsigned abi; const char *version; } tg_http_module = {9999, \"$VERSION\"};"
refused "bin/$MODULE is of another version, $VERSION with ABI 9999" "a module with another ABI"
rm "$WORK/bin/$MODULE"

# With it ---------------------------------------------------------------------------------------------------------------

ln -s "$BUILD/$MODULE" "$WORK/bin/$MODULE"
call "$TIDEGATE" check -c "$WORK/nidd.lua"
is "$STATUS" 0 "beside the program: check is content"

DESTDIR=$WORK/stage cmake --install "$BUILD" --prefix /usr >"$WORK/install.log" 2>&1
check $? "it is installed"
mv "$WORK/stage/usr" "$WORK/moved" && rm -rf "$WORK/stage"
TIDEGATE=$WORK/moved/bin/tidegate
[ "$(find "$WORK/moved" -path "*/tidegate/$MODULE" | wc -l)" = 1 ] && [ ! -e "$WORK/moved/bin/$MODULE" ]
check $? "in a folder of its own"
start_scef meter@iot.example
write_config <<END
  links = {
    { kind = "udp", host = "127.0.0.1", port = $UDP },
    { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:$SCEF", scs_as_id = "gw", devices = { "meter@iot.example" } },
  },
  firmware = { http = { listen = "127.0.0.1:0" } },
END
start_gateway
like "$(maps)" "^libcurl.* libgnutls.* libmicrohttpd.* $MODULE\$" "installed and moved as a whole: the module is found and loaded"
start_device meter "$(relay_port meter@iot.example)"
online() { "$TIDEGATE" read meter /3303/0/5701 --json -c "$WORK/tidegate.lua" 2>/dev/null | grep -q '"Cel"'; }
await 20 online
check $? "a device is read over NIDD"
images=$(sed -n 's/.*listening service=firmware address=127.0.0.1 port=//p' "$WORK/gateway.log")
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$images/fw/none")" 404 "the file server answers"
stop gateway
is "$STATUS" 0 "and it ends as it should"
done_testing
