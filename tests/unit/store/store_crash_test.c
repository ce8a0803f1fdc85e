/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_crash_test.c: what the store promises when the process is killed or the disk is full. Children write and report
 * through a pipe; the parent reads the file afterwards.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  *state = &h;
  return 0;
}

static int tear_down(void **state) {
  store_harness_fini(*state);
  return 0;
}

/* What a child tells: everything up to `seq` is on disk, numbers up to `taken` were given. */
typedef struct report {
  uint64_t seq;
  uint64_t taken;
  uint64_t row;
} report_t;

/* Writes as fast as it can until it is killed. */
static void write_for_ever(const store_harness_t *parent, int fd) {
  store_harness_t h = *parent;
  h.loop = tg_loop_new(); /* a child does not share its parent's descriptors */
  if (!h.loop || store_harness_open(&h, NULL) != TG_OK) _exit(3);
  for (uint64_t row = 1;; row++) {
    report_t report = {.row = row};
    for (int i = 0; i < 20; i++) {
      char text[32];
      (void)snprintf(text, sizeof text, "%llu", (unsigned long long)row);
      if (store_harness_add(&h, 1, true, text, &report.seq) != TG_OK) _exit(4);
      if (i == 10 && tg_store_outbox_del(h.store, report.seq - 3) != TG_OK) _exit(4);
    }
    report.taken = tg_store_outbox_next_seq(h.store);
    if (tg_store_put(h.store, "row", tg_slice_str("last"), tg_slice(&row, sizeof row)) != TG_OK) _exit(5);
    if (store_harness_commit(&h) != TG_OK) _exit(6);
    if (write(fd, &report, sizeof report) != sizeof report) _exit(7);
  }
}

/* Starts a child, kills it after @p after_ms more than its first report. @return its last report */
static report_t run_and_kill(store_harness_t *h, unsigned after_ms) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    (void)close(ends[0]);
    write_for_ever(h, ends[1]);
  }
  (void)close(ends[1]);
  report_t report = {0}, last = {0};
  uint64_t kill_at = 0;
  while (read(ends[0], &report, sizeof report) == sizeof report) {
    last = report;
    if (!kill_at) kill_at = tg_clock_mono_ms() + after_ms;
    if (tg_clock_mono_ms() >= kill_at) (void)kill(pid, SIGKILL); /* what is still in the pipe was reported, too */
  }
  (void)close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  return last;
}

typedef struct presence {
  uint64_t last;
  uint64_t count;
} presence_t;

static bool count_entry(void *ud, const tg_outbox_entry_t *entry) {
  presence_t *presence = ud;
  assert_true(entry->seq > presence->last);
  presence->last = entry->seq;
  presence->count++;
  return true;
}

static void what_was_reported_committed_is_there_after_kill_9_and_numbers_never_repeat(void **state) {
  store_harness_t *h = *state;
  uint64_t taken = 0, expected = 0;
  for (unsigned round = 0; round < 6; round++) {
    report_t report = run_and_kill(h, round * 7);
    assert_true(report.seq > taken); /* nothing is given twice */
    taken = report.taken;
    expected += report.row * 19; /* 20 written and one deleted a round */

    check_rc(store_harness_open(h, NULL), TG_OK);
    uint64_t row = 0;
    tg_buf_t value;
    tg_buf_init(&value, &row, sizeof row);
    check_rc(tg_store_get(h->store, "row", tg_slice_str("last"), &value), TG_OK);
    assert_true(row == report.row || row == report.row + 1); /* the last commit may have beaten the signal */
    expected += (row - report.row) * 19;

    presence_t presence = {0, 0};
    tg_outbox_read_t read = {.broker = 1, .max = SIZE_MAX};
    check_rc(tg_store_outbox_read(h->store, &read, count_entry, &presence), TG_OK);
    assert_true(presence.count == expected); /* whole commits, nothing else */
    assert_true(presence.last >= report.seq);
    assert_true(tg_store_outbox_next_seq(h->store) > taken + (row - report.row) * 21);
    taken = tg_store_outbox_next_seq(h->store);
    store_harness_close(h);
  }
}

static void limit_files(rlim_t size) {
  struct rlimit limit;
  (void)getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = size;
  (void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void count_errors(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)area, (void)line;
  *(int *)ud += level == TG_LOG_ERROR;
}

#define REQUIRE(condition)                                                                                             \
  do {                                                                                                                 \
    if (!(condition)) _exit(__LINE__ % 200 + 20);                                                                      \
  } while (0)

/* The write that does not fit fails its ticket; rows are written later by themselves, and so are messages that nobody would say again. */
static void fill_the_disk(const store_harness_t *parent) {
  store_harness_t h = *parent;
  int errors = 0;
  tg_log_setup(TG_LOG_INFO, count_errors, &errors);
  (void)signal(SIGXFSZ, SIG_IGN); /* then writing says EFBIG, as a full disk says ENOSPC */
  h.loop = tg_loop_new();
  REQUIRE(h.loop && store_harness_open(&h, NULL) == TG_OK);
  uint64_t kept, dropped, old;
  REQUIRE(store_harness_add(&h, 1, true, "kept", &kept) == TG_OK);
  REQUIRE(store_harness_add(&h, 1, true, "old", &old) == TG_OK);
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k"), tg_slice_str("before")) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_OK);

  limit_files(4096); /* the log is longer than that already */
  REQUIRE(store_harness_add(&h, 1, true, "dropped", &dropped) == TG_OK);
  h.shed_class = 3;
  REQUIRE(store_harness_add(&h, 1, true, "end", NULL) == TG_OK); /* such as that of a command */
  h.shed_class = 0;
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k"), tg_slice_str("first")) == TG_OK);
  REQUIRE(tg_store_outbox_del(h.store, old) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_E_STORE);
  REQUIRE(errors == 1);
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k"), tg_slice_str("second")) == TG_OK);
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k2"), tg_slice_str("x")) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_E_STORE); /* tried once more, a second later */
  REQUIRE(errors == 1);                            /* told once */
  tg_store_stats_t stats;
  tg_store_stats(h.store, &stats);
  REQUIRE(stats.failed_commits == 2 && stats.outbox_rows == 2);
  char memory[64];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  REQUIRE(store_harness_read(&h, 1, 0, &value) == 1); /* it is not handed out before it is on disk */
  REQUIRE(tg_store_get(h.store, "row", tg_slice_str("k"), &value) == TG_E_STORE);

  limit_files(RLIM_INFINITY);
  uint64_t end = tg_clock_mono_ms() + 10000;
  tg_rc_t rc = TG_E_STORE;
  while (rc != TG_OK && tg_clock_mono_ms() < end) { /* nothing new is written: it comes back by itself */
    tg_loop_turn(h.loop, 100);
    tg_buf_clear(&value);
    rc = tg_store_get(h.store, "row", tg_slice_str("k"), &value);
  }
  REQUIRE(rc == TG_OK && tg_slice_is(tg_buf_slice(&value), "second"));
  while (store_harness_read(&h, 1, 0, &value) == 1 && tg_clock_mono_ms() < end) tg_loop_turn(h.loop, 100);
  REQUIRE(tg_slice_is(tg_buf_slice(&value), "kept end"));
  REQUIRE(store_harness_add(&h, 1, true, "after", NULL) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_OK);
  store_harness_close(&h);
  tg_loop_free(h.loop);
  _exit(0);
}

static void a_full_disk_fails_its_tickets_and_rows_catch_up_when_there_is_room(void **state) {
  store_harness_t *h = *state;
  pid_t pid = fork();
  if (pid == 0) fill_the_disk(h);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  check_int(WEXITSTATUS(status), 0);

  check_rc(store_harness_open(h, NULL), TG_OK);
  char memory[64];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_int(store_harness_read(h, 1, 0, &out), 3);
  check_slice(tg_buf_slice(&out), "kept end after");
  tg_buf_clear(&out);
  check_rc(tg_store_get(h->store, "row", tg_slice_str("k2"), &out), TG_OK);
}

/* Closing with a full disk must end, and leave a file that opens. */
static void close_on_a_full_disk(const store_harness_t *parent) {
  store_harness_t h = *parent;
  int errors = 0;
  tg_log_setup(TG_LOG_INFO, count_errors, &errors);
  (void)signal(SIGXFSZ, SIG_IGN);
  h.loop = tg_loop_new();
  REQUIRE(h.loop && store_harness_open(&h, NULL) == TG_OK);
  REQUIRE(store_harness_add(&h, 1, true, "kept", NULL) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_OK);
  limit_files(4096);
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k"), tg_slice_str("lost")) == TG_OK);
  store_harness_close(&h);
  REQUIRE(errors == 1);
  limit_files(RLIM_INFINITY);
  tg_loop_free(h.loop);
  _exit(0);
}

static void closing_on_a_full_disk_ends_and_says_what_is_lost(void **state) {
  store_harness_t *h = *state;
  pid_t pid = fork();
  if (pid == 0) close_on_a_full_disk(h);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  check_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
  check_rc(store_harness_open(h, NULL), TG_OK);
  char memory[64];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_int(store_harness_read(h, 1, 0, &out), 1);
}

/* A read in the middle of a turn writes the first half of a ticket, which fails; the second half succeeds. The ticket has failed. */
static void fail_half_a_ticket(const store_harness_t *parent) {
  store_harness_t h = *parent;
  int errors = 0;
  tg_log_setup(TG_LOG_INFO, count_errors, &errors);
  (void)signal(SIGXFSZ, SIG_IGN);
  h.loop = tg_loop_new();
  REQUIRE(h.loop && store_harness_open(&h, NULL) == TG_OK);
  REQUIRE(tg_store_put(h.store, "row", tg_slice_str("k"), tg_slice_str("0")) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_OK);
  limit_files(4096);
  REQUIRE(store_harness_add(&h, 1, true, "dropped", NULL) == TG_OK);
  char memory[64];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  REQUIRE(tg_store_get(h.store, "row", tg_slice_str("k"), &value) == TG_E_STORE);
  limit_files(RLIM_INFINITY);
  REQUIRE(store_harness_add(&h, 1, true, "written", NULL) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_E_STORE);
  REQUIRE(store_harness_add(&h, 1, true, "next", NULL) == TG_OK);
  REQUIRE(store_harness_commit(&h) == TG_OK);
  tg_buf_clear(&value);
  REQUIRE(store_harness_read(&h, 1, 0, &value) == 2);
  REQUIRE(tg_slice_is(tg_buf_slice(&value), "written next"));
  store_harness_close(&h);
  tg_loop_free(h.loop);
  _exit(0);
}

static void a_ticket_fails_with_any_of_its_parts(void **state) {
  pid_t pid = fork();
  if (pid == 0) fail_half_a_ticket(*state);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  check_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_reported_committed_is_there_after_kill_9_and_numbers_never_repeat,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_disk_fails_its_tickets_and_rows_catch_up_when_there_is_room, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_ticket_fails_with_any_of_its_parts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(closing_on_a_full_disk_ends_and_says_what_is_lost, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
