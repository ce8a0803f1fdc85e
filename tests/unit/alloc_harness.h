/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_ALLOC_HARNESS_H
#define TG_TESTS_UNIT_ALLOC_HARNESS_H

/**
 * Makes allocations fail. Only programs called `*_nomem_test` are linked so that malloc, calloc and realloc of the product go
 * through here (tests/CMakeLists.txt); libraries from the system keep their own, but for Lua's states, which the product allocates for.
 * At its end such a program says how many scenarios it tried, and how many allocations failed in them.
 */

#include <stdbool.h>
#include <stddef.h>

/** What is tried: returns whether it succeeded. It must not leak either way; the leak checker of the asan preset looks. */
typedef bool (*alloc_scenario_fn)(void *ud);

/** Runs @p scenario with the first, second, third … allocation failing (once each) until it runs without meeting a failure. Fails the test unless that last run succeeds. @return how many runs met a failure */
size_t alloc_harness_each_failure(alloc_scenario_fn scenario, void *ud);

/** The @p n-th allocation from now fails (1 = the next one; 0 = none). */
void alloc_harness_fail_at(size_t n);

/** The @p n-th allocation from now and those after it fail, @p count in all: for code such as Lua's that tries again. */
void alloc_harness_fail_run(size_t n, size_t count);

/** How many bytes were asked for until now, in all; what was given back is not taken off. Between two calls: an upper bound of what was in use at once. */
size_t alloc_harness_bytes(void);

/** Whether the failure that was ordered has happened. */
bool alloc_harness_failed(void);

#endif
