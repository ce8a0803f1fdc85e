#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/gen_api_doc.lua writes what the definition files say, and refuses what it can't read.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
doc() { "$ROOT/tools/gen_api_doc.lua" --root "$WORK/tree"; }

# meta NAME: standard input below the usual head as bindings/meta/NAME.lua.
meta() { { printf -- '---@meta\n-- SPDX-License-Identifier: Apache-2.0\n' && cat; } | plant "bindings/meta/$1.lua"; }

fresh
plant core/base/rc.def <<<'TG_RC(E_FULL, "full", "no room", 0xA3)'
meta tg <<'END'
-- tg: the gateway itself. More words.
---@class tg
tg = {}

---Why.
---@class tg.error
---@field code string which

---@alias tg.source "notify"|"send"

---The name.
---@return string name as configured
function tg.name() end
END
meta pump <<'END'
-- tg.pump: pumps.

---@class tg.pump
tg.pump = {}

---A pump.
---@class tg.pump.pump: tg.error
---@field speed? integer|"off" turns a second
---@field fn fun(a: table<string, { b: integer }>, c: string): any, string? what it is for
---@field source tg.source
local pump = {}

---Stops it.
---@param how? { fast: boolean } in which way
---@param fn? fun(ok: true?)
---@return true? ok
---@return tg.error? err code `full`
function pump:stop(how, fn) end

---Finds one.
---Slowly.
---@param name string its name | or number
---@param ... any more
---@return tg.pump.pump? pump
function tg.pump.find(name, ...) end
END
passes "definition files as ours are read" doc
says "every area is in the list at the top" '^- \[tg\.pump\]\(#tgpump\): pumps$' doc
says "with the first sentence of its words" '^- \[tg\]\(#tg\): the gateway itself$' doc
says "a function has its signature" '^### tg\.pump\.find\(name, \.\.\.\)$' doc
says "and all its words" '^Slowly\.$' doc
says "a parameter has type and words" '^\| `name` \| `string` \| its name \\\| or number \|$' doc
says "a result has a name and its type a link" '^- \[`tg\.pump\.pump\?`\]\(#class-tgpumppump\) `pump`$' doc
says "what may be left out stands in brackets" '^#### pump:stop\(\[how\], \[fn\]\)$' doc
says "a type with blanks in brackets is one type" '^\| `how` \(optional\) \| `\{ fast: boolean \}` \| in which way \|$' doc
says "the results of a function are part of its type" \
  '^\| `fn` \| `fun\(a: table<string, \{ b: integer \}>, c: string\): any, string\?` \| what it is for \|$' doc
says "alternatives stay in their cell" '^\| `speed` \(optional\) \| `integer\\\|"off"` \| turns a second \|$' doc
says "a class names what it inherits" '^A pump\. It has the fields of \[`tg\.error`\]\(#class-tgerror\) too\.$' doc
says "words with a name of their own have a table" '^\| `tg\.source` \| `"notify"\\\|"send"` \|  \|$' doc
says "errors' codes come from the core" '^\| `full` \| no room \|$' doc
passes "the area's own table is no class of its own" bash -c "! '$ROOT/tools/gen_api_doc.lua' --root '$WORK/tree' | grep -qx '### class tg.pump'"

# refuses NAME REGEX: standard input is a file that can't be read.
refuses() {
  fresh
  meta pump
  fails_with "$1" "^bindings/meta/pump\.lua:$2" doc
}

refuses "a function without words is refused" '5: tg\.pump\.find has no words; say what it does' <<'END'
-- tg.pump: pumps.
---@param name string
function tg.pump.find(name) end
END
refuses "a parameter that is not described is refused" '5: tg\.pump\.find: parameter 1 is name and described as nothing' <<'END'
-- tg.pump: pumps.
---Finds one.
function tg.pump.find(name) end
END
refuses "a parameter that is not there is refused" '6: tg\.pump\.find: parameter 1 is nothing and described as name' <<'END'
-- tg.pump: pumps.
---Finds one.
---@param name string
function tg.pump.find() end
END
refuses "an unknown tag is refused" '4: @raturn is not known here' <<'END'
-- tg.pump: pumps.
---@raturn string
END
refuses "a field without a class is refused" "4: a @field that can't be read" <<'END'
-- tg.pump: pumps.
---@field name string
END
refuses "a method without a class is refused" '5: pump:stop belongs to no class' <<'END'
-- tg.pump: pumps.
---Stops.
function pump:stop() end
END
refuses "a file that does not say what it is for is refused" '1: no line says what the file is for' <<'END'
---@class tg.pump
END
fresh
fails_with "an empty tree is refused" '^bindings/meta: no files' doc
says "help names the usage" '^usage: ' "$ROOT/tools/gen_api_doc.lua" --help

finish
