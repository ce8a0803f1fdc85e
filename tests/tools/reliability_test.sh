#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# proof.py and gen_reliability_doc: what is taken down, what takes whose place, what the page says of goals, and what is refused.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
TREE=$WORK/tree
RESULTS=$TREE/tests/proofs/results.tsv
proof() { TG_PROOFS=$RESULTS python3 "$ROOT/tests/lib/proof.py" "$@"; }
makes() { "$ROOT/tools/gen_reliability_doc" --root "$TREE"; }
page_has() { makes >"$WORK/out" 2>&1 && grep -qxF -- "$1" "$WORK/out"; }
refuses() {
  "$@"
  [ $? = 2 ]
}
rows() { grep -vc '^#' "$RESULTS"; }
page() { printf '%s\n' "$@" | plant tests/proofs/page.txt; }

sound() {
  fresh
  page '# Page' '' '{{N4}}' '' '{{N12}}'
  proof N12 "sizes" --command "run sizes" --build asan --measured 'most|3.5|<=|4|x'
  proof N4 "power cuts" --command "run cuts" --measured 'cuts|12345|||' --measured 'lost|0|=|0|'
}

sound
passes "what was measured is taken down" [ "$(rows)" = 3 ]
passes "in the order of the numbers" [ "$(grep -v '^#' "$RESULTS" | cut -f1 | tr '\n' ' ')" = "N4 N4 N12 " ]
passes "with build" page_has "| most | 3.5 x | <= 4 x |"
passes "a number is readable" page_has "| cuts | 12,345 |  |"
passes "a goal stands beside it" page_has "| lost | 0 | = 0 |"
passes "the text around it stays" page_has "# Page"
proof N4 "power cuts" --command "run cuts" --measured 'lost|2|=|0|'
passes "a new run takes the place of the last one" [ "$(rows)" = 2 ]
passes "a goal that was missed is said to be" page_has "| lost | 2 | = 0, **not met** |"
proof N4 "more cuts" --command "run more" --measured 'rate|70.25|>=|50|/s'
passes "another run of a proof stands beside it" [ "$(rows)" = 3 ]
passes "both are shown" page_has "| rate | 70.25 /s | >= 50 /s |"
unset TG_PROOFS
passes "without a file nothing is taken down" python3 "$ROOT/tests/lib/proof.py" N4 "x" --command y --measured 'a|1|||'

sound
passes "a measurement of four parts is refused" refuses proof N4 x --command y --measured 'a|1||'
passes "so is a goal without a relation that there is" refuses proof N4 x --command y --measured 'a|1|<|2|'
passes "and nothing is taken down" [ "$(rows)" = 3 ]
page '{{N4}}'
fails_with "a proof that has no place" '^tests/proofs/results.tsv:[0-9]+: N12 has no line' makes
page '{{N4}}' '{{N12}}' '{{N5}}'
fails_with "a place without a proof" '^tests/proofs/page.txt:3: no run of N5' makes
sound
printf 'N4\tx\n' >>"$RESULTS"
fails_with "a row that is none" '^tests/proofs/results.tsv:[0-9]+: 2 columns' makes
sound
sed -i 's/\t=\t0/\t=\tnone/' "$RESULTS"
fails_with "a goal that is no number" '^tests/proofs/results.tsv:[0-9]+: no goal' makes
finish
