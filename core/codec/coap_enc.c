/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages over datagrams, fields to bytes, options through libcoap's encoder. The other direction is coap_msg.c; see coap_msg.h. */

#include "core/codec/coap_msg.h"

#include <coap3/coap.h>

#include "core/base/require.h"

enum { TOKEN_MAX = 8, MARKER = 0xFF };

void tg_coap_enc_begin(tg_coap_enc_t *enc, tg_buf_t *out, const tg_coap_head_t *head) {
  TG_REQUIRE(head->token.len <= TOKEN_MAX);
  *enc = (tg_coap_enc_t){out, 0};
  uint8_t *p = tg_buf_reserve(out, 4 + head->token.len);
  if (!p) return;
  p[0] = (uint8_t)(1U << 6 | (head->type & 3U) << 4 | head->token.len);
  p[1] = head->code;
  p[2] = (uint8_t)(head->mid >> 8);
  p[3] = (uint8_t)head->mid;
  if (head->token.len) memcpy(p + 4, head->token.p, head->token.len);
}

void tg_coap_enc_opt(tg_coap_enc_t *enc, uint16_t number, tg_slice_t value) {
  TG_REQUIRE(number >= enc->last && value.len <= UINT16_MAX);
  uint16_t delta = (uint16_t)(number - enc->last);
  enc->last = number;
  size_t size = coap_opt_encode_size(delta, value.len);
  uint8_t *p = tg_buf_reserve(enc->out, size);
  if (p) TG_REQUIRE(coap_opt_encode(p, size, delta, value.p, value.len) == size);
}

void tg_coap_enc_uint(tg_coap_enc_t *enc, uint16_t number, uint32_t value) {
  uint8_t bytes[4];
  unsigned len = coap_encode_var_safe(bytes, sizeof bytes, value);
  tg_coap_enc_opt(enc, number, tg_slice(bytes, len));
}

void tg_coap_enc_payload(tg_coap_enc_t *enc, tg_slice_t payload) {
  if (payload.len == 0) return;
  uint8_t *p = tg_buf_reserve(enc->out, 1 + payload.len);
  if (!p) return;
  p[0] = MARKER;
  memcpy(p + 1, payload.p, payload.len);
}
