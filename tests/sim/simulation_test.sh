#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole gateways in virtual time: no invariant breaks in TG_SIM_SEEDS (100) runs of an hour, a run repeats itself exactly, and what is broken on
# purpose is noticed.
# timeout: 600
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
SEEDS=${TG_SIM_SEEDS:-100}
SIM=$BUILD/tests/sim/simulation
[ -x "$SIM" ] || skip_all "$SIM was not built"

# simulate OPTION...: FOUND is what it says, STATUS its exit code.
simulate() {
  FOUND=$("$SIM" "$@" 2>&1)
  STATUS=$?
}
number() { grep -oE "[0-9]+ $1" <<<"$FOUND" | tail -1 | cut -d' ' -f1; }

begun=$SECONDS
simulate --seeds "$SEEDS" --jobs 2
printf '%s\n' "$FOUND" | sed 's/^/# /'
is $STATUS 0 "$SEEDS seeds, an hour each with faults: no invariant breaks"
like "$FOUND" "^$SEEDS passed, 0 failed$" "which is what it says"
took=$((SECONDS - begun))
check "$(($(number acknowledged) < SEEDS * 100))" "readings were acknowledged all the time: $(number acknowledged)"
check "$(($(number crashes) < SEEDS))" "and gateways crashed meanwhile: $(number crashes)"
if [ -n "${TG_PROOFS:-}" ]; then
  python3 tests/lib/proof.py N1 "deterministic simulation of whole gateways" --command "${SIM#"$TG_ROOT"/} --seeds $SEEDS --jobs 2" \
    --build "$(basename "$BUILD")" --measured "invariants broken|$(number failed)|=|0|" --measured "runs of a virtual hour|$SEEDS|||" \
    --measured "readings acknowledged|$(number acknowledged)|||" --measured "commands accepted|$(number accepted)|||" \
    --measured "crashes|$(number crashes)|||" --measured "time on a machine with other work|$took|||s" \
    --measured "processor time, two cores for two minutes|$(number 's of processor time')|<=|240|s"
fi

simulate --seed 11
once=$(grep digest= <<<"$FOUND")
simulate --seed 11
is "$(grep digest= <<<"$FOUND")" "$once" "the same seed gives the same run, to the last event"
simulate --seed 12
[ "$(grep -o 'digest=.*' <<<"$FOUND")" != "$(grep -o 'digest=.*' <<<"$once")" ]
check $? "and another one another run"

# breaks WHAT SEEDS ERE: the invariant that it is for is the one that is named.
breaks() {
  simulate --break "$1" --seeds "$2"
  is $STATUS 1 "$1: is noticed"
  like "$FOUND" "^seed=[0-9]+ virtual time [0-9.]+ s: .*($3)" "$1: seed, time and invariant are told"
}
lost="was acknowledged|was accepted|by two messages|ended as|does not start"
breaks no-sync 10 "$lost"
breaks ack-early 10 "$lost"
breaks repeat-execute 2 "by two messages"
breaks lose-publish 2 "was acknowledged|was accepted|was taken"
breaks swap-publish 4 "was acknowledged|was accepted|was taken"
breaks leak 1 "were not freed"
breaks hold 2 "held for ever|never|registered|stay in the outbox"
breaks forget 6 "gone after the restart|registered"

simulate --break hold --seed 1
once=$(grep '^seed=.*virtual' <<<"$FOUND")
simulate --break hold --seed 1
is "$(grep '^seed=.*virtual' <<<"$FOUND")" "$once" "what broke breaks again at the same time"
like "$FOUND" "^  +[0-9]+\.[0-9]{3} " "and what came before is printed"
simulate --break hold --seed 1 --trace
like "$FOUND" "^ *[0-9]+\.[0-9]{3} gateway starts" "--trace prints all of it"

simulate --seeds 5..3
is $STATUS 2 "seeds that are none are said"
simulate --break nose
is $STATUS 2 "and what can't be broken"
done_testing
