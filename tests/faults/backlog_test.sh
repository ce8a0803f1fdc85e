#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N6: what gathers while the broker is away for long goes as fast as what is new, however much it is, and all of it: TG_BACKLOG (8) seconds of as
# many notifications as the gateway takes.
# timeout: 240
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto python3

outbox() { "$TIDEGATE" status --json -c "$WORK/tidegate.lua" | jq -r ".$1"; }
is_empty() { [ "$(outbox outbox_rows)" = 0 ]; }

start_broker broker "allow_anonymous true" "max_queued_messages 0" "set_tcp_nodelay true"
stop broker
write_config <<END
  mqtt = { { uri = "mqtt://127.0.0.1:$BROKER", reconnect_min = 3, reconnect_max = 3 } },
  server = { observe = { "/3303/0/5700" } },
  limits = { requests_per_peer = 0 },
END
start_gateway
ANSWER=$("$BUILD/tests/bench/tg-load" --server "127.0.0.1:$UDP" --devices 100 --notify --seconds "${TG_BACKLOG:-8}" --pid "${PID[gateway]}")
ACKED=$(jq .answered <<<"$ANSWER")
WAITING=$(outbox outbox_rows)
[ "$WAITING" -ge "$ACKED" ]
check $? "what was acknowledged ($ACKED) waits for the broker ($WAITING)"
[ "$WAITING" -ge 50000 ]
check $? "it is much ($WAITING)"

# The gateway tries every three seconds, so the subscriber is there before it.
start_broker broker
spawn count "$BUILD/tests/bench/tg-mqtt-load" total "mqtt://127.0.0.1:$BROKER" 'tidegate/dev/+/v/3303/0/5700' 3
need 5 says count '^ready'
says gateway ' mqtt connected ' && check 1 "the subscriber is there first"
need 10 says gateway ' mqtt connected '
FROM=$EPOCHREALTIME
need 150 is_empty
RATE=$(awk -v n="$WAITING" -v a="$FROM" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", n / (b - a) }')
need 20 is_gone count
CAME=$(sed -n 's/.*"count":\([0-9]*\).*/\1/p' "$WORK/count.log")
# Beside the values there are states; and what was under way when the load ended is there although nobody was told so any more.
[ "$CAME" -ge "$ACKED" ] && [ "$CAME" -le "$WAITING" ]
check $? "all that was acknowledged came ($CAME)"
[ "$RATE" -ge 5000 ]
check $? "$RATE messages a second are taken by the broker, at least 5000"
if [ "$FAILED" = 0 ]; then
  python3 tests/lib/proof.py N6 "much that waits for a broker" --command "tests/faults/backlog_test.sh" --measured "messages that waited|$WAITING|||" \
    --measured "taken by the broker afterwards|$RATE|>=|5000|/s" --measured "acknowledged values missing|$((ACKED > CAME ? ACKED - CAME : 0))|=|0|"
fi
done_testing
