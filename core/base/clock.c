/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of the kernel, and what it says of them; see clock.h. */

#include "core/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
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

int64_t tg_clock_up_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_BOOTTIME, &t); /* cannot fail for this clock */
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool tg_clock_is_synced(void) {
  struct timex state = {0};
  int said = adjtimex(&state); /* only asks */
  return said >= 0 && said != TIME_ERROR && !(state.status & STA_UNSYNC);
}

void tg_clock_boot(char boot[40]) {
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  boot[0] = '\0';
  if (!file) return;
  if (!fgets(boot, 40, file)) boot[0] = '\0';
  boot[strcspn(boot, "\n")] = '\0';
  (void)fclose(file);
}
