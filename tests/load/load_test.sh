#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nothing that a device got an acknowledgement for is missing at the subscriber, whatever is killed meanwhile; and the tool would tell.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto mosquitto_sub python3

# load OPTION...: its summary in FOUND, its exit code in STATUS. 2 says that the tool itself could not do it (a port that somebody took):
# then once more.
load() {
  local try
  for try in 1 2; do
    FOUND=$(tests/load/run --build "$BUILD" "$@" 2>>"$WORK/load.log")
    STATUS=$?
    [ $STATUS = 2 ] || break
    tail -3 "$WORK/load.log" | sed "s/^/# try $try: /"
  done
  printf '# %s\n' "$FOUND"
}
has() { [ -n "$FOUND" ] && jq -e "$1" <<<"$FOUND" >/dev/null; }

load --seconds 5 --devices 20 --rate 100 --drop 3
is $STATUS 1 "values that did not arrive are a failure"
has '.missing == 3 and .acknowledged == .received + 3'
check $? "and are counted"

load --seconds "${TG_LOAD_SECONDS:-30}" --devices 50 --rate 100 --faults all --every 5
is $STATUS 0 "half a minute with a lossy net, a broker that restarts and a gateway that is killed"
has '.missing == 0 and .acknowledged > 1000'
check $? "nothing that was acknowledged is missing"
has '.restarts.gateway >= 4 and .restarts.broker >= 4'
check $? "and they were killed indeed"
has '.duplicates <= .received / 10'
check $? "few come twice: what was on its way to the broker when one of the two was killed"
load --seconds 1 --faults fire
is $STATUS 2 "a fault that is none is said"
done_testing
