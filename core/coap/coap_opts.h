/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_OPTS_H
#define TG_CORE_COAP_COAP_OPTS_H

/** One pass over a message's options: which are known, in bounds and single, and the values that the engine needs. Private to core/coap. */

#include "core/base/hash.h"
#include "core/coap/coap.h"

enum { TG_COAP_SZX_MAX = 6 };

/** A Block option (RFC 7959 §2.2). */
typedef struct tg_coap_block {
  bool is_there;
  bool more;
  uint8_t szx; /* 7 is reserved */
  uint32_t num;
} tg_coap_block_t;

/** What the engine wants to know; options out of bounds are as absent. */
typedef struct tg_coap_opts {
  int content_format; /* TG_CF_NONE */
  int accept;         /* TG_CF_NONE */
  bool has_observe;
  bool has_size1;
  uint8_t segments; /* of Uri-Path */
  uint32_t observe;
  uint32_t size1;
  tg_coap_block_t block1;
  tg_coap_block_t block2;
  tg_slice_t etag;
  tg_slice_t echo;     /* empty: none */
  uint8_t no_response; /* TG_COAP_NO_… bits; others are not interpreted (RFC 7967 §2.1) */
  tg_slice_t location[2];
} tg_coap_opts_t;

/**
 * Reads the options of a request.
 * @return 0, or the code of the refusal: 4.02 for a critical option that is unknown, out of bounds or repeated (RFC 7252 §5.4),
 *         5.05 for Proxy-Uri and Proxy-Scheme
 */
uint8_t tg_coap_opts_request(const tg_coap_msg_t *msg, tg_coap_opts_t *opts);

/** Reads the options of a response. @return whether it may be used: false with an unknown or bad critical option */
bool tg_coap_opts_response(const tg_coap_msg_t *msg, tg_coap_opts_t *opts);

/** Size of a block in bytes. */
static inline size_t tg_coap_opts_block_size(uint8_t szx) {
  return (size_t)1 << (szx + 4);
}

/** A block option's value. */
static inline uint32_t tg_coap_opts_block_value(uint32_t num, bool more, uint8_t szx) {
  return num << 4 | (more ? 8u : 0u) | szx;
}

/** Whether an answer of @p code is one that a request with @p no_response does not want (RFC 7967 §2); what steers a transfer always is. */
static inline bool tg_coap_opts_is_unwanted(uint8_t no_response, uint8_t code) {
  if (!no_response) return false;
  bool steers = code == TG_COAP_231 || code == TG_COAP_408 || code == TG_COAP_413;
  return !steers && code >> 5 && (no_response >> ((code >> 5) - 1) & 1);
}

/** Digest under @p key of what names a body: code, Uri-Path, Uri-Query; with @p with_tag also Request-Tag (RFC 9175 §3.3). */
uint64_t tg_coap_opts_digest(const tg_hash_key_t *key, const tg_coap_msg_t *msg, bool with_tag);

/**
 * Digest of what tells answers under the same name apart: Request-Tag, and the payload of a FETCH that came in one message
 * (RFC 8132 §2.1). 0: the request carries neither.
 */
uint64_t tg_coap_opts_variant(const tg_hash_key_t *key, const tg_coap_msg_t *msg, bool in_blocks);

#endif
