/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/driver_device.c and mod_driver.c as a gateway has them: drivers of scripts that are loaded, replaced and unloaded. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

/* A driver of device `s` with object 3303; @p body are further members of its definition. */
static void load_driver(api_harness_t *h, const char *body) {
  char source[2048];
  snprintf(
      source, sizeof source,
      "local tg = require 'tidegate' local self\n"
      "return { drivers = { tg.driver.define { name = 'plc', objects = { [3303] = { 0, 1 } },\n"
      "  run = function(s) self = s end, %s } },\n"
      "  events = { command = function(dev, info) if info.state == 'sent' then return end local r = {}\n"
      "    for i, rec in ipairs(info.records) do r[i] = rec.path .. '=' .. tostring(rec.value) end\n"
      "    print(info.op .. ' ' .. info.state .. ' ' .. tostring(info.code) .. ' ' .. tostring(info.error) .. ' ' ..\n"
      "      table.concat(r, ' ')) end,\n"
      "    updated = function(_, info) print(load(info.note, 'note', 't', setmetatable({ self = self }, { __index = _G }))()) "
      "end } }",
      body);
  api_harness_load(h, "s", source);
  api_harness_settle(h);
}

/* Runs @p code in the driver's script, which finds self and tg; says what it returns. */
static void run(api_harness_t *h, const char *code) {
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .ep = tg_slice_str("x"), .note = tg_slice_str(code)};
  api_harness_emit(h, &event);
}

static void heard(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  api_harness_t *h = ud;
  (void)command;
  snprintf(h->question, sizeof h->question, "%s %s: %.*s", tg_event_state_name(result->state), tg_rc_name(result->rc),
           (int)result->text.len, result->text.len ? (const char *)result->text.p : "");
}

static void ask_value(api_harness_t *h, const char *ep, tg_op_t op, const char *path, const tg_value_t *value) {
  const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str(ep));
  assert_non_null(device);
  tg_record_t record = {.value = value ? *value : (tg_value_t){.type = TG_TYPE_NONE}};
  tg_command_t command = {
      .device = device->id, .op = op, .content_format = -1, .records = &record, .record_count = value != NULL};
  check_rc(tg_path_parse(tg_slice_str(path), &command.path), TG_OK);
  record.path = command.path;
  tg_id_t id;
  h->question[0] = 0;
  check_rc(tg_twin_submit(h->twin, &command, heard, h, &id), TG_OK);
  api_harness_settle(h);
}

static void ask(api_harness_t *h, tg_op_t op, const char *path) {
  ask_value(h, "s", op, path, NULL);
}

static void what_read_returns_becomes_records(void **state) {
  (void)state;
  static const struct {
    const char *body; /* of read(self, path) */
    const char *says;
    const char *result;
  } rows[] = {
      {"return 21.5", "read done 2.05 nil /3303/0/5700=21.5", "done ok: "},
      {"return 7", "read done 2.05 nil /3303/0/5700=7.0", "done ok: "}, /* as the model has it */
      {"return { { path = '/3303/0/5700', value = 1 }, { path = '/3303/0/5701', value = 'Cel' } }",
       "read done 2.05 nil /3303/0/5700=1.0 /3303/0/5701=Cel", "done ok: "},
      {"return nil, 'wire is cut'", "read failed nil peer_error ", "failed peer_error: peer_error: wire is cut"},
      {"return nil", "read failed nil peer_error ", "failed peer_error: peer_error: no value"},
      {"return nil, { code = 'timeout', message = 'x' }", "read failed nil timeout ", "failed timeout: table: "},
      {"return 'warm'", "read failed nil type ", "failed type: the driver's read gave something else than values"},
      {"return print", "read failed nil type ", "failed type: the driver's read gave"},
      {"return { { path = '/x', value = 1 } }", "read failed nil syntax ", "failed syntax: the driver's read gave"},
      {"return { { path = '/3303/0/5700', value = 1 }, 7 }", "read failed nil type ",
       "failed type: the driver's read gave"},
      {"return { { path = '/3303/0/5700', value = 1 }, { value = 1 } }", "read failed nil type ", "failed type: "},
      {"return { { path = '/3303/0/5700' } }", "read failed nil type ", "failed type: "},
      {"error('broken')", "read failed nil script ", "broken"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char body[256];
    snprintf(body, sizeof body, "read = function(self, path) %s end", rows[i].body);
    load_driver(&h, body);
    ask(&h, TG_OP_READ, "/3303/0/5700");
    check_said(&h, rows[i].says);
    check_has(h.question, rows[i].result);
    api_harness_unload(&h, "s");
  }
  check_has(h.log, "plc: read /3303/0/5700: s.lua:3: broken");
  api_harness_close(&h);
}

static void writes_and_executes_reach_its_functions(void **state) {
  (void)state;
  static const char BODY[] =
      "write = function(self, path, value) print('write ' .. path .. ' ' .. tostring(value))\n"
      "  if value == 13.0 then return false end if value == 14.0 then return nil, 'unlucky' end return true end,\n"
      "execute = function(self, path, args) print('execute ' .. path .. ' ' .. args) return args ~= 'no' end";
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, BODY);
  static const struct {
    double value;
    const char *says;
  } rows[] = {
      {7, "write /3303/0/5601 7.0; write done 2.04 nil "},
      {13, "write /3303/0/5601 13.0; write failed nil peer_error "},
      {14, "write /3303/0/5601 14.0; write failed nil peer_error "},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    ask_value(&h, "s", TG_OP_WRITE, "/3303/0/5601", &(tg_value_t){.type = TG_TYPE_FLOAT, .f = rows[i].value});
    check_said(&h, rows[i].says);
  }
  ask_value(&h, "s", TG_OP_UPDATE, "/3303/0/5601", &(tg_value_t){.type = TG_TYPE_FLOAT, .f = 1});
  check_said(&h, "write /3303/0/5601 1.0; update done 2.04 nil ");
  ask(&h, TG_OP_EXECUTE, "/3303/0/5605");
  check_said(&h, "execute /3303/0/5605 ; execute done 2.04 nil ");
  static const tg_op_t others[] = {TG_OP_CREATE, TG_OP_DELETE, TG_OP_ATTRIBUTES};
  for (size_t i = 0; i < TG_COUNT(others); i++) {
    ask(&h, others[i], "/3303/0");
    check_has(h.question, "failed method: method: a driver can't ");
    check_has(api_harness_said(&h), "failed nil method");
  }
  api_harness_unload(&h, "s");
  load_driver(&h, "");
  ask(&h, TG_OP_EXECUTE, "/3303/0/5605");
  check_has(h.question, "failed method: method: this driver can't execute");
  ask_value(&h, "s", TG_OP_WRITE, "/3303/0/5601", &(tg_value_t){.type = TG_TYPE_FLOAT, .f = 1});
  check_has(h.question, "failed method: method: this driver can't write");
  api_harness_close(&h);
}

/* Bodies are for devices that have blocks. */
static void a_body_is_refused(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "write = function(self, path, value) print('never') return true end");
  static const uint8_t body[100];
  tg_command_t command = {.device = tg_twin_find_ep(h.twin, tg_slice_str("s"))->id, .op = TG_OP_WRITE};
  command.path = tg_path(3, 3303, 0, 5601);
  command.content_format = -1;
  command.body = tg_slice(body, sizeof body);
  tg_id_t id;
  check_rc(tg_twin_submit(h.twin, &command, heard, &h, &id), TG_OK);
  api_harness_settle(&h);
  check_has(h.question, "failed unsupported: ");
  check_said(&h, "write failed nil unsupported ");
  api_harness_close(&h);
}

static void without_read_the_last_values_are_the_answer(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "");
  static const tg_op_t ops[] = {TG_OP_READ, TG_OP_OBSERVE, TG_OP_CANCEL};
  static const char *const names[] = {"read", "observe", "cancel"};
  for (size_t i = 0; i < TG_COUNT(ops); i++) {
    char want[64];
    ask(&h, ops[i], "/3303/0/5700");
    check_slice(tg_slice_str(h.question), ops[i] == TG_OP_READ ? "failed not_found: " : "done ok: ");
    (void)api_harness_said(&h);
    run(&h, "return self:put('/3303/0/5700', 20 + 1)");
    check_said(&h, "true");
    ask(&h, ops[i], "/3303");
    snprintf(want, sizeof want, "%s done 2.05 nil /3303/0/5700=21.0", names[i]);
    check_said(&h, want);
    run(&h, "self:close() self:device('s', { [3303] = { 0, 1 } })"); /* values stay; the objects are said again */
    (void)api_harness_said(&h);
    api_harness_unload(&h, "s");
    if (i + 1 == TG_COUNT(ops)) break;
    api_harness_close(&h);
    api_harness_open(&h);
    load_driver(&h, "");
  }
  api_harness_close(&h);
}

static void what_is_put_is_checked(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"self:put('/3303/0/5700', 21.5)", "true"},
      {"self:put('/3303/0/5602', 21.5, 1700000000.25)", "true"},
      {"self:put('/3303/0/5701', 'Cel')", "true"},
      {"self:put('/9999/0/1', { bytes = 'x' })", "true"},
      {"self:put('/3303/0/5700', 'warm')", "nil\\x09type: /3303/0/5700: a value has the wrong type"},
      {"self:put('/3303/0/5700', nil)", "nil\\x09type: /3303/0/5700: a value has the wrong type"},
  };
  static const api_harness_row_t wrong[] = {
      {"self:put('/3303/0', 1)", "the path of a resource is wanted"},
      {"self:put('x', 1)", "a path such as \"/3303/0/5700\" is wanted"},
      {"self:put('/3303/0/5700', 1, -1)", "Unix seconds are wanted"},
      {"self:put('/3303/0/5700', 1, 1e12)", "Unix seconds are wanted"},
      {"self:put('/3303/0/5700', 1, 0/0)", "Unix seconds are wanted"},
      {"self.handle.put({}, '/3303/0/5700', 1)", "tidegate.driver_device expected, got table"},
  };
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char code[160];
    snprintf(code, sizeof code, "local ok, err = %s if err then return ok, tostring(err) end return ok", rows[i].code);
    run(&h, code);
    check_said(&h, rows[i].says);
  }
  const tg_device_t *device = tg_twin_find_ep(h.twin, tg_slice_str("s"));
  tg_record_t record;
  tg_path_t path = tg_path(3, 3303, 0, 5602);
  check_rc(tg_twin_value(h.twin, device->id, &path, &record), TG_OK);
  check_int(record.time_ms, 1700000000250);
  check_int(record.time_source, TG_TIME_DEVICE);
  for (size_t i = 0; i < TG_COUNT(wrong); i++) {
    char code[160];
    snprintf(code, sizeof code, "return %s", wrong[i].code);
    run(&h, code);
    check_has(api_harness_status(&h, "s").last_error, wrong[i].says);
    run(&h, "return 'fine'");
  }
  api_harness_close(&h);
}

static void a_device_that_is_closed_is_off_line_until_it_is_opened_again(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "execute = function(self) self:wait(function() end) end");
  const tg_device_t *device = tg_twin_find_ep(h.twin, tg_slice_str("s"));
  tg_id_t id = device->id;
  check_true(device->online);
  ask(&h, TG_OP_EXECUTE, "/3303/0/5605"); /* which never ends */
  check_said(&h, "");
  run(&h, "self:close('unplugged') self:close() return tostring(select(2, self:put('/3303/0/5700', 1)))");
  check_said(&h, "gone: the device, object or handle is gone; execute unknown nil unknown ");
  check_slice(tg_slice_str(h.question), "unknown unknown: ");
  check_false(tg_twin_find(h.twin, id)->online);
  run(&h, "_G.again = self:device('s', { '/3303/0' }) return again.ep");
  check_said(&h, "s");
  check_true(tg_twin_find(h.twin, id)->online);
  check_int(tg_twin_find(h.twin, id)->object_count, 1);
  run(&h, "return again:put('/3303/0/5700', 1)");
  check_said(&h, "true");
  api_harness_unload(&h, "s");
  check_false(tg_twin_find(h.twin, id)->online);
  api_harness_close(&h);
}

static void a_driver_may_have_many_devices(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "read = function(self, path) return self.ep == 'two' and 2 or 1 end");
  run(&h, "two = self:device('two', { [3303] = {} }) return two.ep");
  check_said(&h, "two");
  ask_value(&h, "two", TG_OP_READ, "/3303/0/5700", NULL);
  ask_value(&h, "s", TG_OP_READ, "/3303/0/5700", NULL);
  check_said(&h, "read done 2.05 nil /3303/0/5700=2.0; read done 2.05 nil /3303/0/5700=1.0");
  api_harness_unload(&h, "s");
  check_false(tg_twin_find_ep(h.twin, tg_slice_str("two"))->online);
  api_harness_close(&h);
}

static void where_no_device_fits_any_more_the_driver_does_not_start(void **state) {
  (void)state;
  static const char SOURCE[] =
      "return { drivers = { require('tidegate').driver.define { name = 'plc', objects = { %s },\n"
      "run = function() end } } }";
  static const struct {
    const char *objects;
    const char *says;
  } rows[] = {
      {"[70000] = {}", "a path such as"},
      {"'/3303/0/5700'", "objects and instances such as \"/3303/0\" are wanted"},
      {"'/'", "objects and instances such as"},
      {"7", "objects: { [3303] = {} } or { \"/3303/0\" } is wanted"},
      {"[3303] = {}", "s.lua:0: plc: full: a bounded table or queue is full"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (int i = 0; i < 64; i++) {
    char ep[8];
    snprintf(ep, sizeof ep, "d%d", i);
    api_harness_device(&h, ep);
  }
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[256], text[720];
    snprintf(source, sizeof source, SOURCE, rows[i].objects);
    check_rc(api_harness_try(&h, "s", source), TG_E_SCRIPT);
    snprintf(text, sizeof text, "%s:%d: %s", h.diag.file, h.diag.line, h.diag.message);
    check_has(text, rows[i].says);
  }
  api_harness_close(&h);
}

static void a_new_version_takes_the_device_over_without_a_gap(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "read = function() return 1 end");
  api_harness_load(&h, "ear", "return { events = { deregistered = function(dev) print('lost ' .. dev.ep) end } }");
  load_driver(&h, "read = function() return 2 end");
  check_said(&h, "");
  check_true(tg_twin_find_ep(h.twin, tg_slice_str("s"))->online);
  ask(&h, TG_OP_READ, "/3303/0/5700");
  check_said(&h, "read done 2.05 nil /3303/0/5700=2.0");
  api_harness_unload(&h, "s");
  api_harness_settle(&h);
  check_said(&h, "lost s");
  api_harness_close(&h);
}

static void a_run_that_fails_is_logged_and_begun_again(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(
      &h, "s",
      "local n = 0 return { drivers = { require('tidegate').driver.define { name = 'plc', run = function() n = n + 1\n"
      "print('run ' .. n) if n == 1 then error('no wire') end end } } }");
  check_said(&h, "run 1");
  check_has(h.log, "plc: s.lua:2: no wire; again in 1 s");
  uint64_t begin = tg_clock_mono_ms();
  api_harness_wait_said(&h, "run 2");
  check_true(tg_clock_mono_ms() - begin > 800);
  check_int(api_harness_status(&h, "s").errors, 0); /* the driver looks after itself */
  api_harness_close(&h);
}

static void a_task_that_is_answered_at_once_does_not_wait(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  load_driver(&h, "read = function(self) local a, b, c = self:wait(function(done) done(1, nil, 3) done(9) end)\n"
                  "print(tostring(a) .. tostring(b) .. tostring(c)) return a + c end");
  ask(&h, TG_OP_READ, "/3303/0/5700");
  check_said(&h, "1nil3; read done 2.05 nil /3303/0/5700=4.0");
  api_harness_close(&h);
}

static void a_command_that_fails_outside_the_driver_s_code_counts(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "return { drivers = { require('tidegate').driver.define { name = 'plc', objects = { [3303] = {} },\n"
                   "run = function() end, read = function() while true do end end } } }");
  for (int i = 0; i < 5; i++) ask(&h, TG_OP_READ, "/3303/0/5700");
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  check_has(h.error, "over budget");
  check_false(tg_twin_find_ep(h.twin, tg_slice_str("s"))->online);
  api_harness_close(&h);
}

CHECK_SUITE(what_read_returns_becomes_records, writes_and_executes_reach_its_functions, a_body_is_refused,
            without_read_the_last_values_are_the_answer, what_is_put_is_checked,
            a_device_that_is_closed_is_off_line_until_it_is_opened_again, a_driver_may_have_many_devices,
            where_no_device_fits_any_more_the_driver_does_not_start, a_new_version_takes_the_device_over_without_a_gap,
            a_run_that_fails_is_logged_and_begun_again, a_task_that_is_answered_at_once_does_not_wait,
            a_command_that_fails_outside_the_driver_s_code_counts)
