/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/policy.c: decisions about a Register: who may come, under which name, and what it is asked for. */

#include "tests/unit/server/policy_bench.h"

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

CHECK_SUITE(a_policy_sees_the_register_and_may_refuse_it, what_a_policy_returns_is_not_believed,
            a_device_has_the_name_and_the_tags_that_the_policy_gave_it, one_name_is_for_one_device,
            a_new_name_ends_the_old_registration, a_policy_chooses_what_is_observed_and_in_which_format,
            configured_observations_are_for_whom_they_mean)
