/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_EGRESS_H
#define TG_CORE_COAP_COAP_EGRESS_H

/** The last step of everything that leaves: hands a datagram to the link. Private to core/coap. */

#include "core/coap/coap_opts.h"
#include "core/coap/coap_peer.h"

/** An answer to be written: the header, then options in order, then the payload. */
typedef struct tg_coap_answer {
  uint8_t type;
  uint8_t code;
  uint16_t mid;
  uint32_t print; /* of the request's datagram (coap_dedup.h); not written */
  tg_slice_t token;
  int content_format;
  tg_slice_t location[2];
  uint32_t max_age;
  bool has_observe;
  bool has_size1;
  bool has_size2;
  bool is_lent;        /* what the payload is cut from need not be kept for further blocks; not written */
  bool yields;         /* only telemetry hangs on it; not written */
  uint8_t no_response; /* of the request: TG_COAP_NO_… bits; not written */
  uint32_t observe;
  uint32_t size1;
  uint32_t size2;
  tg_coap_block_t block1;
  tg_coap_block_t block2;
  tg_slice_t etag;
  tg_slice_t echo;
  tg_slice_t payload;
} tg_coap_answer_t;

/** Sends @p datagram to @p to on a bearer; a failure is as a loss on the way. */
void tg_coap_egress_send(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *to, tg_slice_t datagram);

/** Sends an empty message (ACK or RST). */
void tg_coap_egress_empty(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *to, uint8_t type, uint16_t mid);

/** The 4 bytes of an empty message. */
void tg_coap_egress_put_empty(uint8_t out[4], uint8_t type, uint16_t mid);

/** Writes @p answer at the end of @p out. */
void tg_coap_egress_put_answer(tg_buf_t *out, const tg_coap_answer_t *answer);

/** The engine's buffer for one datagram, empty. Lent until the next call. */
tg_buf_t *tg_coap_egress_buffer(tg_coap_t *coap);

#endif
