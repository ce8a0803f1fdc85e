/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe*.c: what is observed together, what a device that can't gets instead, what is cancelled, and who keeps to a period. */

#include "core/loop/loop.h"
#include "core/server/quirk.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

static const tg_server_observe_t two[] = {{.path = {{3303}, 1}, .query = "pmin=10&pmax=60"},
                                          {.path = {{3304}, 1}, .query = "pmin=10&pmax=60"}};
static const tg_server_config_t grouping = {.observe = two, .observe_count = 2};
static const char links_of_two[] = "</3/0>,</3303/0>,</3304/0>";

static void open_bench(const tg_server_config_t *config, tg_store_t *store, const char *query, const char *links) {
  server_bench_open(&bench, config, store);
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  server_bench_pass(&bench, 10);
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

static uint32_t counted(unsigned bit) {
  return device()->quirk_counts ? device()->quirk_counts[bit] : 0;
}

/* The next request, which must be this one. */
static far_msg_t expect(unsigned method, const char *path, int observe) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, method);
  assert_string_equal(out->path, path);
  check_int(out->observe, observe);
  return *out;
}

static void expect_silence(void) {
  assert_null(server_bench_out(&bench));
  bench.sent_count = bench.read_count = 0; /* the bench keeps the last 64 */
}

static void answer(const far_msg_t *request, uint8_t code, int format, int observe, const char *body) {
  far_msg_t msg = {.code = code, .format = format, .observe = observe};
  snprintf(msg.body, sizeof msg.body, "%s", body);
  server_bench_answer(&bench, 'a', request, msg);
  server_bench_pass(&bench, 1);
}

static void take_attributes(const char *path) {
  far_msg_t out = expect(TG_COAP_PUT, path, -1);
  answer(&out, TG_COAP_204, -1, -1, "");
}

static const char two_values[] = "[{\"n\":\"/3303/0/5700\",\"v\":1},{\"n\":\"/3304/0/5700\",\"v\":2}]";

/* Both get their attributes, both are observed by one request, which is returned. */
static far_msg_t begin_group(void) {
  take_attributes("/3303/0");
  take_attributes("/3304/0");
  far_msg_t fetch = expect(TG_COAP_FETCH, "", 0);
  answer(&fetch, TG_COAP_205, TG_CF_SENML_JSON, 1, two_values);
  return fetch;
}

/* The question whether the attributes are there, and its answer. */
static void show_attributes(const char *path, const char *links) {
  far_msg_t discover = expect(TG_COAP_GET, path, -1);
  check_int(discover.format, TG_CF_LINK);
  answer(&discover, TG_COAP_205, TG_CF_LINK, -1, links);
}

static unsigned notify(const far_msg_t *observed, uint16_t mid, const char *body) {
  far_msg_t msg = {.type = TG_COAP_CON, .code = TG_COAP_205, .mid = mid, .format = TG_CF_SENML_JSON, .observe = mid};
  memcpy(msg.token, observed->token, sizeof msg.token);
  msg.token_len = observed->token_len;
  snprintf(msg.body, sizeof msg.body, "%s", body);
  bench.sent_count = bench.read_count = 0;
  server_bench_in(&bench, 'a', &msg);
  const far_msg_t *out = server_bench_out(&bench);
  return out ? out->type : 99;
}

static unsigned update(const char *links) {
  far_msg_t msg = {.format = *links ? TG_CF_LINK : -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  snprintf(msg.body, sizeof msg.body, "%s", links);
  unsigned code = server_bench_request(&bench, 'a', &msg);
  server_bench_pass(&bench, 10);
  return code;
}

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

static tg_store_t *open_store(tg_loop_t **loop) {
  tg_store_t *store;
  const tg_store_config_t kept = {.path = ""};
  *loop = tg_loop_new();
  check_rc(tg_store_open(*loop, &kept, NULL, &store), TG_OK);
  return store;
}

/* A new life over the same store, and the device's next word. */
static void restart(const tg_server_config_t *config, tg_store_t *store) {
  char location[sizeof bench.location];
  memcpy(location, bench.location, sizeof location);
  server_bench_close(&bench);
  server_bench_open(&bench, config, store);
  memcpy(bench.location, location, sizeof location);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(restored, 1);
}

static void close_store(tg_store_t *store, tg_loop_t *loop) {
  tg_store_close(store);
  tg_loop_free(loop);
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

static void attributes_that_do_not_show_are_told(void **state) {
  (void)state;
  static const struct {
    uint8_t put, discover;
    const char *links;
    uint32_t quirk;
  } rows[] = {
      {TG_COAP_204, TG_COAP_205, "</3303/0>;pmin=10;pmax=60", 0},
      {TG_COAP_204, TG_COAP_205, "</3303/0>;dim=3;pmax=60.0;pmin=10,</3303/0/1>", 0},
      {TG_COAP_204, TG_COAP_205, "</3303/0>;pmin=\"10\";pmax=60", 0},
      {TG_COAP_204, TG_COAP_205, "</3303/0>;pmin=10,</3303/0/5700>;pmax=60", TG_QUIRK_ATTRIBUTES_IGNORED},
      {TG_COAP_204, TG_COAP_205, "</3303/0>;pmin=1;pmax=60", TG_QUIRK_ATTRIBUTES_IGNORED},
      {TG_COAP_204, TG_COAP_205, "</3303/0>;pmin;pmax", TG_QUIRK_ATTRIBUTES_IGNORED},
      {TG_COAP_204, TG_COAP_205, "", TG_QUIRK_ATTRIBUTES_IGNORED},
      {TG_COAP_204, TG_COAP_405, "", 0}, /* it can't be seen */
      {TG_COAP_405, 0, "", TG_QUIRK_ATTRIBUTES_REFUSED},
      {TG_COAP_400, 0, "", TG_QUIRK_ATTRIBUTES_REFUSED},
  };
  static const tg_server_config_t one = {.observe = two, .observe_count = 1};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_bench(&one, NULL, "ep=a&lwm2m=1.0", links_of_two);
    far_msg_t put = expect(TG_COAP_PUT, "/3303/0", -1);
    answer(&put, rows[i].put, -1, -1, "");
    far_msg_t get = expect(TG_COAP_GET, "/3303/0", 0);
    answer(&get, TG_COAP_205, TG_CF_TEXT, 1, "");
    if (rows[i].discover) {
      far_msg_t discover = expect(TG_COAP_GET, "/3303/0", -1);
      check_int(discover.format, TG_CF_LINK);
      answer(&discover, rows[i].discover, TG_CF_LINK, -1, rows[i].links);
    }
    expect_silence();
    uint32_t told = device()->quirks & (TG_QUIRK_ATTRIBUTES_IGNORED | TG_QUIRK_ATTRIBUTES_REFUSED);
    if (told != rows[i].quirk) print_error("row %zu\n", i);
    check_int(told, rows[i].quirk);
    check_int(update("</3303/0>,</3303/5>"), TG_COAP_204); /* it is asked once */
    put = expect(TG_COAP_PUT, "/3303/5", -1);
    answer(&put, TG_COAP_204, -1, -1, "");
    get = expect(TG_COAP_GET, "/3303/5", 0);
    answer(&get, TG_COAP_404, -1, -1, "");
    if (rows[i].discover) expect_silence();
    server_bench_close(&bench);
  }
}

static far_msg_t open_single(bool drops_early, const char *query) {
  static const tg_server_observe_t observe[] = {{.path = {{3303, 0, 5700}, 3}, .query = "pmin=10&pmax=60"}};
  const tg_server_config_t config = {.observe = observe, .observe_count = 1, .drops_early = drops_early};
  open_bench(&config, NULL, query, "</3303/0>");
  take_attributes("/3303/0/5700");
  far_msg_t get = expect(TG_COAP_GET, "/3303/0/5700", 0);
  answer(&get, TG_COAP_205, TG_CF_SENML_JSON, 1, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
  show_attributes("/3303/0/5700", "</3303/0/5700>;pmin=10;pmax=60");
  expect_silence();
  server_bench_events(&bench);
  return get;
}

static void what_comes_too_early_is_counted_and_dropped_only_where_that_is_wanted(void **state) {
  (void)state;
  static const char body[] = "[{\"n\":\"/3303/0/5700\",\"v\":2}]";
  for (int drops = 0; drops < 2; drops++) {
    far_msg_t get = open_single(drops != 0, "ep=a&lwm2m=1.1");
    server_bench_pass(&bench, 9000); /* near enough: networks are not even */
    check_int(notify(&get, 900, body), TG_COAP_ACK);
    check_int(counted(13), 0);
    assert_string_equal(server_bench_events(&bench), "records:a ");
    server_bench_pass(&bench, 2000);
    check_int(notify(&get, 901, body), TG_COAP_ACK);
    check_int(counted(13), 1);
    assert_string_equal(server_bench_events(&bench), drops ? "updated:a " : "updated:a records:a ");
    server_bench_pass(&bench, 8000);
    check_int(notify(&get, 902, body), TG_COAP_ACK);
    assert_string_equal(server_bench_events(&bench), "records:a ");
    tg_server_stats_t stats;
    tg_server_stats(bench.server, &stats);
    check_int(stats.early, drops);
    server_bench_close(&bench);
  }
}

static void what_is_overdue_is_read(void **state) {
  (void)state;
  static const char body[] = "[{\"n\":\"/3303/0/5700\",\"v\":2}]";
  far_msg_t get = open_single(false, "ep=a&lwm2m=1.1");
  server_bench_pass(&bench, 59000);
  check_int(notify(&get, 900, body), TG_COAP_ACK);
  server_bench_pass(&bench, 99000); /* one and a half, and ten seconds */
  expect_silence();
  check_int(counted(13), 0);
  server_bench_events(&bench);
  server_bench_pass(&bench, 2000);
  far_msg_t read = expect(TG_COAP_GET, "/3303/0/5700", 0);
  assert_memory_equal(read.token, get.token, get.token_len); /* a device that has lost it has it again */
  check_int(counted(13), 1);
  assert_string_equal(server_bench_events(&bench), "updated:a "); /* people are told, once */
  answer(&read, TG_COAP_205, TG_CF_SENML_JSON, 1, body);          /* it counts from the beginning */
  assert_string_equal(server_bench_events(&bench), "records:a ");
  expect_silence();
  check_int(notify(&get, 2, body), TG_COAP_ACK);
  assert_string_equal(server_bench_events(&bench), "records:a "); /* which is not older than 900 */
  server_bench_pass(&bench, 101000);                              /* and again, as long as it is silent */
  read = expect(TG_COAP_GET, "/3303/0/5700", 0);
  answer(&read, TG_COAP_406, -1, -1, "");
  read = expect(TG_COAP_GET, "/3303/0/5700", 0); /* in another format */
  answer(&read, TG_COAP_404, -1, -1, "");
  expect_silence();
  check_int(counted(13), 2);
  check_int(notify(&get, 901, body), TG_COAP_ACK); /* late, though not early */
  check_int(counted(13), 2);
  server_bench_pass(&bench, 90000);
  expect_silence();
  server_bench_close(&bench);
}

static void who_sleeps_is_not_read(void **state) {
  (void)state;
  far_msg_t get = open_single(false, "ep=a&lwm2m=1.1&Q&lt=86400");
  server_bench_pass(&bench, 400 * 1000);
  expect_silence();
  check_int(counted(13), 0);
  check_int(notify(&get, 900, "[{\"n\":\"/3303/0/5700\",\"v\":2}]"), TG_COAP_ACK);
  server_bench_close(&bench);
}

static void an_overdue_group_is_read_at_once(void **state) {
  (void)state;
  open_bench(&grouping, NULL, "ep=a&lwm2m=1.1", links_of_two);
  far_msg_t fetch = begin_group();
  show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60");
  server_bench_pass(&bench, 101 * 1000);
  far_msg_t read = expect(TG_COAP_FETCH, "", 0);
  assert_memory_equal(read.body, fetch.body, fetch.body_len);
  server_bench_events(&bench);
  answer(&read, TG_COAP_205, TG_CF_SENML_JSON, -1, two_values);
  assert_string_equal(server_bench_events(&bench), "records:a ");
  expect_silence();
  server_bench_pass(&bench, 101 * 1000);
  read = expect(TG_COAP_FETCH, "", 0);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201); /* under way */
  server_bench_pass(&bench, 300 * 1000);
  server_bench_close(&bench);
}

static void after_a_restart_periods_are_looked_after_again(void **state) {
  (void)state;
  tg_loop_t *loop;
  tg_store_t *store = open_store(&loop);
  open_bench(&grouping, store, "ep=a&lwm2m=1.1&lt=3000", links_of_two);
  far_msg_t fetch = begin_group();
  show_attributes("/3303/0", "</3303/0>;pmin=10;pmax=60");
  restart(&grouping, store);
  check_int(update(""), TG_COAP_204);
  check_int(notify(&fetch, 900, two_values), TG_COAP_ACK); /* when the one before it came is not known any more */
  check_int(counted(13), 0);
  server_bench_pass(&bench, 99 * 1000);
  expect_silence();
  server_bench_pass(&bench, 5000);
  far_msg_t read = expect(TG_COAP_FETCH, "", 0);
  check_int(read.body_len, fetch.body_len);
  server_bench_close(&bench);
  close_store(store, loop);
}

CHECK_SUITE(what_has_the_same_period_is_observed_together, what_has_none_or_another_period_or_a_threshold_is_not,
            who_cannot_is_observed_path_by_path, who_refuses_is_observed_path_by_path_and_that_is_remembered,
            who_says_nothing_to_it_is_not_asked_for_ever,
            a_group_that_changes_is_replaced_and_the_old_one_cancelled_by_its_token,
            a_long_group_goes_in_parts_with_numbers, what_a_new_configuration_does_not_want_is_cancelled,
            attributes_that_do_not_show_are_told, what_comes_too_early_is_counted_and_dropped_only_where_that_is_wanted,
            what_is_overdue_is_read, who_sleeps_is_not_read, an_overdue_group_is_read_at_once,
            after_a_restart_periods_are_looked_after_again)
