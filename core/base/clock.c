/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks of the kernel; see clock.h. */

#include "core/base/clock.h"

#include <time.h>

uint64_t tg_clock_mono_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t tg_clock_mono_ms(void) {
  return tg_clock_mono_ns() / 1000000u;
}

int64_t tg_clock_wall_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
