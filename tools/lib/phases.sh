# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The phases of a test run, in the order in which tools/test calls them. Each collects jobs from the source tree, so that a program which was
# not built fails by name, and runs them. Sourced by tools/test.

TG_FUZZ_SECONDS=${TG_FUZZ_SECONDS:-30}
TG_TIDY_SECONDS=${TG_TIDY_SECONDS:-360}

# Sanitizers of clang 14 lose their way in the address layout of newer kernels; without randomisation they find it.
SAN=
setarch "$(uname -m)" -R true 2>/dev/null && SAN="setarch $(uname -m) -R"

# Unit programs run with cmocka's TAP output, so that every test function counts.
SANITIZER_ENV="CMOCKA_MESSAGE_OUTPUT=TAP UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"

# build_preset PRESET [TARGET...]: configures and builds below build/PRESET; goes on past the first error, so that the rest can be tested.
build_preset() {
  local preset=$1 log=$TG_LOGS/build/$1.log from=$SECONDS
  shift
  mkdir -p "$(dirname "$log")"
  say "== build $preset"
  if cmake --preset "$preset" >"$log" 2>&1 && cmake --build "build/$preset" -j"$TG_JOBS" ${1:+--target "$@"} -- -k0 >>"$log" 2>&1; then
    record "build/$preset" 1 0 0 $((SECONDS - from)) ""
    say "   $((SECONDS - from)) s"
    return 0
  fi
  say "   FAIL build/$preset: see ${log#"$TG_ROOT/"}"
  grep -E 'error:|Error|FAILED' "$log" | head -10
  record "build/$preset" 0 1 0 $((SECONDS - from)) "does not build"
}

# find_sorted FOLDER PATTERN: files by name, in a stable order; nothing where the folder is missing.
find_sorted() {
  [ -d "$1" ] && find "$1" -type f -name "$2" -not -path '*/node_modules/*' | sort
}

stem_of() {
  local base=${1##*/}
  printf '%s' "${base%"$2"}"
}

# program PATH: the start of a command that runs it, or says that it was not built.
program() { printf '[ -x %s ] || { echo "%s was not built; see build/%s.log"; exit 1; }; ' "$1" "${1##*/}" "$(basename "$2")"; }

# unit_jobs PREFIX BUILD [LAUNCHER]: every tests/unit/**/X_test.c is the program BUILD/tests/X_test.
unit_jobs() {
  local source name
  while read -r source; do
    name=$(stem_of "$source" .c)
    add_job "$1/$name" "$(seconds_of "$source")" "$2" "$(program "$2/tests/$name" "$2")$SANITIZER_ENV ${3:-} $2/tests/$name"
  done < <(find_sorted tests/unit '*_test.c')
}

# system_jobs PREFIX BUILD [LAUNCHER]: every tests/system/**/X_test.c is the program BUILD/tests/system/X_test, every X_test.sh runs the
# programs of BUILD.
system_jobs() {
  local source name
  while read -r source; do
    name=$(stem_of "$source" .c)
    add_job "$1/$name" "$(seconds_of "$source")" "$2" "$(program "$2/tests/system/$name" "$2")$SANITIZER_ENV ${3:-} $2/tests/system/$name"
  done < <(find_sorted tests/system '*_test.c')
  shell_jobs "$1" tests/system "$2" "$SANITIZER_ENV ${3:-}"
}

# replay_jobs PREFIX BUILD [LAUNCHER]: every fuzz target over its corpus; one test each, however many files.
replay_jobs() {
  local source name
  while read -r source; do
    name=$(stem_of "$source" _fuzz.c)
    add_job "$1/$name" "$TG_TEST_SECONDS" "$2" \
      "$(program "$2/tests/${name}_replay" "$2")set -o pipefail; $SANITIZER_ENV ${3:-} $2/tests/${name}_replay tests/fuzz/corpus/$name | sed 's/ passed, .*/ corpus files replayed/'"
  done < <(find_sorted tests/fuzz '*_fuzz.c')
}

# spec_jobs PREFIX BUILD [LAUNCHER]: one job per spec, inside our own interpreter where tests/spec/run is there, else plain busted.
spec_jobs() {
  local spec name runner="busted --lua=lua5.4 -o TAP"
  [ -x tests/spec/run ] && runner=tests/spec/run
  while read -r spec; do
    name=$(stem_of "$spec" .lua)
    add_job "$1/$name" "$(seconds_of "$spec")" "$2" "$SANITIZER_ENV ${3:-} $runner $spec"
  done < <(find_sorted tests/spec '*_spec.lua')
}

# shell_jobs PREFIX FOLDER BUILD [LAUNCHER]: every *_test.sh (TAP, `N passed, N failed` or exit code).
shell_jobs() {
  local script
  while read -r script; do
    add_job "$1/$(stem_of "$script" .sh)" "$(seconds_of "$script")" "$3" "${4:+$4 }bash $script"
  done < <(find_sorted "$2" '*_test.sh')
}

# catalogue_jobs PREFIX BUILD [LAUNCHER]: the catalogue of bad inputs that is kept beside the tree, where it is there.
catalogue_jobs() {
  local list=../shared/data/bad-inputs.jsonl
  add_job "$1/bad-inputs" 600 "$2" \
    "[ -f $list ] || { echo 'SKIP there is no $list'; exit 77; }; $(program "$2/tidegate" "$2")${3:+$3 }tests/blackbox/run $list --binary $2"
}

# check_jobs BUILD: every executable tools/check_*.
check_jobs() {
  local check
  while read -r check; do
    [ -x "$check" ] && add_job "check/$(stem_of "$check" .lua)" "$TG_TEST_SECONDS" "$1" "$check"
  done < <(find_sorted tools 'check_*')
}

phase_checks() {
  check_jobs "$DEV"
  run_jobs "structure and style"
}

phase_tests() {
  local folder
  unit_jobs unit "$DEV"
  replay_jobs replay "$DEV"
  run_jobs "unit tests and corpora"
  spec_jobs spec "$DEV"
  run_jobs "specs"
  shell_jobs tools tests/tools "$DEV"
  system_jobs system "$DEV"
  for folder in fake bench blackbox sim; do shell_jobs "$folder" "tests/$folder" "$DEV"; done
  run_jobs --waiting "tools and the whole program"
}

phase_asan() {
  local build=$TG_ROOT/build/asan
  unit_jobs asan/unit "$build" "$SAN"
  replay_jobs asan/replay "$build" "$SAN"
  # Plain busted would only test itself. Inside our interpreter, specs also run with the collector at its most aggressive.
  [ -x tests/spec/run ] && spec_jobs asan/spec "$build" "TG_GC_STRESS=1 $SAN"
  system_jobs asan/system "$build" "$SAN"
  shell_jobs asan/blackbox tests/blackbox "$build" "$SAN"
  catalogue_jobs asan/blackbox "$build" "$SAN"
  shell_jobs asan/sim tests/sim "$build" "TG_SIM_SEEDS=${TG_SIM_ASAN_SEEDS:-40} $SANITIZER_ENV $SAN"
  any_jobs || return 0
  build_preset asan
  run_jobs --waiting "the same under AddressSanitizer, UBSan and LeakSanitizer"
}

# What is shipped: optimised, without what a debug build checks besides. It is also the one in which an hour of a gateway takes the least time.
phase_release() {
  local build=$TG_ROOT/build/release
  catalogue_jobs release/blackbox "$build"
  add_job release/sim/simulation_test 1200 "$build" "TG_SIM_SEEDS=${TG_SIM_SEEDS:-2000} bash tests/sim/simulation_test.sh" # 70 s; a busy machine takes its time
  any_jobs || return 0
  build_preset release tidegate simulation
  run_jobs "bad input to the release build, and 2,000 hours of it in virtual time"
}

# What no sanitizer of ours sees: values that are read before they were written. One program after the other, beside clang-tidy.
memcheck_jobs() {
  add_job memcheck/blackbox 600 "$DEV" "command -v valgrind >/dev/null || { echo 'SKIP there is no valgrind'; exit 77; }; $(program "$DEV/tidegate" "$DEV")tests/blackbox/run tests/blackbox/cases/*.jsonl --binary tests/blackbox/memcheck --rounds 0"
}

# Programs with threads are named in tests/tsan.list, one per line.
phase_tsan() {
  local build=$TG_ROOT/build/tsan name names=() targets=()
  [ -f tests/tsan.list ] && mapfile -t names < <(sed 's/#.*//; s/[[:space:]]//g; /^$/d' tests/tsan.list)
  for name in "${names[@]+"${names[@]}"}"; do
    [ -n "$(find_sorted tests/unit "$name.c")" ] && targets+=("$name")
    add_job "tsan/$name" $((TG_TEST_SECONDS * 2)) "$build" \
      "$(program "$build/tests/$name" "$build")CMOCKA_MESSAGE_OUTPUT=TAP TSAN_OPTIONS=halt_on_error=1 $SAN $build/tests/$name"
  done
  any_jobs || return 0
  build_preset tsan "${targets[@]}"
  run_jobs "programs with threads under ThreadSanitizer"
}

# Crashes, full disks, power cuts in numbers; tools/test runs a few of these among the other tests. TG_CUTS, TG_KILLS: how many; TG_PASSES: which.
phase_faults() {
  add_job faults/store_cut_test 300 "$DEV" "$(program "$DEV/tests/store_cut_test" "$DEV")TG_CUTS=${TG_CUTS:-1000} $SANITIZER_ENV $DEV/tests/store_cut_test"
  shell_jobs load tests/load "$DEV"
  shell_jobs faults tests/faults "$DEV"
  run_jobs --waiting "load, crashes and power cuts"
}

# Recently changed files come first, in case the time does not suffice for all.
tidy_order() {
  {
    git log -n 30 --format= --name-only -- 'core/*.c' 'bindings/*.c' 2>/dev/null
    find core bindings -name '*.c' 2>/dev/null | sort
  } | awk '!seen[$0]++' | while read -r file; do [ -f "$file" ] && echo "$file"; done
}

phase_tidy() {
  local file
  memcheck_jobs
  while read -r file; do
    add_job "tidy/$(stem_of "$file" .c)" "$TG_TEST_SECONDS" "$TG_ROOT/build/asan" "clang-tidy --quiet -p build/asan $file"
  done < <(tidy_order)
  any_jobs || return 0
  [ -f build/asan/compile_commands.json ] || cmake --preset asan >"$TG_LOGS/build/tidy.log" 2>&1
  run_jobs "clang-tidy, and bad input under Valgrind's memcheck" "$TG_TIDY_SECONDS"
}

# Begins every fuzz target for TG_FUZZ_SECONDS: they compute, what follows waits, so they run beside it with what it leaves of the processors.
# FUZZING is the process group, phase_fuzz_end waits for it.
phase_fuzz() {
  local build=$TG_ROOT/build/fuzz source name targets=()
  while read -r source; do
    name=$(stem_of "$source" _fuzz.c)
    targets+=("${name}_fuzz")
    add_job "fuzz/${name}_fuzz" $((TG_FUZZ_SECONDS + 120)) "$build" \
      "tests/fuzz/run --build $build --only '^$name\$' --seconds $TG_FUZZ_SECONDS --seed ${TG_FUZZ_SEED:-1} --jobs 1 --into $TG_LOGS/fuzz/results"
  done < <(find_sorted tests/fuzz '*_fuzz.c')
  any_jobs || return 0
  build_preset fuzz "${targets[@]}"
  mv "$TG_LIST" "$TG_LIST.fuzz" && : >"$TG_LIST"
  set -m # a process group of its own, which can be ended
  (
    renice -n 10 "$BASHPID" >/dev/null
    TG_LIST=$TG_LIST.fuzz run_jobs "fuzzing, $TG_FUZZ_SECONDS s each"
  ) &
  FUZZING=$!
  { set +m; } 2>/dev/null
}

# Waits for that, then a table of all, and which lines of the parsers the committed corpora reach.
phase_fuzz_end() {
  local build=$TG_ROOT/build/fuzz
  if [ -n "${FUZZING:-}" ]; then
    wait "$FUZZING" 2>/dev/null
    FUZZING=
    add_job fuzz/all 60 "$build" "tests/fuzz/run --summary $TG_LOGS/fuzz/results --seconds $TG_FUZZ_SECONDS --jobs $TG_JOBS"
  fi
  add_job fuzz/coverage 600 "$build" "tests/fuzz/run --coverage --jobs $TG_JOBS"
  run_jobs "what fuzzing did, and which lines its corpora reach"
}

# Fetches software that is not ours, beside the unit tests, for the phases that follow; only where one of their jobs was asked for.
peers_job() {
  [ -x tests/interop/peers/setup ] || return 0
  interop_jobs
  shell_jobs fake tests/fake "$DEV"
  any_jobs || return 0
  : >"$TG_LIST"
  TG_ONLY='' add_job interop/peers 480 "$DEV" "TIDEGATE_PEERS_ATTEMPTS=2 TIDEGATE_PEERS_TIMEOUT=200 tests/interop/peers/setup --all"
}

interop_jobs() {
  [ -x tests/interop/peers/smoke ] && add_job interop/smoke "$TG_TEST_SECONDS" "$DEV" tests/interop/peers/smoke
  shell_jobs interop tests/interop "$DEV"
}

phase_interop() {
  interop_jobs
  [ -x tools/demo ] && add_job demo 300 "$DEV" "tools/demo --once"
  run_jobs "interop with software that is not ours, and the demo"
}

# Whether each of OMA's test cases that is not excused was proved in this run.
phase_conformance() {
  add_job conformance "$TG_TEST_SECONDS" "$DEV" "tools/gen_conformance --verdict"
  run_jobs "OMA's test cases"
}
