/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/log_test.c: mirrors core/base/log.c and core/base/require.c. */

#include "core/base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/require.h"
#include "tests/unit/check.h"

typedef struct seen {
  int lines;
  tg_log_level_t level;
  char area[32];
  char line[1200];
} seen_t;

static void sink(void *ud, tg_log_level_t level, const char *area, const char *line) {
  seen_t *seen = ud;
  seen->lines++;
  seen->level = level;
  (void)snprintf(seen->area, sizeof seen->area, "%s", area);
  (void)snprintf(seen->line, sizeof seen->line, "%s", line);
}

static void lines_above_the_level_go_to_the_sink_and_others_nowhere(void **state) {
  (void)state;
  seen_t seen = {0};
  tg_log_setup(TG_LOG_WARN, sink, &seen);
  tg_log("coap", TG_LOG_INFO, "not=wanted");
  check_int(seen.lines, 0);
  check_false(tg_log_wants(TG_LOG_INFO));
  tg_log("coap", TG_LOG_ERROR, "event key=%d", 5);
  check_int(seen.lines, 1);
  check_int(seen.level, TG_LOG_ERROR);
  assert_string_equal(seen.area, "coap");
  assert_string_equal(seen.line, "event key=5");
  tg_log_setup(TG_LOG_INFO, NULL, NULL);
}

static void a_long_line_is_cut_and_stays_one_line(void **state) {
  (void)state;
  seen_t seen = {0};
  tg_log_setup(TG_LOG_DEBUG, sink, &seen);
  tg_log("a", TG_LOG_DEBUG, "x\n%0*d", 3000, 1);
  check_int(strlen(seen.line), 1000);
  assert_null(strchr(seen.line, '\n'));
  tg_log_setup(TG_LOG_INFO, NULL, NULL);
}

/* Runs @p child with its standard error in a pipe; returns what it wrote and how it ended. */
static int run_child(void (*child)(void), char *out, size_t cap) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[0]);
    child();
    _exit(0);
  }
  (void)close(ends[1]);
  size_t len = 0;
  ssize_t got;
  while (len < cap - 1 && (got = read(ends[0], out + len, cap - 1 - len)) > 0) len += (size_t)got;
  out[len] = '\0';
  (void)close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static void *log_many(void *ud) {
  for (int i = 0; i < 200; i++) tg_log("t", TG_LOG_WARN, "thread=%d line=%d text=%0200d", *(int *)ud, i, 0);
  return NULL;
}

static void log_from_two_threads(void) {
  int a = 1, b = 2;
  pthread_t thread;
  (void)pthread_create(&thread, NULL, log_many, &a);
  (void)log_many(&b);
  (void)pthread_join(thread, NULL);
}

static void lines_on_standard_error_carry_time_and_are_never_mixed(void **state) {
  (void)state;
  enum { CAP = 200000 };
  char *out = malloc(CAP);
  assert_non_null(out);
  check_int(run_child(log_from_two_threads, out, CAP), 0);
  int lines = 0;
  for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
    int y, mo, d, h, mi, s, ms, thread, number, used = 0;
    check_int(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ warn  t thread=%d line=%d text=%n", &y, &mo, &d, &h, &mi, &s,
                     &ms, &thread, &number, &used),
              9);
    check_int(strlen(line + used), 200);
  }
  check_int(lines, 400);
  free(out);
}

/* To a pipe that nobody reads for a while. */
static void nobody_who_logs_waits_for_a_reader(void **state) {
  (void)state;
  enum { LINES = 500 };
  static char text[1 << 17];
  int ends[2], kept = dup(STDERR_FILENO);
  assert_int_equal(pipe(ends), 0);
  (void)dup2(ends[1], STDERR_FILENO);
  uint64_t begun = tg_clock_mono_ms();
  for (int i = 0; i < LINES; i++) tg_log("t", TG_LOG_WARN, "line=%d text=%0900d", i, 0);
  uint64_t took = tg_clock_mono_ms() - begun;
  ssize_t got = read(ends[0], text, sizeof text - 1);
  tg_log("t", TG_LOG_WARN, "somebody=reads");
  ssize_t more = read(ends[0], text + got, sizeof text - 1 - (size_t)got);
  (void)dup2(kept, STDERR_FILENO);
  check_true(took < 5000);
  assert_true(got > 0 && more > 0);
  text[got + more] = '\0';
  int written = 0;
  for (const char *at = text; (at = strstr(at, "text=")); at++) written++;
  const char *told = strstr(text, "lines_dropped count=");
  assert_non_null(told);
  check_int(written + atoi(told + 20), LINES);
  assert_non_null(strstr(told, "somebody=reads"));
  (void)close(ends[0]), (void)close(ends[1]), (void)close(kept);
}

static void break_a_contract(void) {
  int one = 1;
  TG_REQUIRE(one == 2);
}

static void a_broken_contract_names_itself_and_aborts(void **state) {
  (void)state;
  char out[512];
  int status = run_child(break_a_contract, out, sizeof out);
  check_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  assert_non_null(strstr(out, "one == 2"));
  assert_non_null(strstr(out, "log_test.c"));
}

static void repeats_are_limited_and_counted(void **state) {
  (void)state;
  tg_log_limit_t limit = {0};
  uint64_t now = 1000;
  int allowed = 0;
  for (int i = 0; i < 10; i++) allowed += tg_log_allow(&limit, now + (uint64_t)i, 3);
  check_int(allowed, 3);
  check_int(limit.suppressed, 7);
  check_true(tg_log_allow(&limit, now + 60000, 3)); /* the next minute tells of the seven */
  check_int(limit.suppressed, 7);
  check_true(tg_log_allow(&limit, now + 60001, 3));
  check_int(limit.suppressed, 0);
}

static void with_one_line_a_minute_the_count_still_starts_anew(void **state) {
  (void)state;
  tg_log_limit_t limit = {0};
  for (uint64_t minute = 0; minute < 3; minute++) {
    check_true(tg_log_allow(&limit, minute * 60000, 1));
    check_int(limit.suppressed, minute ? 4 : 0);
    for (uint64_t i = 1; i <= 4; i++) check_false(tg_log_allow(&limit, minute * 60000 + i, 1));
  }
}

static void foreign_text_becomes_printable_and_is_cut_with_a_mark(void **state) {
  (void)state;
  char out[16];
  assert_string_equal(tg_log_text(tg_slice_str("abc"), out, sizeof out), "abc");
  assert_string_equal(tg_log_text(tg_slice("a\0\n\\", 4), out, sizeof out), "a\\x00\\x0a\\x5c");
  assert_string_equal(tg_log_text(tg_slice_str("0123456789abcde"), out, sizeof out), "0123456789abcde");
  assert_string_equal(tg_log_text(tg_slice_str("0123456789abcdef"), out, sizeof out), "0123456789ab…");
  assert_string_equal(tg_log_text(tg_slice("\1\1\1\1\1", 5), out, sizeof out), "\\x01\\x01\\x01…");
  for (size_t cap = 1; cap < 16; cap++) {
    (void)memset(out, 'Z', sizeof out);
    check_true(strlen(tg_log_text(tg_slice_str("\x01\x02 a long text"), out, cap)) < cap);
  }
  out[0] = 'k';
  (void)tg_log_text(tg_slice_str("abc"), out, 0);
  check_int(out[0], 'k');
}

static void a_sentence_is_quoted_and_stays_readable(void **state) {
  (void)state;
  char out[20];
  assert_string_equal(tg_log_quote(tg_slice_str("a \"b\" c\\d"), out, sizeof out), "\"a 'b' c\\d\"");
  assert_string_equal(tg_log_quote(tg_slice("a\0\nb", 4), out, sizeof out), "\"a  b\"");
  assert_string_equal(tg_log_quote(tg_slice_str("für"), out, sizeof out), "\"für\"");
  assert_string_equal(tg_log_quote(tg_slice_str("f\xffr"), out, sizeof out), "\"f r\"");
  assert_string_equal(tg_log_quote(tg_slice_str("0123456789abcdefg"), out, sizeof out), "\"0123456789abcdefg\"");
  assert_string_equal(tg_log_quote(tg_slice_str("0123456789abcdefgh"), out, sizeof out), "\"0123456789abcd…\"");
  assert_string_equal(tg_log_quote(tg_slice_str("0123456789abcößxyz"), out, sizeof out), "\"0123456789abc…\"");
  for (size_t cap = 3; cap < 20; cap++) {
    (void)memset(out, 'Z', sizeof out);
    check_true(strlen(tg_log_quote(tg_slice_str("a text that is too long"), out, cap)) < cap);
  }
}

CHECK_SUITE(nobody_who_logs_waits_for_a_reader, lines_above_the_level_go_to_the_sink_and_others_nowhere,
            a_long_line_is_cut_and_stays_one_line, lines_on_standard_error_carry_time_and_are_never_mixed,
            a_broken_contract_names_itself_and_aborts, repeats_are_limited_and_counted,
            with_one_line_a_minute_the_count_still_starts_anew, foreign_text_becomes_printable_and_is_cut_with_a_mark,
            a_sentence_is_quoted_and_stays_readable)
