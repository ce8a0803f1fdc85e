/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_CLOCK_H
#define TG_CORE_BASE_CLOCK_H

/** Time. Timers run on the monotonic clock in milliseconds; the wall clock only stamps records. */

#include <stdbool.h>
#include <stdint.h>

/** Monotonic milliseconds. */
uint64_t tg_clock_mono_ms(void);

/** Monotonic nanoseconds, for measurements. */
uint64_t tg_clock_mono_ns(void);

/** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
int64_t tg_clock_wall_ms(void);

/** Milliseconds since the machine started, also those in which it was suspended. */
int64_t tg_clock_up_ms(void);

/** Whether the kernel says that something (chrony, ntpd …) keeps the wall clock right. */
bool tg_clock_is_synced(void);

/** A name of this start of the machine, "" where there is none. */
void tg_clock_boot(char boot[40]);

#endif
