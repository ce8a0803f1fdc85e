/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_TIME_H
#define TG_TESTS_FAKE_SCEF_TIME_H

/** Clocks and RFC 3339 date-times of the fake SCEF. All times are milliseconds. */

#include <stdbool.h>
#include <stdint.h>

/** Room for a formatted date-time with its NUL. */
#define TG_SCEF_TIME_SIZE 40

/** Monotonic clock, for timers. */
int64_t tg_scef_time_now(void);

/** Wall clock since 1970-01-01 UTC. */
int64_t tg_scef_time_wall(void);

/** Writes a wall-clock time as RFC 3339 date-time in UTC, with a fraction only where there is one. */
void tg_scef_time_format(int64_t wall, char out[TG_SCEF_TIME_SIZE]);

/** Reads an RFC 3339 date-time (any offset, any fraction). @return false where @p text (borrowed) isn't one. */
bool tg_scef_time_parse(const char *text, int64_t *wall);

#endif
