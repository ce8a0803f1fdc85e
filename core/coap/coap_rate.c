/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/coap under coap_serve.c: see coap_rate.h. A bucket is one number, the time at which it will be full again: each request
 * moves it by one step, and one that would move it too far ahead is not served. Times are sixteenths of milliseconds, low halves.
 */

#include "core/coap/coap_rate.h"

enum { UNITS = 16, SECOND = 1000 * UNITS, FULL = 2 * SECOND, KEPT = SECOND / 2, TOLD_PER_MINUTE = 6 };

uint32_t tg_coap_rate_step(const tg_link_t *link, uint32_t per_second) {
  if (per_second == 0 || link->reports_tx) return 0;
  return per_second < SECOND ? SECOND / per_second : 1;
}

static bool is_later_block(const tg_coap_opts_t *opts) {
  return (opts->block1.is_there && opts->block1.num > 0) || (opts->block2.is_there && opts->block2.num > 0);
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

bool tg_coap_rate_admits(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts) {
  uint32_t step = coap->bearers[rx->bearer].rate_step;
  tg_coap_peer_t *peer = rx->peer;
  if (step == 0 || (peer->pins && is_later_block(opts))) return true;
  uint32_t now = (uint32_t)(tg_coap_engine_now(coap) * UNITS);
  uint32_t ahead = peer->rate_until - now;
  if (ahead > FULL + KEPT + step) ahead = 0; /* no bucket is that empty: the time has passed */
  bool admits = ahead + step <= FULL || (ahead <= FULL + KEPT && is_urgent(coap, rx->msg));
  if (admits) {
    peer->rate_until = now + ahead + step;
  } else {
    coap->stats.over_requests++;
    tell(coap, rx);
  }
  return admits;
}
