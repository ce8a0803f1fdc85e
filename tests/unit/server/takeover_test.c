/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/takeover.c, reobserve.c: who may come from another link, and what such a move keeps (lwm2m.md 4.3, 1.4.4). */

#include "tests/unit/server/server_harness.h"

enum { MINUTE = 60000 };
#define N(letter) SERVER_BENCH_SECOND(letter)

static server_bench_t bench;

static const tg_device_t *device_of(const char *ep) {
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str(ep));
  assert_non_null(device);
  return device;
}

static unsigned update_from(char peer) {
  far_msg_t msg = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  return server_bench_request(&bench, peer, &msg);
}

static unsigned register_from(char peer, const char *ep) {
  char query[64];
  snprintf(query, sizeof query, "ep=%s&lt=86400&lwm2m=1.1", ep);
  return server_bench_register(&bench, peer, query, "</1/0>,</3/0>,</3303/0>");
}

static void allow(const char *ep, uint64_t ms) {
  tg_twin_may_move(bench.twin, device_of(ep)->id, bench.now + ms);
}

static void who_was_not_asked_may_not_come_from_another_link(void **state) {
  (void)state;
  static const struct {
    const char *ep;
    char first, second;
    uint64_t window, passes;
    bool may;
  } rows[] = {
      {"e", N('A'), 'a', 0, 0, false},                     /* nobody asked it to move */
      {"e", N('A'), 'a', 10 * MINUTE, 0, true},            /* asked */
      {"e", N('A'), 'a', 10 * MINUTE, 9 * MINUTE, true},   /* still */
      {"e", N('A'), 'a', 10 * MINUTE, 10 * MINUTE, false}, /* too late */
      {"e", N('A'), 'B', 10 * MINUTE, 0, true},            /* DTLS may know it by another name */
      {"e", N('A'), N('B'), 10 * MINUTE, 0, false},        /* on its own link it is who it is */
      {"e", N('A'), N('a'), 10 * MINUTE, 0, false},
      {"e", N('A'), 'A', 0, 0, true},                    /* the same identity needs no leave */
      {"urn:nai:A", N('A'), 'B', 10 * MINUTE, 0, false}, /* names somebody else than it is */
      {"urn:nai:A", N('A'), 'a', 10 * MINUTE, 0, true},  /* names nobody */
      {"urn:extid:A", N('A'), 'a', 0, 0, false},
      {"A", 'B', N('A'), 0, 0, true}, /* the very identity of the endpoint may always have it */
      {"urn:nai:A", 'a', N('A'), 0, 0, true},
  };
  for (size_t i = 0; i < 2 * TG_COUNT(rows); i++) {
    bool updates = i % 2;
    size_t row = i / 2;
    tg_server_config_t config = {.rebind = TG_COAP_REBIND_NEVER};
    server_bench_open(&bench, &config, NULL);
    check_int(register_from(rows[row].first, rows[row].ep), TG_COAP_201);
    if (rows[row].window) allow(rows[row].ep, rows[row].window);
    if (rows[row].passes) server_bench_pass(&bench, rows[row].passes);
    server_bench_events(&bench);
    unsigned code = updates ? update_from(rows[row].second) : register_from(rows[row].second, rows[row].ep);
    unsigned want = !rows[row].may ? TG_COAP_403 : updates ? TG_COAP_204 : TG_COAP_201;
    if (code != want) print_error("row %zu, update %d\n", row, updates);
    check_int(code, want);
    const char *events = server_bench_events(&bench);
    assert_non_null(strstr(events, rows[row].may ? "moved:" : "refused:"));
    bool is_second = (uint8_t)(rows[row].may ? rows[row].second : rows[row].first) & 0x80;
    assert_string_equal(device_of(rows[row].ep)->link, is_second ? "bench1" : "bench0");
    server_bench_close(&bench);
  }
}

static void the_leave_of_one_device_is_not_that_of_another(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(register_from(N('A'), "e"), TG_COAP_201);
  check_int(register_from(N('B'), "f"), TG_COAP_201);
  allow("f", MINUTE);
  check_int(register_from('a', "e"), TG_COAP_403);
  allow("e", MINUTE);
  tg_twin_may_move(bench.twin, device_of("e")->id, 0); /* taken back */
  check_int(register_from('a', "e"), TG_COAP_403);
  tg_twin_may_move(bench.twin, device_of("e")->id + 1000, UINT64_MAX); /* a stale id is nobody */
  check_int(register_from('a', "e"), TG_COAP_403);
  server_bench_close(&bench);
}

static void back_comes_only_who_went(void **state) {
  (void)state;
  for (int updates = 0; updates < 2; updates++) {
    tg_server_config_t config = {.rebind = TG_COAP_REBIND_NEVER};
    server_bench_open(&bench, &config, NULL);
    check_int(register_from(N('A'), "e"), TG_COAP_201);
    allow("e", MINUTE);
    check_int(updates ? update_from('a') : register_from('a', "e"), updates ? TG_COAP_204 : TG_COAP_201);
    check_int(register_from(N('B'), "e"), TG_COAP_403); /* vouched for, but another one */
    check_int(update_from(N('B')), TG_COAP_403);
    check_int(register_from('b', "e"), TG_COAP_403); /* what the policy says of addresses still counts */
    server_bench_pass(&bench, 2 * MINUTE);
    check_int(updates ? update_from(N('A')) : register_from(N('A'), "e"), updates ? TG_COAP_204 : TG_COAP_201);
    assert_string_equal(device_of("e")->link, "bench1");
    check_int(register_from('a', "e"), TG_COAP_403); /* the leave is over */
    check_int(register_from(N('B'), "e"), TG_COAP_403);
    server_bench_close(&bench);
  }
}

static int ends;
static tg_command_result_t ended;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
}

static void submit(tg_op_t op, tg_path_t path, const tg_record_t *records, size_t count) {
  tg_command_t command = {.device = device_of("e")->id,
                          .op = op,
                          .path = path,
                          .records = records,
                          .record_count = count,
                          .content_format = -1};
  tg_id_t id;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
}

static far_msg_t next_to(char peer) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(bench.to[bench.read_count - 1], peer);
  return *out;
}

static const char temperature[] = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]";

static void grant(char peer, const far_msg_t *asked) {
  far_msg_t values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5};
  memcpy(values.body, temperature, sizeof temperature);
  server_bench_answer(&bench, peer, asked, values);
}

static unsigned notify_from(char peer, const far_msg_t *asked, uint16_t mid) {
  far_msg_t values = {.type = TG_COAP_CON,
                      .code = TG_COAP_205,
                      .mid = mid,
                      .format = TG_CF_SENML_JSON,
                      .observe = mid,
                      .token_len = asked->token_len};
  memcpy(values.body, temperature, sizeof temperature);
  memcpy(values.token, asked->token, sizeof values.token);
  bench.sent_count = bench.read_count = 0;
  server_bench_in(&bench, peer, &values);
  const far_msg_t *out = server_bench_out(&bench);
  return out ? out->type : 99;
}

static far_msg_t observe_temperature(char peer) {
  submit(TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700), NULL, 0);
  far_msg_t asked = next_to(peer);
  check_int(asked.observe, 0);
  grant(peer, &asked);
  check_int(ended.state, TG_COMMAND_DONE);
  return asked;
}

static void an_update_from_another_link_keeps_everything(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(register_from(N('A'), "e"), TG_COAP_201);
  tg_id_t id = device_of("e")->id;
  far_msg_t observation = observe_temperature(N('A'));
  submit(TG_OP_READ, tg_path(3, 3, 0, 9), NULL, 0);
  check_int(next_to(N('A')).code, TG_COAP_GET);
  submit(TG_OP_READ, tg_path(3, 3, 0, 1), NULL, 0); /* waits behind it */
  assert_null(server_bench_out(&bench));
  allow("e", MINUTE);
  ends = 0;
  check_int(update_from('a'), TG_COAP_204);
  check_int(device_of("e")->id, id);
  tg_record_t record;
  tg_path_t path = tg_path(3, 3303, 0, 5700);
  check_rc(tg_twin_value(bench.twin, id, &path, &record), TG_OK);

  server_bench_pass(&bench, 1);
  far_msg_t read = next_to('a'); /* what was on its way goes again, over the new link, and first */
  assert_string_equal(read.path, "/3/0/9");
  server_bench_answer(&bench, 'a', &read, (far_msg_t){.code = TG_COAP_404, .format = -1, .observe = -1});
  check_int(ends, 1);
  server_bench_pass(&bench, 1);
  read = next_to('a');
  assert_string_equal(read.path, "/3/0/1");
  server_bench_answer(&bench, 'a', &read, (far_msg_t){.code = TG_COAP_404, .format = -1, .observe = -1});
  check_int(ends, 2);
  check_int(notify_from('a', &observation, 900), TG_COAP_ACK);
  assert_non_null(strstr(server_bench_events(&bench), "records:e"));
  server_bench_close(&bench);
}

static void an_execute_on_its_way_is_not_sent_twice_by_a_move(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(register_from(N('A'), "e"), TG_COAP_201);
  submit(TG_OP_EXECUTE, tg_path(3, 1, 0, 8), NULL, 0);
  far_msg_t trigger = next_to(N('A'));
  allow("e", MINUTE);
  ends = 0;
  check_int(update_from('a'), TG_COAP_204); /* faster than the answer to the trigger that made it come */
  server_bench_pass(&bench, 1);
  assert_null(server_bench_out(&bench));
  check_int(ends, 0);
  server_bench_answer(&bench, N('A'), &trigger, (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1});
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void a_new_registration_is_asked_again_for_what_people_observe(void **state) {
  (void)state;
  static const tg_server_observe_t automatic[] = {{.path = {{3303}, 1}, .query = ""}};
  tg_server_config_t config = {.observe = automatic, .observe_count = 1};
  server_bench_open(&bench, &config, NULL);
  check_int(register_from(N('A'), "e"), TG_COAP_201);
  server_bench_pass(&bench, 2);
  far_msg_t plan = next_to(N('A'));
  assert_string_equal(plan.path, "/3303/0");
  grant(N('A'), &plan);
  far_msg_t observation = observe_temperature(N('A'));
  server_bench_events(&bench);

  allow("e", MINUTE);
  check_int(register_from('a', "e"), TG_COAP_201);
  server_bench_pass(&bench, 2);
  unsigned by_plan = 0, by_command = 0;
  for (const far_msg_t *out; (out = server_bench_out(&bench));) {
    check_int(bench.to[bench.read_count - 1], 'a');
    far_msg_t asked = *out;
    check_int(asked.observe, 0);
    by_plan += strcmp(asked.path, "/3303/0") == 0;
    by_command += strcmp(asked.path, "/3303/0/5700") == 0;
    grant('a', &asked);
    if (strcmp(asked.path, "/3303/0/5700") == 0) observation = asked;
    server_bench_pass(&bench, 2);
  }
  check_int(by_plan, 1);
  check_int(by_command, 1);
  server_bench_events(&bench);
  check_int(notify_from('a', &observation, 900), TG_COAP_ACK);
  assert_non_null(strstr(server_bench_events(&bench), "records:e"));
  server_bench_close(&bench);
}

static void an_instance_that_is_gone_after_a_new_registration_is_not_asked_for(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(register_from('a', "e"), TG_COAP_201);
  observe_temperature('a');
  server_bench_events(&bench);
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</1/0>,</3/0>"), TG_COAP_201);
  assert_string_equal(server_bench_events(&bench), "registered:e observing:e ");
  server_bench_pass(&bench, 2);
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void a_composite_observation_is_asked_for_again_with_its_paths(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(register_from('a', "e"), TG_COAP_201);
  static const tg_record_t paths[] = {{.path = {{3303, 0, 5700}, 3}}, {.path = {{3, 0}, 2}}};
  submit(TG_OP_OBSERVE_COMPOSITE, tg_path(0, 0, 0, 0), paths, TG_COUNT(paths));
  far_msg_t first = next_to('a');
  check_int(first.code, TG_COAP_FETCH);
  grant('a', &first);
  check_int(register_from('a', "e"), TG_COAP_201);
  server_bench_pass(&bench, 2);
  far_msg_t second = next_to('a');
  check_int(second.code, TG_COAP_FETCH);
  check_int(second.observe, 0);
  check_int(second.body_len, first.body_len);
  assert_memory_equal(second.body, first.body, first.body_len);
  grant('a', &second);
  check_int(notify_from('a', &second, 900), TG_COAP_ACK);
  server_bench_close(&bench);
}

CHECK_SUITE(who_was_not_asked_may_not_come_from_another_link, the_leave_of_one_device_is_not_that_of_another,
            back_comes_only_who_went, an_update_from_another_link_keeps_everything,
            an_execute_on_its_way_is_not_sent_twice_by_a_move,
            a_new_registration_is_asked_again_for_what_people_observe,
            an_instance_that_is_gone_after_a_new_registration_is_not_asked_for,
            a_composite_observation_is_asked_for_again_with_its_paths)
