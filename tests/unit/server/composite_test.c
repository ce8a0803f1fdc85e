/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/composite.c and its part of command.c: one request where the device can, single ones where it can't. */

#include "tests/unit/server/command_harness.h"

static const tg_record_t names[] = {{.path = {{3, 0, 0}, 3}}, {.path = {{3, 0, 1}, 3}}};
static const tg_record_t values[] = {
    {.path = {{3, 0, 14}, 3}, .value = {.type = TG_TYPE_STRING, .s = {(const uint8_t *)"+01", 3}}},
    {.path = {{1, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 60}},
    {.path = {{1, 0, 6}, 3}, .value = {.type = TG_TYPE_BOOLEAN, .b = true}},
};
static const tg_record_t removal[] = {{.path = {{3, 0, 11, 1}, 4}}};

static tg_id_t submit_of(server_bench_t *bench, tg_op_t op, const tg_record_t *records, size_t count, int format) {
  const tg_command_t command = {.device = tg_twin_find_ep(bench->twin, tg_slice_str("a"))->id,
                                .op = op,
                                .records = records,
                                .record_count = count,
                                .content_format = format};
  return command_bench_submit(bench, &command);
}

static const far_msg_t *expect(server_bench_t *bench, uint8_t method, const char *path, int format) {
  const far_msg_t *out = command_bench_out(bench);
  check_int(out->code, method);
  assert_string_equal(out->path, path);
  if (format >= 0) check_int(out->format, format); /* of a GET it is Accept */
  check_int(out->observe, -1);
  return out;
}

static void answer(server_bench_t *bench, const far_msg_t *request, uint8_t code, int format, const char *body) {
  command_bench_answer_with(bench, request, code, format, body);
  server_bench_pass(bench, 1);
}

static const char two_values[] = "[{\"n\":\"/3/0/0\",\"vs\":\"Oh\"},{\"n\":\"/3/0/1\",\"vs\":\"Eins\"}]";

static void a_read_of_several_paths_is_one_fetch_of_the_root(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  const far_msg_t *out = expect(bench, TG_COAP_FETCH, "", TG_CF_SENML_CBOR);
  assert_memory_equal(out->body, "\x82\xA1\x00\x66/3/0/0\xA1\x00\x66/3/0/1", out->body_len);
  answer(bench, out, TG_COAP_205, TG_CF_SENML_JSON, two_values);
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  assert_string_equal(command_end.values, "/3/0/0=Oh /3/0/1=Eins ");
  assert_string_equal(server_bench_events(bench), "command:sent records:a command:done ");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_FETCH, "", TG_CF_SENML_CBOR), TG_COAP_205, -1, "");
  check_int(command_end.result.state, TG_COMMAND_DONE); /* nothing of it is there */
  check_int(command_end.result.record_count, 0);
  server_bench_close(bench);
}

static void the_alternate_path_is_the_root(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 1, -1);
  answer(bench, expect(bench, TG_COAP_FETCH, "/lwm2m", TG_CF_SENML_CBOR), TG_COAP_404, -1, "");
  check_int(command_end.result.state, TG_COMMAND_FAILED);
  check_int(command_end.result.code, TG_COAP_404);
  server_bench_close(bench);
}

static void a_write_of_several_is_one_ipatch(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</1/0>,</3/0>");
  submit_of(bench, TG_OP_WRITE_COMPOSITE, values, 3, TG_CF_SENML_JSON);
  const far_msg_t *out = expect(bench, TG_COAP_IPATCH, "", TG_CF_SENML_JSON);
  const char *first = strstr(out->body, "/3/0/14"), *second = strstr(out->body, "/1/0/1");
  assert_true(first && second && first < second); /* as it was asked for */
  answer(bench, out, TG_COAP_204, -1, "");
  check_int(command_end.result.state, TG_COMMAND_DONE);
  submit_of(bench, TG_OP_WRITE_COMPOSITE, removal, 1, -1);
  out = expect(bench, TG_COAP_IPATCH, "", TG_CF_ETCH_CBOR);
  answer(bench, out, TG_COAP_400, -1, ""); /* that is about the values, so it is the answer */
  check_int(command_end.result.code, TG_COAP_400);
  assert_null(server_bench_out(bench));
  server_bench_close(bench);
}

/* Answers two single reads, the first of which fails with @p first. */
static void answer_reads(server_bench_t *bench, uint8_t first, uint8_t second) {
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/0", -1), first, -1, "");
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/1", -1), second, second == TG_COAP_205 ? TG_CF_TEXT : -1, "Eins");
}

static void one_observation_has_several_paths(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  submit_of(bench, TG_OP_OBSERVE_COMPOSITE, names, 2, -1);
  const far_msg_t *out = command_bench_out(bench);
  check_int(out->code, TG_COAP_FETCH);
  check_int(out->observe, 0);
  far_msg_t asked = *out, told = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 1};
  snprintf(told.body, sizeof told.body, "%s", two_values);
  server_bench_answer(bench, 'a', &asked, told);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  assert_string_equal(command_end.values, "/3/0/0=Oh /3/0/1=Eins ");
  assert_string_equal(server_bench_events(bench), "command:sent records:a observing:a command:done ");
  told.type = TG_COAP_NON;
  told.mid = 7000;
  told.observe = 2;
  memcpy(told.token, asked.token, sizeof told.token);
  told.token_len = asked.token_len;
  server_bench_in(bench, 'a', &told);
  server_bench_pass(bench, 1);
  assert_string_equal(server_bench_events(bench), "records:a ");
  for (int i = 0; i < 2; i++) {
    submit_of(bench, TG_OP_CANCEL, NULL, 0, -1);
    out = server_bench_out(bench);
    check_int(command_end.result.state, i == 0 ? TG_COMMAND_DONE : TG_COMMAND_FAILED);
    if (i > 0) assert_null(out);
    if (i > 0) continue;
    assert_non_null(out); /* told with its names and its token */
    check_int(out->code, TG_COAP_FETCH);
    check_int(out->observe, 1);
    assert_memory_equal(out->token, asked.token, asked.token_len);
    check_int(out->body_len, asked.body_len);
    assert_memory_equal(out->body, asked.body, asked.body_len);
    answer(bench, out, TG_COAP_205, TG_CF_SENML_JSON, two_values);
  }
  check_rc(command_end.result.rc, TG_E_NOT_FOUND);
  told.type = TG_COAP_CON;
  told.mid++;
  told.observe = 3;
  server_bench_in(bench, 'a', &told);
  out = command_bench_out(bench);
  check_int(out->type, TG_COAP_RST);
  server_bench_close(bench);
}

static void a_1_0_device_is_read_path_by_path(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.0", "</3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer_reads(bench, TG_COAP_404, TG_COAP_205);
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  check_int(command_end.result.code, TG_COAP_205);
  assert_string_equal(command_end.values, "/3/0/1=Eins ");
  assert_string_equal(command_end.text, "/3/0/0: 4.04");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer_reads(bench, TG_COAP_404, TG_COAP_401);
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_FAILED);
  check_int(command_end.result.code, TG_COAP_401);
  assert_string_equal(command_end.text, "/3/0/0: 4.04; /3/0/1: 4.01");
  server_bench_close(bench);
}

static void all_that_was_read_comes_together(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.0", "</3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/0", -1), TG_COAP_205, TG_CF_TEXT, "Oh");
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/1", -1), TG_COAP_205, TG_CF_TEXT, "Eins");
  assert_string_equal(command_end.values, "/3/0/0=Oh /3/0/1=Eins ");
  assert_string_equal(command_end.text, "");
  server_bench_close(bench);
}

static void a_device_that_refuses_fetch_is_asked_once(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_FETCH, "", TG_CF_SENML_CBOR), TG_COAP_405, -1, "");
  answer_reads(bench, TG_COAP_404, TG_COAP_205);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer_reads(bench, TG_COAP_205, TG_COAP_404);
  check_int(command_end.result.state, TG_COMMAND_FAILED); /* an empty body without format is no value */
  server_bench_close(bench);
}

static void the_other_format_is_tried_before_single_requests(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_FETCH, "", TG_CF_SENML_CBOR), TG_COAP_415, -1, "");
  answer(bench, expect(bench, TG_COAP_FETCH, "", TG_CF_SENML_JSON), TG_COAP_415, -1, "");
  answer_reads(bench, TG_COAP_404, TG_COAP_205);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  server_bench_close(bench);
}

static void single_writes_keep_the_order_and_are_one_for_an_instance(void **state) {
  (void)state;
  static const struct {
    uint8_t second;
    tg_command_state_t state;
    const char *text;
  } rows[] = {{TG_COAP_204, TG_COMMAND_DONE, ""}, {TG_COAP_400, TG_COMMAND_FAILED, "/1/0: 4.00"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</1/0>,</3/0>");
    submit_of(bench, TG_OP_WRITE_COMPOSITE, values, 3, -1);
    answer(bench, expect(bench, TG_COAP_IPATCH, "", TG_CF_SENML_CBOR), TG_COAP_405, -1, "");
    answer(bench, expect(bench, TG_COAP_POST, "/3/0", TG_CF_SENML_CBOR), TG_COAP_204, -1, "");
    answer(bench, expect(bench, TG_COAP_POST, "/1/0", TG_CF_SENML_CBOR), rows[i].second, -1, "");
    check_int(command_end.count, 1);
    check_int(command_end.result.state, rows[i].state);
    assert_string_equal(command_end.text, rows[i].text);
    submit_of(bench, TG_OP_WRITE_COMPOSITE, removal, 1, -1);
    answer(bench, expect(bench, TG_COAP_DELETE, "/3/0/11/1", -1), TG_COAP_202, -1, "");
    check_int(command_end.result.state, TG_COMMAND_DONE);
    server_bench_close(bench);
  }
}

static void what_cannot_be_fails_without_a_request(void **state) {
  (void)state;
  static const tg_record_t root = {.path = {{0}, 0}}, security = {.path = {{0, 0}, 2}},
                           instance = {.path = {{3, 0}, 2}, .value = {.type = TG_TYPE_INTEGER, .i = 1}};
  static const struct {
    tg_op_t op;
    const tg_record_t *record;
    tg_rc_t rc;
  } rows[] = {
      {TG_OP_READ_COMPOSITE, NULL, TG_E_ARG},         {TG_OP_READ_COMPOSITE, &root, TG_E_ARG},
      {TG_OP_READ_COMPOSITE, &security, TG_E_DENIED}, {TG_OP_READ_COMPOSITE, &values[0], TG_E_ARG},
      {TG_OP_WRITE_COMPOSITE, &instance, TG_E_ARG},
  };
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    submit_of(bench, rows[i].op, rows[i].record, rows[i].record != NULL, -1);
    assert_null(server_bench_out(bench));
    check_int(command_end.count, 1);
    check_rc(command_end.result.rc, rows[i].rc);
  }
  server_bench_close(bench);
}

static void a_silent_device_and_a_cancel_end_it_between_steps(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.0", "</3/0>");
  tg_id_t id = submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/0", -1), TG_COAP_404, -1, "");
  expect(bench, TG_COAP_GET, "/3/0/1", -1);
  check_rc(tg_twin_cancel(bench->twin, id), TG_OK);
  check_int(command_end.count, 1);
  check_int(command_end.result.state, TG_COMMAND_CANCELLED);
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1);
  answer(bench, expect(bench, TG_COAP_GET, "/3/0/0", -1), TG_COAP_404, -1, "");
  server_bench_pass(bench, 200000);
  check_int(command_end.count, 1);
  check_rc(command_end.result.rc, TG_E_TIMEOUT);
  submit_of(bench, TG_OP_READ_COMPOSITE, names, 2, -1); /* the bench goes while it is on its way */
  server_bench_close(bench);
}

CHECK_SUITE(a_read_of_several_paths_is_one_fetch_of_the_root, the_alternate_path_is_the_root,
            a_write_of_several_is_one_ipatch, one_observation_has_several_paths, a_1_0_device_is_read_path_by_path,
            all_that_was_read_comes_together, a_device_that_refuses_fetch_is_asked_once,
            the_other_format_is_tried_before_single_requests, single_writes_keep_the_order_and_are_one_for_an_instance,
            what_cannot_be_fails_without_a_request, a_silent_device_and_a_cancel_end_it_between_steps)
