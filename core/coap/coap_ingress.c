/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every datagram of every link: decoded, told apart by type and code, sent on its way. Whatever is no message of CoAP ends here,
 * without leaving a trace in the peer table: a confirmable one is reset, any other gets silence (RFC 7252 §4.2, §4.3).
 * Path: core/link/link_udp.c -> core/coap/coap_ingress.c -> core/coap/coap_serve.c | core/coap/coap_response.c
 */

#include "core/coap/coap_ingress.h"

#include "core/coap/coap_egress.h"
#include "core/coap/coap_engine.h"
#include "core/coap/coap_response.h"
#include "core/coap/coap_serve.h"

enum { CLASS_REQUEST = 0, CLASS_SUCCESS = 2, CLASS_CLIENT_ERROR = 4, CLASS_SERVER_ERROR = 5 };

static void reset(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  if (rx->msg->type == TG_COAP_CON) tg_coap_egress_empty(coap, rx->bearer, rx->from, TG_COAP_RST, rx->msg->mid);
}

/* More than 64 options are a bad option; where most of them are path segments, there is no such resource. */
static uint8_t refusal_of_many(tg_coap_t *coap, const tg_coap_msg_t *msg) {
  unsigned segments = 0;
  for (uint16_t i = 0; i < msg->option_count; i++) segments += msg->options[i].number == TG_OPT_URI_PATH;
  bool is_path = segments > TG_COAP_SEGMENTS_MAX;
  *(is_path ? &coap->stats.over_segments : &coap->stats.over_options) += 1;
  return is_path ? TG_COAP_404 : TG_COAP_402;
}

/* Too many options: a request is told so, anything else is like a malformed message. */
static void refuse(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_rc_t rc) {
  coap->stats.rx_malformed++;
  if (rc == TG_E_TRUNCATED) return;
  bool is_request = rx->msg->code >> 5 == CLASS_REQUEST;
  uint8_t code = rc == TG_E_OPTION ? refusal_of_many(coap, rx->msg) : 0;
  if (code && is_request) tg_coap_serve_refusal(coap, rx, code);
  else reset(coap, rx);
}

static void on_empty(tg_coap_t *coap, const tg_coap_rx_t *rx) {
  switch (rx->msg->type) {
  case TG_COAP_ACK: tg_coap_response_on_ack(coap, rx); break;
  case TG_COAP_RST: tg_coap_response_on_rst(coap, rx); break;
  default: reset(coap, rx); break; /* a ping (RFC 7252 §4.3) */
  }
}

static void dispatch(tg_coap_t *coap, tg_coap_rx_t *rx) {
  bool is_message = rx->msg->type == TG_COAP_CON || rx->msg->type == TG_COAP_NON;
  if (is_message) rx->mark = tg_coap_dedup_mark(rx->msg->mid, rx->datagram);
  switch (rx->msg->code >> 5) {
  case CLASS_REQUEST:
    if (is_message) tg_coap_serve(coap, rx);
    break;
  case CLASS_SUCCESS:
  case CLASS_CLIENT_ERROR:
  case CLASS_SERVER_ERROR:
    rx->peer = tg_coap_peer_lookup(coap, rx->bearer, rx->from);
    if (is_message) tg_coap_response_on_message(coap, rx);
    else if (rx->msg->type == TG_COAP_ACK) tg_coap_response_on_ack(coap, rx);
    break;
  default: reset(coap, rx); break; /* classes 1, 3, 6, 7 mean nothing here */
  }
}

void tg_coap_ingress_rx(void *ud, tg_link_t *link, const tg_addr_t *from, tg_slice_t datagram) {
  tg_coap_t *coap = ud;
  tg_coap_rx_t rx = {.bearer = tg_coap_engine_find(coap, link), .from = from, .msg = &coap->msg, .datagram = datagram};
  if (rx.bearer == TG_COAP_BEARERS) return;
  coap->stats.rx++;
  tg_rc_t rc = tg_coap_msg_decode(&coap->msg, datagram);
  if (rc != TG_OK) {
    refuse(coap, &rx, rc);
  } else if (coap->msg.code == TG_COAP_EMPTY) {
    rx.peer = tg_coap_peer_lookup(coap, rx.bearer, from);
    on_empty(coap, &rx);
  } else {
    dispatch(coap, &rx);
  }
}
