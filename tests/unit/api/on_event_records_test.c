/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors on_records of bindings/api/on_event.c: what devices report on its way to the scripts whose rules are for it. */

#include "tests/unit/api/api_harness.h"

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

/* Each part has a budget of its own: all of it would be too much for one call. */
static void a_long_report_goes_to_a_script_in_parts(void **state) {
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
      "for i = 1, 2000 do end n = n + 1 sum = sum + rec.value if rec.instance == 1499 then print(n .. ' ' .. sum) end end } } }");
  emit_records(&h, device, records, TG_COUNT(records), TG_SOURCE_SEND);
  check_said(&h, "1500 1124250");
  check_int(api_harness_status(&h, "s").calls, 1 + (TG_COUNT(records) + 15) / 16);
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

CHECK_SUITE(records_have_what_rules_choose_by, sources_are_named_and_an_unknown_time_is_absent,
            secrets_are_marked_and_kept_from_rules_that_do_not_ask,
            a_script_is_called_only_for_objects_that_its_rules_are_for, more_than_64_objects_mean_all,
            a_long_report_goes_to_a_script_in_parts)
