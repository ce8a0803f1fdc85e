#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The checks that read text: leftovers, ratio, generated files, the Lua API, formatting, luacheck, shellcheck.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
TREE=$WORK/tree
leftovers() { "$ROOT/tools/check_leftovers" --root "$TREE"; }
ratio() { "$ROOT/tools/check_ratio" --root "$TREE"; }
generated() { "$ROOT/tools/check_generated" --root "$TREE" "$@"; }
api() { "$ROOT/tools/check_api.lua" --root "$TREE" --build "$TREE/build"; }

fresh
plant core/base/a.c <<<'/* A mastodon and a stubborn hacker. */'
passes "ordinary words are not leftovers" leftovers
for word in "TO""DO" "FIX""ME" "XX""X" "HA""CK" "not imple""mented" "stu""b"; do
  plant core/base/a.c < <(printf 'int a;\n/* %s: later */\n' "$word")
  fails_with "$word is a leftover" '^core/base/a.c:2: left over: .*; finish it' leftovers
done
plant core/base/a.c <<<''
plant docs/a.md <<<"see https:""//registry.npm""js.org/x"
fails_with "a registry's address is found" '^\./docs/a.md:1: left over: .*registry|^docs/a.md:1: left over' leftovers
plant docs/a.md <<<"run /wo""rk/main/tools/test"
fails_with "a path of a developer's machine is found" 'docs/a.md:1: left over: .*; write it relative' leftovers
plant docs/a.md <<<"the framework/main part"
passes "a word that ends like such a path is none" leftovers

fresh
printf '/* c */\nint a;\n\nint b;\n' | plant core/base/a.c
printf 'int a;\nint b;\n' | plant tests/unit/a_test.c
passes "as many lines of test as of product pass, comments aside" ratio
printf 'int a;\n/* b */\n' | plant tests/unit/a_test.c
fails_with "fewer lines of test are found" '^tests:1: 1 lines of test for 2 of product' ratio
printf 'int a;\n' | plant tests/fake/a.c
fails_with "a fake is no test" '1 lines of test for 2' ratio

fresh
plant tools/lib/generated.txt < <(printf '# comment\n\na.txt | echo fresh\nfolder/ | f() { echo one >"$1/x"; }; f\n')
fails_with "a generated file that is missing is found" '^a.txt:[0-9]+: not what its generator writes' generated
passes "--write makes them" generated --write
passes "and then they are up to date" generated
plant a.txt <<<stale
fails_with "a stale file is found" '^a.txt:1: not what its generator writes' generated
plant a.txt <<<fresh
plant folder/y <<<more
fails_with "a file too many in a generated folder is found" '^folder/:' generated
plant tools/lib/generated.txt <<<'a.txt | false'
fails_with "a failing generator is found" '^tools/lib/generated.txt:1: the generator of a.txt fails' generated

fresh
plant build/tidegate < <(printf '#!/bin/sh\n[ "$*" = "api --dump" ] && printf "tg.log.info\\ntg.mqtt.publish\\n"\n')
chmod +x "$TREE/build/tidegate"
plant bindings/meta/mqtt.lua < <(printf -- '---@meta\n--- Publishes.\nfunction tg.mqtt.publish(topic) end\n')
fails_with "a registered function without description is found" '^bindings/meta/log.lua:1: tg.log.info is registered but not' api
plant bindings/meta/log.lua < <(printf -- '---@meta\n--- Logs.\nfunction tg.log.info(text) end\n--- Lies.\nfunction tg.log.lie() end\n')
fails_with "a description without function is found" '^bindings/meta/log.lua:5: tg.log.lie is described but not registered' api
plant bindings/meta/log.lua < <(printf -- '---@meta\n\nfunction tg.log.info(text) end\n')
fails_with "a description without words is found" '^bindings/meta/log.lua:3: tg.log.info has no doc comment' api
plant bindings/meta/log.lua < <(printf -- '---@meta\n--- Logs.\nfunction tg.log.info(text) end\n')
passes "two equal lists pass" api
rm "$TREE/build/tidegate"
fails_with "a program that is not built is a finding" 'does not run; build first' api

fresh
cp "$ROOT/.clang-format" "$ROOT/.luacheckrc" "$ROOT/.shellcheckrc" "$TREE/"
plant core/base/a.c <<<'int   a;'
fails_with "a badly formatted file is found" '^core/base/a.c:1: not as clang-format writes it' "$ROOT/tools/check_format" --root "$TREE"
passes "--write formats it" "$ROOT/tools/check_format" --root "$TREE" --write
passes "and then it passes" "$ROOT/tools/check_format" --root "$TREE"
plant scripts/a.lua <<<'local unused = 1'
fails_with "a luacheck warning is found" '^ *scripts/a.lua:1: .*unused' "$ROOT/tools/check_lua" --root "$TREE"
plant scripts/a.lua <<<'return 1'
passes "clean Lua passes" "$ROOT/tools/check_lua" --root "$TREE"
plant tools/a < <(printf '#!/bin/bash\nrm $1\n')
fails_with "a shellcheck warning is found" '^tools/a:2:.*SC2086' "$ROOT/tools/check_shell" --root "$TREE"
plant tools/a < <(printf '#!/bin/bash\nrm "$1"\n')
passes "clean shell passes" "$ROOT/tools/check_shell" --root "$TREE"

finish
