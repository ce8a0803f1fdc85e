/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns and subjects: our find, match, gmatch and gsub say what Lua's own say, unless ours give up for the work it would be. Input:
 * the first byte is how long the pattern is, then the pattern, then the subject.
 */

#include <stdio.h>

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/vm/vm_call.h"
#include "tests/fuzz/fuzz.h"

enum { SUBJECT_MAX = 256 };

/* In a vm: `theirs` is Lua's own string library, opened beside ours, which goes first: theirs would not give up. */
static const char compare[] =
    "local theirs, calls = ..., {\n"
    "  function(s, t, p) return s.find(t, p) end,\n"
    "  function(s, t, p) return s.find(t, p, -3) end,\n"
    "  function(s, t, p) return s.find(t, p, 2, true) end,\n"
    "  function(s, t, p) return s.match(t, p, 2) end,\n"
    "  function(s, t, p) return s.gsub(t, p, '<%0%1>') end,\n"
    "  function(s, t, p) return s.gsub(t, p, { a = 'b', [''] = 1, c = false }, 3) end,\n"
    "  function(s, t, p) return s.gsub(t, '(b*)', p) end,\n"
    "  function(s, t, p)\n"
    "    local all = {}\n"
    "    for a, b in s.gmatch(t, p) do all[#all + 1] = tostring(a) .. ',' .. tostring(b) end\n"
    "    return table.concat(all, ';')\n"
    "  end,\n"
    "}\n"
    "return function(text, pattern)\n"
    "  for at = 1, #calls do\n"
    "    local ours = table.pack(pcall(calls[at], string, text, pattern))\n"
    "    local same = table.pack(pcall(calls[at], theirs, text, pattern))\n"
    "    if ours.n ~= same.n then error('call ' .. at .. ': ' .. ours.n .. ' results') end\n"
    "    for i = 1, ours.n do\n"
    "      if ours[i] ~= same[i] then\n"
    "        error(('call %d: ours %s, theirs %s'):format(at, tostring(ours[i]), tostring(same[i])))\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "end\n";

typedef struct texts {
  tg_slice_t subject, pattern;
} texts_t;

static int function_ref;

static int load_compare(lua_State *L) {
  if (luaL_loadbufferx(L, compare, sizeof compare - 1, "@compare.lua", "t") != LUA_OK) return lua_error(L);
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  lua_call(L, 1, 1);
  function_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static int run_compare(lua_State *L) {
  const texts_t *texts = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, function_ref);
  lua_pushlstring(L, (const char *)texts->subject.p, texts->subject.len);
  lua_pushlstring(L, (const char *)texts->pattern.p, texts->pattern.len);
  lua_call(L, 2, 0);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static tg_vm_t *vm;
  tg_diag_t diag = {0};
  tg_slice_t in = tg_slice(data, size);
  texts_t texts = {.pattern = fuzz_part(&in), .subject = in};
  if (texts.subject.len > SUBJECT_MAX) return 0;
  if (!vm) {
    vm = tg_vm_new(&(tg_vm_config_t){.burst_ms = 20000});
    fuzz_require(vm && tg_vm_call(vm, load_compare, NULL, &diag) == TG_OK);
  }
  tg_rc_t rc = tg_vm_call(vm, run_compare, &texts, &diag);
  if (rc != TG_OK && rc != TG_E_BUDGET) fprintf(stderr, "%s\n", diag.message);
  fuzz_require(rc == TG_OK || rc == TG_E_BUDGET);
  return 0;
}
