/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP datagrams: the decoder agrees with a second, plain reading of RFC 7252 §3, and what it reads comes back from the encoder. */

#include "core/codec/coap_msg.h"
#include "tests/fuzz/fuzz.h"

/* Takes the extension of a nibble; false when it is missing or reserved. */
static bool extend(uint32_t *nibble, const uint8_t **p, const uint8_t *end) {
  size_t width = *nibble == 13 ? 1 : *nibble == 14 ? 2 : 0;
  if (*nibble == 15 || (size_t)(end - *p) < width) return false;
  if (width == 1) *nibble = 13U + (*p)[0];
  if (width == 2) *nibble = 269U + ((uint32_t)(*p)[0] << 8 | (*p)[1]);
  *p += width;
  return true;
}

/* Whether options and payload are well formed, and how many options there are. */
static bool is_well_formed(const uint8_t *p, const uint8_t *end, size_t *count) {
  uint32_t number = 0;
  *count = 0;
  while (p < end && *p != 0xFF) {
    uint32_t delta = *p >> 4, len = *p & 15;
    p++;
    if (!extend(&delta, &p, end) || !extend(&len, &p, end)) return false;
    number += delta;
    if (number > 65535 || len > 65535 || len > (size_t)(end - p)) return false;
    p += len;
    ++*count;
  }
  return p == end || end - p > 1;
}

static void check_verdict(const uint8_t *data, size_t size, tg_rc_t rc) {
  if (size < 4 || data[0] >> 6 != 1) {
    fuzz_require(rc == TG_E_TRUNCATED);
    return;
  }
  size_t token_len = data[0] & 15, count = 0;
  unsigned class_ = data[1] >> 5;
  bool ok = token_len <= 8 && token_len <= size - 4 && class_ != 1 && class_ < 6;
  if (ok && data[1] == 0) ok = size == 4;
  if (ok && data[1] != 0) ok = is_well_formed(data + 4 + token_len, data + size, &count);
  if (rc == TG_E_OPTION) return; /* said before the end was read */
  fuzz_require((rc == TG_OK) == (ok && count <= TG_COAP_OPTIONS_MAX));
  fuzz_require(rc == TG_OK || rc == TG_E_SYNTAX);
}

static void check_round_trip(const tg_coap_msg_t *msg) {
  static uint8_t memory[1 << 18];
  static tg_coap_msg_t again;
  tg_buf_t out;
  tg_coap_enc_t enc;
  tg_buf_init(&out, memory, sizeof memory);
  tg_coap_enc_begin(&enc, &out,
                    &(tg_coap_head_t){msg->type, msg->code, msg->mid, tg_slice(msg->token, msg->token_len)});
  for (size_t i = 0; i < msg->option_count; i++) {
    fuzz_require(tg_coap_msg_find(msg, msg->options[i].number) <= msg->options + i);
    uint32_t number = 0;
    bool is_short = msg->options[i].len <= 4;
    fuzz_require((tg_coap_msg_uint(msg->options + i, &number) == TG_OK) == is_short);
    tg_coap_enc_opt(&enc, msg->options[i].number, tg_coap_msg_value(msg->options + i));
  }
  tg_coap_enc_payload(&enc, msg->payload);
  fuzz_require(out.rc == TG_OK && tg_coap_msg_decode(&again, tg_buf_slice(&out)) == TG_OK);
  fuzz_require(again.type == msg->type && again.code == msg->code && again.mid == msg->mid);
  fuzz_require(again.option_count == msg->option_count && tg_slice_eq(again.payload, msg->payload));
  for (size_t i = 0; i < msg->option_count; i++) {
    fuzz_require(again.options[i].number == msg->options[i].number);
    fuzz_require(tg_slice_eq(tg_coap_msg_value(again.options + i), tg_coap_msg_value(msg->options + i)));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static tg_coap_msg_t msg;
  tg_rc_t rc = tg_coap_msg_decode(&msg, tg_slice(data, size));
  check_verdict(data, size, rc);
  if (rc == TG_OK) check_round_trip(&msg);
  return 0;
}
