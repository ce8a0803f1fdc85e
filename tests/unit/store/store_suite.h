/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_STORE_STORE_SUITE_H
#define TG_TESTS_UNIT_STORE_STORE_SUITE_H

/** A fresh store for every test of a file, on disk or in memory, and how a test looks at it. To be included by one test file. */

#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

static inline int set_up_file(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static inline int set_up_memory(void **state) {
  static store_harness_t h;
  store_harness_init(&h, true);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static inline int tear_down(void **state) {
  store_harness_fini(*state);
  return 0;
}

/* What is handed out to @p broker after @p after, as `payload payload …`. */
static inline void check_read(store_harness_t *h, uint32_t broker, uint64_t after, const char *want) {
  tg_buf_t out;
  tg_buf_init_growing(&out, 1 << 20);
  (void)store_harness_read(h, broker, after, &out);
  check_slice(tg_buf_slice(&out), want);
  tg_buf_fini(&out);
}

static inline tg_store_stats_t stats_of(const store_harness_t *h) {
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  return stats;
}

/** A test whose store is a file. */
#define IN_FILE(test) cmocka_unit_test_setup_teardown(test, set_up_file, tear_down)

/** The same test with a store in memory, under a name of its own. */
#define IN_MEMORY(test)                                                                                                \
  { #test "_in_memory", test, set_up_memory, tear_down, NULL }

#endif
