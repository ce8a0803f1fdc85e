/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_COAP_PUSH_HARNESS_H
#define TG_TESTS_UNIT_COAP_PUSH_HARNESS_H

/** A body that is lent, pushed over a wire to a peer that is the test, block by block. One at a time. */

#include "tests/unit/coap/wire_harness.h"

enum { PUSH_BLOCK = 16, PUSH_SIZE = 5 * PUSH_BLOCK + 3, PUSH_PATIENCE_MS = 600000, PUSH_SPAN_MS = 93000 };

/** A message of the engine's, taken apart. Option values are UINT32_MAX where there is none. */
typedef struct push_out {
  bool is_there;
  uint8_t code;
  uint16_t mid;
  char token[17];
  uint32_t block1;
  uint32_t block2;
  uint32_t size1;
  uint32_t tag;
  bool has_echo;
  size_t payload_at; /* in the body, by block1 */
  size_t payload_len;
} push_out_t;

/** What the last message was, what was told. `cancels`: the push is ended by who is told. */
extern push_out_t push_last;
extern uint8_t push_image[PUSH_SIZE];
extern size_t push_told[64];
extern unsigned push_tellings;
extern bool push_cancels;
extern tg_id_t push_id;

/** A fresh wire with datagrams of @p mtu bytes (90: blocks of 16) and a fresh body. Close with wire_close(). */
wire_t *push_open(size_t mtu, bool reports_tx);

/** A PUT of the body with patience; may be changed and sent. */
tg_coap_call_t push_call(wire_t *wire);

/** Sends it, from @p first_at. */
void push_start(wire_t *wire, size_t first_at);

/** Reads the next message into push_last; its payload must be that part of the body that its Block1 says. False: there is none. */
bool push_read(wire_t *wire);

/** The next message must be the block of the body that begins at @p at. */
void push_check_block(wire_t *wire, size_t at);

/** Nothing more has been sent. */
void push_check_silence(wire_t *wire);

/** Answers the last message with @p code and its Block1. */
void push_answer(wire_t *wire, uint8_t code);

/** Takes the last block: 2.31, or 2.04 when it is the last one. */
void push_take(wire_t *wire);

/** Exactly one exchange has ended, with @p rc and @p code. */
void push_check_end(const wire_t *wire, tg_rc_t rc, uint8_t code);

/** Lets time pass until a message with another id than @p mid is read, or an exchange ends. @return how many copies of @p mid came before */
unsigned push_wait_for_other(wire_t *wire, uint16_t mid);

#endif
