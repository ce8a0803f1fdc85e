/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors on_event of bindings/api/on_event.c: events of the core on their way to the scripts that want them. */

#include "tests/unit/api/api_harness.h"

/* Tells everything it hears: kind, device, and what info has, in order of keys. */
static const char LISTENER[] =
    "local function text(v) if type(v) ~= 'table' then return tostring(v) end local t = {}\n"
    "  for i, r in ipairs(v) do t[i] = r.path .. '=' .. tostring(r.value) end return '[' .. table.concat(t, ' ') .. ']' end\n"
    "local function tell(kind) return function(dev, info) local keys = {} for k in pairs(info) do keys[#keys + 1] = k end\n"
    "  table.sort(keys) for i, k in ipairs(keys) do keys[i] = k .. '=' .. text(info[k]) end\n"
    "  print(kind .. ' ' .. (dev and dev.ep or 'nobody') .. ' ' .. table.concat(keys, ' ')) end end\n"
    "local events = {} for _, k in ipairs { 'registered', 'updated', 'deregistered', 'expired', 'awake', 'asleep', 'command',\n"
    "  'observing', 'model_missing', 'moved', 'refused', 'gap' } do events[k] = tell(k) end\n"
    "return { events = events }";

static void every_kind_of_event_is_told_with_device_and_note(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s", LISTENER);
  size_t count = 0;
  for (int type = 0; type < TG_EVENT_TYPE_COUNT; type++) {
    if (type == TG_EVENT_RECORDS || type == TG_EVENT_COMMAND) continue;
    const tg_event_t event = {.type = (tg_event_type_t)type,
                              .device = device,
                              .ep = tg_slice_str("d"),
                              .time_ms = 1700000000250,
                              .note = tg_slice_str("why not")};
    char want[128];
    snprintf(want, sizeof want, "%s d ep=d note=why not time=1700000000.25", tg_event_type_name(event.type));
    api_harness_emit(&h, &event);
    check_said(&h, want);
    count++;
  }
  check_int(count, 11);
  api_harness_close(&h);
}

static void an_event_may_have_no_device_and_no_note(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", LISTENER);
  tg_event_t event = {.type = TG_EVENT_REFUSED, .ep = tg_slice_str("urn:x\n"), .time_ms = 1000};
  api_harness_emit(&h, &event);
  check_said(&h, "refused nobody ep=urn:x\\x0a time=1.0");
  event.ep = tg_slice_str("");
  event.note = tg_slice_str("10.0.0.1: no credentials");
  api_harness_emit(&h, &event);
  check_said(&h, "refused nobody note=10.0.0.1: no credentials time=1.0");
  event = (tg_event_t){.type = TG_EVENT_EXPIRED, .device = 12345, .ep = tg_slice_str("old"), .time_ms = 1000};
  api_harness_emit(&h, &event);
  check_said(&h, "expired old ep=old time=1.0"); /* forgotten meanwhile: a device with nothing but its name */
  api_harness_close(&h);
}

static void a_command_s_states_are_told_with_all_there_is(void **state) {
  (void)state;
  static const tg_record_t records[] = {
      {.path = {{3, 0, 9, 0}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 42}},
      {.path = {{3, 0, 10, 0}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 7}},
  };
  const struct {
    tg_event_command_t command;
    const char *says;
  } rows[] = {
      {{.id = 77, .state = TG_COMMAND_WAITING, .op = TG_OP_READ, .path = tg_path(3, 3, 0, 9), .rc = TG_E_ASLEEP},
       "command d ep=d error=asleep id=77 message=the device sleeps op=read path=/3/0/9 records=[] state=waiting time=1.0"},
      {{.id = 77, .state = TG_COMMAND_SENT, .op = TG_OP_READ, .path = tg_path(3, 3, 0, 9), .tag = tg_slice_str("T")},
       "command d ep=d id=77 op=read path=/3/0/9 records=[] state=sent tag=T time=1.0"},
      {{.id = 77,
        .state = TG_COMMAND_DONE,
        .op = TG_OP_READ,
        .path = tg_path(2, 3, 0, 0),
        .code = 0x45,
        .items = records,
        .count = 2},
       "command d code=2.05 ep=d id=77 op=read path=/3/0 records=[/3/0/9=42 /3/0/10=7] state=done time=1.0"},
      {{.id = 77,
        .state = TG_COMMAND_DONE,
        .op = TG_OP_DISCOVER,
        .path = tg_path(1, 3, 0, 0),
        .code = 0x45,
        .text = tg_slice_str("</3/0>")},
       "command d code=2.05 ep=d id=77 op=discover path=/3 records=[] state=done text=</3/0> time=1.0"},
      {{.id = 77,
        .state = TG_COMMAND_FAILED,
        .op = TG_OP_WRITE,
        .path = tg_path(3, 3, 0, 9),
        .code = 0x85,
        .rc = TG_E_METHOD},
       "command d code=4.05 ep=d error=method id=77 message=the operation is not allowed there op=write path=/3/0/9 "
       "records=[] state=failed time=1.0"},
      {{.id = 77, .state = TG_COMMAND_EXPIRED, .op = TG_OP_EXECUTE, .path = tg_path(3, 3, 0, 4), .rc = TG_E_EXPIRED},
       "command d ep=d error=expired id=77 message=the deadline has passed op=execute path=/3/0/4 records=[] state=expired "
       "time=1.0"},
      {{.id = 77, .state = TG_COMMAND_CANCELLED, .op = TG_OP_CANCEL, .path = tg_path(0, 0, 0, 0), .rc = TG_E_CANCELLED},
       "command d ep=d error=cancelled id=77 message=cancelled op=cancel path=/ records=[] state=cancelled time=1.0"},
  };
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s", LISTENER);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_event_t event = {.type = TG_EVENT_COMMAND,
                              .device = device,
                              .ep = tg_slice_str("d"),
                              .time_ms = 1000,
                              .command = rows[i].command};
    api_harness_emit(&h, &event);
    check_said(&h, rows[i].says);
  }
  api_harness_close(&h);
}

static void only_what_a_script_wants_reaches_it(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "one", "return { events = { updated = function() print('updated') end } }");
  api_harness_load(&h, "none", "return {}");
  tg_id_t device = api_harness_device(&h, "d"); /* registered */
  api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 1});
  check_said(&h, "");
  check_int(api_harness_status(&h, "one").calls, 1); /* the load */
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .device = device, .ep = tg_slice_str("d")};
  api_harness_emit(&h, &event);
  check_said(&h, "updated");
  check_int(api_harness_status(&h, "one").calls, 2);
  check_int(api_harness_status(&h, "none").calls, 1);
  api_harness_close(&h);
}

static void scripts_hear_in_order_of_loading_and_none_keeps_another_from_it(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "a", "return { events = { registered = function() print('a') end } }");
  api_harness_load(&h, "b", "return { events = { registered = function() print('b') error('no') end } }");
  api_harness_load(&h, "c", "return { events = { registered = function() print('c') coroutine.yield() end } }");
  api_harness_load(&h, "d", "return { events = { registered = function() print('d') end } }");
  api_harness_device(&h, "x");
  check_said(&h, "a; b; c; d");
  check_int(api_harness_status(&h, "b").errors, 1);
  check_int(api_harness_status(&h, "c").errors, 1);
  check_int(api_harness_status(&h, "d").errors, 0);
  api_harness_close(&h);
}

static void a_handler_may_wait_while_others_are_called(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "return { events = { registered = function(dev) print('begin ' .. dev.ep)\n"
                   "  print(dev.ep .. ' is ' .. dev:read('/3/0/0')) end } }");
  api_harness_device(&h, "one");
  tg_command_t first = h.asked;
  api_harness_device(&h, "two");
  check_said(&h, "begin one; begin two");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("here")}};
  api_harness_answer_records(&h, &record, 1);
  check_said(&h, "two is here");
  h.asked = first;
  api_harness_answer_records(&h, &record, 1);
  check_said(&h, "one is here");
  api_harness_close(&h);
}

static void what_a_handler_brings_about_is_told_in_the_same_round(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  h.start_rc = TG_E_METHOD;
  api_harness_load(
      &h, "s",
      "return { events = { registered = function(dev) dev:submit { op = 'read', path = '/3' } print('asked') end,\n"
      "  command = function(dev, info) print(info.state .. ' ' .. info.error) end } }");
  api_harness_device(&h, "d");
  check_said(&h, "asked; failed method");
  api_harness_close(&h);
}

CHECK_SUITE(every_kind_of_event_is_told_with_device_and_note, an_event_may_have_no_device_and_no_note,
            a_command_s_states_are_told_with_all_there_is, only_what_a_script_wants_reaches_it,
            scripts_hear_in_order_of_loading_and_none_keeps_another_from_it, a_handler_may_wait_while_others_are_called,
            what_a_handler_brings_about_is_told_in_the_same_round)
