/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle.c: a script that takes too much time or memory fails, and harms no other. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

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

/* What a script does last, when it has no memory left, and what comes of that. */
static const struct {
  const char *last;
  const char *says;
} lasts[] = {
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

/* Whatever C still has to say then must not need memory. */
static void a_script_at_its_cap_fails_like_any_other(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  for (size_t k = 0; k < TG_COUNT(lasts) * 12; k++) { /* each with a few bytes more or less left */
    size_t i = k % TG_COUNT(lasts), left = k / TG_COUNT(lasts) * 8;
    char source[512], ep[8];
    snprintf(source, sizeof source,
             "local tg, kept = require 'tidegate', {}\n"
             "for i = 1, 20000 do kept[i] = false end local n = 0\n"
             "local function fill(size) while true do n = n + 1 kept[n] = ('x'):rep(size) end end\n"
             "local function names() while true do n = n + 1 kept[n] = n .. '' end end\n"
             "return { events = { registered = function(dev) collectgarbage()\n"
             "for size = 0, 30 do pcall(fill, 41 + (1 << 16 >> size)) end\n"
             "pcall(fill, 41 + %zu) pcall(names) pcall(names) %s end } }",
             left, lasts[i].last);
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(source),
                                    .limits = {.memory = (size_t)4 << 20, .burst_ms = 5000, .instructions = 3000000}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    snprintf(ep, sizeof ep, "d%zu", k % 50);
    tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str(ep)};
    api_harness_emit(&h, &event);
    tg_api_status_t status = api_harness_status(&h, "s");
    if (lasts[i].says[0] && status.errors == 0) fail_msg("%s goes well", lasts[i].last);
    if (!strstr(status.last_error, lasts[i].says)) fail_msg("%s: %s", lasts[i].last, status.last_error);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

CHECK_SUITE(an_overrun_is_counted_and_other_scripts_go_on, the_clock_ends_what_instructions_do_not,
            memory_is_capped_for_each_script, a_script_at_its_cap_fails_like_any_other)
