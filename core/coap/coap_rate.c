/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/coap under coap_serve.c: what becomes of requests that are over their peer's rate; see coap_rate.h. */

#include "core/coap/coap_rate.h"

enum { TOLD_PER_MINUTE = 6 };

uint32_t tg_coap_rate_step(const tg_link_t *link, uint32_t per_second) {
  if (per_second == 0 || link->reports_tx) return 0;
  return per_second < TG_COAP_RATE_SECOND ? TG_COAP_RATE_SECOND / per_second : 1;
}

static bool is_urgent(const tg_coap_t *coap, const tg_coap_msg_t *msg) {
  const tg_coap_opt_t *first = tg_coap_msg_find(msg, TG_OPT_URI_PATH);
  return first && coap->config.urgent && tg_slice_is(tg_coap_msg_value(first), coap->config.urgent);
}

/* Said now and then: who is cut off should be found without a packet trace. */
static void tell(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  if (!tg_log_allow(&coap->rate_log, tg_coap_engine_now(coap), TOLD_PER_MINUTE)) return;
  uint8_t bytes[192];
  char text[192];
  tg_buf_t addr;
  const tg_link_t *link = coap->bearers[rx->bearer].link;
  tg_buf_init(&addr, bytes, sizeof bytes);
  link->ops->put_addr(link, rx->from, &addr);
  tg_log("coap", TG_LOG_WARN, "requests_dropped link=%s peer=%s max_per_second=%u suppressed=%u", link->name,
         tg_log_text(tg_buf_slice(&addr), text, sizeof text), (unsigned)coap->config.limits.requests_per_peer,
         coap->rate_log.suppressed);
}

bool tg_coap_rate_is_urgent(tg_coap_t *coap, const tg_coap_rx_t *rx, uint32_t ahead) {
  if (ahead <= TG_COAP_RATE_FULL + TG_COAP_RATE_KEPT && is_urgent(coap, rx->msg)) return true;
  coap->stats.over_requests++;
  tell(coap, rx);
  return false;
}
