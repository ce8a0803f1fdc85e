/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe_watch.c: who keeps to a period; and who shows the attributes that say it (observe.c). */

#include "core/server/quirk.h"
#include "tests/unit/server/observe_bench.h"

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

CHECK_SUITE(attributes_that_do_not_show_are_told, what_comes_too_early_is_counted_and_dropped_only_where_that_is_wanted,
            what_is_overdue_is_read, who_sleeps_is_not_read, an_overdue_group_is_read_at_once,
            after_a_restart_periods_are_looked_after_again)
