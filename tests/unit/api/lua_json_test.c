/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_json.c: Lua values as JSON text and back. */

#include "tests/unit/api/api_harness.h"

static void values_become_compact_text(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.codec.to_json(nil))", "null"},
      {"say(tg.codec.to_json(true), tg.codec.to_json(false))", "true; false"},
      {"say(tg.codec.to_json(0), tg.codec.to_json(-1))", "0; -1"},
      {"say(tg.codec.to_json(math.maxinteger), tg.codec.to_json(math.mininteger))",
       "9223372036854775807; -9223372036854775808"},
      {"say(tg.codec.to_json(1.0), tg.codec.to_json(-0.0), tg.codec.to_json(21.5))", "1.0; -0.0; 21.5"},
      {"say(tg.codec.to_json(0.1), tg.codec.to_json(1e300), tg.codec.to_json(2^53))", "0.1; 1e300; 9007199254740992.0"},
      {"say(tg.codec.to_json(1/0), tg.codec.to_json(-1/0), tg.codec.to_json(0/0))", "null; null; null"},
      {"say(tg.codec.to_json('a\"b\\\\c/'))", "\"a\\x5c\"b\\x5c\\x5cc/\""},
      {"say(tg.codec.to_json('\\n\\t\\0\\x7f\\x1f'))", "\"\\x5cn\\x5ct\\x5cu0000\\x7f\\x5cu001f\""},
      {"say(tg.codec.to_json('\\u{e4}') == '\"\\u{e4}\"', tg.codec.to_json('a\\xffb') == '\"a\\u{fffd}b\"')",
       "true; true"},
      {"say(tg.codec.to_json(''))", "\"\""},
      {"say(tg.codec.to_json({}))", "{}"},
      {"say(tg.codec.to_json({ 1, 'a', false }))", "[1,\"a\",false]"},
      {"say(tg.codec.to_json({ {}, { {} } }))", "[{},[{}]]"},
      {"say(tg.codec.to_json({ b = 1, a = 2, B = 3, ab = 4, [''] = 5, ['1'] = 6 }))",
       "{\"\":5,\"1\":6,\"B\":3,\"a\":2,\"ab\":4,\"b\":1}"},
      {"say(tg.codec.to_json({ a = { b = { 1, { c = 2 } } } }))", "{\"a\":{\"b\":[1,{\"c\":2}]}}"},
      {"say(tg.codec.to_json({ bytes = '\\0\\xff' }))", "{\"base64\":\"AP8=\"}"},
      {"say(tg.codec.to_json({ bytes = '' }), tg.codec.to_json({ bytes = 1 }))", "{\"base64\":\"\"}; {\"bytes\":1}"},
      {"say(tg.codec.to_json({ v = { bytes = 'A' } }))", "{\"v\":{\"base64\":\"QQ==\"}}"},
      {"say(tg.codec.to_json(setmetatable({}, { __index = { a = 1 }, __len = function() return 9 end })))", "{}"},
      {"say(tg.codec.to_json(setmetatable({ 1 }, { __pairs = error, __tostring = error })))", "[1]"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void keys_may_have_an_order_for_people(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.codec.to_json({ c = 1, b = 2, a = 3 }, { 'b', 'x' }))", "{\"b\":2,\"a\":3,\"c\":1}"},
      {"say(tg.codec.to_json({ c = 1, a = { c = 1, b = 2 } }, { 'c' }))", "{\"c\":1,\"a\":{\"b\":2,\"c\":1}}"},
      {"say(tg.codec.to_json({ b = 1, a = 2 }, { 'b', 'b' }))", "{\"b\":1,\"a\":2}"},
      {"say(tg.codec.to_json({ b = 1, a = 2 }, {}), tg.codec.to_json(1, { 'a' }))", "{\"a\":2,\"b\":1}; 1"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.codec.to_json({ a = 1 }, 1)", "eval.lua:1: bad argument #2"},
      {"tg.codec.to_json({ a = 1 }, { 1 })", "the order is a list of keys"},
      {"local o = {} for i = 1, 65 do o[i] = 'k' .. i end tg.codec.to_json({}, o)", "more than 64 keys"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

static void what_json_does_not_have_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"tg.codec.to_json()", "eval.lua:1: bad argument #1 to 'to_json' (value expected)"},
      {"tg.codec.to_json(print)", "eval.lua:1: JSON: a function can't be written"},
      {"tg.codec.to_json({ a = { coroutine.create(print) } })", "JSON: a thread can't be written"},
      {"tg.codec.to_json(require('uv').new_timer())", "JSON: a userdata can't be written"},
      {"tg.codec.to_json({ 1, nil, 3 })", "JSON: a table has text keys, or is a list without holes"},
      {"tg.codec.to_json({ [0] = 1 })", "JSON: a table has text keys"},
      {"tg.codec.to_json({ 1, 2, x = 3 })", "JSON: a table has text keys"},
      {"tg.codec.to_json({ [true] = 1 })", "JSON: a table has text keys"},
      {"tg.codec.to_json({ [1.5] = 1 })", "JSON: a table has text keys"},
      {"tg.codec.to_json({ ['a\\0b'] = 1 })", "JSON: a key has a NUL in it"},
      {"local t = {} t.t = t tg.codec.to_json(t)", "JSON: tables nested deeper than 16"},
      {"local t = {} t[1] = t tg.codec.to_json(t)", "JSON: tables nested deeper than 16"},
      {"tg.codec.to_json(('x'):rep(2 << 20))", "JSON: longer than allowed"},
      {"local t = {} for i = 1, 10001 do t['k' .. i] = i end tg.codec.to_json(t)", "JSON: more than 10000 members"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void depth_and_length_may_go_to_their_limits(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local t = 1 for i = 1, 16 do t = { t } end say(tg.codec.to_json(t))", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"},
      {"local t = 1 for i = 1, 16 do t = { a = t } end local v = tg.codec.from_json(tg.codec.to_json(t))\n"
       "for i = 1, 16 do v = v.a end say(v)",
       "1"},
      {"say(#tg.codec.to_json(('x'):rep((2 << 20) - 2)))", "2097152"},
      {"say(#tg.codec.from_json('\"' .. ('x'):rep((1 << 20) - 2) .. '\"'))", "1048574"},
      {"local t = {} for i = 1, 10000 do t['k' .. i] = i end local v = tg.codec.from_json(tg.codec.to_json(t))\n"
       "say(v.k1, v.k10000)",
       "1; 10000"},
      {"say(#tg.codec.to_json(('\\0'):rep(80)), #tg.codec.to_json(('\\0'):rep(90)))", "482; 542"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void text_becomes_values(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.codec.from_json('null'))", "nil"},
      {"say(tg.codec.from_json(' true '), tg.codec.from_json('false'))", "true; false"},
      {"for _, t in ipairs { '1', '1.0', '1e2', '-0', '0.5' } do local v = tg.codec.from_json(t)\n"
       "say(math.type(v) .. ' ' .. v) end",
       "integer 1; float 1.0; float 100.0; integer 0; float 0.5"},
      {"say(tg.codec.from_json('9223372036854775807') == math.maxinteger,\n"
       "  tg.codec.from_json('-9223372036854775808') == math.mininteger)",
       "true; true"},
      {"local v = tg.codec.from_json('18446744073709551615') say(math.type(v), v == 2^64)", "float; true"},
      {"say(tg.codec.from_json('\"a\\\\u0041\\\\n\\\\ud83d\\\\ude00\"') == 'aA\\n\\u{1F600}')", "true"},
      {"say(#tg.codec.from_json('\"a\\\\u0000b\"'))", "3"},
      {"local v = tg.codec.from_json('[1,[2],{\"a\":3}]') say(#v, v[1], v[2][1], v[3].a)", "3; 1; 2; 3"},
      {"local v = tg.codec.from_json('[]') say(type(v), next(v))", "table; nil"},
      {"local v = tg.codec.from_json('{\"a\":null,\"b\":1}') say(v.a, v.b)", "nil; 1"},
      {"local v = tg.codec.from_json('[null,2]') say(v[1], v[2])", "nil; 2"},
      {"local v = tg.codec.from_json('{\"base64\":\"AP8=\"}') say(v.bytes == '\\0\\xff', v.base64)", "true; nil"},
      {"local v = tg.codec.from_json('{\"base64\":\"*\"}') say(v.bytes, v.base64)", "nil; *"},
      {"local v = tg.codec.from_json('{\"base64\":\"QQ==\",\"x\":1}') say(v.bytes, v.base64)", "nil; QQ=="},
      {"local v = tg.codec.from_json('{\"base64\":1}') say(v.bytes, v.base64)", "nil; 1"},
      {"local v = tg.codec.from_json('{\"\":1}') say(v[''])", "1"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void bad_text_gives_an_error_object(void **state) {
  (void)state;
  static const struct {
    const char *text; /* of a Lua expression */
    const char *code;
  } rows[] = {
      {"''", "syntax"},
      {"' '", "syntax"},
      {"'{'", "syntax"},
      {"'[1,]'", "syntax"},
      {"'{\"a\":1,}'", "syntax"},
      {"'[1] 2'", "syntax"},
      {"'01'", "syntax"},
      {"'1.'", "syntax"},
      {"'NaN'", "syntax"},
      {"'\\'a\\''", "syntax"},
      {"'{a:1}'", "syntax"},
      {"'{1:1}'", "syntax"},
      {"'\"\\n\"'", "syntax"},
      {"'\"\\\\x\"'", "syntax"},
      {"'\\0'", "syntax"},
      {"'1\\0'", "syntax"},
      {"'\"\\xff\"'", "encoding"},
      {"'\"\\\\ud800\"'", "encoding"},
      {"'1e999'", "range"},
      {"'18446744073709551616'", "range"},
      {"'{\"a\":1,\"a\":2}'", "duplicate"},
      {"'{\"a\\\\u0000b\":1}'", "syntax"},
      {"('['):rep(17) .. (']'):rep(17)", "too_long"},
      {"('['):rep(100000)", "too_long"},
      {"('x'):rep((1 << 20) + 1)", "too_long"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256], want[64];
    snprintf(code, sizeof code,
             "local v, err = tg.codec.from_json(%s) say(v, type(err), err.code, #err.message > 5)\n"
             "assert(tostring(err) == err.code .. ': ' .. err.message)",
             rows[i].text);
    snprintf(want, sizeof want, "nil; table; %s; true", rows[i].code);
    const char *said = api_harness_eval(&h, code);
    if (strcmp(said, want) != 0) fail_msg("%s says %s, not %s", rows[i].text, said, want);
  }
  static const api_harness_row_t raised[] = {
      {"tg.codec.from_json()", "eval.lua:1: bad argument #1 to 'from_json' (string expected, got no value)"},
      {"tg.codec.from_json({})", "eval.lua:1: bad argument #1"},
  };
  api_harness_check_parts(&h, raised, TG_COUNT(raised));
  api_harness_close(&h);
}

/* Random values of every kind, seeded, written and read again. */
static void what_is_written_reads_back_the_same(void **state) {
  (void)state;
  static const char CODE[] =
      "math.randomseed(7)\n"
      "local function text() local n, t = math.random(0, 12), {}\n"
      "  for i = 1, n do t[i] = utf8.char(math.random(0, 3) > 0 and math.random(1, 126) or math.random(0x80, 0xD7FF)) end\n"
      "  return table.concat(t) end\n"
      "local function value(depth) local kind = math.random(depth < 6 and 9 or 6)\n"
      "  if kind == 1 then return math.random(0) end\n"
      "  if kind == 2 then return math.random() * 2.0 ^ math.random(-1000, 1000) end\n"
      "  if kind == 3 then return math.random(-3, 3) + 0.0 end\n"
      "  if kind == 4 then return math.random(2) == 1 end\n"
      "  if kind == 5 then return text() end\n"
      "  if kind == 6 then local b = {} for i = 1, math.random(0, 9) do b[i] = string.char(math.random(0, 255)) end\n"
      "    return { bytes = table.concat(b) } end\n"
      "  local t = {} for i = 1, math.random(0, 5) do t[kind == 7 and i or text()] = value(depth + 1) end return t end\n"
      "local function same(a, b) if type(a) ~= 'table' then return a == b and math.type(a) == math.type(b) end\n"
      "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
      "  for k in pairs(b) do if a[k] == nil then return false end end return true end\n"
      "for i = 1, 400 do local v = value(1) local text = tg.codec.to_json(v)\n"
      "  local back, err = tg.codec.from_json(text)\n"
      "  if err or not same(v, back) or tg.codec.to_json(back) ~= text then say(i, text, err) end end say('done')";
  api_harness_t h;
  api_harness_open(&h);
  check_slice(tg_slice_str(api_harness_eval(&h, CODE)), "done");
  api_harness_close(&h);
}

/* A script may change the tables of Lua's own library: that must be its own loss. */
static void a_script_that_changes_lua_s_library_breaks_nothing(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"table.sort = function(t) t[1] = nil end say(tg.codec.to_json({ a = 1 }))", "{\"a\":1}"},
      {"table.sort = function(t) for i = 1, #t do t[i] = {} end end say(tg.codec.to_json({ b = 1, a = 2 }))",
       "{\"a\":2,\"b\":1}"},
      {"local t = table table = nil say(tg.codec.to_json({ b = 1, a = 2 })) table = t", "{\"a\":2,\"b\":1}"},
      {"table.sort = function(t) t[1] = nil end tg.store.set('a', 1) say(#tg.store.keys())", "0"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void large_values_cost_budget(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const char *const bodies[] = {
      "local s = ('x'):rep(100000) while true do tg.codec.to_json(s) end",
      "local s = '\"' .. ('x'):rep(100000) .. '\"' while true do tg.codec.from_json(s) end",
      "local t = {} for i = 1, 9000 do t['k' .. i] = 1 end while true do tg.codec.to_json(t) end",
  };
  for (size_t i = 0; i < TG_COUNT(bodies); i++) {
    char source[256];
    snprintf(source, sizeof source, "local tg = require 'tidegate'\n%s", bodies[i]);
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(source),
                                    .limits = {.instructions = 50000, .burst_ms = 10000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_E_BUDGET);
    check_int(h.diag.line, 2);
  }
  api_harness_close(&h);
}

CHECK_SUITE(values_become_compact_text, keys_may_have_an_order_for_people, what_json_does_not_have_raises_at_the_caller,
            depth_and_length_may_go_to_their_limits, text_becomes_values, bad_text_gives_an_error_object,
            what_is_written_reads_back_the_same, a_script_that_changes_lua_s_library_breaks_nothing,
            large_values_cost_budget)
