/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/command.c, command_judge.c: each operation as the device sees it, its answer as the asker sees it. */

#include "tests/unit/server/command_harness.h"

static const tg_record_t number = {.path = {{3303, 0, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 22.5}};
static const tg_record_t lifetime = {.path = {{1, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 60}};

/* One row per operation, version and depth of path. */
static const struct {
  const char *version;
  tg_op_t op;
  tg_path_t path;
  const tg_record_t *record;
  const char *text;
  uint8_t method;
  const char *path_text, *query;
  int format;
  const char *body;
  uint8_t code;
} operations[] = {
    {"1.1", TG_OP_READ, {{3}, 1}, NULL, "", TG_COAP_GET, "/3", "", TG_CF_SENML_CBOR, "", TG_COAP_404},
    {"1.1", TG_OP_READ, {{3, 0, 6, 1}, 4}, NULL, "", TG_COAP_GET, "/3/0/6/1", "", TG_CF_SENML_CBOR, "", TG_COAP_404},
    {"1.0", TG_OP_READ, {{3, 0}, 2}, NULL, "", TG_COAP_GET, "/3/0", "", TG_CF_TLV, "", TG_COAP_404},
    {"1.0", TG_OP_WRITE, {{1, 0}, 2}, &lifetime, "", TG_COAP_PUT, "/1/0", "", TG_CF_TLV, "C1013C", TG_COAP_204},
    {"1.0", TG_OP_UPDATE, {{1, 0}, 2}, &lifetime, "", TG_COAP_POST, "/1/0", "", TG_CF_TLV, "C1013C", TG_COAP_204},
    {"1.0", TG_OP_WRITE, {{1, 0, 1}, 3}, &lifetime, "", TG_COAP_PUT, "/1/0/1", "", TG_CF_TLV, "C1013C", TG_COAP_204},
    {"1.1", TG_OP_EXECUTE, {{3, 0, 4}, 3}, NULL, "", TG_COAP_POST, "/3/0/4", "", -1, "", TG_COAP_204},
    {"1.1",
     TG_OP_EXECUTE,
     {{3, 0, 4}, 3},
     NULL,
     "0='x',1",
     TG_COAP_POST,
     "/3/0/4",
     "",
     TG_CF_TEXT,
     "303D2778272C31",
     TG_COAP_204},
    {"1.0", TG_OP_CREATE, {{1}, 1}, &lifetime, "", TG_COAP_POST, "/1", "", TG_CF_TLV, "0300C1013C", TG_COAP_201},
    {"1.1", TG_OP_DELETE, {{3303, 1}, 2}, NULL, "", TG_COAP_DELETE, "/3303/1", "", -1, "", TG_COAP_202},
    {"1.1", TG_OP_DISCOVER, {{3}, 1}, NULL, "", TG_COAP_GET, "/3", "", TG_CF_LINK, "", TG_COAP_205},
    {"1.1",
     TG_OP_ATTRIBUTES,
     {{3303, 0, 5700}, 3},
     NULL,
     "pmin=1&pmax=60&gt=5",
     TG_COAP_PUT,
     "/3303/0/5700",
     "pmin=1&pmax=60&gt=5",
     -1,
     "",
     TG_COAP_204},
};

static void each_operation_is_the_request_that_the_specification_wants(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(operations); i++) {
    char query[64];
    snprintf(query, sizeof query, "ep=a&lwm2m=%s", operations[i].version);
    server_bench_t *bench = command_bench_open(query, "</1/0>,</3/0>,</3303/0>");
    tg_command_t command = command_bench_ask(bench, operations[i].op, operations[i].path);
    command.records = operations[i].record;
    command.record_count = operations[i].record != NULL;
    command.text = tg_slice_str(operations[i].text);
    const far_msg_t *out = command_bench_send(bench, &command);
    check_int(out->type, TG_COAP_CON);
    check_int(out->code, operations[i].method);
    assert_string_equal(out->path, operations[i].path_text);
    assert_string_equal(out->query, operations[i].query);
    check_int(out->format, operations[i].format);
    check_int(out->observe, -1);
    assert_string_equal(command_bench_hex(out), operations[i].body);
    command_bench_answer(bench, out, operations[i].code);
    check_int(command_end.count, 1);
    bool good = operations[i].code >> 5 == 2;
    check_int(command_end.result.state, good ? TG_COMMAND_DONE : TG_COMMAND_FAILED);
    check_int(command_end.result.code, operations[i].code);
    check_rc(command_end.result.rc, good ? TG_OK : TG_E_PEER);
    assert_null(server_bench_out(bench));
    server_bench_close(bench);
  }
}

static void records_outside_the_path_and_writes_of_nothing_never_leave(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_WRITE, tg_path(2, 3, 0, 0));
  command.records = &number;
  command.record_count = 1;
  tg_id_t id;
  check_rc(tg_twin_submit(bench->twin, &command, command_bench_done, NULL, &id), TG_E_ARG);
  command.record_count = 0;
  assert_null(command_bench_try(bench, &command));
  check_int(command_end.count, 1);
  check_rc(command_end.result.rc, TG_E_ARG);
  server_bench_close(bench);
}

static void operations_on_paths_that_cannot_be_fail_without_a_request(void **state) {
  (void)state;
  static const struct {
    tg_op_t op;
    tg_path_t path;
    tg_rc_t rc;
  } rows[] = {
      {TG_OP_READ, {{0}, 0}, TG_E_ARG},
      {TG_OP_WRITE, {{3}, 1}, TG_E_ARG},
      {TG_OP_UPDATE, {{3, 0, 1, 0}, 4}, TG_E_ARG},
      {TG_OP_EXECUTE, {{3, 0}, 2}, TG_E_ARG},
      {TG_OP_CREATE, {{3, 0, 1}, 3}, TG_E_ARG},
      {TG_OP_DELETE, {{3}, 1}, TG_E_ARG},
      {TG_OP_DISCOVER, {{3, 0, 6, 1}, 4}, TG_E_ARG},
      {TG_OP_ATTRIBUTES, {{3, 0}, 2}, TG_E_ARG}, /* no text */
      {TG_OP_READ, {{0, 0}, 2}, TG_E_DENIED},
      {TG_OP_OBSERVE, {{21, 0}, 2}, TG_E_DENIED},
      {TG_OP_DISCOVER, {{23}, 1}, TG_E_DENIED},
      {TG_OP_CANCEL, {{3, 0}, 2}, TG_E_NOT_FOUND}, /* not observed */
  };
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_command_t command = command_bench_ask(bench, rows[i].op, rows[i].path);
    assert_null(command_bench_try(bench, &command));
    if (command_end.count != 1 || command_end.result.rc != rows[i].rc) print_error("row %zu\n", i);
    check_int(command_end.count, 1);
    check_int(command_end.result.state, TG_COMMAND_FAILED);
    check_rc(command_end.result.rc, rows[i].rc);
  }
  server_bench_close(bench);
}

static void values_read_come_back_with_the_result_and_as_an_event(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_READ, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = command_bench_send(bench, &command);
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]");
  check_int(command_end.result.state, TG_COMMAND_DONE);
  check_int(command_end.result.record_count, 1);
  assert_true(command_end.number == 21.5);
  assert_string_equal(server_bench_events(bench), "command:sent records:a command:done ");
  out = command_bench_send(bench, &command);
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_SENML_JSON, "[{\"n\":");
  check_int(command_end.result.state, TG_COMMAND_FAILED); /* an answer that can't be read is no success */
  check_int(command_end.result.code, TG_COAP_205);
  server_bench_close(bench);
}

static void create_tells_where_the_new_instance_is(void **state) {
  (void)state;
  static const struct {
    tg_path_t path;
    const char *location, *text;
  } rows[] = {
      {{{3303}, 1}, "/3303/7", "/3303/7"}, {{{3303}, 1}, "", ""},
      {{{3303, 0}, 2}, "", "/3303/0"},     {{{3303, 0}, 2}, "/3303/0", "/3303/0"},
      {{{3303}, 1}, "/lwm2m/3303/7", ""},  {{{3303}, 1}, "/3304/7", ""},
      {{{3303}, 1}, "/3303/99999", ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
    tg_command_t command = command_bench_ask(bench, TG_OP_CREATE, rows[i].path);
    command.records = &number;
    command.record_count = 1;
    const far_msg_t *out = command_bench_send(bench, &command);
    assert_string_equal(out->path, "/3303"); /* the instance's id is in the payload */
    far_msg_t asked = *out, answer = {.code = TG_COAP_201, .format = -1, .observe = -1};
    snprintf(answer.path, sizeof answer.path, "%s", rows[i].location);
    server_bench_answer(bench, 'a', &asked, answer);
    check_int(command_end.result.state, TG_COMMAND_DONE);
    if (strcmp(command_end.text, rows[i].text) != 0) print_error("row %zu\n", i);
    assert_string_equal(command_end.text, rows[i].text);
    server_bench_close(bench);
  }
}

static void discover_hands_the_links_on(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_DISCOVER, tg_path(2, 3, 0, 0));
  const far_msg_t *out = command_bench_send(bench, &command);
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_LINK, "</3/0/1>,</3/0/6>;dim=2");
  check_int(command_end.result.state, TG_COMMAND_DONE);
  assert_string_equal(command_end.text, "</3/0/1>,</3/0/6>;dim=2");
  server_bench_close(bench);
}

static void discover_of_everything_is_what_was_announced(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>,</3303/0>;ver=1.1,</5>");
  tg_command_t command = command_bench_ask(bench, TG_OP_DISCOVER, tg_path(0, 0, 0, 0));
  assert_null(command_bench_try(bench, &command));
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  check_int(command_end.result.code, TG_COAP_205);
  assert_string_equal(command_end.text, "</3/0>,</5>,</3303/0>");
  server_bench_close(bench);
}

static void the_alternate_path_goes_before_every_path(void **state) {
  (void)state;
  server_bench_t *bench =
      command_bench_open("ep=a&lwm2m=1.1", "</lwm2m>;rt=\"oma.lwm2m\";ct=110,</lwm2m/3/0>,</lwm2m/3303/0>");
  check_int(tg_twin_find_ep(bench->twin, tg_slice_str("a"))->object_count, 2);
  tg_command_t read = command_bench_ask(bench, TG_OP_READ, tg_path(3, 3303, 0, 5700)),
               create = command_bench_ask(bench, TG_OP_CREATE, tg_path(1, 3303, 0, 0));
  const far_msg_t *out = command_bench_send(bench, &read);
  assert_string_equal(out->path, "/lwm2m/3303/0/5700");
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]");
  check_int(command_end.result.state, TG_COMMAND_DONE);
  create.records = &number;
  create.record_count = 1;
  out = command_bench_send(bench, &create);
  assert_string_equal(out->path, "/lwm2m/3303");
  server_bench_close(bench);
}

static void a_command_cancelled_on_its_way_ends_once(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_READ, tg_path(3, 3, 0, 1));
  tg_id_t id;
  command_end.count = 0;
  check_rc(tg_twin_submit(bench->twin, &command, command_bench_done, NULL, &id), TG_OK);
  bench->sent_count = bench->read_count = 0;
  server_bench_pass(bench, 1);
  const far_msg_t *out = command_bench_out(bench);
  check_rc(tg_twin_cancel(bench->twin, id), TG_OK);
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_CANCELLED);
  command_bench_answer(bench, out, TG_COAP_205);
  check_int(command_end.count, 1);
  server_bench_close(bench);
}

CHECK_SUITE(each_operation_is_the_request_that_the_specification_wants,
            records_outside_the_path_and_writes_of_nothing_never_leave,
            operations_on_paths_that_cannot_be_fail_without_a_request,
            values_read_come_back_with_the_result_and_as_an_event, create_tells_where_the_new_instance_is,
            discover_hands_the_links_on, discover_of_everything_is_what_was_announced,
            the_alternate_path_goes_before_every_path, a_command_cancelled_on_its_way_ends_once)
