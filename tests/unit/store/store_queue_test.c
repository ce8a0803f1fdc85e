/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_queue_test.c: mirrors core/store/store_queue.c and store_commit.c where transactions fail: by a disk that fails as it
 * is told, and by tables that somebody has taken away. Everything at once is in store_fault_test.c.
 */

#include <errno.h>
#include <sqlite3.h>

#include "core/base/log.h"
#include "core/store/store_commit.h"
#include "tests/faults/bad_disk.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

enum { RETRY_MS = 1, TURNS_MAX = 2000 };

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  h.retry_ms = RETRY_MS;
  *state = &h;
  bad_disk_order(h.dir, 0, 0, 0, 0);
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  store_harness_t *h = *state;
  bad_disk_order(h->dir, 0, 0, 0, 0);
  store_harness_fini(h);
  return 0;
}

static void spoil(const store_harness_t *h) {
  bad_disk_order(h->dir, BAD_DISK_ALL, EIO, 0, UINT64_MAX);
}

static void heal(const store_harness_t *h) {
  bad_disk_order(h->dir, 0, 0, 0, 0);
}

static void put(store_harness_t *h, const char *key, const char *value) {
  check_rc(tg_store_put(h->store, "b", tg_slice_str(key), tg_slice_str(value)), TG_OK);
}

static tg_rc_t get(store_harness_t *h, const char *key, tg_buf_t *value) {
  tg_buf_clear(value);
  return tg_store_get(h->store, "b", tg_slice_str(key), value);
}

/* Turns until the broker's messages are @p want. */
static void await_messages(store_harness_t *h, const char *want) {
  char memory[128];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  for (int i = 0; i < TURNS_MAX; i++) {
    (void)store_harness_read(h, 1, 0, &out);
    if (tg_slice_is(tg_buf_slice(&out), want)) return;
    tg_loop_turn(h->loop, 5);
    (void)tg_store_end_turn(h->store);
  }
  check_slice(tg_buf_slice(&out), want);
}

/* Telemetry is with its sender, who is told: without anything else to write the disk is left alone until there is. */
static void what_nobody_keeps_is_not_tried_again(void **state) {
  store_harness_t *h = *state;
  tg_store_stats_t stats;
  spoil(h);
  check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  uint64_t seen = bad_disk_seen();
  check_true(seen > 0);
  for (int i = 0; i < 20; i++) {
    tg_loop_turn(h->loop, 5 * RETRY_MS);
    (void)tg_store_end_turn(h->store);
  }
  assert_true(bad_disk_seen() == seen);
  tg_store_stats(h->store, &stats);
  check_int(stats.outbox_rows, 0);
  heal(h);
  check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  tg_store_stats(h->store, &stats);
  check_int(stats.failed_commits, 1);
}

/* A reservation of numbers that can't be written leaves enough for hours; then messages are refused rather than a number given twice. */
static void numbers_that_could_be_given_twice_are_not_used(void **state) {
  store_harness_t *h = *state;
  tg_store_stats_t stats;
  spoil(h);
  uint64_t seq = tg_store_outbox_next_seq(h->store), first = seq, last = seq + (1 << 20);
  check_rc(store_harness_add(h, 1, false, "in memory", NULL), TG_OK);
  while (seq < last) seq = tg_store_outbox_next_seq(h->store);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_rc(store_harness_add(h, 1, false, "in memory", NULL), TG_E_STORE);
  tg_store_stats(h->store, &stats);
  check_int(stats.outbox_refused, 1);
  check_int(stats.outbox_rows, 1);
  heal(h);
  put(h, "k", "v"); /* what was kept goes to the disk with it, the reservation too */
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(store_harness_add(h, 1, true, "on disk", &seq), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_true(seq > last && last > first);
  store_harness_reopen(h);
  check_true(tg_store_outbox_next_seq(h->store) > seq);
}

/* Nobody would say the end of a command again, so it waits for the disk, in order, and nobody has to do anything for it. */
static void results_wait_for_the_disk_and_telemetry_does_not(void **state) {
  store_harness_t *h = *state;
  spoil(h);
  check_rc(store_harness_add(h, 1, true, "value", NULL), TG_OK);
  h->shed_class = TG_STORE_RESULT;
  check_rc(store_harness_add(h, 1, true, "first", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_rc(store_harness_add(h, 1, true, "second", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  check_int(stats.outbox_rows, 2);
  check_int(stats.failed_commits, 2);
  await_messages(h, ""); /* nothing that is not on disk */
  heal(h);
  await_messages(h, "first second");
  store_harness_reopen(h);
  await_messages(h, "first second");
}

/* Its failure may be known before the turn ends that it was in. */
static void a_read_says_that_what_is_queued_can_not_be_written(void **state) {
  store_harness_t *h = *state;
  char memory[16];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  put(h, "k", "1");
  check_rc(store_harness_commit(h), TG_OK);
  spoil(h);
  put(h, "k", "2");
  check_rc(get(h, "k", &value), TG_E_STORE);
  check_rc(get(h, "k", &value), TG_E_STORE); /* as long as it is so */
  tg_store_stats_t stats = {0};
  for (int i = 0; i < TURNS_MAX && !stats.failed_commits; i++) {
    tg_loop_turn(h->loop, 5);
    tg_store_stats(h->store, &stats);
  }
  check_int(stats.failed_commits, 1);
  check_int(h->failures, 0); /* a ticket is told when it has ended */
  heal(h);
  check_rc(store_harness_commit(h), TG_E_STORE); /* the ticket has failed all the same */
  for (int i = 0; i < TURNS_MAX && get(h, "k", &value) != TG_OK; i++) tg_loop_turn(h->loop, 5);
  check_slice(tg_buf_slice(&value), "2");
}

/* A read in the middle of a turn writes the first half of a ticket, which fails; the second half succeeds. The ticket has failed, the next has not. */
static void a_ticket_fails_with_any_of_its_parts(void **state) {
  store_harness_t *h = *state;
  char memory[16];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  spoil(h);
  check_rc(store_harness_add(h, 1, true, "dropped", NULL), TG_OK);
  check_rc(get(h, "k", &value), TG_E_STORE);
  heal(h);
  check_rc(store_harness_add(h, 1, true, "written", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_rc(store_harness_add(h, 1, true, "next", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  await_messages(h, "written next");
}

/* What is on disk, seen from another connection; the store is not asked, which would write first. */
static void check_on_disk(const store_harness_t *h, const char *want) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  check_int(sqlite3_open(h->path, &db), SQLITE_OK);
  check_int(sqlite3_prepare_v2(db, "SELECT value FROM row WHERE key = CAST('k' AS BLOB)", -1, &stmt, NULL), SQLITE_OK);
  check_int(sqlite3_step(stmt), SQLITE_ROW);
  check_bytes(tg_slice(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0)), tg_slice_str(want));
  (void)sqlite3_finalize(stmt);
  check_int(sqlite3_close(db), SQLITE_OK);
}

/* A transaction fails in its middle: what it had done is undone, and all that is kept is carried out once the table is back. */
static void nothing_of_a_transaction_stays_whose_end_can_not_be_carried_out(void **state) {
  store_harness_t *h = *state;
  char memory[16];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  put(h, "k", "old");
  check_rc(store_harness_commit(h), TG_OK);
  store_harness_sql(h, "ALTER TABLE outbox RENAME TO away");
  h->shed_class = TG_STORE_RESULT;
  put(h, "k", "new");
  check_rc(store_harness_add(h, 1, true, "first", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_on_disk(h, "old");
  check_rc(store_harness_add(h, 1, true, "second", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE); /* two groups of which the first can't be carried out */
  check_rc(store_harness_add(h, 1, true, "third", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_on_disk(h, "old");
  store_harness_sql(h, "ALTER TABLE away RENAME TO outbox");
  await_messages(h, "first second third");
  check_rc(get(h, "k", &value), TG_OK);
  check_slice(tg_buf_slice(&value), "new");
  check_on_disk(h, "new");
}

/* A backup, say, that holds the lock for longer than the two seconds that SQLite waits. */
static void a_lock_of_another_process_fails_tickets_until_it_is_gone(void **state) {
  store_harness_t *h = *state;
  char memory[16];
  tg_buf_t value;
  sqlite3 *db = NULL;
  tg_buf_init(&value, memory, sizeof memory);
  check_int(sqlite3_open(h->path, &db), SQLITE_OK);
  check_int(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  put(h, "k", "v");
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_int(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  check_int(sqlite3_close(db), SQLITE_OK);
  for (int i = 0; i < TURNS_MAX && get(h, "k", &value) != TG_OK; i++) tg_loop_turn(h->loop, 5); /* by itself */
  check_slice(tg_buf_slice(&value), "v");
}

/* After a read in between, the next group's time may end at the very same moment as the last one's: it needs its timer all the same. */
static void a_group_behind_one_that_was_flushed_has_a_time_of_its_own(void **state) {
  store_harness_t *h = *state;
  char memory[16];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  store_harness_close(h);
  h->commit_max_ms = 20;
  check_rc(store_harness_open(h, NULL), TG_OK);
  put(h, "k", "1");
  (void)tg_store_end_turn(h->store);
  check_rc(get(h, "k", &value), TG_OK);
  put(h, "k", "2"); /* the loop's time is still the same */
  check_rc(store_harness_commit(h), TG_OK);
  check_int(h->failures, 0);
}

/* A last try is ordered at the end while one is going on, which leaves nothing to try: no transaction, and nothing has changed. */
static void a_try_with_nothing_left_to_try_is_no_transaction(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    tg_store_writer_t writer = {.failing = i == 1}; /* no database: it would not be asked */
    check_rc(tg_store_commit_write(&writer, NULL), TG_OK);
    tg_store_commit_settle(&writer, NULL, TG_OK);
    check_int(writer.failing, i == 1);
    assert_null(writer.done);
    assert_null(writer.kept);
  }
}

static void silent(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)ud, (void)level, (void)area, (void)line;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_STORE(what_nobody_keeps_is_not_tried_again),
      WITH_STORE(numbers_that_could_be_given_twice_are_not_used),
      WITH_STORE(results_wait_for_the_disk_and_telemetry_does_not),
      WITH_STORE(a_read_says_that_what_is_queued_can_not_be_written),
      WITH_STORE(a_ticket_fails_with_any_of_its_parts),
      WITH_STORE(nothing_of_a_transaction_stays_whose_end_can_not_be_carried_out),
      WITH_STORE(a_lock_of_another_process_fails_tickets_until_it_is_gone),
      WITH_STORE(a_group_behind_one_that_was_flushed_has_a_time_of_its_own),
      cmocka_unit_test(a_try_with_nothing_left_to_try_is_no_transaction),
  };
  tg_log_setup(TG_LOG_ERROR, silent, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
