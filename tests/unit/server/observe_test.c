/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe.c, observe_next.c: what is observed together, what a device that can't gets instead, what is replaced and cancelled. */

#include "core/server/quirk.h"
#include "tests/unit/server/observe_bench.h"

static void what_has_the_same_period_is_observed_together(void **state) {
  (void)state;
  open_bench(&grouping, NULL, "ep=a&lwm2m=1.1", links_of_two);
  far_msg_t fetch = begin_group();
  check_int(fetch.format, TG_CF_SENML_CBOR);
  assert_memory_equal(fetch.body, "\x82\xA1\x00\x67/3303/0\xA1\x00\x67/3304/0", fetch.body_len);
  show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60,</3303/0/5700>");
  expect_silence();
  check_int(device()->quirks, 0);
  assert_string_equal(server_bench_events(&bench), "registered:a observing:a records:a ");
  server_bench_pass(&bench, 10000);
  check_int(notify(&fetch, 900, two_values), TG_COAP_ACK);
  assert_string_equal(server_bench_events(&bench), "records:a ");
  check_int(update(""), TG_COAP_204);
  expect_silence(); /* all is as it should be */
  server_bench_close(&bench);
}

static void what_has_none_or_another_period_or_a_threshold_is_not(void **state) {
  (void)state;
  static const char *const queries[][2] = {
      {"", ""}, {"pmax=60", "pmax=61"}, {"pmax=60&gt=1", "pmax=60&gt=1"}, {"pmax=60", ""}};
  for (size_t i = 0; i < TG_COUNT(queries); i++) {
    const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = queries[i][0]},
                                           {.path = {{3304}, 1}, .query = queries[i][1]}};
    const tg_server_config_t config = {.observe = observe, .observe_count = 2};
    open_bench(&config, NULL, "ep=a&lwm2m=1.1", links_of_two);
    for (size_t k = 0; k < 2; k++) {
      const char *path = k ? "/3304/0" : "/3303/0";
      if (*queries[i][k]) take_attributes(path);
      far_msg_t get = expect(TG_COAP_GET, path, 0);
      answer(&get, TG_COAP_205, TG_CF_SENML_JSON, 1, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
    }
    server_bench_close(&bench);
  }
}

/* The two, one by one. */
static void expect_singles(bool has_attributes) {
  static const char *const paths[] = {"/3303/0", "/3304/0"};
  for (size_t i = 0; i < 2; i++) {
    if (has_attributes) take_attributes(paths[i]);
    far_msg_t get = expect(TG_COAP_GET, paths[i], 0);
    answer(&get, TG_COAP_205, TG_CF_TEXT, 1, "");
  }
}

static void who_cannot_is_observed_path_by_path(void **state) {
  (void)state;
  static const struct {
    const char *query;
    uint32_t quirks;
  } rows[] = {{"ep=a&lwm2m=1.0", 0},
              {"ep=a&lwm2m=1.1", TG_QUIRK_NO_COMPOSITE},
              {"ep=a&lwm2m=1.1", TG_QUIRK_NO_ATTRIBUTES | TG_QUIRK_NO_COMPOSITE}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_server_quirk_t profile = {.quirks = rows[i].quirks, .content_format = TG_CF_NONE, .block_szx = 255};
    tg_server_config_t config = grouping;
    config.quirks = &profile;
    config.quirk_count = 1;
    open_bench(&config, NULL, rows[i].query, links_of_two);
    expect_singles(!(rows[i].quirks & TG_QUIRK_NO_ATTRIBUTES));
    server_bench_close(&bench);
  }
}

static void who_refuses_is_observed_path_by_path_and_that_is_remembered(void **state) {
  (void)state;
  static const struct {
    uint8_t code;
    int observe;
    int tries;
  } rows[] = {{TG_COAP_405, -1, 1}, {TG_COAP_400, -1, 1}, {TG_COAP_415, -1, 2}, {TG_COAP_205, -1, 1}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_loop_t *loop;
    tg_store_t *store = open_store(&loop);
    open_bench(&grouping, store, "ep=a&lwm2m=1.1&lt=300", links_of_two);
    take_attributes("/3303/0");
    take_attributes("/3304/0");
    for (int k = 0; k < rows[i].tries; k++) {
      far_msg_t fetch = expect(TG_COAP_FETCH, "", 0);
      check_int(fetch.format, k ? TG_CF_SENML_JSON : TG_CF_SENML_CBOR);
      answer(&fetch, rows[i].code, TG_CF_SENML_JSON, rows[i].observe, two_values);
    }
    expect_singles(true);
    check_int(counted(15), 1);
    show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60");
    expect_silence();
    restart(&grouping, store);
    check_int(update(links_of_two), TG_COAP_204);
    expect_silence();
    check_int(update("</3303/1>,</3303/2>"), TG_COAP_204);
    take_attributes("/3303/1");
    far_msg_t get = expect(TG_COAP_GET, "/3303/1", 0);
    answer(&get, TG_COAP_404, -1, -1, "");
    server_bench_close(&bench);
    close_store(store, loop);
  }
}

/* It acknowledges the FETCH and never answers. */
static void who_says_nothing_to_it_is_not_asked_for_ever(void **state) {
  (void)state;
  open_bench(&grouping, NULL, "ep=a&lwm2m=1.1", links_of_two);
  take_attributes("/3303/0");
  take_attributes("/3304/0");
  far_msg_t fetch = expect(TG_COAP_FETCH, "", 0);
  server_bench_in(&bench, 'a', &(far_msg_t){.type = TG_COAP_ACK, .mid = fetch.mid, .format = -1, .observe = -1});
  server_bench_pass(&bench, 100 * 1000);
  expect_silence();
  check_int(counted(15), 1);
  check_int(update(""), TG_COAP_204);
  expect_singles(true);
  server_bench_close(&bench);
}

static void a_group_that_changes_is_replaced_and_the_old_one_cancelled_by_its_token(void **state) {
  (void)state;
  open_bench(&grouping, NULL, "ep=a&lwm2m=1.1", links_of_two);
  far_msg_t first = begin_group();
  show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60");
  expect_silence();
  check_int(update("</3303/0>,</3303/1>,</3304/0>"), TG_COAP_204);
  take_attributes("/3303/0");
  take_attributes("/3303/1");
  take_attributes("/3304/0");
  far_msg_t second = expect(TG_COAP_FETCH, "", 0);
  assert_memory_not_equal(second.token, first.token, first.token_len);
  answer(&second, TG_COAP_205, TG_CF_SENML_JSON, 1, two_values);
  far_msg_t cancel = expect(TG_COAP_FETCH, "", 1);
  assert_memory_equal(cancel.token, first.token, first.token_len);
  check_int(cancel.body_len, first.body_len);
  assert_memory_equal(cancel.body, first.body, first.body_len); /* the same names */
  answer(&cancel, TG_COAP_205, TG_CF_SENML_JSON, -1, two_values);
  expect_silence();
  check_int(notify(&first, 900, two_values), TG_COAP_RST);
  check_int(notify(&second, 901, two_values), TG_COAP_ACK);
  check_int(update("</3304/0>"), TG_COAP_204); /* one is no group */
  take_attributes("/3304/0");
  far_msg_t get = expect(TG_COAP_GET, "/3304/0", 0);
  answer(&get, TG_COAP_205, TG_CF_TEXT, 1, "");
  cancel = expect(TG_COAP_FETCH, "", 1);
  assert_memory_equal(cancel.token, second.token, second.token_len);
  server_bench_close(&bench);
}

static void a_long_group_goes_in_parts_with_numbers(void **state) {
  (void)state;
  enum { COUNT = 70 };
  char links[COUNT * 12] = "";
  for (int i = 0; i < COUNT; i++)
    snprintf(links + strlen(links), sizeof links - strlen(links), "%s</3303/%d>", i ? "," : "", i);
  const tg_server_quirk_t profile = {.quirks = TG_QUIRK_NO_ATTRIBUTES, .content_format = TG_CF_NONE, .block_szx = 255};
  tg_server_config_t config = grouping;
  config.quirks = &profile;
  config.quirk_count = 1;
  tg_loop_t *loop;
  tg_store_t *store = open_store(&loop);
  open_bench(&config, store, "ep=a&lwm2m=1.1&lt=300", links);
  far_msg_t parts[3];
  for (size_t i = 0; i < 3; i++) {
    parts[i] = expect(TG_COAP_FETCH, "", 0);
    check_int((uint8_t)parts[i].body[0], i < 2 ? 0x98 : 0x86); /* arrays of 32, 32, 6 */
    answer(&parts[i], TG_COAP_205, TG_CF_SENML_JSON, 1, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
  }
  expect_silence();
  restart(&config, store);
  for (uint16_t i = 0; i < 3; i++)
    check_int(notify(&parts[i], (uint16_t)(900 + i), "[{\"n\":\"/3303/0/5700\",\"v\":2}]"), TG_COAP_ACK);
  check_int(update(""), TG_COAP_204);
  expect_silence(); /* names and numbers came back */
  server_bench_close(&bench);
  close_store(store, loop);
}

static void what_a_new_configuration_does_not_want_is_cancelled(void **state) {
  (void)state;
  static const tg_server_observe_t other[] = {{.path = {{3303}, 1}, .query = "pmin=10&pmax=90"}};
  const tg_server_config_t changed = {.observe = other, .observe_count = 1}, none = {0};
  tg_loop_t *loop;
  tg_store_t *store = open_store(&loop);
  open_bench(&grouping, store, "ep=a&lwm2m=1.1&lt=300", links_of_two);
  far_msg_t fetch = begin_group();
  show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60");
  restart(&changed, store);
  expect_silence();
  check_int(update(""), TG_COAP_204);
  far_msg_t put = expect(TG_COAP_PUT, "/3303/0", -1);
  assert_string_equal(put.query, "pmin=10&pmax=90");
  answer(&put, TG_COAP_204, -1, -1, "");
  far_msg_t get = expect(TG_COAP_GET, "/3303/0", 0);
  answer(&get, TG_COAP_205, TG_CF_TEXT, 1, "");
  far_msg_t cancel = expect(TG_COAP_FETCH, "", 1);
  assert_memory_equal(cancel.token, fetch.token, fetch.token_len);
  answer(&cancel, TG_COAP_205, -1, -1, "");
  expect_silence();

  static const tg_server_observe_t slower[] = {{.path = {{3303}, 1}, .query = "pmin=20"}};
  const tg_server_config_t slow = {.observe = slower, .observe_count = 1};
  restart(&slow, store); /* other attributes of the same path */
  check_int(update(""), TG_COAP_204);
  put = expect(TG_COAP_PUT, "/3303/0", -1);
  assert_string_equal(put.query, "pmin=20");
  answer(&put, TG_COAP_204, -1, -1, "");
  far_msg_t again = expect(TG_COAP_GET, "/3303/0", 0);
  answer(&again, TG_COAP_205, TG_CF_TEXT, 1, "");
  cancel = expect(TG_COAP_GET, "/3303/0", 1);
  assert_memory_equal(cancel.token, get.token, get.token_len);
  answer(&cancel, TG_COAP_205, -1, -1, "");
  expect_silence();

  restart(&none, store);
  check_int(update(""), TG_COAP_204);
  cancel = expect(TG_COAP_GET, "/3303/0", 1);
  assert_memory_equal(cancel.token, again.token, again.token_len);
  server_bench_close(&bench);
  close_store(store, loop);
}

CHECK_SUITE(what_has_the_same_period_is_observed_together, what_has_none_or_another_period_or_a_threshold_is_not,
            who_cannot_is_observed_path_by_path, who_refuses_is_observed_path_by_path_and_that_is_remembered,
            who_says_nothing_to_it_is_not_asked_for_ever,
            a_group_that_changes_is_replaced_and_the_old_one_cancelled_by_its_token,
            a_long_group_goes_in_parts_with_numbers, what_a_new_configuration_does_not_want_is_cancelled)
