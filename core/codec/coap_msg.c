/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoAP messages over datagrams, bytes to fields (RFC 7252 §3). The hottest function of the program: every datagram of every peer
 * passes here once. Options go through libcoap's parser (8 ns an option, 3 ns for a loop of ours: the difference is no reason to
 * keep one); what libcoap does not check (deltas that wrap, their sum, reserved classes, the Empty message, counts) is checked here.
 * The other direction is coap_enc.c. See coap_msg.h.
 */

#include "core/codec/coap_msg.h"

#include <coap3/coap.h>

enum { HEADER = 4, TOKEN_MAX = 8, MARKER = 0xFF };

/* Classes 1, 6 and 7 are reserved; a message with one is rejected like a malformed one (RFC 7252 §3, §4.2). */
static bool is_code_reserved(uint8_t code) {
  unsigned class_ = code >> 5;
  return class_ == 1 || class_ >= 6;
}

/* libcoap 4.3.1 lets a two-byte delta wrap: 269 + 65,267 would be option 0. It has seen that the bytes of the delta are there. */
static bool does_delta_wrap(const uint8_t *p) {
  return p[0] >> 4 == 14 && (p[1] << 8 | p[2]) > UINT16_MAX - 269;
}

static tg_rc_t decode_options(tg_coap_msg_t *msg, const uint8_t *p, const uint8_t *end) {
  uint32_t number = 0;
  while (p < end && *p != MARKER) {
    coap_option_t option;
    size_t used = coap_opt_parse(p, (size_t)(end - p), &option);
    if (used == 0 || does_delta_wrap(p)) return TG_E_SYNTAX;
    number += option.delta;
    if (number > UINT16_MAX || option.length > UINT16_MAX) return TG_E_SYNTAX;
    if (msg->option_count == TG_COAP_OPTIONS_MAX) return TG_E_OPTION;
    msg->options[msg->option_count++] = (tg_coap_opt_t){(uint16_t)number, (uint16_t)option.length, option.value};
    p += used;
  }
  if (p == end) return TG_OK;
  msg->payload = tg_slice(p + 1, (size_t)(end - p) - 1);
  return msg->payload.len ? TG_OK : TG_E_SYNTAX; /* a marker promises a payload (RFC 7252 §3) */
}

tg_rc_t tg_coap_msg_decode(tg_coap_msg_t *msg, tg_slice_t datagram) {
  if (datagram.len < HEADER || datagram.p[0] >> 6 != 1) return TG_E_TRUNCATED;
  const uint8_t *p = datagram.p;
  uint8_t token_len = p[0] & 0x0F;
  msg->type = (p[0] >> 4) & 3;
  msg->code = p[1];
  msg->mid = (uint16_t)(p[2] << 8 | p[3]);
  msg->token_len = 0;
  msg->option_count = 0;
  msg->payload = tg_slice(NULL, 0);
  if (token_len > TOKEN_MAX || datagram.len < (size_t)HEADER + token_len || is_code_reserved(msg->code))
    return TG_E_SYNTAX;
  if (msg->code == TG_COAP_EMPTY) return datagram.len == HEADER ? TG_OK : TG_E_SYNTAX;
  msg->token_len = token_len;
  if (token_len) memcpy(msg->token, p + HEADER, token_len);
  return decode_options(msg, p + HEADER + token_len, p + datagram.len);
}

const tg_coap_opt_t *tg_coap_msg_find(const tg_coap_msg_t *msg, uint16_t number) {
  for (size_t i = 0; i < msg->option_count && msg->options[i].number <= number; i++) {
    if (msg->options[i].number == number) return msg->options + i;
  }
  return NULL;
}

tg_rc_t tg_coap_msg_uint(const tg_coap_opt_t *opt, uint32_t *value) {
  if (opt->len > sizeof *value) return TG_E_RANGE;
  *value = coap_decode_var_bytes(opt->p, opt->len);
  return TG_OK;
}
