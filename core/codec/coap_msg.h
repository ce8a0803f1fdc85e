/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_COAP_MSG_H
#define TG_CORE_CODEC_COAP_MSG_H

/** CoAP messages over datagrams, bytes to fields and back (RFC 7252 §3). Options through libcoap's option codec. */

#include "core/base/buf.h"

enum { TG_COAP_CON = 0, TG_COAP_NON = 1, TG_COAP_ACK = 2, TG_COAP_RST = 3 };

/** Codes as class << 5 | detail. */
#define TG_COAP_CODE(class_, detail) ((uint8_t)((class_) << 5 | (detail)))
enum {
  TG_COAP_EMPTY = 0,
  TG_COAP_GET = 1,
  TG_COAP_POST = 2,
  TG_COAP_PUT = 3,
  TG_COAP_DELETE = 4,
  TG_COAP_FETCH = 5,
  TG_COAP_PATCH = 6,
  TG_COAP_IPATCH = 7,
  TG_COAP_201 = 0x41,
  TG_COAP_202 = 0x42,
  TG_COAP_203 = 0x43,
  TG_COAP_204 = 0x44,
  TG_COAP_205 = 0x45,
  TG_COAP_231 = 0x5F,
  TG_COAP_400 = 0x80,
  TG_COAP_401 = 0x81,
  TG_COAP_402 = 0x82,
  TG_COAP_403 = 0x83,
  TG_COAP_404 = 0x84,
  TG_COAP_405 = 0x85,
  TG_COAP_406 = 0x86,
  TG_COAP_408 = 0x88,
  TG_COAP_409 = 0x89,
  TG_COAP_412 = 0x8C,
  TG_COAP_413 = 0x8D,
  TG_COAP_415 = 0x8F,
  TG_COAP_429 = 0x9D,
  TG_COAP_500 = 0xA0,
  TG_COAP_501 = 0xA1,
  TG_COAP_502 = 0xA2,
  TG_COAP_503 = 0xA3,
  TG_COAP_504 = 0xA4,
  TG_COAP_505 = 0xA5
};

/** Option numbers (RFC 7252 §5.10, 7641, 7959, 7967, 8613, 9175). */
enum {
  TG_OPT_IF_MATCH = 1,
  TG_OPT_URI_HOST = 3,
  TG_OPT_ETAG = 4,
  TG_OPT_IF_NONE_MATCH = 5,
  TG_OPT_OBSERVE = 6,
  TG_OPT_URI_PORT = 7,
  TG_OPT_LOCATION_PATH = 8,
  TG_OPT_OSCORE = 9,
  TG_OPT_URI_PATH = 11,
  TG_OPT_CONTENT_FORMAT = 12,
  TG_OPT_MAX_AGE = 14,
  TG_OPT_URI_QUERY = 15,
  TG_OPT_ACCEPT = 17,
  TG_OPT_LOCATION_QUERY = 20,
  TG_OPT_BLOCK2 = 23,
  TG_OPT_BLOCK1 = 27,
  TG_OPT_SIZE2 = 28,
  TG_OPT_PROXY_URI = 35,
  TG_OPT_PROXY_SCHEME = 39,
  TG_OPT_SIZE1 = 60,
  TG_OPT_ECHO = 252,
  TG_OPT_NO_RESPONSE = 258,
  TG_OPT_REQUEST_TAG = 292
};

/** Content-Format numbers (LwM2M Core 1.1 §7.4). */
enum {
  TG_CF_NONE = -1,
  TG_CF_TEXT = 0,
  TG_CF_LINK = 40,
  TG_CF_OPAQUE = 42,
  TG_CF_CBOR = 60,
  TG_CF_SENML_JSON = 110,
  TG_CF_SENML_CBOR = 112,
  TG_CF_ETCH_JSON = 320,
  TG_CF_ETCH_CBOR = 322,
  TG_CF_TLV = 11542,
  TG_CF_JSON = 11543,
  TG_CF_LWM2M_CBOR = 11544
};

/** More options than this in one message are refused (4.02). */
#define TG_COAP_OPTIONS_MAX 64

/** One option; the value is lent from the datagram. */
typedef struct tg_coap_opt {
  uint16_t number;
  uint16_t len;
  const uint8_t *p;
} tg_coap_opt_t;

/** A decoded message; options and payload borrow from the datagram. Large (about 1 KiB): one per engine, not one per call level. */
typedef struct tg_coap_msg {
  uint8_t type;
  uint8_t code;
  uint16_t mid;
  uint8_t token_len;
  uint8_t token[8];
  uint16_t option_count;
  tg_slice_t payload; /* without the marker; empty when none */
  tg_coap_opt_t options[TG_COAP_OPTIONS_MAX];
} tg_coap_msg_t;

/**
 * Decodes one datagram.
 * @return TG_OK; TG_E_TRUNCATED when not even type and message id can be known or the version is not 1 (say nothing); TG_E_SYNTAX for a
 *         format error behind them or a reserved code class 1, 6 or 7 (type, code and mid of @p msg are set: a CON is reset,
 *         RFC 7252 §4.2); TG_E_OPTION with more than
 *         TG_COAP_OPTIONS_MAX options (type, code, mid, token are set: 4.02)
 */
TG_MUST_CHECK tg_rc_t tg_coap_msg_decode(tg_coap_msg_t *msg, tg_slice_t datagram);

/** The first option @p number, or NULL. Further ones follow it in the array. */
const tg_coap_opt_t *tg_coap_msg_find(const tg_coap_msg_t *msg, uint16_t number);

/** An option's value as an unsigned number of at most four bytes (RFC 7252 §3.2). TG_E_RANGE when longer. */
TG_MUST_CHECK tg_rc_t tg_coap_msg_uint(const tg_coap_opt_t *opt, uint32_t *value);

/** The bytes of an option's value. */
static inline tg_slice_t tg_coap_msg_value(const tg_coap_opt_t *opt) {
  return tg_slice(opt->p, opt->len);
}

/** Header of a message to be written. */
typedef struct tg_coap_head {
  uint8_t type;
  uint8_t code;
  uint16_t mid;
  tg_slice_t token; /* at most 8 bytes */
} tg_coap_head_t;

/** Writes messages; options in ascending order of number. */
typedef struct tg_coap_enc {
  tg_buf_t *out;
  uint16_t last;
} tg_coap_enc_t;

/** Begins a message at the end of @p out (kept until the payload is written). Errors are sticky in out->rc. */
void tg_coap_enc_begin(tg_coap_enc_t *enc, tg_buf_t *out, const tg_coap_head_t *head);

/** Adds an option; @p number not below the last one (programmer error otherwise). */
void tg_coap_enc_opt(tg_coap_enc_t *enc, uint16_t number, tg_slice_t value);

/** Adds an option with a number in as few bytes as possible; 0 is the empty value. */
void tg_coap_enc_uint(tg_coap_enc_t *enc, uint16_t number, uint32_t value);

/** Adds the payload with its marker; nothing for an empty one. */
void tg_coap_enc_payload(tg_coap_enc_t *enc, tg_slice_t payload);

#endif
