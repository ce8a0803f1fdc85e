/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's life: made of its parts, links attached, counters read, taken apart. What it does is in the files beside this one. */

#include "core/coap/coap.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"
#include "core/coap/coap_ingress.h"
#include "core/coap/coap_rate.h"

enum { LATENCY_S = 100, NIDD_LATENCY_S = 300, SZX_MAX = 6 };

/* Defaults of security.md §6; 0 means the default. */
static void set_limits(tg_coap_limits_t *limits) {
  if (!limits->peers) limits->peers = 131072;
  if (!limits->exchanges) limits->exchanges = 65536;
  if (!limits->exchanges_per_peer) limits->exchanges_per_peer = 64;
  if (limits->exchanges_per_peer > UINT16_MAX) limits->exchanges_per_peer = UINT16_MAX;
  if (!limits->dedup) limits->dedup = 65536;
  if (!limits->transfers) limits->transfers = 1024;
  if (!limits->observations) limits->observations = 131072;
  if (!limits->observers) limits->observers = 16384;
  if (!limits->held) limits->held = 16384;
  if (!limits->request_body) limits->request_body = 65536;
  if (!limits->response_body) limits->response_body = 262144;
  if (!limits->transfer_bytes) limits->transfer_bytes = 4u << 20;
}

static tg_rc_t init_parts(tg_coap_t *coap) {
  const tg_coap_limits_t *limits = &coap->config.limits;
  tg_rc_t rc = tg_coap_peer_init(&coap->peers, limits->peers);
  if (rc == TG_OK) rc = tg_coap_dedup_init(&coap->dedup, limits->dedup);
  if (rc == TG_OK) rc = tg_coap_exchange_init(&coap->exchanges, limits->exchanges);
  if (rc == TG_OK) rc = tg_coap_observe_init(&coap->observes, limits->observations);
  if (rc == TG_OK) rc = tg_coap_observer_init(&coap->observers, limits->observers);
  if (rc == TG_OK) rc = tg_coap_held_init(&coap->helds, limits->held);
  if (rc == TG_OK) rc = tg_coap_body_init(&coap->bodies, limits->transfers);
  return rc;
}

tg_coap_t *tg_coap_new(const tg_coap_config_t *config) {
  tg_coap_t *coap = tg_alloc_array(1, sizeof *coap);
  if (!coap) return NULL;
  coap->config = *config;
  set_limits(&coap->config.limits);
  tg_hidx_init(&coap->handles);
  tg_buf_init(&coap->out, coap->datagram, sizeof coap->datagram);
  tg_buf_init_growing(&coap->reply_body, 65536);
  coap->lent_addr = tg_alloc_array(1, sizeof *coap->lent_addr);
  if (init_parts(coap) != TG_OK || !coap->lent_addr) {
    tg_coap_free(coap);
    return NULL;
  }
  coap->exchanges.notice_turn = tg_coap_observer_on_turn;
  tg_coap_engine_random(coap, &coap->key, sizeof coap->key);
  tg_coap_engine_random(coap, &coap->echo_key, sizeof coap->echo_key);
  tg_coap_engine_random(coap, &coap->exchanges.next_tag, sizeof coap->exchanges.next_tag);
  return coap;
}

/* done() of the last exchanges may ask for more: it is told TG_E_FULL. */
static void end_exchanges(tg_coap_t *coap) {
  coap->config.limits.exchanges_per_peer = 0;
  for (uint32_t i = 0; i < tg_pool_slots(&coap->peers.pool); i++) {
    tg_coap_peer_t *peer = tg_pool_at(&coap->peers.pool, i, NULL);
    if (peer) tg_coap_exchange_cancel_all(coap, peer);
  }
}

static void stop_bodies(tg_coap_t *coap) {
  for (uint32_t i = 0; i < tg_pool_slots(&coap->peers.pool); i++) {
    tg_coap_peer_t *peer = tg_pool_at(&coap->peers.pool, i, NULL);
    if (peer) tg_coap_body_free_all(coap, peer);
  }
}

void tg_coap_free(tg_coap_t *coap) {
  if (!coap) return;
  end_exchanges(coap);
  stop_bodies(coap);
  tg_coap_held_fini(coap);
  tg_coap_observer_fini(coap);
  for (uint32_t i = 0; i < coap->bearer_count; i++) tg_link_attach(coap->bearers[i].link, NULL, NULL);
  tg_coap_body_fini(&coap->bodies);
  tg_coap_observe_fini(&coap->observes);
  tg_coap_exchange_fini(&coap->exchanges);
  tg_coap_dedup_fini(&coap->dedup);
  tg_coap_peer_fini(&coap->peers);
  tg_hidx_fini(&coap->handles);
  tg_buf_fini(&coap->reply_body);
  tg_alloc_free(coap->lent_addr);
  tg_alloc_free(coap);
}

void tg_coap_params_default(const tg_link_t *link, tg_coap_params_t *params) {
  *params = (tg_coap_params_t){.ack_timeout_ms = 2000,
                               .ack_random_percent = 150,
                               .max_retransmit = 4,
                               .nstart = 1,
                               .block_szx = SZX_MAX,
                               .response_timeout_ms = 93000,
                               .max_latency_s = LATENCY_S};
  if (!link->reports_tx) return;
  params->ack_timeout_ms = 30000;
  params->max_retransmit = 2;
  params->response_timeout_ms = 315000;
  params->max_latency_s = NIDD_LATENCY_S;
}

/* EXCHANGE_LIFETIME = MAX_TRANSMIT_SPAN + 2 * MAX_LATENCY + PROCESSING_DELAY (RFC 7252 §4.8.2). */
static uint64_t lifetime(const tg_coap_params_t *params) {
  uint8_t doublings = params->max_retransmit < 24 ? params->max_retransmit : 24;
  uint64_t span =
      (uint64_t)params->ack_timeout_ms * ((UINT64_C(1) << doublings) - 1) * params->ack_random_percent / 100;
  uint64_t latency_s = params->max_latency_s > LATENCY_S ? params->max_latency_s : LATENCY_S;
  return span + 2 * latency_s * 1000 + params->ack_timeout_ms;
}

tg_rc_t tg_coap_add_link(tg_coap_t *coap, tg_link_t *link, const tg_coap_params_t *params) {
  static const tg_link_events_t events = {.rx = tg_coap_ingress_rx,
                                          .tx = tg_coap_flight_on_tx,
                                          .reach = tg_coap_flight_on_reach,
                                          .limits = tg_coap_flight_on_limits};
  if (coap->bearer_count == TG_COAP_BEARERS) return TG_E_FULL;
  tg_coap_bearer_t *bearer = coap->bearers + coap->bearer_count++;
  bearer->link = link;
  bearer->params = *params;
  bearer->lifetime_ms = lifetime(params);
  if (bearer->lifetime_ms > coap->dedup.lifetime_ms)
    coap->dedup.lifetime_ms = bearer->lifetime_ms < UINT32_MAX ? (uint32_t)bearer->lifetime_ms : UINT32_MAX;
  bearer->rate_step = tg_coap_rate_step(link, coap->config.limits.requests_per_peer);
  tg_coap_engine_random(coap, &bearer->key, sizeof bearer->key);
  tg_link_attach(link, &events, coap);
  return TG_OK;
}

void tg_coap_flush(tg_coap_t *coap) {
  for (uint32_t i = 0; i < coap->bearer_count; i++) {
    tg_link_t *link = coap->bearers[i].link;
    if (link->ops->flush) link->ops->flush(link);
  }
}

void tg_coap_peer_forget(tg_coap_t *coap, tg_id_t peer) {
  tg_coap_peer_t *found = tg_coap_peer_of(coap, peer);
  if (!found) return;
  tg_coap_peer_hold(coap, found);
  tg_coap_exchange_cancel_all(coap, found);
  tg_coap_observe_del_all(coap, found);
  tg_coap_held_drop_all(coap, found);
  tg_coap_observer_del_all(coap, found);
  tg_coap_body_free_all(coap, found);
  tg_coap_peer_let_go(coap, found);
}

void tg_coap_limits(const tg_coap_t *coap, tg_coap_limits_t *limits) {
  *limits = coap->config.limits;
}

void tg_coap_stats(const tg_coap_t *coap, tg_coap_stats_t *stats) {
  *stats = coap->stats;
  stats->peers = coap->peers.pool.count;
  stats->exchanges = coap->exchanges.pool.count;
  stats->observations = coap->observes.pool.count;
  stats->observers = coap->observers.pool.count;
}
