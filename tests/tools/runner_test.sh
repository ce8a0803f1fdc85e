#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The runner counts honestly: fake programs that pass, fail, crash, hang, skip or run nothing.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
export TG_ROOT=$ROOT TG_LOGS=$WORK/logs TG_LIST=$WORK/logs/jobs TG_SCRATCH=$WORK/scratch TG_ONLY='' TG_KEEP=no
# shellcheck source=tools/lib/common.sh
. "$ROOT/tools/lib/common.sh"
# shellcheck source=tools/lib/jobs.sh
. "$ROOT/tools/lib/jobs.sh"

begin() {
  rm -rf "$TG_LOGS" "$TG_SCRATCH" && mkdir -p "$TG_LOGS" "$TG_SCRATCH" && : >"$TG_LIST" && : >"$TG_LOGS/results"
}

# score_of COMMAND [SECONDS]: runs one job; $score is `passed failed skipped reason`.
score_of() {
  begin
  add_job one "${2:-20}" "$WORK" "$1"
  run_jobs "one" >/dev/null 2>&1
  score=$(awk -F'\t' '{print $2, $3, $4, $6}' "$TG_LOGS/results")
}

# scores NAME WANT COMMAND [SECONDS]: WANT is a regular expression.
scores() {
  score_of "$3" "${4:-20}"
  printf 'got:  %s\nwant: %s\n' "$score" "$2" >"$WORK/out"
  [[ $score =~ ^$2$ ]]
  report $? "$1"
}

scores "exit code 0 is one pass" "1 0 0 " "true"
scores "exit code 3 is one failure" "0 1 0 exit code 3" "exit 3"
scores "the last words of a program without results are its reason" "0 1 0 exit code 3: no config" "echo no config; exit 3"
scores "a crash is a failure that names the signal" "0 1 0 died of SIGSEGV" "kill -SEGV \$\$"
scores "a hang is a failure that names the time" "0 1 0 no end within 1 s" "sleep 30" 1
scores "a program that ignores the request to end is a hang too" "0 1 0 no end within 1 s" "trap '' TERM; while :; do read -rt 0.2 <> <(:); done" 1
scores "exit code 77 is a skip with its reason" "0 0 1 no such peer" "echo SKIP no such peer; exit 77"
scores "exit code 77 without a reason is a failure" "0 1 0 exit code 77.*" "echo crash; exit 77"
scores "a SKIP line with exit code 0 is a skip" "0 0 1 no data here" "echo SKIP no data here"
scores "a closing line counts" "7 0 0 " "echo 7 passed, 0 failed"
scores "the last closing line counts" "3 0 0 " "echo 9 passed, 9 failed; echo 3 passed, 0 failed"
scores "a closing line with skips counts them" "7 0 2 .*" "echo 7 passed, 0 failed, 2 skipped"
scores "failures in the closing line count although the exit code is 0" "7 2 0 .*" "echo 7 passed, 2 failed"
scores "a bad exit code after a good closing line is a failure" "7 1 0 exit code 1" "echo 7 passed, 0 failed; exit 1"
scores "a crash after a good closing line is a failure" "7 1 0 died of SIGABRT" "echo 7 passed, 0 failed; kill -ABRT \$\$"
scores "a program that ran nothing is a failure" "0 1 0 ran no test" "echo 0 passed, 0 failed"
scores "TAP lines count one by one, failures by name" "1 1 0 b" "printf '1..2\nok 1 - a\nnot ok 2 - b\n'; exit 1"
scores "TAP failures count although the exit code is 0" "1 1 0 b" "printf '1..2\nok 1 - a\nnot ok 2 - b\n'"
scores "TAP skips count with their reasons" "1 0 1 no net" "printf '1..2\nok 1 - a\nok 2 - b # SKIP no net\n'"
scores "FAIL lines are the reason of a closing line with failures" "1 1 0 b: broke" "printf 'FAIL b: broke\\nlog of b\\n1 passed, 1 failed\\n'; exit 1"
scores "fewer TAP lines than planned are failures" "1 2 0 planned 3 tests, ran 1" "printf '1..3\nok 1 - a\n'"
scores "standard input is empty" "1 0 0 " "! read -r line"
scores "a job can trap an interrupt" "1 0 0 " "trap 'exit 0' INT; kill -INT \$\$; exit 5"
scores "a job has a temporary folder of its own" "1 0 0 " "[ -d \"\$TMPDIR\" ] && [ \"\$TMPDIR\" != $TG_SCRATCH ]"
scores "a job knows the build folder" "1 0 0 " "[ \"\$TG_BUILD_DIR\" = $WORK ]"

begin
add_job one 20 "$WORK" "exit 3"
run_jobs "one" >"$WORK/out" 2>&1
passes "the runner's own output is the title, the failure and the time" test "$(wc -l <"$WORK/out")" = 3

# again NAME WANT COMMAND: what a job that has a second try counts for, and what is told of it; $WORK/tries is how often it ran.
again() {
  begin
  : >"$WORK/tries"
  add_job "$1" 20 "$WORK" "echo x >>$WORK/tries; $3"
  run_jobs "one" >"$WORK/out" 2>&1
  score=$(awk -F'\t' '{print $2, $3, $4, $6}' "$TG_LOGS/results")
  printf '%s\nwant: %s, unsteady: %s\n' "$score" "$2" "$(cat "$TG_LOGS/unsteady" 2>/dev/null)" >>"$WORK/out"
  [[ $score =~ ^$2$ ]]
}
tries() { [ "$(wc -l <"$WORK/tries")" = "$1" ]; }
SECOND="[ \$(wc -l <$WORK/tries) = 2 ] && exit 0; echo 'not ok 1 - late'; exit 1"
again system/a "1 0 0 " "$SECOND" && tries 2 && grep -q '^system/a	late$' "$TG_LOGS/unsteady" && [ -s "$TG_LOGS/system/a.first" ]
report $? "a test with real clocks that fails has a second try, and that is told"
again system/a "0 1 0 late" "echo 'not ok 1 - late'; exit 1" && tries 2
report $? "what fails twice has failed"
again unit/a "0 1 0 late" "$SECOND" && tries 1
report $? "other tests have no second try"
again system/a "0 1 0 died of SIGSEGV" "kill -SEGV \$\$" && tries 1
report $? "nor has a crash"
again system/a "0 1 0 late" "echo 'ERROR: AddressSanitizer: x'; $SECOND" && tries 1
report $? "nor what a sanitizer complains of"
again system/a "0 0 1 no peer" "echo SKIP no peer; exit 77" && tries 1
report $? "nor a skip"

begin
for i in 1 2 3 4 5 6; do add_job "set/$i" 20 "$WORK" "sleep 0.5; echo 1 passed, 0 failed"; done
from=$(date +%s%N)
run_jobs "six" >/dev/null 2>&1
took=$((($(date +%s%N) - from) / 1000000))
echo "took $took ms" >"$WORK/out"
[ "$(wc -l <"$TG_LOGS/results")" = 6 ] && [ $took -lt 2900 ]
report $? "jobs run two at a time"
begin
for i in 1 2 3; do add_job "set/$i" 20 "$WORK" "sleep 2; echo 1 passed, 0 failed"; done
from=$(date +%s%N)
run_jobs --waiting "three" >"$WORK/out" 2>&1
took=$((($(date +%s%N) - from) / 1000000))
echo "took $took ms" >>"$WORK/out"
grep -q '^== three (3)$' "$WORK/out" && [ $took -lt 3900 ]
report $? "of those that wait, three"
begin
TG_JOBS=1
for name in a:20 b:40 c:30 d:40; do add_job "set/${name%:*}" "${name#*:}" "$WORK" true; done
run_jobs "four" >"$WORK/out" 2>&1
TG_JOBS=2
passes "what may take longest goes first" test "$(cut -f1 "$TG_LOGS/results" | tr -d '\n')" = set/bset/dset/cset/a
passes "temporary folders are removed" test -z "$(ls -A "$TG_SCRATCH")"

begin
TG_ONLY='^b/'
add_job a/x 20 "$WORK" true
add_job b/x 20 "$WORK" true
TG_ONLY=''
passes "--only selects by name" test "$(cut -f1 "$TG_LIST")" = b/x

begin
add_job late/x 20 "$WORK" "echo ran"
run_jobs "late" 0 >/dev/null 2>&1
passes "a job beyond the end of its phase is skipped by name" grep -q "^late/x	0	0	1	0	no time left" "$TG_LOGS/results"

printf '# timeout: 300\n' >"$WORK/slow.sh"
printf '# timeout: 3000\n' >"$WORK/slower.sh"
passes "a test may ask for more time" test "$(seconds_of "$WORK/slow.sh")" = 300
passes "but not for more than ten minutes" test "$(seconds_of "$WORK/slower.sh")" = 600

# What a phase collects: programs and scripts of tests/system, with a launcher in front.
begin
# shellcheck source=tools/lib/phases.sh
. "$ROOT/tools/lib/phases.sh"
plant tests/system/far_test.c </dev/null
plant tests/system/near_test.sh </dev/null
collect() { (cd "$WORK/tree" && system_jobs system "$WORK/build" "launch it"); }
collect
job() { awk -F'\t' -v name="$1" '$1 == name { print $4 }' "$TG_LIST"; }
passes "a program of the system tests is run" grep -q "launch it $WORK/build/tests/system/far_test\$" <<<"$(job system/far_test)"
passes "a script of them too" grep -q "launch it bash tests/system/near_test.sh\$" <<<"$(job system/near_test)"

summary() { lua5.4 "$ROOT/tools/lib/summary.lua" "$TG_LOGS"; }
begin
record good 5 0 0 1.0 ""
passes "only passes: exit code 0" summary
passes "the last line has the form that others read" test "$(summary | tail -1)" = "5 passed, 0 failed"
record lame 0 0 2 1.0 "no npm"
says "skips are listed with reasons" '^  lame: no npm$' summary
passes "skips stand at the end of the last line" test "$(summary | tail -1)" = "5 passed, 0 failed, 2 skipped"
record bad 1 1 0 1.0 "exit code 1"
seq 100 >"$TG_LOGS/bad.log"
fails_with "a failure: exit code 1" '^6 passed, 1 failed, 2 skipped$' summary
says "the end of its log is shown" '^     100$' summary
says "lines left out are counted" '40 lines above' summary
begin
for i in 1 2; do record "system/$i" 1 0 0 1.0 "" && printf 'system/%s\tlate\n' "$i" >>"$TG_LOGS/unsteady"; done
passes "two tests that needed a second try are no failure" summary
says "but told" '^  system/2: late$' summary
record system/3 1 0 0 1.0 "" && printf 'system/3\tlate\n' >>"$TG_LOGS/unsteady"
fails_with "three are one" '^3 passed, 1 failed$' summary
says "and named" '^  unsteady: more than 2 tests were$' summary
begin
record system/1 0 1 0 1.0 "late" && printf 'system/1\tlate\n' >>"$TG_LOGS/unsteady"
fails_with "what failed at the second try is told once" '^0 passed, 1 failed$' summary
begin
fails_with "nothing ran: exit code 1" '^0 passed, 0 failed$' summary

# cmocka's own output, from a real program.
if have "${CC:-cc}" && printf '#include <cmocka.h>\n' | "${CC:-cc}" -include stdarg.h -include stddef.h -include setjmp.h -include stdint.h -E - >/dev/null 2>&1; then
  cat >"$WORK/demo.c" <<'END'
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
static void good(void **state) { (void)state; }
static void bad(void **state) { (void)state; assert_true(0); }
static void none(void **state) { (void)state; skip(); }
int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
END
  "${CC:-cc}" -o "$WORK/demo" "$WORK/demo.c" -lcmocka
  scores "cmocka's tests count one by one" "1 1 1 bad" "CMOCKA_MESSAGE_OUTPUT=TAP $WORK/demo"
fi
finish
