/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_COAP_H
#define TG_TESTS_SIM_SIM_COAP_H

/**
 * A device's message layer (RFC 7252): one confirmable message of its own at a time, with retransmissions; requests answered once per
 * message id and token within EXCHANGE_LIFETIME. Shares only the codec of messages with the product, not its exchange layer.
 */

#include "core/codec/coap_msg.h"
#include "tests/sim/sim.h"

enum { SIM_COAP_BYTES = 512, SIM_COAP_SEEN = 24 };

typedef struct sim_coap sim_coap_t;

/** How a confirmable message of the device's own ended. */
typedef enum sim_coap_end {
  SIM_COAP_ANSWERED, /* a request, by a response: code and msg */
  SIM_COAP_ACKED,    /* a notification or a separate response */
  SIM_COAP_RESET,
  SIM_COAP_TIMEOUT
} sim_coap_end_t;

/** What a device does with messages. */
typedef struct sim_coap_ops {
  /** Appends the answer's options and payload (in @p enc) and returns its code; code 0: it comes later, see sim_coap_answer_later(). */
  uint8_t (*request)(void *ud, const tg_coap_msg_t *msg, tg_coap_enc_t *enc);
  /** The message that was begun with @p kind has ended; @p msg only when ANSWERED. Kind -1: a non-confirmable one was reset. */
  void (*ended)(void *ud, int kind, sim_coap_end_t end, const tg_coap_msg_t *msg);
} sim_coap_ops_t;

/** A request that was seen, and its answer. */
typedef struct sim_coap_seen {
  uint64_t at_ms;
  uint16_t mid;
  uint8_t token_len;
  uint8_t token[8];
  size_t len;
  uint8_t answer[SIM_COAP_BYTES];
} sim_coap_seen_t;

/** Members may be read. */
struct sim_coap {
  uint32_t node;
  const sim_coap_ops_t *ops;
  void *ud;
  uint16_t next_mid;
  uint32_t next_token;
  bool is_busy;
  bool is_acked; /* the answer comes separately */
  int kind;
  uint16_t mid;
  uint32_t token;
  bool is_request;
  unsigned tries;
  uint64_t timeout_ms;
  tg_timer_t timer;
  size_t len;
  uint8_t bytes[SIM_COAP_BYTES];
  unsigned next_seen;
  sim_coap_seen_t seen[SIM_COAP_SEEN];
  uint8_t last_token[8]; /* of an answer that was received, so that its repetitions are acknowledged */
  uint16_t last_non;     /* a non-confirmable message: it may be reset, too */
};

/** A device that was switched on: it knows nothing. Stops what runs. */
void sim_coap_begin(sim_coap_t *coap, uint32_t node, const sim_coap_ops_t *ops, void *ud);

/** Stops. */
void sim_coap_end(sim_coap_t *coap);

/** Begins a request of @p kind (not while busy): write its options with @p enc into @p buf, then sim_coap_send(). */
void sim_coap_request(sim_coap_t *coap, int kind, uint8_t code, tg_buf_t *buf, tg_coap_enc_t *enc);

/** Begins a message with a given token: a notification (code 2.05) or a separate answer; confirmable ones not while busy. */
void sim_coap_response(sim_coap_t *coap, int kind, bool confirmable, const tg_coap_head_t *head, tg_buf_t *buf,
                       tg_coap_enc_t *enc);

/** Sends what was begun. */
void sim_coap_send(sim_coap_t *coap, bool confirmable, const tg_buf_t *buf);

/** A datagram came. */
void sim_coap_receive(sim_coap_t *coap, tg_slice_t datagram);

#endif
