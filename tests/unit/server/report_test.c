/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/report.c, send.c, reg_store.c, observe.c and queue mode: what comes in, and what a restart leaves. */

#include "core/loop/loop.h"
#include "tests/unit/server/server_harness.h"

static unsigned send_pack(server_bench_t *bench, char peer, int format, const char *body) {
  far_msg_t msg = {.path = "/dp", .format = format, .observe = -1};
  snprintf(msg.body, sizeof msg.body, "%s", body);
  return server_bench_request(bench, peer, &msg);
}

static void send_is_taken_from_registered_devices_only(void **state) {
  (void)state;
  static const struct {
    char peer;
    int format;
    const char *body;
    unsigned code;
  } rows[] = {
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":1}]", TG_COAP_204},
      {'b', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":1}]", TG_COAP_400},
      {'a', TG_CF_TEXT, "1", TG_COAP_415},
      {'a', -1, "1", TG_COAP_415},
      {'a', TG_CF_SENML_JSON, "[{\"n\":", TG_COAP_400},
      {'a', TG_CF_SENML_JSON, "[{\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],\"n\":\"/3303/0/5700\",\"v\":1}]",
       TG_COAP_400},                                                      /* too deep */
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\"}]", TG_COAP_400}, /* a name without its value */
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":null}]", TG_COAP_400},
      {'a', TG_CF_SENML_CBOR, "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", TG_COAP_400},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/0/0/5\",\"vd\":\"AA\"}]", TG_COAP_404},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/21/0/1\",\"vs\":\"x\"}]", TG_COAP_404},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/23/0/1\",\"vs\":\"x\"}]", TG_COAP_404},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":1},{\"n\":\"/0/0/5\",\"vd\":\"AA\"}]", TG_COAP_404},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3304/0/5700\",\"v\":1}]", TG_COAP_404}, /* not announced */
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":1},{\"n\":\"/4/0/2\",\"v\":1}]", TG_COAP_404},
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/9/5700\",\"v\":1}]", TG_COAP_204}, /* an instance that came since */
      {'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/1234\",\"v\":1}]", TG_COAP_204}, /* a resource nobody defined */
  };
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3303/0>"), TG_COAP_201);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_events(&bench);
    unsigned code = send_pack(&bench, rows[i].peer, rows[i].format, rows[i].body);
    if (code != rows[i].code) print_error("row %zu\n", i);
    check_int(code, rows[i].code);
    bool told = strstr(server_bench_events(&bench), "records:a") != NULL;
    check_int(told, code == TG_COAP_204);
  }
  tg_record_t record;
  tg_path_t path = tg_path(3, 3303, 0, 5700);
  check_rc(tg_twin_value(bench.twin, tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id, &path, &record), TG_OK);
  server_bench_close(&bench);
}

/* LwM2M 1.2: maps in maps from the object down, or ids in one key (lwm2m.md 2.7). No byte is 0: bodies here are text. */
static void send_may_be_lwm2m_cbor(void **state) {
  (void)state;
  static const struct {
    const char *body;
    unsigned code;
  } rows[] = {
      {"\xa1\x83\x19\x0c\xe7\x01\x19\x16\x44\xf9\x4d\xa0", TG_COAP_204},             /* {[3303,1,5700]: 22.5} */
      {"\xa1\x19\x0c\xe7\xa1\x02\xa1\x19\x16\x44\xf9\x4d\xa0", TG_COAP_204},         /* {3303: {2: {5700: 22.5}}} */
      {"\xbf\x82\x19\x0c\xe7\x03\xbf\x19\x16\x44\xf9\x4d\xa0\xff\xff", TG_COAP_204}, /* {[3303,3]: {5700: 22.5}} */
      {"\xa1\x83\x15\x01\x01\x61\x78", TG_COAP_404},             /* /21/1/1 is a security object's */
      {"\xa1\x83\x19\x0c\xe8\x01\x19\x16\x44\x01", TG_COAP_404}, /* /3304/1/5700: not announced */
      {"\xa1\x19\x16\x44\xf9\x4d\xa0", TG_COAP_400},             /* {5700: 22.5}: relative to nothing */
      {"\xa1\x83\x19\x0c\xe7\x01\x19\x16\x44\xf6", TG_COAP_400}, /* null */
      {"\xa1\x83\x19\x0c\xe7\x01", TG_COAP_400},                 /* cut off */
      {"\x81\x01", TG_COAP_400},                                 /* no map */
  };
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.2", "</3303/0>"), TG_COAP_201);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_events(&bench);
    unsigned code = send_pack(&bench, 'a', TG_CF_LWM2M_CBOR, rows[i].body);
    if (code != rows[i].code) print_error("row %zu\n", i);
    check_int(code, rows[i].code);
    check_int(strstr(server_bench_events(&bench), "records:a") != NULL, code == TG_COAP_204);
  }
  tg_id_t device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  for (uint16_t instance = 1; instance <= 3; instance++) {
    tg_record_t record;
    const tg_path_t path = tg_path(3, 3303, instance, 5700);
    check_rc(tg_twin_value(bench.twin, device, &path, &record), TG_OK);
    assert_true(record.value.type == TG_TYPE_FLOAT && record.value.f == 22.5);
  }
  server_bench_close(&bench);
}

static void send_may_name_what_the_last_update_announced(void **state) {
  (void)state;
  static const char body[] = "[{\"n\":\"/3304/0/5700\",\"v\":1}]";
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3303/0>,</3305/0>"), TG_COAP_201);
  check_int(send_pack(&bench, 'a', TG_CF_SENML_JSON, body), TG_COAP_404);
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.sends, 0);
  check_int(stats.undecodable, 1);
  far_msg_t update = {.code = TG_COAP_POST, .format = TG_CF_LINK, .observe = -1, .body = "</3303/0>,</3304>,</3305/0>"};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  check_int(send_pack(&bench, 'a', TG_CF_SENML_JSON, body), TG_COAP_204);
  snprintf(update.body, sizeof update.body, "</3303/0>");
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  check_int(send_pack(&bench, 'a', TG_CF_SENML_JSON, body), TG_COAP_404);
  server_bench_close(&bench);
}

static int ends;
static tg_command_result_t ended;
static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
}

static void a_command_waits_until_the_device_wakes(void **state) {
  (void)state;
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=86400&lwm2m=1.0&b=UQ", "</3/0>"), TG_COAP_201);
  server_bench_pass(&bench, 94 * 1000);
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str("a"));
  check_false(device->awake);
  tg_command_t read = {.device = device->id, .op = TG_OP_READ, .path = tg_path(3, 3, 0, 1), .content_format = -1};
  tg_id_t id;
  ends = 0;
  check_rc(tg_twin_submit(bench.twin, &read, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1000 * 1000);
  check_int(bench.sent_count, 1);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  server_bench_pass(&bench, 1);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->format, TG_CF_TLV);     /* 1.0 */
  server_bench_pass(&bench, 200 * 1000); /* no answer: it sleeps, the command stays */
  check_int(ends, 0);
  check_int(device->queued, 1);
  bench.sent_count = bench.read_count = 0;
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  server_bench_pass(&bench, 1);
  out = server_bench_out(&bench);
  assert_non_null(out);
  far_msg_t answer = {.code = TG_COAP_205, .format = TG_CF_TEXT, .observe = -1, .body = "model"};
  server_bench_answer(&bench, 'a', out, answer);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void after_a_restart_a_device_that_only_notifies_is_understood(void **state) {
  (void)state;
  static server_bench_t bench;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store;
  tg_store_config_t kept = {.path = ""};
  static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = ""}};
  tg_server_config_t config = {.observe = observe, .observe_count = 1};
  check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  server_bench_open(&bench, &config, store);
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=300&lwm2m=1.1", "</3303/0>"), TG_COAP_201);
  server_bench_pass(&bench, 200);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  far_msg_t values = {
      .code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5, .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  far_msg_t asked = *out;
  server_bench_answer(&bench, 'a', &asked, values);
  char location[32];
  memcpy(location, bench.location, sizeof location);
  server_bench_close(&bench);

  server_bench_open(&bench, &config, store);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(restored, 1);
  assert_string_equal(server_bench_events(&bench), ""); /* no storm */
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->online);
  far_msg_t notify = values;
  notify.type = TG_COAP_CON;
  notify.mid = 900;
  notify.token_len = asked.token_len;
  memcpy(notify.token, asked.token, sizeof notify.token);
  server_bench_in(&bench, 'a', &notify);
  assert_string_equal(server_bench_events(&bench), "records:a ");
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  check_int(send_pack(&bench, 'a', TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":2}]"), TG_COAP_204);
  check_int(send_pack(&bench, 'a', TG_CF_SENML_JSON, "[{\"n\":\"/3304/0/5700\",\"v\":2}]"), TG_COAP_404);
  server_bench_close(&bench);
  tg_store_close(store);
  tg_loop_free(loop);
}

static void check_only_ack(server_bench_t *bench, uint16_t mid) {
  const far_msg_t *out = server_bench_out(bench);
  assert_non_null(out);
  check_int(out->type, TG_COAP_ACK);
  check_int(out->code, 0);
  check_int(out->mid, mid);
}

/* The answer to Observe is lost, and the next thing that comes is a notification: it may be acknowledged only when it is on disk. */
static void a_notification_that_founds_its_observation_waits_for_the_disk(void **state) {
  (void)state;
  static server_bench_t bench;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store;
  tg_store_config_t kept = {.path = ""};
  static const tg_server_observe_t observe[] = {{.path = {{3303, 0, 5700}, 3}, .query = ""}};
  tg_server_config_t config = {.observe = observe, .observe_count = 1};
  check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  server_bench_open(&bench, &config, store);
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=300&lwm2m=1.1", "</3303/0>"), TG_COAP_201);
  server_bench_pass(&bench, 200);
  const far_msg_t *asked = server_bench_out(&bench);
  assert_non_null(asked);
  check_int(asked->observe, 0);
  far_msg_t notify = {
      .type = TG_COAP_CON, .code = TG_COAP_205, .mid = 900, .format = TG_CF_TEXT, .observe = 5, .body = "21.5"};
  notify.token_len = asked->token_len;
  memcpy(notify.token, asked->token, sizeof notify.token);
  (void)server_bench_events(&bench);

  bench.keeps = true;
  server_bench_in(&bench, 'a', &notify);
  check_true(strstr(server_bench_events(&bench), "records:a"));
  assert_null(server_bench_out(&bench));
  tg_coap_release(bench.coap, UINT64_MAX, TG_E_STORE); /* the disk is full */
  assert_null(server_bench_out(&bench));
  server_bench_in(&bench, 'a', &notify);
  check_true(strstr(server_bench_events(&bench), "records:a"));
  assert_null(server_bench_out(&bench));
  tg_coap_release(bench.coap, UINT64_MAX, TG_OK);
  check_only_ack(&bench, 900);
  server_bench_close(&bench);
  tg_store_close(store);
  tg_loop_free(loop);
}

CHECK_SUITE(send_is_taken_from_registered_devices_only, send_may_be_lwm2m_cbor,
            send_may_name_what_the_last_update_announced, a_command_waits_until_the_device_wakes,
            after_a_restart_a_device_that_only_notifies_is_understood,
            a_notification_that_founds_its_observation_waits_for_the_disk)
