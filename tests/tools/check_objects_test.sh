#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/check_calls and tools/check_symbols see planted faults in real object files.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
calls() { "$ROOT/tools/check_calls" --root "$WORK/tree" --build "$WORK/build"; }
symbols() { "$ROOT/tools/check_symbols" --root "$WORK/tree" --build "$WORK/build"; }

# compile PATH: plants standard input and compiles it as CMake lays objects out.
compile() {
  local folder
  folder=$(basename "$(dirname "$1")")
  plant "$1"
  mkdir -p "$WORK/build/CMakeFiles/tg_$folder.dir/$(dirname "$1")"
  ${CC:-cc} -fPIC -fdata-sections -c -o "$WORK/build/CMakeFiles/tg_$folder.dir/$1.o" "$WORK/tree/$1"
}
clean() { fresh && rm -rf "$WORK/build"; }

clean
fails_with "an empty build is a finding" 'no object files; build first' calls

clean
compile core/base/hash.c <<<'int tg_hash_of(int x) { return x; }'
compile core/base/table.c <<<'int tg_hash_of(int x); int tg_table_get(int x) { return tg_hash_of(x); }'
passes "one-way calls pass" calls
passes "symbols named after their files pass" symbols

compile core/base/hash.c <<<'int tg_table_get(int x); int tg_hash_of(int x) { return x ? tg_table_get(x - 1) : 0; }'
fails_with "two files that call each other are found" '^core/base/hash.c:1: uses tg_table_get of core/base/table.c, which uses tg_hash_of' calls

clean
printf '\nint helper(int x) { return x; }\n' | compile core/base/hash.c
fails_with "a symbol without prefix is found" '^core/base/hash.c:2: helper does not carry' symbols

clean
compile core/base/hash.c <<<'int tg_table_add(int x) { return x; }'
fails_with "a symbol with another file's stem is found" '^core/base/hash.c:1: tg_table_add does not carry' symbols

clean
plant core/base/hash.h <<<''
compile core/base/hash_fnv.c <<<'int tg_hash_of(int x) { return x; } int tg_base_hash_two(void) { return 2; }'
passes "a file may implement part of a header of a shorter name" symbols

clean
compile core/base/count.c <<<'static int count; int tg_count_next(void) { return ++count; }'
fails_with "mutable state at file scope is found" '^core/base/count.c:1: count is mutable state' symbols

clean
compile core/base/count.c <<<'int tg_count_next(void) { static int inner = 3; return ++inner; }'
fails_with "mutable state inside a function is found" 'inner is mutable state' symbols

clean
printf '%s\n' '/* state: the one switch of the log */' 'static int count; int tg_count_next(void) { return ++count; }' |
  compile core/base/count.c
passes "a reason lifts the rule about state" symbols

clean
compile core/base/names.c <<<'static const char *const list[] = {"a", "b"}; const char *tg_names_get(int i) { return list[i]; }'
passes "a constant table of addresses is no state" symbols

clean
compile bindings/host/main.c <<<'static int seen; int main(void) { return seen++; }'
passes "main may be called main, and bindings may keep state" symbols

finish
