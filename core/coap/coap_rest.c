/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/coap under coap_notify.c: a body that a notification has only begun. The rest is read with a token of its own (RFC 7959 §2.6,
 * §3.4), the ACK waits until it is there and kept. A device that sends its notification for the third time has an ACK in any case: before it
 * gives the observation up (RFC 7641 §4.5), and since some answer no requests while they wait.
 */

#include "core/coap/coap_rest.h"

#include "core/base/alloc.h"
#include "core/coap/coap_block2_in.h"

enum { IMPATIENT = 2 /* times that it came again */, NAMES_MAX = 1024 };

/* done() has no other way to know whose it is. */
typedef struct rest {
  tg_coap_t *coap;
  tg_coap_held_note_t note;
  tg_id_t waits; /* the peer that waits for the ACK of note, or none */
  uint8_t again; /* how often its message came again */
} rest_t;

static void on_done(void *ud, const tg_coap_result_t *fetched);

static tg_coap_exchange_t *exchange_of(const tg_coap_t *coap, const tg_coap_observed_t *observed) {
  return tg_pool_find(&coap->exchanges.pool, observed->fetch);
}

static tg_coap_result_t result_of(const tg_coap_t *coap, const tg_coap_observed_t *observed, tg_rc_t rc) {
  tg_coap_result_t result = {.rc = rc, .content_format = TG_CF_NONE, .observing = true};
  result.observation = tg_coap_observe_id(coap, observed);
  result.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, observed->peer_ref));
  return result;
}

/* Whoever waits gets no ACK: what it sends again is a new message. */
static void let_go(const rest_t *rest) {
  tg_coap_peer_t *peer = tg_coap_peer_of(rest->coap, rest->waits);
  if (peer) tg_coap_held_forget(rest->coap, peer, &rest->note);
}

/* What a second try may have. The others would come to the same end. */
static bool may_come_again(tg_rc_t rc, uint8_t code) {
  bool is_busy = rc == TG_E_FULL || rc == TG_E_NOMEM || code == TG_COAP_503;
  return is_busy || rc == TG_E_TIMEOUT || rc == TG_E_LINK || rc == TG_E_RESET;
}

/* The caller hears of it first, since it says what becomes of the ACK. */
static void tell(const rest_t *rest, const tg_coap_observed_t *observed, tg_coap_result_t *result) {
  tg_coap_t *coap = rest->coap;
  tg_coap_reply_t reply = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  result->confirmable = rest->waits != TG_ID_NONE;
  coap->config.notify(coap->config.ud, observed->cookie, result, &reply);
  tg_coap_peer_t *peer = tg_coap_peer_of(coap, rest->waits);
  if (!peer) return;
  if (may_come_again(result->rc, result->code)) tg_coap_held_forget(coap, peer, &rest->note);
  else tg_coap_held_settle(coap, peer, &rest->note, &reply);
}

static void on_done(void *ud, const tg_coap_result_t *fetched) {
  rest_t rest = *(rest_t *)ud;
  tg_alloc_free(ud);
  tg_coap_observed_t *observed = tg_pool_find(&rest.coap->observes.pool, rest.note.observation);
  if (!observed || fetched->rc == TG_E_CANCELLED) {
    let_go(&rest);
    return;
  }
  observed->fetch = TG_ID_NONE;
  tg_coap_result_t result = result_of(rest.coap, observed, fetched->rc);
  if (fetched->rc == TG_OK && fetched->code >> 5 != 2) result.rc = TG_E_PEER;
  result.code = fetched->code;
  result.content_format = fetched->content_format;
  if (result.rc == TG_OK) result.body = fetched->body;
  tell(&rest, observed, &result);
}

/* @p body: the first block, which came in blocks of @p szx; taken on TG_OK. NULL: that is read, too. */
static tg_rc_t start(const rest_t *from, tg_coap_observed_t *observed, tg_coap_body_t *body, uint8_t szx) {
  tg_coap_t *coap = from->coap;
  const uint8_t *kept = tg_coap_observe_names(observed);
  char names[NAMES_MAX];
  tg_buf_t text;
  tg_buf_init(&text, names, sizeof names);
  tg_buf_put(&text, tg_slice(kept, observed->path_len));
  tg_buf_put_u8(&text, 0);
  tg_buf_put(&text, tg_slice(kept + observed->path_len, observed->query_len));
  tg_buf_put_u8(&text, 0);
  if (text.rc != TG_OK) return TG_E_TOO_LONG;
  rest_t *rest = tg_alloc(sizeof *rest);
  if (!rest) return TG_E_NOMEM;
  *rest = *from;
  tg_coap_call_t call = {
      .method = observed->method, .path = names, .observe = -1, .priority = 1, .done = on_done, .ud = rest};
  call.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, observed->peer_ref));
  call.query = names + observed->path_len + 1;
  call.accept = observed->accept;
  call.content_format = observed->content_format;
  call.payload = tg_slice(kept + observed->path_len + observed->query_len, observed->payload_len);
  tg_rc_t rc = tg_coap_exchange_fetch(coap, &call, body, szx, &observed->fetch);
  if (rc != TG_OK) tg_alloc_free(rest);
  return rc;
}

void tg_coap_rest_drop(tg_coap_t *coap, tg_coap_observed_t *observed) {
  tg_id_t fetch = observed->fetch;
  observed->fetch = TG_ID_NONE;
  tg_coap_cancel(coap, fetch);
}

void tg_coap_rest_begin(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed,
                        const tg_coap_opts_t *opts) {
  rest_t rest = {.coap = coap, .note = {.mark = rx->mark, .seq = opts->observe}, .waits = TG_ID_NONE};
  rest.note.observation = tg_coap_observe_id(coap, observed);
  if (rx->msg->type == TG_COAP_CON) rest.waits = tg_coap_peer_id(coap, rx->peer);
  tg_coap_rest_drop(coap, observed);
  tg_rc_t rc = TG_E_STATE;
  if (observed->has_names) {
    tg_coap_body_t *body = tg_coap_block2_in_begin(coap, rx->peer, rx->msg, opts);
    rc = body ? start(&rest, observed, body, opts->block2.szx) : TG_E_FULL;
    if (rc != TG_OK) tg_coap_body_free(coap, body);
  }
  if (rc == TG_OK) return;
  tg_coap_result_t result = result_of(coap, observed, rc);
  tell(&rest, observed, &result);
}

/* What is kept of it now is that it is to be read: the caller sees to that, where it can. */
static void acknowledge_early(rest_t *waiting, const tg_coap_observed_t *observed) {
  tg_coap_result_t result = result_of(waiting->coap, observed, TG_E_AGAIN);
  rest_t rest = *waiting;
  waiting->waits = TG_ID_NONE;
  rest.coap->stats.acked_early++;
  tell(&rest, observed, &result);
}

bool tg_coap_rest_again(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed) {
  const tg_coap_exchange_t *exchange = exchange_of(coap, observed);
  rest_t *rest = exchange ? exchange->ud : NULL;
  if (!rest || tg_coap_peer_of(coap, rest->waits) != rx->peer) return false;
  if (rest->note.mark.mid != rx->mark.mid || rest->note.mark.print != rx->mark.print) return false;
  if (++rest->again < IMPATIENT) return true;
  tg_coap_peer_t *peer = rx->peer;
  tg_coap_peer_hold(coap, peer);
  acknowledge_early(rest, observed);
  tg_coap_peer_let_go(coap, peer);
  return true;
}

void tg_coap_observation_move(tg_coap_t *coap, tg_id_t id, tg_id_t peer) {
  tg_coap_observed_t *observed = tg_pool_find(&coap->observes.pool, id);
  tg_coap_peer_t *to = tg_coap_peer_of(coap, peer);
  if (!observed || !to || tg_coap_engine_peer(coap, observed->peer_ref) == to) return;
  tg_coap_observe_move(coap, observed, to);
  tg_coap_exchange_t *exchange = exchange_of(coap, observed);
  if (!exchange) return;
  rest_t *old = exchange->ud, rest = *old;
  old->waits = TG_ID_NONE;
  tg_coap_rest_drop(coap, observed);
  if (start(&rest, observed, NULL, 0) != TG_OK) let_go(&rest);
}
