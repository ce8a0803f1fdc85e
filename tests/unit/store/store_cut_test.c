/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_cut_test.c: power cuts. A child writes through a file layer that loses and tears what was not synced; the parent opens
 * what is left: everything that a ticket was told TG_OK for is there, whole transactions only, and no start is refused.
 * TG_CUTS (60) is how many; TG_CUT_SEED replays one run.
 */

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/log.h"
#include "tests/unit/check.h"
#include "tests/unit/store/cut_harness.h"
#include "tests/unit/store/store_harness.h"

enum { CUTS = 60, FRESH_EVERY = 16, LONG_EVERY = 8, BIG = 60000 };

/* What a child tells after a commit: round `row` is on disk, with numbers up to `seq`. */
typedef struct report {
  uint64_t row, seq;
} report_t;

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

static uint64_t setting(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* A message that its broker takes at once: the commit after it holds nothing but its deletion, which a cut may undo. */
static void add_brief(store_harness_t *h, uint64_t row, uint64_t *seq) {
  char text[24];
  (void)snprintf(text, sizeof text, "b%llu", (unsigned long long)row);
  if (store_harness_add(h, 1, true, text, seq) != TG_OK) _exit(4);
}

/* A round leaves one message behind and deletes that of the round before: the outbox stays small. */
static void write_round(store_harness_t *h, uint64_t row, bool is_big, report_t *report) {
  static char text[BIG];
  int len = snprintf(text, sizeof text, "%llu", (unsigned long long)row);
  if (is_big) memset(text + len, ' ', sizeof text - (size_t)len - 1);
  uint64_t before = report->seq;
  bool is_good = store_harness_add(h, 1, true, text, &report->seq) == TG_OK;
  if (is_good && before) is_good = tg_store_outbox_del(h->store, before) == TG_OK;
  if (is_good) is_good = tg_store_put(h->store, "row", tg_slice_str("last"), tg_slice(&row, sizeof row)) == TG_OK;
  uint64_t brief = 0;
  if (is_good && row % 2) add_brief(h, row, &brief);
  if (!is_good || store_harness_commit(h) != TG_OK) _exit(4);
  report->row = row;
  if (brief && (tg_store_outbox_del(h->store, brief) != TG_OK || store_harness_commit(h) != TG_OK)) _exit(4);
}

static uint64_t last_row(store_harness_t *h) {
  uint64_t row = 0;
  tg_buf_t value;
  tg_buf_init(&value, &row, sizeof row);
  tg_rc_t rc = tg_store_get(h->store, "row", tg_slice_str("last"), &value);
  if (rc != TG_OK && rc != TG_E_NOT_FOUND) _exit(5);
  return row;
}

static bool is_brief(const tg_outbox_entry_t *entry) {
  return entry->payload.len > 1 && entry->payload.p[0] == 'b';
}

/* What the child goes on from. */
typedef struct rest {
  tg_store_t *store;
  uint64_t seq;
} rest_t;

static bool note_seq(void *ud, const tg_outbox_entry_t *entry) {
  rest_t *rest = ud;
  if (!is_brief(entry)) rest->seq = entry->seq;
  else if (tg_store_outbox_del(rest->store, entry->seq) != TG_OK) _exit(6); /* it comes twice, that is all */
  return true;
}

/* Until the power goes; now and then it closes and opens again, which writes the log into the database. */
static void run_until_cut(const store_harness_t *parent, int fd, uint64_t after, uint64_t seed) {
  store_harness_t h = *parent;
  h.loop = tg_loop_new();
  cut_harness_install(after, seed);
  bool is_big = after > 2000;
  uint64_t close_every = is_big ? 200 : 3 + seed % 20;
  for (;;) {
    if (!h.loop || store_harness_open(&h, NULL) != TG_OK) _exit(3);
    report_t report = {.row = last_row(&h)};
    tg_outbox_read_t read = {.broker = 1, .max = SIZE_MAX};
    rest_t rest = {.store = h.store};
    if (tg_store_outbox_read(h.store, &read, note_seq, &rest) != TG_OK) _exit(6);
    report.seq = rest.seq;
    for (uint64_t i = 0; i < close_every; i++) {
      write_round(&h, report.row + 1, is_big, &report);
      if (write(fd, &report, sizeof report) != sizeof report) _exit(7);
    }
    store_harness_close(&h);
  }
}

static report_t cut_once(store_harness_t *h, uint64_t after, uint64_t seed) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    (void)close(ends[0]);
    run_until_cut(h, ends[1], after, seed);
  }
  (void)close(ends[1]);
  report_t report, last = {0};
  while (read(ends[0], &report, sizeof report) == sizeof report) last = report;
  (void)close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  check_int(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), CUT_HARNESS_EXIT);
  return last;
}

typedef struct presence {
  uint64_t last, count, row;
  uint64_t briefs, brief_row;
} presence_t;

static bool count_entry(void *ud, const tg_outbox_entry_t *entry) {
  presence_t *presence = ud;
  char text[24] = {0};
  memcpy(text, entry->payload.p, entry->payload.len < sizeof text - 1 ? entry->payload.len : sizeof text - 1);
  if (is_brief(entry)) {
    presence->briefs++;
    presence->brief_row = strtoull(text + 1, NULL, 10);
    return true;
  }
  presence->row = strtoull(text, NULL, 10);
  presence->last = entry->seq;
  presence->count++;
  return true;
}

/* @p told is what the child was told last, of this cut or of those before. @return what is there */
static report_t look(store_harness_t *h, report_t told) {
  check_rc(store_harness_open(h, NULL), TG_OK);
  uint64_t row = last_row(h);
  assert_true(row == told.row || row == told.row + 1); /* the last commit may not have been told any more */
  presence_t presence = {0};
  tg_outbox_read_t read = {.broker = 1, .max = SIZE_MAX};
  check_rc(tg_store_outbox_read(h->store, &read, count_entry, &presence), TG_OK);
  check_int(presence.count, row ? 1 : 0);
  assert_true(presence.briefs == 0 ||
              (presence.briefs == 1 && presence.brief_row == row)); /* older ones are gone for good */
  assert_true(presence.row == row);                                 /* of one transaction with the row */
  assert_true(presence.last >= told.seq);
  assert_true(tg_store_outbox_next_seq(h->store) > told.seq); /* numbers are not given twice */
  store_harness_close(h);
  return (report_t){row, presence.last};
}

static void remove_database(const store_harness_t *h) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < TG_COUNT(suffixes); i++) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s%s", h->path, suffixes[i]);
    (void)unlink(path);
  }
}

static void nothing_that_was_told_is_lost_by_a_power_cut(void **state) {
  store_harness_t *h = *state;
  uint64_t cuts = setting("TG_CUTS", CUTS), rounds = 0, long_ones = 0;
  uint64_t seed = setting("TG_CUT_SEED", (uint64_t)time(NULL));
  print_message("# TG_CUT_SEED=%llu\n", (unsigned long long)seed);
  report_t there = {0};
  for (uint64_t i = 0; i < cuts; i++) {
    if (i % FRESH_EVERY == 0) {
      remove_database(h);
      there = (report_t){0};
    }
    uint64_t mixed = (seed + i) * 0x9E3779B97F4A7C15U;
    bool is_long = i % LONG_EVERY == LONG_EVERY - 1;
    uint64_t after = is_long ? 4000 + mixed % 9000 : 1 + (mixed >> 32) % 300;
    report_t told = cut_once(h, after, mixed >> 1);
    if (told.row < there.row) told = there; /* cut before its first commit */
    rounds += told.row - there.row;
    long_ones += is_long;
    there = look(h, told);
  }
  check_int(store_harness_files(h, "damaged"), 0);
  assert_true(rounds > cuts); /* it was not all cut before anything was written */
  print_message("# %llu cuts (%llu of them long), %llu commits told\n", (unsigned long long)cuts,
                (unsigned long long)long_ones, (unsigned long long)rounds);
}

/* The proof that the layer cuts at all: without syncs, what was told would be lost. */
static void the_layer_loses_what_is_not_synced(void **state) {
  store_harness_t *h = *state;
  unsigned lost = 0;
  for (uint64_t i = 0; i < 20; i++) {
    remove_database(h);
    store_harness_reopen(h);
    store_harness_close(h);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
      cut_harness_install(60 + i * 7, 1000 + i);
      sqlite3 *db = NULL;
      if (sqlite3_open(h->path, &db) != SQLITE_OK) _exit(3);
      (void)sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0", NULL,
                         NULL, NULL);
      for (char told = 1;; told++) {
        if (sqlite3_exec(db, "INSERT INTO row VALUES ('x', randomblob(8), randomblob(100))", NULL, NULL, NULL))
          _exit(4);
        if (write(ends[1], &told, 1) != 1) _exit(5);
      }
    }
    (void)close(ends[1]);
    int told = 0;
    for (char byte; read(ends[0], &byte, 1) == 1;) told++;
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    check_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, CUT_HARNESS_EXIT);
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM row WHERE bucket = 'x'", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    lost += sqlite3_column_int(stmt, 0) < told;
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
  }
  print_message("# without syncs %u of 20 cuts lose what was told\n", lost);
  assert_true(lost >= 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nothing_that_was_told_is_lost_by_a_power_cut, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_layer_loses_what_is_not_synced, set_up, tear_down),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
