/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/hidx_test.c: mirrors core/base/hidx.c. */

#include "core/base/hidx.h"

#include "core/base/random.h"
#include "tests/unit/check.h"

static bool eq(const void *table, uint32_t slot, const void *key) {
  return ((const uint32_t *)table)[slot] == *(const uint32_t *)key;
}

static bool find(const tg_hidx_t *idx, const uint32_t *table, uint32_t hash, uint32_t key, uint32_t *slot) {
  tg_hidx_query_t query = {hash, eq, table, &key};
  return tg_hidx_find(idx, &query, slot);
}

static void an_empty_index_finds_nothing_and_deletes_nothing(void **state) {
  (void)state;
  tg_hidx_t idx;
  tg_hidx_init(&idx);
  uint32_t table[1] = {5}, slot;
  check_false(find(&idx, table, 5, 5, &slot));
  tg_hidx_del(&idx, 5, 0);
  tg_hidx_fini(&idx);
}

static void keys_of_one_hash_are_told_apart_by_their_owner(void **state) {
  (void)state;
  enum { N = 50 };
  uint32_t table[N], slot;
  tg_hidx_t idx;
  tg_hidx_init(&idx);
  for (uint32_t i = 0; i < N; i++) {
    table[i] = 1000 + i;
    check_rc(tg_hidx_add(&idx, 42, i), TG_OK);
  }
  for (uint32_t i = 0; i < N; i++) {
    check_true(find(&idx, table, 42, 1000 + i, &slot));
    check_int(slot, i);
  }
  check_false(find(&idx, table, 42, 7, &slot));
  for (uint32_t i = 0; i < N; i += 2) tg_hidx_del(&idx, 42, i);
  for (uint32_t i = 0; i < N; i++) check_int(find(&idx, table, 42, 1000 + i, &slot), i % 2);
  tg_hidx_fini(&idx);
}

static void deleting_needs_hash_and_slot_to_match(void **state) {
  (void)state;
  uint32_t table[2] = {10, 11}, slot;
  tg_hidx_t idx;
  tg_hidx_init(&idx);
  check_rc(tg_hidx_add(&idx, 1, 0), TG_OK);
  tg_hidx_del(&idx, 2, 0);
  tg_hidx_del(&idx, 1, 1);
  check_int(idx.count, 1);
  check_true(find(&idx, table, 1, 10, &slot));
  tg_hidx_del(&idx, 1, 0);
  check_int(idx.count, 0);
  check_false(find(&idx, table, 1, 10, &slot));
  tg_hidx_fini(&idx);
}

/* Few distinct hashes make long runs, many make it grow; both beside a plain array. */
static void random_use_agrees_with_a_plain_array(void **state) {
  (void)state;
  enum { N = 2000, STEPS = 60000 };
  static const uint32_t spreads[] = {3, 64, 1u << 20, UINT32_MAX};
  for (size_t s = 0; s < TG_COUNT(spreads); s++) {
    static uint32_t table[N], hashes[N];
    static bool in[N];
    memset(in, 0, sizeof in);
    tg_random_seeded_t seeded = {s + 1};
    tg_hidx_t idx;
    tg_hidx_init(&idx);
    uint32_t count = 0;
    uint32_t keys = s ? N : 200; /* every operation on 3 hashes walks a third of all */
    for (int step = 0; step < STEPS; step++) {
      uint32_t random[2], slot;
      tg_random_fill_seeded(&seeded, random, sizeof random);
      uint32_t i = random[0] % keys;
      if (!in[i]) {
        table[i] = i;
        hashes[i] = random[1] % spreads[s];
        check_false(find(&idx, table, hashes[i], i, &slot));
        check_rc(tg_hidx_add(&idx, hashes[i], i), TG_OK);
        count++;
      } else {
        check_true(find(&idx, table, hashes[i], i, &slot));
        check_int(slot, i);
        tg_hidx_del(&idx, hashes[i], i);
        check_false(find(&idx, table, hashes[i], i, &slot));
        count--;
      }
      in[i] = !in[i];
      check_int(idx.count, count);
    }
    for (uint32_t i = 0; i < keys; i++) {
      uint32_t slot;
      check_int(find(&idx, table, hashes[i], i, &slot), in[i]);
    }
    tg_hidx_fini(&idx);
  }
}

CHECK_SUITE(an_empty_index_finds_nothing_and_deletes_nothing, keys_of_one_hash_are_told_apart_by_their_owner,
            deleting_needs_hash_and_slot_to_match, random_use_agrees_with_a_plain_array)
