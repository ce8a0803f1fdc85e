/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mirrors tg_observe_owe() and what follows from it in core/server/observe_watch.c, report.c and reg_store.c: a notification in blocks is
 * acknowledged when all of it is kept; or, to a device that gets impatient, when it is written that it is owed (docs/adr/0020).
 */

#include "core/loop/loop.h"
#include "tests/unit/server/server_harness.h"

enum { MORE = 8, SZX_16 = 0, BLOCK = 16, AGAIN = 15000 };

static const char first_block[BLOCK + 1] = "[{\"n\":\"/3303/0/5", whole_tail[] = "700\",\"v\":7.5}]";

static server_bench_t bench;
static tg_loop_t *loop;
static tg_store_t *store;
static far_msg_t observation;

static void forget_sent(void) {
  bench.sent_count = bench.read_count = 0;
}

static void expect_silence(void) {
  assert_null(server_bench_out(&bench));
  forget_sent();
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

static double temperature(void) {
  tg_record_t record;
  tg_path_t path = tg_path(3, 3303, 0, 5700);
  return tg_twin_value(bench.twin, device()->id, &path, &record) == TG_OK ? record.value.f : -1;
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud, (void)command;
  check_int(result->state, TG_COMMAND_DONE);
}

/* A device whose temperature is observed, by a person. */
static void open_observed(bool with_store, const char *more) {
  const tg_store_config_t kept = {.path = ""};
  char query[64];
  snprintf(query, sizeof query, "ep=a&lwm2m=1.1&lt=86400%s", more);
  loop = with_store ? tg_loop_new() : NULL;
  store = NULL;
  if (with_store) check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  server_bench_open(&bench, NULL, store);
  check_int(server_bench_register(&bench, 'a', query, "</3/0>,</3303/0>"), TG_COAP_201);
  server_bench_pass(&bench, 10);
  forget_sent();
  tg_command_t command = {
      .device = device()->id, .op = TG_OP_OBSERVE, .path = tg_path(3, 3303, 0, 5700), .content_format = -1};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  observation = *out;
  far_msg_t values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5};
  snprintf(values.body, sizeof values.body, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
  server_bench_answer(&bench, 'a', &observation, values);
  server_bench_events(&bench);
  forget_sent();
}

static void close_observed(void) {
  server_bench_close(&bench);
  if (!store) return;
  tg_store_close(store);
  tg_loop_free(loop);
}

static void restart(void) {
  server_bench_close(&bench);
  server_bench_open(&bench, NULL, store);
  tg_link_t *links[] = {&bench.link, &bench.second};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 2, &restored), TG_OK);
  check_int(restored, 1);
  forget_sent();
}

/* The device's notification, its first block, with message id @p mid. */
static void notify(uint16_t mid) {
  far_msg_t msg = {.type = TG_COAP_CON,
                   .code = TG_COAP_205,
                   .mid = mid,
                   .format = TG_CF_SENML_JSON,
                   .observe = mid,
                   .block2 = 1 + (MORE | SZX_16),
                   .token_len = observation.token_len};
  memcpy(msg.token, observation.token, sizeof msg.token);
  snprintf(msg.body, sizeof msg.body, "%s", first_block);
  server_bench_in(&bench, 'a', &msg);
}

/* The next message asks for the second block. */
static far_msg_t next_asks(void) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  assert_string_equal(out->path, "/3303/0/5700");
  check_int(out->block2, 1 + (1 << 4));
  check_int(out->observe, -1);
  return *out;
}

static void answer_rest(const far_msg_t *asked) {
  far_msg_t rest = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = -1, .block2 = 1 + (1 << 4)};
  snprintf(rest.body, sizeof rest.body, "%s", whole_tail);
  server_bench_answer(&bench, 'a', asked, rest);
}

static void expect_ack(uint16_t mid) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->type, TG_COAP_ACK);
  check_int(out->code, TG_COAP_EMPTY);
  check_int(out->mid, mid);
}

/* A notification whose rest does not come, three times: by then it is acknowledged. @return what was asked for the rest */
static far_msg_t acknowledged_early(void) {
  notify(900);
  far_msg_t asked = next_asks();
  notify(900);
  notify(900);
  expect_ack(900);
  return asked;
}

/* A plain read of the path, under the observation's token. */
static far_msg_t next_reads(void) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  assert_string_equal(out->path, "/3303/0/5700");
  check_int(out->observe, 0);
  check_int(out->block2, 0);
  assert_memory_equal(out->token, observation.token, observation.token_len);
  return *out;
}

static void answer_read(const far_msg_t *asked, uint8_t code) {
  far_msg_t values = {.code = code, .format = TG_CF_SENML_JSON, .observe = code == TG_COAP_205 ? 9 : -1};
  if (code == TG_COAP_205) snprintf(values.body, sizeof values.body, "[{\"n\":\"/3303/0/5700\",\"v\":8.5}]");
  else values.format = -1;
  server_bench_answer(&bench, 'a', asked, values);
}

static void all_of_it_is_kept_before_its_ack(void **state) {
  (void)state;
  open_observed(true, "");
  bench.keeps = true;
  notify(900);
  far_msg_t asked = next_asks();
  expect_silence();
  answer_rest(&asked);
  assert_true(temperature() == 7.5);
  assert_non_null(strstr(server_bench_events(&bench), "records:a"));
  expect_silence(); /* what was made of it is not on disk yet */
  tg_coap_release(bench.coap, UINT64_MAX, TG_OK);
  expect_ack(900);
  restart();
  server_bench_pass(&bench, 60000);
  expect_silence(); /* nothing is owed */
  close_observed();
}

/* The process ends after the early ACK: the next one reads what it owes, at once, whatever the device said it would do. */
static void what_is_owed_is_read_after_a_restart(void **state) {
  (void)state;
  open_observed(true, "");
  bench.keeps = true;
  notify(900);
  next_asks();
  notify(900);
  expect_silence();
  notify(900);
  expect_silence(); /* that it is owed is not on disk yet */
  tg_coap_release(bench.coap, UINT64_MAX, TG_OK);
  expect_ack(900);
  restart();
  server_bench_pass(&bench, 2000);
  far_msg_t read = next_reads();
  answer_read(&read, TG_COAP_205);
  assert_true(temperature() == 8.5);
  restart(); /* and that is on disk: it is no longer owed */
  server_bench_pass(&bench, 60000);
  expect_silence();
  close_observed();
}

static void what_comes_in_time_is_not_owed_any_more(void **state) {
  (void)state;
  open_observed(true, "");
  far_msg_t asked = acknowledged_early();
  answer_rest(&asked);
  assert_true(temperature() == 7.5);
  server_bench_pass(&bench, 60000);
  expect_silence();
  restart();
  server_bench_pass(&bench, 60000);
  expect_silence();
  close_observed();
}

/* How it comes after an early ACK whose rest never came: a newer notification, or a read; and what ends the asking. */
static void what_did_not_come_is_read(void **state) {
  (void)state;
  for (int with_store = 0; with_store < 2; with_store++) {
    open_observed(with_store, "");
    acknowledged_early();
    forget_sent();
    unsigned tries = 0;
    const far_msg_t *out;
    for (int s = 0; s < 110 && tries <= 4; s++) { /* the rest of it is asked for again and again */
      server_bench_pass(&bench, 1000);
      while ((out = server_bench_out(&bench)) && out->block2) tries++;
      if (out) break;
    }
    check_int(tries, 4);
    assert_non_null(out);
    bench.read_count--;
    far_msg_t read = next_reads();
    answer_read(&read, TG_COAP_503); /* not now */
    server_bench_pass(&bench, AGAIN - 2000);
    expect_silence();
    server_bench_pass(&bench, 3000);
    read = next_reads();
    answer_read(&read, TG_COAP_205);
    assert_true(temperature() == 8.5);
    server_bench_pass(&bench, 60000);
    expect_silence();
    close_observed();
  }
}

static void what_is_not_there_is_not_asked_for_again(void **state) {
  (void)state;
  open_observed(true, "");
  far_msg_t asked = acknowledged_early();
  server_bench_answer(&bench, 'a', &asked, (far_msg_t){.code = TG_COAP_408, .format = -1, .observe = -1});
  forget_sent();
  server_bench_pass(&bench, AGAIN + 1000);
  far_msg_t read = next_reads(); /* from the beginning: some devices know blocks by their token only */
  answer_read(&read, TG_COAP_404);
  server_bench_pass(&bench, 60000);
  expect_silence();
  close_observed();
}

static void a_newer_notification_pays(void **state) {
  (void)state;
  open_observed(true, "");
  acknowledged_early();
  far_msg_t msg = {.type = TG_COAP_CON,
                   .code = TG_COAP_205,
                   .mid = 901,
                   .format = TG_CF_SENML_JSON,
                   .observe = 901,
                   .token_len = observation.token_len};
  memcpy(msg.token, observation.token, sizeof msg.token);
  snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3303/0/5700\",\"v\":3.5}]");
  server_bench_in(&bench, 'a', &msg);
  expect_ack(901);
  assert_true(temperature() == 3.5);
  restart();
  server_bench_pass(&bench, 120000);
  expect_silence();
  close_observed();
}

static void who_sleeps_is_read_when_it_wakes(void **state) {
  (void)state;
  open_observed(true, "&Q");
  acknowledged_early();
  restart();
  server_bench_pass(&bench, 120000);
  expect_silence();
  far_msg_t msg = {.path = "/dp", .format = TG_CF_SENML_JSON, .observe = -1};
  snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3303/0/5700\",\"v\":2}]");
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_204);
  forget_sent();
  server_bench_pass(&bench, AGAIN + 1000);
  far_msg_t read = next_reads();
  answer_read(&read, TG_COAP_205);
  assert_true(temperature() == 8.5);
  close_observed();
}

/* The device moves while the rest of its notification is on its way: it is read where it is, the registration goes with it. */
static void the_rest_is_read_where_the_device_is(void **state) {
  (void)state;
  open_observed(true, "");
  notify(900);
  next_asks();
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  bench.mid = 100;
  update.mid = 100;
  forget_sent();
  server_bench_in(&bench, 'n', &update);
  const far_msg_t *out = server_bench_out(&bench);
  far_msg_t asked = {0};
  for (; out; out = server_bench_out(&bench)) {
    check_int(bench.to[bench.read_count - 1], 'n');
    if (out->code == TG_COAP_GET) asked = *out;
  }
  check_int(asked.code, TG_COAP_GET);
  check_int(asked.block2, 0);
  far_msg_t values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = -1};
  snprintf(values.body, sizeof values.body, "[{\"n\":\"/3303/0/5700\",\"v\":4.5}]");
  server_bench_answer(&bench, 'n', &asked, values);
  assert_true(temperature() == 4.5);
  expect_ack(900);
  close_observed();
}

CHECK_SUITE(all_of_it_is_kept_before_its_ack, what_is_owed_is_read_after_a_restart,
            what_comes_in_time_is_not_owed_any_more, what_did_not_come_is_read,
            what_is_not_there_is_not_asked_for_again, a_newer_notification_pays, who_sleeps_is_read_when_it_wakes,
            the_rest_is_read_where_the_device_is)
