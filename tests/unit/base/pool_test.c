/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/pool_test.c: mirrors core/base/pool.c. */

#include "core/base/pool.h"

#include "core/base/random.h"
#include "tests/unit/check.h"

static void a_taken_item_is_cleared_and_found_by_its_id(void **state) {
  (void)state;
  tg_pool_t pool;
  check_rc(tg_pool_init(&pool, 20, 10), TG_OK);
  tg_id_t id = TG_ID_NONE;
  uint8_t *item = tg_pool_take(&pool, &id);
  assert_non_null(item);
  assert_true(id != TG_ID_NONE);
  check_int((uintptr_t)item % 8, 0);
  for (int i = 0; i < 20; i++) check_int(item[i], 0);
  memset(item, 0xff, 20);
  assert_ptr_equal(tg_pool_find(&pool, id), item);
  assert_true(tg_pool_id(&pool, item) == id);
  tg_pool_give(&pool, id);
  tg_id_t next;
  assert_ptr_equal(tg_pool_take(&pool, &next), item); /* the same memory */
  for (int i = 0; i < 20; i++) check_int(item[i], 0);
  tg_pool_fini(&pool);
}

static void a_stale_id_finds_nothing_even_when_the_slot_is_taken_again(void **state) {
  (void)state;
  tg_pool_t pool;
  check_rc(tg_pool_init(&pool, 8, 1), TG_OK);
  tg_id_t old, id;
  assert_non_null(tg_pool_take(&pool, &old));
  tg_pool_give(&pool, old);
  assert_null(tg_pool_find(&pool, old));
  assert_non_null(tg_pool_take(&pool, &id));
  assert_null(tg_pool_find(&pool, old));
  assert_true(id != old && tg_id_slot(id) == tg_id_slot(old));
  tg_pool_give(&pool, old); /* ignored */
  assert_non_null(tg_pool_find(&pool, id));
  check_int(pool.count, 1);
  tg_pool_fini(&pool);
}

static void ids_that_never_were_find_nothing(void **state) {
  (void)state;
  tg_pool_t pool;
  check_rc(tg_pool_init(&pool, 8, 4), TG_OK);
  tg_id_t id;
  assert_non_null(tg_pool_take(&pool, &id));
  static const tg_id_t wrong[] = {0, 1, UINT64_MAX, UINT64_C(1) << 32 | 3, UINT64_C(2) << 32, UINT64_C(3) << 32};
  for (size_t i = 0; i < TG_COUNT(wrong); i++) assert_null(tg_pool_find(&pool, wrong[i]));
  tg_pool_give(&pool, UINT64_MAX);
  check_int(pool.count, 1);
  tg_pool_fini(&pool);
}

static void a_pool_holds_exactly_its_maximum(void **state) {
  (void)state;
  static const uint32_t maxima[] = {0, 1, 63, 64, 65, 1000};
  for (size_t m = 0; m < TG_COUNT(maxima); m++) {
    tg_pool_t pool;
    check_rc(tg_pool_init(&pool, 24, maxima[m]), TG_OK);
    tg_id_t id, last = 0;
    uint32_t taken = 0;
    while (tg_pool_take(&pool, &id)) {
      check_int(tg_id_slot(id), taken);
      taken++;
      last = id;
    }
    check_int(taken, maxima[m]);
    check_int(tg_pool_slots(&pool), maxima[m]);
    tg_pool_give(&pool, last);
    if (taken) assert_non_null(tg_pool_take(&pool, &id));
    assert_null(tg_pool_take(&pool, &id));
    tg_pool_fini(&pool);
  }
}

/* Takes and gives at random beside a plain array of what should be there. */
static void random_use_keeps_every_item_apart(void **state) {
  (void)state;
  enum { MAX = 500, STEPS = 50000 };
  static struct {
    tg_id_t id;
    uint64_t content;
  } model[MAX];
  size_t held = 0;
  tg_random_seeded_t seeded = {7};
  tg_pool_t pool;
  check_rc(tg_pool_init(&pool, sizeof(uint64_t), MAX), TG_OK);
  for (int step = 0; step < STEPS; step++) {
    uint64_t random;
    tg_random_fill_seeded(&seeded, &random, sizeof random);
    if (held < MAX && (held == 0 || random % 100 < 52)) {
      uint64_t *item = tg_pool_take(&pool, &model[held].id);
      assert_non_null(item);
      assert_true(*item == 0);
      *item = model[held++].content = random | 1;
    } else {
      size_t pick = (random >> 8) % held;
      uint64_t *item = tg_pool_find(&pool, model[pick].id);
      assert_non_null(item);
      assert_true(*item == model[pick].content);
      tg_pool_give(&pool, model[pick].id);
      assert_null(tg_pool_find(&pool, model[pick].id));
      model[pick] = model[--held];
    }
    check_int(pool.count, held);
  }
  size_t walked = 0;
  for (uint32_t slot = 0; slot < tg_pool_slots(&pool); slot++) {
    tg_id_t id;
    void *item = tg_pool_at(&pool, slot, &id);
    if (!item) continue;
    assert_ptr_equal(tg_pool_find(&pool, id), item);
    walked++;
  }
  check_int(walked, held);
  assert_null(tg_pool_at(&pool, MAX, NULL));
  tg_pool_fini(&pool);
}

CHECK_SUITE(a_taken_item_is_cleared_and_found_by_its_id, a_stale_id_finds_nothing_even_when_the_slot_is_taken_again,
            ids_that_never_were_find_nothing, a_pool_holds_exactly_its_maximum, random_use_keeps_every_item_apart)
