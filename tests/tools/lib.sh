# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the self-tests of the tools share: a small tree to plant faults in, and checks that print TAP. Sourced by tests/tools/*_test.sh.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
tests_run=0 tests_failed=0

# plant PATH: writes standard input to PATH below $WORK/tree.
plant() {
  mkdir -p "$WORK/tree/$(dirname "$1")"
  cat >"$WORK/tree/$1"
}

# fresh: an empty tree with the table of folders and the tools' own tables.
fresh() {
  rm -rf "$WORK/tree"
  mkdir -p "$WORK/tree/docs" "$WORK/tree/tools/lib"
  cp "$ROOT/docs/layers.txt" "$WORK/tree/docs/"
}

report() {
  tests_run=$((tests_run + 1))
  if [ "$1" = 0 ]; then
    printf 'ok %d - %s\n' $tests_run "$2"
  else
    tests_failed=$((tests_failed + 1))
    printf 'not ok %d - %s\n' $tests_run "$2"
    sed 's/^/# /' "$WORK/out"
  fi
}

# passes NAME COMMAND...: exit code 0.
passes() {
  local name=$1
  shift
  "$@" >"$WORK/out" 2>&1
  report $? "$name"
}

# fails_with NAME REGEX COMMAND...: exit code 1, and a line of output matches.
fails_with() {
  local name=$1 pattern=$2 status
  shift 2
  "$@" >"$WORK/out" 2>&1
  status=$?
  [ $status = 1 ] && grep -qE -- "$pattern" "$WORK/out"
  report $? "$name"
}

# says NAME REGEX COMMAND...: whatever the exit code, a line of output matches.
says() {
  local name=$1 pattern=$2
  shift 2
  "$@" >"$WORK/out" 2>&1
  grep -qE -- "$pattern" "$WORK/out"
  report $? "$name"
}

finish() {
  printf '1..%d\n' $tests_run
  [ $tests_failed = 0 ]
}
