/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the lossy relay: chance; see lossy_fate.h. */

#include "tests/fake/lossy/lossy_fate.h"

/* A number below @p below (not 0). */
static uint32_t draw(tg_lossy_fate_t *fate, uint32_t below) {
  uint32_t bits;
  tg_random_fill_seeded(&fate->random, &bits, sizeof bits);
  return (uint32_t)((uint64_t)bits * below >> 32);
}

/* As many draws for each datagram whatever comes of them, so that one rate does not change what another hits. */
uint32_t tg_lossy_fate_decide(tg_lossy_fate_t *fate, uint32_t later[2]) {
  bool is_lost = draw(fate, 100) < fate->loss;
  bool is_twice = draw(fate, 100) < fate->dup;
  for (int i = 0; i < 2; i++) {
    bool is_late = draw(fate, 100) < fate->reorder;
    uint32_t by = 1 + draw(fate, fate->late_ms ? fate->late_ms : 1);
    later[i] = fate->delay_ms + (is_late ? by : 0);
  }
  return is_lost ? 0 : is_twice ? 2 : 1;
}
