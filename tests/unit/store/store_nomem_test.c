/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_nomem_test.c: the store when an allocation of ours fails, in every place in turn. */

#include "core/store/store_ring.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  (void)rc;
  *(uint64_t *)ud = ticket;
}

/* Opens, writes, commits, reads and closes; every failure must come back as a result. */
static bool use_store_on(tg_loop_t *loop) {
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

static bool use_store(void *ud) {
  (void)ud;
  tg_loop_t *loop = tg_loop_new(); /* of its own, so that its list of posts has to grow too */
  if (!loop) return false;
  bool done = use_store_on(loop);
  tg_loop_free(loop);
  return done;
}

static void a_store_without_memory_says_so_and_leaks_nothing(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(use_store, NULL) >= 10);
}

/* A message that can't be taken off the list of those to be written stays, and goes at the next try. */
static void a_deletion_without_memory_leaves_its_message(void **state) {
  (void)state;
  store_harness_t h;
  uint64_t seq;
  store_harness_init(&h, true);
  check_rc(store_harness_open(&h, NULL), TG_OK);
  check_rc(store_harness_add(&h, 1, true, "m", &seq), TG_OK);
  check_rc(store_harness_commit(&h), TG_OK);
  alloc_harness_fail_at(1); /* the group that is open has no memory of its own yet */
  check_rc(tg_store_outbox_del(h.store, seq), TG_E_NOMEM);
  check_true(alloc_harness_failed());
  alloc_harness_fail_at(0);
  tg_store_stats_t stats;
  tg_store_stats(h.store, &stats);
  check_int(stats.outbox_rows, 1);
  check_rc(tg_store_outbox_del(h.store, seq), TG_OK);
  tg_store_stats(h.store, &stats);
  check_int(stats.outbox_rows, 0);
  store_harness_fini(&h);
}

static void a_read_without_memory_to_write_before_says_so(void **state) {
  (void)state;
  store_harness_t h;
  char memory[4];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  store_harness_init(&h, true);
  check_rc(store_harness_open(&h, NULL), TG_OK);
  check_rc(tg_store_put(h.store, "b", tg_slice_str("k"), tg_slice_str("v")), TG_OK);
  alloc_harness_fail_at(1); /* the group that would be open after this one */
  check_rc(tg_store_get(h.store, "b", tg_slice_str("k"), &value), TG_E_NOMEM);
  check_true(alloc_harness_failed());
  alloc_harness_fail_at(0);
  check_rc(tg_store_get(h.store, "b", tg_slice_str("k"), &value), TG_OK);
  check_slice(tg_buf_slice(&value), "v");
  check_rc(store_harness_commit(&h), TG_OK);
  store_harness_fini(&h);
}

/* Half of a reservation of sequence numbers is left when the next is asked for; if that finds no memory, the next number asks again. */
static void a_reservation_without_memory_is_made_later(void **state) {
  (void)state;
  store_harness_t h;
  store_harness_init(&h, false);
  check_rc(store_harness_open(&h, NULL), TG_OK);
  uint64_t seq = 0;
  alloc_harness_fail_at(1);
  while (!alloc_harness_failed() && seq < 1 << 20) seq = tg_store_outbox_next_seq(h.store);
  check_true(alloc_harness_failed());
  alloc_harness_fail_at(0);
  check_int(tg_store_outbox_next_seq(h.store), seq + 1);
  check_rc(store_harness_commit(&h), TG_OK);                                      /* it was queued now */
  for (uint64_t i = 0; i < 1 << 20; i++) (void)tg_store_outbox_next_seq(h.store); /* beyond the first */
  check_rc(store_harness_commit(&h), TG_OK);
  check_rc(store_harness_add(&h, 1, true, "m", NULL), TG_OK);
  check_rc(store_harness_commit(&h), TG_OK);
  store_harness_fini(&h);
}

static bool load_ring(void *ud) {
  (void)ud;
  tg_store_ring_t ring = {.memory_max = 1 << 20};
  tg_rc_t rc = TG_OK;
  uint64_t seq = 0;
  while (rc == TG_OK && seq < 1000) rc = tg_store_ring_load(&ring, ++seq, 1, 10);
  check_int(ring.rows, rc == TG_OK ? seq : seq - 1);
  if (rc != TG_OK) check_rc(rc, TG_E_NOMEM);
  tg_store_ring_fini(&ring);
  return rc == TG_OK;
}

static void an_outbox_that_does_not_fit_is_told_at_the_start(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(load_ring, NULL), 3);
}

CHECK_SUITE(a_store_without_memory_says_so_and_leaks_nothing, a_deletion_without_memory_leaves_its_message,
            a_read_without_memory_to_write_before_says_so, a_reservation_without_memory_is_made_later,
            an_outbox_that_does_not_fit_is_told_at_the_start)
