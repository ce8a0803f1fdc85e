/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/api.c and bundle.c: bundles come, are replaced, fail, are mended and go, and take along what they hooked. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
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

static void what_is_wrong_with_a_script_is_told_with_file_and_line(void **state) {
  (void)state;
  static const struct {
    const char *source;
    tg_rc_t rc;
    int line;
    const char *says;
  } rows[] = {
      {"return {", TG_E_SCRIPT, 1, "unexpected symbol near <eof>"},
      {"\n\nx = = 1", TG_E_SCRIPT, 3, "unexpected symbol near '='"},
      {"\nerror('no')", TG_E_SCRIPT, 2, "no"},
      {"\nerror({})", TG_E_SCRIPT, 2, "table"},
      {"\nlocal t = nil\nt.x = 1", TG_E_SCRIPT, 3, "attempt to index a nil value (local 't')"},
      {"\nrequire 'nowhere'", TG_E_SCRIPT, 2, "module \"nowhere\" is not known"},
      {"return 1", TG_E_SCRIPT, 0, "a script returns a table, not number"},
      {"", TG_E_SCRIPT, 0, "a script returns a table, not nil"},
      {"return { ruls = {} }", TG_E_SCRIPT, 0, "\"ruls\" is not known, did you mean \"rules\"?"},
      {"return { init = 1 }", TG_E_SCRIPT, 0, "init is a function, not number"},
      {"return { rules = { { topic = 1 } } }", TG_E_SCRIPT, 0, "rules[1]: topic is text or a function, not number"},
      {"return { commands = { { topic = 'a/+' } } }", TG_E_SCRIPT, 0, "commands[1]: map is missing"},
      {"return { events = { registred = print } }", TG_E_SCRIPT, 0, "did you mean \"registered\"?"},
      {"return { objects = { { id = 70000 } } }", TG_E_SCRIPT, 0, "objects[1]: "},
      {"return { drivers = { {} } }", TG_E_SCRIPT, 0, "drivers[1]: tg.driver.define"},
      {"return {\n  init = function()\n    error('late')\n  end }", TG_E_SCRIPT, 3, "late"},
      {"return { init = function() return nil, 'no port' end }", TG_E_SCRIPT, 0, "init: no port"},
      {"\033Lua", TG_E_SCRIPT, 0, "attempt to load a binary chunk"},
      {"\nwhile true do end", TG_E_BUDGET, 2, "over budget"},
      {"return { init = function()\n  while true do end end }", TG_E_BUDGET, 2, "over budget"},
      {"return { init = function()\n  pcall(function() while true do end end) end }", TG_E_BUDGET, 2, "over budget"},
      {"local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end", TG_E_NOMEM, 2, "not enough memory"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_api_bundle_t bundle = {.name = "wrong",
                                    .file = "rules/wrong.lua",
                                    .source = tg_slice_str(rows[i].source),
                                    .limits = {.instructions = 100000, .memory = (size_t)8 << 20}};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    if (rc != rows[i].rc || h.diag.line != rows[i].line || !strstr(h.diag.message, rows[i].says) ||
        strcmp(h.diag.file, "rules/wrong.lua") != 0)
      fail_msg("%s\ngives %s %s:%d: %s", rows[i].source, tg_rc_name(rc), h.diag.file, h.diag.line, h.diag.message);
    check_rc(tg_api_unload(h.api, "wrong"), TG_E_NOT_FOUND);
  }
  api_harness_close(&h);
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

static const char FRAGILE[] = "local n = ... and 0\n"
                              "return { version = 'fragile', events = { registered = function(dev)\n"
                              "  if dev.ep:find('^bad') then error('oops ' .. dev.ep) end\n"
                              "  print('ok')\n"
                              "end } }";

static void fail_times(api_harness_t *h, int times) {
  static int number;
  for (int i = 0; i < times; i++) {
    char ep[16];
    snprintf(ep, sizeof ep, "bad%d", number++ % 40);
    tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str(ep)};
    const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str(ep));
    if (device) event.device = device->id;
    if (device) api_harness_emit(h, &event);
    else api_harness_device(h, ep);
  }
}

static void five_failures_in_a_row_go_back_to_the_last_good_version(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", "return { version = 'good', events = { registered = function() print('good') end } }");
  api_harness_device(&h, "first");
  check_said(&h, "good");
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 4);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_slice(tg_slice_str(status.version), "fragile");
  check_int(status.failures_in_row, 4);
  api_harness_device(&h, "fine");
  check_int(api_harness_status(&h, "s").failures_in_row, 0); /* in a row, that is */
  check_said(&h, "ok");
  fail_times(&h, 5);
  status = api_harness_status(&h, "s");
  check_slice(tg_slice_str(status.version), "good");
  check_int(status.state, TG_API_RUNNING);
  check_int(status.generation, 3);
  check_int(status.failures_in_row, 0);
  check_int(status.errors, 9);
  check_has(status.last_error, "s.lua:3: oops bad");
  check_has(h.log, "went_back script=s");
  api_harness_device(&h, "again");
  check_said(&h, "good");
  api_harness_close(&h);
}

static void without_a_good_version_it_is_disabled_until_it_is_loaded_again(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 5);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_DISABLED);
  check_int(status.errors, 5);
  check_int(status.memory, 0);
  check_true(status.memory_peak > 0);
  check_has(status.last_error, "oops");
  check_has(h.log, "disabled script=s");
  api_harness_device(&h, "ignored");
  check_said(&h, "");
  api_harness_load(&h, "s", FRAGILE);
  status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_RUNNING);
  check_int(status.generation, 2);
  check_int(status.errors, 5); /* history stays */
  api_harness_device(&h, "heard");
  check_said(&h, "ok");
  fail_times(&h, 5); /* the first one was no good version */
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  api_harness_close(&h);
}

static void a_version_that_fails_now_and_then_is_not_what_to_return_to(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", "return { version = 'good' }");
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 2);
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 5);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_RUNNING);
  check_slice(tg_slice_str(status.version), "good"); /* the one before the one before */
  api_harness_close(&h);
}

static void a_failing_version_hands_over_when_it_is_mended(void **state) {
  (void)state;
  static const char SOURCE[] = "local version, bad = '%s', %s\n"
                               "return { version = version, save = function() return version end,\n"
                               "  restore = function(from) print('from ' .. from) end,\n"
                               "  deinit = function() print('bye ' .. version) end,\n"
                               "  events = { registered = function() if bad then error('x') end end } }";
  api_harness_t h;
  api_harness_open(&h);
  char good[512], bad[512];
  snprintf(good, sizeof good, SOURCE, "good", "false");
  snprintf(bad, sizeof bad, SOURCE, "bad", "true");
  api_harness_load(&h, "s", good);
  api_harness_load(&h, "s", bad);
  check_said(&h, "from good; bye good");
  fail_times(&h, 5);
  check_said(&h, "from bad; bye bad");
  api_harness_close(&h);
}

static void failures_that_a_library_caught_count_like_others(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "return { rules = {\n"
                   "  { match = { object = 3303 }, topic = 'a', map = function() error('one rule') end },\n"
                   "  { match = { object = 3303 }, topic = 'b', map = function() print('other rule') end } } }");
  tg_id_t device = api_harness_device(&h, "d");
  for (int i = 1; i <= 4; i++) {
    api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = i});
    check_said(&h, "other rule");
    check_int(api_harness_status(&h, "s").failures_in_row, i);
  }
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.errors, 4);
  check_has(status.last_error, "s.lua:2: one rule");
  api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 5});
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  api_harness_close(&h);
}

static void failing_tasks_and_timers_count_like_others(void **state) {
  (void)state;
  static const char *const rows[] = {
      "local tg = require 'tidegate'\nreturn { init = function() tg.timer.every(0.001, function()\nerror('tick') end) "
      "end }",
      "local tg = require 'tidegate'\nreturn { events = { registered = function() tg.timer.task(function()\n"
      "error('tick') end) end } }",
      "local tg = require 'tidegate'\nreturn { events = { registered = function() tg.timer.sleep(0.001)\n"
      "error('tick') end } }",
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    api_harness_load(&h, "s", rows[i]);
    uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
    while (api_harness_status(&h, "s").state != TG_API_DISABLED && tg_clock_mono_ms() < end) {
      fail_times(&h, 1);
      api_harness_pass(&h, 3);
    }
    tg_api_status_t status = api_harness_status(&h, "s");
    check_int(status.state, TG_API_DISABLED);
    check_int(status.errors, 5);
    check_has(status.last_error, "s.lua:3: tick");
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void an_overrun_is_counted_and_other_scripts_go_on(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const char *const loops[] = {
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "local s = ('x'):rep(1000) while true do s:find(('.-'):rep(9) .. 'y') end",
  };
  for (size_t i = 0; i < TG_COUNT(loops); i++) {
    char source[256];
    snprintf(source, sizeof source, "return { events = { registered = function()\n%s end } }", loops[i]);
    const tg_api_bundle_t bundle = {
        .name = "hog", .file = "hog.lua", .source = tg_slice_str(source), .limits = {.instructions = 1000000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    api_harness_load(&h, "other", "return { events = { registered = function() print('other') end } }");
    char ep[8];
    snprintf(ep, sizeof ep, "d%zu", i);
    api_harness_device(&h, ep);
    check_said(&h, "other");
    tg_api_status_t status = api_harness_status(&h, "hog");
    check_int(status.overruns, 1);
    check_int(status.errors, 1);
    check_has(status.last_error, "hog.lua:2: over budget");
    api_harness_unload(&h, "hog");
  }
  api_harness_close(&h);
}

static void the_clock_ends_what_instructions_do_not(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  const tg_api_bundle_t bundle = {
      .name = "hog",
      .file = "hog.lua",
      .source = tg_slice_str("return { events = { registered = function() while true do end end } }"),
      .limits = {.instructions = UINT64_MAX / 64, .burst_ms = 5}};
  check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
  uint64_t begin = tg_clock_mono_ms();
  api_harness_device(&h, "d");
  check_true(tg_clock_mono_ms() - begin < 2000);
  check_has(api_harness_status(&h, "hog").last_error, "over budget (time)");
  api_harness_close(&h);
}

static void memory_is_capped_for_each_script(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  const tg_api_bundle_t bundle = {.name = "eater",
                                  .file = "eater.lua",
                                  .source =
                                      tg_slice_str("local kept = {}\n"
                                                   "return { events = { registered = function()\n"
                                                   "  while true do kept[#kept + 1] = ('x'):rep(1e5) .. #kept end\n"
                                                   "end } }"),
                                  .limits = {.memory = (size_t)4 << 20, .burst_ms = 2000}};
  check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
  for (int i = 1; i <= 4; i++) {
    char ep[8];
    snprintf(ep, sizeof ep, "d%d", i);
    api_harness_device(&h, ep);
    tg_api_status_t status = api_harness_status(&h, "eater");
    check_int(status.errors, i);
    check_true(status.memory <= (size_t)4 << 20 && status.memory_peak <= (size_t)4 << 20);
    check_has(status.last_error, "eater.lua:3: not enough memory");
  }
  check_int(api_harness_status(&h, "eater").overruns, 0);
  api_harness_close(&h);
}

/* Whatever C still has to say then must not need memory. */
static void a_script_at_its_cap_fails_like_any_other(void **state) {
  (void)state;
  static const struct {
    const char *last;
    const char *says;
  } rows[] = {
      {"coroutine.yield()", "s.lua"},
      {"error('a message that is much too long to be short ' .. n)", "not enough memory"},
      {"error({})", "s.lua"},
      {"pcall(function() while true do end end)", "s.lua"},
      {"kept.x.y = 1", "s.lua"},
      {"print(n)", ""},
      {"tg.device.list()", "not enough memory"},
      {"tg.device.cancel(1)", "not enough memory"},
      {"tg.timer.after(1, print)", "not enough memory"},
      {"tg.timer.task(print)", "not enough memory"},
      {"tg.codec.from_json('[[[[1]]]]')", "not enough memory"},
      {"tg.codec.to_json({ 1, 2 })", "not enough memory"},
      {"tg.store.set('a', { 1, 2 })", "not enough memory"},
      {"tg.object.find(3)", "not enough memory"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t k = 0; k < TG_COUNT(rows) * 12; k++) { /* each with a few bytes more or less left */
    size_t i = k % TG_COUNT(rows), left = k / TG_COUNT(rows) * 8;
    char source[512], ep[8];
    snprintf(source, sizeof source,
             "local tg, kept = require 'tidegate', {}\n"
             "for i = 1, 20000 do kept[i] = false end local n = 0\n"
             "local function fill(size) while true do n = n + 1 kept[n] = ('x'):rep(size) end end\n"
             "local function names() while true do n = n + 1 kept[n] = n .. '' end end\n"
             "return { events = { registered = function(dev) collectgarbage()\n"
             "for size = 0, 30 do pcall(fill, 41 + (1 << 16 >> size)) end\n"
             "pcall(fill, 41 + %zu) pcall(names) pcall(names) %s end } }",
             left, rows[i].last);
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(source),
                                    .limits = {.memory = (size_t)4 << 20, .burst_ms = 5000, .instructions = 3000000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    snprintf(ep, sizeof ep, "d%zu", k % 50);
    tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str(ep)};
    api_harness_emit(&h, &event);
    tg_api_status_t status = api_harness_status(&h, "s");
    if (rows[i].says[0] && status.errors == 0) fail_msg("%s goes well", rows[i].last);
    if (!strstr(status.last_error, rows[i].says)) fail_msg("%s: %s", rows[i].last, status.last_error);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void options_are_data(void **state) {
  (void)state;
  static const struct {
    const char *options;
    const char *says; /* of a failure when it begins with ! */
  } rows[] = {
      {"", "table nil"},
      {"{}", "table nil"},
      {"{ port = 502 }", "table 502"},
      {"{ port = ('a'):rep(3) }", "table aaa"},
      {"{ port = -1.5 } -- a comment", "table -1.5"},
      {"1", "!options are no table"},
      {"nil", "!options are no table"},
      {"{", "!unexpected symbol"},
      {"{ port = print('x') }", "!attempt to call a nil value (global 'print')"},
      {"{ port = require 'uv' }", "!attempt to call a nil value (global 'require')"},
      {"(function() while true do end end)()", "!over budget"},
      {"\033Lua", "!unexpected symbol"},
      {"{}, 5", "table nil"},
  };
  static const char SOURCE[] = "local first = ...\nreturn { init = function(second)\n"
                               "print(type(first) .. ' ' .. tostring(second.port)) assert(first == second) end }";
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(SOURCE),
                                    .options = tg_slice_str(rows[i].options),
                                    .limits = {.instructions = 100000}};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    const char *said = api_harness_said(&h);
    if (rows[i].says[0] == '!' ? rc == TG_OK || !strstr(h.diag.message, rows[i].says + 1)
                               : rc != TG_OK || strcmp(said, rows[i].says) != 0)
      fail_msg("options %s: %s %s: %s", rows[i].options, tg_rc_name(rc), said, h.diag.message);
    if (rc == TG_OK) api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void write_file(const char *folder, const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void modules_come_from_the_program_the_script_s_folder_and_the_shared_one(void **state) {
  (void)state;
  char shared[] = "/tmp/api_test_shared.XXXXXX", own[] = "/tmp/api_test_own.XXXXXX", path[64];
  assert_non_null(mkdtemp(shared));
  assert_non_null(mkdtemp(own));
  write_file(shared, "both.lua", "return 'shared'");
  write_file(shared, "only.lua", "return 'only ' .. ...");
  write_file(shared, "bad.lua", "\n\nreturn = 1");
  write_file(own, "both.lua", "return 'own'");
  snprintf(path, sizeof path, "%s/tidegate", own);
  assert_int_equal(mkdir(path, 0700), 0);
  write_file(path, "rule.lua", "return 'mine'");
  snprintf(path, sizeof path, "%s/folder.lua", own);
  assert_int_equal(mkdir(path, 0700), 0);
  write_file(shared, "folder.lua", "return 'a file'");
  api_harness_t h;
  api_harness_open_with(&h, NULL, shared, NULL, 0);
  static const api_harness_row_t rows[] = {
      {"print(require 'both')", "own"},
      {"print(require 'only')", "only only"},
      {"print(type(require 'tidegate.rule'))", "table"}, /* the program's own can't be replaced */
      {"print(require 'folder')", "a file"},
      {"require 'bad'", "!bad.lua:3: unexpected symbol"},
      {"require '../both'", "!not known"},
      {"require '.both'", "!not known"},
      {"require 'both.'", "!not known"},
      {"require 'a..b'", "!not known"},
      {"require ''", "!not known"},
      {"require 'both\\0x'", "!"},
      {"require(('a'):rep(128))", "!not known"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[128], text[800];
    snprintf(source, sizeof source, "%s return {}", rows[i].code);
    const tg_api_bundle_t bundle = {.name = "s", .file = "s.lua", .source = tg_slice_str(source), .search = own};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    snprintf(text, sizeof text, "%s:%d: %s", h.diag.file, h.diag.line, h.diag.message);
    if (rows[i].says[0] != '!') check_said(&h, rows[i].says);
    else if (rc == TG_OK && i != 10) fail_msg("%s is found", rows[i].code);
    else if (rc != TG_OK) check_has(text, rows[i].says + 1);
  }
  api_harness_close(&h);
  char command[128];
  snprintf(command, sizeof command, "rm -r %s %s", shared, own);
  assert_int_equal(system(command), 0);
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
            what_is_wrong_with_a_script_is_told_with_file_and_line, a_broken_new_version_leaves_the_old_one_running,
            a_new_version_begins_before_the_old_one_ends, what_one_version_saves_the_next_one_gets,
            what_can_not_be_handed_over_is_told_and_the_new_version_runs,
            five_failures_in_a_row_go_back_to_the_last_good_version,
            without_a_good_version_it_is_disabled_until_it_is_loaded_again,
            a_version_that_fails_now_and_then_is_not_what_to_return_to, a_failing_version_hands_over_when_it_is_mended,
            failures_that_a_library_caught_count_like_others, failing_tasks_and_timers_count_like_others,
            an_overrun_is_counted_and_other_scripts_go_on, the_clock_ends_what_instructions_do_not,
            memory_is_capped_for_each_script, a_script_at_its_cap_fails_like_any_other, options_are_data,
            modules_come_from_the_program_the_script_s_folder_and_the_shared_one,
            a_deinit_that_fails_or_loops_does_not_keep_a_script, a_script_takes_along_its_timers_devices_and_questions)
