/* SPDX-License-Identifier: Apache-2.0 */
/* See server_harness.h. Peers `A` to `Z` have an identity that the link vouches for, on either link. */

#include "tests/unit/server/server_harness.h"

enum { SECOND = 0x80 };

tg_registry_t *server_bench_registry;

static tg_rc_t send_out(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  bool is_second = link->binding == 'N';
  size_t offset = is_second ? offsetof(server_bench_t, second) : 0;
  server_bench_t *bench = (server_bench_t *)(void *)((char *)link - offset);
  static tg_coap_msg_t msg;
  *handle = link->reports_tx ? ++bench->handle : 0;
  bench->latency_s = send->max_latency_s;
  check_rc(tg_coap_msg_decode(&msg, send->datagram), TG_OK);
  assert_true(bench->sent_count < TG_COUNT(bench->sent));
  bench->to[bench->sent_count] = (char)(send->peer->b[0] | (is_second ? SECOND : 0));
  far_msg_t *out = &bench->sent[bench->sent_count++];
  *out = (far_msg_t){
      .type = msg.type, .code = msg.code, .mid = msg.mid, .token_len = msg.token_len, .format = -1, .observe = -1};
  memcpy(out->token, msg.token, sizeof out->token);
  for (size_t i = 0; i < msg.option_count; i++) {
    const tg_coap_opt_t *opt = &msg.options[i];
    uint32_t number = 0;
    size_t path = strlen(out->path), query = strlen(out->query);
    if (opt->number == TG_OPT_URI_PATH || opt->number == TG_OPT_LOCATION_PATH) {
      snprintf(out->path + path, sizeof out->path - path, "/%.*s", (int)opt->len, (const char *)opt->p);
    }
    if (opt->number == TG_OPT_URI_QUERY) {
      snprintf(out->query + query, sizeof out->query - query, "%s%.*s", query ? "&" : "", (int)opt->len,
               (const char *)opt->p);
    }
    if (opt->number == TG_OPT_OBSERVE && tg_coap_msg_uint(opt, &number) == TG_OK) out->observe = (int)number;
    if (opt->number == TG_OPT_BLOCK1 && tg_coap_msg_uint(opt, &number) == TG_OK) out->block1 = number + 1;
    if (opt->number == TG_OPT_BLOCK2 && tg_coap_msg_uint(opt, &number) == TG_OK) out->block2 = number + 1;
    if (opt->number == TG_OPT_ACCEPT && tg_coap_msg_uint(opt, &number) == TG_OK) out->format = (int)number;
    if (opt->number == TG_OPT_CONTENT_FORMAT && tg_coap_msg_uint(opt, &number) == TG_OK) out->format = (int)number;
  }
  out->body_len = msg.payload.len;
  if (msg.payload.len) memcpy(out->body, msg.payload.p, msg.payload.len);
  return TG_OK;
}

static void put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  bool second = peer->b[0] >= 'n' && peer->b[0] <= 'z';
  tg_buf_put_fmt(out, "host-%c:%d", second ? peer->b[0] - 13 : peer->b[0], second ? 2 : 1);
}

static tg_slice_t identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  return tg_slice(peer->b, peer->b[0] >= 'A' && peer->b[0] <= 'Z' ? 1 : 0);
}

static void cancel_out(tg_link_t *link, uint64_t handle) {
  (void)link;
  (void)handle;
}

static const tg_link_ops_t ops = {.kind = "bench",
                                  .send = send_out,
                                  .cancel = cancel_out,
                                  .put_addr = put_addr,
                                  .identity = identity};

static void on_event(void *ud, const tg_event_t *event) {
  server_bench_t *bench = ud;
  size_t used = strlen(bench->events);
  bool command = event->type == TG_EVENT_COMMAND;
  snprintf(bench->events + used, sizeof bench->events - used, "%s:%.*s ", tg_event_type_name(event->type),
           command ? 32 : (int)event->ep.len,
           command         ? tg_event_state_name(event->command.state)
           : event->ep.len ? (const char *)event->ep.p
                           : "");
}

void server_bench_open(server_bench_t *bench, const tg_server_config_t *config, tg_store_t *store) {
  uint64_t state = bench->random.state + 1;
  memset(bench, 0, sizeof *bench);
  bench->link = (tg_link_t){.ops = &ops, .name = "bench0", .mtu = 1280, .binding = 'U'};
  bench->second = (tg_link_t){.ops = &ops, .name = "bench1", .mtu = 1280, .binding = 'N'};
  bench->now = 1000;
  bench->random.state = state;
  bench->bus = tg_event_bus_new(1024, 8 << 20);
  bench->wheel = tg_wheel_new(bench->now);
  bench->store = store;
  tg_twin_config_t twin = {.registry = server_bench_registry,
                           .events = bench->bus,
                           .wheel = bench->wheel,
                           .random = tg_random_fill_seeded,
                           .random_ud = &bench->random};
  bench->twin = tg_twin_new(&twin);
  tg_server_config_t server = config ? *config : (tg_server_config_t){.rebind = TG_COAP_REBIND_SAME_HOST};
  server.twin = bench->twin;
  server.events = bench->bus;
  server.wheel = bench->wheel;
  server.store = store;
  server.random = tg_random_fill_seeded;
  server.random_ud = &bench->random;
  bench->server = tg_server_new(&server);
  tg_coap_config_t coap = {.wheel = bench->wheel,
                           .random = tg_random_fill_seeded,
                           .random_ud = &bench->random,
                           .handler = tg_server_on_request,
                           .notify = tg_server_on_notify,
                           .reach = tg_server_on_reach,
                           .ud = bench->server,
                           .rebind = TG_COAP_REBIND_SAME_HOST};
  bench->coap = tg_coap_new(&coap);
  assert_non_null(bench->coap);
  tg_server_attach(bench->server, bench->coap);
  tg_coap_params_t params;
  tg_coap_params_default(&bench->link, &params);
  check_rc(tg_coap_add_link(bench->coap, &bench->link, &params), TG_OK);
  check_rc(tg_coap_add_link(bench->coap, &bench->second, &params), TG_OK);
  check_rc(tg_event_subscribe(bench->bus, UINT32_MAX, on_event, bench), TG_OK);
}

void server_bench_close(server_bench_t *bench) {
  tg_server_free(bench->server);
  tg_coap_free(bench->coap);
  tg_twin_free(bench->twin);
  tg_event_bus_free(bench->bus);
  tg_wheel_free(bench->wheel);
}

void server_bench_pass(server_bench_t *bench, uint64_t ms) {
  for (uint64_t end = bench->now + ms; bench->now < end;) { /* in small steps, as a loop would */
    bench->now = end - bench->now > 1000 ? bench->now + 1000 : end;
    tg_wheel_advance(bench->wheel, bench->now);
    tg_event_drain(bench->bus);
  }
  if (!bench->keeps) tg_coap_release(bench->coap, UINT64_MAX, TG_OK);
}

static void put_parts(tg_coap_enc_t *enc, uint16_t number, const char *text, uint8_t separator) {
  tg_slice_t rest = tg_slice_str(text);
  while (rest.len) {
    tg_slice_t part = tg_slice_take(&rest, separator);
    if (part.len) tg_coap_enc_opt(enc, number, part);
  }
}

void server_bench_in(server_bench_t *bench, char peer, const far_msg_t *msg) {
  uint8_t memory[4096];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_coap_enc_t enc;
  tg_coap_head_t head = {
      .type = msg->type, .code = msg->code, .mid = msg->mid, .token = tg_slice(msg->token, msg->token_len)};
  tg_coap_enc_begin(&enc, &out, &head);
  if (msg->observe >= 0) tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, (uint32_t)msg->observe);
  put_parts(&enc, msg->code >> 5 ? TG_OPT_LOCATION_PATH : TG_OPT_URI_PATH, msg->path, '/');
  if (msg->format >= 0) tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)msg->format);
  put_parts(&enc, TG_OPT_URI_QUERY, msg->query, '&');
  if (msg->block2) tg_coap_enc_uint(&enc, TG_OPT_BLOCK2, msg->block2 - 1);
  if (msg->block1) tg_coap_enc_uint(&enc, TG_OPT_BLOCK1, msg->block1 - 1);
  tg_coap_enc_payload(&enc, tg_slice(msg->body, msg->body_len ? msg->body_len : strlen(msg->body)));
  tg_addr_t from = {.len = 1, .b = {(uint8_t)(peer & ~SECOND)}};
  tg_link_t *link = (uint8_t)peer & SECOND ? &bench->second : &bench->link;
  link->events->rx(link->events_ud, link, &from, tg_buf_slice(&out));
  tg_event_drain(bench->bus);
  if (!bench->keeps) tg_coap_release(bench->coap, UINT64_MAX, TG_OK);
}

void server_bench_reach(server_bench_t *bench, char peer, tg_link_reach_t reach, uint64_t until_ms) {
  tg_addr_t from = {.len = 1, .b = {(uint8_t)peer}};
  bench->link.events->reach(bench->link.events_ud, &bench->link, &from, reach, until_ms);
  tg_event_drain(bench->bus);
}

void server_bench_tx(server_bench_t *bench, tg_link_tx_t tx, uint64_t retry_at_ms) {
  bench->link.events->tx(bench->link.events_ud, &bench->link, bench->handle, tx, retry_at_ms);
  server_bench_pass(bench, 1);
}

const far_msg_t *server_bench_out(server_bench_t *bench) {
  return bench->read_count < bench->sent_count ? &bench->sent[bench->read_count++] : NULL;
}

unsigned server_bench_request(server_bench_t *bench, char peer, const far_msg_t *msg) {
  far_msg_t request = *msg;
  request.mid = ++bench->mid;
  request.token_len = 1;
  if (!request.code) request.code = TG_COAP_POST;
  bench->read_count = bench->sent_count = 0;
  server_bench_in(bench, peer, &request);
  const far_msg_t *answer = server_bench_out(bench);
  if (!answer) return 0;
  if (answer->code == TG_COAP_201) snprintf(bench->location, sizeof bench->location, "%.31s", answer->path);
  return answer->code;
}

unsigned server_bench_register(server_bench_t *bench, char peer, const char *query, const char *links) {
  far_msg_t msg = {.path = "/rd", .format = TG_CF_LINK, .observe = -1};
  snprintf(msg.query, sizeof msg.query, "%s", query);
  snprintf(msg.body, sizeof msg.body, "%s", links);
  return server_bench_request(bench, peer, &msg);
}

void server_bench_answer(server_bench_t *bench, char peer, const far_msg_t *request, far_msg_t answer) {
  answer.type = TG_COAP_ACK;
  answer.mid = request->mid;
  answer.token_len = request->token_len;
  memcpy(answer.token, request->token, sizeof answer.token);
  server_bench_in(bench, peer, &answer);
}

const char *server_bench_events(server_bench_t *bench) {
  tg_event_drain(bench->bus);
  memcpy(bench->text, bench->events, sizeof bench->text);
  bench->events[0] = '\0';
  return bench->text;
}
