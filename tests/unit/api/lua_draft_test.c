/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_draft.c: options, values and attributes of commands, and the ways to get them wrong. */

#include "tests/unit/api/api_harness.h"

/* Evaluates `say(d:CALL)` for the device d; @return what was said. */
static const char *call(api_harness_t *h, const char *code) {
  char text[1024];
  h->question[0] = 0;
  snprintf(text, sizeof text,
           "local d = tg.device.find('d') local function code(v, err) return v and 'ok' or err.code .. ' ' .. "
           "err.message end %s",
           code);
  return api_harness_eval(h, text);
}

static void wrong_options_raise_and_name_the_cure(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"timout = 5", "eval.lua:1: option \"timout\" is not known, did you mean \"timeout\"?"},
      {"priorty = 5", "option \"priorty\" is not known, did you mean \"priority\"?"},
      {"colour = 5", "option \"colour\" is not known"},
      {"5", "option \"\" is not known"},
      {"[{}] = 5", "option \"\" is not known"},
      {"timeout = 0", "timeout is 1 to 2592000 seconds"},
      {"timeout = 0.999", "timeout is 1 to 2592000 seconds"},
      {"timeout = -1", "timeout is 1 to 2592000 seconds"},
      {"timeout = 2592001", "timeout is 1 to 2592000 seconds"},
      {"timeout = 1/0", "timeout is 1 to 2592000 seconds"},
      {"timeout = 0/0", "timeout is 1 to 2592000 seconds"},
      {"timeout = 'soon'", "timeout is 1 to 2592000 seconds"},
      {"timeout = true", "timeout is 1 to 2592000 seconds"},
      {"priority = 4", "priority is 0 to 3"},
      {"priority = -1", "priority is 0 to 3"},
      {"priority = 1.5", "priority is 0 to 3"},
      {"priority = '1'", "priority is 0 to 3"},
      {"format = 'tvl'",
       "format \"tvl\" is not known: text opaque cbor senml-json senml-cbor tlv json lwm2m-cbor or a number"},
      {"format = 99", "format \"99\" is not known"},
      {"format = {}", "format \"table"},
      {"tag = 7", "tag is text of at most 64 bytes"},
      {"tag = ('x'):rep(65)", "tag is text of at most 64 bytes"},
      {"tag = {}", "tag is text of at most 64 bytes"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256];
    snprintf(code, sizeof code, "d:read('/3', { %s }, print)", rows[i].code);
    const char *said = call(&h, code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
    check_int(h.started, 0);
  }
  api_harness_close(&h);
}

static void options_go_to_their_limits(void **state) {
  (void)state;
  static const struct {
    const char *options;
    uint32_t timeout_s;
    uint8_t priority;
    int format;
    size_t tag;
  } rows[] = {
      {"", 0, 1, -1, 0},
      {"timeout = 1", 1, 1, -1, 0},
      {"timeout = 2592000", 2592000, 1, -1, 0},
      {"timeout = 1.999", 1, 1, -1, 0},
      {"priority = 0", 0, 0, -1, 0},
      {"priority = 3", 0, 3, -1, 0},
      {"format = 'text'", 0, 1, 0, 0},
      {"format = 'senml-cbor'", 0, 1, 112, 0},
      {"format = '11542'", 0, 1, 11542, 0},
      {"tag = ''", 0, 1, -1, 0},
      {"tag = ('x'):rep(64)", 0, 1, -1, 64},
      {"tag = 'a\\0b'", 0, 1, -1, 3},
      {"timeout = nil, tag = nil", 0, 1, -1, 0},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[256];
    snprintf(source, sizeof source,
             "local d = require('tidegate').device.find('d') d:read('/3', { %s }, print) return {}", rows[i].options);
    api_harness_load(&h, "s", source);
    api_harness_settle(&h);
    check_int(h.started, i + 1);
    check_int(h.asked.timeout_s, rows[i].timeout_s);
    check_int(h.asked.priority, rows[i].priority);
    check_int(h.asked.content_format, rows[i].format);
    check_int(h.asked.tag.len, rows[i].tag);
    api_harness_unload(&h, "s");
    api_harness_settle(&h);
  }
  api_harness_close(&h);
}

static void values_that_do_not_fit_are_refused_before_they_are_sent(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"write('/3/0/14', 7", "type the value does not fit the type of the resource"},
      {"write('/3/0/14', nil", "type the value does not fit the type of the resource"},
      {"write('/3/0/14', print, {}", "type the value does not fit the type of the resource"},
      {"write('/3/0/14', { bytes = 'x' }", "type the value does not fit"},
      {"write('/3303/0/5601', 'warm'", "type the value does not fit"},
      {"write('/3/0/13', 1.5", "type the value does not fit"},
      {"write('/3/0/13', 2^63", "range the value does not fit"},
      {"write('/0/0/1', 2", "range the value does not fit"},
      {"write('/0/0/3', 'text'", "type the value does not fit"},
      {"write('/3303/0', 7", "argument one value is for a resource; for an instance give a list of records"},
      {"write('/', 7", "argument one value is for a resource"},
      {"write('/3303/0', { bytes = 'x' }", "argument one value is for a resource"},
      {"write('/3303/0', { [5601] = 'warm' }", "type a value does not fit the type of its resource"},
      {"write('/3303/0', { [-1] = 5 }", "syntax a key is the number of a resource"},
      {"write('/3303/0', { [1.5] = 5 }", "type a key is the number of a resource"},
      {"write('/3303/0', { [true] = 5 }", "type a key is the number of a resource"},
      {"write('/3303/0', { x = 5 }", "syntax a key is the number of a resource"},
      {"write('/3303/0', { ['1/2/3'] = 5 }", "a key is the number of a resource"},
      {"write('/3303/0', { [70000] = 5 }", "range a key is the number of a resource"},
      {"write('/3303', { [5601] = 5 }", "argument one value is for a resource"}, /* which instance? */
      {"read_composite({}", "argument paths is a list"},
      {"write('/3303/0', { {} }", "type a record is { path ="},
      {"write('/3303/0', { { path = 7, value = 1 } }", "type a record is { path ="},
      {"write('/3303/0', { { value = 1 } }", "type a record is { path ="},
      {"write('/3303/0', { { path = '/3303/0/5601', value = 1 }, 7 }", "type a record is { path ="},
      {"write('/3303/0', { { path = '/x', value = 1 } }", "syntax a record is { path ="},
      {"write('/3303/0', { { path = '/70000/0/1', value = 1 } }", "range a record is { path ="},
      {"write('/3303/0', { { path = '/3303/1/5601', value = 1 } }",
       "argument a record lies outside the command's path"},
      {"write('/3303/0', { { path = '/3303', value = 1 } }", "argument a record lies outside the command's path"},
      {"write('/3303/0', { { path = '/3303/0/5601' } }", "type a value does not fit the type of its resource"},
      {"write('/3303/0', { { path = '/3303/0/5601', value = 'x' } }",
       "type a value does not fit the type of its resource"},
      {"write('/3303/0', setmetatable({ { path = '/3303/0/5601', value = 1 } }, { __len = error }), 7",
       "bad argument #3 to 'write'"},
      {"create('/3303', 7", "argument one value is for a resource"},
      {"update('/3303/0', 'x'", "argument one value is for a resource"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256];
    bool has_options =
        strstr(rows[i].code, "print, {}") || strstr(rows[i].code, ", 7") == rows[i].code + strlen(rows[i].code) - 3;
    snprintf(code, sizeof code, "say(code(d:%s%s)))", rows[i].code, has_options ? "" : ", print");
    const char *said = call(&h, code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
    check_int(h.started, 0);
  }
  static const api_harness_row_t submits[] = {
      {"op = 'write', path = '/3/0/14', value = 7", "type the value does not fit"},
      {"op = 'write', path = '/3/0/14'", "argument value or records are missing"},
      {"op = 'create', path = '/3303'", "argument value or records are missing"},
      {"op = 'write', path = '/3303/0', records = 7", "argument one value is for a resource"},
      {"op = 'write', path = '/3303/0', records = { { path = '/3/0/0', value = 'x' } }",
       "argument a record lies outside"},
  };
  for (size_t i = 0; i < TG_COUNT(submits); i++) {
    char code[256];
    snprintf(code, sizeof code, "say(code(d:submit { %s }))", submits[i].code);
    const char *said = call(&h, code);
    if (!strstr(said, submits[i].says)) fail_msg("%s\nsays %s\nnot  %s", submits[i].code, said, submits[i].says);
  }
  check_int(h.started, 0);
  api_harness_close(&h);
}

static void values_become_what_the_device_s_model_says(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"write('/3303/0/5601', 7", "write /3303/0/5601=float:7"},
      {"write('/3/0/13', 1700000000", "write /3/0/13=time:2023-11-14T22:13:20Z"},
      {"write('/3/0/13', 5.0", "write /3/0/13=time:1970-01-01T00:00:05Z"},
      {"write('/0/0/1', 1", "write /0/0/1=boolean:true"},
      {"write('/0/0/3', { bytes = '' }", "write /0/0/3=opaque:"},
      {"write('/3/0/14', ''", "write /3/0/14=string:"},
      {"write('/9999/0/1', 7", "write /9999/0/1=integer:7"}, /* an object that nobody knows */
      {"write('/9999/0/1', 7.5", "write /9999/0/1=float:7.5"},
      {"write('/9999/0/1', '7'", "write /9999/0/1=string:7"},
      {"write('/9999/0/1', { 5, 6 }", "write /9999/0/1=objlnk:5:6"},
      {"write('/3/0/11', { { path = '/3/0/11/1', value = 2 }, { path = '/3/0/11/0', value = 1 } }",
       "write /3/0/11 /3/0/11/0=integer:1 /3/0/11/1=integer:2"},
      {"write('/3303/0', {}", "write /3303/0"},
      {"write('/3303', { { path = '/3303/1/5601', value = 1 }, { path = '/3303/0/5602', value = 2 } }",
       "write /3303 /3303/0/5602=float:2 /3303/1/5601=float:1"},
      {"create('/3303', { { path = '/3303/7/5601', value = 1 } }", "create /3303 /3303/7/5601=float:1"},
      {"create('/3303', { [5601] = 1, [5602] = 2 }", "create /3303 /3303/65535/5601=float:1 /3303/65535/5602=float:2"},
      {"create('/3303/7', { [5601] = 1 }", "create /3303/7 /3303/7/5601=float:1"},
      {"update('/3/0', { ['11/1'] = 5, [14] = '+01' }", "update /3/0 /3/0/11/1=integer:5 /3/0/14=string:+01"},
      {"write('/0/0', { [3] = { bytes = '\\1' } }", "write /0/0 /0/0/3=opaque:01"},
      {"write('/1/0', { [1] = 60 }", "write /1/0 /1/0/1=integer:60"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[512];
    snprintf(source, sizeof source,
             "local d = require('tidegate').device.find('d') assert(d:%s, print)) collectgarbage() return {}",
             rows[i].code);
    api_harness_load(&h, "s", source);
    api_harness_settle(&h);
    check_slice(tg_slice_str(h.question), rows[i].says);
    api_harness_unload(&h, "s");
    api_harness_settle(&h);
  }
  api_harness_close(&h);
}

static void at_most_1024_records_and_256_kibibytes_go_at_once(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local r = {} for i = 1, 1024 do r[i] = { path = '/3/0/7/' .. i, value = i } end\n"
       "say(code(d:write('/3/0/7', r, function() end)))",
       "ok"},
      {"local r = {} for i = 1, 1025 do r[i] = { path = '/3/0/7/' .. i, value = i } end\n"
       "say(code(d:write('/3/0/7', r, function() end)))",
       "too_long too many records"},
      {"say(code(d:write('/3/0/14', ('x'):rep(300000), function() end)))", "too_long longer than allowed"},
      {"say(code(d:write('/3/0/14', ('x'):rep(250000), function() end)))", "ok"},
      {"say(code(d:execute('/3/0/4', ('x'):rep(5000), function() end)))", "argument an argument is not valid"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_slice(tg_slice_str(call(&h, rows[i].code)), rows[i].says);
  api_harness_close(&h);
}

/* What is borrowed from Lua values must stand until the command has been copied, whatever the collector does meanwhile. */
static void nothing_is_collected_before_it_is_copied(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local d = require('tidegate').device.find('d')\n"
      "local function made(k) return ('made up '):rep(20) .. k end\n"
      "local meta = { __index = function(t, k) if k == 'tag' or k == 'value' then return made(k) end end }\n"
      "collectgarbage() local ok, err = d:write('/3303/0', { setmetatable({ path = '/3303/0/5701' }, meta) },\n"
      "  setmetatable({}, meta), print) print(ok, err.code)\n"
      "print(d:submit { op = 'execute', path = '/3/0/4', args = made('args'), tag = ('t'):rep(60) } > 0)\n"
      "print(d:submit(setmetatable({ op = 'read', path = '/3/0/4' }, meta)) > 0) return {}");
  api_harness_settle(&h);
  check_said(&h, "nil\\x09type; true; true");
  check_has(h.question, "execute /3/0/4 text=made up made up");
  check_has(h.question, "args tag=tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt");
  api_harness_answer_records(&h, NULL, 0);
  check_slice(tg_slice_str(h.question), "read /3/0/4");
  api_harness_close(&h);
}

static void attributes_become_the_text_of_write_attributes(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"pmin = 10", "pmin=10"},
      {"pmin = 10, pmax = 60, gt = 1.5, lt = -2.25, st = 0.5", "pmin=10&pmax=60&gt=1.5&lt=-2.25&st=0.5"},
      {"st = 1, gt = 2", "gt=2&st=1"},
      {"gt = 1e9, lt = -1e14", "gt=1000000000&lt=-100000000000000"},
      {"", ""},
      {"pmin = false, gt = ''", "pmin&gt"},
      {"hqmax = 3, con = 1, edge = 0, epmax = 9, epmin = 8", "epmin=8&epmax=9&edge=0&con=1&hqmax=3"},
      {"st = 1e-7", "st=0.0000001"},
  };
  static const api_harness_row_t wrong[] = {
      {"pmin = '10'", "attribute \"pmin\" is a number"},
      {"pmin = true", "attribute \"pmin\" is a number, or false to unset it"},
      {"pmin = 'x'", "attribute \"pmin\" is a number, or false to unset it"},
      {"pmin = 1e15", "attribute \"pmin\" is out of range"},
      {"pmin = 1/0", "attribute \"pmin\" is out of range"},
      {"pmin = 0/0", "attribute \"pmin\" is out of range"},
      {"pmxa = 1", "attribute \"pmxa\" is not known, did you mean \"pmax\"?"},
      {"1", "attribute \"\" is not known"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[256], want[128];
    snprintf(source, sizeof source,
             "local d = require('tidegate').device.find('d') d:attributes('/3303/0/5700', { %s }, print) return {}",
             rows[i].code);
    snprintf(want, sizeof want, "attributes /3303/0/5700%s%s", rows[i].says[0] ? " text=" : "", rows[i].says);
    api_harness_load(&h, "s", source);
    api_harness_settle(&h);
    check_slice(tg_slice_str(h.question), want);
    api_harness_unload(&h, "s");
    api_harness_settle(&h);
  }
  for (size_t i = 0; i < TG_COUNT(wrong); i++) {
    char code[256];
    snprintf(code, sizeof code, "d:attributes('/3', { %s }, print)", wrong[i].code);
    check_has(call(&h, code), wrong[i].says);
  }
  api_harness_close(&h);
}

CHECK_SUITE(wrong_options_raise_and_name_the_cure, options_go_to_their_limits,
            values_that_do_not_fit_are_refused_before_they_are_sent, values_become_what_the_device_s_model_says,
            at_most_1024_records_and_256_kibibytes_go_at_once, nothing_is_collected_before_it_is_copied,
            attributes_become_the_text_of_write_attributes)
