/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target for the exchange layer: sequences of datagrams, waits and calls into one engine over a link that keeps the last
 * datagram. Input: records of one byte kind and one byte length; kinds 0 to 3 are datagrams from that peer, 4 a datagram whose
 * message id and token are those of the engine's last message, 5 waits, 6 sends a request, 7 releases and notifies, 8 forgets, 9 reports.
 */

#include "core/base/alloc.h"
#include "core/base/require.h"
#include "core/coap/coap.h"

enum { KINDS = 10, TOKEN = 8, HEADER = 4, MTU = 200, BODY_BYTES = 20000 };

typedef struct target {
  tg_link_t link; /* first */
  tg_coap_t *coap;
  tg_wheel_t *wheel;
  tg_random_seeded_t random;
  uint8_t last[HEADER + TOKEN];
  uint64_t ticket;
  uint64_t handle;
  unsigned sent;
  unsigned calls;
  unsigned dones;
  tg_id_t last_call;
  size_t told; /* bytes, of the last progress */
} target_t;

enum { LENT = 5000 };
static const uint8_t lent[LENT];

static tg_rc_t keep_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  target_t *target = (target_t *)link;
  TG_REQUIRE(send->datagram.len >= HEADER);
  if (send->datagram.len > link->mtu) return TG_E_TOO_LONG;
  bool is_message = send->datagram.p[1] != 0 && send->datagram.len >= sizeof target->last;
  if (is_message) memcpy(target->last, send->datagram.p, sizeof target->last);
  *handle = link->reports_tx ? ++target->handle : 0;
  target->sent++;
  return TG_OK;
}

static void put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_buf_put_fmt(out, "peer-%d:1", peer->b[0] / 2);
}

static tg_slice_t identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link, (void)peer;
  return tg_slice(NULL, 0);
}

static void cancel(tg_link_t *link, uint64_t handle) {
  (void)link;
  TG_REQUIRE(handle != 0);
}

static const tg_link_ops_t ops = {.kind = "fuzz",
                                  .send = keep_send,
                                  .cancel = cancel,
                                  .put_addr = put_addr,
                                  .identity = identity};

/* Reads the whole body, so that a wrong slice is seen. */
static void touch(tg_slice_t bytes) {
  volatile uint8_t sum = 0;
  for (size_t i = 0; i < bytes.len; i++) sum = (uint8_t)(sum + bytes.p[i]);
}

static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  target_t *target = ud;
  touch(request->body);
  size_t len = request->msg->mid % 700;
  for (size_t i = 0; i < len; i++) tg_buf_put_u8(reply->body, (uint8_t)i);
  reply->code = request->msg->mid & 8 ? TG_COAP_205 : 0;
  reply->payload = tg_buf_slice(reply->body);
  reply->hold = (request->msg->mid & 16) != 0;
  reply->observed = request->msg->mid & 3;
  reply->ticket = ++target->ticket;
  if (!(request->msg->mid & 32)) return;
  reply->payload = tg_slice(lent, (size_t)(request->msg->mid >> 8) * (LENT / 255));
  reply->lent = true;
  reply->etag = tg_slice(lent, request->msg->mid >> 12);
}

static void notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  target_t *target = ud;
  (void)cookie;
  touch(result->body);
  reply->hold = (target->sent & 1) != 0;
  reply->ticket = ++target->ticket;
}

static void tell_observers(target_t *target, uint8_t first) {
  uint8_t bytes[128] = {0};
  tg_coap_reply_t reply = {.code = first & 64 ? TG_COAP_404 : TG_COAP_205, .content_format = TG_CF_NONE};
  reply.payload = tg_slice(bytes, first & 127);
  reply.lent = (first & 32) != 0;
  if (reply.lent) reply.payload = tg_slice(lent, (size_t)(first >> 6) * (LENT / 3));
  (void)tg_coap_observer_notify(target->coap, 1 + (first & 1), &reply, first & 4);
}

static void done(void *ud, const tg_coap_result_t *result) {
  target_t *target = ud;
  target->dones++;
  touch(result->body);
}

/* Bytes that were told can't be more than there are; who is told may end the call. */
static void progress(void *ud, size_t sent) {
  target_t *target = ud;
  TG_REQUIRE(sent > 0 && sent <= LENT);
  target->told = sent;
  if (target->random.state & 1 && sent > LENT / 2) tg_coap_cancel(target->coap, target->last_call);
}

/* What bodies may be, from the third byte. */
static void lend(tg_coap_call_t *request, uint8_t how) {
  request->priority = how & 3;
  request->patience_ms = how & 4 ? 200000 : 0;
  if (how & 8) request->progress = progress;
  if (!(how & 16)) return;
  request->lent = true;
  request->payload = tg_slice(lent, how & 32 ? LENT : 700);
  request->first_at = (size_t)(how >> 6) * 230;
}

static tg_id_t peer_of(target_t *target, uint8_t number) {
  tg_addr_t addr = {.len = 1, .b = {number}};
  tg_id_t id = TG_ID_NONE;
  if (tg_coap_peer(target->coap, &target->link, &addr, &id) != TG_OK) return TG_ID_NONE;
  return id;
}

static void receive(target_t *target, uint8_t from, tg_slice_t bytes) {
  tg_addr_t addr = {.len = 1, .b = {from}};
  uint8_t *exact = tg_alloc(bytes.len);
  if (bytes.len) memcpy(exact, bytes.p, bytes.len);
  target->link.events->rx(target->link.events_ud, &target->link, &addr, tg_slice(exact, bytes.len));
  tg_alloc_free(exact);
}

/* The first byte is type and code's class, the second the code; then what stands behind the token. */
static void answer(target_t *target, tg_slice_t bytes) {
  uint8_t message[512];
  if (bytes.len < 2 || bytes.len > 255) return;
  memcpy(message, target->last, sizeof target->last);
  message[0] = (uint8_t)(0x48 | (bytes.p[0] & 0x30));
  message[1] = bytes.p[1];
  memcpy(message + sizeof target->last, bytes.p + 2, bytes.len - 2);
  receive(target, bytes.p[0] & 3, tg_slice(message, sizeof target->last + bytes.len - 2));
}

static void call(target_t *target, tg_slice_t bytes) {
  static const uint8_t payload[600];
  uint8_t flags = bytes.len ? bytes.p[0] : 0, more = bytes.len > 1 ? bytes.p[1] : 0;
  tg_coap_call_t request = {.peer = peer_of(target, flags & 3),
                            .method = (uint8_t)(1 + (more & 3)),
                            .non_confirmable = (flags & 4) != 0,
                            .path = "/1/2",
                            .query = flags & 8 ? "a=1" : NULL,
                            .accept = TG_CF_NONE,
                            .content_format = TG_CF_NONE,
                            .payload = tg_slice(payload, (size_t)(flags >> 4) * 40),
                            .observe = more & 4 ? 0 : -1,
                            .timeout_ms = more & 8 ? 5000 : 0,
                            .done = done,
                            .ud = target};
  lend(&request, bytes.len > 2 ? bytes.p[2] : 0);
  if (tg_coap_send(target->coap, &request, &target->last_call) == TG_OK) target->calls++;
}

static void report(target_t *target, tg_slice_t bytes) {
  uint8_t what = bytes.len ? bytes.p[0] : 0;
  tg_addr_t addr = {.len = 1, .b = {what >> 6}};
  const tg_link_events_t *events = target->link.events;
  uint64_t later = what & 8 ? tg_wheel_now(target->wheel) + 3000 : 0;
  if (what & 16) events->reach(target->link.events_ud, &target->link, &addr, (tg_link_reach_t)(what % 3), later);
  else if (what & 32) events->limits(target->link.events_ud, &target->link, &addr, what);
  else events->tx(target->link.events_ud, &target->link, target->handle, (tg_link_tx_t)(what % 5), later);
}

static void step(target_t *target, uint8_t kind, tg_slice_t bytes) {
  uint8_t first = bytes.len ? bytes.p[0] : 0;
  switch (kind) {
  case 0:
  case 1:
  case 2:
  case 3: receive(target, kind, bytes); break;
  case 4: answer(target, bytes); break;
  case 5: tg_wheel_advance(target->wheel, tg_wheel_now(target->wheel) + (uint64_t)first * 500); break;
  case 6: call(target, bytes); break;
  case 7:
    tg_coap_release(target->coap, target->ticket, first & 1 ? TG_E_STORE : TG_OK);
    if (first & 2) tell_observers(target, first);
    break;
  case 8: tg_coap_peer_forget(target->coap, peer_of(target, first & 3)); break;
  default: report(target, bytes); break;
  }
}

static void open_target(target_t *target, bool reports_tx) {
  target->link = (tg_link_t){.ops = &ops, .name = "fuzz", .mtu = MTU, .binding = 'U', .reports_tx = reports_tx};
  target->wheel = tg_wheel_new(1000000);
  target->random.state = 1;
  tg_coap_config_t config = {.wheel = target->wheel,
                             .random = tg_random_fill_seeded,
                             .random_ud = &target->random,
                             .handler = handle,
                             .notify = notify,
                             .ud = target,
                             .rebind = TG_COAP_REBIND_SAME_HOST};
  config.limits = (tg_coap_limits_t){.peers = 3, .exchanges = 8, .exchanges_per_peer = 4, .dedup = 20, .transfers = 4};
  config.limits.observations = 2;
  config.limits.held = 3;
  config.limits.observers = 3;
  config.limits.amplification = reports_tx ? 3 : 0;
  config.limits.requests_per_peer = reports_tx ? 0 : 10;
  config.limits.request_body = 3000;
  config.limits.response_body = 3000;
  config.limits.transfer_bytes = BODY_BYTES;
  target->coap = tg_coap_new(&config);
  TG_REQUIRE(target->coap);
  tg_coap_params_t params;
  tg_coap_params_default(&target->link, &params);
  params.nstart = 2;
  TG_REQUIRE(tg_coap_add_link(target->coap, &target->link, &params) == TG_OK);
}

/** One input; see the top of the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  target_t target = {0};
  tg_slice_t rest = tg_slice(data, size);
  open_target(&target, size && data[0] & 0x80);
  while (rest.len >= 2) {
    uint8_t kind = (rest.p[0] & 0x7F) % KINDS;
    size_t len = rest.p[1] < rest.len - 2 ? rest.p[1] : rest.len - 2;
    step(&target, kind, tg_slice(rest.p + 2, len));
    rest = tg_slice_from(rest, 2 + len);
  }
  tg_coap_free(target.coap);
  TG_REQUIRE(target.calls == target.dones); /* every accepted call ends exactly once */
  TG_REQUIRE(tg_wheel_next(target.wheel) == UINT64_MAX);
  tg_wheel_free(target.wheel);
  return 0;
}
