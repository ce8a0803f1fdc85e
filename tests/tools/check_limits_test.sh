#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/check_limits finds what is too long or takes too much.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
check() { "$ROOT/tools/check_limits" --root "$WORK/tree" "$@"; }

# lines N: a C file of N lines.
lines() { yes '/* line */' | head -"$1"; }

# long_function N: a function of N lines.
long_function() {
  echo 'int f(int a) {'
  yes '  a++;' | head -$(($1 - 3))
  printf '  return a;\n}\n'
}

fresh
lines 600 | plant core/base/a.c
lines 300 | plant core/base/a.h
long_function 80 | plant core/base/b.c
plant core/base/c.c <<<'int f(int a, int b, int c, int d, void (*e)(int, int)) { return a + b + c + d; }'
passes "what is at the limit passes" check
says "what is above the aim is listed with --soft" '^core/base/a.c:1: lines: 600, aim 350' check --soft

fresh
lines 601 | plant core/base/a.c
fails_with "a .c file of 601 lines is found" '^core/base/a.c:1: lines: 601, at most 600; ' check

fresh
lines 301 | plant core/base/a.h
fails_with "a header of 301 lines is found" '^core/base/a.h:1: lines: 301, at most 300; ' check

fresh
{ echo && long_function 81; } | plant core/base/b.c
fails_with "a function of 81 lines is found" '^core/base/b.c:2: lines of f\(\): 81, at most 80; ' check

fresh
plant core/base/c.c <<<'int f(int a, int b, int c, int d, int e, int g) { return a; }'
fails_with "a sixth parameter is found" '^core/base/c.c:1: parameters of f\(\): 6, at most 5; ' check

fresh
printf '%s\n' '/* limits: the signature is the library'"'"'s */' 'int f(int a, int b, int c, int d, int e, int g) { return a; }' |
  plant core/base/c.c
passes "a reason lifts the limit" check

fresh
lines 700 | plant tests/unit/a_test.c
passes "a test file may be longer" check

finish
