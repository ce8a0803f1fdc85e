/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/firmware/firmware_sim_test.c: server, exchange layer, twin and firmware of a gateway update a device behind a network that loses
 * 30 %, duplicates 10 % and reorders 20 %: one mebibyte pushed, one fetched, one pushed to a device that restarts in the middle. The device has
 * an engine of its own. A failing seed is printed.
 */

#include <stdlib.h>

#include "core/base/log.h"
#include "core/firmware/firmware.h"
#include "core/server/server.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/sim_harness.h"

enum { MIB = 1 << 20, GATEWAY = 1, DEVICE = 2, DAY_MS = 86400000, SEEDS = 2 };

static const sim_weather_t bad = {.loss = 300, .duplication = 100, .reordering = 200, .delay_ms = 50, .late_ms = 3000};

static uint8_t image[MIB];

typedef struct world {
  sim_net_t net;
  sim_link_t links[3]; /* by address */
  tg_coap_t *gateway;
  tg_coap_t *device;
  tg_event_bus_t *bus;
  tg_twin_t *twin;
  tg_server_t *server;
  tg_firmware_t *firmware;
  tg_id_t peer; /* the gateway, as the device's */
  uint64_t id;
  char dir[64];
  /* the device */
  int state, result, delivery;
  const char *version;
  unsigned updates, bodies, good_bodies, registered;
  uint64_t restart_at_byte; /* the device registers anew when the gateway has come so far; 0 = never */
  char uri[128];
} world_t;

static void on_registered(void *ud, const tg_coap_result_t *result) {
  world_t *world = ud;
  if (result->rc == TG_OK && result->code == TG_COAP_201) world->registered++;
}

static void register_device(world_t *world) {
  tg_id_t exchange;
  const tg_coap_call_t call = {.peer = world->peer,
                               .method = TG_COAP_POST,
                               .path = "/rd",
                               .query = "ep=dev&lvm2m=1.1&lwm2m=1.1&lt=86400&b=U",
                               .accept = TG_CF_NONE,
                               .content_format = TG_CF_LINK,
                               .payload = tg_slice_str("</1/0>,</3/0>,</5/0>"),
                               .observe = -1,
                               .patience_ms = DAY_MS,
                               .done = on_registered,
                               .ud = world};
  check_rc(tg_coap_send(world->device, &call, &exchange), TG_OK);
}

static void take_image(world_t *world, tg_slice_t body) {
  bool good = body.len == MIB && memcmp(body.p, image, MIB) == 0;
  world->bodies++;
  world->good_bodies += good;
  world->state = good ? 2 : 0;
  world->result = good ? 0 : 5;
}

static void on_fetched(void *ud, const tg_coap_result_t *result) {
  world_t *world = ud;
  check_rc(result->rc, TG_OK);
  check_int(result->code, TG_COAP_205);
  check_int(result->content_format, TG_CF_OPAQUE);
  take_image(world, result->body);
}

static void fetch(world_t *world) {
  tg_id_t exchange;
  const tg_coap_call_t call = {.peer = world->peer,
                               .method = TG_COAP_GET,
                               .path = strstr(world->uri, "/fw/"),
                               .accept = TG_CF_NONE,
                               .content_format = TG_CF_NONE,
                               .observe = -1,
                               .patience_ms = DAY_MS,
                               .done = on_fetched,
                               .ud = world};
  check_rc(tg_coap_send(world->device, &call, &exchange), TG_OK);
}

static void read_object(const world_t *world, tg_coap_reply_t *reply) {
  tg_buf_put_fmt(reply->body, "[{\"bn\":\"/5/0/\",\"n\":\"3\",\"v\":%d},{\"n\":\"5\",\"v\":%d},{\"n\":\"9\",\"v\":%d}]",
                 world->state, world->result, world->delivery);
  reply->code = TG_COAP_205;
  reply->content_format = TG_CF_SENML_JSON;
  reply->payload = tg_buf_slice(reply->body);
}

static void path_of(const tg_coap_msg_t *msg, char out[64]) {
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < msg->option_count; i++) {
    if (msg->options[i].number != TG_OPT_URI_PATH) continue;
    used += (size_t)snprintf(out + used, 64 - used, "/%.*s", (int)msg->options[i].len, (const char *)msg->options[i].p);
  }
}

/* The device. */
static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  world_t *world = ud;
  char path[64];
  path_of(request->msg, path);
  uint8_t method = request->msg->code;
  reply->code = TG_COAP_404;
  if (method == TG_COAP_GET && strcmp(path, "/5/0") == 0) {
    read_object(world, reply);
  } else if (method == TG_COAP_GET) {
    bool version = strcmp(path, "/3/0/3") == 0;
    reply->code = version || strncmp(path, "/5/0/", 5) == 0 ? TG_COAP_205 : TG_COAP_404;
    tg_buf_put_fmt(reply->body, "%s", version ? world->version : "0");
    reply->content_format = TG_CF_TEXT;
    reply->payload = tg_buf_slice(reply->body);
  } else if (method == TG_COAP_PUT && strcmp(path, "/5/0/0") == 0) {
    take_image(world, request->body);
    reply->code = world->result ? TG_COAP_500 : TG_COAP_204;
  } else if (method == TG_COAP_PUT && strcmp(path, "/5/0/1") == 0) {
    snprintf(world->uri, sizeof world->uri, "%.*s", (int)request->body.len, (const char *)request->body.p);
    world->state = 1;
    reply->code = TG_COAP_204;
    fetch(world);
  } else if (method == TG_COAP_POST && strcmp(path, "/5/0/2") == 0) {
    reply->code = world->state == 2 ? TG_COAP_204 : TG_COAP_405;
    world->updates++;
    world->state = 0;
    world->result = 1;
    world->version = "2.0";
  }
}

static void no_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  (void)ud, (void)cookie, (void)result, (void)reply;
  fail();
}

static tg_rc_t on_file(void *ud, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  const world_t *world = ud;
  return tg_firmware_file(world->firmware, path, asked, body, etag);
}

static tg_coap_t *engine(world_t *world, uint8_t address, const tg_coap_config_t *as) {
  tg_coap_config_t config = *as;
  config.wheel = world->net.wheel;
  config.random = tg_random_fill_seeded;
  config.random_ud = &world->net.random;
  config.limits.transfer_bytes = 8 << 20;
  tg_coap_t *coap = tg_coap_new(&config);
  assert_non_null(coap);
  tg_coap_params_t params;
  tg_coap_params_default(&world->links[address].link, &params);
  check_rc(tg_coap_add_link(coap, &world->links[address].link, &params), TG_OK);
  return coap;
}

static void open_gateway(world_t *world) {
  world->bus = tg_event_bus_new(1024, 1 << 20);
  const tg_twin_config_t twin = {.events = world->bus,
                                 .wheel = world->net.wheel,
                                 .random = tg_random_fill_seeded,
                                 .random_ud = &world->net.random};
  world->twin = tg_twin_new(&twin);
  const tg_server_config_t server = {.twin = world->twin,
                                     .events = world->bus,
                                     .wheel = world->net.wheel,
                                     .random = tg_random_fill_seeded,
                                     .random_ud = &world->net.random,
                                     .rebind = TG_COAP_REBIND_SAME_HOST,
                                     .file = on_file,
                                     .file_ud = world};
  world->server = tg_server_new(&server);
  assert_non_null(world->server);
  world->gateway = engine(world, GATEWAY,
                          &(tg_coap_config_t){.handler = tg_server_on_request,
                                              .notify = tg_server_on_notify,
                                              .ud = world->server,
                                              .rebind = TG_COAP_REBIND_SAME_HOST});
  tg_server_attach(world->server, world->gateway);
  static char folder[96];
  snprintf(folder, sizeof folder, "%s/firmware", world->dir);
  const tg_firmware_config_t firmware = {.twin = world->twin,
                                         .events = world->bus,
                                         .wheel = world->net.wheel,
                                         .random = tg_random_fill_seeded,
                                         .random_ud = &world->net.random,
                                         .folder = folder,
                                         .coap_base = "coap://192.0.2.1"};
  tg_diag_t diag = {0};
  check_rc(tg_firmware_open(&firmware, &diag, &world->firmware), TG_OK);
}

static void on_added(void *ud, tg_rc_t rc, const char *why) {
  (void)why;
  *(tg_rc_t *)ud = rc;
}

static void add_image(world_t *world) {
  char path[96];
  snprintf(path, sizeof path, "%s/app.bin", world->dir);
  tg_random_seeded_t random = {.state = 5};
  tg_random_fill_seeded(&random, image, sizeof image);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  check_int(fwrite(image, 1, sizeof image, file), sizeof image);
  check_int(fclose(file), 0);
  tg_diag_t diag = {0};
  tg_rc_t added = TG_E_INTERNAL;
  const tg_fw_addition_t app = {
      .name = tg_slice_str("app"), .version = tg_slice_str("2.0"), .file = path, .done = on_added, .ud = &added};
  check_rc(tg_firmware_image_add(world->firmware, &app, &diag), TG_OK);
  check_rc(added, TG_OK);
}

static void open_world(world_t *world, uint64_t seed, int delivery) {
  *world = (world_t){.delivery = delivery, .version = "1.0", .dir = "/tmp/tg-fwsim-XXXXXX"};
  assert_non_null(mkdtemp(world->dir));
  sim_open(&world->net, seed, &bad);
  sim_attach(&world->net, &world->links[GATEWAY], GATEWAY);
  sim_attach(&world->net, &world->links[DEVICE], DEVICE);
  open_gateway(world);
  world->device = engine(world, DEVICE,
                         &(tg_coap_config_t){.handler = handle,
                                             .notify = no_notify,
                                             .ud = world,
                                             .limits = {.request_body = 2 * MIB, .response_body = 2 * MIB}});
  tg_addr_t gateway = sim_addr(GATEWAY);
  check_rc(tg_coap_peer(world->device, &world->links[DEVICE].link, &gateway, &world->peer), TG_OK);
  add_image(world);
}

static void close_world(world_t *world) {
  char command[96];
  tg_firmware_close(world->firmware);
  tg_twin_stop(world->twin);
  tg_server_free(world->server);
  tg_coap_free(world->gateway);
  tg_coap_free(world->device);
  tg_twin_free(world->twin);
  tg_event_bus_free(world->bus);
  sim_close(&world->net);
  snprintf(command, sizeof command, "rm -rf '%s'", world->dir);
  check_int(system(command), 0); /* NOLINT(cert-env33-c): a path of our own */
}

static tg_fw_update_t now(const world_t *world) {
  tg_fw_update_t update;
  check_true(tg_firmware_find(world->firmware, world->id, &update));
  return update;
}

/* Once a tick, as the gateway's turn does. */
static bool has_ended(void *ud) {
  world_t *world = ud;
  tg_event_drain(world->bus);
  tg_coap_release(world->gateway, UINT64_MAX, TG_OK);
  tg_fw_update_t update = now(world);
  if (world->restart_at_byte && update.sent >= world->restart_at_byte) {
    world->restart_at_byte = 0;
    register_device(world);
  }
  return tg_firmware_state_ends(update.state);
}

static void run(uint64_t seed, int delivery, uint64_t restart_at_byte) {
  static world_t world;
  open_world(&world, seed, delivery);
  world.restart_at_byte = restart_at_byte;
  const tg_fw_request_t request = {
      .ep = tg_slice_str("dev"), .image = tg_slice_str("app"), .severity = -1, .defer_s = -1};
  register_device(&world);
  check_rc(tg_firmware_update(world.firmware, &request, &world.id), TG_OK);
  bool over = sim_run(&world.net, 6 * (uint64_t)DAY_MS, has_ended, &world);
  tg_fw_update_t update = now(&world);
  if (!over || update.state != TG_FW_DONE)
    print_error("seed=%llu: %s (%s) at %llu\n", (unsigned long long)seed, tg_firmware_state_name(update.state),
                update.cause, (unsigned long long)update.sent);
  check_true(over);
  check_int(update.state, TG_FW_DONE);
  check_int(world.good_bodies, 1);
  check_int(world.bodies, 1);
  check_int(world.updates, 1);
  check_int(world.registered, restart_at_byte ? 2 : 1);
  check_int(update.sent, MIB);
  check_int(update.method, delivery ? TG_FW_PUSH : TG_FW_PULL_COAP);
  check_true(world.net.lost > 300); /* it was as bad as it should be */
  close_world(&world);
}

static void a_mebibyte_is_pushed_through_a_bad_network(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) run(seed, 1, 0);
}

static void a_mebibyte_is_fetched_through_a_bad_network(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) run(seed, 0, 0);
}

static void a_push_survives_a_new_registration_in_its_middle(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) run(seed, 1, MIB / 2);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_mebibyte_is_pushed_through_a_bad_network),
      cmocka_unit_test(a_mebibyte_is_fetched_through_a_bad_network),
      cmocka_unit_test(a_push_survives_a_new_registration_in_its_middle),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
