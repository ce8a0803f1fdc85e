/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of address (RFC 9175 §2.4, appendix A method 2): an Echo is the time in seconds and a keyed hash of time, link and address,
 * so that nothing is kept for who asks. A peer is proved by a fresh Echo, by an answer with a token of ours, or by its bearer. Not
 * for the client's side of Echo, which is coap_response.c's. Called by coap_serve.c.
 */

#include "core/coap/coap_echo.h"

enum { FRESH_S = 60, FREE_BYTES = 136, TIME_BYTES = 4 };

static uint32_t now_s(const tg_coap_t *coap) {
  return (uint32_t)(tg_coap_engine_now(coap) / 1000);
}

static void put_u32(uint8_t *p, uint32_t value) {
  for (int i = 0; i < TIME_BYTES; i++) p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void make(const tg_coap_t *coap, const tg_coap_rx_t *rx, uint32_t time_s, uint8_t echo[TG_COAP_ECHO]) {
  uint8_t bytes[TIME_BYTES + 1 + TG_ADDR_MAX];
  put_u32(bytes, time_s);
  bytes[TIME_BYTES] = rx->bearer;
  memcpy(bytes + TIME_BYTES + 1, rx->from->b, rx->from->len);
  uint64_t sum = tg_hash(&coap->echo_key, tg_slice(bytes, (size_t)TIME_BYTES + 1 + rx->from->len));
  put_u32(echo, time_s);
  put_u32(echo + TIME_BYTES, (uint32_t)(sum >> 32));
  put_u32(echo + 2 * (size_t)TIME_BYTES, (uint32_t)sum);
}

/* Compared in whole, so that the time it takes says nothing. */
static bool is_same(const uint8_t *a, const uint8_t *b) {
  uint8_t differs = 0;
  for (size_t i = 0; i < TG_COAP_ECHO; i++) differs |= a[i] ^ b[i];
  return !differs;
}

void tg_coap_echo_check(const tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts) {
  uint8_t ours[TG_COAP_ECHO];
  if (opts->echo.len != TG_COAP_ECHO || rx->peer->is_proved) return;
  const uint8_t *p = opts->echo.p;
  uint32_t time_s = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
  if (now_s(coap) - time_s > FRESH_S) return;
  make(coap, rx, time_s, ours);
  if (is_same(ours, p)) rx->peer->is_proved = true;
}

bool tg_coap_echo_is_over(const tg_coap_t *coap, const tg_coap_rx_t *rx, size_t bytes) {
  uint32_t times = coap->config.limits.amplification;
  const tg_link_t *link = coap->bearers[rx->bearer].link;
  if (!times || rx->peer->is_proved || bytes <= FREE_BYTES) return false;
  if ((uint64_t)bytes <= (uint64_t)times * rx->datagram.len) return false;
  return link->ops->identity(link, rx->from).len == 0;
}

void tg_coap_echo_challenge(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_answer_t *answer) {
  tg_coap_answer_t plain = {.type = answer->type,
                            .code = TG_COAP_401,
                            .mid = answer->mid,
                            .print = answer->print,
                            .token = answer->token,
                            .content_format = TG_CF_NONE};
  make(coap, rx, now_s(coap), coap->echo);
  plain.echo = tg_slice(coap->echo, sizeof coap->echo);
  *answer = plain;
  coap->stats.challenges++;
}
