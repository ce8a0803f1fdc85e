/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_API_API_SCRIPT_HARNESS_H
#define TG_TESTS_UNIT_API_API_SCRIPT_HARNESS_H

/** Scripts that ask a device for something, one at a time. */

#include "tests/unit/api/api_harness.h"

/**
 * Runs @p code as script `s` and settles. It knows tg, the device d (as `d`), say(…), which prints each value, and task(fn); its first line is line 4
 * of the file. What the device is asked is in h->question.
 */
void api_script_begin(api_harness_t *h, const char *code);

/** Ends it; fails if anything went wrong in it. */
void api_script_end(api_harness_t *h);

/** Evaluates every row with the device d at hand; fails unless each says what it should (as a part) and nothing is asked of the device. */
void api_script_check_misuse(const api_harness_row_t *rows, size_t count);

#endif
