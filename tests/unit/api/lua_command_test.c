/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_command.c: commands of scripts, in tasks and with functions, to their results. */

#include "tests/unit/api/api_script_harness.h"

/* What each operation asks, and what it gives when the device answers. */
static const struct {
  const char *call;
  const char *question;
  bool has_record; /* the answer is /3/0/9 = 42 */
  const char *text;
  const char *says;
} operations[] = {
    {"read('/3/0/9'", "read /3/0/9", true, NULL, "42; nil"},
    {"read('/3/0'", "read /3/0", true, NULL, "1: /3/0/9=42; nil"},
    {"read('3/0/9'", "read /3/0/9", false, NULL, "0: ; nil"},
    {"write('/3/0/14', '+01'", "write /3/0/14=string:+01", false, NULL, "true; nil"},
    {"write('/3303/0', { { path = '/3303/0/5601', value = 7 }, { path = '/3303/0/5600', value = 1.5 } }",
     "write /3303/0 /3303/0/5600=float:1.5 /3303/0/5601=float:7", false, NULL, "true; nil"},
    {"update('/0/1', { { path = '/0/1/10', value = 5 } }", "update /0/1 /0/1/10=integer:5", false, NULL, "true; nil"},
    {"write('/0/0/3', { bytes = '\\0\\xff' }", "write /0/0/3=opaque:00ff", false, NULL, "true; nil"},
    {"write('/9/0/1', { 3, 0 }", "write /9/0/1=objlnk:3:0", false, NULL, "true; nil"},
    {"execute('/3/0/4'", "execute /3/0/4", false, NULL, "true; nil"},
    {"execute('/3/0/4', \"0='x'\"", "execute /3/0/4 text=0='x'", false, NULL, "true; nil"},
    {"execute('/3/0/4', nil", "execute /3/0/4", false, NULL, "true; nil"},
    {"create('/3303', { { path = '/3303/5/5700', value = 1 } }", "create /3303 /3303/5/5700=float:1", false, "/3303/5",
     "/3303/5; nil"},
    {"create('/3303', {}", "create /3303", false, "/3303/6", "/3303/6; nil"},
    {"delete('/3303/0'", "delete /3303/0", false, NULL, "true; nil"},
    {"discover('/3'", "discover /3", false, "</3/0>", "</3/0>; nil"},
    {"discover(nil", "discover /", false, "</3/0>", "</3/0>; nil"},
    {"observe('/3/0/9'", "observe /3/0/9", true, NULL, "42; nil"},
    {"cancel('/3/0/9'", "cancel /3/0/9", false, NULL, "true; nil"},
    {"read_composite({ '/3/0/9', '/3303' }", "read_composite / /3/0/9=none: /3303=none:", true, NULL,
     "1: /3/0/9=42; nil"},
    {"observe_composite({ '/3/0/9' }", "observe_composite / /3/0/9=none:", true, NULL, "1: /3/0/9=42; nil"},
    {"cancel('/'", "cancel /", false, NULL, "true; nil"},
    {"write_composite({ { path = '/3303/0/5601', value = 7 }, { path = '/3/0/14', value = '+01' },"
     " { path = '/3/0/11/1', delete = true } }",
     "write_composite / /3303/0/5601=float:7 /3/0/14=string:+01 /3/0/11/1=none:", false, NULL, "true; nil"},
    {"attributes('/3303/0/5700', { pmin = 10, gt = -1.5 }", "attributes /3303/0/5700 text=pmin=10&gt=-1.5", false, NULL,
     "true; nil"},
};

static const char SHOW[] = "local function show(v, err) if type(v) == 'table' then local t = {}\n"
                           "  for i, r in ipairs(v) do t[i] = r.path .. '=' .. r.value end v = #v .. ': ' .. "
                           "table.concat(t, ' ') end say(v, err) end\n";

static void check_operations(const char *before, const char *after) {
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(operations); i++) {
    char code[1024];
    snprintf(code, sizeof code, "%s%sd:%s%s", SHOW, before, operations[i].call, after);
    api_script_begin(&h, code);
    check_slice(tg_slice_str(h.question), operations[i].question);
    check_said(&h, "");
    const tg_record_t record = {.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 42}};
    const tg_command_result_t result = {.state = TG_COMMAND_DONE,
                                        .code = 0x45,
                                        .records = &record,
                                        .record_count = operations[i].has_record,
                                        .text = tg_slice_str(operations[i].text)};
    api_harness_answer(&h, &result);
    const char *said = api_harness_said(&h);
    if (strcmp(said, operations[i].says) != 0) fail_msg("%s says %s", operations[i].call, said);
    api_script_end(&h);
  }
  api_harness_close(&h);
}

static void in_a_task_every_operation_waits_and_returns(void **state) {
  (void)state;
  check_operations("task(function() show(", ")) end)");
}

static void in_init_and_events_they_wait_too(void **state) {
  (void)state;
  check_operations("show(", "))"); /* the script's text runs in a task itself */
}

static void with_a_function_every_operation_calls_back(void **state) {
  (void)state;
  check_operations("assert(", ", show) == true)");
}

static void with_options_and_a_function_too(void **state) {
  (void)state;
  check_operations("assert(", ", { timeout = 5 }, show) == true)");
}

static void options_may_be_nil(void **state) {
  (void)state;
  check_operations("assert(", ", nil, show) == true)");
}

static void the_function_may_be_nil_behind_options(void **state) {
  (void)state;
  check_operations("task(function() show(", ", { timeout = 5 }, nil)) end)");
}

static void options_reach_the_device(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_script_begin(&h, "d:read('/3/0/9', { timeout = 7.9, priority = 3, format = 'tlv', tag = 'mine' }, print)");
  check_int(h.asked.timeout_s, 7);
  check_int(h.asked.priority, 3);
  check_int(h.asked.content_format, 11542);
  check_slice(tg_slice_str(h.question), "read /3/0/9 tag=mine");
  api_script_end(&h);
  check_false(h.asked.retry);
  api_script_begin(&h, "d:execute('/3/0/4', nil, { retry = true }, print)");
  check_true(h.asked.retry);
  api_script_end(&h);
  api_script_begin(&h, "d:execute('/3/0/4', nil, { retry = false }, print)");
  check_false(h.asked.retry);
  api_script_end(&h);
  api_script_begin(&h, "d:read('/3/0/9', { format = 110 }, print)");
  check_int(h.asked.content_format, 110);
  check_int(h.asked.timeout_s, 0);
  check_int(h.asked.priority, 1);
  api_script_end(&h);
  api_script_begin(&h, "d:read('/3/0/9', print)");
  check_int(h.asked.content_format, -1);
  api_script_end(&h);
  api_script_begin(&h,
                   "d:submit { op = 'execute', path = '/3/0/4', retry = true }"); /* which goes on without the script */
  check_true(h.asked.retry);
  api_script_end(&h);
  api_harness_close(&h);
}

static void failures_come_as_error_objects(void **state) {
  (void)state;
  static const struct {
    tg_command_result_t result;
    const char *says;
  } rows[] = {
      {{.state = TG_COMMAND_FAILED, .rc = TG_E_NOT_FOUND, .code = 0x84},
       "nil; not_found; 4.04; not_found: no such thing"},
      {{.state = TG_COMMAND_FAILED, .rc = TG_E_TIMEOUT}, "nil; timeout; nil; timeout: no answer in time"},
      {{.state = TG_COMMAND_FAILED, .rc = TG_E_PEER, .code = 0xA0, .text = {(const uint8_t *)"why", 3}},
       "nil; peer_error; 5.00; peer_error: the peer answered with an error: why"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    api_script_begin(
        &h, "task(function() local v, err = d:execute('/3/0/4') say(v, err.code, err.coap, tostring(err)) end)");
    api_harness_answer(&h, &rows[i].result);
    check_said(&h, rows[i].says);
    api_script_end(&h);
    api_script_begin(&h, "d:execute('/3/0/4', function(v, err) say(v, err.code, err.coap, tostring(err)) end)");
    api_harness_answer(&h, &rows[i].result);
    check_said(&h, rows[i].says);
    api_script_end(&h);
  }
  static char text[1000];
  memset(text, 'x', sizeof text);
  const tg_command_result_t large = {
      .state = TG_COMMAND_FAILED, .rc = TG_E_PEER, .code = 0xA0, .text = tg_slice(text, sizeof text)};
  api_script_begin(&h, "d:execute('/3/0/4', function(v, err) say(#err.message) end)");
  api_harness_answer(&h, &large);
  check_said(&h, "193"); /* the sentence of peer_error and 160 bytes */
  api_harness_close(&h);
}

static void what_the_device_can_not_be_asked_fails_too(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  h.start_rc = TG_E_METHOD;
  api_script_begin(&h, "d:read('/3/0/9', function(v, err) say(v, err.code) end)");
  check_said(&h, "nil; method");
  api_script_end(&h);
  h.start_rc = TG_OK;
  api_script_begin(&h, "task(function() local v, err = d:read('/3/0/9') say(v, err.code) end)");
  tg_twin_offline(h.twin, device, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  api_harness_settle(&h);
  check_said(&h, "nil; gone");
  api_script_end(&h);
  api_script_begin(&h, "say(select(2, d:read('/3/0/9', print)).code)"); /* it is offline */
  check_said(&h, "gone");
  api_script_end(&h);
  api_harness_close(&h);
}

static void a_full_queue_is_an_error_at_once(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_script_begin(&h, "local n = 0 for i = 1, 150 do local ok, err = d:read('/3/0/9', function() end)\n"
                       "if ok then n = n + 1 else say(n, err.code) break end end");
  check_said(&h, "100; full");
  api_script_end(&h);
  api_harness_close(&h);
}

static void misuse_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"d:read()", "eval.lua:1: bad argument #1 to 'read' (string expected, got no value)"},
      {"d:read(3.5)", "eval.lua:1: bad argument #1 to 'read' (a path such as \"/3303/0/5700\" is wanted)"},
      {"d:read('/3/x')", "bad argument #1 to 'read' (a path such as"},
      {"d:read('/3', 7)", "bad argument #2 to 'read' (table expected, got number)"},
      {"d:read('/3', 7, print)", "bad argument #2 to 'read' (table expected, got number)"},
      {"d:read('/3', {}, {}, print)", "bad argument #3 to 'read' (a function as last argument is wanted)"},
      {"d:read('/3', print, {})", "bad argument #3 to 'read' (a function"},
      {"d:read('/3', { timout = 1 })", "option \"timout\" is not known, did you mean \"timeout\"?"},
      {"d:write('/3/0/14')", "bad argument #2 to 'write' (value expected)"},
      {"d:execute('/3/0/4', 5)", "bad argument #2 to 'execute' (table expected, got number)"},
      {"d:attributes('/3')", "bad argument #2 to 'attributes' (table expected"},
      {"d:attributes('/3', { min = 1 })", "attribute \"min\" is not known, did you mean \"pmin\"?"},
      {"d.read('/3')", "bad argument #1 to 'read' (tidegate.device expected, got string)"},
      {"d:read_composite('/3')", "bad argument #1 to 'read_composite' (table expected"},
      {"d:execute('/3/0/4', nil, { retry = 'yes' })", "retry is true or false"},
  };
  api_script_check_misuse(rows, TG_COUNT(rows));
}

CHECK_SUITE(in_a_task_every_operation_waits_and_returns, in_init_and_events_they_wait_too,
            with_a_function_every_operation_calls_back, with_options_and_a_function_too, options_may_be_nil,
            the_function_may_be_nil_behind_options, options_reach_the_device, failures_come_as_error_objects,
            what_the_device_can_not_be_asked_fails_too, a_full_queue_is_an_error_at_once, misuse_raises_at_the_caller)
