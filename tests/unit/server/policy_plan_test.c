/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe_next.c and reg_notes.c: what a device is asked and told before it is observed, and that a restart keeps it. */

#include "core/loop/loop.h"
#include "core/server/quirk.h"
#include "tests/unit/server/policy_bench.h"

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

static const tg_server_observe_t chosen = {.path = {{3304, 0, 5700}, 3}, .query = ""};

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
  say.observe = &chosen;
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

CHECK_SUITE(devices_are_told_once_whether_they_may_send, a_mute_is_written_in_a_format_that_the_device_takes,
            what_profiles_choose_by_is_read_once, who_sleeps_soon_is_asked_sooner,
            who_does_not_fit_is_not_asked_further, a_restart_keeps_what_was_decided_and_learned)
