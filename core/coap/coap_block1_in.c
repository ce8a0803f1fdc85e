/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembles request bodies: one assembly per peer, method, path, query and Request-Tag; block 0 begins anew; a block that doesn't
 * follow the last one, or is of another format, ends in 4.08 (RFC 7959 §2.9.2), one over the cap in 4.13 with Size1. Called by
 * coap_serve.c.
 */

#include "core/coap/coap_block1_in.h"

static bool refuse(tg_coap_answer_t *answer, uint8_t code) {
  answer->code = code;
  answer->block1.is_there = false;
  return false;
}

static bool refuse_too_long(tg_coap_t *coap, tg_coap_answer_t *answer) {
  coap->stats.too_large++;
  answer->has_size1 = true;
  answer->size1 = (uint32_t)coap->config.limits.request_body;
  return refuse(answer, TG_COAP_413);
}

static bool refuse_full(tg_coap_t *coap, tg_coap_answer_t *answer) {
  coap->stats.shed++;
  answer->max_age = TG_COAP_FULL_MAX_AGE;
  return refuse(answer, TG_COAP_503);
}

static bool refuse_append(tg_coap_t *coap, tg_coap_answer_t *answer, tg_rc_t rc) {
  return rc == TG_E_TOO_LONG ? refuse_too_long(coap, answer) : refuse_full(coap, answer);
}

/* A block but the last is exactly as long as it says (RFC 7959 §2.2). */
static bool has_its_size(const tg_coap_block_t *block, size_t len) {
  size_t size = tg_coap_opts_block_size(block->szx);
  return block->more ? len == size : len <= size;
}

/* The block is there already: its answer was lost, or the network held a copy back. */
static bool is_again(const tg_coap_body_t *body, uint64_t offset, tg_slice_t payload) {
  return offset + payload.len <= body->len && memcmp(body->p + offset, payload.p, payload.len) == 0;
}

/* Who repeats it is there, too: the body's idle time begins anew. */
static bool go_on(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_body_t *body, tg_coap_answer_t *answer) {
  tg_coap_body_touch(coap, body);
  uint8_t ours = tg_coap_peer_szx(coap, rx->peer);
  if (answer->block1.num == 0 && answer->block1.szx > ours) answer->block1.szx = ours;
  answer->code = TG_COAP_231;
  return false;
}

/* Whether block 0 is that of @p body once more: the same message, or another of the operation that its Request-Tag names (RFC 9175 §3.3). */
static bool is_first_again(const tg_coap_body_t *body, const tg_coap_msg_t *msg) {
  if (!is_again(body, 0, msg->payload)) return false;
  return body->first_mid == msg->mid || tg_coap_msg_find(msg, TG_OPT_REQUEST_TAG);
}

/* Block 0 discards what was there, unless it is the same once more. */
static bool begin(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer,
                  uint64_t key) {
  tg_coap_body_t *old = tg_coap_body_find(coap, rx->peer, TG_COAP_BODY_REQUEST_IN, key);
  if (old && opts->block1.more && is_first_again(old, rx->msg)) return go_on(coap, rx, old, answer);
  tg_coap_body_free(coap, old);
  if (opts->has_size1 && opts->size1 > coap->config.limits.request_body) return refuse_too_long(coap, answer);
  if (rx->msg->payload.len > coap->config.limits.request_body) return refuse_too_long(coap, answer);
  if (!opts->block1.more) return true;
  tg_coap_body_t *body = tg_coap_body_new(coap, rx->peer, TG_COAP_BODY_REQUEST_IN, key);
  if (!body) return refuse_full(coap, answer);
  body->content_format = opts->content_format;
  body->first_mid = rx->msg->mid;
  tg_rc_t rc = tg_coap_body_append(coap, body, rx->msg->payload, coap->config.limits.request_body);
  if (rc != TG_OK) {
    tg_coap_body_free(coap, body);
    return refuse_append(coap, answer, rc);
  }
  return go_on(coap, rx, body, answer);
}

bool tg_coap_block1_in(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer,
                       tg_coap_body_t **done) {
  const tg_coap_block_t *block = &opts->block1;
  tg_slice_t payload = rx->msg->payload;
  *done = NULL;
  answer->block1 = *block;
  coap->stats.blocks++;
  if (block->szx == 7 || !has_its_size(block, payload.len)) return refuse(answer, TG_COAP_400);
  uint64_t key = tg_coap_opts_digest(&coap->key, rx->msg, true);
  if (block->num == 0) return begin(coap, rx, opts, answer, key);

  tg_coap_body_t *body = tg_coap_body_find(coap, rx->peer, TG_COAP_BODY_REQUEST_IN, key);
  uint64_t offset = (uint64_t)block->num << (block->szx + 4);
  if (!body) return refuse(answer, TG_COAP_408);
  if (block->more && is_again(body, offset, payload)) return go_on(coap, rx, body, answer);
  if (offset != body->len || body->content_format != opts->content_format) {
    tg_coap_body_free(coap, body);
    return refuse(answer, TG_COAP_408);
  }
  tg_rc_t rc = tg_coap_body_append(coap, body, payload, coap->config.limits.request_body);
  if (rc != TG_OK) {
    tg_coap_body_free(coap, body);
    return refuse_append(coap, answer, rc);
  }
  answer->code = TG_COAP_231;
  *done = block->more ? NULL : body;
  return !block->more;
}
