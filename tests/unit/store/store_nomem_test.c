/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_nomem_test.c: the store when an allocation of ours fails, in every place in turn. */

#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  (void)rc;
  *(uint64_t *)ud = ticket;
}

/* Opens, writes, commits, reads and closes; every failure must come back as a result. */
static bool use_store(void *ud) {
  tg_loop_t *loop = ud;
  uint64_t told = 0;
  tg_store_config_t config = {.on_commit = on_commit, .ud = &told};
  tg_store_t *store = NULL;
  tg_rc_t rc = tg_store_open(loop, &config, NULL, &store);
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    assert_null(store);
    return false;
  }
  static uint8_t large[8000];
  size_t written = 0, refused = 0;
  for (int i = 0; i < 20 && rc == TG_OK; i++) {
    tg_outbox_entry_t entry = {
        .seq = tg_store_outbox_next_seq(store), .durable = i % 2, .payload = tg_slice(large, sizeof large)};
    rc = tg_store_outbox_add(store, &entry);
    if (rc == TG_OK) written++;
    else refused++;
    if (rc == TG_OK) rc = tg_store_put(store, "b", tg_slice(&i, sizeof i), tg_slice(large, 1000));
  }
  if (rc != TG_OK) check_rc(rc, TG_E_NOMEM);
  tg_store_stats_t stats;
  tg_store_stats(store, &stats);
  check_int(stats.outbox_rows, written);
  check_int(stats.outbox_refused, refused); /* whoever holds answers looks here */
  uint64_t ticket = tg_store_ticket(store);
  (void)tg_store_end_turn(store);
  for (int i = 0; i < 1000 && told < ticket && tg_store_ticket(store) != ticket; i++) {
    tg_loop_turn(loop, 20); /* a post that finds no memory comes again */
    (void)tg_store_end_turn(store);
  }
  check_true(told == ticket || tg_store_ticket(store) == ticket);
  tg_buf_t value;
  tg_buf_init_growing(&value, 10000);
  tg_rc_t read = tg_store_get(store, "b", tg_slice(&(int){0}, sizeof(int)), &value);
  if (rc == TG_OK) rc = read;
  tg_buf_fini(&value);
  tg_store_close(store);
  return rc == TG_OK;
}

static void a_store_without_memory_says_so_and_leaks_nothing(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  assert_non_null(loop);
  check_true(alloc_harness_each_failure(use_store, loop) >= 8);
  tg_loop_free(loop);
}

CHECK_SUITE(a_store_without_memory_says_so_and_leaks_nothing)
