#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_conformance and gen_conformance, with planted cases, marks and logs.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
TREE=$WORK/tree
finds() { "$ROOT/tools/check_conformance" --root "$TREE"; }
makes() { TG_LOGS=$TREE/logs "$ROOT/tools/gen_conformance" --root "$TREE" "$@"; }
cases() { printf '%b\n' "$@" | plant tests/conformance/ets.tsv; }
results() { printf '%b\n' "$@" | plant tests/conformance/results.tsv; }
MARK='[ETS'

sound() {
  fresh
  cases '# comment' '7\tOne\tthe first\t' '8\tOne\tthe second\tno radio' '12\tTwo\tthe third\t'
  results '7\tinterop/a_test\tUDP NIDD\t2' '12\tsystem/b_test\t\t1'
  printf '%b\n' 'interop/a_test\ta peer\tPEER_VERSION' | plant tests/conformance/peers.tsv
  printf 'say\nPEER_VERSION=1.5 # why\n' | plant tests/interop/peers/common.sh
  plant tests/interop/a_test.sh <<<"gives \"\$1: a thing $MARK 7]\""
  plant tests/system/b_test.sh <<<"is 1 1 \"it $MARK 12]\""
}

sound
passes "cases, marks and results that belong together" finds
cases '7\tOne\tthe first\t' '8\tOne\tthe second\tno radio' '12\tTwo\tthe third\t' '13\tTwo\tthe fourth\t'
fails_with "a case without test and reason" '^tests/conformance/ets.tsv:4: no test has the mark \[ETS 13\]; write one' finds
sound
plant tests/system/c_test.sh <<<"is 1 1 \"it $MARK 99]\""
fails_with "a mark of no case" '^tests/system/c_test.sh:1: no case has the number 99; add it' finds
sound
plant tests/system/c_test.sh <<<"is 1 1 \"it $MARK 8 12]\""
fails_with "a mark of a case that has a reason" '^tests/system/c_test.sh:1: case 8 has a reason' finds
sound
rm "$TREE/tests/system/b_test.sh"
plant tests/system/c_test.sh <<<"is 1 1 \"it $MARK 12]\""
fails_with "a test that is gone" '^tests/conformance/results.tsv:2: the test system/b_test has no marks, or is gone' finds
sound
plant tests/system/b_test.sh <<<"is 1 1 \"it $MARK 7]\""
plant tests/system/c_test.sh <<<"is 1 1 \"it $MARK 12]\""
fails_with "a mark that is gone" '^tests/conformance/results.tsv:2: system/b_test has no mark \[ETS 12\] any more' finds
sound
results '7\tinterop/a_test\tUDP\t2'
fails_with "a case that no run has proved" '^tests/conformance/results.tsv:1: no run has proved case 12' finds
results '7\tinterop/a_test\tUDP\tmany' '12\tsystem/b_test\t\t0'
fails_with "a result that is none" '^tests/conformance/results.tsv:2: not a result' finds
sound
cases '7\tOne\tthe first\t' '7\tOne\tthe first again\t' '12\tTwo\tthe third\t'
fails_with "a case that is there twice" '^tests/conformance/ets.tsv:2: case 7 is there twice' finds
cases '7\tOne\tthe first\t' 'x\tOne\tthe second\t' '12\tTwo\tthe third\t' '13\tTwo'
fails_with "a case without a number" '^tests/conformance/ets.tsv:2: not a case' finds
fails_with "a case without words" '^tests/conformance/ets.tsv:4: not a case' finds
sound
plant tests/conformance/peers.tsv <<<'# nobody'
fails_with "a peer that nobody names" '^tests/interop/a_test.sh:1: nobody says whom this test speaks with' finds

page_has() { makes >"$WORK/out" && grep -qxF -- "$1" "$WORK/out"; }
sound
passes "the page says how many are proved" page_has '2 of 3 are proved.'
passes "a case has its tests, with whom, over what" page_has \
  '| 7 | the first | [a_test](../tests/interop/a_test.sh): a peer 1.5 over UDP and NIDD, 2 checks |'
passes "tests of our own speak with our own devices" page_has '| 12 | the third | [b_test](../tests/system/b_test.sh): simulated devices, 1 check |'
passes "the others have their reason" page_has '| 8 | the second | – (no radio) |'
passes "each section has its table" page_has '## Two'

# Logs: a test is named by its path; of a test that did not run, what was known stays.
plant logs/interop/a_test.log < <(printf '%s\n' "ok 1 - udp: a thing $MARK 7]" "ok 2 - nidd, again: a thing $MARK 7 12]" 'ok 3 - nothing' "# ok 4 - $MARK 7]")
plant logs/asan/system/b_test.log <<<"not ok 1 - it $MARK 12]"
says_results() { makes --results | grep -v '^#' | grep . >"$WORK/got"; diff "$WORK/got" <(printf '%b\n' "$@"); }
passes "results are made of the logs" says_results '7\tinterop/a_test\tUDP NIDD\t2' '12\tinterop/a_test\tNIDD\t1' '12\tsystem/b_test\t\t1'
passes "a run that proved all says so" makes --verdict
says "case by case" '^ok 2 - case 12, the third: 1 checks, 0 failed$' makes --verdict
plant logs/system/b_test.log <<<"not ok 1 - it $MARK 12]"
fails_with "a failure is a failure of its case" '^not ok 2 - case 12, the third: 2 checks, 1 failed' makes --verdict
fails_with "and no result" '^gen_conformance: case 12 failed in system/b_test, left out' makes --results
plant logs/interop/a_test.log <<<"ok 1 - a thing $MARK 12] # SKIP no peer"
plant logs/system/b_test.log <<<"ok 1 - it $MARK 12]"
fails_with "what was skipped proves nothing" '^not ok 1 - case 7, the first: no test of this run has its mark' makes --verdict
finish
