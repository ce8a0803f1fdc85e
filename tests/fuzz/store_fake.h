/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_STORE_FAKE_H
#define TG_TESTS_FUZZ_STORE_FAKE_H

/**
 * A store without a database: it holds one row, which the target sets, forgets what is written but for the last value, and commits
 * when the target says so. Defines the functions of store.h, so that nothing of core/store is linked; included by one file of a program.
 */

#include "core/store/store.h"
#include "tests/fuzz/fuzz.h"

struct tg_store {
  const char *bucket; /* of the row; NULL: there is none */
  tg_slice_t key, value;
  uint64_t ticket, seq;
  tg_rc_t rc;       /* of every write */
  tg_buf_t last;    /* value that was put last, whatever its row */
  const char *only; /* bucket of which `last` is kept; NULL: any */
  uint64_t puts;
};

tg_rc_t tg_store_put(tg_store_t *store, const char *bucket, tg_slice_t key, tg_slice_t value) {
  fuzz_require(key.len <= 1024);
  if (store->only && strcmp(store->only, bucket) != 0) return store->rc;
  tg_buf_clear(&store->last);
  tg_buf_put(&store->last, value);
  store->puts++;
  return store->rc;
}

tg_rc_t tg_store_del(tg_store_t *store, const char *bucket, tg_slice_t key) {
  (void)bucket;
  fuzz_require(key.len <= 1024);
  return store->rc;
}

tg_rc_t tg_store_each(tg_store_t *store, const char *bucket, tg_store_row_fn fn, void *ud) {
  if (store->bucket && strcmp(store->bucket, bucket) == 0) (void)fn(ud, store->key, store->value);
  return TG_OK;
}

tg_rc_t tg_store_get(tg_store_t *store, const char *bucket, tg_slice_t key, tg_buf_t *value) {
  bool is_there = store->bucket && strcmp(store->bucket, bucket) == 0 && tg_slice_eq(key, store->key);
  if (is_there) tg_buf_put(value, store->value);
  return is_there ? value->rc : TG_E_NOT_FOUND;
}

const char *tg_store_gateway_id(const tg_store_t *store) {
  (void)store;
  return "0123456789abcdef";
}

uint64_t tg_store_ticket(const tg_store_t *store) {
  return store->ticket;
}

uint64_t tg_store_outbox_next_seq(tg_store_t *store) {
  return ++store->seq;
}

bool tg_store_outbox_has_room(const tg_store_t *store, uint8_t shed_class, uint64_t bytes) {
  (void)store, (void)shed_class, (void)bytes;
  return true;
}

void tg_store_outbox_refuse(tg_store_t *store, uint8_t shed_class) {
  (void)store, (void)shed_class;
}

void tg_store_stats(const tg_store_t *store, tg_store_stats_t *stats) {
  *stats = (tg_store_stats_t){.next_seq = store->seq};
}

#endif
