/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies longer than a block: the body is kept per peer, method, path and query until its last block was asked for, so that all
 * blocks are of one state (its ETag). Called by coap_serve.c and coap_observer.c.
 */

#include "core/coap/coap_block2_out.h"

#define BLOCKS_MAX ((size_t)1 << 20) /* RFC 7959 §2.2: 20 bits */

static uint8_t szx_for(const tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts) {
  uint8_t ours = tg_coap_peer_szx(coap, rx->peer);
  return opts->block2.is_there && opts->block2.szx < ours ? opts->block2.szx : ours;
}

static void refuse(tg_coap_answer_t *answer, uint8_t code) {
  tg_coap_answer_t plain = {.type = answer->type, .code = code, .mid = answer->mid, .token = answer->token};
  plain.no_response = answer->no_response;
  plain.print = answer->print;
  plain.content_format = TG_CF_NONE;
  plain.block1 = answer->block1;
  if (code == TG_COAP_503) plain.max_age = TG_COAP_FULL_MAX_AGE;
  *answer = plain;
}

/* Sets Block2 and the slice of @p whole; false beyond the end, or when blocks of that size can't count to its end. A client that asked for a larger block gets ours at the same offset. */
static bool cut(tg_coap_answer_t *answer, const tg_coap_block_t *asked, uint8_t szx, tg_slice_t whole) {
  uint64_t offset = asked->is_there ? (uint64_t)asked->num << (asked->szx + 4) : 0;
  size_t size = tg_coap_opts_block_size(szx);
  if (offset > 0 && offset >= whole.len) return false;
  if (whole.len > BLOCKS_MAX * size) return false;
  tg_slice_t rest = tg_slice_from(whole, (size_t)offset);
  answer->payload = tg_slice(rest.p, rest.len < size ? rest.len : size);
  answer->block2 =
      (tg_coap_block_t){.is_there = true, .more = rest.len > size, .szx = szx, .num = (uint32_t)(offset >> (szx + 4))};
  return true;
}

bool tg_coap_block2_out_serve(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts,
                              tg_coap_answer_t *answer) {
  tg_coap_body_name_t name = tg_coap_block2_out_name(coap, rx->msg, opts->block1.is_there);
  tg_coap_body_t *body = tg_coap_body_find_reply(coap, rx->peer, name.key, name.variant);
  if (!body) return false;
  coap->stats.blocks++;
  answer->code = body->code;
  answer->content_format = body->content_format;
  answer->etag = tg_slice(body->etag, body->etag_len);
  if (!cut(answer, &opts->block2, szx_for(coap, rx, opts), tg_slice(body->p, body->len))) refuse(answer, TG_COAP_400);
  else tg_coap_body_touch(coap, body);
  return true;
}

/* Later blocks are not to be of an earlier state. */
static void forget(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_name_t *name) {
  tg_coap_body_t *old = tg_coap_body_find_reply(coap, peer, name->key, name->variant);
  if (old && old->variant == name->variant) tg_coap_body_free(coap, old);
}

/* One body a name, tag and FETCH payload. Its ETag is set in @p answer, its payload is the body's. */
static tg_rc_t keep(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_name_t *name, tg_coap_answer_t *answer) {
  forget(coap, peer, name);
  tg_coap_body_t *body = tg_coap_body_new(coap, peer, TG_COAP_BODY_REPLY_OUT, name->key);
  if (!body) return TG_E_FULL;
  body->variant = name->variant;
  tg_rc_t rc = tg_coap_body_append(coap, body, answer->payload, coap->config.limits.response_body);
  if (rc != TG_OK) {
    tg_coap_body_free(coap, body);
    return rc;
  }
  uint64_t etag = tg_hash(&coap->key, answer->payload);
  body->etag_len = sizeof etag;
  memcpy(body->etag, &etag, sizeof etag);
  body->code = answer->code;
  body->content_format = answer->content_format;
  coap->stats.blocks++;
  answer->payload = tg_slice(body->p, body->len);
  answer->etag = tg_slice(body->etag, body->etag_len);
  return TG_OK;
}

/* What is lent is there for the next blocks anyway. */
static tg_rc_t prepare(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_name_t *name,
                       tg_coap_answer_t *answer) {
  tg_rc_t rc = TG_OK;
  if (answer->is_lent) {
    forget(coap, peer, name);
    coap->stats.blocks++;
  } else {
    rc = keep(coap, peer, name, answer);
  }
  answer->size2 = (uint32_t)answer->payload.len;
  return rc;
}

tg_coap_body_name_t tg_coap_block2_out_name(const tg_coap_t *coap, const tg_coap_msg_t *msg, bool in_blocks) {
  return (tg_coap_body_name_t){.key = tg_coap_opts_digest(&coap->key, msg, false),
                               .variant = tg_coap_opts_variant(&coap->key, msg, in_blocks)};
}

tg_rc_t tg_coap_block2_out_notify(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_name_t *name,
                                  tg_coap_answer_t *answer) {
  uint8_t ours = tg_coap_peer_szx(coap, peer), szx = answer->block2.szx < ours ? answer->block2.szx : ours;
  answer->block2 = (tg_coap_block_t){0};
  if (answer->payload.len <= tg_coap_opts_block_size(szx)) return TG_OK;
  tg_rc_t rc = prepare(coap, peer, name, answer);
  if (rc != TG_OK) return rc;
  answer->has_size2 = true;
  return cut(answer, &answer->block2, szx, answer->payload) ? TG_OK : TG_E_TOO_LONG;
}

void tg_coap_block2_out_cut(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts,
                            tg_coap_answer_t *answer) {
  uint8_t szx = szx_for(coap, rx, opts);
  tg_slice_t whole = answer->payload;
  bool is_long = whole.len > tg_coap_opts_block_size(szx);
  if (!is_long && !opts->block2.is_there) return;
  if (answer->code >> 5 != 2 && !is_long) return; /* an error is no representation */
  if (is_long) {
    tg_coap_body_name_t name = tg_coap_block2_out_name(coap, rx->msg, opts->block1.is_there);
    if (prepare(coap, rx->peer, &name, answer) != TG_OK) {
      coap->stats.shed++;
      refuse(answer, TG_COAP_503);
      return;
    }
    whole = answer->payload;
    answer->has_size2 = opts->block2.num == 0;
  }
  if (!cut(answer, &opts->block2, szx, whole)) refuse(answer, TG_COAP_400);
}
