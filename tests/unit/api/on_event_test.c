/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/on_event.c: events of the core on their way to the scripts that want them. */

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

/* A rule's map gets what on_records gets. */
static const char RULE[] =
    "local function rule(match) return { rules = { { match = match, topic = 't', map = function(rec, dev, source)\n"
    "  local keys = {} for k, v in pairs(rec) do keys[#keys + 1] = k end table.sort(keys)\n"
    "  for i, k in ipairs(keys) do local v = rec[k] if type(v) == 'table' then v = v.bytes and '<' .. v.bytes "
    ".. '>' or v[1] .. ':' .. v[2] end\n"
    "    keys[i] = k .. '=' .. tostring(v) end print(dev.ep .. ' ' .. source .. ' ' .. table.concat(keys, ' "
    "')) end } } } end\n"
    "return rule(";

static void load_rule(api_harness_t *h, const char *name, const char *match) {
  char source[1024];
  snprintf(source, sizeof source, "%s%s)", RULE, match);
  api_harness_load(h, name, source);
}

static void records_have_what_rules_choose_by(void **state) {
  (void)state;
  const struct {
    const char *path;
    tg_value_t value;
    const char *says;
  } rows[] = {
      {"/3303/0/5700",
       {.type = TG_TYPE_FLOAT, .f = 21.5},
       "d notify instance=0 object=3303 path=/3303/0/5700 resource=5700 time=1700000000.5 value=21.5"},
      {"/3/0/11/2",
       {.type = TG_TYPE_INTEGER, .i = -1},
       "d notify instance=0 object=3 path=/3/0/11/2 resource=11 time=1700000000.5 value=-1"},
      {"/3/0/0",
       {.type = TG_TYPE_STRING, .s = {(const uint8_t *)"x", 1}},
       "d notify instance=0 object=3 path=/3/0/0 resource=0 time=1700000000.5 value=x"},
      {"/9/1/2",
       {.type = TG_TYPE_BOOLEAN, .b = false},
       "d notify instance=1 object=9 path=/9/1/2 resource=2 time=1700000000.5 value=false"},
      {"/9/1/3",
       {.type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)"op", 2}},
       "d notify instance=1 object=9 path=/9/1/3 resource=3 time=1700000000.5 value=<op>"},
      {"/9/1/4",
       {.type = TG_TYPE_OBJLNK, .link = {3, 0}},
       "d notify instance=1 object=9 path=/9/1/4 resource=4 time=1700000000.5 value=3:0"},
      {"/9/1/5", {.type = TG_TYPE_NONE}, "d notify instance=1 object=9 path=/9/1/5 resource=5 time=1700000000.5"},
      {"/9/1", {.type = TG_TYPE_NONE}, "d notify instance=1 object=9 path=/9/1 time=1700000000.5"},
      {"/9", {.type = TG_TYPE_NONE}, "d notify object=9 path=/9 time=1700000000.5"},
      {"/65534/65534/65534",
       {.type = TG_TYPE_UNSIGNED, .u = 1},
       "d notify instance=65534 object=65534 path=/65534/65534/65534 resource=65534 time=1700000000.5 value=1"},
  };
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  load_rule(&h, "s", "{}");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    api_harness_put(&h, device, rows[i].path, rows[i].value);
    check_said(&h, rows[i].says);
  }
  api_harness_close(&h);
}

static void emit_records(api_harness_t *h, tg_id_t device, const tg_record_t *records, size_t count,
                         tg_source_t source) {
  const tg_event_t event = {.type = TG_EVENT_RECORDS,
                            .device = device,
                            .ep = tg_slice_str("d"),
                            .records = {.items = records, .count = count, .source = source}};
  api_harness_emit(h, &event);
}

static void sources_are_named_and_an_unknown_time_is_absent(void **state) {
  (void)state;
  static const struct {
    tg_source_t source;
    const char *says;
  } rows[] = {
      {TG_SOURCE_NOTIFY, "d notify instance=0 object=3 path=/3/0/9 resource=9 value=1"},
      {TG_SOURCE_SEND, "d send instance=0 object=3 path=/3/0/9 resource=9 value=1"},
      {TG_SOURCE_READ, "d read instance=0 object=3 path=/3/0/9 resource=9 value=1"},
      {TG_SOURCE_DRIVER, "d driver instance=0 object=3 path=/3/0/9 resource=9 value=1"},
  };
  const tg_record_t record = {.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 1}};
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  load_rule(&h, "s", "{ object = 3 }");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    emit_records(&h, device, &record, 1, rows[i].source);
    check_said(&h, rows[i].says);
  }
  api_harness_close(&h);
}

static void secrets_are_marked_and_kept_from_rules_that_do_not_ask(void **state) {
  (void)state;
  const tg_record_t records[] = {
      {.path = tg_path(3, 0, 0, 5), .value = {.type = TG_TYPE_OPAQUE, .s = tg_slice_str("key")}},
      {.path = tg_path(3, 0, 0, 0), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("coap://x")}},
  };
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  load_rule(&h, "careful", "{ object = 0 }");
  emit_records(&h, device, records, 2, TG_SOURCE_READ);
  check_said(&h, "d read instance=0 object=0 path=/0/0/0 resource=0 value=coap://x");
  api_harness_unload(&h, "careful");
  load_rule(&h, "curious", "{ object = 0, sensitive = true }");
  emit_records(&h, device, records, 2, TG_SOURCE_READ);
  check_said(&h, "d read instance=0 object=0 path=/0/0/5 resource=5 sensitive=true value=<key>; "
                 "d read instance=0 object=0 path=/0/0/0 resource=0 value=coap://x");
  api_harness_close(&h);
}

static void a_script_is_called_only_for_objects_that_its_rules_are_for(void **state) {
  (void)state;
  const struct {
    const char *match;
    const char *heard;
    unsigned bits; /* of objects 0, 3, 3303 and 65534 */
  } rows[] = {
      {"{ object = 3303 }", "3303", 4},
      {"{ object = { 3303, 3, 3 } }", "3; 3303", 6},
      {"{ path = '/3/0' }", "3", 2},
      {"{ object = 65534 }", "65534", 8},
      {"{ object = { 65534, 0 }, sensitive = true }", "0; 65534", 9},
      {"{}", "0; 3; 3303; 65534", 15},
      {"{ resource = 9 }", "0; 3; 3303; 65534", 15},
      {"{ object = 42 }", "", 0},
  };
  static const uint16_t objects[] = {0, 3, 3303, 65534};
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[512];
    snprintf(source, sizeof source,
             "return { rules = { { match = %s, topic = 't', map = function(rec) print(rec.object) end } } }",
             rows[i].match);
    api_harness_load(&h, "s", source);
    for (size_t k = 0; k < TG_COUNT(objects); k++) {
      const tg_record_t record = {.path = tg_path(3, objects[k], 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 1}};
      uint64_t calls = api_harness_status(&h, "s").calls;
      emit_records(&h, device, &record, 1, TG_SOURCE_NOTIFY);
      bool is_heard = rows[i].bits >> k & 1;
      check_int(api_harness_status(&h, "s").calls - calls, is_heard);
    }
    check_said(&h, rows[i].heard);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void more_than_64_objects_mean_all(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  for (int count = 64; count <= 65; count++) {
    char source[512];
    snprintf(
        source, sizeof source,
        "local ids = {} for i = 1, %d do ids[i] = 5000 - i end\n"
        "return { rules = { { match = { object = ids }, topic = 't', map = function(rec) print(rec.object) end } } }",
        count);
    api_harness_load(&h, "s", source);
    const tg_record_t records[] = {
        {.path = tg_path(3, 4999, 0, 1)}, {.path = tg_path(3, 4936, 0, 1)}, {.path = tg_path(3, 7, 0, 1)}};
    for (size_t i = 0; i < TG_COUNT(records); i++) emit_records(&h, device, &records[i], 1, TG_SOURCE_NOTIFY);
    check_said(&h, "4999; 4936"); /* it chooses for itself */
    check_int(api_harness_status(&h, "s").calls, count == 64 ? 1 + 2 : 1 + 3);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void a_batch_goes_to_a_script_as_one_call(void **state) {
  (void)state;
  static tg_record_t records[1500];
  for (size_t i = 0; i < TG_COUNT(records); i++)
    records[i] =
        (tg_record_t){.path = tg_path(3, 3303, (uint16_t)i, 5700), .value = {.type = TG_TYPE_INTEGER, .i = (int64_t)i}};
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local n, sum = 0, 0 return { rules = { { match = { object = 3303 }, topic = 't', map = function(rec)\n"
      "n = n + 1 sum = sum + rec.value if rec.instance == 1499 then print(n .. ' ' .. sum) end end } } }");
  emit_records(&h, device, records, TG_COUNT(records), TG_SOURCE_SEND);
  check_said(&h, "1500 1124250");
  check_int(api_harness_status(&h, "s").calls, 2);
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
            records_have_what_rules_choose_by, sources_are_named_and_an_unknown_time_is_absent,
            secrets_are_marked_and_kept_from_rules_that_do_not_ask,
            a_script_is_called_only_for_objects_that_its_rules_are_for, more_than_64_objects_mean_all,
            a_batch_goes_to_a_script_as_one_call, scripts_hear_in_order_of_loading_and_none_keeps_another_from_it,
            a_handler_may_wait_while_others_are_called, what_a_handler_brings_about_is_told_in_the_same_round)
