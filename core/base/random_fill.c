/* SPDX-License-Identifier: Apache-2.0 */
/* The repeatable source of tests and simulations, which link their own in place of random.c; see random.h. */

#include "core/base/random.h"

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next(tg_random_seeded_t *seeded) {
  uint64_t z = seeded->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

void tg_random_fill_seeded(void *ud, void *p, size_t len) {
  uint8_t *at = p;
  uint64_t word = 0;
  for (size_t i = 0; i < len; i++, word >>= 8) {
    if (i % 8 == 0) word = next(ud);
    at[i] = (uint8_t)word;
  }
}
