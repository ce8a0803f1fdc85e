/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed input for counting instructions (tools/count_instructions): N registration updates and N notifications of 50 devices
 * through exchange layer, server and twin to a subscriber of the event bus, over a link that throws away what it is given. No threads,
 * no clock, no random numbers but seeded ones: two counts with different N differ by what a message costs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/coap/coap.h"
#include "core/server/server.h"

enum { DEVICES = 50, START_MS = 1000, DATAGRAM_MAX = 256 };

typedef struct hotpath {
  tg_link_t link;
  tg_random_seeded_t random;
  tg_wheel_t *wheel;
  tg_event_bus_t *bus;
  tg_twin_t *twin;
  tg_server_t *server;
  tg_coap_t *coap;
  uint64_t now; /* ms */
  uint64_t records;
  uint64_t updates;
  uint8_t answer[DATAGRAM_MAX]; /* the last datagram sent */
  size_t answer_len;
  char location[DEVICES][64]; /* each part behind its length */
  uint8_t token[DEVICES][8];  /* of the observation */
  size_t token_len[DEVICES];
} hotpath_t;

static void give_up(const char *why) {
  fprintf(stderr, "hotpath_bench: %s\n", why);
  exit(1);
}

static tg_rc_t keep_answer(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  hotpath_t *path = (hotpath_t *)(void *)link; /* its first member */
  *handle = 0;
  path->answer_len = send->datagram.len < DATAGRAM_MAX ? send->datagram.len : DATAGRAM_MAX;
  memcpy(path->answer, send->datagram.p, path->answer_len);
  return TG_OK;
}

static tg_slice_t no_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link, (void)peer;
  return tg_slice(NULL, 0);
}

static void put_address(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_buf_put_fmt(out, "127.0.0.%d:5683", peer->b[3]);
}

static const tg_link_ops_t ops = {.kind = "bench",
                                  .send = keep_answer,
                                  .identity = no_identity,
                                  .put_addr = put_address};

static void on_event(void *ud, const tg_event_t *event) {
  hotpath_t *path = ud;
  if (event->type == TG_EVENT_RECORDS) path->records += event->records.count;
}

static void arrive(hotpath_t *path, int device, const uint8_t *bytes, size_t len) {
  tg_addr_t addr = {.len = 6, .b = {127, 0, 0, (uint8_t)device, 0x16, 0x33}};
  path->link.events->rx(path->link.events_ud, &path->link, &addr, tg_slice(bytes, len));
  tg_event_drain(path->bus);
}

/* The last datagram that was sent, decoded; lent until the next call. */
static const tg_coap_msg_t *answer_of(const hotpath_t *path, uint8_t code) {
  static tg_coap_msg_t msg;
  if (tg_coap_msg_decode(&msg, tg_slice(path->answer, path->answer_len)) != TG_OK) give_up("no answer");
  if (msg.code != code) give_up("another answer than expected");
  return &msg;
}

/* CON POST /rd?ep=dNN&lt=86400&lwm2m=1.1&b=U with </3/0>,</3303/0> */
static void register_device(hotpath_t *path, int device) {
  uint8_t p[DATAGRAM_MAX] = {0x44, 0x02, 0x10, (uint8_t)device, 1, 2, 3, (uint8_t)device, 0xb2, 'r', 'd', 0x11, 40};
  int n = 13 + snprintf((char *)p + 13, sizeof p - 13,
                        "\x36"
                        "ep=d%02d"
                        "\x08"
                        "lt=86400"
                        "\x09"
                        "lwm2m=1.1"
                        "\x03"
                        "b=U"
                        "\xff%s",
                        device, "</3/0>,</3303/0>");
  arrive(path, device, p, (size_t)n);
  const tg_coap_msg_t *msg = answer_of(path, TG_COAP_201);
  for (size_t i = 0; i < msg->option_count; i++) {
    const tg_coap_opt_t *opt = &msg->options[i];
    size_t used = strlen(path->location[device]);
    if (opt->number == TG_OPT_LOCATION_PATH)
      snprintf(path->location[device] + used, sizeof path->location[0] - used, "%c%.*s", (int)opt->len, (int)opt->len,
               (const char *)opt->p);
  }
}

/* Code, type and number of an answer to the observation or of a notification, with one value in SenML JSON. */
static void send_value(hotpath_t *path, int device, uint8_t type, uint32_t number, uint16_t mid) {
  uint8_t p[DATAGRAM_MAX] = {(uint8_t)(0x40U | (unsigned)type << 4 | (unsigned)path->token_len[device]), TG_COAP_205,
                             (uint8_t)(mid >> 8), (uint8_t)mid};
  size_t n = 4;
  memcpy(p + n, path->token[device], path->token_len[device]);
  n += path->token_len[device];
  const uint8_t options[] = {0x63, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 0x61, 110, 0xff};
  memcpy(p + n, options, sizeof options);
  n += sizeof options;
  n += (size_t)snprintf((char *)p + n, sizeof p - n, "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":%u.5}]",
                        (unsigned)(number % 50));
  arrive(path, device, p, n);
}

/* The server observes by itself a moment after the registration. */
static void begin_observation(hotpath_t *path, int device) {
  path->answer_len = 0;
  for (int i = 0; i < 400 && (path->answer_len == 0 || path->answer[1] != TG_COAP_GET); i++) {
    tg_wheel_advance(path->wheel, ++path->now);
    tg_event_drain(path->bus);
  }
  const tg_coap_msg_t *msg = answer_of(path, TG_COAP_GET);
  path->token_len[device] = msg->token_len;
  memcpy(path->token[device], msg->token, sizeof path->token[device]);
  send_value(path, device, 2, 1, msg->mid);
}

static void update(hotpath_t *path, int device, uint16_t mid) {
  uint8_t p[DATAGRAM_MAX] = {0x44, 0x02, (uint8_t)(mid >> 8), (uint8_t)mid, 9, 9, (uint8_t)(mid >> 8), (uint8_t)mid};
  const char *at = path->location[device];
  size_t n = 8;
  for (uint8_t delta = 0xb0; *at; delta = 0) {
    size_t len = (size_t)*at;
    p[n++] = (uint8_t)(delta | len); /* shorter than 13 bytes, as the server makes them */
    memcpy(p + n, at + 1, len);
    n += len;
    at += 1 + len;
  }
  arrive(path, device, p, n);
}

static void open_all(hotpath_t *path) {
  static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = ""}};
  path->link = (tg_link_t){.ops = &ops, .name = "bench0", .mtu = 1280, .binding = 'U'};
  path->now = START_MS;
  path->bus = tg_event_bus_new(1024, 1 << 20);
  path->wheel = tg_wheel_new(path->now);
  const tg_twin_config_t twin = {
      .events = path->bus, .wheel = path->wheel, .random = tg_random_fill_seeded, .random_ud = &path->random};
  path->twin = tg_twin_new(&twin);
  const tg_server_config_t server = {.twin = path->twin,
                                     .events = path->bus,
                                     .wheel = path->wheel,
                                     .random = tg_random_fill_seeded,
                                     .random_ud = &path->random,
                                     .observe = observe,
                                     .observe_count = 1};
  path->server = tg_server_new(&server);
  const tg_coap_config_t coap = {.wheel = path->wheel,
                                 .random = tg_random_fill_seeded,
                                 .random_ud = &path->random,
                                 .handler = tg_server_on_request,
                                 .notify = tg_server_on_notify,
                                 .reach = tg_server_on_reach,
                                 .ud = path->server,
                                 .urgent = "rd",
                                 .limits = {.requests_per_peer = 16000}}; /* counted, but never met */
  path->coap = tg_coap_new(&coap);
  tg_coap_params_t params;
  if (!path->server || !path->coap) give_up("no memory");
  tg_server_attach(path->server, path->coap);
  tg_coap_params_default(&path->link, &params);
  if (tg_coap_add_link(path->coap, &path->link, &params) != TG_OK) give_up("no link");
  if (tg_event_subscribe(path->bus, UINT32_MAX, on_event, path) != TG_OK) give_up("no subscriber");
}

int main(int argc, char **argv) {
  static hotpath_t path;
  uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2000;
  path.random.state = 1;
  open_all(&path);
  for (int i = 0; i < DEVICES; i++) {
    register_device(&path, i);
    begin_observation(&path, i);
  }
  path.records = path.updates = 0;
  for (uint32_t i = 0; i < count; i++) {
    int device = (int)(i % DEVICES);
    update(&path, device, (uint16_t)(0x4000 + i / DEVICES));
    path.updates += path.answer[1] == TG_COAP_204;
    send_value(&path, device, 1, 2 + i / DEVICES, (uint16_t)(0x8000 + i / DEVICES));
    if (i % DEVICES == 0) tg_wheel_advance(path.wheel, path.now += 100);
  }
  printf("%u updates, %u records of %u\n", (unsigned)path.updates, (unsigned)path.records, (unsigned)count);
  if (path.updates != count || path.records != count) give_up("something was lost");
  tg_server_free(path.server);
  tg_coap_free(path.coap);
  tg_twin_free(path.twin);
  tg_event_bus_free(path.bus);
  tg_wheel_free(path.wheel);
  return 0;
}
