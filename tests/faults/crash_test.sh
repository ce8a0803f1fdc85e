#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A test build ends itself at each of its durability sites under load, at the first pass or at those of TG_PASSES (1,2,5 for docs/reliability.md); after each the gateway is started
# again and everything that devices were told has arrived must come, in order, and nothing be executed twice. Then the Execute of a firmware update.
# timeout: 400
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
require jq mosquitto python3

sees() { grep -qE -- "$1" "$WORK/messages.log"; }
told() { grep "^tidegate/dev/$1/firmware " "$WORK/messages.log" | tail -1 | grep -qE -- "$2"; }

OUT=$("$TIDEGATE" run --crash-at commit-before:0 2>&1)
is "$?" 2 "--crash-at wants a number from 1 on"
like "$OUT" 'SITE:N is wanted' "and says so"
"$TIDEGATE" run --crash-at nowhere:1 2>/dev/null
is "$?" 2 "and a site that there is"
is "$("$TIDEGATE" run --crash-at list | wc -l)" "$(grep -c '^X(' core/base/crash.def)" "all sites are listed"

# Values and commands -------------------------------------------------------------------------------------------------

# faults OPTION...: its lines as ours
faults() {
  local word rest
  while read -r word rest; do
    case $word in
    ok) check 0 "$rest" ;;
    not) check 1 "${rest#ok }" ;;
    *) printf '%s %s\n' "$word" "$rest" ;;
    esac
  done < <(python3 tests/faults/faults sites "$@" 2>&1 || echo "not ok the run ends well")
}
faults --passes "${TG_PASSES:-1}"
# Devices that repeat themselves at once: an answer could once go out with the news of an earlier commit, before its own message was even queued.
# It takes a busy machine to meet that from outside; tests/unit/gateway/gateway_turn_test.c meets it always.
faults --sites commit-before --passes "${TG_COMMITS:-36,23,51}" --repeat 0.004 --rate 400

# Firmware ------------------------------------------------------------------------------------------------------------

start_broker
subscribe messages 'tidegate/#'
write_config </dev/null
make_image "$WORK/image" 2.0 4096
asked_again() { [ "$(count "$1" '^read /5/0$')" -gt "$read_before" ]; }
# apply SITE: an update whose gateway ends at SITE, and what came of it
apply() {
  local name=${1##*-}
  start_gateway
  start_device "$name" "$UDP" --firmware push --fw-version 1.0
  need 10 sees "/dev/$name/state .*\"state\":\"online\""
  [ "$1" = firmware-execute-before ] && firmware add "$WORK/image" --name image --version 2.0 >/dev/null
  firmware update "$name" image --hold >/dev/null
  await 20 told "$name" '"state":"ready"'
  check $? "$1: the image is with the device"
  stop gateway
  spawn gateway "$TIDEGATE" run -c "$WORK/tidegate.lua" --crash-at "$1:1"
  need 20 ready_or_gone gateway
  firmware apply "$name" >/dev/null 2>&1
  await 20 is_gone gateway
  check $? "$1: the gateway ends there"
  wait "${PID[gateway]}"
  is "$?" 137 "$1: with the code of that"
  read_before=$(count "$name" '^read /5/0$')
  start_gateway
  await 30 asked_again "$name"
  check $? "$1: after a restart the device is asked what came of it" || firmware status "$name"
  like "$(update_of "$name" .state)" '^(applying|done|unknown)$' "$1: the gateway remembers that Execute may have gone"
  [ "$(count "$name" '^execute /5/0/2')" -le 1 ]
  check $? "$1: Update was not executed twice"
  printf '# %s: %s, executed %s times\n' "$1" "$(update_of "$name" .state)" "$(count "$name" '^execute /5/0/2')"
  stop gateway
}
apply firmware-execute-before
apply firmware-execute-after
done_testing
