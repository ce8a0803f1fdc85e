/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_log.c, and what print() of a script becomes. */

#include "core/base/log.h"
#include "tests/unit/api/api_harness.h"

typedef struct lines {
  size_t count;
  tg_log_level_t level;
  char area[16];
  char text[1100];
} lines_t;

static void on_line(void *ud, tg_log_level_t level, const char *area, const char *line) {
  lines_t *lines = ud;
  if (strcmp(area, "script") != 0) return;
  lines->count++;
  lines->level = level;
  snprintf(lines->area, sizeof lines->area, "%s", area);
  snprintf(lines->text, sizeof lines->text, "%s", line);
}

static void every_level_has_its_function(void **state) {
  (void)state;
  static const struct {
    const char *code;
    tg_log_level_t level;
    const char *line;
  } rows[] = {
      {"tg.log.error('e')", TG_LOG_ERROR, "said script=eval text=e"},
      {"tg.log.warn('w')", TG_LOG_WARN, "said script=eval text=w"},
      {"tg.log.info('i')", TG_LOG_INFO, "said script=eval text=i"},
      {"tg.log.debug('d')", TG_LOG_DEBUG, "said script=eval text=d"},
      {"print('p', 1, nil)", TG_LOG_INFO, "said script=eval print=p\\x091\\x09nil"},
      {"tg.log.info(42)", TG_LOG_INFO, "said script=eval text=42"},
      {"tg.log.info(nil)", TG_LOG_INFO, "said script=eval text=nil"},
      {"tg.log.info(setmetatable({}, { __tostring = function() return 'mine' end }))", TG_LOG_INFO,
       "said script=eval text=mine"},
      {"tg.log.info('two\\nlines\\0\\xff')", TG_LOG_INFO, "said script=eval text=two\\x0alines\\x00\\xff"},
      {"tg.log.info('%s%n')", TG_LOG_INFO, "said script=eval text=%s%n"},
      {"print('%s%n')", TG_LOG_INFO, "said script=eval print=%s%n"},
  };
  api_harness_t h;
  lines_t lines;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    lines = (lines_t){0};
    tg_log_setup(TG_LOG_DEBUG, on_line, &lines);
    api_harness_eval(&h, rows[i].code);
    check_int(lines.count, 1);
    check_int(lines.level, rows[i].level);
    check_slice(tg_slice_str(lines.text), rows[i].line);
  }
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  api_harness_close(&h);
}

static void what_is_below_the_level_is_not_even_made(void **state) {
  (void)state;
  api_harness_t h;
  lines_t lines = {0};
  api_harness_open(&h);
  tg_log_setup(TG_LOG_WARN, on_line, &lines);
  api_harness_eval(&h, "tg.log.info(setmetatable({}, { __tostring = error })) tg.log.debug('x') print('x')");
  check_int(lines.count, 0);
  api_harness_eval(&h, "tg.log.warn('seen')");
  check_int(lines.count, 1);
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  api_harness_close(&h);
}

static void long_text_is_cut_and_stays_one_line(void **state) {
  (void)state;
  static const char *const rows[] = {"tg.log.info(('x'):rep(100000))", "print(('x'):rep(100000))",
                                     "tg.log.info(('\\n'):rep(5000))", "print(('\\n'):rep(5000), ('y'):rep(5000))"};
  api_harness_t h;
  lines_t lines;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    lines = (lines_t){0};
    tg_log_setup(TG_LOG_DEBUG, on_line, &lines);
    api_harness_eval(&h, rows[i]);
    check_int(lines.count, 1);
    check_true(strlen(lines.text) > 500 && strlen(lines.text) <= 1000);
    assert_null(strchr(lines.text, '\n'));
  }
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  api_harness_close(&h);
}

static void a_script_that_talks_all_the_time_does_not_fill_the_log(void **state) {
  (void)state;
  api_harness_t h;
  lines_t lines = {0};
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate' return { events = { registered = function()\n"
                   "for i = 1, 10 do print(i) tg.log.warn(i) end end } }");
  tg_log_setup(TG_LOG_DEBUG, on_line, &lines);
  const tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str("x")};
  for (int i = 0; i < 100; i++) api_harness_emit(&h, &event);
  check_int(lines.count, 600); /* of 2,000, in one minute */
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  api_harness_close(&h);
}

static void a_script_that_fails_all_the_time_does_not_fill_the_log(void **state) {
  (void)state;
  api_harness_t h;
  lines_t lines = {0};
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local n = 0 return { events = { registered = function() n = n + 1\n"
                   "if n % 4 > 0 then error('again ' .. n) end end } }");
  tg_log_setup(TG_LOG_DEBUG, on_line, &lines);
  const tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str("x")};
  for (int i = 0; i < 100; i++) api_harness_emit(&h, &event);
  check_int(lines.count, 20); /* of 75, in one minute */
  check_int(lines.level, TG_LOG_ERROR);
  check_has(lines.text, "failed script=s suppressed=0 why=\"s.lua:2: again ");
  check_int(api_harness_status(&h, "s").errors, 75);
  check_has(h.error, "again 99");
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  api_harness_close(&h);
}

CHECK_SUITE(every_level_has_its_function, what_is_below_the_level_is_not_even_made, long_text_is_cut_and_stays_one_line,
            a_script_that_fails_all_the_time_does_not_fill_the_log,
            a_script_that_talks_all_the_time_does_not_fill_the_log)
