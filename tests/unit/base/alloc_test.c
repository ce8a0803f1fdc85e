/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/alloc_test.c: mirrors core/base/alloc.c and core/base/arena.c. */

#include "core/base/alloc.h"

#include "core/base/arena.h"
#include <pthread.h>

#include "tests/unit/check.h"

static void a_product_that_overflows_gives_nothing(void **state) {
  (void)state;
  assert_null(tg_alloc_array(SIZE_MAX / 2, 3));
  assert_null(tg_alloc_array(3, SIZE_MAX / 2));
  assert_null(tg_alloc_resize(NULL, SIZE_MAX / 8 + 1, 8));
}

static void size_zero_gives_a_pointer_that_can_be_freed(void **state) {
  (void)state;
  void *p[] = {tg_alloc(0), tg_alloc_array(0, 8), tg_alloc_array(8, 0), tg_alloc_resize(NULL, 0, 4)};
  for (size_t i = 0; i < TG_COUNT(p); i++) {
    assert_non_null(p[i]);
    tg_alloc_free(p[i]);
  }
  tg_alloc_free(NULL);
}

static void an_array_is_cleared_and_keeps_its_content_when_resized(void **state) {
  (void)state;
  uint32_t *p = tg_alloc_array(100, sizeof *p);
  assert_non_null(p);
  for (uint32_t i = 0; i < 100; i++) {
    check_int(p[i], 0);
    p[i] = i;
  }
  p = tg_alloc_resize(p, 1000, sizeof *p);
  assert_non_null(p);
  for (uint32_t i = 0; i < 100; i++) check_int(p[i], i);
  tg_alloc_free(p);
}

static void a_string_copy_ends_with_nul(void **state) {
  (void)state;
  char *copy = tg_alloc_str(tg_slice("abcdef", 3));
  assert_string_equal(copy, "abc");
  tg_alloc_free(copy);
  copy = tg_alloc_str(tg_slice(NULL, 0));
  assert_string_equal(copy, "");
  tg_alloc_free(copy);
  assert_null(tg_alloc_str(tg_slice("a", SIZE_MAX)));
}

static void arena_allocations_are_aligned_and_do_not_overlap(void **state) {
  (void)state;
  tg_arena_t arena;
  tg_arena_init(&arena, 256, 1 << 20);
  uint8_t *p[200];
  for (size_t i = 0; i < 200; i++) {
    p[i] = tg_arena_alloc(&arena, i);
    assert_non_null(p[i]);
    check_int((uintptr_t)p[i] % sizeof(void *), 0);
    if (i) memset(p[i], (int)i, i);
  }
  for (size_t i = 0; i < 200; i++) {
    for (size_t k = 0; k < i; k++) check_int(p[i][k], i);
  }
  tg_arena_fini(&arena);
}

static void an_arena_never_takes_more_than_its_maximum(void **state) {
  (void)state;
  tg_arena_t arena;
  tg_arena_init(&arena, 128, 1024);
  size_t got = 0;
  while (tg_arena_alloc(&arena, 64)) got++;
  check_int(got, 1024 / 64);
  assert_null(tg_arena_alloc(&arena, SIZE_MAX));
  assert_null(tg_arena_alloc(&arena, SIZE_MAX - 20));
  check_true(arena.used <= 1024);
  tg_arena_fini(&arena);
  assert_null(tg_arena_alloc(&arena, 2000));
  assert_non_null(tg_arena_alloc(&arena, 1000)); /* larger than a chunk */
  tg_arena_fini(&arena);
}

static void a_reset_arena_starts_over_in_its_first_chunk(void **state) {
  (void)state;
  tg_arena_t arena;
  tg_arena_init(&arena, 128, 4096);
  void *first = tg_arena_alloc(&arena, 16);
  for (int i = 0; i < 100; i++) assert_non_null(tg_arena_alloc(&arena, 32));
  tg_arena_reset(&arena);
  check_int(arena.used, 128);
  assert_ptr_equal(tg_arena_alloc(&arena, 16), first);
  tg_arena_reset(&arena);
  for (int i = 0; i < 100; i++) assert_non_null(tg_arena_alloc(&arena, 32));
  tg_arena_fini(&arena);
  tg_arena_reset(&arena); /* an empty one stays empty */
  check_int(arena.used, 0);
}

static void a_copy_in_an_arena_holds_the_same_bytes(void **state) {
  (void)state;
  tg_arena_t arena;
  tg_arena_init(&arena, 64, 64);
  char text[] = "records";
  tg_slice_t copy;
  check_rc(tg_arena_copy(&arena, tg_slice_str(text), &copy), TG_OK);
  text[0] = 'X';
  check_slice(copy, "records");
  check_rc(tg_arena_copy(&arena, tg_slice(NULL, 0), &copy), TG_OK);
  check_int(copy.len, 0);
  uint8_t large[65] = {0};
  check_rc(tg_arena_copy(&arena, tg_slice(large, sizeof large), &copy), TG_E_NOMEM);
  tg_arena_fini(&arena);
}

/* A thread that allocates reserves no addresses of its own. */
static void *allocate(void *ud) {
  *(void **)ud = tg_alloc(1000);
  return NULL;
}

static long address_space_kb(void) {
  char line[128];
  long kb = 0;
  FILE *file = fopen("/proc/self/status", "re");
  while (file && fgets(line, sizeof line, file)) (void)sscanf(line, "VmSize: %ld", &kb);
  if (file) (void)fclose(file);
  return kb;
}

static void threads_share_one_heap(void **state) {
  (void)state;
  tg_alloc_setup();
  void *got[4];
  pthread_t threads[TG_COUNT(got)];
  pthread_attr_t attr;
  (void)pthread_attr_init(&attr);
  (void)pthread_attr_setstacksize(&attr, 256 << 10);
  long before = address_space_kb();
  for (size_t i = 0; i < TG_COUNT(got); i++) assert_int_equal(pthread_create(&threads[i], &attr, allocate, &got[i]), 0);
  for (size_t i = 0; i < TG_COUNT(got); i++) (void)pthread_join(threads[i], NULL);
  if (before < (1L << 30)) assert_true(address_space_kb() - before < 32 << 10); /* sanitizers reserve terabytes */
  for (size_t i = 0; i < TG_COUNT(got); i++) tg_alloc_free(got[i]);
  (void)pthread_attr_destroy(&attr);
}

CHECK_SUITE(threads_share_one_heap, a_product_that_overflows_gives_nothing, size_zero_gives_a_pointer_that_can_be_freed,
            an_array_is_cleared_and_keeps_its_content_when_resized, a_string_copy_ends_with_nul,
            arena_allocations_are_aligned_and_do_not_overlap, an_arena_never_takes_more_than_its_maximum,
            a_reset_arena_starts_over_in_its_first_chunk, a_copy_in_an_arena_holds_the_same_bytes)
