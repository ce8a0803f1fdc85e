#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/check_layers finds each kind of planted fault, with file and line.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
check() { "$ROOT/tools/check_layers" --root "$WORK/tree"; }

house() {
  fresh
  plant core/base/rc.h <<<'#include <stdint.h>'
  plant core/loop/loop.h <<<'#include "core/base/rc.h"'
  printf '#include "core/loop/loop.h"\n#include <uv.h>\n' | plant core/loop/loop.c
}

house
passes "a tree that keeps to the table passes" check

house
plant core/base/rc.c < <(printf '\n#include "core/loop/loop.h"\n')
fails_with "an include of a higher folder is found" '^core/base/rc.c:2: core/base may not include core/loop; ' check

house
plant core/base/clock.c <<<'#include <uv.h>'
fails_with "a third-party header outside its folder is found" '^core/base/clock.c:1: <uv.h> belongs to core/loop; ' check

house
plant core/base/clock.c <<<'#include <zlib.h>'
fails_with "a third-party header that nobody owns is found" '^core/base/clock.c:1: <zlib.h> has no owner; ' check

house
plant core/loop/wheel.c <<<'#include "loop.h"'
fails_with "an include relative to the file is found" '^core/loop/wheel.c:1: "loop.h" is relative; write "core/loop/loop.h"' check

house
plant core/loop/wheel.c <<<'#include <core/loop/loop.h>'
fails_with "an own header in angle brackets is found" '^core/loop/wheel.c:1: <core/loop/loop.h> is ours; ' check

house
plant core/loop/a.h <<<'#include "core/loop/b.h"'
plant core/loop/b.h <<<'#include "core/loop/a.h"'
fails_with "an include cycle is found" 'include cycle: core/loop/a.h -> core/loop/b.h -> core/loop/a.h' check

house
plant core/loop/wheel.c <<<'#include "core/loop/loop.c"'
fails_with "an include of a .c file is found" '^core/loop/wheel.c:1: includes a .c file' check

house
plant core/zoo/ape.c <<<'/* nothing */'
fails_with "a folder without a row is found" '^core/zoo/ape.c:1: its folder has no row' check

house
plant core/base/rc.c <<<'/* #include "core/loop/loop.h" */'
passes "an include inside a comment does not count" check

house
sed -i 's/^1  | core\/loop  .*/1  | core\/loop | core\/base core\/coap | uv.h | the loop/' "$WORK/tree/docs/layers.txt"
fails_with "a table row that names a higher folder is found" '^docs/layers.txt:[0-9]+: core/loop .level 1. may include core/coap' check

finish
