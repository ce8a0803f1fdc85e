/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of ours in flight: exponential back-off with a random factor (RFC 7252 §4.2), driven by the bearer's reports where it
 * has them (a retransmission while the network still keeps the first copy only fills its queue). Called by coap_exchange.c,
 * coap_held.c and coap_observer.c, which hear of the end through tg_coap_flight_ops_t; by links through the tx, reach and limits seams.
 */

#include "core/coap/coap_flight.h"

#include "core/coap/coap_egress.h"
#include "core/coap/coap_engine.h"

enum { MTU_MIN = 16, INTERVAL_MAX_MS = 1 << 30 };

static uint64_t handle_hash(uint64_t handle) {
  return handle ^ handle >> 32;
}

static tg_coap_flight_t *flight_of(const tg_coap_t *coap, uint32_t ref) {
  const tg_pool_t *pool = &coap->exchanges.pool;
  if (ref & TG_COAP_FLIGHT_HELD) pool = &coap->helds.pool;
  if (ref & TG_COAP_FLIGHT_OBSERVER) pool = &coap->observers.pool;
  return tg_pool_at(pool, (ref & ~(TG_COAP_FLIGHT_HELD | TG_COAP_FLIGHT_OBSERVER)) - 1, NULL);
}

typedef struct handle_key {
  const tg_link_t *link;
  uint64_t handle;
} handle_key_t;

static bool has_handle(const void *table, uint32_t slot, const void *key) {
  const tg_coap_t *coap = table;
  const handle_key_t *k = key;
  const tg_coap_flight_t *flight = flight_of(coap, slot);
  const tg_coap_peer_t *peer = tg_coap_engine_peer(coap, flight->peer_ref);
  return flight->handle == k->handle && tg_coap_engine_bearer(coap, peer)->link == k->link;
}

static void forget_handle(tg_coap_t *coap, tg_coap_flight_t *flight) {
  if (!flight->handle) return;
  tg_hidx_del(&coap->handles, (uint32_t)handle_hash(flight->handle), flight->ref);
  flight->handle = 0;
}

/* Without memory for the index the reports are lost and the deadline decides. */
static void note_handle(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t handle) {
  if (!handle) return;
  flight->handle = handle;
  if (tg_hidx_add(&coap->handles, (uint32_t)handle_hash(handle), flight->ref) != TG_OK) flight->handle = 0;
}

static void list_add(tg_coap_peer_t *peer, tg_coap_flight_t *flight) {
  if (flight->is_listed) return;
  flight->next = peer->flights;
  peer->flights = flight;
  flight->is_listed = true;
}

static void list_del(tg_coap_peer_t *peer, tg_coap_flight_t *flight) {
  if (!flight->is_listed) return;
  tg_coap_flight_t **at = &peer->flights;
  while (*at != flight) at = &(*at)->next;
  *at = flight->next;
  flight->next = NULL;
  flight->is_listed = false;
}

static void set_timer(tg_coap_t *coap, tg_coap_flight_t *flight) {
  uint64_t due = flight->give_up_ms;
  bool acts = flight->state == TG_COAP_FLIGHT_RUNNING || flight->state == TG_COAP_FLIGHT_FAILED ||
              (flight->state == TG_COAP_FLIGHT_PARKED && flight->act_ms);
  if (acts && (!due || flight->act_ms < due)) due = flight->act_ms;
  if (due) tg_wheel_add(coap->config.wheel, &flight->timer, due);
  else tg_wheel_del(coap->config.wheel, &flight->timer);
}

static void fail_soon(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc) {
  flight->state = TG_COAP_FLIGHT_FAILED;
  flight->fail_rc = (uint8_t)rc;
  flight->act_ms = tg_coap_engine_now(coap);
  set_timer(coap, flight);
}

/* The first interval: ACK_TIMEOUT to ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
static uint32_t first_interval(tg_coap_t *coap, const tg_coap_params_t *params) {
  uint16_t random;
  tg_coap_engine_random(coap, &random, sizeof random);
  uint64_t percent = params->ack_random_percent > 100 ? params->ack_random_percent - 100 : 0;
  return (uint32_t)(params->ack_timeout_ms + params->ack_timeout_ms * percent * random / (100 * (uint64_t)UINT16_MAX));
}

/* A link that can't send now is a loss on the way where we send again anyway; else the flight fails. */
static void sent(tg_coap_t *coap, tg_coap_flight_t *flight, const tg_coap_bearer_t *bearer, tg_rc_t rc) {
  bool is_final =
      rc == TG_E_TOO_LONG || rc == TG_E_NOT_FOUND || (rc != TG_OK && bearer->link->reports_tx && rc != TG_E_FULL);
  if (is_final) {
    fail_soon(coap, flight, rc);
    return;
  }
  if (rc == TG_OK) coap->stats.tx++;
  if (flight->sent < UINT8_MAX) flight->sent++;
  if (!flight->is_confirmable) flight->state = TG_COAP_FLIGHT_WAITING;
  else if (flight->handle) flight->state = TG_COAP_FLIGHT_PAUSED;
  else flight->state = TG_COAP_FLIGHT_RUNNING;
  if (flight->sent == 1) flight->interval_ms = first_interval(coap, &bearer->params);
  else if (flight->interval_ms < INTERVAL_MAX_MS) flight->interval_ms *= 2;
  flight->act_ms = tg_coap_engine_now(coap) + flight->interval_ms;
  set_timer(coap, flight);
}

static void transmit(tg_coap_t *coap, tg_coap_flight_t *flight) {
  tg_coap_peer_t *peer = tg_coap_engine_peer(coap, flight->peer_ref);
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer);
  if (peer->is_down) {
    flight->state = TG_COAP_FLIGHT_PARKED;
    flight->act_ms = 0;
    set_timer(coap, flight);
    return;
  }
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  flight->ops->write(coap, flight, out);
  tg_addr_t to;
  tg_coap_peer_get_addr(peer, &to);
  tg_link_send_t send = {.peer = &to,
                         .datagram = tg_buf_slice(out),
                         .max_latency_s = flight->max_latency_s ? flight->max_latency_s : bearer->params.max_latency_s,
                         .priority = flight->priority,
                         .expects_reply = flight->is_request};
  uint64_t handle = 0;
  forget_handle(coap, flight);
  tg_rc_t rc = out->rc != TG_OK ? TG_E_TOO_LONG : bearer->link->ops->send(bearer->link, &send, &handle);
  if (rc == TG_OK) note_handle(coap, flight, handle);
  sent(coap, flight, bearer, rc);
}

static void lose(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc) {
  tg_coap_flight_stop(coap, flight);
  flight->ops->lost(coap, flight, rc);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  tg_coap_t *coap = ud;
  tg_coap_flight_t *flight = TG_CONTAINER(timer, tg_coap_flight_t, timer);
  const tg_coap_peer_t *peer = tg_coap_engine_peer(coap, flight->peer_ref);
  uint8_t tries = tg_coap_engine_bearer(coap, peer)->params.max_retransmit;
  if (flight->state == TG_COAP_FLIGHT_FAILED) {
    lose(coap, flight, (tg_rc_t)flight->fail_rc);
  } else if ((flight->give_up_ms && flight->give_up_ms <= tg_coap_engine_now(coap)) ||
             (flight->state == TG_COAP_FLIGHT_RUNNING && flight->sent > tries)) {
    lose(coap, flight, TG_E_TIMEOUT);
  } else {
    if (flight->state == TG_COAP_FLIGHT_RUNNING) coap->stats.retransmissions++;
    transmit(coap, flight);
  }
}

void tg_coap_flight_start(tg_coap_t *coap, tg_coap_flight_t *flight) {
  flight->timer.fn = on_timer;
  flight->timer.ud = coap;
  flight->sent = 0;
  flight->was_out = false;
  list_add(tg_coap_engine_peer(coap, flight->peer_ref), flight);
  transmit(coap, flight);
}

static void take_back(tg_coap_t *coap, tg_coap_flight_t *flight) {
  const tg_coap_peer_t *peer = tg_coap_engine_peer(coap, flight->peer_ref);
  tg_link_t *link = tg_coap_engine_bearer(coap, peer)->link;
  if (flight->handle && link->ops->cancel) link->ops->cancel(link, flight->handle);
  forget_handle(coap, flight);
}

void tg_coap_flight_stop(tg_coap_t *coap, tg_coap_flight_t *flight) {
  tg_wheel_del(coap->config.wheel, &flight->timer);
  take_back(coap, flight);
  list_del(tg_coap_engine_peer(coap, flight->peer_ref), flight);
  flight->state = TG_COAP_FLIGHT_IDLE;
}

void tg_coap_flight_quiet(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t give_up_ms) {
  take_back(coap, flight);
  flight->state = TG_COAP_FLIGHT_WAITING;
  flight->give_up_ms = give_up_ms;
  set_timer(coap, flight);
}

void tg_coap_flight_wait(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t give_up_ms) {
  flight->timer.fn = on_timer;
  flight->timer.ud = coap;
  forget_handle(coap, flight);
  list_del(tg_coap_engine_peer(coap, flight->peer_ref), flight);
  flight->state = TG_COAP_FLIGHT_WAITING;
  flight->give_up_ms = give_up_ms;
  set_timer(coap, flight);
}

tg_coap_flight_t *tg_coap_flight_find(const tg_coap_peer_t *peer, uint16_t mid) {
  tg_coap_flight_t *flight = peer->flights;
  while (flight && flight->mid != mid) flight = flight->next;
  return flight;
}

/* Not delivered: again at the time the bearer names, if the deadline allows; else the end. */
static void failed(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t retry_at_ms) {
  forget_handle(coap, flight);
  if (!retry_at_ms || (flight->give_up_ms && retry_at_ms >= flight->give_up_ms)) {
    bool is_unsent = tg_coap_engine_peer(coap, flight->peer_ref)->is_away && !flight->was_out;
    fail_soon(coap, flight, is_unsent ? TG_E_ASLEEP : TG_E_LINK);
    return;
  }
  flight->state = TG_COAP_FLIGHT_PARKED;
  flight->act_ms = retry_at_ms;
  set_timer(coap, flight);
}

void tg_coap_flight_on_tx(void *ud, tg_link_t *link, uint64_t handle, tg_link_tx_t status, uint64_t retry_at_ms) {
  tg_coap_t *coap = ud;
  handle_key_t key = {link, handle};
  tg_hidx_query_t query = {.hash = (uint32_t)handle_hash(handle), .eq = has_handle, .table = coap, .key = &key};
  uint32_t ref;
  if (!tg_hidx_find(&coap->handles, &query, &ref)) return;
  tg_coap_flight_t *flight = flight_of(coap, ref);
  bool is_waiting = flight->state == TG_COAP_FLIGHT_WAITING;
  switch (status) {
  case TG_LINK_TX_QUEUED:
  case TG_LINK_TX_BUFFERED:
    if (!is_waiting) flight->state = TG_COAP_FLIGHT_PAUSED;
    break;
  case TG_LINK_TX_SENT:
  case TG_LINK_TX_ACKED:
    flight->was_out = true;
    if (is_waiting) break;
    flight->state = TG_COAP_FLIGHT_RUNNING;
    flight->act_ms = tg_coap_engine_now(coap) + flight->interval_ms;
    break;
  case TG_LINK_TX_FAILED: failed(coap, flight, retry_at_ms); return;
  }
  set_timer(coap, flight);
}

/* Sends what is parked. The list does not change: starting is in the list already, failing comes from the timer. */
static void release_parked(tg_coap_t *coap, tg_coap_peer_t *peer) {
  for (tg_coap_flight_t *flight = peer->flights; flight; flight = flight->next) {
    if (flight->state == TG_COAP_FLIGHT_PARKED) transmit(coap, flight);
  }
}

void tg_coap_flight_on_reach(void *ud, tg_link_t *link, const tg_addr_t *addr, tg_link_reach_t reach,
                             uint64_t until_ms) {
  tg_coap_t *coap = ud;
  uint8_t bearer = tg_coap_engine_find(coap, link);
  if (bearer == TG_COAP_BEARERS) return;
  tg_coap_peer_t *peer = tg_coap_peer_make(coap, bearer, addr);
  if (!peer) return;
  peer->is_down = reach == TG_LINK_DOWN;
  peer->is_away = reach == TG_LINK_HELD;
  if (!peer->is_down && !peer->is_away) release_parked(coap, peer);
  if (coap->config.reach) coap->config.reach(coap->config.ud, tg_coap_peer_id(coap, peer), reach, until_ms);
}

void tg_coap_flight_on_limits(void *ud, tg_link_t *link, const tg_addr_t *addr, size_t mtu) {
  tg_coap_t *coap = ud;
  uint8_t bearer = tg_coap_engine_find(coap, link);
  tg_coap_peer_t *peer = bearer < TG_COAP_BEARERS ? tg_coap_peer_make(coap, bearer, addr) : NULL;
  if (peer) peer->mtu = (uint16_t)(mtu < MTU_MIN ? MTU_MIN : mtu > UINT16_MAX ? UINT16_MAX : mtu);
}
