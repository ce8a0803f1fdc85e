/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/format.c, command_write.c: which Content-Format is asked for and written, and what a refusal of it leads to. */

#include "tests/unit/server/command_harness.h"

static const tg_record_t number = {.path = {{3303, 0, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 22.5}};
static const tg_record_t lifetime = {.path = {{1, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 60}};

static void a_write_to_a_1_1_device_is_senml_cbor(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5700));
  command.records = &number;
  command.record_count = 1;
  const far_msg_t *out = command_bench_send(bench, &command);
  check_int(out->format, TG_CF_SENML_CBOR);
  assert_non_null(strstr(command_bench_hex(out), "2F333330332F302F35373030")); /* the full name */
  assert_non_null(strstr(command_bench_hex(out), "02FA41B40000"));             /* 22.5, not as a half float */
  command_bench_answer(bench, out, TG_COAP_204);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  server_bench_close(bench);
}

static void formats_are_tried_in_the_order_of_version_and_list(void **state) {
  (void)state;
  static const struct {
    const char *query, *links;
    tg_path_t path;
    int formats[5];
  } rows[] = {
      {"ep=a&lwm2m=1.1", "</3/0>", {{3, 0}, 2}, {TG_CF_SENML_CBOR, TG_CF_SENML_JSON, TG_CF_TLV, -1}},
      {"ep=a&lwm2m=1.1", "</3/0>", {{3, 0, 1}, 3}, {TG_CF_SENML_CBOR, TG_CF_SENML_JSON, TG_CF_TLV, TG_CF_TEXT, -1}},
      {"ep=a&lwm2m=1.0", "</3/0>", {{3, 0}, 2}, {TG_CF_TLV, TG_CF_JSON, -1}},
      {"ep=a&lwm2m=1.0", "</>;rt=\"oma.lwm2m\";ct=11543,</3/0>", {{3, 0}, 2}, {TG_CF_TLV, TG_CF_JSON, -1}},
      {"ep=a&lwm2m=1.1",
       "</>;rt=\"oma.lwm2m\";ct=\"110 11542\",</3/0>",
       {{3, 0}, 2},
       {TG_CF_SENML_JSON, TG_CF_TLV, TG_CF_SENML_CBOR, -1}},
  };
  static const uint8_t codes[] = {TG_COAP_406, TG_COAP_415}; /* alike */
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_t *bench = command_bench_open(rows[i].query, rows[i].links);
    tg_command_t command = command_bench_ask(bench, TG_OP_READ, rows[i].path);
    const far_msg_t *out = command_bench_try(bench, &command);
    for (size_t k = 0; rows[i].formats[k] >= 0; k++) {
      if (!out || out->format != rows[i].formats[k]) print_error("row %zu format %zu\n", i, k);
      assert_non_null(out);
      check_int(out->format, rows[i].formats[k]);
      check_int(command_end.count, 0);
      command_bench_answer(bench, out, codes[k % 2]);
      out = server_bench_out(bench);
    }
    assert_null(out);
    check_int(command_end.count, 1);
    check_int(command_end.result.state, TG_COMMAND_FAILED);
    assert_true(command_end.result.code == TG_COAP_406 || command_end.result.code == TG_COAP_415);
    server_bench_close(bench);
  }
}

/* Wakaama lists 1.0's JSON, which we read and never write. */
static void a_write_to_a_1_0_device_goes_from_tlv_to_text(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.0", "</>;rt=\"oma.lwm2m\";ct=11543,</1/0>");
  tg_command_t read = command_bench_ask(bench, TG_OP_READ, tg_path(3, 1, 0, 1)),
               write = command_bench_ask(bench, TG_OP_WRITE, read.path);
  const far_msg_t *out = command_bench_send(bench, &read);
  command_bench_answer(bench, out, TG_COAP_406);
  out = command_bench_out(bench);
  check_int(out->format, TG_CF_JSON);
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_JSON, "{\"bn\":\"/1/0/1\",\"e\":[{\"v\":60}]}");
  check_int(command_end.result.state, TG_COMMAND_DONE);
  write.records = &lifetime;
  write.record_count = 1;
  out = command_bench_send(bench, &write);
  check_int(out->format, TG_CF_TLV);
  command_bench_answer(bench, out, TG_COAP_415);
  out = command_bench_out(bench);
  check_int(out->format, TG_CF_TEXT);
  assert_string_equal(command_bench_hex(out), "3630");
  command_bench_answer(bench, out, TG_COAP_204);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  server_bench_close(bench);
}

static void what_worked_is_asked_for_first_from_then_on(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</1/0>");
  tg_command_t write = command_bench_ask(bench, TG_OP_WRITE, tg_path(2, 1, 0, 0)),
               read = command_bench_ask(bench, TG_OP_READ, tg_path(2, 1, 0, 0));
  write.records = &lifetime;
  write.record_count = 1;
  const far_msg_t *out = command_bench_try(bench, &write);
  for (int refusals = 0; refusals < 2; refusals++) {
    assert_non_null(out);
    command_bench_answer(bench, out, TG_COAP_415);
    out = server_bench_out(bench);
  }
  assert_non_null(out);
  check_int(out->format, TG_CF_TLV);
  assert_string_equal(command_bench_hex(out), "C1013C");
  command_bench_answer(bench, out, TG_COAP_204);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  out = command_bench_send(bench, &read);
  check_int(out->format, TG_CF_TLV);
  server_bench_close(bench);
}

static void a_format_that_was_asked_for_is_the_only_one_tried(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_READ, tg_path(3, 3, 0, 1));
  command.content_format = TG_CF_TEXT;
  const far_msg_t *out = command_bench_send(bench, &command);
  check_int(out->format, TG_CF_TEXT);
  command_bench_answer(bench, out, TG_COAP_406);
  assert_null(server_bench_out(bench));
  check_int(command_end.result.state, TG_COMMAND_FAILED);
  check_int(command_end.result.code, TG_COAP_406);
  server_bench_close(bench);
}

/* LwM2M CBOR of a request begins behind its path, that of an answer at the root. */
static void lwm2m_cbor_is_written_behind_the_path(void **state) {
  (void)state;
  static const struct {
    tg_op_t op;
    tg_path_t path;
    const char *body;
  } rows[] = {{TG_OP_WRITE, {{1, 0}, 2}, "A101183C"},
              {TG_OP_WRITE, {{1, 0, 1}, 3}, "183C"},
              {TG_OP_UPDATE, {{1, 0}, 2}, "A101183C"},
              {TG_OP_CREATE, {{1}, 1}, "A1820001183C"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.2", "</1/0>");
    tg_command_t command = command_bench_ask(bench, rows[i].op, rows[i].path);
    command.records = &lifetime;
    command.record_count = 1;
    command.content_format = TG_CF_LWM2M_CBOR;
    const far_msg_t *out = command_bench_send(bench, &command);
    check_int(out->format, TG_CF_LWM2M_CBOR);
    assert_string_equal(command_bench_hex(out), rows[i].body);
    server_bench_close(bench);
  }
}

CHECK_SUITE(a_write_to_a_1_1_device_is_senml_cbor, formats_are_tried_in_the_order_of_version_and_list,
            a_write_to_a_1_0_device_goes_from_tlv_to_text, what_worked_is_asked_for_first_from_then_on,
            a_format_that_was_asked_for_is_the_only_one_tried, lwm2m_cbor_is_written_behind_the_path)
