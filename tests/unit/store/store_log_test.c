/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_log_test.c: when the log of the database is copied into it: behind a commit that was told, never before it, and
 * so that the log stays within its size.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store/store_db.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

enum { PAGE = 4096, LOG_PAGES = 4000, VALUE = 3000, MIB = 1 << 20 };

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

static long size_of(const store_harness_t *h, const char *suffix) {
  char path[160];
  struct stat found;
  (void)snprintf(path, sizeof path, "%s%s", h->path, suffix);
  return stat(path, &found) == 0 ? (long)found.st_size : -1;
}

/* One transaction of @p count rows that take about a page each. */
static void write_rows(tg_store_db_t *db, uint32_t first, uint32_t count) {
  static uint8_t bytes[VALUE];
  bytes[0]++; /* what is there already is not written again */
  check_rc(tg_store_db_begin(db, false), TG_OK);
  for (uint32_t i = first; i < first + count; i++) {
    const tg_store_op_t op = {.kind = TG_STORE_OP_PUT,
                              .bucket = tg_slice_str("b"),
                              .key = tg_slice(&i, sizeof i),
                              .value = tg_slice(bytes, sizeof bytes)};
    check_rc(tg_store_db_apply(db, &op), TG_OK);
  }
  check_rc(tg_store_db_commit(db), TG_OK);
}

static void open_db(const store_harness_t *h, tg_store_db_t *db) {
  tg_diag_t diag;
  check_rc(tg_store_db_open(h->path, &diag, db), TG_OK);
}

static void a_commit_copies_nothing_and_tidying_copies_all(void **state) {
  const store_harness_t *h = *state;
  tg_store_db_t db;
  open_db(h, &db);
  long small = size_of(h, "");
  for (uint32_t at = 0; at < LOG_PAGES + 500; at += 500) write_rows(&db, at, 500);
  check_int(size_of(h, ""), small);
  check_true(size_of(h, "-wal") > (long)LOG_PAGES * PAGE);
  check_true(db.log_pages >= LOG_PAGES);

  tg_store_db_tidy(&db);
  check_true(size_of(h, "") > (long)LOG_PAGES * PAGE);
  check_int(db.log_pages, 0);
  write_rows(&db, 1, 1); /* the log begins anew */
  check_true(db.log_pages > 0 && db.log_pages < 100);
  tg_store_db_close(&db);
}

static void a_log_below_its_size_is_left_alone(void **state) {
  const store_harness_t *h = *state;
  tg_store_db_t db;
  open_db(h, &db);
  long small = size_of(h, "");
  write_rows(&db, 0, 500);
  int pages = db.log_pages;
  check_true(pages >= 500);
  tg_store_db_tidy(&db);
  check_int(db.log_pages, pages);
  check_int(size_of(h, ""), small);
  tg_store_db_close(&db);
}

/* A reader in the middle of its read holds some of the log back: nobody waits for it, the rest comes later. */
static void a_reader_delays_nothing(void **state) {
  const store_harness_t *h = *state;
  tg_store_db_t db;
  open_db(h, &db);
  write_rows(&db, 0, 1);
  check_int(sqlite3_exec(db.reader, "BEGIN; SELECT count(*) FROM row", NULL, NULL, NULL), SQLITE_OK);
  for (uint32_t at = 0; at < LOG_PAGES + 500; at += 500) write_rows(&db, at, 500);
  long before = size_of(h, "");
  tg_store_db_tidy(&db);
  check_true(size_of(h, "") < before + 100L * PAGE); /* but for what the reader sees */
  write_rows(&db, 1, 1);
  check_true(db.log_pages > LOG_PAGES); /* it goes on */
  check_int(sqlite3_exec(db.reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  tg_store_db_tidy(&db);
  check_true(size_of(h, "") > (long)LOG_PAGES * PAGE);
  write_rows(&db, 1, 1);
  check_true(db.log_pages < 100);
  tg_store_db_close(&db);
}

/* 64 MiB of messages that come and go: the writer tidies up by itself. */
static void the_log_of_a_store_stays_within_its_size(void **state) {
  store_harness_t *h = *state;
  check_rc(store_harness_open(h, NULL), TG_OK);
  static char text[64 << 10];
  memset(text, 'x', sizeof text - 1);
  long most = 0;
  for (int i = 0; i < 64; i++) {
    uint64_t seq = 0;
    for (int k = 0; k < 16; k++) check_rc(store_harness_add(h, 1, true, text, &seq), TG_OK);
    check_rc(store_harness_commit(h), TG_OK);
    for (uint64_t gone = seq - 15; gone <= seq; gone++) check_rc(tg_store_outbox_del(h->store, gone), TG_OK);
    check_rc(store_harness_commit(h), TG_OK);
    long size = size_of(h, "-wal");
    if (size > most) most = size;
  }
  check_true(most >= 15L * MIB && most < 24L * MIB);
}

/* A process that is killed with a full log; the next one answers for its first commit before anything of it is copied. */
static void a_start_with_a_full_log_does_not_copy_it(void **state) {
  store_harness_t *h = *state;
  pid_t child = fork();
  check_true(child >= 0);
  if (child == 0) {
    tg_store_db_t db;
    tg_diag_t diag;
    if (tg_store_db_open(h->path, &diag, &db) != TG_OK) _exit(3);
    for (uint32_t at = 0; at < LOG_PAGES + 500; at += 500) write_rows(&db, at, 500);
    (void)kill(getpid(), SIGKILL);
  }
  int status;
  check_int(waitpid(child, &status, 0), child);
  check_true(WIFSIGNALED(status) && size_of(h, "-wal") > (long)LOG_PAGES * PAGE);
  long small = size_of(h, "");
  check_true(small < 100L * PAGE);

  check_rc(store_harness_open(h, NULL), TG_OK);
  check_int(size_of(h, ""), small);
  check_rc(store_harness_add(h, 1, true, "first", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  for (int i = 0; i < 500 && size_of(h, "") == small; i++) {
    check_rc(store_harness_add(h, 1, true, "more", NULL), TG_OK);
    check_rc(store_harness_commit(h), TG_OK);
  }
  check_true(size_of(h, "") > (long)LOG_PAGES * PAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_commit_copies_nothing_and_tidying_copies_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_log_below_its_size_is_left_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_reader_delays_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_log_of_a_store_stays_within_its_size, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_start_with_a_full_log_does_not_copy_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
