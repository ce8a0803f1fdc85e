/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/server_tell.c: what the server makes of a device being heard, of silence, and of what its bearer says. */

#include "tests/unit/server/server_harness.h"

enum { WINDOW = 93000 };

static server_bench_t bench;
static int ends;
static tg_command_result_t ended;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
}

/* @p told: over a link that reports what becomes of datagrams. */
static void open_with(const char *query, bool told) {
  server_bench_open(&bench, NULL, NULL);
  bench.link.reports_tx = told;
  ends = 0;
  check_int(server_bench_register(&bench, 'a', query, "</1/0>,</3/0>"), TG_COAP_201);
  server_bench_events(&bench);
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

static tg_id_t submit(tg_op_t op, uint32_t timeout_s) {
  tg_command_t command = {
      .device = device()->id, .op = op, .path = tg_path(3, 3, 0, 4), .content_format = -1, .timeout_s = timeout_s};
  tg_id_t id = TG_ID_NONE;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
  return id;
}

static void answer(const far_msg_t *request) {
  far_msg_t asked = *request;
  server_bench_answer(&bench, 'a', &asked, (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1});
}

static void update(void) {
  far_msg_t msg = {.format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_204);
}

/* ---- windows ---- */

static void each_spelling_of_queue_mode_gives_a_window(void **state) {
  (void)state;
  static const struct {
    const char *query;
    bool queue_mode;
  } rows[] = {{"ep=a&lwm2m=1.1&b=U&Q", true}, {"ep=a&lwm2m=1.0&b=UQ", true}, {"ep=a&lwm2m=1.0&b=SQ&sms=491701", true},
              {"ep=a&lwm2m=1.0&b=UQS", true}, {"ep=a&lwm2m=1.1&b=U", false}, {"ep=a&lwm2m=1.0&b=U", false},
              {"ep=a&lwm2m=1.0&b=US", false}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_with(rows[i].query, false);
    if (device()->queue_mode != rows[i].queue_mode) fail_msg("%s", rows[i].query);
    check_int(device()->awake_window_ms, rows[i].queue_mode ? WINDOW : 0);
    server_bench_pass(&bench, WINDOW + 1);
    check_int(device()->awake, !rows[i].queue_mode);
    server_bench_close(&bench);
  }
}

static void silence_after_which_requests_are_lost_makes_the_window_shorter(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1&Q", false);
  for (int i = 0; i < 2; i++) {
    update();
    server_bench_pass(&bench, 20000);
    check_true(device()->awake);
    tg_id_t id = submit(TG_OP_READ, 0);
    server_bench_pass(&bench, WINDOW);
    check_false(device()->awake);
    check_int(device()->queued, 1); /* it waits for the device to wake */
    check_rc(tg_twin_cancel(bench.twin, id), TG_OK);
  }
  update();
  check_int(device()->awake_window_ms, 10000);
  server_bench_pass(&bench, 10001);
  check_false(device()->awake);
  server_bench_close(&bench);
}

static void an_answer_that_comes_late_makes_it_longer(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1&Q", false);
  server_bench_pass(&bench, 90000);
  submit(TG_OP_EXECUTE, 0);
  const far_msg_t *request = server_bench_out(&bench);
  assert_non_null(request);
  server_bench_pass(&bench, 20000);
  check_false(device()->awake);
  answer(request);
  check_int(ended.state, TG_COMMAND_DONE);
  assert_in_range(device()->awake_window_ms, 109000, 111000);
  check_true(device()->awake);
  server_bench_close(&bench);
}

/* ---- reach ---- */

static void over_a_bearer_that_tells_no_window_is_guessed(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1&Q", true);
  check_int(device()->awake_window_ms, 0);
  server_bench_pass(&bench, UINT64_C(24) * 3600 * 1000 - 1000);
  check_true(device()->awake);
  server_bench_close(&bench);
}

static void a_command_that_the_bearer_keeps_is_not_failed_by_time_nor_sent_again(void **state) {
  (void)state;
  static const char *const queries[] = {"ep=a&lwm2m=1.1&Q", "ep=a&lwm2m=1.1"};
  for (size_t i = 0; i < TG_COUNT(queries); i++) {
    open_with(queries[i], true);
    submit(TG_OP_EXECUTE, 7200);
    assert_non_null(server_bench_out(&bench));
    assert_in_range(bench.latency_s, 7195, 7201); /* as long as the command has */
    server_bench_reach(&bench, 'a', TG_LINK_HELD, 0);
    server_bench_tx(&bench, TG_LINK_TX_BUFFERED, 0);
    submit(TG_OP_READ, 7200);
    check_false(device()->awake);
    server_bench_pass(&bench, UINT64_C(7000) * 1000);
    assert_null(server_bench_out(&bench));
    check_int(ends, 0);
    assert_string_equal(server_bench_events(&bench), "command:sent asleep:a command:waiting ");
    server_bench_pass(&bench, UINT64_C(300) * 1000); /* the deadline holds */
    check_int(ends, 2);
    server_bench_close(&bench);
  }
}

static void delivery_or_an_uplink_wakes_it_and_the_queue_goes_on(void **state) {
  (void)state;
  for (int uplink = 0; uplink < 2; uplink++) {
    open_with("ep=a&lwm2m=1.1&Q", true);
    submit(TG_OP_EXECUTE, 7200);
    const far_msg_t request = *server_bench_out(&bench);
    server_bench_reach(&bench, 'a', TG_LINK_HELD, 0);
    server_bench_tx(&bench, TG_LINK_TX_BUFFERED, 0);
    submit(TG_OP_READ, 7200);
    server_bench_pass(&bench, UINT64_C(3600) * 1000);
    if (uplink) {
      update();
    } else {
      server_bench_reach(&bench, 'a', TG_LINK_UP, 0);
      server_bench_tx(&bench, TG_LINK_TX_SENT, 0);
    }
    check_true(device()->awake);
    check_int(ends, 0);
    bench.sent_count = bench.read_count = 0;
    answer(&request);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_DONE);
    server_bench_pass(&bench, 1);
    assert_non_null(server_bench_out(&bench)); /* the next one */
    server_bench_close(&bench);
  }
}

static void what_never_reached_it_waits_whatever_it_is(void **state) {
  (void)state;
  static const tg_op_t ops[] = {TG_OP_DISCOVER, TG_OP_EXECUTE};
  for (size_t i = 0; i < TG_COUNT(ops); i++) {
    open_with("ep=a&lwm2m=1.1&Q", true);
    submit(ops[i], 7200);
    assert_non_null(server_bench_out(&bench));
    server_bench_reach(&bench, 'a', TG_LINK_HELD, 0);
    server_bench_tx(&bench, TG_LINK_TX_FAILED, 0);
    check_int(ends, 0);
    check_int(device()->queued, 1);
    check_false(device()->awake);
    bench.sent_count = bench.read_count = 0;
    server_bench_pass(&bench, UINT64_C(3600) * 1000);
    assert_null(server_bench_out(&bench));
    update();
    server_bench_pass(&bench, 1);
    const far_msg_t *again = server_bench_out(&bench);
    assert_non_null(again);
    answer(again);
    check_int(ended.state, TG_COMMAND_DONE);
    server_bench_close(&bench);
  }
}

static void without_queue_mode_it_fails_and_the_next_one_is_tried(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1", true);
  submit(TG_OP_READ, 60);
  server_bench_reach(&bench, 'a', TG_LINK_HELD, 0);
  server_bench_tx(&bench, TG_LINK_TX_FAILED, 0);
  check_int(ends, 1);
  check_rc(ended.rc, TG_E_ASLEEP);
  check_true(device()->awake);
  submit(TG_OP_READ, 60);
  assert_non_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void without_queue_mode_nothing_but_a_command_makes_it_sleep(void **state) {
  (void)state;
  static const tg_link_reach_t news[] = {TG_LINK_HELD, TG_LINK_DOWN};
  for (size_t i = 0; i < TG_COUNT(news); i++) {
    open_with("ep=a&lwm2m=1.1", true);
    server_bench_reach(&bench, 'a', news[i], 0); /* of an answer, or an observation */
    check_true(device()->awake);
    assert_string_equal(server_bench_events(&bench), "");
    server_bench_close(&bench);
  }
}

static void a_time_that_the_bearer_names_is_when_it_is_tried_again(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1&Q", true);
  submit(TG_OP_READ, 7200);
  uint64_t at = bench.now + UINT64_C(600) * 1000;
  server_bench_reach(&bench, 'a', TG_LINK_HELD, at);
  server_bench_tx(&bench, TG_LINK_TX_FAILED, at);
  check_true(device()->asleep_until_ms > 0);
  bench.sent_count = bench.read_count = 0;
  server_bench_pass(&bench, UINT64_C(599) * 1000);
  assert_null(server_bench_out(&bench));
  server_bench_pass(&bench, 2000);
  assert_non_null(server_bench_out(&bench)); /* the same request */
  check_int(ends, 0);
  server_bench_close(&bench);
}

static void windows_and_ends_of_reach_are_told(void **state) {
  (void)state;
  open_with("ep=a&lwm2m=1.1&Q", true);
  server_bench_reach(&bench, 'z', TG_LINK_HELD, 0); /* nobody's address */
  server_bench_reach(&bench, 'a', TG_LINK_DOWN, 0);
  check_false(device()->awake);
  server_bench_reach(&bench, 'a', TG_LINK_WINDOW, bench.now + 5000);
  check_true(device()->awake);
  server_bench_pass(&bench, 5001);
  check_false(device()->awake);
  server_bench_reach(&bench, 'a', TG_LINK_UP, 0);
  check_true(device()->awake);
  assert_string_equal(server_bench_events(&bench), "asleep:a awake:a asleep:a awake:a ");
  server_bench_close(&bench);
}

CHECK_SUITE(each_spelling_of_queue_mode_gives_a_window, silence_after_which_requests_are_lost_makes_the_window_shorter,
            an_answer_that_comes_late_makes_it_longer, over_a_bearer_that_tells_no_window_is_guessed,
            a_command_that_the_bearer_keeps_is_not_failed_by_time_nor_sent_again,
            delivery_or_an_uplink_wakes_it_and_the_queue_goes_on, what_never_reached_it_waits_whatever_it_is,
            without_queue_mode_it_fails_and_the_next_one_is_tried,
            without_queue_mode_nothing_but_a_command_makes_it_sleep,
            a_time_that_the_bearer_names_is_when_it_is_tried_again, windows_and_ends_of_reach_are_told)
