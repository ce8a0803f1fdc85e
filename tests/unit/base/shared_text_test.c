/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/base/shared_text.c: texts that many have are there once, as long as somebody uses them. */

#include "core/base/shared_text.h"

#include "tests/unit/check.h"

static const tg_hash_key_t key = {0};
static tg_shared_text_t texts;

static uint32_t take(const char *text) {
  uint32_t ref = 0;
  check_rc(tg_shared_text_take(&texts, tg_slice_str(text), &ref), TG_OK);
  check_true(ref != 0);
  return ref;
}

static void who_says_the_same_shares_it(void **state) {
  (void)state;
  check_rc(tg_shared_text_init(&texts, &key, 100), TG_OK);
  uint32_t acme = take("ACME"), other = take("Other"), empty = take("");
  check_int(take("ACME"), acme);
  check_int(take(""), empty);
  check_true(acme != other && other != empty);
  assert_string_equal(tg_shared_text_get(&texts, acme), "ACME");
  assert_string_equal(tg_shared_text_get(&texts, other), "Other");
  assert_string_equal(tg_shared_text_get(&texts, empty), "");
  assert_null(tg_shared_text_get(&texts, 0));
  assert_null(tg_shared_text_get(&texts, 77));
  check_int(texts.pool.count, 3);
  tg_shared_text_fini(&texts);
}

static void the_last_user_takes_it_along(void **state) {
  (void)state;
  check_rc(tg_shared_text_init(&texts, &key, 100), TG_OK);
  uint32_t ref = take("ACME");
  (void)take("ACME");
  tg_shared_text_give(&texts, 0);
  tg_shared_text_give(&texts, ref);
  assert_string_equal(tg_shared_text_get(&texts, ref), "ACME");
  tg_shared_text_give(&texts, ref);
  assert_null(tg_shared_text_get(&texts, ref));
  check_int(texts.pool.count, 0);
  tg_shared_text_give(&texts, ref); /* nobody's any more */
  check_int(take("Next"), ref);     /* its place is used again */
  assert_string_equal(tg_shared_text_get(&texts, ref), "Next");
  tg_shared_text_fini(&texts);
}

static void a_text_ends_at_a_nul(void **state) {
  (void)state;
  uint32_t ref;
  check_rc(tg_shared_text_init(&texts, &key, 100), TG_OK);
  check_rc(tg_shared_text_take(&texts, tg_slice("AC\0ME", 5), &ref), TG_OK);
  assert_string_equal(tg_shared_text_get(&texts, ref), "AC");
  check_int(take("AC"), ref);
  check_rc(tg_shared_text_take(&texts, tg_slice(NULL, 0), &ref), TG_OK);
  check_int(take(""), ref);
  tg_shared_text_fini(&texts);
}

static void only_so_many_different_ones_are_kept(void **state) {
  (void)state;
  char text[16];
  uint32_t ref;
  check_rc(tg_shared_text_init(&texts, &key, 100), TG_OK);
  for (int i = 0; i < 100; i++) {
    snprintf(text, sizeof text, "maker %d", i);
    (void)take(text);
  }
  check_rc(tg_shared_text_take(&texts, tg_slice_str("one more"), &ref), TG_E_FULL);
  uint32_t known = take("maker 50"); /* what is there can be shared all the same */
  tg_shared_text_give(&texts, known);
  tg_shared_text_give(&texts, known);
  (void)take("one more");
  tg_shared_text_fini(&texts);
}

CHECK_SUITE(who_says_the_same_shares_it, the_last_user_takes_it_along, a_text_ends_at_a_nul,
            only_so_many_different_ones_are_kept)
