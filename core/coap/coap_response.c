/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Responses to their exchanges: by message id for what is piggybacked, by token for the rest, always from the peer that was asked
 * (RFC 7252 §5.3.2). A response is a step of a block-wise transfer or the end.
 * Path: core/coap/coap_ingress.c -> core/coap/coap_response.c -> core/server/command.c | core/coap/coap_notify.c
 */

#include "core/coap/coap_response.h"

#include "core/coap/coap_block1_out.h"
#include "core/coap/coap_block2_in.h"
#include "core/coap/coap_egress.h"
#include "core/coap/coap_notify.h"
#include "core/coap/coap_request.h"
#include "core/coap/coap_rest.h"
#include "core/coap/coap_token.h"

enum { CHALLENGES_MAX = 4 };

/* The observation that a successful answer with an Observe option founds or renews (RFC 7641 §3.1). */
static tg_id_t observe(tg_coap_t *coap, const tg_coap_exchange_t *exchange, const tg_coap_opts_t *opts,
                       tg_slice_t token) {
  tg_coap_observed_t *observed = tg_coap_observe_find(coap, token);
  tg_id_t id = observed ? tg_coap_observe_id(coap, observed) : TG_ID_NONE;
  if (!observed) {
    tg_coap_observation_t obs = {.cookie = exchange->cookie, .accept = exchange->accept};
    obs.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, exchange->flight.peer_ref));
    obs.path = (const char *)exchange->heap;
    obs.query = (const char *)exchange->heap + exchange->path_len + 1;
    obs.method = exchange->method;
    obs.content_format = exchange->content_format;
    obs.payload = tg_coap_request_payload(exchange);
    memcpy(obs.token, token.p, sizeof obs.token);
    if (tg_coap_observation_add(coap, &obs, &id) != TG_OK) return TG_ID_NONE;
    observed = tg_pool_find(&coap->observes.pool, id);
    (void)tg_coap_observe_is_fresh(observed, opts->observe, tg_coap_engine_now(coap)); /* the first one of its line */
  } else {
    /* Renewed: a device that had dropped it counts from the beginning, and one that had not may still be sending a confirmable one again
       that is older than this answer. Neither is to be acknowledged and thrown away as old. */
    observed->has_last = false;
  }
  return id;
}

/* What the exchange's Observe option has brought about, told in @p result. Only the first message of an exchange carries one. */
static void settle_observe(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg,
                           const tg_coap_opts_t *opts) {
  tg_slice_t token = tg_slice(exchange->token, TG_COAP_TOKEN);
  if (exchange->asks_block || exchange->observe < 0 || msg->code >> 5 != 2) return;
  if (exchange->observe == 0) {
    if (opts->has_observe) exchange->observation = observe(coap, exchange, opts, token);
  } else {
    tg_coap_observed_t *observed = tg_coap_observe_find(coap, token);
    if (observed) tg_coap_observation_del(coap, tg_coap_observe_id(coap, observed));
  }
  exchange->observe = -1; /* further blocks are plain reads */
}

static void finish(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg, const tg_coap_opts_t *opts,
                   tg_coap_reply_t *reply) {
  const tg_coap_body_t *body = tg_pool_find(&coap->bodies.pool, exchange->body);
  tg_coap_result_t result = {.rc = TG_OK,
                             .code = msg->code,
                             .content_format = opts->content_format,
                             .body = body ? tg_slice(body->p, body->len) : msg->payload,
                             .confirmable = msg->type == TG_COAP_CON,
                             .location = {opts->location[0], opts->location[1]},
                             .observing = exchange->observation != TG_ID_NONE,
                             .observation = exchange->observation,
                             .reply = reply};
  result.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, exchange->flight.peer_ref));
  tg_coap_exchange_finish(coap, exchange, &result);
}

/*
 * The peer wants to see that we are there: the message goes out again with what it said (RFC 9175 §2.3), once. Who has patience does so a
 * few times for each block: an Echo that was long on its way is too old when it comes.
 */
static bool is_challenge(const tg_coap_exchange_t *exchange, uint8_t code, const tg_coap_opts_t *opts) {
  uint8_t most = exchange->patience_ms ? CHALLENGES_MAX : 1;
  return code == TG_COAP_401 && opts->echo.len && exchange->challenges < most;
}

/* @return TG_OK: the answer is the last one; TG_E_AGAIN: another message is to be sent */
static tg_rc_t take_step(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg,
                         const tg_coap_opts_t *opts) {
  if (is_challenge(exchange, msg->code, opts)) {
    tg_rc_t rc = tg_coap_request_take_echo(exchange, opts->echo);
    exchange->challenges++;
    return rc == TG_OK ? TG_E_AGAIN : rc;
  }
  if (msg->code != TG_COAP_401) exchange->challenges = 0;
  tg_rc_t rc = exchange->asks_block ? TG_OK : tg_coap_block1_out(exchange, msg->code, opts);
  if (rc == TG_E_AGAIN) coap->stats.blocks++;
  if (rc != TG_OK) return rc;
  settle_observe(coap, exchange, msg, opts);
  if (opts->block2.is_there || exchange->asks_block) rc = tg_coap_block2_in(coap, exchange, msg, opts);
  if (rc == TG_E_AGAIN) coap->stats.blocks++;
  return rc;
}

/* How much of our body the peer has by its answer, which moved out_at from @p before; 0: no more than it had. */
static size_t taken(const tg_coap_exchange_t *exchange, uint8_t code, tg_rc_t rc, size_t before) {
  if (rc == TG_E_AGAIN && !exchange->asks_block) return exchange->out_at > before ? exchange->out_at : 0;
  return (rc == TG_OK || rc == TG_E_AGAIN) && code >> 5 == 2 ? exchange->payload_len : 0;
}

/* @return whether the exchange is still there: who hears of it may have ended it */
static bool tell(const tg_coap_t *coap, tg_coap_exchange_t *exchange, size_t sent) {
  tg_id_t id = tg_pool_id(&coap->exchanges.pool, exchange);
  exchange->progress(exchange->ud, sent);
  return tg_pool_find(&coap->exchanges.pool, id) == exchange;
}

/* @p reply: NULL, or what becomes of the ACK. */
static void deliver(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg, const tg_coap_opts_t *opts,
                    tg_coap_reply_t *reply) {
  bool is_out = exchange->asks_block; /* the body, all of it */
  size_t before = exchange->out_at;
  tg_rc_t rc = take_step(coap, exchange, msg, opts);
  size_t sent = is_out || !exchange->progress ? 0 : taken(exchange, msg->code, rc, before);
  if (sent && !tell(coap, exchange, sent)) return;
  if (rc == TG_E_AGAIN) tg_coap_exchange_continue(coap, exchange);
  else if (rc != TG_OK) tg_coap_exchange_fail(coap, exchange, rc);
  else finish(coap, exchange, msg, opts, reply);
}

void tg_coap_response_on_ack(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  tg_coap_flight_t *flight = rx->peer ? tg_coap_flight_find(rx->peer, rx->msg->mid) : NULL;
  bool is_response = rx->msg->code != TG_COAP_EMPTY;
  bool is_ours = flight && flight->is_confirmable && flight->sent > 0;
  if (is_ours && is_response) {
    tg_coap_exchange_t *exchange = flight->is_request ? tg_coap_exchange_of(flight) : NULL;
    tg_slice_t token = tg_slice(rx->msg->token, rx->msg->token_len);
    if (exchange && tg_slice_eq(token, tg_slice(exchange->token, TG_COAP_TOKEN))) {
      tg_coap_opts_t opts;
      rx->peer->is_proved = true;
      if (tg_coap_opts_response(rx->msg, &opts)) deliver(coap, exchange, rx->msg, &opts, NULL);
      else tg_coap_exchange_fail(coap, exchange, TG_E_OPTION);
      return;
    }
    is_ours = false;
  }
  if (!is_ours) coap->stats.rx_unmatched++;
  else if (flight->is_request) tg_coap_exchange_acked(coap, tg_coap_exchange_of(flight));
  else if (flight->ref & TG_COAP_FLIGHT_OBSERVER) tg_coap_observer_acked(coap, flight);
  else tg_coap_held_settled(coap, flight);
}

void tg_coap_response_on_rst(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  tg_coap_flight_t *flight = rx->peer ? tg_coap_flight_find(rx->peer, rx->msg->mid) : NULL;
  if (!flight || flight->sent == 0) {
    bool is_ours = rx->peer && tg_coap_observer_reset(coap, rx->peer, rx->msg->mid);
    *(is_ours ? &coap->stats.resets : &coap->stats.rx_unmatched) += 1;
    return;
  }
  coap->stats.resets++;
  if (flight->ref & TG_COAP_FLIGHT_OBSERVER) (void)tg_coap_observer_reset(coap, rx->peer, rx->msg->mid);
  else if (flight->is_request) tg_coap_exchange_fail(coap, tg_coap_exchange_of(flight), TG_E_RESET);
  else tg_coap_held_settled(coap, flight);
}

/* ACK or RST to a confirmable message, and the same again to its duplicates. */
static void confirm(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_seen_t *seen, uint8_t type) {
  uint8_t bytes[4];
  if (rx->msg->type != TG_COAP_CON) return;
  tg_coap_egress_put_empty(bytes, type, rx->msg->mid);
  tg_coap_dedup_keep(coap, seen, tg_slice(bytes, sizeof bytes));
  tg_coap_egress_send(coap, rx->bearer, rx->from, tg_slice(bytes, sizeof bytes));
}

/* What grants an observation may be a notification that has overtaken the answer to the request: the device takes its ACK for that of a value. */
static bool is_value(const tg_coap_rx_t *rx, const tg_coap_exchange_t *exchange, const tg_coap_opts_t *opts) {
  bool is_whole = !exchange->asks_block && !(opts->block2.is_there && opts->block2.more);
  return rx->msg->type == TG_COAP_CON && exchange->observe == 0 && opts->has_observe && rx->msg->code >> 5 == 2 &&
         is_whole;
}

/* From now on the device's message belongs to its observation. */
static void take_value(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_exchange_t *exchange,
                       const tg_coap_opts_t *opts) {
  tg_coap_reply_t reply = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  tg_coap_peer_t *peer = rx->peer;
  tg_coap_peer_hold(coap, peer);
  deliver(coap, exchange, rx->msg, opts, &reply);
  const tg_coap_observed_t *observed = tg_coap_observe_find(coap, tg_slice(rx->msg->token, rx->msg->token_len));
  const tg_coap_held_note_t note = {.mark = rx->mark,
                                    .seq = opts->observe,
                                    .observation = observed ? tg_coap_observe_id(coap, observed) : TG_ID_NONE};
  if (!observed) reply = (tg_coap_reply_t){.content_format = TG_CF_NONE}; /* nobody wants what comes of it */
  tg_coap_held_settle(coap, peer, &note, &reply);
  tg_coap_peer_let_go(coap, peer);
}

static void take_separate(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_exchange_t *exchange) {
  tg_coap_opts_t opts;
  tg_coap_seen_t *seen = tg_coap_dedup_add(coap, rx->peer, rx->mark);
  bool is_good = tg_coap_opts_response(rx->msg, &opts);
  rx->peer->is_proved = true;
  if (is_good && is_value(rx, exchange, &opts)) {
    take_value(coap, rx, exchange, &opts);
    return;
  }
  confirm(coap, rx, seen, is_good ? TG_COAP_ACK : TG_COAP_RST);
  if (is_good) deliver(coap, exchange, rx->msg, &opts, NULL);
  else tg_coap_exchange_fail(coap, exchange, TG_E_OPTION);
}

static bool is_duplicate(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  const tg_coap_seen_t *seen = rx->peer ? tg_coap_dedup_find(coap, rx->peer, rx->mark) : NULL;
  if (!seen) return false;
  coap->stats.rx_duplicate++;
  tg_coap_observed_t *observed = tg_coap_observe_find(coap, tg_slice(rx->msg->token, rx->msg->token_len));
  if (seen->state == TG_COAP_DEDUP_REPLY) tg_coap_egress_send(coap, rx->bearer, rx->from, tg_coap_dedup_reply(seen));
  else if (observed) (void)tg_coap_rest_again(coap, rx, observed);
  return true;
}

void tg_coap_response_on_message(tg_coap_t *coap, tg_coap_rx_t *rx) {
  tg_slice_t token = tg_slice(rx->msg->token, rx->msg->token_len);
  if (is_duplicate(coap, rx)) return;
  tg_coap_exchange_t *exchange = tg_coap_token_find(coap, token);
  tg_coap_observed_t *observed = tg_coap_observe_find(coap, token);
  bool is_for_exchange = exchange && rx->peer && exchange->flight.sent > 0 &&
                         tg_coap_engine_peer(coap, exchange->flight.peer_ref) == rx->peer;
  /* While an observation is being cancelled, its notifications may still come under the same token. */
  bool is_crossing = is_for_exchange && observed && exchange->observe == 1 && tg_coap_msg_find(rx->msg, TG_OPT_OBSERVE);
  if (is_for_exchange && !is_crossing) {
    take_separate(coap, rx, exchange);
    return;
  }
  if (observed && tg_coap_notify(coap, rx, observed)) return;
  coap->stats.rx_unmatched++;
  if (rx->msg->type == TG_COAP_CON) tg_coap_egress_empty(coap, rx->bearer, rx->from, TG_COAP_RST, rx->msg->mid);
}
