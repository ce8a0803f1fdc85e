/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_command.c: commands of scripts, in tasks and with functions, to their results. */

#include "tests/unit/api/api_harness.h"

/* Runs @p code as script `s`; d is the device d. */
static void begin(api_harness_t *h, const char *code) {
  char source[2048];
  snprintf(source, sizeof source,
           "local tg = require 'tidegate' local d = tg.device.find('d')\n"
           "local function say(...) for i = 1, select('#', ...) do print(tostring((select(i, ...)))) end end\n"
           "local function task(fn) tg.timer.task(fn) end\n%s return {}",
           code);
  h->question[0] = 0;
  api_harness_load(h, "s", source);
  api_harness_settle(h);
}

static void end(api_harness_t *h) {
  check_slice(tg_slice_str(api_harness_status(h, "s").last_error), "");
  api_harness_unload(h, "s");
  api_harness_settle(h);
}

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
    begin(&h, code);
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
    end(&h);
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
  begin(&h, "d:read('/3/0/9', { timeout = 7.9, priority = 3, format = 'tlv', tag = 'mine' }, print)");
  check_int(h.asked.timeout_s, 7);
  check_int(h.asked.priority, 3);
  check_int(h.asked.content_format, 11542);
  check_slice(tg_slice_str(h.question), "read /3/0/9 tag=mine");
  end(&h);
  check_false(h.asked.retry);
  begin(&h, "d:execute('/3/0/4', nil, { retry = true }, print)");
  check_true(h.asked.retry);
  end(&h);
  begin(&h, "d:execute('/3/0/4', nil, { retry = false }, print)");
  check_false(h.asked.retry);
  end(&h);
  begin(&h, "d:read('/3/0/9', { format = 110 }, print)");
  check_int(h.asked.content_format, 110);
  check_int(h.asked.timeout_s, 0);
  check_int(h.asked.priority, 1);
  end(&h);
  begin(&h, "d:read('/3/0/9', print)");
  check_int(h.asked.content_format, -1);
  end(&h);
  begin(&h, "d:submit { op = 'execute', path = '/3/0/4', retry = true }"); /* which goes on without the script */
  check_true(h.asked.retry);
  end(&h);
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
    begin(&h, "task(function() local v, err = d:execute('/3/0/4') say(v, err.code, err.coap, tostring(err)) end)");
    api_harness_answer(&h, &rows[i].result);
    check_said(&h, rows[i].says);
    end(&h);
    begin(&h, "d:execute('/3/0/4', function(v, err) say(v, err.code, err.coap, tostring(err)) end)");
    api_harness_answer(&h, &rows[i].result);
    check_said(&h, rows[i].says);
    end(&h);
  }
  static char text[1000];
  memset(text, 'x', sizeof text);
  const tg_command_result_t large = {
      .state = TG_COMMAND_FAILED, .rc = TG_E_PEER, .code = 0xA0, .text = tg_slice(text, sizeof text)};
  begin(&h, "d:execute('/3/0/4', function(v, err) say(#err.message) end)");
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
  begin(&h, "d:read('/3/0/9', function(v, err) say(v, err.code) end)");
  check_said(&h, "nil; method");
  end(&h);
  h.start_rc = TG_OK;
  begin(&h, "task(function() local v, err = d:read('/3/0/9') say(v, err.code) end)");
  tg_twin_offline(h.twin, device, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  api_harness_settle(&h);
  check_said(&h, "nil; gone");
  end(&h);
  begin(&h, "say(select(2, d:read('/3/0/9', print)).code)"); /* it is offline */
  check_said(&h, "gone");
  end(&h);
  api_harness_close(&h);
}

static void a_full_queue_is_an_error_at_once(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  begin(&h, "local n = 0 for i = 1, 150 do local ok, err = d:read('/3/0/9', function() end)\n"
            "if ok then n = n + 1 else say(n, err.code) break end end");
  check_said(&h, "100; full");
  end(&h);
  api_harness_close(&h);
}

static void the_same_object_answers_many_questions_in_order(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  begin(&h, "for i = 1, 3 do task(function() say(i .. ' ' .. d:read('/3/0/' .. i)) end) end\n"
            "task(function() say('urgent ' .. d:read('/3/0/7', { priority = 3 })) end)");
  for (int i = 0; i < 4; i++) {
    tg_record_t record = {.path = h.asked.path, .value = {.type = TG_TYPE_INTEGER, .i = h.asked.path.id[2] * 10}};
    api_harness_answer_records(&h, &record, 1);
  }
  check_said(&h, "urgent 70; 1 10; 2 20; 3 30");
  end(&h);
  api_harness_close(&h);
}

static void where_nobody_can_wait_a_function_is_wanted(void **state) {
  (void)state;
  static const char *const rows[] = {
      "coroutine.wrap(function() d:read('/3/0/9') end)()",
      "table.sort({ 1, 2 }, function() d:read('/3/0/9') end)",
      "local s = ('x'):gsub('x', function() d:read('/3/0/9') end)",
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256];
    snprintf(code, sizeof code, "local ok, why = pcall(function() %s end) say(why)", rows[i]);
    begin(&h, code);
    const char *said = api_harness_said(&h);
    if (!strstr(said, "can't wait here: give a function as last argument")) fail_msg("%s: %s", rows[i], said);
    check_int(h.started, 0);
    end(&h);
  }
  api_harness_load(&h, "s",
                   "local d = require('tidegate').device.find('d')\n"
                   "return { deinit = function() d:read('/3/0/9') end }");
  api_harness_unload(&h, "s");
  check_has(h.log, "s.lua:2: can't wait here");
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
      {"d:submit()", "bad argument #1 to 'submit' (table expected"},
      {"d:submit{}", "eval.lua:1: submit: op \"nil\" is not known"},
      {"d:submit{ op = 'raed', path = '/3' }", "submit: op \"raed\" is not known"},
      {"d:submit{ op = 7, path = '/3' }", "submit: op \"number\" is not known"},
      {"d:submit{ op = 'read' }", "submit: path is text such as \"/3303/0/5700\""},
      {"d:submit{ op = 'read', path = '/x' }", "submit: path is text such as"},
      {"d:submit{ op = 'read', path = {} }", "submit: path is text such as"},
      {"d:submit{ op = 'read', path = '/3', tg = 1 }", "submit: \"tg\" is not known, did you mean \"tag\"?"},
      {"d:submit{ op = 'read', path = '/3', 1 }", "submit: \"\" is not known"},
      {"d:submit{ op = 'read', path = '/3', timeout = 0 }", "timeout is 1 to 2592000 seconds"},
      {"d:read_composite('/3')", "bad argument #1 to 'read_composite' (table expected"},
      {"d:submit{ op = 'read_composite' }", "submit: paths are a list"},
      {"d:submit{ op = 'attributes', path = '/3' }", "submit: attributes are a table"},
      {"d:submit{ op = 'attributes', path = '/3', attributes = 7 }", "submit: attributes are a table"},
      {"d:submit{ op = 'execute', path = '/3/0/4', args = 7 }", "submit: args are text"},
      {"d:submit{ op = 'read', path = '/3', durable = 1 }", "durable is true or false"},
      {"d:submit{ op = 'execute', path = '/3/0/4', retry = 1 }", "retry is true or false"},
      {"d:execute('/3/0/4', nil, { retry = 'yes' })", "retry is true or false"},
      {"d:submit{ op = 'write', path = '/3/0/14', value = 'x', replace_key = '' }",
       "replace_key is text of 1 to 64 bytes"},
      {"d:submit{ op = 'read', path = '/3', replace_key = 'k' }", "replace_key is for write and update"},
      {"tg.device.cancel()", "eval.lua:1: bad argument #1 to 'cancel' (number expected"},
      {"tg.device.cancel('x')", "bad argument #1 to 'cancel'"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256];
    snprintf(code, sizeof code, "local d = tg.device.find('d') %s", rows[i].code);
    const char *said = api_harness_eval(&h, code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
  }
  check_int(h.started, 0);
  api_harness_close(&h);
}

static const char LISTENER[] =
    "local tg = require 'tidegate' return { events = {\n"
    "registered = function(dev) local id = dev:submit { op = 'write', path = '/3/0/14', value = '+02', tag = 'T' }\n"
    "  print('id ' .. math.type(id)) first = id end,\n"
    "deregistered = function() print(tostring(tg.device.cancel(first)), tostring(select(2, tg.device.cancel(first)))) end,\n"
    "command = function(dev, info) print(info.state .. ' ' .. info.op .. ' ' .. info.path .. ' ' .. tostring(info.tag) .. ' ' ..\n"
    "  tostring(info.code) .. ' ' .. tostring(info.error) .. ' ' .. tostring(info.id == first) .. ' ' .. tostring(info.mine)) end } }";

static void submit_does_not_wait_and_is_told_as_events(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", LISTENER);
  api_harness_device(&h, "d");
  check_said(&h, "id integer; sent write /3/0/14 T nil nil true true");
  check_slice(tg_slice_str(h.question), "write /3/0/14=string:+02 tag=T");
  api_harness_answer_records(&h, NULL, 0);
  check_said(&h, "done write /3/0/14 T 2.04 nil true true");
  api_harness_close(&h);
}

static void the_queue_is_listed_in_the_order_in_which_it_goes(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  check_slice(
      tg_slice_str(api_harness_eval(
          &h,
          "local d = tg.device.find('d')\n"
          "d:submit { op = 'read', path = '/3/0/9', tag = 'r', durable = true }\n"
          "d:submit { op = 'write', path = '/3/0/14', value = '+02', replace_key = 'tz', priority = 3 }\n"
          "local n = 0 for _, c in ipairs(d:queue()) do say(c.op, c.path, c.state, c.tag, c.replace_key, c.durable,\n"
          "c.priority, c.deadline > tg.timer.now() + 20, math.type(c.id)) n = n + 1 end say(n)")),
      "write; /3/0/14; waiting; nil; tz; false; 3; true; integer; read; /3/0/9; waiting; r; nil; true; 1; true; integer; 2");
  api_harness_close(&h);
}

static void a_command_can_be_cancelled_once(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", LISTENER);
  api_harness_device(&h, "d");
  (void)api_harness_said(&h);
  const tg_event_t event = {.type = TG_EVENT_DEREGISTERED, .ep = tg_slice_str("x")};
  api_harness_emit(&h, &event);
  check_said(&h,
             "true\\x09gone: the device, object or handle is gone; cancelled write /3/0/14 T nil cancelled true true");
  check_int(h.cancelled, 1);
  check_slice(tg_slice_str(api_harness_eval(
                  &h, "say(select(2, tg.device.cancel(-1)).code, select(2, tg.device.cancel(0)).code,\n"
                      "select(2, tg.device.cancel(math.maxinteger)).code)")),
              "gone; gone; gone");
  api_harness_close(&h);
}

static void who_waits_hears_of_a_cancelled_command(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  begin(&h, "task(function() local v, err = d:read('/3/0/9', { tag = 'w' }) say(v, err.code) end)");
  check_rc(tg_twin_cancel(h.twin, h.asked.id), TG_OK);
  api_harness_settle(&h);
  check_said(&h, "nil; cancelled");
  end(&h);
  api_harness_close(&h);
}

static void submit_takes_every_operation(void **state) {
  (void)state;
  static const struct {
    const char *command;
    const char *question;
  } rows[] = {
      {"op = 'read', path = '/3'", "read /3"},
      {"op = 'write', path = '/3/0/14', value = 'x'", "write /3/0/14=string:x"},
      {"op = 'update', path = '/3303/0', records = { { path = '/3303/0/5601', value = 1 } }",
       "update /3303/0 /3303/0/5601=float:1"},
      {"op = 'create', path = '/3303', records = {}", "create /3303"},
      {"op = 'execute', path = '/3/0/4', args = '0'", "execute /3/0/4 text=0"},
      {"op = 'execute', path = '/3/0/4'", "execute /3/0/4"},
      {"op = 'delete', path = '/3303/1'", "delete /3303/1"},
      {"op = 'discover'", "discover /"},
      {"op = 'discover', path = '/3'", "discover /3"},
      {"op = 'observe', path = '/3'", "observe /3"},
      {"op = 'cancel', path = '/3'", "cancel /3"},
      {"op = 'attributes', path = '/3', attributes = { pmax = 60 }", "attributes /3 text=pmax=60"},
      {"op = 'read_composite', paths = { '/3/0/9' }", "read_composite / /3/0/9=none:"},
      {"op = 'write_composite', records = { { path = '/3/0/14', value = '+01' } }",
       "write_composite / /3/0/14=string:+01"},
      {"op = 'write', path = '/3/0/17', value = false", ""}, /* no text; nothing is asked */
      {"op = 'write', path = '/3/0/14'", ""},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[256];
    snprintf(code, sizeof code, "local id, err = d:submit { %s } say(math.type(id) or err.code)", rows[i].command);
    begin(&h, code);
    check_slice(tg_slice_str(h.question), rows[i].question);
    const char *said = api_harness_said(&h), *want = rows[i].question[0] ? "integer" : i == 14 ? "type" : "argument";
    if (strcmp(said, want) != 0) fail_msg("%s says %s", rows[i].command, said);
    if (rows[i].question[0]) api_harness_answer_records(&h, NULL, 0);
    end(&h);
  }
  api_harness_close(&h);
}

static void what_was_submitted_outlives_its_script(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  begin(&h, "d:submit { op = 'read', path = '/3' }");
  tg_id_t id = h.asked.id;
  api_harness_unload(&h, "s");
  assert_non_null(tg_twin_command(h.twin, id));
  api_harness_answer_records(&h, NULL, 0);
  assert_null(tg_twin_command(h.twin, id));
  api_harness_close(&h);
}

static void a_script_that_goes_takes_its_questions_with_it(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (int way = 0; way < 3; way++) {
    begin(
        &h,
        "for i = 1, 20 do task(function() d:read('/3/0/9') say('woken') end) d:read('/3/0/9', function() say('called') "
        "end) end");
    check_int(tg_twin_find_ep(h.twin, tg_slice_str("d"))->queued, 39);
    if (way == 0) api_harness_unload(&h, "s");
    else if (way == 1) api_harness_load(&h, "s", "return {}");
    else tg_api_free(h.api);
    if (way == 2) h.api = NULL;
    api_harness_settle(&h);
    check_int(tg_twin_find_ep(h.twin, tg_slice_str("d"))->queued, 0);
    check_int(h.cancelled, way + 1);
    check_said(&h, "");
  }
  api_harness_close(&h);
}

static void what_fails_after_the_answer_is_told_with_its_line(void **state) {
  (void)state;
  static const char *const forms[] = {"task(function() d:read('/3/0/9')\nerror('after') end)",
                                      "d:read('/3/0/9', function()\nerror('after') end)"};
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(forms); i++) {
    begin(&h, forms[i]);
    api_harness_answer_records(&h, NULL, 0);
    tg_api_status_t status = api_harness_status(&h, "s");
    check_slice(tg_slice_str(status.last_error), "s.lua:5: after");
    check_int(status.errors, 1);
    check_int(status.failures_in_row, 1);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

CHECK_SUITE(in_a_task_every_operation_waits_and_returns, in_init_and_events_they_wait_too,
            with_a_function_every_operation_calls_back, with_options_and_a_function_too, options_may_be_nil,
            the_function_may_be_nil_behind_options, options_reach_the_device, failures_come_as_error_objects,
            what_the_device_can_not_be_asked_fails_too, a_full_queue_is_an_error_at_once,
            the_same_object_answers_many_questions_in_order, where_nobody_can_wait_a_function_is_wanted,
            misuse_raises_at_the_caller, submit_does_not_wait_and_is_told_as_events,
            the_queue_is_listed_in_the_order_in_which_it_goes, a_command_can_be_cancelled_once,
            who_waits_hears_of_a_cancelled_command, submit_takes_every_operation,
            what_was_submitted_outlives_its_script, a_script_that_goes_takes_its_questions_with_it,
            what_fails_after_the_answer_is_told_with_its_line)
