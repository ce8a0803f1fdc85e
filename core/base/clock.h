/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_CLOCK_H
#define TG_CORE_BASE_CLOCK_H

/** Time. Timers run on the monotonic clock in milliseconds; the wall clock only stamps records. */

#include <stdint.h>

/** Monotonic milliseconds. */
uint64_t tg_clock_mono_ms(void);

/** Monotonic nanoseconds, for measurements. */
uint64_t tg_clock_mono_ns(void);

/** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
int64_t tg_clock_wall_ms(void);

#endif
