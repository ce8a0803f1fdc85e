/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to the handler and its reply to the peer: duplicates from memory, blocks put together and cut, answers kept back.
 * Path: core/coap/coap_ingress.c -> core/coap/coap_serve.c -> core/server/server_route.c | core/coap/coap_egress.c
 */

#include "core/coap/coap_serve.h"

#include "core/coap/coap_block1_in.h"
#include "core/coap/coap_block2_out.h"
#include "core/coap/coap_echo.h"
#include "core/coap/coap_egress.h"
#include "core/coap/coap_rate.h"

/* A confirmable request is answered in its ACK, another in a message of its own (RFC 7252 §5.2). */
static tg_coap_answer_t answer_to(const tg_coap_msg_t *msg) {
  return (tg_coap_answer_t){.type = msg->type == TG_COAP_CON ? TG_COAP_ACK : TG_COAP_NON,
                            .mid = msg->mid,
                            .token = tg_slice(msg->token, msg->token_len),
                            .content_format = TG_CF_NONE};
}

void tg_coap_serve_refusal(tg_coap_t *coap, const tg_coap_rx_t *rx, uint8_t code) {
  if (rx->msg->type != TG_COAP_CON) return;
  tg_coap_answer_t answer = answer_to(rx->msg);
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  answer.code = code;
  if (code == TG_COAP_503) answer.max_age = TG_COAP_FULL_MAX_AGE;
  tg_coap_egress_put_answer(out, &answer);
  tg_coap_egress_send(coap, rx->bearer, rx->from, tg_buf_slice(out));
}

/* A safe request may run again: what is too long for an unproved address is not sent before it has shown itself. */
static bool may_run_again(uint8_t code) {
  return code == TG_COAP_GET || code == TG_COAP_FETCH;
}

/* Most answers: short, or for somebody who has shown himself. */
static bool is_within_budget(const tg_coap_t *coap, const tg_coap_rx_t *rx, size_t bytes) {
  return !coap->config.limits.amplification || rx->peer->is_proved || bytes <= rx->datagram.len;
}

/* An answer of @p bytes for an address that may be another's (RFC 9175 §2.4): a challenge, or just the code of what was done. */
static bool cut_to_budget(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_answer_t *answer, size_t bytes) {
  if (!tg_coap_echo_is_over(coap, rx, bytes)) return false;
  if (may_run_again(rx->msg->code)) {
    tg_coap_echo_challenge(coap, rx, answer);
    return true;
  }
  answer->payload = tg_slice(NULL, 0);
  answer->content_format = TG_CF_NONE;
  return true;
}

static void write_answer(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_answer_t *answer) {
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  tg_coap_egress_put_answer(out, answer);
  if (out->rc == TG_OK && !is_within_budget(coap, rx, out->len) && cut_to_budget(coap, rx, answer, out->len)) {
    out = tg_coap_egress_buffer(coap);
    tg_coap_egress_put_answer(out, answer);
  }
  if (out->rc == TG_OK) return;
  tg_coap_answer_t plain = answer_to(rx->msg);
  out = tg_coap_egress_buffer(coap);
  plain.code = TG_COAP_500;
  plain.mid = answer->mid;
  tg_coap_egress_put_answer(out, &plain);
}

/* Code 0, or one that is not wanted: an empty ACK, or nothing. */
static void send_answer(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_seen_t *seen, tg_coap_answer_t *answer) {
  bool is_confirmable = rx->msg->type == TG_COAP_CON;
  if (tg_coap_opts_is_unwanted(answer->no_response, answer->code)) answer->code = 0;
  if (!is_confirmable && !answer->code) return;
  if (!is_confirmable) answer->mid = tg_coap_peer_next_mid(coap, rx->peer);
  if (!answer->code)
    *answer = (tg_coap_answer_t){.type = TG_COAP_ACK, .mid = answer->mid, .content_format = TG_CF_NONE};
  write_answer(coap, rx, answer);
  tg_slice_t datagram = tg_buf_slice(&coap->out);
  if (is_confirmable && seen) tg_coap_dedup_keep(coap, seen, datagram);
  tg_coap_egress_send(coap, rx->bearer, rx->from, datagram);
}

static void take_reply(const tg_coap_reply_t *reply, tg_coap_answer_t *answer) {
  answer->code = reply->code;
  answer->yields = reply->yields;
  if (!reply->code) return;
  answer->content_format = reply->content_format;
  answer->location[0] = reply->location[0];
  answer->location[1] = reply->location[1];
  if (!tg_coap_opts_is_unwanted(answer->no_response, reply->code)) answer->payload = reply->payload; /* nor kept */
  if (reply->lent && reply->etag.len <= TG_COAP_BODY_ETAG) answer->etag = reply->etag;
  if (reply->code == TG_COAP_503 || reply->code == TG_COAP_429) answer->max_age = reply->max_age;
}

/* Keeps the answer back, or refuses when no more can be kept: the handler's work stands, the peer will ask again. */
static bool hold(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_answer_t *answer, uint64_t ticket) {
  tg_rc_t rc = tg_coap_held_reply(coap, rx->peer, answer, ticket);
  if (rc == TG_OK) return true;
  tg_coap_answer_t plain = answer_to(rx->msg);
  plain.no_response = answer->no_response;
  plain.print = answer->print;
  plain.code = TG_COAP_503;
  plain.max_age = TG_COAP_FULL_MAX_AGE;
  *answer = plain;
  coap->stats.shed++;
  return false;
}

/* Only what reads can be observed; a later block is a plain read (RFC 7641 §2, RFC 8132 §2.4, RFC 7959 §2.6). */
static int observe_of(const tg_coap_msg_t *msg, const tg_coap_opts_t *opts) {
  bool is_reading = msg->code == TG_COAP_GET || msg->code == TG_COAP_FETCH;
  if (!opts->has_observe || opts->observe > 1 || !is_reading || opts->block2.num > 0) return -1;
  return (int)opts->observe;
}

/* Who has not proved its address is not sent notifications; without room it is a plain read too (RFC 7641 §4.1, §7). */
static void observe(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer,
                    uint64_t observed) {
  tg_coap_observer_call_t call = {.observed = observed, .token = answer->token};
  call.name = tg_coap_block2_out_name(coap, rx->msg, opts->block1.is_there);
  call.szx = opts->block2.is_there ? opts->block2.szx : TG_COAP_SZX_MAX;
  if (tg_coap_echo_is_over(coap, rx, SIZE_MAX)) return;
  answer->has_observe = tg_coap_observer_add(coap, rx->peer, &call, &answer->observe) == TG_OK;
}

/* Nor is a long body kept for an address that may be another's; of a lent one nothing is kept, so its block alone counts. */
static void fit_answer(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer) {
  if (!answer->code) return;
  if (!answer->is_lent && answer->payload.len && cut_to_budget(coap, rx, answer, answer->payload.len)) return;
  tg_coap_block2_out_cut(coap, rx, opts, answer);
  if (answer->is_lent) (void)cut_to_budget(coap, rx, answer, answer->payload.len);
}

/* @return whether the answer is held */
static bool call_handler(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_slice_t body,
                         tg_coap_answer_t *answer) {
  tg_coap_request_t request = {.peer = tg_coap_peer_id(coap, rx->peer),
                               .link = coap->bearers[rx->bearer].link,
                               .msg = rx->msg,
                               .body = body,
                               .content_format = opts->content_format,
                               .accept = opts->accept,
                               .observe = observe_of(rx->msg, opts),
                               .confirmable = rx->msg->type == TG_COAP_CON};
  tg_coap_reply_t reply = {.content_format = TG_CF_NONE, .body = &coap->reply_body};
  tg_buf_clear(&coap->reply_body);
  coap->stats.requests++;
  if (request.observe == 1) tg_coap_observer_cancel(coap, rx->peer, answer->token);
  coap->config.handler(coap->config.ud, &request, &reply);
  take_reply(&reply, answer);
  if (request.observe == 0 && reply.observed && reply.code >> 5 == 2) observe(coap, rx, opts, answer, reply.observed);
  answer->is_lent = reply.lent && may_run_again(rx->msg->code);
  if (answer->is_lent && reply.code >> 5 == 2) tg_coap_rate_give_back(coap, rx);
  fit_answer(coap, rx, opts, answer);
  return reply.hold && answer->code && hold(coap, rx, answer, reply.ticket);
}

/* Before the handler: what can be refused by looking at the request. @return whether it was */
static bool refuse_early(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts,
                         tg_coap_answer_t *answer) {
  if (rx->msg->code > TG_COAP_IPATCH) answer->code = TG_COAP_405; /* RFC 7252 §5.8 */
  else if (opts->block2.is_there && opts->block2.szx == 7) answer->code = TG_COAP_400;
  else if (opts->block1.is_there && tg_coap_echo_is_over(coap, rx, SIZE_MAX)) /* no memory for it either */
    tg_coap_echo_challenge(coap, rx, answer);
  else if (opts->segments > TG_COAP_SEGMENTS_MAX) answer->code = TG_COAP_404;
  else return false;
  coap->stats.over_segments += opts->segments > TG_COAP_SEGMENTS_MAX;
  return true;
}

/* A later block that isn't kept: a safe request is simply asked again, another can't be (RFC 7959 §2.4). */
static bool may_ask_again(const tg_coap_rx_t *rx) {
  return rx->msg->code == TG_COAP_GET || (rx->msg->code == TG_COAP_FETCH && rx->msg->payload.len);
}

/* @return whether the answer is held */
static bool run(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer) {
  tg_coap_body_t *body = NULL;
  if (refuse_early(coap, rx, opts, answer)) return false;
  if (opts->block1.is_there && !tg_coap_block1_in(coap, rx, opts, answer, &body)) return false;
  if (opts->block2.is_there && opts->block2.num > 0 && !body) {
    if (tg_coap_block2_out_serve(coap, rx, opts, answer)) return false;
    if (!may_ask_again(rx)) {
      answer->code = TG_COAP_408;
      return false;
    }
  }
  if (body) body->kind = TG_COAP_BODY_ANSWER_IN; /* ours for the call: the handler may forget the peer */
  tg_slice_t bytes = body ? tg_slice(body->p, body->len) : rx->msg->payload;
  bool is_held = call_handler(coap, rx, opts, bytes, answer);
  tg_coap_body_free(coap, body);
  return is_held;
}

/* The kept answer again; nothing while it is kept back, nothing for a NON (RFC 7252 §4.5). @return whether that was all */
static bool answer_again(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_seen_t *seen) {
  coap->stats.rx_duplicate++;
  if (seen->state == TG_COAP_DEDUP_LOST && may_run_again(rx->msg->code)) return false;
  if (seen->state == TG_COAP_DEDUP_REPLY) tg_coap_egress_send(coap, rx->bearer, rx->from, tg_coap_dedup_reply(seen));
  return true;
}

/*
 * A block that is not the last of a request's body, or a later one of an answer's, can be answered any number of times from the
 * body itself. It takes no place in the memory of messages, where a transfer would push out the requests that must not run twice.
 */
static bool is_replayable(const tg_coap_opts_t *opts) {
  return (opts->block1.is_there && opts->block1.more) || (!opts->block1.is_there && opts->block2.num > 0);
}

void tg_coap_serve(tg_coap_t *coap, tg_coap_rx_t *rx) {
  tg_coap_opts_t opts;
  rx->peer = tg_coap_peer_make(coap, rx->bearer, rx->from);
  if (!rx->peer) {
    coap->stats.shed++;
    tg_coap_serve_refusal(coap, rx, TG_COAP_503);
    return;
  }
  tg_coap_dedup_prefetch(&coap->dedup, rx->peer);
  tg_coap_peer_touch(coap, rx->peer);
  uint8_t refusal = tg_coap_opts_request(rx->msg, &opts);
  tg_coap_seen_t *seen = tg_coap_dedup_find(coap, rx->peer, rx->mark);
  if (seen && answer_again(coap, rx, seen)) return;
  if (!tg_coap_rate_admits(coap, rx, &opts)) return; /* nor remembered: it may come again */

  tg_coap_answer_t answer = answer_to(rx->msg);
  answer.print = rx->mark.print;
  bool is_held = false;
  if (!opts.block1.more) answer.no_response = opts.no_response;
  tg_coap_peer_hold(coap, rx->peer);
  if (opts.echo.len) tg_coap_echo_check(coap, rx, &opts);
  if (!refusal) is_held = run(coap, rx, &opts, &answer);
  else if (rx->msg->type == TG_COAP_CON) answer.code = refusal;
  /* Remembered late: what was prefetched has come by now. */
  if (!seen && !is_replayable(&opts)) seen = tg_coap_dedup_add(coap, rx->peer, rx->mark);
  if (!is_held) send_answer(coap, rx, seen, &answer);
  tg_coap_peer_let_go(coap, rx->peer);
}
