/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notification: from whom it may come, whether it is news, its missing blocks, its ACK (at once, or when the caller's ticket is
 * released).
 * Path: core/coap/coap_response.c -> core/coap/coap_notify.c -> core/server/report.c
 */

#include "core/coap/coap_notify.h"

#include "core/base/alloc.h"
#include "core/coap/coap_block2_in.h"
#include "core/coap/coap_egress.h"

/* A body of which the first block came; done() has no other way to know whose it is. */
typedef struct fetch {
  tg_coap_t *coap;
  tg_id_t observation;
} fetch_t;

static void acknowledge(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_seen_t *seen, uint8_t type) {
  uint8_t bytes[4];
  if (rx->msg->type != TG_COAP_CON) return;
  tg_coap_egress_put_empty(bytes, type, rx->msg->mid);
  tg_coap_dedup_keep(coap, seen, tg_slice(bytes, sizeof bytes));
  tg_coap_egress_send(coap, rx->bearer, rx->from, tg_slice(bytes, sizeof bytes));
}

static tg_coap_result_t result_of(const tg_coap_t *coap, const tg_coap_observed_t *observed, tg_rc_t rc) {
  tg_coap_result_t result = {.rc = rc, .content_format = TG_CF_NONE, .observing = true};
  result.observation = tg_coap_observe_id(coap, observed);
  result.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, observed->peer_ref));
  return result;
}

/* Without an ACK to hold: it has gone out with the first block, or the body can't be had. */
static void notify_late(tg_coap_t *coap, const tg_coap_observed_t *observed, tg_coap_result_t *result) {
  tg_coap_reply_t unused = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  coap->config.notify(coap->config.ud, observed->cookie, result, &unused);
}

static void on_fetched(void *ud, const tg_coap_result_t *fetched) {
  fetch_t fetch = *(fetch_t *)ud;
  tg_alloc_free(ud);
  tg_coap_observed_t *observed = tg_pool_find(&fetch.coap->observes.pool, fetch.observation);
  if (!observed || fetched->rc == TG_E_CANCELLED) return;
  observed->fetch = TG_ID_NONE;
  tg_coap_result_t result = result_of(fetch.coap, observed, fetched->rc);
  if (fetched->rc == TG_OK && fetched->code >> 5 != 2) result.rc = TG_E_PEER;
  result.code = fetched->code;
  result.content_format = fetched->content_format;
  if (result.rc == TG_OK) result.body = fetched->body;
  notify_late(fetch.coap, observed, &result);
}

static tg_rc_t start_fetch(tg_coap_t *coap, tg_coap_observed_t *observed, tg_coap_body_t *body, uint8_t szx) {
  const uint8_t *kept = tg_coap_observe_names(observed);
  char names[1024];
  tg_buf_t text;
  tg_buf_init(&text, names, sizeof names);
  tg_buf_put(&text, tg_slice(kept, observed->path_len));
  tg_buf_put_u8(&text, 0);
  tg_buf_put(&text, tg_slice(kept + observed->path_len, observed->query_len));
  tg_buf_put_u8(&text, 0);
  if (text.rc != TG_OK) return TG_E_TOO_LONG;
  fetch_t *fetch = tg_alloc(sizeof *fetch);
  if (!fetch) return TG_E_NOMEM;
  *fetch = (fetch_t){coap, tg_coap_observe_id(coap, observed)};
  tg_coap_call_t call = {
      .method = observed->method, .path = names, .observe = -1, .priority = 1, .done = on_fetched, .ud = fetch};
  call.peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, observed->peer_ref));
  call.query = names + observed->path_len + 1;
  call.accept = observed->accept;
  call.content_format = observed->content_format;
  call.payload = tg_slice(kept + observed->path_len + observed->query_len, observed->payload_len);
  tg_rc_t rc = tg_coap_exchange_fetch(coap, &call, body, szx, &observed->fetch);
  if (rc != TG_OK) tg_alloc_free(fetch);
  return rc;
}

/* The rest of a body is read with a token of its own (RFC 7959 §2.6, RFC 7641 §3.3); a newer notification ends an older reading. */
static void fetch_rest(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed,
                       const tg_coap_opts_t *opts) {
  tg_id_t id = tg_coap_observe_id(coap, observed), old = observed->fetch;
  observed->fetch = TG_ID_NONE;
  tg_coap_cancel(coap, old);
  tg_rc_t rc = TG_E_STATE;
  if (observed->has_names) {
    tg_coap_body_t *body = tg_coap_block2_in_begin(coap, rx->peer, rx->msg, opts);
    rc = body ? start_fetch(coap, observed, body, opts->block2.szx) : TG_E_FULL;
    if (rc != TG_OK) tg_coap_body_free(coap, body);
  }
  if (rc == TG_OK) return;
  observed = tg_pool_find(&coap->observes.pool, id);
  tg_coap_result_t result = result_of(coap, observed, rc);
  notify_late(coap, observed, &result);
}

/* What can't be held is not acknowledged and comes again. */
void tg_coap_notify_settle(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_held_note_t *note,
                           const tg_coap_reply_t *reply) {
  bool is_confirmable = rx->msg->type == TG_COAP_CON;
  tg_coap_seen_t *seen = tg_coap_dedup_find(coap, rx->peer, rx->mark);
  if (!is_confirmable || !seen) return;
  bool refused = reply->code >> 5 >= 4; /* the handler has no room for it now */
  if (!reply->hold && !refused) {
    acknowledge(coap, rx, seen, TG_COAP_ACK);
    return;
  }
  if (!refused && tg_coap_held_ack(coap, rx->peer, note, reply->ticket) == TG_OK) return;
  coap->stats.shed++;
  tg_coap_dedup_forget(coap, rx->peer, rx->mark);
  tg_coap_observed_t *observed = tg_pool_find(&coap->observes.pool, note->observation);
  if (observed) tg_coap_observe_unsee(observed, note->seq);
}

/* @p is_last: an error or an answer without Observe ends the observation (RFC 7641 §3.2, §4.2). */
static void hand_over(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed, const tg_coap_opts_t *opts,
                      bool is_last) {
  tg_coap_held_note_t note = {
      .mark = rx->mark, .seq = opts->observe, .observation = tg_coap_observe_id(coap, observed)};
  tg_coap_reply_t reply = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  tg_coap_result_t result = result_of(coap, observed, TG_OK);
  result.code = rx->msg->code;
  result.content_format = opts->content_format;
  result.body = rx->msg->payload;
  result.confirmable = rx->msg->type == TG_COAP_CON;
  result.observing = !is_last;
  uint64_t cookie = observed->cookie;
  if (is_last) {
    tg_coap_cancel(coap, observed->fetch);
    tg_coap_observation_del(coap, note.observation);
  }
  coap->stats.notifications++;
  coap->config.notify(coap->config.ud, cookie, &result, &reply);
  tg_coap_notify_settle(coap, rx, &note, &reply);
}

static void reject(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed, tg_coap_seen_t *seen) {
  uint64_t cookie = observed->cookie;
  tg_coap_result_t result = result_of(coap, observed, TG_E_OPTION);
  tg_coap_reply_t unused = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  result.observing = false;
  acknowledge(coap, rx, seen, TG_COAP_RST);
  tg_coap_cancel(coap, observed->fetch);
  tg_coap_observation_del(coap, result.observation);
  coap->config.notify(coap->config.ud, cookie, &result, &unused);
}

static bool admit(tg_coap_t *coap, tg_coap_rx_t *rx, tg_coap_observed_t *observed) {
  if (rx->peer && rx->peer == tg_coap_engine_peer(coap, observed->peer_ref)) return true;
  tg_coap_peer_t *from = tg_coap_peer_make(coap, rx->bearer, rx->from);
  if (!from || !tg_coap_observe_may_move(coap, observed, from)) return false;
  tg_coap_observation_move(coap, tg_coap_observe_id(coap, observed), tg_coap_peer_id(coap, from));
  coap->stats.rebound++;
  rx->peer = from;
  return true;
}

static void take(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed) {
  tg_coap_opts_t opts;
  tg_coap_seen_t *seen = tg_coap_dedup_add(coap, rx->peer, rx->mark);
  if (!tg_coap_opts_response(rx->msg, &opts)) {
    reject(coap, rx, observed, seen);
    return;
  }
  bool is_last = rx->msg->code >> 5 != 2 || !opts.has_observe;
  if (!is_last && !tg_coap_observe_is_fresh(observed, opts.observe, tg_coap_engine_now(coap))) {
    coap->stats.rx_stale++;
    acknowledge(coap, rx, seen, TG_COAP_ACK);
  } else if (!is_last && opts.block2.is_there && opts.block2.more) {
    coap->stats.notifications++;
    acknowledge(coap, rx, seen, TG_COAP_ACK);
    fetch_rest(coap, rx, observed, &opts);
  } else {
    hand_over(coap, rx, observed, &opts, is_last);
  }
}

bool tg_coap_notify(tg_coap_t *coap, tg_coap_rx_t *rx, tg_coap_observed_t *observed) {
  if (!admit(coap, rx, observed)) return false;
  tg_coap_peer_t *peer = rx->peer;
  peer->is_proved = true; /* it knows a token of ours */
  tg_coap_peer_hold(coap, peer);
  take(coap, rx, observed);
  tg_coap_peer_let_go(coap, peer);
  return true;
}
