/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers as bytes, and bytes to the link.
 * Path: core/coap/coap_serve.c | core/server/command.c -> core/coap/coap_egress.c -> core/link/link_udp.c
 */

#include "core/coap/coap_egress.h"

#include "core/coap/coap_engine.h"

tg_buf_t *tg_coap_egress_buffer(tg_coap_t *coap) {
  tg_buf_clear(&coap->out);
  return &coap->out;
}

void tg_coap_egress_send(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *to, tg_slice_t datagram) {
  tg_link_t *link = coap->bearers[bearer].link;
  tg_link_send_t send = {.peer = to, .datagram = datagram, .priority = 2};
  uint64_t handle = 0;
  if (link->ops->send(link, &send, &handle) == TG_OK) coap->stats.tx++;
}

void tg_coap_egress_put_empty(uint8_t out[4], uint8_t type, uint16_t mid) {
  out[0] = (uint8_t)(0x40 | type << 4);
  out[1] = TG_COAP_EMPTY;
  out[2] = (uint8_t)(mid >> 8);
  out[3] = (uint8_t)mid;
}

void tg_coap_egress_empty(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *to, uint8_t type, uint16_t mid) {
  uint8_t bytes[4];
  tg_coap_egress_put_empty(bytes, type, mid);
  tg_coap_egress_send(coap, bearer, to, tg_slice(bytes, sizeof bytes));
}

static void put_block(tg_coap_enc_t *enc, uint16_t number, const tg_coap_block_t *block) {
  if (block->is_there) tg_coap_enc_uint(enc, number, tg_coap_opts_block_value(block->num, block->more, block->szx));
}

void tg_coap_egress_put_answer(tg_buf_t *out, const tg_coap_answer_t *answer) {
  tg_coap_enc_t enc;
  tg_coap_head_t head = {.type = answer->type, .code = answer->code, .mid = answer->mid, .token = answer->token};
  tg_coap_enc_begin(&enc, out, &head);
  if (answer->etag.len) tg_coap_enc_opt(&enc, TG_OPT_ETAG, answer->etag);
  if (answer->has_observe) tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, answer->observe);
  for (size_t i = 0; i < TG_COUNT(answer->location); i++) {
    if (answer->location[i].len) tg_coap_enc_opt(&enc, TG_OPT_LOCATION_PATH, answer->location[i]);
  }
  if (answer->content_format != TG_CF_NONE)
    tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)answer->content_format);
  if (answer->max_age) tg_coap_enc_uint(&enc, TG_OPT_MAX_AGE, answer->max_age);
  put_block(&enc, TG_OPT_BLOCK2, &answer->block2);
  put_block(&enc, TG_OPT_BLOCK1, &answer->block1);
  if (answer->has_size2) tg_coap_enc_uint(&enc, TG_OPT_SIZE2, answer->size2);
  if (answer->has_size1) tg_coap_enc_uint(&enc, TG_OPT_SIZE1, answer->size1);
  if (answer->echo.len) tg_coap_enc_opt(&enc, TG_OPT_ECHO, answer->echo);
  tg_coap_enc_payload(&enc, answer->payload);
}
