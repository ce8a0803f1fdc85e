/* SPDX-License-Identifier: Apache-2.0 */
/* See wire_harness.h. */

#include "tests/unit/coap/wire_harness.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hex.h"
#include "tests/unit/check.h"

static tg_rc_t wire_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  wire_t *wire = (wire_t *)link;
  if (wire->send_rc != TG_OK || send->datagram.len > link->mtu) {
    wire->refused++;
    return wire->send_rc != TG_OK ? wire->send_rc : TG_E_TOO_LONG;
  }
  assert_true(wire->sent_count < WIRE_SENT);
  wire_datagram_t *sent = wire->sent + wire->sent_count++;
  sent->to = *send->peer;
  sent->len = send->datagram.len;
  memcpy(sent->bytes, send->datagram.p, send->datagram.len);
  sent->handle = wire->next_handle ? wire->next_handle++ : 0;
  *handle = sent->handle;
  return TG_OK;
}

static void wire_cancel(tg_link_t *link, uint64_t handle) {
  ((wire_t *)link)->cancelled = handle;
}

/* `host-a:1`: peers `a` to `m` have a host of their own, `n` to `z` are second ports of these. */
static void wire_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  bool is_second = peer->b[0] >= 'n';
  tg_buf_put_fmt(out, "host-%c:%d", is_second ? peer->b[0] - 13 : peer->b[0], is_second ? 2 : 1);
}

static tg_slice_t wire_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  bool is_vouched = peer->b[0] >= 'A' && peer->b[0] <= 'Z';
  return tg_slice(peer->b, is_vouched ? 1 : 0);
}

static const tg_link_ops_t wire_ops = {.kind = "wire",
                                       .send = wire_send,
                                       .cancel = wire_cancel,
                                       .put_addr = wire_put_addr,
                                       .identity = wire_identity};

static void keep_body(wire_t *wire, tg_slice_t body) {
  assert_true(body.len <= WIRE_BODY);
  wire->body_len = body.len;
  if (body.len) memcpy(wire->body, body.p, body.len);
}

/* A slash inside a segment is no separator. */
static void put_segment(tg_buf_t *path, tg_slice_t segment) {
  tg_buf_put_u8(path, '/');
  for (size_t i = 0; i < segment.len; i++) {
    if (segment.p[i] == '/') tg_buf_put_str(path, "%2F");
    else tg_buf_put_u8(path, segment.p[i]);
  }
}

static void wire_handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  wire_t *wire = ud;
  tg_buf_t path;
  tg_buf_init(&path, wire->path, sizeof wire->path);
  wire->requests++;
  wire->request = *request;
  for (uint16_t i = 0; i < request->msg->option_count; i++) {
    if (request->msg->options[i].number != TG_OPT_URI_PATH) continue;
    put_segment(&path, tg_coap_msg_value(request->msg->options + i));
  }
  (void)tg_buf_cstr(&path);
  wire->path_len = path.len;
  keep_body(wire, request->body);
  tg_buf_t *body = reply->body;
  *reply = wire->reply;
  reply->body = body;
  if (wire->on_request) wire->on_request(wire, request, reply);
}

static void keep_result(wire_t *wire, const tg_coap_result_t *result) {
  wire->result = *result;
  keep_body(wire, result->body);
}

static void wire_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  wire_t *wire = ud;
  wire->notifications++;
  wire->cookie = cookie;
  keep_result(wire, result);
  reply->hold = wire->hold;
  reply->ticket = wire->ticket;
}

static void wire_done(void *ud, const tg_coap_result_t *result) {
  wire_t *wire = ud;
  wire->dones++;
  keep_result(wire, result);
  if (!result->reply) return;
  result->reply->hold = wire->hold;
  result->reply->ticket = wire->ticket;
}

wire_t *wire_open(const wire_options_t *options) {
  static const wire_options_t none;
  if (!options) options = &none;
  wire_t *wire = tg_alloc_array(1, sizeof *wire);
  assert_non_null(wire);
  wire->link = (tg_link_t){.ops = &wire_ops, .name = "wire", .binding = 'U', .reports_tx = options->reports_tx};
  wire->link.mtu = options->mtu ? options->mtu : 1280;
  wire->wheel = tg_wheel_new(1000000);
  wire->random.state = 7;
  wire->next_handle = options->reports_tx ? 100 : 0;
  wire->reply = (tg_coap_reply_t){.code = TG_COAP_205, .content_format = TG_CF_NONE, .payload = tg_slice_str("ok")};
  tg_coap_config_t config = {.wheel = wire->wheel,
                             .random = tg_random_fill_seeded,
                             .random_ud = &wire->random,
                             .handler = wire_handle,
                             .notify = wire_notify,
                             .ud = wire,
                             .rebind = options->rebind,
                             .urgent = options->urgent,
                             .limits = options->limits};
  wire->coap = tg_coap_new(&config);
  assert_non_null(wire->coap);
  tg_coap_params_t params;
  tg_coap_params_default(&wire->link, &params);
  if (options->nstart) params.nstart = options->nstart;
  if (options->max_retransmit) params.max_retransmit = options->max_retransmit;
  check_rc(tg_coap_add_link(wire->coap, &wire->link, &params), TG_OK);
  return wire;
}

void wire_close(wire_t *wire) {
  tg_coap_free(wire->coap);
  tg_wheel_free(wire->wheel);
  tg_alloc_free(wire);
}

tg_addr_t wire_addr(char peer) {
  return (tg_addr_t){.len = 1, .b = {(uint8_t)peer}};
}

TG_PRINTF(3, 0) static void put_in(wire_t *wire, char peer, const char *format, va_list args) {
  char text[WIRE_TEXT], digits[WIRE_TEXT];
  uint8_t bytes[WIRE_TEXT / 2];
  size_t count = 0;
  assert_true(vsnprintf(text, sizeof text, format, args) < (int)sizeof text);
  for (const char *p = text; *p; p++) {
    if (*p != ' ') digits[count++] = *p;
  }
  tg_buf_t out;
  tg_buf_init(&out, bytes, sizeof bytes);
  check_rc(tg_hex_get(tg_slice(digits, count), &out), TG_OK);
  tg_addr_t from = wire_addr(peer);
  uint8_t *exact = tg_alloc(out.len); /* so that a sanitizer sees a read behind the end */
  memcpy(exact, bytes, out.len);
  wire->link.events->rx(wire->link.events_ud, &wire->link, &from, tg_slice(exact, out.len));
  tg_alloc_free(exact);
}

void wire_in(wire_t *wire, const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_in(wire, 'a', format, args);
  va_end(args);
}

void wire_in_from(wire_t *wire, char peer, const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_in(wire, peer, format, args);
  va_end(args);
}

const wire_datagram_t *wire_out_bytes(wire_t *wire) {
  if (wire->read_count == wire->sent_count) {
    wire->read_count = wire->sent_count = 0;
    return NULL;
  }
  return wire->sent + wire->read_count++;
}

const char *wire_out(wire_t *wire) {
  const wire_datagram_t *sent = wire_out_bytes(wire);
  tg_buf_t out;
  tg_buf_init(&out, wire->text, sizeof wire->text);
  if (sent) {
    tg_hex_put(&out, tg_slice(sent->bytes, sent->len));
    wire->mid = (uint16_t)(sent->bytes[2] << 8 | sent->bytes[3]);
    int token_len = sent->bytes[0] & 15;
    if (token_len) snprintf(wire->token, sizeof wire->token, "%.*s", 2 * token_len, wire->text + 8);
  }
  const char *text = tg_buf_cstr(&out);
  assert_non_null(text);
  return text;
}

void wire_wait(wire_t *wire, uint64_t ms) {
  uint64_t end = tg_wheel_now(wire->wheel) + ms;
  for (uint64_t next; (next = tg_wheel_next(wire->wheel)) < end;) {
    uint64_t now = tg_wheel_now(wire->wheel);
    tg_wheel_advance(wire->wheel, next > now ? next : now + 1);
  }
  tg_wheel_advance(wire->wheel, end);
}

tg_id_t wire_peer(wire_t *wire, char peer) {
  tg_addr_t addr = wire_addr(peer);
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_coap_peer(wire->coap, &wire->link, &addr, &id), TG_OK);
  return id;
}

tg_coap_call_t wire_call(wire_t *wire) {
  return (tg_coap_call_t){.peer = wire_peer(wire, 'a'),
                          .method = TG_COAP_GET,
                          .path = "/a",
                          .accept = TG_CF_NONE,
                          .content_format = TG_CF_NONE,
                          .observe = -1,
                          .done = wire_done,
                          .ud = wire};
}

tg_coap_stats_t wire_stats(const wire_t *wire) {
  tg_coap_stats_t stats;
  tg_coap_stats(wire->coap, &stats);
  return stats;
}
