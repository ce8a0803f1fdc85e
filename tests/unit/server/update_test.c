/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/update.c, deregister.c, takeover.c: what a registration becomes while it stands, and how it goes. */

#include "core/server/quirk.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

static unsigned update_from(char peer, const char *query, const char *links) {
  far_msg_t msg = {.code = TG_COAP_POST, .format = *links ? TG_CF_LINK : -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  snprintf(msg.query, sizeof msg.query, "%s", query);
  snprintf(msg.body, sizeof msg.body, "%s", links);
  return server_bench_request(&bench, peer, &msg);
}

static unsigned delete_from(char peer) {
  far_msg_t msg = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  return server_bench_request(&bench, peer, &msg);
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

static void open_with(const tg_server_config_t *config, const char *links) {
  server_bench_open(&bench, config, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=300&lwm2m=1.1", links), TG_COAP_201);
  server_bench_events(&bench);
}

/* Full: nothing can be told any more. Drained with the next message, after it was handled. */
static void fill_bus(void) {
  static uint8_t note[65536];
  tg_event_t event = {.type = TG_EVENT_AWAKE, .note = tg_slice(note, sizeof note)};
  while (tg_event_emit(bench.bus, &event) == TG_OK) {
  }
  event.note.len = 0;
  while (tg_event_emit(bench.bus, &event) == TG_OK) {
  }
}

static void an_object_list_is_a_change_only_when_it_is_another(void **state) {
  (void)state;
  static const struct {
    const char *links;
    bool changed;
    size_t objects;
  } rows[] = {
      {"</1/0>,</3/0>;ver=1.2,</3303/0>;ver=1.1", false, 3},
      {"</3303/0>;ver=1.1,</3/0>;ver=1.2,</1/0>", false, 3}, /* another order, of versions too */
      {"</1/0>,</3/0>;ver=1.2,</3303/0>;ver=1.1,</1/0>,</3/0>", false, 3},
      {"</1/0>,</3/0>;ver=1.2,</3/0>", true, 2},
      {"</1/0>,</3/0>;ver=1.2,</3/0>,</3/0>", false, 2}, /* as many as there were, but not more */
      {"</1/0>,</3/0>;ver=1.3", true, 2},
      {"</1/0>,</3/0>", true, 2}, /* its version is no longer told */
      {"</1/0>,</3/0>,</3303/0>,</3303/1>", true, 4},
      {"</1/0>,</3/0>,</3303/0>,</3303/0>", true, 3},
      {"</0/0>,</1/0>,</3/0>,</3303/0>", false, 3}, /* nobody sees /0 */
  };
  open_with(NULL, "</1/0>,</3/0>;ver=1.2,</3303/0>;ver=1.1");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    check_int(update_from('a', "", rows[i].links), TG_COAP_204);
    const char *events = server_bench_events(&bench);
    if (strcmp(events, rows[i].changed ? "updated:a " : "") != 0) print_error("row %zu\n", i);
    assert_string_equal(events, rows[i].changed ? "updated:a " : "");
    check_int(device()->object_count, rows[i].objects);
  }
  server_bench_close(&bench);
}

static void a_long_list_with_repetitions_far_apart_is_no_change(void **state) {
  (void)state;
  char links[1024];
  size_t used = 0;
  for (int i = 0; i < 40; i++)
    used += (size_t)snprintf(links + used, sizeof links - used, "%s</3303/%d>", i ? "," : "", i % 20);
  open_with(NULL, links);
  check_int(device()->object_count, 20);
  check_int(update_from('a', "", links), TG_COAP_204);
  assert_string_equal(server_bench_events(&bench), "");
  server_bench_close(&bench);
}

static void a_bad_update_changes_nothing(void **state) {
  (void)state;
  static const struct {
    const char *query, *links;
    unsigned code;
  } rows[] = {
      {"lt=60", "</3/0", TG_COAP_400},   {"lt=60", "</3/0>;ver=\"1", TG_COAP_400}, {"lt=60", "</70000>", TG_COAP_400},
      {"lt=60", "hello", TG_COAP_400},   {"lt=60&lt=70", "", TG_COAP_400},         {"lt=x", "</3/0>", TG_COAP_400},
      {"lt=60&b=XY", "", TG_COAP_400},   {"lt=60&Q=1", "", TG_COAP_400},           {"lt=60&sms=", "", TG_COAP_400},
      {"lt=60", "</21/0>", TG_COAP_400},
  };
  open_with(NULL, "</1/0>,</3/0>");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    unsigned code = update_from('a', rows[i].query, rows[i].links);
    if (code != rows[i].code) print_error("row %zu\n", i);
    check_int(code, rows[i].code);
    check_int(device()->lifetime_s, 300);
    check_int(device()->object_count, 2);
  }
  far_msg_t msg = {.code = TG_COAP_POST, .format = TG_CF_TEXT, .observe = -1, .body = "</3/0>"};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_415);
  check_int(device()->object_count, 2);
  assert_string_equal(server_bench_events(&bench), "");
  msg.format = -1; /* as some do */
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_204);
  check_int(device()->object_count, 1);
  check_true((device()->quirks & TG_QUIRK_NO_FORMAT) != 0);
  server_bench_close(&bench);
}

static void lifetime_and_queue_mode_follow_the_update(void **state) {
  (void)state;
  open_with(NULL, "</3/0>");
  check_int(update_from('a', "lt=0", ""), TG_COAP_204);
  server_bench_pass(&bench, 100ull * 86400 * 1000 / 1000); /* far beyond 300 s and grace */
  check_true(device()->online);
  check_int(update_from('a', "lt=60&b=U&Q", ""), TG_COAP_204);
  check_true(device()->queue_mode && device()->awake);
  server_bench_pass(&bench, 94 * 1000);
  check_false(device()->awake);
  check_int(update_from('a', "", ""), TG_COAP_204);
  check_true(device()->awake);
  server_bench_pass(&bench, (60 + 248) * 1000);
  check_false(device()->online);
  server_bench_close(&bench);
}

/* The answer to the request for an observation that comes next. */
static far_msg_t grant_next(char peer) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->observe, 0);
  far_msg_t asked = *out, values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5};
  snprintf(values.body, sizeof values.body, "[{\"n\":\"%s/5700\",\"v\":21.5}]", asked.path);
  server_bench_answer(&bench, peer, &asked, values);
  return asked;
}

/* @return the type of what the server sends back: ACK, RST, or 99 for silence */
static unsigned notify_from(char peer, const far_msg_t *asked, uint16_t mid) {
  far_msg_t values = {.type = TG_COAP_CON,
                      .code = TG_COAP_205,
                      .mid = mid,
                      .format = TG_CF_SENML_JSON,
                      .observe = mid,
                      .token_len = asked->token_len};
  snprintf(values.body, sizeof values.body, "[{\"n\":\"%s/5700\",\"v\":22.5}]", asked->path);
  memcpy(values.token, asked->token, sizeof values.token);
  bench.sent_count = bench.read_count = 0;
  server_bench_in(&bench, peer, &values);
  const far_msg_t *out = server_bench_out(&bench);
  if (out) check_int(bench.to[0], peer);
  return out ? out->type : 99;
}

static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = ""}};

static void observations_follow_the_object_list(void **state) {
  (void)state;
  tg_server_config_t config = {.observe = observe, .observe_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  open_with(&config, "</3/0>,</3303/0>");
  server_bench_pass(&bench, 2);
  far_msg_t zero = grant_next('a');
  check_int(update_from('a', "", "</3/0>,</3303/1>"), TG_COAP_204);
  assert_non_null(strstr(server_bench_events(&bench), "observing:a"));
  server_bench_pass(&bench, 2);
  far_msg_t one = grant_next('a');
  assert_string_equal(one.path, "/3303/1");
  check_int(notify_from('a', &one, 900), TG_COAP_ACK);
  check_int(notify_from('a', &zero, 901), TG_COAP_RST); /* gone with its instance */
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

static void read_model(void) {
  tg_command_t read = {.device = device()->id, .op = TG_OP_READ, .path = tg_path(3, 3, 0, 1), .content_format = -1};
  tg_id_t id;
  ends = 0;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_twin_submit(bench.twin, &read, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
}

static void after_good_bye_nothing_of_the_registration_is_left(void **state) {
  (void)state;
  tg_server_config_t config = {.observe = observe, .observe_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  open_with(&config, "</3/0>,</3303/0>");
  server_bench_pass(&bench, 2);
  far_msg_t asked = grant_next('a');
  read_model();
  assert_non_null(server_bench_out(&bench));
  server_bench_events(&bench);
  check_int(delete_from('b'), TG_COAP_403); /* not its own */
  check_true(device()->online);
  check_int(delete_from('a'), TG_COAP_202);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_FAILED);
  check_rc(ended.rc, TG_E_GONE);
  check_false(device()->online);
  assert_string_equal(server_bench_events(&bench), "refused:a deregistered:a command:waiting command:failed ");
  check_int(notify_from('a', &asked, 900), TG_COAP_RST);
  check_int(update_from('a', "", ""), TG_COAP_404);
  check_int(delete_from('a'), TG_COAP_404);
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.registrations, 0);
  check_int(stats.deregisters, 1);
  server_bench_close(&bench);
}

static unsigned send_from(char peer) {
  far_msg_t msg = {
      .path = "/dp", .format = TG_CF_SENML_JSON, .observe = -1, .body = "[{\"n\":\"/3303/0/5700\",\"v\":1}]"};
  return server_bench_request(&bench, peer, &msg);
}

static void an_update_from_a_new_port_moves_the_registration(void **state) {
  (void)state;
  static const char *const queries[] = {"", "lt=300", "lt=200"};
  for (size_t i = 0; i < TG_COUNT(queries); i++) {
    tg_server_config_t config = {.observe = observe, .observe_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
    open_with(&config, "</3/0>,</3303/0>");
    server_bench_pass(&bench, 2);
    far_msg_t asked = grant_next('a');
    server_bench_events(&bench);
    check_int(update_from('b', queries[i], ""), TG_COAP_403); /* another host */
    assert_string_equal(server_bench_events(&bench), "refused:a ");
    check_int(update_from('n', queries[i], ""), TG_COAP_204); /* another port of the host */
    assert_string_equal(server_bench_events(&bench), i == 2 ? "moved:a updated:a " : "moved:a ");
    check_int(update_from('n', queries[i], ""), TG_COAP_204);
    assert_string_equal(server_bench_events(&bench), "");
    check_int(send_from('n'), TG_COAP_204);
    check_int(send_from('a'), TG_COAP_400); /* nobody is registered there */
    check_int(notify_from('n', &asked, 900), TG_COAP_ACK);
    server_bench_events(&bench);
    read_model();
    assert_non_null(server_bench_out(&bench));
    check_int(bench.to[0], 'n');
    server_bench_close(&bench);
  }
}

static void a_notification_from_a_new_port_moves_the_registration(void **state) {
  (void)state;
  tg_server_config_t config = {.observe = observe, .observe_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  open_with(&config, "</3/0>,</3303/0>");
  server_bench_pass(&bench, 2);
  far_msg_t asked = grant_next('a');
  server_bench_events(&bench);
  assert_true(notify_from('b', &asked, 900) != TG_COAP_ACK); /* another host that guessed the token */
  assert_string_equal(server_bench_events(&bench), "");
  check_int(notify_from('n', &asked, 901), TG_COAP_ACK);
  assert_string_equal(server_bench_events(&bench), "moved:a records:a ");
  check_int(notify_from('n', &asked, 902), TG_COAP_ACK);
  assert_string_equal(server_bench_events(&bench), "records:a ");
  read_model();
  assert_non_null(server_bench_out(&bench));
  check_int(bench.to[0], 'n');
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.moved, 1);
  server_bench_close(&bench);
}

static void what_a_full_event_bus_cannot_take_is_not_acknowledged_and_comes_again(void **state) {
  (void)state;
  tg_server_config_t config = {.observe = observe, .observe_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  open_with(&config, "</3/0>,</3303/0>");
  server_bench_pass(&bench, 2);
  far_msg_t asked = grant_next('a');
  fill_bus();
  check_int(notify_from('a', &asked, 900), 99);
  server_bench_events(&bench);
  check_int(notify_from('a', &asked, 900), TG_COAP_ACK); /* retransmitted */
  assert_string_equal(server_bench_events(&bench), "records:a ");
  check_int(notify_from('a', &asked, 900), TG_COAP_ACK); /* the ACK was lost: once is enough */
  assert_string_equal(server_bench_events(&bench), "");
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.shed, 1);
  server_bench_close(&bench);
}

static void requests_that_a_full_event_bus_cannot_take_are_told_to_come_later(void **state) {
  (void)state;
  open_with(NULL, "</3/0>,</3303/0>");
  fill_bus();
  check_int(send_from('a'), TG_COAP_503);
  server_bench_events(&bench);
  tg_record_t record;
  tg_path_t path = tg_path(3, 3303, 0, 5700);
  check_rc(tg_twin_value(bench.twin, device()->id, &path, &record), TG_E_NOT_FOUND);
  check_int(send_from('a'), TG_COAP_204);
  fill_bus();
  check_int(update_from('a', "lt=60", "</3/0>"), TG_COAP_503);
  server_bench_events(&bench);
  check_int(device()->lifetime_s, 300);
  check_int(device()->object_count, 2);
  fill_bus();
  check_int(update_from('a', "", ""), TG_COAP_204); /* tells nobody anything */
  server_bench_events(&bench);
  char location[32];
  memcpy(location, bench.location, sizeof location);
  fill_bus();
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=60&lwm2m=1.1", "</3/0>"), TG_COAP_503);
  server_bench_events(&bench);
  assert_string_equal(bench.location, location);
  check_int(device()->lifetime_s, 300); /* the registration that stood still stands */
  check_int(update_from('a', "", ""), TG_COAP_204);
  check_int(send_from('a'), TG_COAP_204);
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.registrations, 1);
  server_bench_close(&bench);
}

static void an_endpoint_name_is_taken_as_it_stands(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a%2Fb&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  assert_non_null(tg_twin_find_ep(bench.twin, tg_slice_str("a%2Fb")));
  assert_null(tg_twin_find_ep(bench.twin, tg_slice_str("a/b")));
  check_int(server_bench_register(&bench, 'b', "ep=a/b&lwm2m=1.1", "</3/0>"), TG_COAP_201); /* another device */
  check_int(tg_twin_count(bench.twin), 2);
  server_bench_close(&bench);
}

CHECK_SUITE(an_object_list_is_a_change_only_when_it_is_another, a_long_list_with_repetitions_far_apart_is_no_change,
            a_bad_update_changes_nothing, lifetime_and_queue_mode_follow_the_update,
            observations_follow_the_object_list, after_good_bye_nothing_of_the_registration_is_left,
            an_update_from_a_new_port_moves_the_registration, a_notification_from_a_new_port_moves_the_registration,
            what_a_full_event_bus_cannot_take_is_not_acknowledged_and_comes_again,
            requests_that_a_full_event_bus_cannot_take_are_told_to_come_later, an_endpoint_name_is_taken_as_it_stands)
