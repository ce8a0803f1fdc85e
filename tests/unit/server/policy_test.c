/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/policy.c and reg_notes.c: decisions about a Register, what a device says of itself, and that a restart keeps both. */

#include "core/loop/loop.h"
#include "core/server/quirk.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

/* What the policy of the test says, and what it was asked. */
static tg_server_decision_t say;
static tg_rc_t say_rc;
static size_t asked_count;
static char asked[256];

static tg_rc_t admit(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision) {
  assert_ptr_equal(ud, &bench);
  asked_count++;
  snprintf(asked, sizeof asked, "%.*s %.*s %s %u %u %d %zu", (int)candidate->ep.len, (const char *)candidate->ep.p,
           (int)candidate->identity.len, candidate->identity.len ? (const char *)candidate->identity.p : "",
           candidate->request->link->name, (unsigned)candidate->version & 0xFFFF, (unsigned)candidate->lifetime_s,
           candidate->queue_mode, candidate->object_count);
  check_int(decision->content_format, TG_CF_NONE);
  assert_null(decision->refused);
  *decision = say;
  return say_rc;
}

static const tg_server_config_t asking = {.admit = admit, .admit_ud = &bench, .rebind = TG_COAP_REBIND_SAME_HOST};

static void open_bench(const tg_server_config_t *config, tg_store_t *store) {
  say = (tg_server_decision_t){.content_format = TG_CF_NONE};
  say_rc = TG_OK;
  asked_count = 0;
  server_bench_open(&bench, config, store);
}

/* The plan begins, and gives the device half a second. */
static void pass_a_while(void) {
  server_bench_pass(&bench, 10);
  server_bench_pass(&bench, 600);
}

static const tg_device_t *device(const char *ep) {
  return tg_twin_find_ep(bench.twin, tg_slice_str(ep));
}

static void a_policy_sees_the_register_and_may_refuse_it(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  check_int(server_bench_register(&bench, 'A', "ep=e&lwm2m=1.1&lt=77&Q", "</3/0>,</3303/0>"), TG_COAP_201);
  assert_string_equal(asked, "e A bench0 1 77 1 2");
  say.refused = "not on the list";
  check_int(server_bench_register(&bench, 'b', "ep=f&lwm2m=1.1", "</3/0>"), TG_COAP_403);
  assert_string_equal(server_bench_events(&bench), "registered:e refused:f ");
  assert_null(device("f"));
  check_true(device("e")->online);
  size_t before = asked_count;
  check_int(server_bench_register(&bench, 'b', "ep=f", "</3/0>"),
            TG_COAP_400); /* what is malformed is not asked about */
  check_int(server_bench_register(&bench, 'A', "ep=urn:nai:B&lwm2m=1.1", "</3/0>"), TG_COAP_403);
  check_int(asked_count, before);
  server_bench_close(&bench);
}

static void what_a_policy_returns_is_not_believed(void **state) {
  (void)state;
  static char longer[300];
  static const tg_server_observe_t bad[] = {{.path = {{0}, 0}, .query = ""}};
  static tg_server_observe_t many[65];
  memset(longer, 'x', sizeof longer);
  for (size_t i = 0; i < TG_COUNT(many); i++) many[i] = (tg_server_observe_t){.path = {{3303}, 1}, .query = ""};
  const struct {
    tg_server_decision_t decision;
    tg_rc_t rc;
    unsigned code;
  } rows[] = {
      {{.ep = tg_slice((const uint8_t *)longer, sizeof longer)}, TG_OK, TG_COAP_400},
      {{.ep = tg_slice_str("\xff\xfe")}, TG_OK, TG_COAP_400},
      {{.ep = tg_slice((const uint8_t *)"a\0b", 3)}, TG_OK, TG_COAP_400},
      {{.tags = tg_slice((const uint8_t *)longer, sizeof longer)}, TG_OK, TG_COAP_400},
      {{.chooses = true, .observe = bad, .observe_count = 1}, TG_OK, TG_COAP_400},
      {{.chooses = true, .observe = many, .observe_count = 65}, TG_OK, TG_COAP_400},
      {{.chooses = true, .observe = many, .observe_count = 64}, TG_OK, TG_COAP_201},
      {{0}, TG_E_NOMEM, TG_COAP_503},
      {{0}, TG_E_DENIED, TG_COAP_403},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_bench(&asking, NULL);
    say = rows[i].decision;
    say.content_format = TG_CF_NONE;
    say_rc = rows[i].rc;
    unsigned code = server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</3/0>");
    if (code != rows[i].code) print_error("row %zu\n", i);
    check_int(code, rows[i].code);
    check_int(device("e") != NULL, code == TG_COAP_201);
    server_bench_close(&bench);
  }
}

static void a_device_has_the_name_and_the_tags_that_the_policy_gave_it(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  say.ep = tg_slice_str("hall-7");
  say.tags = tg_slice_str("plant meter");
  check_int(server_bench_register(&bench, 'a', "ep=urn:imei:35&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  assert_null(device("urn:imei:35"));
  assert_string_equal(device("hall-7")->wire_ep, "urn:imei:35");
  assert_string_equal(device("hall-7")->tags, "plant meter");
  far_msg_t update = {.format = TG_CF_LINK, .observe = -1, .body = "</3/0>,</3303/0>"};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204); /* a new list changes neither */
  assert_string_equal(device("hall-7")->wire_ep, "urn:imei:35");
  assert_string_equal(device("hall-7")->tags, "plant meter");
  check_int(device("hall-7")->object_count, 2);
  check_int(asked_count, 1); /* an Update is no Register */
  assert_string_equal(server_bench_events(&bench), "registered:hall-7 updated:hall-7 ");
  say.tags = tg_slice(NULL, 0);
  check_int(server_bench_register(&bench, 'a', "ep=urn:imei:35&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  assert_null(device("hall-7")->tags);
  server_bench_close(&bench);
}

static void one_name_is_for_one_device(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  say.ep = tg_slice_str("x");
  check_int(server_bench_register(&bench, 'a', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_int(server_bench_register(&bench, 'n', "ep=two&lwm2m=1.1", "</3/0>"), TG_COAP_403); /* even from its host */
  check_int(server_bench_register(&bench, 'n', "ep=x&lwm2m=1.1", "</3/0>"), TG_COAP_403);
  check_int(server_bench_register(&bench, 'b', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_403); /* another host */
  check_int(server_bench_register(&bench, 'n', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  assert_string_equal(device("x")->wire_ep, "one");
  server_bench_close(&bench);
}

static void a_new_name_ends_the_old_registration(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  say.ep = tg_slice_str("uno");
  check_int(server_bench_register(&bench, 'a', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_false(device("one")->online);
  check_true(device("uno")->online);
  say.ep = tg_slice_str("eins");
  check_int(server_bench_register(&bench, 'a', "ep=one&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_false(device("uno")->online);
  assert_string_equal(server_bench_events(&bench),
                      "registered:one registered:uno deregistered:one registered:eins deregistered:uno ");
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.registrations, 1);
  server_bench_close(&bench);
}

static const tg_server_observe_t configured[] = {{.path = {{3}, 1}, .query = ""}};
static const tg_server_observe_t chosen[] = {{.path = {{3303}, 1}, .query = "gt=5"},
                                             {.path = {{3304, 0, 5700}, 3}, .query = ""}};

static void answer(const far_msg_t *request, uint8_t code, int format, const char *body, int observe) {
  far_msg_t to = *request, msg = {.code = code, .format = format, .observe = observe};
  snprintf(msg.body, sizeof msg.body, "%s", body);
  server_bench_answer(&bench, 'a', &to, msg);
  server_bench_pass(&bench, 1);
}

/* The next request, by method, path and query. */
static const far_msg_t *expect(unsigned method, const char *path, const char *query) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, method);
  assert_string_equal(out->path, path);
  assert_string_equal(out->query, query);
  return out;
}

static void a_policy_chooses_what_is_observed_and_in_which_format(void **state) {
  (void)state;
  tg_server_config_t config = asking;
  config.observe = configured;
  config.observe_count = 1;
  open_bench(&config, NULL);
  say.chooses = true;
  say.observe = chosen;
  say.observe_count = 2;
  say.content_format = TG_CF_TLV;
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</3/0>,</3303/0>,</3304/0>"), TG_COAP_201);
  pass_a_while();
  answer(expect(TG_COAP_PUT, "/3303/0", "gt=5"), TG_COAP_204, -1, "", -1);
  const far_msg_t *out = expect(TG_COAP_GET, "/3303/0", "");
  check_int(out->format, TG_CF_TLV);
  check_int(out->observe, 0);
  answer(out, TG_COAP_205, TG_CF_TLV, "", 1);
  out = expect(TG_COAP_GET, "/3304/0/5700", "");
  answer(out, TG_COAP_404, -1, "", -1);
  answer(expect(TG_COAP_GET, "/3303/0", ""), TG_COAP_405, -1, "", -1); /* Discover: it has none */
  assert_null(server_bench_out(&bench));
  say.observe_count = 0; /* nothing at all, which is not the same as no choice */
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  pass_a_while();
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

/* What is asked of a device by entries for some only. */
static void configured_observations_are_for_whom_they_mean(void **state) {
  (void)state;
  static const tg_server_observe_t observe[] = {
      {.path = {{3, 0, 1}, 3}, .query = "", .select = {.ep = "a*"}},
      {.path = {{3, 0, 2}, 3}, .query = "", .select = {.ep = "b*"}},
      {.path = {{3, 0, 3}, 3}, .query = "", .select = {.link = "bench?"}},
      {.path = {{3, 0, 4}, 3}, .query = "", .select = {.link = "nb"}},
      {.path = {{3, 0, 5}, 3}, .query = "", .select = {.tag = "plant"}},
      {.path = {{3, 0, 6}, 3}, .query = "", .select = {.tag = "roof"}},
  };
  static const char *const wanted[] = {"/3/0/1", "/3/0/3", "/3/0/5"};
  tg_server_config_t config = asking;
  config.observe = observe;
  config.observe_count = TG_COUNT(observe);
  open_bench(&config, NULL);
  say.tags = tg_slice_str("meter plant");
  check_int(server_bench_register(&bench, 'a', "ep=abc&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  pass_a_while();
  for (size_t i = 0; i < TG_COUNT(wanted); i++) answer(expect(TG_COAP_GET, wanted[i], ""), TG_COAP_404, -1, "", -1);
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void devices_are_told_once_whether_they_may_send(void **state) {
  (void)state;
  static const struct {
    tg_server_send_t configured, decided;
    const char *query, *links;
    const char *body; /* NULL: nothing is said */
  } rows[] = {
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</1/3>,</3/0>", "0"},
      {TG_SERVER_SEND_MUTE, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</1/3>,</3/0>", "1"},
      {TG_SERVER_SEND_LEAVE, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</1/3>,</3/0>", NULL},
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_MUTE, "ep=e&lwm2m=1.1", "</1/3>,</3/0>", "1"},
      {TG_SERVER_SEND_LEAVE, TG_SERVER_SEND_ALLOW, "ep=e&lwm2m=1.1", "</1/3>,</3/0>", "0"},
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.0", "</1/3>,</3/0>", NULL}, /* knows no Send */
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</1/0>,</1/3>,</3/0>", NULL},
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</1>,</3/0>", NULL},
      {TG_SERVER_SEND_ALLOW, TG_SERVER_SEND_LEAVE, "ep=e&lwm2m=1.1", "</3/0>", NULL},
  };
  static const tg_server_quirk_t text = {.quirks = TG_QUIRK_TEXT_ONLY, .content_format = -1, .block_szx = 255};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_server_config_t config = asking;
    config.send = rows[i].configured;
    config.quirks = &text;
    config.quirk_count = 1;
    open_bench(&config, NULL);
    say.send = rows[i].decided;
    check_int(server_bench_register(&bench, 'a', rows[i].query, rows[i].links), TG_COAP_201);
    pass_a_while();
    if (rows[i].body) {
      const far_msg_t *out = expect(TG_COAP_PUT, "/1/3/23", "");
      check_int(out->format, TG_CF_TEXT);
      check_int(out->body_len, 1);
      check_int(out->body[0], rows[i].body[0]);
      answer(out, i % 2 ? TG_COAP_404 : TG_COAP_204, -1, "", -1); /* it may have no such thing */
    }
    assert_null(server_bench_out(&bench));
    far_msg_t update = {.format = TG_CF_LINK, .observe = -1};
    snprintf(update.path, sizeof update.path, "%s", bench.location);
    snprintf(update.body, sizeof update.body, "%s,</3303/0>", rows[i].links);
    check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
    pass_a_while();
    assert_null(server_bench_out(&bench)); /* once */
    server_bench_close(&bench);
  }
}

static void a_mute_is_written_in_a_format_that_the_device_takes(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store;
  const tg_store_config_t kept = {.path = ""};
  const tg_server_config_t config = {.send = TG_SERVER_SEND_ALLOW};
  check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  open_bench(&config, store);
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1&lt=300", "</1/0>"), TG_COAP_201);
  pass_a_while();
  const far_msg_t *out = expect(TG_COAP_PUT, "/1/0/23", "");
  check_int(out->format, TG_CF_SENML_CBOR);
  answer(out, TG_COAP_415, -1, "", -1);
  out = expect(TG_COAP_PUT, "/1/0/23", "");
  check_int(out->format, TG_CF_SENML_JSON);
  assert_non_null(strstr(out->body, "\"vb\":false"));
  answer(out, TG_COAP_204, -1, "", -1);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  server_bench_close(&bench);
  open_bench(&config, store);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  pass_a_while();
  assert_null(server_bench_out(&bench)); /* a restart does not say it again */
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</1/0>"), TG_COAP_201);
  pass_a_while();
  (void)expect(TG_COAP_PUT, "/1/0/23", ""); /* a Register does: who knows what the device remembers */
  server_bench_close(&bench);
  tg_store_close(store);
  tg_loop_free(loop);
}

static const tg_server_quirk_t profiles[] = {
    {.select = {.who = {"ACME", "M*"}}, .quirks = TG_QUIRK_TEXT_ONLY, .content_format = TG_CF_NONE, .block_szx = 255},
    {.select = {.ep = "zz"}, .quirks = TG_QUIRK_NO_ACCEPT, .content_format = TG_CF_NONE, .block_szx = 255},
};
static const tg_server_observe_t of_model[] = {
    {.path = {{3303, 0, 5700}, 3}, .query = "", .select = {.who = {NULL, NULL, "1.*"}}}};

static void answer_who(const char *path, const char *text) {
  char body[96];
  snprintf(body, sizeof body, "[{\"n\":\"%s\",\"vs\":\"%s\"}]", path, text);
  answer(expect(TG_COAP_GET, path, ""), TG_COAP_205, TG_CF_SENML_JSON, body, -1);
}

static void what_profiles_choose_by_is_read_once(void **state) {
  (void)state;
  tg_server_config_t config = {.quirks = profiles, .quirk_count = 2, .observe = of_model, .observe_count = 1};
  open_bench(&config, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>,</3303/0>"), TG_COAP_201);
  pass_a_while();
  answer_who("/3/0/0", "ACME");
  check_int(device("a")->quirks & TG_QUIRK_TEXT_ONLY, 0);
  answer_who("/3/0/1", "M1");
  check_int(device("a")->quirks & TG_QUIRK_TEXT_ONLY, TG_QUIRK_TEXT_ONLY);
  const far_msg_t *out = expect(TG_COAP_GET, "/3/0/3", "");
  check_int(out->format, TG_CF_TEXT); /* from now on */
  answer(out, TG_COAP_205, TG_CF_TEXT, "1.4", -1);
  answer(expect(TG_COAP_GET, "/3303/0/5700", ""), TG_COAP_205, TG_CF_TEXT, "21", 3);
  assert_null(server_bench_out(&bench));
  /* It registers anew: who made it stays, its firmware may not. */
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>,</3303/0>"), TG_COAP_201);
  check_int(device("a")->quirks & TG_QUIRK_TEXT_ONLY, TG_QUIRK_TEXT_ONLY);
  pass_a_while();
  answer(expect(TG_COAP_GET, "/3/0/3", ""), TG_COAP_205, TG_CF_TEXT, "2.0", -1);
  assert_null(server_bench_out(&bench)); /* no longer meant */
  server_bench_close(&bench);
}

/* Half a second is given to the rest; one that listens for one second only would be asleep by then, or nearly. */
static void who_sleeps_soon_is_asked_sooner(void **state) {
  (void)state;
  static const struct {
    const char *query;
    uint32_t awake_ms;
    uint64_t asked_ms; /* not before, and no more than two milliseconds after */
  } rows[] = {{"ep=a&lwm2m=1.1", 1000, 500},
              {"ep=a&lwm2m=1.1&Q", 1000, 250},
              {"ep=a&lwm2m=1.1&Q", 2000, 500},
              {"ep=a&lwm2m=1.1&Q", 93000, 500}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_server_config_t config = {.quirks = profiles, .quirk_count = 2, .awake_ms = rows[i].awake_ms};
    open_bench(&config, NULL);
    check_int(server_bench_register(&bench, 'a', rows[i].query, "</3/0>"), TG_COAP_201);
    server_bench_pass(&bench, 2);
    server_bench_pass(&bench, rows[i].asked_ms - 3);
    assert_null(server_bench_out(&bench));
    server_bench_pass(&bench, 4);
    answer_who("/3/0/0", "Other");
    server_bench_close(&bench);
  }
}

static void who_does_not_fit_is_not_asked_further(void **state) {
  (void)state;
  static const struct {
    uint8_t code;
    const char *name;
  } rows[] = {{TG_COAP_205, "Other"}, {TG_COAP_404, ""}, {TG_COAP_401, ""}, {TG_COAP_205, ""}};
  tg_server_config_t config = {.quirks = profiles, .quirk_count = 2};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_bench(&config, NULL);
    check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
    pass_a_while();
    if (rows[i].code == TG_COAP_205) answer_who("/3/0/0", rows[i].name);
    else answer(expect(TG_COAP_GET, "/3/0/0", ""), rows[i].code, -1, "", -1);
    assert_null(server_bench_out(&bench));
    server_bench_close(&bench);
  }
  open_bench(&config, NULL); /* one without object 3 can't be asked */
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3303/0>"), TG_COAP_201);
  pass_a_while();
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void a_restart_keeps_what_was_decided_and_learned(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store;
  const tg_store_config_t kept = {.path = ""};
  check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  tg_server_config_t config = asking;
  config.quirks = profiles;
  config.quirk_count = 2;
  open_bench(&config, store);
  say.ep = tg_slice_str("hall-7");
  say.tags = tg_slice_str("plant");
  say.chooses = true;
  say.observe = &chosen[1];
  say.observe_count = 1;
  check_int(server_bench_register(&bench, 'a', "ep=one&lwm2m=1.1&lt=300", "</3/0>,</3304/0>"), TG_COAP_201);
  pass_a_while();
  answer_who("/3/0/0", "ACME");
  answer_who("/3/0/1", "M2");
  answer(expect(TG_COAP_GET, "/3304/0/5700", ""), TG_COAP_404, -1, "", -1);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  server_bench_close(&bench);

  open_bench(&config, store);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(restored, 1);
  check_int(asked_count, 0);
  assert_string_equal(device("hall-7")->wire_ep, "one");
  assert_string_equal(device("hall-7")->tags, "plant");
  check_int(device("hall-7")->quirks & TG_QUIRK_TEXT_ONLY, TG_QUIRK_TEXT_ONLY);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  pass_a_while();
  const far_msg_t *out = expect(TG_COAP_GET, "/3304/0/5700", ""); /* and nothing of object 3 is read again */
  check_int(out->format, TG_CF_TEXT);
  server_bench_close(&bench);

  config.quirk_count = 0; /* profiles are looked up anew */
  open_bench(&config, store);
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(device("hall-7")->quirks & TG_QUIRK_PROFILES, 0);
  server_bench_close(&bench);
  tg_store_close(store);
  tg_loop_free(loop);
}

CHECK_SUITE(a_policy_sees_the_register_and_may_refuse_it, what_a_policy_returns_is_not_believed,
            a_device_has_the_name_and_the_tags_that_the_policy_gave_it, one_name_is_for_one_device,
            a_new_name_ends_the_old_registration, a_policy_chooses_what_is_observed_and_in_which_format,
            devices_are_told_once_whether_they_may_send, a_mute_is_written_in_a_format_that_the_device_takes,
            configured_observations_are_for_whom_they_mean, what_profiles_choose_by_is_read_once,
            who_sleeps_soon_is_asked_sooner, who_does_not_fit_is_not_asked_further,
            a_restart_keeps_what_was_decided_and_learned)
