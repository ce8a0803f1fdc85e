/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mirrors core/server/takeover.c and tg_command_leave() of command.c: what was on its way to where a device was. It goes again to where the
 * device is, at once; but for what must not be carried out twice and may have arrived: of that an answer is waited for, for five seconds.
 */

#include "tests/unit/server/server_harness.h"

enum { MINUTE = 60000, GRACE = 5000 };
#define N(letter) SERVER_BENCH_SECOND(letter)

static server_bench_t bench;
static int ends;
static tg_command_result_t ended; /* the last, without what it borrowed */

static const tg_device_t *device(void) {
  const tg_device_t *found = tg_twin_find_ep(bench.twin, tg_slice_str("e"));
  assert_non_null(found);
  return found;
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud, (void)command;
  ends++;
  ended = *result;
}

static void open_at(char peer, const tg_server_config_t *config, const char *more) {
  char query[64];
  snprintf(query, sizeof query, "ep=e&lt=86400&lwm2m=1.1%s", more);
  server_bench_open(&bench, config, NULL);
  check_int(server_bench_register(&bench, peer, query, "</1/0>,</3/0>,</3303/0>"), TG_COAP_201);
  tg_twin_may_move(bench.twin, device()->id, bench.now + 60 * MINUTE);
  ends = 0;
}

static void submit(const tg_command_t *asked) {
  tg_command_t command = *asked;
  tg_id_t id;
  command.device = device()->id;
  command.content_format = -1;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
}

static void ask(tg_op_t op, tg_path_t path) {
  submit(&(tg_command_t){.op = op, .path = path});
}

static void forget_sent(void) {
  bench.sent_count = bench.read_count = 0;
}

static void expect_silence(void) {
  assert_null(server_bench_out(&bench));
  forget_sent();
}

static far_msg_t next_to(char peer, const char *path) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  assert_string_equal(out->path, path);
  check_int(bench.to[bench.read_count - 1], peer);
  return *out;
}

static void answer_from(char peer, const far_msg_t *asked, uint8_t code) {
  server_bench_answer(&bench, peer, asked, (far_msg_t){.code = code, .format = -1, .observe = -1});
  server_bench_pass(&bench, 1);
}

/* How a device says that it is somewhere else. */
typedef enum move { BY_UPDATE, BY_REGISTER } move_t;

static void move_to(char peer, move_t how) {
  if (how == BY_UPDATE) {
    far_msg_t msg = {.code = TG_COAP_POST, .format = -1, .observe = -1};
    snprintf(msg.path, sizeof msg.path, "%s", bench.location);
    check_int(server_bench_request(&bench, peer, &msg), TG_COAP_204);
  } else {
    const char *query = "ep=e&lt=86400&lwm2m=1.1";
    check_int(server_bench_register(&bench, peer, query, "</1/0>,</3/0>,</3303/0>"), TG_COAP_201);
  }
  server_bench_pass(&bench, 1);
}

/* From where to where: another port of the same host, another link and back. */
static const struct { char from, to; } moves[] = {{'a', 'n'}, {N('A'), 'a'}, {'b', N('C')}};

static void a_read_goes_again_at_once_to_where_the_device_is(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * TG_COUNT(moves); i++) {
    char from = moves[i / 2].from, to = moves[i / 2].to;
    open_at(from, NULL, "");
    forget_sent();
    ask(TG_OP_READ, tg_path(3, 3, 0, 9));
    far_msg_t first = next_to(from, "/3/0/9");
    ask(TG_OP_READ, tg_path(3, 3, 0, 1)); /* waits behind it */
    expect_silence();
    uint64_t began = bench.now;
    move_to(to, i % 2 ? BY_REGISTER : BY_UPDATE);
    far_msg_t second = next_to(to, "/3/0/9");
    assert_true(bench.now - began < 10);
    answer_from(from, &first, TG_COAP_404); /* of where it was: nobody's */
    check_int(ends, 0);
    answer_from(to, &second, TG_COAP_404);
    check_int(ends, 1);
    next_to(to, "/3/0/1");
    server_bench_pass(&bench, 1);
    server_bench_close(&bench);
  }
}

static void a_late_confirmable_answer_from_there_is_reset(void **state) {
  (void)state;
  open_at('a', NULL, "");
  forget_sent();
  ask(TG_OP_READ, tg_path(3, 3, 0, 9));
  far_msg_t first = next_to('a', "/3/0/9");
  move_to('n', BY_UPDATE);
  forget_sent();
  far_msg_t late = {.type = TG_COAP_CON, .code = TG_COAP_205, .mid = 700, .format = 0, .observe = -1, .body = "1"};
  late.token_len = first.token_len;
  memcpy(late.token, first.token, sizeof late.token);
  server_bench_in(&bench, 'a', &late);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->type, TG_COAP_RST);
  check_int(out->mid, 700);
  check_int(ends, 0);
  server_bench_close(&bench);
}

static const tg_op_t once[] = {TG_OP_EXECUTE, TG_OP_CREATE, TG_OP_DELETE};
static const tg_record_t new_one[] = {{.path = {{3303, 1, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 1}}};

static void ask_once(tg_op_t op, bool retry) {
  tg_command_t command = {.op = op, .path = tg_path(3, 3, 0, 4), .retry = retry};
  if (op == TG_OP_CREATE) command.path = tg_path(2, 3303, 1, 0);
  if (op == TG_OP_CREATE) command.records = new_one;
  command.record_count = op == TG_OP_CREATE;
  if (op == TG_OP_DELETE) command.path = tg_path(2, 3303, 0, 0);
  submit(&command);
}

static void what_must_not_happen_twice_waits_for_its_answer_a_little(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * TG_COUNT(once); i++) {
    bool answers = i % 2;
    open_at(N('A'), NULL, "");
    forget_sent();
    ask_once(once[i / 2], false);
    const far_msg_t *out = server_bench_out(&bench);
    assert_non_null(out);
    far_msg_t asked = *out;
    ask(TG_OP_READ, tg_path(3, 3, 0, 9));
    expect_silence();
    move_to('a', BY_UPDATE);
    forget_sent();
    server_bench_pass(&bench, GRACE - 100); /* the time in which it would have gone again is within */
    expect_silence();
    check_int(ends, 0);
    if (answers) answer_from(N('A'), &asked, TG_COAP_204);
    else server_bench_pass(&bench, 200);
    check_int(ends, 1);
    check_int(ended.state, answers ? TG_COMMAND_DONE : TG_COMMAND_UNKNOWN);
    check_rc(ended.rc, answers ? TG_OK : TG_E_UNKNOWN);
    far_msg_t read = next_to('a', "/3/0/9"); /* nobody waits longer for that */
    answer_from(N('A'), &asked, TG_COAP_204);
    check_int(ends, 1);
    answer_from('a', &read, TG_COAP_404);
    check_int(ends, 2);
    expect_silence();
    server_bench_close(&bench);
  }
}

static void by_a_new_registration_it_is_unknown_at_once(void **state) {
  (void)state;
  open_at(N('A'), NULL, "");
  forget_sent();
  ask_once(TG_OP_EXECUTE, false);
  next_to(N('A'), "/3/0/4");
  move_to('a', BY_REGISTER);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_UNKNOWN);
  expect_silence();
  server_bench_close(&bench);
}

static void whose_asker_allows_it_goes_again(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * TG_COUNT(once); i++) {
    open_at(N('A'), NULL, "");
    forget_sent();
    ask_once(once[i / 2], true);
    const far_msg_t *out = server_bench_out(&bench);
    assert_non_null(out);
    far_msg_t first = *out;
    move_to('a', i % 2 ? BY_REGISTER : BY_UPDATE);
    far_msg_t again = next_to('a', first.path);
    check_int(again.code, first.code);
    answer_from('a', &again, TG_COAP_204);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_DONE);
    server_bench_close(&bench);
  }
}

/* Behind a request of the plan's it has not left: that is known, and it goes to where the device is. */
static void what_has_not_left_goes_to_where_the_device_is(void **state) {
  (void)state;
  static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = ""}};
  const tg_server_config_t config = {.rebind = TG_COAP_REBIND_SAME_HOST, .observe = observe, .observe_count = 1};
  for (int how = BY_UPDATE; how <= BY_REGISTER; how++) {
    open_at(N('A'), &config, "");
    forget_sent();
    server_bench_pass(&bench, 2);
    next_to(N('A'), "/3303/0"); /* the plan's */
    ask_once(TG_OP_EXECUTE, false);
    expect_silence();
    move_to('a', (move_t)how);
    server_bench_pass(&bench, 2);
    unsigned executes = 0, observes = 0;
    for (const far_msg_t *out; (out = server_bench_out(&bench));) {
      check_int(bench.to[bench.read_count - 1], 'a');
      far_msg_t asked = *out;
      executes += strcmp(asked.path, "/3/0/4") == 0;
      observes += strcmp(asked.path, "/3303/0") == 0; /* the plan asks again, too */
      answer_from('a', &asked, asked.code == TG_COAP_POST ? TG_COAP_204 : TG_COAP_404);
      server_bench_pass(&bench, 2);
    }
    check_int(executes, 1);
    check_int(observes, 1);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_DONE);
    server_bench_close(&bench);
  }
}

/* What is written before an Execute may be written again; the Execute goes once. */
static void the_write_before_an_execute_goes_again(void **state) {
  (void)state;
  static const tg_record_t before[] = {{.path = {{1, 0, 5}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 60}}};
  const tg_command_t command = {
      .op = TG_OP_EXECUTE, .path = tg_path(3, 1, 0, 4), .records = before, .record_count = TG_COUNT(before)};
  for (int how = BY_UPDATE; how <= BY_REGISTER; how++) {
    open_at(N('A'), NULL, "");
    forget_sent();
    submit(&command);
    next_to(N('A'), "/1/0/5");
    move_to('a', (move_t)how);
    far_msg_t write = next_to('a', "/1/0/5");
    answer_from('a', &write, TG_COAP_204);
    far_msg_t execute = next_to('a', "/1/0/4");
    answer_from('a', &execute, TG_COAP_204);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_DONE);
    expect_silence();
    server_bench_close(&bench);
  }
}

/* One that the device has asked for in another form has not been carried out in the first; the second goes to where it is now. */
static void another_form_goes_to_where_the_device_is(void **state) {
  (void)state;
  open_at(N('A'), NULL, "");
  forget_sent();
  ask_once(TG_OP_CREATE, false);
  far_msg_t first = next_to(N('A'), "/3303");
  move_to('a', BY_UPDATE);
  forget_sent();
  answer_from(N('A'), &first, TG_COAP_415);
  far_msg_t second = next_to('a', "/3303");
  assert_true(second.format != first.format);
  answer_from('a', &second, TG_COAP_201);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void a_device_that_moves_on_is_followed(void **state) {
  (void)state;
  open_at('a', NULL, "");
  forget_sent();
  ask(TG_OP_READ, tg_path(3, 3, 0, 9));
  next_to('a', "/3/0/9");
  for (int i = 0; i < 6; i++) {
    char to = i % 2 ? 'a' : 'n';
    move_to(to, BY_UPDATE);
    next_to(to, "/3/0/9");
  }
  ask_once(TG_OP_EXECUTE, false);
  answer_from('a', &bench.sent[bench.read_count - 1], TG_COAP_404);
  forget_sent();
  server_bench_pass(&bench, 2);
  move_to('n', BY_UPDATE); /* the Execute is in its grace */
  server_bench_pass(&bench, GRACE / 2);
  move_to('a', BY_UPDATE); /* which does not begin anew */
  server_bench_pass(&bench, GRACE / 2 + 100);
  check_int(ends, 2);
  check_int(ended.state, TG_COMMAND_UNKNOWN);
  server_bench_close(&bench);
}

/* What the bearer said of the device where it was keeps nobody waiting where it is. */
static void a_device_that_its_bearer_held_is_awake_where_it_is(void **state) {
  (void)state;
  static const char *const modes[] = {"", "&Q"};
  for (size_t i = 0; i < TG_COUNT(modes); i++) {
    open_at('A', NULL, modes[i]);
    bench.link.reports_tx = true;
    forget_sent();
    ask_once(TG_OP_EXECUTE, false);
    check_true(bench.sent_count == 1);
    server_bench_reach(&bench, 'A', TG_LINK_HELD, bench.now + 60 * MINUTE);
    assert_false(device()->awake);
    ask(TG_OP_READ, tg_path(3, 3, 0, 9));
    forget_sent();
    move_to(N('b'), BY_UPDATE);
    assert_true(device()->awake);
    server_bench_reach(&bench, 'A', TG_LINK_HELD, bench.now + 60 * MINUTE); /* late news */
    assert_true(device()->awake);
    forget_sent();
    server_bench_pass(&bench, GRACE + 100);
    check_int(ended.state, TG_COMMAND_UNKNOWN);
    next_to(N('b'), "/3/0/9");
    server_bench_close(&bench);
  }
}

/* A write in blocks has no half where the device is now. */
static void a_request_in_blocks_begins_anew(void **state) {
  (void)state;
  enum { BYTES = 3000, BLOCK_MORE = 8, CHUNK = 1024 };
  static uint8_t bytes[BYTES];
  static const tg_record_t record = {.path = {{3303, 0, 5750}, 3},
                                     .value = {.type = TG_TYPE_OPAQUE, .s = {.p = bytes, .len = BYTES}}};
  open_at('a', NULL, "");
  forget_sent();
  submit(&(tg_command_t){.op = TG_OP_WRITE, .path = record.path, .records = &record, .record_count = 1});
  far_msg_t block = next_to('a', "/3303/0/5750");
  assert_true(block.block1 > 0 && (block.block1 - 1) >> 4 == 0);
  far_msg_t more = {.code = TG_COAP_231, .format = -1, .observe = -1, .block1 = block.block1};
  server_bench_answer(&bench, 'a', &block, more);
  block = next_to('a', "/3303/0/5750");
  check_int((block.block1 - 1) >> 4, 1);
  move_to('n', BY_UPDATE);
  block = next_to('n', "/3303/0/5750");
  check_int((block.block1 - 1) >> 4, 0);
  assert_true((block.block1 - 1) & BLOCK_MORE);
  check_int(block.body_len, CHUNK);
  check_int(ends, 0);
  server_bench_close(&bench);
}

/* What is read because it is overdue is read where the device is; the device is not made to wait a period for it. */
static void an_overdue_read_goes_again(void **state) {
  (void)state;
  static const tg_server_observe_t observe[] = {{.path = {{3303, 0, 5700}, 3}, .query = "pmin=10&pmax=60"}};
  const tg_server_config_t config = {.rebind = TG_COAP_REBIND_SAME_HOST, .observe = observe, .observe_count = 1};
  open_at('a', &config, "");
  forget_sent();
  server_bench_pass(&bench, 2);
  for (const far_msg_t *out; (out = server_bench_out(&bench));) {
    far_msg_t asked = *out, values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5};
    if (asked.observe != 0) values = (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1};
    else snprintf(values.body, sizeof values.body, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
    server_bench_answer(&bench, 'a', &asked, values);
    server_bench_pass(&bench, 600);
  }
  forget_sent();
  server_bench_pass(&bench, 101000);
  far_msg_t first = next_to('a', "/3303/0/5700");
  check_int(first.observe, 0);
  move_to('n', BY_UPDATE);
  server_bench_pass(&bench, 10);
  far_msg_t again = next_to('n', "/3303/0/5700");
  assert_memory_equal(again.token, first.token, first.token_len);
  far_msg_t values = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 6};
  snprintf(values.body, sizeof values.body, "[{\"n\":\"/3303/0/5700\",\"v\":2}]");
  server_bench_events(&bench);
  server_bench_answer(&bench, 'n', &again, values);
  assert_non_null(strstr(server_bench_events(&bench), "records:e"));
  server_bench_close(&bench);
}

CHECK_SUITE(a_read_goes_again_at_once_to_where_the_device_is, a_late_confirmable_answer_from_there_is_reset,
            what_must_not_happen_twice_waits_for_its_answer_a_little, by_a_new_registration_it_is_unknown_at_once,
            whose_asker_allows_it_goes_again, what_has_not_left_goes_to_where_the_device_is,
            the_write_before_an_execute_goes_again, another_form_goes_to_where_the_device_is,
            a_device_that_moves_on_is_followed, a_device_that_its_bearer_held_is_awake_where_it_is,
            a_request_in_blocks_begins_anew, an_overdue_read_goes_again)
