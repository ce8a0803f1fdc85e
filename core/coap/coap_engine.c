/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of the exchange layer needs: randomness in small portions, bearers by link. See coap_engine.h. */

#include "core/coap/coap_engine.h"

#include "core/base/require.h"

void tg_coap_engine_random(tg_coap_t *coap, void *p, size_t len) {
  TG_REQUIRE(len <= 16);
  if (coap->random_left < len) {
    coap->config.random(coap->config.random_ud, coap->random, sizeof coap->random);
    coap->random_left = sizeof coap->random;
  }
  coap->random_left -= (uint32_t)len;
  memcpy(p, coap->random + coap->random_left, len);
  memset(coap->random + coap->random_left, 0, len);
}

uint8_t tg_coap_engine_find(const tg_coap_t *coap, const tg_link_t *link) {
  for (uint32_t i = 0; i < coap->bearer_count; i++) {
    if (coap->bearers[i].link == link) return (uint8_t)i;
  }
  return TG_COAP_BEARERS;
}
