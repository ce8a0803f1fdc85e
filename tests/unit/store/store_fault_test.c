/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_fault_test.c: N5. A disk whose n-th write, sync, truncation, opening or deletion fails, for all n of a scenario, once and
 * from then on, with each error that a disk gives. Nobody is told that something is on disk which is not, nothing that was told is lost, and
 * the next try succeeds once the disk is well.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "tests/faults/bad_disk.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

enum { ROUNDS = 6, PLACES_MAX = 2000, RETRY_MS = 1, BIG = 30000 };

typedef struct fault {
  unsigned kinds;
  int error;
  uint64_t at;
  bool for_ever;
} fault_t;

/* What a life was told, and what became of it. */
typedef struct told {
  uint64_t seqs[ROUNDS + 1]; /* of messages; 0 = not handed over */
  bool good[ROUNDS + 1];     /* told that it is on disk */
  bool deleted[ROUNDS + 1];  /* told that its deletion is on disk */
  uint64_t row;              /* the last one told to be on disk */
  uint64_t wanted;           /* the last one put at all */
  bool ended_badly;          /* it was closed before it could make up for a failure */
} told_t;

static uint64_t lives, injected;
static unsigned failures_logged, recoveries_logged;

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  h.retry_ms = RETRY_MS;
  *state = &h;
  return 0;
}

static int tear_down(void **state) {
  store_harness_t *h = *state;
  bad_disk_order(h->dir, 0, 0, 0, 0);
  store_harness_fini(h);
  return 0;
}

static void remove_database(const store_harness_t *h) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
  for (size_t i = 0; i < TG_COUNT(suffixes); i++) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s%s", h->path, suffixes[i]);
    (void)unlink(path);
  }
}

/* One message, the deletion of the one before, a row: one transaction. */
static void write_round(store_harness_t *h, uint64_t round, told_t *told) {
  static char text[BIG + 1];
  memset(text, 'x', round % 3 == 2 ? BIG : 20);
  text[round % 3 == 2 ? BIG : 20] = '\0';
  if (store_harness_add(h, 1, true, text, &told->seqs[round]) != TG_OK) told->seqs[round] = 0;
  bool deletes = round > 0 && told->good[round - 1];
  if (deletes) check_rc(tg_store_outbox_del(h->store, told->seqs[round - 1]), TG_OK);
  check_rc(tg_store_put(h->store, "row", tg_slice_str("last"), tg_slice(&round, sizeof round)), TG_OK);
  told->wanted = round;
  if (store_harness_commit(h) != TG_OK) return;
  told->good[round] = told->seqs[round] != 0;
  if (deletes) told->deleted[round - 1] = true;
  told->row = round;
}

static bool opens(store_harness_t *h) {
  tg_diag_t diag = {0};
  tg_rc_t rc = store_harness_open(h, &diag);
  if (rc == TG_OK) return true;
  check_rc(rc, TG_E_STORE);
  check_true(*diag.message);
  h->store = NULL;
  return false;
}

static void heal(const store_harness_t *h) {
  injected += bad_disk_failed();
  bad_disk_order(h->dir, 0, 0, 0, 0);
}

static uint64_t get_row(store_harness_t *h) {
  uint64_t row = 0;
  tg_buf_t value;
  tg_buf_init(&value, &row, sizeof row);
  tg_rc_t rc = tg_store_get(h->store, "row", tg_slice_str("last"), &value);
  assert_true(rc == TG_OK || rc == TG_E_NOT_FOUND);
  return row;
}

static bool note_seq(void *ud, const tg_outbox_entry_t *entry) {
  uint64_t **at = ud;
  *(*at)++ = entry->seq;
  return true;
}

static bool is_there(const uint64_t *list, uint64_t seq) {
  while (*list && *list != seq) list++;
  return *list != 0;
}

/* A message that was refused is away, so that its sender may say it again, but for one whose transaction failed last of all, in its sync, before an end on a bad disk. */
static void check_there(store_harness_t *h, const told_t *told) {
  uint64_t there[ROUNDS + 4] = {0}, *at = there;
  tg_outbox_read_t read = {.broker = 1, .max = ROUNDS + 2};
  check_rc(tg_store_outbox_read(h->store, &read, note_seq, &at), TG_OK);
  for (size_t i = 0; i <= ROUNDS; i++) {
    if (!told->seqs[i]) continue;
    if (told->good[i] && i == told->wanted)
      assert_true(is_there(there, told->seqs[i])); /* nobody deletes the last one */
    if (told->deleted[i]) assert_false(is_there(there, told->seqs[i]));
    if (!told->good[i] && !told->ended_badly) assert_false(is_there(there, told->seqs[i]));
    assert_true(tg_store_outbox_next_seq(h->store) > told->seqs[i]);
  }
  uint64_t row = get_row(h);
  assert_true(row >= told->row && row <= told->wanted);
}

/* While it lives: what failed is made up for at the next try, in a moment. */
static void check_recovery(store_harness_t *h, told_t *told) {
  heal(h);
  for (int tries = 0; !told->good[ROUNDS]; tries++) {
    assert_true(tries < 3);
    write_round(h, ROUNDS, told);
  }
  check_int(get_row(h), ROUNDS); /* what was kept was written, in order */
  check_there(h, told);
}

/* A life with a fault in it. @return whether the fault came to pass */
static bool live(store_harness_t *h, const fault_t *fault, bool recovers) {
  told_t told = {0};
  lives++;
  remove_database(h);
  bad_disk_order(h->dir, fault->kinds, fault->error, fault->at, fault->for_ever ? UINT64_MAX : 1);
  bool is_open = opens(h);
  for (uint64_t i = 0; is_open && i < ROUNDS; i++) {
    write_round(h, i, &told);
    if (i != ROUNDS / 2) continue;
    told.ended_badly = bad_disk_failed() > 0;
    store_harness_close(h); /* the log goes into the database, and its file away */
    is_open = opens(h);
  }
  bool came = bad_disk_failed() > 0;
  if (!is_open) { /* the start was refused: with a disk that is well again it is not */
    heal(h);
    check_rc(store_harness_open(h, NULL), TG_OK);
    told.ended_badly = true;
  }
  if (recovers) check_recovery(h, &told);
  told.ended_badly |= !recovers && bad_disk_failed() > 0;
  store_harness_close(h);
  heal(h);
  check_rc(store_harness_open(h, NULL), TG_OK);
  check_there(h, &told);
  store_harness_close(h);
  check_int(store_harness_files(h, "damaged"), 0);
  return came;
}

/* Every second place for EIO; for the others, which SQLite tells by name only, every so many, unless all are wanted (TG_FAULTS=all). */
static uint64_t step_of(int error, unsigned kinds) {
  const char *all = getenv("TG_FAULTS");
  if (all && strcmp(all, "all") == 0) return 1;
  return error == EIO && kinds == BAD_DISK_ALL ? 2 : error == EIO ? 5 : 11;
}

static void live_with_each(store_harness_t *h, bool recovers) {
  static const unsigned kinds[] = {BAD_DISK_ALL,      BAD_DISK_WRITE, BAD_DISK_SYNC,
                                   BAD_DISK_TRUNCATE, BAD_DISK_OPEN,  BAD_DISK_DELETE};
  static const int errors[] = {EIO, ENOSPC, EROFS};
  for (size_t e = 0; e < TG_COUNT(errors); e++) {
    /* One place after the other; where all later ones fail too, each kind alone as well. */
    uint64_t step = step_of(errors[e], BAD_DISK_ALL);
    for (uint64_t at = 0; live(h, &(fault_t){BAD_DISK_ALL, errors[e], at, false}, recovers); at += step)
      assert_true(at < PLACES_MAX);
    for (size_t k = 0; k < TG_COUNT(kinds); k++) {
      step = step_of(errors[e], kinds[k]);
      for (uint64_t at = 0; live(h, &(fault_t){kinds[k], errors[e], at, true}, recovers); at += step)
        assert_true(at < PLACES_MAX);
    }
  }
}

static void what_was_told_is_there_and_the_next_try_succeeds(void **state) {
  live_with_each(*state, true);
}

static void what_was_told_is_there_after_an_end_on_a_bad_disk(void **state) {
  live_with_each(*state, false);
}

static void the_disk_fails_at_all(void **state) {
  store_harness_t *h = *state;
  bad_disk_order(h->dir, BAD_DISK_ALL, 0, 0, 0);
  told_t told = {0};
  store_harness_reopen(h);
  for (uint64_t i = 0; i < ROUNDS; i++) write_round(h, i, &told);
  store_harness_close(h);
  print_message("# %llu operations on the disk in a life; %llu lives, %llu failures\n",
                (unsigned long long)bad_disk_seen(), (unsigned long long)lives, (unsigned long long)injected);
  check_true(bad_disk_seen() > 40);
  check_int(bad_disk_failed(), 0);
  check_true(injected > 1000);
}

/* Deletions alone are not synced: they succeed where only syncs fail, and say nothing about the disk. */
static void only_what_is_synced_shows_that_the_disk_is_well(void **state) {
  store_harness_t *h = *state;
  uint64_t first = 0;
  h->shed_class = TG_STORE_TELEMETRY; /* what fails is not tried again */
  store_harness_reopen(h);
  check_rc(store_harness_add(h, 1, true, "first", &first), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  failures_logged = recoveries_logged = 0;

  bad_disk_order(h->dir, BAD_DISK_SYNC, EIO, 0, UINT64_MAX);
  check_rc(store_harness_add(h, 1, true, "second", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_rc(tg_store_outbox_del(h->store, first), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(store_harness_add(h, 1, true, "third", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_E_STORE);
  check_int(failures_logged, 1);
  check_int(recoveries_logged, 0);

  heal(h);
  check_rc(store_harness_add(h, 1, true, "fourth", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_int(failures_logged, 1);
  check_int(recoveries_logged, 1);
}

/* Says nothing, and counts. */
static void silent(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)ud, (void)level, (void)area;
  failures_logged += strstr(line, "write_failed ") != NULL;
  recoveries_logged += strstr(line, "writes_again") != NULL;
}

/* tests/lib/proof.py notes it where it is asked to. */
static void prove(void) {
  char command[512];
  if (!getenv("TG_PROOFS")) return;
  (void)snprintf(command, sizeof command,
                 "python3 " TG_SOURCE_DIR "/tests/lib/proof.py N5 'each operation of the store fails' "
                 "--command 'build/dev/tests/store_fault_test' --measured 'acknowledged writes missing|0|=|0|' "
                 "--measured 'lives of a store|%llu|||' --measured 'failed operations|%llu|||'",
                 (unsigned long long)lives, (unsigned long long)injected);
  if (system(command) != 0) print_error("proof.py failed\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_told_is_there_and_the_next_try_succeeds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_was_told_is_there_after_an_end_on_a_bad_disk, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_disk_fails_at_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_what_is_synced_shows_that_the_disk_is_well, set_up, tear_down),
  };
  tg_log_setup(TG_LOG_WARN, silent, NULL);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (!failed) prove();
  return failed;
}
