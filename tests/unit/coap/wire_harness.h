/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_COAP_WIRE_HARNESS_H
#define TG_TESTS_UNIT_COAP_WIRE_HARNESS_H

/**
 * One engine over a link whose other end is the test: datagrams go in and come out as hexadecimal text, time stands still until
 * the test moves it. For byte-level tests of the exchange layer's rules.
 */

#include "core/coap/coap.h"

enum { WIRE_SENT = 256, WIRE_TEXT = 8192, WIRE_BODY = 300000 };

/** A datagram that the engine sent. */
typedef struct wire_datagram {
  tg_addr_t to;
  uint64_t handle;
  size_t len;
  uint8_t bytes[2048];
} wire_datagram_t;

/** Engine, link and what the callbacks saw. Set by wire_open(); a test may change the members of the last two groups. */
typedef struct wire {
  tg_link_t link;
  tg_coap_t *coap;
  tg_wheel_t *wheel;
  tg_random_seeded_t random;

  wire_datagram_t sent[WIRE_SENT];
  size_t sent_count;
  size_t read_count;
  char text[WIRE_TEXT];
  uint16_t mid;   /* of the message last read with wire_out() */
  char token[17]; /* of the last one read that had a token, as text */

  /* the link's behaviour */
  tg_rc_t send_rc;
  uint64_t next_handle; /* not 0: handles are given */
  uint64_t cancelled;
  size_t refused; /* sends with an rc that is not TG_OK */

  /* the handler: what it is to answer, what it saw */
  tg_coap_reply_t reply;
  void (*on_request)(struct wire *wire, const tg_coap_request_t *request, tg_coap_reply_t *reply);
  unsigned requests;
  tg_coap_request_t request; /* msg and body are gone */
  char path[256];            /* with a NUL behind; a NUL may be in it, too */
  size_t path_len;
  size_t body_len;
  uint8_t body[WIRE_BODY]; /* of the last request, result or notification */

  /* done() and notify() */
  unsigned dones;
  unsigned notifications;
  uint64_t cookie;
  tg_coap_result_t result; /* body is gone */
  bool hold;
  uint64_t ticket;
} wire_t;

/** What differs from the defaults. */
typedef struct wire_options {
  tg_coap_limits_t limits;
  tg_coap_rebind_t rebind;
  const char *urgent;
  bool reports_tx;
  size_t mtu;             /* 0 = 1280 */
  uint8_t nstart;         /* 0 = 1 */
  uint8_t max_retransmit; /* 0 = 4 */
} wire_options_t;

/** A wire with options (NULL: none); fails the test without memory. Free with wire_close(). Its default reply is 2.05 `ok`. */
wire_t *wire_open(const wire_options_t *options);

/** Frees engine and wire. */
void wire_close(wire_t *wire);

/** A datagram from peer `a`, as hexadecimal text with blanks, printf-like. */
void wire_in(wire_t *wire, const char *format, ...) TG_PRINTF(2, 3);

/** A datagram from another peer, named by a letter. */
void wire_in_from(wire_t *wire, char peer, const char *format, ...) TG_PRINTF(3, 4);

/** The next datagram that the engine sent, as hexadecimal text; empty when there is none. Lent until the next call. */
const char *wire_out(wire_t *wire);

/** The same in bytes; NULL when there is none. */
const wire_datagram_t *wire_out_bytes(wire_t *wire);

/** Moves time by @p ms. */
void wire_wait(wire_t *wire, uint64_t ms);

/** The id of the peer with that letter, made if need be. */
tg_id_t wire_peer(wire_t *wire, char peer);

/** The address of the peer with that letter. */
tg_addr_t wire_addr(char peer);

/** A call of GET to `/a` on peer `a` that ends in this wire's members. */
tg_coap_call_t wire_call(wire_t *wire);

/** The engine's counters. */
tg_coap_stats_t wire_stats(const wire_t *wire);

#endif
