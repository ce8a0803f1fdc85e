/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notification: from whom it may come, whether it is news, its ACK (at once, or when the caller's ticket is released). What came in
 * its first block only goes on in coap_rest.c.
 * Path: core/coap/coap_response.c -> core/coap/coap_notify.c -> core/server/report.c
 */

#include "core/coap/coap_notify.h"

#include "core/coap/coap_egress.h"
#include "core/coap/coap_rest.h"

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
  tg_coap_rest_drop(coap, observed); /* this one is newer */
  if (is_last) tg_coap_observation_del(coap, note.observation);
  coap->stats.notifications++;
  coap->config.notify(coap->config.ud, cookie, &result, &reply);
  if (result.confirmable) tg_coap_held_settle(coap, rx->peer, &note, &reply);
}

static void reject(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed, tg_coap_seen_t *seen) {
  uint64_t cookie = observed->cookie;
  tg_coap_result_t result = result_of(coap, observed, TG_E_OPTION);
  tg_coap_reply_t unused = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  result.observing = false;
  acknowledge(coap, rx, seen, TG_COAP_RST);
  tg_coap_rest_drop(coap, observed);
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
  if (tg_coap_rest_again(coap, rx, observed)) return;
  bool is_last = rx->msg->code >> 5 != 2 || !opts.has_observe;
  if (!is_last && !tg_coap_observe_is_fresh(observed, opts.observe, tg_coap_engine_now(coap))) {
    coap->stats.rx_stale++;
    acknowledge(coap, rx, seen, TG_COAP_ACK);
  } else if (!is_last && opts.block2.is_there && opts.block2.more) {
    coap->stats.notifications++;
    tg_coap_rest_begin(coap, rx, observed, &opts);
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
