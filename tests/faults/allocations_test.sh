#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N8: in every scenario of every unit/*_nomem_test each allocation of the product fails in turn; here they are counted.
# timeout: 300
set -uo pipefail
# shellcheck source=tests/lib/parts.sh
. "$(dirname "$0")/../lib/parts.sh"
SCENARIOS=0 FAILURES=0 PROGRAMS=0
for program in "$BUILD"/tests/*_nomem_test; do
  [ -x "$program" ] || continue
  "$program" >"$WORK/out.log" 2>&1
  check $? "${program##*/}: nothing crashes, nothing is left half done"
  while read -r scenarios failures; do
    SCENARIOS=$((SCENARIOS + scenarios)) FAILURES=$((FAILURES + failures)) PROGRAMS=$((PROGRAMS + 1))
  done < <(sed -nE 's/^# allocations: scenarios=([0-9]+) failures=([0-9]+)$/\1 \2/p' "$WORK/out.log")
done
printf '# %d programs, %d scenarios, %d failures\n' "$PROGRAMS" "$SCENARIOS" "$FAILURES"
((SCENARIOS >= 40))
check $? "there are 40 scenarios or more"
((FAILURES >= 10000))
check $? "and 10,000 failures or more"
[ "$FAILED" = 0 ] && python3 tests/lib/proof.py N8 "each allocation fails once" --command "tests/faults/allocations_test.sh" --measured "crashes|0|=|0|" \
  --measured "scenarios|$SCENARIOS|>=|40|" --measured "allocations that failed|$FAILURES|>=|10000|"
done_testing
