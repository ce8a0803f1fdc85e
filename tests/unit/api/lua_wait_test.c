/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_wait.c: who waits for an answer, in which order it comes, and what becomes of one that nobody waits for any more. */

#include "tests/unit/api/api_script_harness.h"

static void the_same_object_answers_many_questions_in_order(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_script_begin(&h, "for i = 1, 3 do task(function() say(i .. ' ' .. d:read('/3/0/' .. i)) end) end\n"
                       "task(function() say('urgent ' .. d:read('/3/0/7', { priority = 3 })) end)");
  for (int i = 0; i < 4; i++) {
    tg_record_t record = {.path = h.asked.path, .value = {.type = TG_TYPE_INTEGER, .i = h.asked.path.id[2] * 10}};
    api_harness_answer_records(&h, &record, 1);
  }
  check_said(&h, "urgent 70; 1 10; 2 20; 3 30");
  api_script_end(&h);
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
    api_script_begin(&h, code);
    const char *said = api_harness_said(&h);
    if (!strstr(said, "can't wait here: give a function as last argument")) fail_msg("%s: %s", rows[i], said);
    check_int(h.started, 0);
    api_script_end(&h);
  }
  api_harness_load(&h, "s",
                   "local d = require('tidegate').device.find('d')\n"
                   "return { deinit = function() d:read('/3/0/9') end }");
  api_harness_unload(&h, "s");
  check_has(h.log, "s.lua:2: can't wait here");
  api_harness_close(&h);
}

static void who_waits_hears_of_a_cancelled_command(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_script_begin(&h, "task(function() local v, err = d:read('/3/0/9', { tag = 'w' }) say(v, err.code) end)");
  check_rc(tg_twin_cancel(h.twin, h.asked.id), TG_OK);
  api_harness_settle(&h);
  check_said(&h, "nil; cancelled");
  api_script_end(&h);
  api_harness_close(&h);
}

static void a_script_that_goes_takes_its_questions_with_it(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (int way = 0; way < 3; way++) {
    api_script_begin(
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
    api_script_begin(&h, forms[i]);
    api_harness_answer_records(&h, NULL, 0);
    tg_api_status_t status = api_harness_status(&h, "s");
    check_slice(tg_slice_str(status.last_error), "s.lua:5: after");
    check_int(status.errors, 1);
    check_int(status.failures_in_row, 1);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

CHECK_SUITE(the_same_object_answers_many_questions_in_order, where_nobody_can_wait_a_function_is_wanted,
            who_waits_hears_of_a_cancelled_command, a_script_that_goes_takes_its_questions_with_it,
            what_fails_after_the_answer_is_told_with_its_line)
