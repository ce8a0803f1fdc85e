# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What every shell tool shares: where the tree is, how to speak, how to stop. Sourced, never run.

TG_ROOT=${TG_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
export TG_ROOT

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# retry TIMES COMMAND...: runs the command until it succeeds, waiting 2, 4, 8, … seconds in between.
retry() {
  local times=$1 wait=2 try
  shift
  for ((try = 1; try <= times; try++)); do
    "$@" && return 0
    ((try == times)) && return 1
    warn "failed (try $try of $times): $*; again in $wait s"
    sleep "$wait"
    wait=$((wait * 2))
  done
}

# usage_of FILE: prints the comment block at the top of a tool as its help text.
usage_of() { sed -n '/^# Usage:/,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }
