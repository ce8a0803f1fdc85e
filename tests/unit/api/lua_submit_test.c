/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_submit.c and the queue of mod_device.c: commands that a script leaves with a device, as they are told, listed and cancelled. */

#include "tests/unit/api/api_script_harness.h"

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
    api_script_begin(&h, code);
    check_slice(tg_slice_str(h.question), rows[i].question);
    const char *said = api_harness_said(&h), *want = rows[i].question[0] ? "integer" : i == 14 ? "type" : "argument";
    if (strcmp(said, want) != 0) fail_msg("%s says %s", rows[i].command, said);
    if (rows[i].question[0]) api_harness_answer_records(&h, NULL, 0);
    api_script_end(&h);
  }
  api_harness_close(&h);
}

static void what_was_submitted_outlives_its_script(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_script_begin(&h, "d:submit { op = 'read', path = '/3' }");
  tg_id_t id = h.asked.id;
  api_harness_unload(&h, "s");
  assert_non_null(tg_twin_command(h.twin, id));
  api_harness_answer_records(&h, NULL, 0);
  assert_null(tg_twin_command(h.twin, id));
  api_harness_close(&h);
}

static void misuse_of_submit_and_cancel_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
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
      {"d:submit{ op = 'read_composite' }", "submit: paths are a list"},
      {"d:submit{ op = 'attributes', path = '/3' }", "submit: attributes are a table"},
      {"d:submit{ op = 'attributes', path = '/3', attributes = 7 }", "submit: attributes are a table"},
      {"d:submit{ op = 'execute', path = '/3/0/4', args = 7 }", "submit: args are text"},
      {"d:submit{ op = 'read', path = '/3', durable = 1 }", "durable is true or false"},
      {"d:submit{ op = 'execute', path = '/3/0/4', retry = 1 }", "retry is true or false"},
      {"d:submit{ op = 'write', path = '/3/0/14', value = 'x', replace_key = '' }",
       "replace_key is text of 1 to 64 bytes"},
      {"d:submit{ op = 'read', path = '/3', replace_key = 'k' }", "replace_key is for write and update"},
      {"tg.device.cancel()", "eval.lua:1: bad argument #1 to 'cancel' (number expected"},
      {"tg.device.cancel('x')", "bad argument #1 to 'cancel'"},
  };
  api_script_check_misuse(rows, TG_COUNT(rows));
}

CHECK_SUITE(submit_does_not_wait_and_is_told_as_events, the_queue_is_listed_in_the_order_in_which_it_goes,
            a_command_can_be_cancelled_once, submit_takes_every_operation, what_was_submitted_outlives_its_script,
            misuse_of_submit_and_cancel_raises_at_the_caller)
