/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/api.c: bundles come, are replaced and go, and take along what they hooked. */

#include "tests/unit/api/api_harness.h"

static const char GREETER[] = "return { version = '1.2', init = function() print('hello') end,\n"
                              "  deinit = function() print('bye') end }";

static void a_script_is_started_listed_and_ended(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "greeter", GREETER);
  check_said(&h, "hello");
  tg_api_status_t status = api_harness_status(&h, "greeter");
  check_slice(tg_slice_str(status.name), "greeter");
  check_slice(tg_slice_str(status.file), "greeter.lua");
  check_slice(tg_slice_str(status.version), "1.2");
  check_int(status.generation, 1);
  check_int(status.state, TG_API_RUNNING);
  check_int(status.calls, 1);
  check_int(status.errors, 0);
  check_true(status.memory > 1000 && status.memory_peak >= status.memory);
  check_slice(tg_slice_str(status.last_error), "");
  api_harness_unload(&h, "greeter");
  check_said(&h, "bye");
  check_rc(tg_api_unload(h.api, "greeter"), TG_E_NOT_FOUND);
  api_harness_close(&h);
}

static bool note_name(void *ud, const tg_api_status_t *status) {
  char *text = ud; /* of 64 bytes */
  size_t used = strlen(text);
  snprintf(text + used, 64 - used, "%s", status->name);
  return strcmp(status->name, "b") != 0;
}

static void scripts_are_walked_in_order_of_loading_and_end_in_reverse(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const char *const names[] = {"c", "a", "b", "d"};
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    char source[128];
    snprintf(source, sizeof source, "return { deinit = function() print('%s') end }", names[i]);
    api_harness_load(&h, names[i], source);
  }
  char text[64] = "";
  tg_api_each(h.api, note_name, text);
  check_slice(tg_slice_str(text), "cab"); /* false stops */
  tg_api_free(h.api);
  h.api = NULL;
  check_said(&h, "d; b; a; c");
  api_harness_close(&h);
}

static void a_name_is_one_word_of_at_most_64_bytes(void **state) {
  (void)state;
  static const struct {
    const char *name;
    tg_rc_t rc;
  } rows[] = {
      {"a", TG_OK},
      {"A-b_c.9", TG_OK},
      {"", TG_E_ARG},
      {"a b", TG_E_ARG},
      {"a/b", TG_E_ARG},
      {"\xC3\xA4", TG_E_ARG},
      {"0123456789012345678901234567890123456789012345678901234567890123", TG_OK},
      {"01234567890123456789012345678901234567890123456789012345678901234", TG_E_ARG},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    check_rc(api_harness_try(&h, rows[i].name, "return {}"), rows[i].rc);
    if (rows[i].rc != TG_OK) check_has(h.diag.message, "1 to 64 letters, digits");
  }
  api_harness_close(&h);
}

static void nothing_is_loaded_before_the_core_is_there(void **state) {
  (void)state;
  const tg_api_config_t config = {.gateway_name = "g"};
  tg_api_t *api = tg_api_new(&config);
  assert_non_null(api);
  const tg_api_bundle_t bundle = {.name = "a", .file = "a.lua", .source = tg_slice_str("return {}")};
  tg_diag_t diag = {0};
  check_rc(tg_api_load(api, &bundle, &diag), TG_E_STATE);
  check_slice(tg_slice_str(diag.file), "a.lua");
  check_has(diag.message, "can't be loaded yet");
  check_rc(tg_api_load(api, &bundle, NULL), TG_E_STATE);
  const tg_mqtt_incoming_t message = {.topic = tg_slice_str("t")};
  tg_api_on_mqtt_message(api, &message);
  tg_api_on_mqtt_state(api, 0, true, "");
  tg_api_free(api);
  tg_api_free(NULL);
}

static void a_broken_new_version_leaves_the_old_one_running(void **state) {
  (void)state;
  static const char *const broken[] = {
      "return {",
      "error('top')",
      "return { unknown = 1 }",
      "return { init = function() error('init') end, deinit = function() print('new bye') end }",
      "return { init = function() while true do end end }",
      "local tg = require 'tidegate' tg.timer.after(0, function() print('new timer') end) error('after')",
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "return { version = 'old', events = { registered = function(dev) print(dev.ep) end },\n"
                   "  deinit = function() print('old bye') end }");
  for (size_t i = 0; i < TG_COUNT(broken); i++) {
    const tg_api_bundle_t bundle = {
        .name = "s", .file = "s.lua", .source = tg_slice_str(broken[i]), .limits = {.instructions = 100000}};
    check_true(api_harness_try_bundle(&h, &bundle) != TG_OK);
    api_harness_settle(&h);
    check_said(&h, "");
    tg_api_status_t status = api_harness_status(&h, "s");
    check_slice(tg_slice_str(status.version), "old");
    check_int(status.generation, 1);
    char ep[8];
    snprintf(ep, sizeof ep, "d%zu", i);
    api_harness_device(&h, ep);
    check_said(&h, ep);
  }
  api_harness_unload(&h, "s");
  check_said(&h, "old bye");
  api_harness_close(&h);
}

static void a_new_version_begins_before_the_old_one_ends(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "before", "return {}");
  api_harness_load(&h, "s",
                   "print('one') return { version = '1', deinit = function() print('bye one') end,\n"
                   "  events = { registered = function() print('event one') end } }");
  api_harness_load(&h, "after", "return {}");
  api_harness_load(&h, "s",
                   "print('two') return { version = '2', init = function() print('init two') end,\n"
                   "  events = { registered = function() print('event two') end } }");
  check_said(&h, "one; two; init two; bye one");
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.generation, 2);
  check_slice(tg_slice_str(status.version), "2");
  check_true(status.calls >= 3); /* both loads and the goodbye */
  api_harness_device(&h, "d");
  check_said(&h, "event two");
  char order[64] = "";
  tg_api_each(h.api, note_name, order);
  check_slice(tg_slice_str(order), "beforesafter"); /* it keeps its place */
  api_harness_close(&h);
}

static void what_one_version_saves_the_next_one_gets(void **state) {
  (void)state;
  static const char KEEPER[] = "local data = { count = 0, float = 1.0, list = { true, 'x\\0y' } }\n"
                               "return { restore = function(d) d.count = d.count + 1 data = d end,\n"
                               "  save = function() return data end,\n"
                               "  events = { registered = function() print(data.count, math.type(data.float),\n"
                               "    #data.list, data.list[1], #data.list[2]) end } }";
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", KEEPER);
  for (int i = 0; i < 3; i++) api_harness_load(&h, "s", KEEPER);
  api_harness_device(&h, "d");
  check_said(&h, "3\\x09float\\x092\\x09true\\x093");
  api_harness_close(&h);
}

static void what_can_not_be_handed_over_is_told_and_the_new_version_runs(void **state) {
  (void)state;
  static const struct {
    const char *save;
    const char *restore;
    const char *says; /* "" = nothing goes wrong */
  } rows[] = {
      {"return print", "print('restored')", "a function can't be copied"},
      {"return { { print } }", "print('restored')", "a function can't be copied"},
      {"error('can not')", "print('restored')", "can not"},
      {"while true do end", "print('restored')", "over budget"},
      {"return 1", "error('will not')", "will not"},
      {"local t = {} t.t = t return t", "print('restored')", "nested deeper"},
      {"return nil", "print('restored')", ""},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char old[128], new[128];
    snprintf(old, sizeof old, "return { save = function() %s end }", rows[i].save);
    snprintf(new, sizeof new, "return { version = 'new', restore = function() %s end }", rows[i].restore);
    const tg_api_bundle_t bundle = {
        .name = "s", .file = "s.lua", .source = tg_slice_str(old), .limits = {.instructions = 200000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    h.log[0] = 0;
    api_harness_load(&h, "s", new);
    check_said(&h, "");
    if (rows[i].says[0]) check_has(h.log, rows[i].says);
    else check_slice(tg_slice_str(h.log), "");
    check_slice(tg_slice_str(api_harness_status(&h, "s").version), "new");
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void a_deinit_that_fails_or_loops_does_not_keep_a_script(void **state) {
  (void)state;
  static const struct {
    const char *body;
    const char *says;
  } rows[] = {{"error('stuck')", "stuck"}, {"while true do end", "over budget"}, {"coroutine.yield()", "yield"}};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[128];
    snprintf(source, sizeof source, "return { deinit = function() %s end }", rows[i].body);
    const tg_api_bundle_t bundle = {
        .name = "s", .file = "s.lua", .source = tg_slice_str(source), .limits = {.instructions = 100000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    h.log[0] = 0;
    api_harness_unload(&h, "s");
    check_has(h.log, rows[i].says);
    check_rc(tg_api_unload(h.api, "s"), TG_E_NOT_FOUND);
  }
  api_harness_close(&h);
}

static void a_script_takes_along_its_timers_devices_and_questions(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local tg, uv = require 'tidegate', require 'uv'\n"
      "return {\n"
      "  drivers = { tg.driver.define { name = 'plc', objects = { [3303] = {} }, run = function() end } },\n"
      "  init = function()\n"
      "    tg.timer.every(0.001, function() print('tick') end)\n"
      "    local udp = uv.new_udp() udp:bind('127.0.0.1', 0) udp:recv_start(function() print('udp') end)\n"
      "    tg.timer.task(function() print(tg.device.find('d'):read('/3/0/0')) print('woken') end)\n"
      "    tg.device.find('d'):read('/3/0/1', function() print('called back') end)\n"
      "  end }");
  api_harness_wait_said(&h, "tick");
  check_int(h.started, 1);
  tg_id_t first = h.asked.id;
  check_true(tg_twin_find_ep(h.twin, tg_slice_str("s"))->online);
  api_harness_unload(&h, "s");
  (void)api_harness_said(&h);
  check_int(h.cancelled, 1);
  assert_null(tg_twin_command(h.twin, first));
  check_false(tg_twin_find_ep(h.twin, tg_slice_str("s"))->online);
  api_harness_settle(&h);
  check_int(tg_twin_find_ep(h.twin, tg_slice_str("d"))->queued, 0);
  api_harness_pass(&h, 10);
  check_said(&h, "");
  api_harness_close(&h);
}

CHECK_SUITE(a_script_is_started_listed_and_ended, scripts_are_walked_in_order_of_loading_and_end_in_reverse,
            a_name_is_one_word_of_at_most_64_bytes, nothing_is_loaded_before_the_core_is_there,
            a_broken_new_version_leaves_the_old_one_running, a_new_version_begins_before_the_old_one_ends,
            what_one_version_saves_the_next_one_gets, what_can_not_be_handed_over_is_told_and_the_new_version_runs,
            a_deinit_that_fails_or_loops_does_not_keep_a_script, a_script_takes_along_its_timers_devices_and_questions)
