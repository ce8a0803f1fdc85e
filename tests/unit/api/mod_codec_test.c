/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_codec.c: hexadecimal, Base64 and the formats of LwM2M, from scripts. JSON is in lua_json_test.c. */

#include "tests/unit/api/api_harness.h"

static void bytes_become_text_and_back(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.codec.to_hex('\\0\\xffaZ'), tg.codec.to_hex(''))", "00ff615a; "},
      {"say(tg.codec.from_hex('00FFff') == '\\0\\xff\\xff', tg.codec.from_hex('') == '')", "true; true"},
      {"say(tg.codec.to_base64(''), tg.codec.to_base64('a'), tg.codec.to_base64('ab'), tg.codec.to_base64('abc'))",
       "; YQ==; YWI=; YWJj"},
      {"say(tg.codec.from_base64('YQ=='), tg.codec.from_base64('YQ'), tg.codec.from_base64('YWJj'))", "a; a; abc"},
      {"say(tg.codec.from_base64('-_-_') == tg.codec.from_base64('+/+/'))", "true"},
      {"local all = {} for i = 0, 255 do all[i + 1] = string.char(i) end all = table.concat(all)\n"
       "for n = 0, 256 do local s = all:sub(1, n)\n"
       "  assert(tg.codec.from_hex(tg.codec.to_hex(s)) == s and tg.codec.from_base64(tg.codec.to_base64(s)) == s)\n"
       "end say('done')",
       "done"},
      {"local s = ('x'):rep(1 << 20) say(#tg.codec.to_hex(s), #tg.codec.to_base64(s))", "2097152; 1398104"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void bad_input_gives_nil_and_an_error_object(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"from_hex('0')", "syntax"},
      {"from_hex('0g')", "syntax"},
      {"from_hex(' 00')", "syntax"},
      {"from_hex('0x00')", "syntax"},
      {"from_base64('a')", "syntax"},
      {"from_base64('a===')", "syntax"},
      {"from_base64('YQ==YQ==')", "syntax"},
      {"from_base64('Y Q=')", "syntax"},
      {"decode('tlv', '\\xc8')", "format"},
      {"decode('tlv', '\\xc8\\0\\5abc', '/3/0')", "truncated"},
      {"decode('senml-json', '')", "syntax"},
      {"decode('senml-json', '{}')", "syntax"},
      {"decode('senml-json', '[{\"n\":\"/3303/0/5700\",\"v\":\"x\"}]')", "type"},
      {"decode('senml-json', '[{\"n\":\"/3/0/0\",\"vs\":\"x\"}]', '/3303')", "denied"},
      {"decode('senml-json', '[{\"n\":\"/3303/0/5700\",\"v\":1e999}]')", "range"},
      {"decode('senml-cbor', '\\x81')", "truncated"},
      {"decode('senml-cbor', '\\xff')", "syntax"},
      {"decode('cbor', '', '/3303/0/5700')", "truncated"},
      {"decode('text', 'x', '/3303/0/5700')", "syntax"},
      {"decode('text', '\\xff', '/3/0/0')", "encoding"},
      {"decode('link', '</3>')", "format"},
      {"encode('link', {})", "format"},
      {"encode('text', {})", "format"},
      {"encode('text', { { path = '/3/0/0', value = 'a' }, { path = '/3/0/1', value = 'b' } })", "format"},
      {"encode('tlv', { { path = '/3303/0/5700', value = 'x' } })", "type"},
      {"encode('tlv', { { path = '/3303/0/5700', value = print } })", "type"},
      {"encode('tlv', { { path = '/3303/0/5700' } })", "type"},
      {"encode('tlv', { { path = '/3/0/9', value = 1.5 } })", "type"},
      {"encode('tlv', { { path = '/3/0/9', value = {} } })", "type"},
      {"encode('tlv', { { path = '/3/0/22', value = { 70000, 1 } } })", "type"},
      {"encode('text', { { path = '/3/0/0', value = ('x'):rep((1 << 20) + 1) } })", "too_long"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256], want[64];
    snprintf(code, sizeof code,
             "local v, err = tg.codec.%s say(v, err.code) assert(tostring(err) == err.code .. ': ' .. err.message)",
             rows[i].code);
    snprintf(want, sizeof want, "nil; %s", rows[i].says);
    const char *said = api_harness_eval(&h, code);
    if (strcmp(said, want) != 0) fail_msg("%s says %s, not %s", rows[i].code, said, want);
  }
  api_harness_close(&h);
}

static void misuse_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"tg.codec.to_hex()", "eval.lua:1: bad argument #1 to 'to_hex' (string expected"},
      {"tg.codec.from_hex({})", "eval.lua:1: bad argument #1"},
      {"tg.codec.to_base64(nil)", "eval.lua:1: bad argument #1"},
      {"tg.codec.decode('tvl', '')", "bad argument #1 to 'decode' (a format such as \"tlv\""},
      {"tg.codec.decode(99, '')", "a format such as"},
      {"tg.codec.decode(nil, '')", "a format such as"},
      {"tg.codec.decode('tlv')", "bad argument #2 to 'decode'"},
      {"tg.codec.decode('tlv', '', 'x')", "bad argument #3 to 'decode' (a path such as"},
      {"tg.codec.encode('tlv', 1)", "bad argument #2 to 'encode' (table expected"},
      {"tg.codec.encode('tlv', { 1 })", "eval.lua:1: record 1 is no table"},
      {"tg.codec.encode('tlv', { {} })", "record 1 has no path"},
      {"tg.codec.encode('tlv', { { path = 3 } })", "record 1 has no path"},
      {"tg.codec.encode('tlv', { { path = 'x', value = 1 } })", "a path such as \"/3303/0/5700\" is wanted"},
      {"tg.codec.encode('tlv', { { path = '/3/0/0', value = 'a', time = 1e300 } })", "record 1: time is Unix seconds"},
      {"tg.codec.encode('tlv', { { path = '/3/0/0', value = 'a', time = 0/0 } })", "record 1: time is Unix seconds"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* Every kind of value through every format that has a place for it. */
static void records_go_through_every_format_and_back(void **state) {
  (void)state;
  static const char CODE[] =
      "local records = {\n"
      "  { path = '/3/0/0', value = 'M\\u{fc}ller \"x\"\\n' }, { path = '/3/0/9', value = 100 },\n"
      "  { path = '/3/0/11/0', value = 1 }, { path = '/3/0/11/2', value = 0 }, { path = '/3/0/13', value = 1700000000 },\n"
      "  { path = '/3303/0/5601', value = -21.5 }, { path = '/3303/0/5700', value = 1e10 },\n"
      "  { path = '/0/0/1', value = true }, { path = '/0/0/3', value = { bytes = '\\0\\1\\xff' } },\n"
      "  { path = '/0/0/10', value = math.maxinteger } }\n"
      "local function text(v) return type(v) == 'table' and tg.codec.to_hex(v.bytes) or math.type(v) == 'float' and\n"
      "  ('%.17g'):format(v) or tostring(v) end\n"
      "for _, format in ipairs { 'tlv', 'senml-json', 'senml-cbor', 'senml-etch-json', 'senml-etch-cbor', 'json', 'lwm2m-cbor', 11542, '110' } do for _, r in ipairs(records) do\n"
      "  local base = r.path:match('^/%d+/%d+')\n"
      "  local bytes = assert(tg.codec.encode(format, { r }, base))\n"
      "  local back = assert(tg.codec.decode(format, bytes, base))\n"
      "  if #back ~= 1 or back[1].path ~= r.path or text(back[1].value) ~= text(r.value) then\n"
      "    say(format, r.path, text(back[1].value)) end end end\n"
      "for _, format in ipairs { 'text', 'cbor' } do for _, r in ipairs(records) do\n"
      "  local back = assert(tg.codec.decode(format, assert(tg.codec.encode(format, { r }, r.path)), r.path))\n"
      "  if back[1].path ~= r.path or text(back[1].value) ~= text(r.value) then say(format, r.path, text(back[1].value)) "
      "end end end\n"
      "say(tg.codec.decode('opaque', tg.codec.encode('opaque', { records[9] }, '/0/0/3'), '/0/0/3')[1].value.bytes ==\n"
      "  records[9].value.bytes)";
  api_harness_t h;
  api_harness_open(&h);
  check_slice(tg_slice_str(api_harness_eval(&h, CODE)), "true");
  api_harness_close(&h);
}

static void formats_look_as_they_should_on_the_wire(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.codec.to_hex(tg.codec.encode('tlv', { { path = '/3/0/9', value = 100 } }, '/3/0')))", "c10964"},
      {"say(tg.codec.encode('senml-json', { { path = '/3/0/9', value = 100 } }, '/3/0'))",
       "[{\"bn\":\"/3/0/\",\"n\":\"9\",\"v\":100}]"},
      {"say(tg.codec.encode('text', { { path = '/3/0/9', value = 100 } }, '/3/0/9'))", "100"},
      {"say(tg.codec.to_hex(tg.codec.encode('cbor', { { path = '/3/0/9', value = 100 } }, '/3/0/9')))", "1864"},
      /* any order is fine, for TLV nests */
      {"say(tg.codec.to_hex(tg.codec.encode('tlv', { { path = '/3/0/11/1', value = 2 }, { path = '/3/0/9', value = 1 },\n"
       "  { path = '/3/0/11/0', value = 3 } }, '/3/0')))",
       "c10901860b410003410102"},
      {"local r = tg.codec.decode('tlv', tg.codec.from_hex('860b410003410102'), '/3/0')\n"
       "say(#r, r[1].path, r[1].value, r[2].path, r[2].value)",
       "2; /3/0/11/0; 3; /3/0/11/1; 2"},
      {"local r = tg.codec.decode('senml-json', '[{\"bn\":\"/3303/0/\",\"bt\":1700000000,\"n\":\"5700\",\"v\":21.5,\"t\":0."
       "25},{\"n\":\"5701\",\"vs\":\"Cel\"}]') say(r[1].path, r[1].value, r[1].time, r[2].value)",
       "/3303/0/5700; 21.5; 1700000000.25; Cel"},
      {"say(tg.codec.decode('text', '21.5', '/3303/0/5700')[1].time)", "nil"},
      {"say(#tg.codec.decode('senml-json', '[]'), #tg.codec.decode('tlv', '', '/3/0'))", "0; 0"},
      {"say(tg.codec.encode('senml-json', {}))", "[]"},
      {"local b = tg.codec.encode('senml-json', { { path = '/3/0/9', value = 1, time = 1700000000.123 } })\n"
       "say(b:match('\"b?t\":[%d.]+'), tg.codec.decode('senml-json', b)[1].time)",
       "\"bt\":1700000000.123; 1700000000.123"},
      {"say(tg.codec.decode('json', '{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"9\",\"v\":5}]}')[1].value)", "5"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void times_are_kept_to_the_millisecond(void **state) {
  (void)state;
  static const char CODE[] = "for i = 0, 999 do local t = 1700000000 + i / 1000\n"
                             "  local b = tg.codec.encode('senml-cbor', { { path = '/3/0/9', value = 1, time = t } })\n"
                             "  local back = tg.codec.decode('senml-cbor', b)[1].time\n"
                             "  if back ~= t then say(('%.4f %.4f'):format(t, back)) end end say('done')";
  api_harness_t h;
  api_harness_open(&h);
  check_slice(tg_slice_str(api_harness_eval(&h, CODE)), "done");
  api_harness_close(&h);
}

static void at_most_1024_records_go_at_once(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local r = {} for i = 1, 1024 do r[i] = { path = '/3303/' .. i .. '/5700', value = i } end\n"
       "local b = assert(tg.codec.encode('senml-json', r)) say(#tg.codec.decode('senml-json', b))",
       "1024"},
      {"local r = {} for i = 1, 1025 do r[i] = { path = '/3303/' .. i .. '/5700', value = i } end\n"
       "local b, err = tg.codec.encode('senml-json', r) say(b, err.code, err.message)",
       "nil; too_long; more than 1024 records"},
      {"local b, err = tg.codec.decode('senml-json', '[' .. ('{\"n\":\"/3/0/9\",\"v\":1},'):rep(1024) ..\n"
       "'{\"n\":\"/3/0/9\",\"v\":1}]') say(b, err.code)",
       "nil; too_long"},
      {"local b, err = tg.codec.decode('tlv', ('\\xc1\\x09\\1'):rep(1025), '/3/0') say(b, err.code)", "nil; too_long"},
      {"say(#tg.codec.decode('tlv', ('\\xc1\\x09\\1'):rep(1024), '/3/0'))", "1024"},
      {"local b = tg.codec.decode('senml-json', '[' .. ('{\"n\":\"/3/0/9\",\"v\":1},'):rep(1023) ..\n"
       "'{\"n\":\"/3/0/9\",\"v\":1}]') say(#b)",
       "1024"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* What decoding unescapes needs no more room than the input, whatever the input. */
static void long_texts_fit_whatever_their_spelling(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"for _, s in ipairs { ('\\\"'):rep(20000), ('\\1'):rep(20000), ('\\u{1F600}'):rep(5000), ('a'):rep(100000) } do\n"
       "  for _, f in ipairs { 'senml-json', 'senml-cbor', 'tlv', 'text', 'cbor' } do\n"
       "    local b = assert(tg.codec.encode(f, { { path = '/3/0/0', value = s } }, '/3/0/0'))\n"
       "    assert(tg.codec.decode(f, b, '/3/0/0')[1].value == s, f) end end say('done')",
       "done"},
      {"for _, n in ipairs { 0, 1, 2, 3, 1000, 65535, 65536 } do local s = { bytes = ('\\0\\xff'):rep(n) }\n"
       "  for _, f in ipairs { 'senml-json', 'senml-cbor', 'tlv', 'text', 'cbor', 'opaque' } do\n"
       "    local b = assert(tg.codec.encode(f, { { path = '/0/0/3', value = s } }, '/0/0/3'))\n"
       "    local r = assert(tg.codec.decode(f, b, '/0/0/3')) assert(r[1].value.bytes == s.bytes, f) end end say('done')",
       "done"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* Strings that a metatable makes up would be gone before they are written: only what is in the table counts. */
static void records_are_read_without_metatables(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local r = setmetatable({ path = '/3/0/0' }, { __index = function(t, k) return ('y'):rep(2000) end })\n"
       "say(select(2, tg.codec.encode('tlv', { r, r })).code)",
       "type"},
      {"local r = setmetatable({}, { __index = function() return '/3/0/0' end })\n"
       "say(pcall(tg.codec.encode, 'tlv', { r }))",
       "false; record 1 has no path"},
      {"local v = setmetatable({}, { __index = function(t, k) return k == 'bytes' and ('y'):rep(2000) or nil end })\n"
       "say(select(2, tg.codec.encode('opaque', { { path = '/0/0/3', value = v } })).code)",
       "type"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

CHECK_SUITE(bytes_become_text_and_back, bad_input_gives_nil_and_an_error_object, misuse_raises_at_the_caller,
            records_go_through_every_format_and_back, formats_look_as_they_should_on_the_wire,
            times_are_kept_to_the_millisecond, at_most_1024_records_go_at_once, long_texts_fit_whatever_their_spelling,
            records_are_read_without_metatables)
