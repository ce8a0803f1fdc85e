# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Lists of test programs and how they are run: two at a time, each with a deadline, a log and a temporary folder of its own. Sourced by
# tools/test. A job is one line of a list: name, seconds, build folder, command, separated by tabs; its log is $TG_LOGS/name.log; its score,
# written by tools/lib/score.lua, is one line of $TG_LOGS/results; what failed at first and was run again is a line of $TG_LOGS/unsteady.

TG_JOBS=${TG_JOBS:-2}
TG_WAITING_JOBS=${TG_WAITING_JOBS:-$((TG_JOBS + 1))}
TG_TEST_SECONDS=${TG_TEST_SECONDS:-120}
# The scratch folder has a short name: a Unix socket's path ends after 107 bytes.
TG_SCRATCH=${TG_SCRATCH:-}

# add_job NAME SECONDS BUILD COMMAND: appends to $TG_LIST unless --only leaves it out.
add_job() {
  [[ -z ${TG_ONLY:-} || $1 =~ $TG_ONLY ]] || return 0
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$TG_LIST"
}

# any_jobs: whether something was collected (with --only, often nothing).
any_jobs() { [ -s "$TG_LIST" ]; }

# record NAME PASSED FAILED SKIPPED SECONDS REASON: a result that no program printed (a build, a missing peer).
record() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$6" >>"$TG_LOGS/results"
}

# seconds_of FILE: its own deadline, from a line `# timeout: N` or `-- timeout: N` near its top; at most ten minutes.
seconds_of() {
  local own
  own=$(head -20 "$1" | sed -nE 's/^(#|--|\/\*) *timeout: *([0-9]+).*/\2/p' | head -1)
  own=${own:-$TG_TEST_SECONDS}
  echo $((own > 600 ? 600 : own))
}

# What real clocks, networks and processes of others have a part in. Such a job that fails by what it checked (no crash, hang, or word of a
# sanitizer) runs once more: the summary tells of it, and where there are more than two the whole run fails.
TG_REAL_TIME='^((asan/)?(system|fake|spec)|faults|load|interop)/'

# try_job NAME SECONDS BUILD COMMAND: runs it, its log is $TG_LOGS/NAME.log. Sets STATUS.
try_job() {
  local log=$TG_LOGS/$1.log child
  mkdir -p "$(dirname "$log")"
  TMPDIR=$(mktemp -d "$TG_SCRATCH/j.XXXX")
  export TMPDIR TG_BUILD_DIR=$3
  set -m # the job gets a process group of its own, and Ctrl-C ends it through us
  timeout -k 5 "$2" bash -c "$4" </dev/null >"$log" 2>&1 &
  child=$!
  trap 'kill -TERM "$child" 2>/dev/null; INTERRUPTED=yes' INT TERM
  wait "$child" 2>/dev/null # bash's own words about the job go nowhere
  STATUS=$?
  { set +m; } 2>/dev/null
  [ "${TG_KEEP:-no}" = yes ] || rm -rf "$TMPDIR"
}

# score_job NAME SECONDS START RESULTS: judges what try_job left.
score_job() {
  lua5.4 "$TG_ROOT/tools/lib/score.lua" "$1" "$TG_LOGS/$1.log" "$STATUS" "$2" "$3" "$(date +%s.%N)" "$4"
}

# may_be_unsteady NAME RESULT: whether that failure may have been a matter of time.
may_be_unsteady() {
  [[ $1 =~ $TG_REAL_TIME && -z ${INTERRUPTED:-} ]] && ((STATUS < 124)) && [ "$(cut -f3 "$2")" != 0 ] &&
    ! grep -qE 'Sanitizer|runtime error:' "$TG_LOGS/$1.log"
}

# run_job LINE: runs one job of $TG_LIST and scores it. Called by run_jobs through xargs.
run_job() {
  local name seconds build command start first
  IFS=$'\t' read -r name seconds build command < <(sed -n "$1p" "$TG_LIST")
  if [ -n "${TG_PHASE_ENDS:-}" ] && [ "$(date +%s)" -ge "$TG_PHASE_ENDS" ]; then
    record "$name" 0 0 1 0 "no time left for it in this phase"
    return 0
  fi
  cd "$TG_ROOT" || return 1
  start=$(date +%s.%N)
  try_job "$name" "$seconds" "$build" "$command"
  first=$(mktemp "$TG_SCRATCH/score.XXXX")
  score_job "$name" "$seconds" "$start" "$first"
  if may_be_unsteady "$name" "$first"; then
    say "   again $name"
    mv "$TG_LOGS/$name.log" "$TG_LOGS/$name.first" # no .log: what reads those goes by the last try
    printf '%s\t%s\n' "$name" "$(cut -f6 "$first")" >>"$TG_LOGS/unsteady"
    start=$(date +%s.%N)
    try_job "$name" "$seconds" "$build" "$command"
    : >"$first"
    score_job "$name" "$seconds" "$start" "$first"
  fi
  cat "$first" >>"$TG_LOGS/results"
  rm -f "$first"
}

# run_jobs [--waiting] TITLE [SECONDS]: runs what add_job collected, those that may take longest first, so that none is left to run alone; jobs
# that would start after SECONDS are skipped by name. --waiting: they wait for clocks and for each other more than they compute, so one more
# at a time.
run_jobs() {
  local count from=$SECONDS at_once=$TG_JOBS
  [ "$1" = --waiting ] && at_once=$TG_WAITING_JOBS && shift
  any_jobs || return 0
  sort -t$'\t' -k2,2nr -s -o "$TG_LIST" "$TG_LIST"
  count=$(wc -l <"$TG_LIST")
  say "== $1 ($count)"
  [ $# -gt 1 ] && export TG_PHASE_ENDS=$(($(date +%s) + $2))
  export TG_LIST TG_LOGS TG_SCRATCH TG_KEEP
  seq "$count" | xargs -P "$at_once" -I{} bash -c ". '$TG_ROOT/tools/lib/common.sh'; . '$TG_ROOT/tools/lib/jobs.sh'; run_job {}" 9>&- # the lock of tools/test
  unset TG_PHASE_ENDS
  : >"$TG_LIST"
  say "   $((SECONDS - from)) s"
}
