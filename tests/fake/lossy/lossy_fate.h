/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_LOSSY_FATE_H
#define TG_TESTS_FAKE_LOSSY_FATE_H

/** What becomes of a datagram, by seeded chance: the same seed and the same number of datagrams give the same fates. */

#include "core/base/random.h"

typedef struct tg_lossy_fate {
  uint32_t loss, dup, reorder; /* per cent */
  uint32_t delay_ms;           /* of every datagram */
  uint32_t late_ms;            /* a reordered one is later by up to so much, at least 1 */
  tg_random_seeded_t random;
} tg_lossy_fate_t;

/** Decides for the next datagram. @return how many copies go on, 0 to 2; @p later has the delay of each in milliseconds */
uint32_t tg_lossy_fate_decide(tg_lossy_fate_t *fate, uint32_t later[2]);

#endif
