/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/base_nomem_test.c: the containers of core/base when an allocation fails. */

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/hidx.h"
#include "core/base/pool.h"
#include "core/base/shared_text.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

static bool use_buf(void *ud) {
  (void)ud;
  tg_buf_t buf;
  tg_buf_init_growing(&buf, 100000);
  size_t put = 0;
  for (; put < 3000 && buf.rc == TG_OK; put++) {
    size_t before = buf.len;
    tg_buf_put_fmt(&buf, "%0*d", put == 1500 ? 1000 : 2, 1);
    if (buf.rc != TG_OK) check_int(buf.len, before);
  }
  bool done = buf.rc == TG_OK;
  if (!done) check_rc(buf.rc, TG_E_NOMEM);
  tg_buf_fini(&buf);
  return done;
}

static void a_buffer_without_memory_says_so_and_keeps_what_it_has(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(use_buf, NULL) >= 6);
}

static bool use_pool(void *ud) {
  (void)ud;
  tg_pool_t pool;
  if (tg_pool_init(&pool, 16, 200) != TG_OK) return false;
  tg_id_t id;
  uint32_t taken = 0;
  for (int i = 0; i < 200; i++) taken += tg_pool_take(&pool, &id) != NULL;
  check_int(pool.count, taken);
  if (taken < 200) assert_non_null(tg_pool_take(&pool, &id)); /* memory is back */
  tg_pool_fini(&pool);
  return taken == 200;
}

static void a_pool_without_memory_gives_no_item_and_goes_on_later(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(use_pool, NULL), 5);
}

static bool any(const void *table, uint32_t slot, const void *key) {
  (void)table;
  return slot == *(const uint32_t *)key;
}

static bool use_hidx(void *ud) {
  (void)ud;
  tg_hidx_t idx;
  tg_hidx_init(&idx);
  bool done = true;
  for (uint32_t i = 0; i < 300 && done; i++) {
    done = tg_hidx_add(&idx, i, i) == TG_OK;
    if (!done) check_int(idx.count, i);
  }
  for (uint32_t i = 0, slot; i < idx.count; i++) {
    tg_hidx_query_t query = {i, any, NULL, &i};
    check_true(tg_hidx_find(&idx, &query, &slot));
  }
  tg_hidx_fini(&idx);
  return done;
}

static void an_index_that_cannot_grow_stays_as_it_was(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(use_hidx, NULL), 6);
}

static bool use_arena(void *ud) {
  (void)ud;
  tg_arena_t arena;
  tg_arena_init(&arena, 64, 4096);
  int failures = 0;
  for (int i = 0; i < 20; i++) failures += tg_arena_alloc(&arena, 32) == NULL;
  tg_arena_fini(&arena);
  return failures == 0;
}

static void an_arena_without_memory_gives_null(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(use_arena, NULL), 10);
}

static bool use_str(void *ud) {
  (void)ud;
  char *copy = tg_alloc_str(tg_slice_str("text"));
  tg_alloc_free(copy);
  return copy != NULL;
}

static void a_string_copy_without_memory_is_null(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(use_str, NULL), 1);
}

static bool use_shared_text(void *ud) {
  (void)ud;
  static const char *const makers[] = {"ACME", "Other", "ACME"};
  static const tg_hash_key_t key;
  tg_shared_text_t texts;
  uint32_t refs[TG_COUNT(makers)] = {0};
  bool done = tg_shared_text_init(&texts, &key, 100) == TG_OK;
  for (size_t i = 0; i < TG_COUNT(makers) && done; i++) {
    tg_rc_t rc = tg_shared_text_take(&texts, tg_slice_str(makers[i]), &refs[i]);
    done = rc == TG_OK;
    if (!done) check_rc(rc, TG_E_NOMEM);
    check_int(texts.pool.count, done ? (i ? 2 : 1) : i);
  }
  for (size_t i = 0; i < TG_COUNT(makers); i++) tg_shared_text_give(&texts, refs[i]);
  check_int(texts.pool.count, 0);
  tg_shared_text_fini(&texts);
  return done;
}

static void a_shared_text_without_memory_is_not_there(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(use_shared_text, NULL), 5);
}

CHECK_SUITE(a_buffer_without_memory_says_so_and_keeps_what_it_has,
            a_pool_without_memory_gives_no_item_and_goes_on_later, an_index_that_cannot_grow_stays_as_it_was,
            an_arena_without_memory_gives_null, a_string_copy_without_memory_is_null,
            a_shared_text_without_memory_is_not_there)
