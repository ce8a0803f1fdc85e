/* SPDX-License-Identifier: Apache-2.0 */
/* The wrappers that the linker puts before malloc, calloc and realloc in `*_nomem_test` programs; see alloc_harness.h. */

#include "tests/unit/alloc_harness.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "tests/unit/check.h"

enum { RUNS_MAX = 100000 };

static atomic_size_t countdown; /* 0: nothing fails; other threads of the product allocate too */
static atomic_size_t in_run;    /* how many more fail after that one */
static atomic_bool failed;
static atomic_size_t scenarios; /* begun: their first run lets the first allocation fail */
static atomic_size_t injected;  /* allocations that failed */
static atomic_size_t asked_for; /* bytes, of all that did not fail */

/* Names that the linker gives (ld --wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool fails_now(void) {
  size_t left = atomic_load(&countdown);
  while (left && !atomic_compare_exchange_weak(&countdown, &left, left - 1)) continue;
  if (left != 1) return false;
  atomic_store(&failed, true);
  atomic_fetch_add(&injected, 1);
  if (atomic_load(&in_run) > 0) {
    atomic_fetch_sub(&in_run, 1);
    atomic_store(&countdown, 1);
  }
  return true;
}

static size_t note(size_t size) {
  atomic_fetch_add(&asked_for, size);
  return size;
}

void *__wrap_malloc(size_t size) {
  return fails_now() ? NULL : __real_malloc(note(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  if (fails_now()) return NULL;
  (void)note(count * size);
  return __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size) {
  return fails_now() ? NULL : __real_realloc(p, note(size));
}

void alloc_harness_fail_at(size_t n) {
  alloc_harness_fail_run(n, 1);
}

/* Read by tests/faults/allocations_test.sh. */
static void tell(void) {
  (void)fprintf(stderr, "# allocations: scenarios=%zu failures=%zu\n", atomic_load(&scenarios), atomic_load(&injected));
}

void alloc_harness_fail_run(size_t n, size_t count) {
  if (n == 1 && atomic_fetch_add(&scenarios, 1) == 0) (void)atexit(tell);
  atomic_store(&failed, false);
  atomic_store(&in_run, count - 1);
  atomic_store(&countdown, n);
}

size_t alloc_harness_bytes(void) {
  return atomic_load(&asked_for);
}

bool alloc_harness_failed(void) {
  return atomic_load(&failed);
}

size_t alloc_harness_each_failure(alloc_scenario_fn scenario, void *ud) {
  for (size_t n = 1; n < RUNS_MAX; n++) {
    alloc_harness_fail_at(n);
    bool done = scenario(ud);
    bool met = alloc_harness_failed();
    alloc_harness_fail_at(0);
    if (met) continue;
    assert_true(done);
    return n - 1;
  }
  fail_msg("the scenario never ran out of allocations");
  return 0;
}
