#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Does the fake SCEF itself speak T8? Proves the validator, then lets it read what the fake SCEF's own test exchanged.
# Exits 77 where the 3GPP bundle, Node or its packages can't be had.
set -u

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v node >/dev/null || { echo "SKIP node is missing"; exit 77; }
echo '{"direction":"in","method":"GET","path":"/3gpp-nidd/v1/a/configurations","requestHeaders":{},"requestBody":null,"status":200,"responseHeaders":{"content-type":"application/json"},"responseBody":"[]"}' >"$work/probe"
node "$here/validate.mjs" "$work/probe" >"$work/out"
if [ $? = 77 ]; then
  echo "SKIP $(sed 's/^skipped: //' "$work/out" | tail -n 1)"
  exit 77
fi

passed=0
failed=0
score() { # the numbers of a line "N passed, N failed"
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1)
  passed=$((passed + $(cut -d' ' -f1 <<<"${line:-0 passed, 1 failed}")))
  failed=$((failed + $(cut -d' ' -f3 <<<"${line:-0 passed, 1 failed}")))
}

node --test --test-reporter tap "$here/validate.test.mjs" >"$work/validator"
grep -E '^not ok' "$work/validator"
sed -nE 's/^# (pass|fail) ([0-9]+)$/\1 \2/p' "$work/validator" | tr '\n' ' ' | sed -E 's/pass ([0-9]+) fail ([0-9]+).*/\1 passed, \2 failed\n/' >"$work/score"
score "$work/score"

if bash "$here/../../fake/scef/scef_test.sh" "${1:-}" "${2:-}" "$work/log" >"$work/scef" 2>&1; then
  node "$here/validate.mjs" --allow-refused "$work/log" >"$work/result"
  sed '$d' "$work/result"
  score "$work/result"
else
  tail -n 5 "$work/scef"
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
