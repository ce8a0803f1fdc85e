/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_nomem_test.c: the exchange layer when an allocation fails: every call ends, nothing leaks, later messages work. */

#include "core/coap/coap.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

enum { BLOCK = 1024, BLOCKS = 3 };

typedef struct scene {
  tg_link_t link; /* first */
  tg_coap_t *coap;
  tg_wheel_t *wheel;
  tg_random_seeded_t random;
  uint8_t last[12]; /* header and token of the last message of ours */
  unsigned requests;
  size_t body;
  unsigned dones;
  unsigned good;
} scene_t;

static tg_rc_t keep_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  scene_t *scene = (scene_t *)link;
  *handle = 0;
  if (send->datagram.len >= sizeof scene->last) memcpy(scene->last, send->datagram.p, sizeof scene->last);
  return TG_OK;
}

static void put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link, (void)peer;
  tg_buf_put_str(out, "a:1");
}

static tg_slice_t identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link, (void)peer;
  return tg_slice(NULL, 0);
}

static const tg_link_ops_t ops = {.kind = "nomem", .send = keep_send, .put_addr = put_addr, .identity = identity};

static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  static const uint8_t payload[3000];
  scene_t *scene = ud;
  scene->requests++;
  scene->body = request->body.len;
  reply->code = TG_COAP_205;
  reply->payload = tg_slice(payload, request->msg->code == TG_COAP_GET ? sizeof payload : 700);
  reply->hold = request->msg->code == TG_COAP_POST;
  reply->ticket = 1;
  reply->observed = 1;
}

static void notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  (void)cookie, (void)reply;
  if (result->rc == TG_OK) ((scene_t *)ud)->body = result->body.len;
}

static void done(void *ud, const tg_coap_result_t *result) {
  scene_t *scene = ud;
  scene->dones++;
  scene->good += result->rc == TG_OK;
}

static bool open_scene(scene_t *scene) {
  *scene = (scene_t){.link = {.ops = &ops, .name = "nomem", .mtu = 1280, .binding = 'U'}, .random = {5}};
  scene->wheel = tg_wheel_new(1000000);
  if (!scene->wheel) return false;
  tg_coap_config_t config = {.wheel = scene->wheel,
                             .random = tg_random_fill_seeded,
                             .random_ud = &scene->random,
                             .handler = handle,
                             .notify = notify,
                             .ud = scene};
  config.limits =
      (tg_coap_limits_t){.peers = 8, .exchanges = 8, .dedup = 8, .transfers = 8, .observations = 8, .held = 8};
  scene->coap = tg_coap_new(&config);
  if (!scene->coap) return false;
  tg_coap_params_t params;
  tg_coap_params_default(&scene->link, &params);
  return tg_coap_add_link(scene->coap, &scene->link, &params) == TG_OK;
}

static void close_scene(scene_t *scene) {
  tg_coap_free(scene->coap);
  tg_wheel_free(scene->wheel);
}

/* An address too long for the peer's slot, so that it stands in the heap. */
static tg_addr_t address(void) {
  return (tg_addr_t){.len = 40, .b = {1}};
}

static void receive(scene_t *scene, const void *bytes, size_t len) {
  tg_addr_t from = address();
  scene->link.events->rx(scene->link.events_ud, &scene->link, &from, tg_slice(bytes, len));
}

static void receive_block(scene_t *scene, uint8_t num) {
  uint8_t message[10 + BLOCK] = {0x40, TG_COAP_PUT, 1, num, 0xb1, 'a', 0xd1, 3};
  message[8] = (uint8_t)(num << 4 | (num + 1 < BLOCKS ? 8 : 0) | 6);
  message[9] = 0xff;
  receive(scene, message, sizeof message);
}

/* A response to the last message, with Observe 5 and block @p num of two blocks of 16 bytes. */
static void respond(scene_t *scene, uint8_t num) {
  uint8_t message[12 + 5 + 1 + 16] = {0x68, TG_COAP_205, scene->last[2], scene->last[3]};
  memcpy(message + 4, scene->last + 4, 8);
  static const uint8_t options[] = {0x61, 5, 0xd1, 4};
  memcpy(message + 12, options, sizeof options);
  message[16] = (uint8_t)(num << 4 | (num ? 0 : 8));
  message[17] = 0xff;
  receive(scene, message, sizeof message);
}

static bool as_server(void *ud) {
  static const uint8_t get[] = {0x40, TG_COAP_GET, 0, 1, 0xb1, 'a'}, post[] = {0x40, TG_COAP_POST, 0, 2, 0xb1, 'a'};
  scene_t scene;
  (void)ud;
  bool is_good = open_scene(&scene);
  if (is_good) {
    receive(&scene, get, sizeof get);
    receive(&scene, post, sizeof post);
    tg_coap_release(scene.coap, 1, TG_OK);
    receive(&scene, post, sizeof post);
    for (uint8_t num = 0; num < BLOCKS; num++) receive_block(&scene, num);
    tg_coap_stats_t stats;
    tg_coap_stats(scene.coap, &stats);
    is_good = scene.requests == 3 && scene.body == (size_t)BLOCKS * BLOCK && stats.shed == 0;
  }
  close_scene(&scene);
  return is_good;
}

/* Observed with a long state, then challenged and acknowledged. */
static bool as_observed(void *ud) {
  static const uint8_t get[] = {0x41, TG_COAP_FETCH, 0, 1, 0x4a, 0x60, 0x51, 'a', 0xff, '1'};
  static const uint8_t state[2000];
  scene_t scene;
  (void)ud;
  bool is_good = open_scene(&scene);
  if (is_good) {
    tg_coap_reply_t reply = {.code = TG_COAP_205, .content_format = TG_CF_NONE, .payload = tg_slice(state, 100)};
    receive(&scene, get, sizeof get);
    is_good = tg_coap_observer_notify(scene.coap, 1, &reply, true) == 1;
    uint8_t ack[] = {0x60, 0, scene.last[2], scene.last[3]};
    reply.payload.len = sizeof state;
    is_good = tg_coap_observer_notify(scene.coap, 1, &reply, true) == 1 && is_good;
    receive(&scene, ack, sizeof ack);
    tg_coap_stats_t stats;
    tg_coap_stats(scene.coap, &stats);
    is_good = is_good && stats.observers == 1 && stats.shed == 0;
  }
  close_scene(&scene);
  return is_good;
}

/* A call that is challenged with an Echo of four bytes. */
static void challenge(scene_t *scene) {
  uint8_t message[12 + 6] = {0x68, TG_COAP_401, scene->last[2], scene->last[3]};
  static const uint8_t echo[] = {0xd4, 0xef, 1, 2, 3, 4};
  memcpy(message + 4, scene->last + 4, 8);
  memcpy(message + 12, echo, sizeof echo);
  receive(scene, message, sizeof message);
}

/* A notification of the observation with @p token: Observe 6, the first block of two. */
static void notify_first(scene_t *scene, const uint8_t token[8]) {
  uint8_t message[12 + 6 + 16] = {0x48, TG_COAP_205, 0, 9};
  static const uint8_t options[] = {0x61, 6, 0xd1, 4, 8, 0xff};
  memcpy(message + 4, token, 8);
  memcpy(message + 12, options, sizeof options);
  receive(scene, message, sizeof message);
}

/* Observes with an answer in two blocks, then gets a notification in two. */
static bool as_client(void *ud) {
  scene_t scene;
  (void)ud;
  bool is_good = open_scene(&scene);
  if (is_good) {
    tg_addr_t addr = address();
    tg_coap_call_t call = {
        .method = TG_COAP_GET, .path = "/a", .query = "b", .accept = TG_CF_NONE, .done = done, .ud = &scene};
    call.content_format = TG_CF_NONE;
    tg_rc_t rc = tg_coap_peer(scene.coap, &scene.link, &addr, &call.peer);
    if (rc == TG_OK) rc = tg_coap_send(scene.coap, &call, NULL);
    unsigned accepted = rc == TG_OK;
    uint8_t token[8];
    if (accepted) challenge(&scene);
    memcpy(token, scene.last + 4, sizeof token);
    if (accepted) respond(&scene, 0);
    if (accepted) respond(&scene, 1);
    if (scene.good) notify_first(&scene, token);
    if (scene.good) respond(&scene, 1);
    tg_coap_stats_t stats;
    tg_coap_stats(scene.coap, &stats);
    is_good = rc == TG_OK && scene.good == 1 && stats.observations == 1 && scene.body == 32;
    tg_coap_free(scene.coap);
    scene.coap = NULL;
    check_int(scene.dones, accepted);
  }
  close_scene(&scene);
  return is_good;
}

static void on_progress(void *ud, size_t sent) {
  scene_t *scene = ud;
  scene->body = sent;
}

/* A lent body of three blocks; the first is challenged, the second times out and goes once more. */
static bool as_pusher(void *ud) {
  static const uint8_t image[BLOCKS * BLOCK - 1];
  scene_t scene;
  (void)ud;
  bool is_good = open_scene(&scene);
  if (is_good) {
    tg_addr_t addr = address();
    tg_coap_call_t call = {.method = TG_COAP_PUT, .path = "/5/0/0", .accept = TG_CF_NONE, .done = done, .ud = &scene};
    call.content_format = TG_CF_OPAQUE;
    call.payload = tg_slice(image, sizeof image);
    call.lent = true;
    call.observe = -1;
    call.patience_ms = 500000;
    call.progress = on_progress;
    tg_rc_t rc = tg_coap_peer(scene.coap, &scene.link, &addr, &call.peer);
    if (rc == TG_OK) rc = tg_coap_send(scene.coap, &call, NULL);
    unsigned accepted = rc == TG_OK;
    if (accepted) challenge(&scene);
    for (uint8_t num = 0; accepted && num < BLOCKS; num++) {
      bool is_last = num + 1 == BLOCKS;
      if (num == 1) tg_wheel_advance(scene.wheel, tg_wheel_now(scene.wheel) + 100000);
      uint8_t message[12 + 3] = {0x68, is_last ? TG_COAP_204 : TG_COAP_231, scene.last[2], scene.last[3]};
      const uint8_t option[] = {0xd1, 0x0e, (uint8_t)(num << 4 | (is_last ? 0 : 8) | 6)};
      memcpy(message + 4, scene.last + 4, 8);
      memcpy(message + 12, option, sizeof option);
      receive(&scene, message, sizeof message);
    }
    is_good = rc == TG_OK && scene.good == 1 && scene.body == sizeof image;
    tg_coap_free(scene.coap);
    scene.coap = NULL;
    check_int(scene.dones, accepted);
  }
  close_scene(&scene);
  return is_good;
}

static void a_server_survives_every_failing_allocation(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(as_server, NULL) > 15);
}

static void observers_survive_every_failing_allocation(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(as_observed, NULL) > 15);
}

static void a_client_survives_every_failing_allocation(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(as_client, NULL) > 15);
}

static void a_push_survives_every_failing_allocation(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(as_pusher, NULL) > 15);
}

CHECK_SUITE(a_push_survives_every_failing_allocation, a_server_survives_every_failing_allocation,
            observers_survive_every_failing_allocation, a_client_survives_every_failing_allocation)
