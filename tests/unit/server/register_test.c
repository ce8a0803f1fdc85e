/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/register.c, reg_params.c, reg_links.c, update.c, deregister.c, takeover.c: every rule by its answer. */

#include "core/server/quirk.h"
#include "tests/unit/server/server_harness.h"

static void registers_as_the_specification_says(void **state) {
  (void)state;
  static const struct {
    const char *query, *links;
    unsigned code;
  } rows[] = {
      {"ep=a&lt=300&lwm2m=1.1&b=U", "</1/0>,</3/0>", TG_COAP_201},
      {"lt=300&lwm2m=1.1&b=U", "</1/0>,</3/0>", TG_COAP_400}, /* no ep, no identity */
      {"ep=&lt=300&lwm2m=1.1", "</3/0>", TG_COAP_400},
      {"ep=b&lt=abc&lwm2m=1.1&b=U", "</3/0>", TG_COAP_400},
      {"ep=b&lt=&lwm2m=1.1", "</3/0>", TG_COAP_400},
      {"ep=b&lt=-1&lwm2m=1.1", "</3/0>", TG_COAP_400},
      {"ep=b&lt=4294967296&lwm2m=1.1", "</3/0>", TG_COAP_400}, /* must not wrap */
      {"ep=b&lwm2m=1.1", "</3/0>", TG_COAP_201},               /* default lifetime */
      {"ep=c&lt=0&lwm2m=1.1", "</3/0>", TG_COAP_201},
      {"ep=d&lt=300&lwm2m=9.9", "</3/0>", TG_COAP_412},
      {"ep=d&lt=300&b=U", "</3/0>", TG_COAP_400}, /* lwm2m is mandatory */
      {"ep=d&lt=300&lwm2m=x", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=1.0.0&b=U", "</3/0>", TG_COAP_201}, /* coap-node */
      {"ep=d&lt=300&lwm2m=9.9.1", "</3/0>", TG_COAP_412},
      {"ep=d&lt=300&lwm2m=1.0.", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=1.0.x", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=1.0.0.0", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=1.", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=1..0", "</3/0>", TG_COAP_400},
      {"ep=d&lt=300&lwm2m=", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.0&b=UQ", "</3/0>", TG_COAP_201},
      {"ep=d&lwm2m=1.1&b=UT", "</3/0>", TG_COAP_201},
      {"ep=d&lwm2m=1.1&b=UQ", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.0&b=UT", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.0&b=U&Q", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.1&b=U&Q", "</3/0>", TG_COAP_201},
      {"ep=d&lwm2m=1.1&b=Z!", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.1&b=UU", "</3/0>", TG_COAP_400},
      {"ep=d&ep=e&lwm2m=1.1", "</3/0>", TG_COAP_400},
      {"ep=d&lwm2m=1.1&pid=x&foo=bar", "</3/0>", TG_COAP_201}, /* unknown ones are tolerated */
      {"Q&sms=4915112345678&lwm2m=1.1&ep=d", "</3/0>", TG_COAP_201},
      {"ep=\xc3(&lwm2m=1.1", "</3/0>", TG_COAP_400},
      {"ep=a/+/#&lwm2m=1.1", "</3/0>", TG_COAP_201},
      {"ep=d&lwm2m=1.1", "", TG_COAP_400},
      {"ep=d&lwm2m=1.1", "<<<>;=", TG_COAP_400},
      {"ep=d&lwm2m=1.1", "</70000/0>", TG_COAP_400}, /* must not wrap to 4464 */
      {"ep=d&lwm2m=1.1", "</3/0>;ver=\"1.1", TG_COAP_400},
      {"ep=d&lwm2m=1.1", "</>;rt=\"oma.lwm2m\";ct=\"110 112\",</3/0>;ver=\"1.1\",</5>", TG_COAP_201},
      {"ep=d&lwm2m=1.1", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>", TG_COAP_201},
      {"ep=d&lwm2m=1.1", "</0/0>,</21/0>", TG_COAP_400}, /* nothing else there */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    static server_bench_t bench;
    server_bench_open(&bench, NULL, NULL);
    unsigned code = server_bench_register(&bench, 'a', rows[i].query, rows[i].links);
    if (code != rows[i].code) print_error("row %zu: %s\n", i, rows[i].query);
    check_int(code, rows[i].code);
    check_int(tg_twin_count(bench.twin), rows[i].code == TG_COAP_201 ? 1 : 0);
    const tg_device_t *d = tg_twin_find_ep(bench.twin, tg_slice_str("d"));
    if (d) check_int((d->quirks & TG_QUIRK_LONG_VERSION) != 0, strstr(rows[i].query, "1.0.0") != NULL);
    server_bench_close(&bench);
  }
}

static void keep_note(void *ud, const tg_event_t *event) {
  char *note = ud;
  snprintf(note, 160, "%.*s", (int)event->note.len, (const char *)event->note.p);
}

static void a_refused_register_names_what_was_wrong(void **state) {
  (void)state;
  static const struct {
    const char *query, *links, *note;
  } rows[] = {
      {"ep=a&lt=abc&lwm2m=1.1", "</3/0>", "lt=abc: malformed input"},
      {"ep=a&lt=4294967296&lwm2m=1.1", "</3/0>", "lt=4294967296: a number is out of range"},
      {"ep=a&ep=b&lwm2m=1.1", "</3/0>", "ep=b: given twice"},
      {"ep=a\n&ep=\n\"&lwm2m=1.1", "</3/0>", "ep=\\x0a\": given twice"},
      {"ep=a&lt=1", "</3/0>", "lwm2m is missing"},
      {"ep=a&lwm2m=9.9", "</3/0>", "the version of LwM2M is not supported"},
      {"ep=a&lwm2m=1.1&b=X", "</3/0>", "b or Q is none of this version of LwM2M"},
      {"ep=a&lwm2m=1.0&Q", "</3/0>", "Q is none of LwM2M 1.0"},
      {"lwm2m=1.1", "</3/0>", "ep is missing"},
      {"ep=a&lwm2m=1.1", "", "the object list is missing"},
      {"ep=a&lwm2m=1.1", "<<<>;=", "the object list can't be read"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    static server_bench_t bench;
    char note[160] = "";
    server_bench_open(&bench, NULL, NULL);
    check_rc(tg_event_subscribe(bench.bus, 1U << TG_EVENT_REFUSED, keep_note, note), TG_OK);
    (void)server_bench_register(&bench, 'a', rows[i].query, rows[i].links);
    (void)server_bench_events(&bench);
    assert_string_equal(note, rows[i].note);
    server_bench_close(&bench);
  }
}

static void more_links_than_allowed_are_refused(void **state) {
  (void)state;
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  static tg_coap_msg_t msg;
  static char links[8192];
  size_t used = 0;
  for (int i = 0; i < 513; i++)
    used += (size_t)snprintf(links + used, sizeof links - used, "%s</3/%d>", i ? "," : "", i);
  msg.option_count = 2;
  msg.options[0] = (tg_coap_opt_t){TG_OPT_URI_QUERY, 4, (const uint8_t *)"ep=a"};
  msg.options[1] = (tg_coap_opt_t){TG_OPT_URI_QUERY, 9, (const uint8_t *)"lwm2m=1.1"};
  msg.code = TG_COAP_POST;
  tg_coap_opt_t path = {TG_OPT_URI_PATH, 2, (const uint8_t *)"rd"};
  msg.options[2] = msg.options[1];
  msg.options[1] = msg.options[0];
  msg.options[0] = path;
  msg.option_count = 3;
  tg_addr_t addr = {.len = 1, .b = {'a'}};
  tg_coap_request_t request = {.link = &bench.link,
                               .msg = &msg,
                               .body = tg_slice_str(links),
                               .content_format = TG_CF_LINK,
                               .accept = TG_CF_NONE,
                               .confirmable = true};
  check_rc(tg_coap_peer(bench.coap, &bench.link, &addr, &request.peer), TG_OK);
  uint8_t memory[64];
  tg_buf_t body;
  tg_buf_init(&body, memory, sizeof memory);
  tg_coap_reply_t reply = {.body = &body};
  tg_server_on_request(bench.server, &request, &reply);
  check_int(reply.code, TG_COAP_413);
  request.confirmable = false;
  request.body = tg_slice_str("</3/0>");
  tg_server_on_request(bench.server, &request, &reply);
  check_int(reply.code, TG_COAP_400); /* a NON Register leaves no state */
  check_int(tg_twin_count(bench.twin), 0);
  server_bench_close(&bench);
}

static unsigned at(server_bench_t *bench, char peer, uint8_t method, const char *path, const char *query) {
  far_msg_t msg = {.code = method, .format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", path);
  snprintf(msg.query, sizeof msg.query, "%s", query);
  return server_bench_request(bench, peer, &msg);
}

static void paths_and_methods_that_are_not_there_are_told_apart(void **state) {
  (void)state;
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_int(at(&bench, 'a', TG_COAP_DELETE, "/rd", ""), TG_COAP_405);
  check_int(at(&bench, 'a', TG_COAP_GET, "/dp", ""), TG_COAP_405);
  check_int(at(&bench, 'a', TG_COAP_GET, bench.location, ""), TG_COAP_405);
  check_int(at(&bench, 'a', TG_COAP_POST, "/rd/no-such-id", "lt=60"), TG_COAP_404);
  check_int(at(&bench, 'a', TG_COAP_DELETE, "/rd/0", ""), TG_COAP_404);
  check_int(at(&bench, 'a', TG_COAP_POST, "/bs", "ep=a"), TG_COAP_404);
  check_int(at(&bench, 'a', TG_COAP_GET, "/", ""), TG_COAP_404);
  check_int(at(&bench, 'a', TG_COAP_GET, "/.well-known/core", ""), TG_COAP_205);
  server_bench_close(&bench);
}

static void an_update_extends_and_only_changes_are_told(void **state) {
  (void)state;
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lt=300&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  server_bench_pass(&bench, 290 * 1000);
  check_int(at(&bench, 'a', TG_COAP_POST, bench.location, ""), TG_COAP_204);
  check_int(at(&bench, 'a', TG_COAP_POST, bench.location, "lt=300"), TG_COAP_204);
  assert_string_equal(server_bench_events(&bench), "registered:a ");
  check_int(at(&bench, 'a', TG_COAP_POST, bench.location, "b=UQ"), TG_COAP_400);
  check_int(at(&bench, 'a', TG_COAP_POST, bench.location, "lt=60"), TG_COAP_204);
  assert_string_equal(server_bench_events(&bench), "updated:a ");
  server_bench_pass(&bench, (60 + 246) * 1000);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->online);
  server_bench_pass(&bench, 2000);
  assert_string_equal(server_bench_events(&bench), "expired:a ");
  check_int(at(&bench, 'a', TG_COAP_POST, bench.location, ""), TG_COAP_404);
  server_bench_close(&bench);
}

static void a_new_register_replaces_the_old_location(void **state) {
  (void)state;
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  char old[32];
  memcpy(old, bench.location, sizeof old);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  assert_string_not_equal(old, bench.location);
  check_int(at(&bench, 'a', TG_COAP_POST, old, ""), TG_COAP_404);
  check_int(at(&bench, 'a', TG_COAP_DELETE, bench.location, ""), TG_COAP_202);
  check_int(at(&bench, 'a', TG_COAP_DELETE, bench.location, ""), TG_COAP_404);
  assert_string_equal(server_bench_events(&bench), "registered:a registered:a deregistered:a ");
  server_bench_close(&bench);
}

static void an_endpoint_is_taken_over_only_by_who_may(void **state) {
  (void)state;
  static const struct {
    tg_coap_rebind_t rebind;
    const char *query;
    char first, second;
    unsigned code;
  } rows[] = {
      {TG_COAP_REBIND_SAME_HOST, "ep=e&lwm2m=1.1", 'a', 'b', TG_COAP_403}, /* another host */
      {TG_COAP_REBIND_SAME_HOST, "ep=e&lwm2m=1.1", 'a', 'n', TG_COAP_201}, /* another port of it */
      {TG_COAP_REBIND_NEVER, "ep=e&lwm2m=1.1", 'a', 'n', TG_COAP_403},
      {TG_COAP_REBIND_ANY, "ep=e&lwm2m=1.1", 'a', 'b', TG_COAP_201},
      {TG_COAP_REBIND_ANY, "ep=e&lwm2m=1.1", 'A', 'b', TG_COAP_403}, /* an identity is stronger */
      {TG_COAP_REBIND_NEVER, "ep=e&lwm2m=1.1", 'a', 'B', TG_COAP_201},
      {TG_COAP_REBIND_ANY, "ep=e&lwm2m=1.1", 'A', 'B', TG_COAP_403},
      {TG_COAP_REBIND_ANY, "lwm2m=1.1&ep=urn:nai:A", 'A', 'B', TG_COAP_403},
      {TG_COAP_REBIND_ANY, "lwm2m=1.1", 'A', 'A', TG_COAP_201}, /* the identity is the endpoint */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    static server_bench_t bench;
    tg_server_config_t config = {.rebind = rows[i].rebind};
    server_bench_open(&bench, &config, NULL);
    check_int(server_bench_register(&bench, rows[i].first, rows[i].query, "</3/0>"), TG_COAP_201);
    unsigned code = server_bench_register(&bench, rows[i].second, rows[i].query, "</3/0>");
    if (code != rows[i].code) print_error("row %zu\n", i);
    check_int(code, rows[i].code);
    const char *events = server_bench_events(&bench);
    if (code == TG_COAP_403) assert_non_null(strstr(events, "refused:"));
    if (code == TG_COAP_201 && rows[i].first != rows[i].second) assert_non_null(strstr(events, "moved:"));
    server_bench_close(&bench);
  }
}

static tg_command_result_t last;
static char last_text[64];
static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)command;
  ++*(int *)ud;
  last = *result;
  snprintf(last_text, sizeof last_text, "%.*s", (int)result->text.len, (const char *)result->text.p);
}

static void commands_and_observations_reach_the_device_and_come_back(void **state) {
  (void)state;
  static server_bench_t bench;
  static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = "pmin=1"}};
  tg_server_config_t config = {.observe = observe, .observe_count = 1};
  server_bench_open(&bench, &config, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>,</3303/0>"), TG_COAP_201);
  server_bench_pass(&bench, 10);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, TG_COAP_PUT);
  assert_string_equal(out->query, "pmin=1");
  server_bench_answer(&bench, 'a', out, (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1});
  out = server_bench_out(&bench);
  assert_non_null(out);
  assert_string_equal(out->path, "/3303/0");
  check_int(out->observe, 0);
  check_int(out->format, TG_CF_SENML_CBOR);
  server_bench_answer(&bench, 'a', out, (far_msg_t){.code = TG_COAP_406, .format = -1, .observe = -1});
  out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->format, TG_CF_SENML_JSON);
  far_msg_t asked = *out;
  far_msg_t values = {.code = TG_COAP_205,
                      .format = TG_CF_SENML_JSON,
                      .observe = 5,
                      .body = "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":21.5}]"};
  server_bench_answer(&bench, 'a', &asked, values);
  assert_string_equal(server_bench_events(&bench), "registered:a observing:a records:a ");
  out = server_bench_out(&bench); /* did it take the attributes in earnest? */
  assert_non_null(out);
  check_int(out->code, TG_COAP_GET);
  check_int(out->format, TG_CF_LINK);
  far_msg_t links = {
      .code = TG_COAP_205, .format = TG_CF_LINK, .observe = -1, .body = "</3303/0>;pmin=1,</3303/0/5700>"};
  server_bench_answer(&bench, 'a', out, links);
  far_msg_t notify = values;
  notify.type = TG_COAP_CON;
  notify.mid = 900;
  notify.observe = 6;
  notify.token_len = asked.token_len;
  memcpy(notify.token, asked.token, sizeof notify.token);
  server_bench_in(&bench, 'a', &notify);
  out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->type, TG_COAP_ACK);
  assert_string_equal(server_bench_events(&bench), "records:a ");

  int dones = 0;
  tg_id_t id, device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  tg_command_t execute = {.device = device, .op = TG_OP_EXECUTE, .path = tg_path(3, 3, 0, 4), .content_format = -1};
  check_rc(tg_twin_submit(bench.twin, &execute, on_done, &dones, &id), TG_OK);
  server_bench_pass(&bench, 1);
  out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, TG_COAP_POST);
  check_int(out->body_len, 0);
  server_bench_answer(&bench, 'a', out, (far_msg_t){.code = TG_COAP_405, .format = -1, .observe = -1});
  check_int(dones, 1);
  check_int(last.state, TG_COMMAND_FAILED);
  check_int(last.code, TG_COAP_405);

  tg_command_t secret = {.device = device, .op = TG_OP_READ, .path = tg_path(3, 0, 0, 5), .content_format = -1};
  check_rc(tg_twin_submit(bench.twin, &secret, on_done, &dones, &id), TG_OK);
  server_bench_pass(&bench, 1);
  check_int(dones, 2);
  check_rc(last.rc, TG_E_DENIED);
  server_bench_close(&bench);
}

CHECK_SUITE(registers_as_the_specification_says, a_refused_register_names_what_was_wrong,
            more_links_than_allowed_are_refused, paths_and_methods_that_are_not_there_are_told_apart,
            an_update_extends_and_only_changes_are_told, a_new_register_replaces_the_old_location,
            an_endpoint_is_taken_over_only_by_who_may, commands_and_observations_reach_the_device_and_come_back)
