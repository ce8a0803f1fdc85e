#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that takes no more while the gateway runs: devices are told, nothing acknowledged is lost, it goes on when there is room. A database that is
# damaged in several ways: the start goes on, what can't be read is set aside. A folder that can't be written: a clear end.
# timeout: 180
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto prlimit

sees() { grep -qE -- "$1" "$WORK/messages.log"; }
status() { "$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq -r "$1"; }
sends() { tell hall "send /3303/0/5601" && await 2 eval "[ \$(grep -cE '^(sent|send-failed)' '$WORK/hall.log') -gt $1 ]"; }
answers() { grep -cE '^(sent|send-failed)' "$WORK/hall.log"; }
# say_until ERE SECONDS: sends until the newest answer is like that
say_until() {
  local end=$((SECONDS + $2 + 1))
  while ((SECONDS < end)); do
    sends "$(answers)"
    grep -E '^(sent|send-failed)' "$WORK/hall.log" | tail -1 | grep -qE -- "$1" && return 0
  done
  return 1
}

# A full disk ---------------------------------------------------------------------------------------------------------
# A limit on the size of files stands for it: a write says EFBIG where a full disk says ENOSPC. The log goes through a pipe, which has none.

start_broker
subscribe messages 'tidegate/#'
write_config <<END
  server = { observe = { "/3303/0/5700" } },
END
spawn gateway bash -c 'trap "" XFSZ; exec "$0" run -c "$1" > >(exec cat) 2>&1' "$TIDEGATE" "$WORK/tidegate.lua"
need 20 says gateway ' host ready '
start_device hall "$UDP" --con
need 15 says hall '^observe /3303/0/5700'
say_until '^sent 2.04' 10
check $? "with room a Send is taken"
prlimit --pid "${PID[gateway]}" --fsize=4096:unlimited
say_until '^send-failed 5.03' 10
check $? "on a full disk it gets 5.03"
tell hall "set /3303/0/5700 55.5"
await 5 says hall '^value /3303/0/5700 55.5'
say_until '^send-failed 5.03' 10
check $? "again and again"
like "$(<"$WORK/gateway.log")" ' error store write_failed ' "the log tells it"
[ "$(count gateway ' error store write_failed ')" = 1 ]
check $? "once"
[ "$(status .failed_commits)" -gt 0 ]
check $? "and it is counted"
is "$(count hall '^acknowledged /3303/0/5700 55.5')" 0 "a notification is not acknowledged meanwhile"
prlimit --pid "${PID[gateway]}" --fsize=unlimited:unlimited
begun=$SECONDS
say_until '^sent 2.04' 10
check $? "when there is room again a Send is taken"
((SECONDS - begun <= 4))
check $? "soon"
await 60 says hall '^acknowledged /3303/0/5700 55.5'
check $? "so is the notification, which the device says again"
await 10 sees '^tidegate/dev/hall/v/3303/0/5700 \{"v":55.5,'
check $? "and it arrives"
await 10 eval "[ \"\$(status .outbox_rows)\" = 0 ]"
[ "$(count messages '/dev/hall/v/3303/0/5601 .*"src":"send"')" -ge "$(count hall '^sent 2.04')" ]
check $? "as did every Send that was answered with 2.04"
stop gateway
is "$STATUS" 0 "the gateway ends with 0"

# Damaged databases ---------------------------------------------------------------------------------------------------

db=$WORK/data/tidegate.db
# damage NAME: one of several ways
damage() {
  case $1 in
  header) printf 'no database' | dd of="$db" conv=notrunc status=none ;;
  middle) dd if=/dev/urandom of="$db" bs=4096 seek=1 count=3 conv=notrunc status=none ;;
  cut) truncate -s 5000 "$db" ;;
  empty) truncate -s 0 "$db" ;;
  log) head -c 20000 /dev/urandom >"$db-wal" ;;
  esac
}
for way in header middle cut empty log; do
  damage $way
  aside=$(find "$WORK/data" -name 'tidegate.db.damaged-*' ! -name '*-wal' ! -name '*-shm' | wc -l)
  start_gateway
  say_until '^sent 2.04' 20 || tell hall update
  say_until '^sent 2.04' 20
  check $? "$way: the start goes on, the device is served"
  after=$(find "$WORK/data" -name 'tidegate.db.damaged-*' ! -name '*-wal' ! -name '*-shm' | wc -l)
  case $way in
  empty | log) is "$after" "$aside" "$way: there is nothing to set aside" ;;
  *)
    is "$after" $((aside + 1)) "$way: the database is set aside"
    like "$(<"$WORK/gateway.log")" ' error store damaged_database_set_aside ' "$way: which is announced"
    ;;
  esac
  stop gateway
  is "$STATUS" 0 "$way: the gateway ends with 0"
done

# Nowhere to write ----------------------------------------------------------------------------------------------------

echo 'return { name = "gw", data_dir = "/proc/tidegate", links = { { kind = "udp", host = "127.0.0.1", port = 0 } } }' >"$WORK/nowhere.lua"
OUT=$("$TIDEGATE" run -c "$WORK/nowhere.lua" 2>&1)
is "$?" 1 "without a folder to write in the gateway does not start"
like "$OUT" "not_started .*data_dir: can't make /proc/tidegate" "and says so"
done_testing
