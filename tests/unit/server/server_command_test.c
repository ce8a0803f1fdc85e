/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/command.c, command_write.c, format.c: each operation as the device sees it, its answer as the asker sees it. */

#include "tests/unit/server/server_harness.h"

static int ends;
static tg_command_result_t ended;
static char ended_text[128];
static double ended_number;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
  snprintf(ended_text, sizeof ended_text, "%.*s", (int)result->text.len, (const char *)result->text.p);
  if (result->record_count) ended_number = result->records[0].value.f;
}

static server_bench_t *open_with(const char *query, const char *links) {
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  server_bench_events(&bench);
  return &bench;
}

/* What is asked for: of device `a`. */
static tg_command_t ask(const server_bench_t *bench, tg_op_t op, tg_path_t path) {
  return (tg_command_t){
      .device = tg_twin_find_ep(bench->twin, tg_slice_str("a"))->id, .op = op, .path = path, .content_format = -1};
}

/* Submits and returns what the device gets, or NULL. */
static const far_msg_t *submit(server_bench_t *bench, const tg_command_t *command) {
  tg_id_t id;
  ends = 0;
  bench->sent_count = bench->read_count = 0;
  check_rc(tg_twin_submit(bench->twin, command, on_done, NULL, &id), TG_OK);
  server_bench_pass(bench, 1);
  return server_bench_out(bench);
}

static void answer_with(server_bench_t *bench, const far_msg_t *request, uint8_t code) {
  far_msg_t asked = *request;
  server_bench_answer(bench, 'a', &asked, (far_msg_t){.code = code, .format = -1, .observe = -1});
}

static const char *hex(const far_msg_t *msg) {
  static char text[256];
  text[0] = '\0';
  for (size_t i = 0; i < msg->body_len && i * 2 + 2 < sizeof text; i++)
    snprintf(text + i * 2, 3, "%02X", (unsigned)(uint8_t)msg->body[i]);
  return text;
}

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
    server_bench_t *bench = open_with(query, "</1/0>,</3/0>,</3303/0>");
    tg_command_t command = ask(bench, operations[i].op, operations[i].path);
    command.records = operations[i].record;
    command.record_count = operations[i].record != NULL;
    command.text = tg_slice_str(operations[i].text);
    const far_msg_t *out = submit(bench, &command);
    assert_non_null(out);
    check_int(out->type, TG_COAP_CON);
    check_int(out->code, operations[i].method);
    assert_string_equal(out->path, operations[i].path_text);
    assert_string_equal(out->query, operations[i].query);
    check_int(out->format, operations[i].format);
    check_int(out->observe, -1);
    assert_string_equal(hex(out), operations[i].body);
    answer_with(bench, out, operations[i].code);
    check_int(ends, 1);
    bool good = operations[i].code >> 5 == 2;
    check_int(ended.state, good ? TG_COMMAND_DONE : TG_COMMAND_FAILED);
    check_int(ended.code, operations[i].code);
    check_rc(ended.rc, good ? TG_OK : TG_E_PEER);
    assert_null(server_bench_out(bench));
    server_bench_close(bench);
  }
}

static void a_write_to_a_1_1_device_is_senml_cbor(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = ask(bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5700));
  command.records = &number;
  command.record_count = 1;
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  check_int(out->format, TG_CF_SENML_CBOR);
  assert_non_null(strstr(hex(out), "2F333330332F302F35373030")); /* the full name */
  assert_non_null(strstr(hex(out), "02FA41B40000"));             /* 22.5, not as a half float */
  answer_with(bench, out, TG_COAP_204);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(bench);
}

static void records_outside_the_path_and_writes_of_nothing_never_leave(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = ask(bench, TG_OP_WRITE, tg_path(2, 3, 0, 0));
  command.records = &number;
  command.record_count = 1;
  tg_id_t id;
  check_rc(tg_twin_submit(bench->twin, &command, on_done, NULL, &id), TG_E_ARG);
  command.record_count = 0;
  assert_null(submit(bench, &command));
  check_int(ends, 1);
  check_rc(ended.rc, TG_E_ARG);
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
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3/0>");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_command_t command = ask(bench, rows[i].op, rows[i].path);
    assert_null(submit(bench, &command));
    if (ends != 1 || ended.rc != rows[i].rc) print_error("row %zu\n", i);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_FAILED);
    check_rc(ended.rc, rows[i].rc);
  }
  server_bench_close(bench);
}

static void values_read_come_back_with_the_result_and_as_an_event(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = ask(bench, TG_OP_READ, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  far_msg_t asked = *out, values = {.code = TG_COAP_205,
                                    .format = TG_CF_SENML_JSON,
                                    .observe = -1,
                                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_DONE);
  check_int(ended.record_count, 1);
  assert_true(ended_number == 21.5);
  assert_string_equal(server_bench_events(bench), "command:sent records:a command:done ");
  out = submit(bench, &command);
  assert_non_null(out);
  asked = *out;
  snprintf(values.body, sizeof values.body, "[{\"n\":");
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_FAILED); /* an answer that can't be read is no success */
  check_int(ended.code, TG_COAP_205);
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
    server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
    tg_command_t command = ask(bench, TG_OP_CREATE, rows[i].path);
    command.records = &number;
    command.record_count = 1;
    const far_msg_t *out = submit(bench, &command);
    assert_non_null(out);
    assert_string_equal(out->path, "/3303"); /* the instance's id is in the payload */
    far_msg_t asked = *out, answer = {.code = TG_COAP_201, .format = -1, .observe = -1};
    snprintf(answer.path, sizeof answer.path, "%s", rows[i].location);
    server_bench_answer(bench, 'a', &asked, answer);
    check_int(ended.state, TG_COMMAND_DONE);
    if (strcmp(ended_text, rows[i].text) != 0) print_error("row %zu\n", i);
    assert_string_equal(ended_text, rows[i].text);
    server_bench_close(bench);
  }
}

static void discover_hands_the_links_on(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = ask(bench, TG_OP_DISCOVER, tg_path(2, 3, 0, 0));
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  far_msg_t asked = *out,
            answer = {.code = TG_COAP_205, .format = TG_CF_LINK, .observe = -1, .body = "</3/0/1>,</3/0/6>;dim=2"};
  server_bench_answer(bench, 'a', &asked, answer);
  check_int(ended.state, TG_COMMAND_DONE);
  assert_string_equal(ended_text, "</3/0/1>,</3/0/6>;dim=2");
  server_bench_close(bench);
}

static void discover_of_everything_is_what_was_announced(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3/0>,</3303/0>;ver=1.1,</5>");
  tg_command_t command = ask(bench, TG_OP_DISCOVER, tg_path(0, 0, 0, 0));
  assert_null(submit(bench, &command));
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  check_int(ended.code, TG_COAP_205);
  assert_string_equal(ended_text, "</3/0>,</5>,</3303/0>");
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
    server_bench_t *bench = open_with(rows[i].query, rows[i].links);
    tg_command_t command = ask(bench, TG_OP_READ, rows[i].path);
    const far_msg_t *out = submit(bench, &command);
    for (size_t k = 0; rows[i].formats[k] >= 0; k++) {
      if (!out || out->format != rows[i].formats[k]) print_error("row %zu format %zu\n", i, k);
      assert_non_null(out);
      check_int(out->format, rows[i].formats[k]);
      check_int(ends, 0);
      answer_with(bench, out, codes[k % 2]);
      out = server_bench_out(bench);
    }
    assert_null(out);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_FAILED);
    assert_true(ended.code == TG_COAP_406 || ended.code == TG_COAP_415);
    server_bench_close(bench);
  }
}

/* Wakaama lists 1.0's JSON, which we read and never write. */
static void a_write_to_a_1_0_device_goes_from_tlv_to_text(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.0", "</>;rt=\"oma.lwm2m\";ct=11543,</1/0>");
  tg_command_t read = ask(bench, TG_OP_READ, tg_path(3, 1, 0, 1)), write = ask(bench, TG_OP_WRITE, read.path);
  const far_msg_t *out = submit(bench, &read);
  assert_non_null(out);
  answer_with(bench, out, TG_COAP_406);
  out = server_bench_out(bench);
  assert_non_null(out);
  far_msg_t asked = *out, values = {
                              .code = TG_COAP_205,
                              .format = TG_CF_JSON,
                              .observe = -1,
                              .body = "{\"bn\":\"/1/0/1\",\"e\":[{\"v\":60}]}",
                          };
  check_int(asked.format, TG_CF_JSON);
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_DONE);
  write.records = &lifetime;
  write.record_count = 1;
  out = submit(bench, &write);
  assert_non_null(out);
  check_int(out->format, TG_CF_TLV);
  answer_with(bench, out, TG_COAP_415);
  out = server_bench_out(bench);
  assert_non_null(out);
  check_int(out->format, TG_CF_TEXT);
  assert_string_equal(hex(out), "3630");
  answer_with(bench, out, TG_COAP_204);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(bench);
}

static void what_worked_is_asked_for_first_from_then_on(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</1/0>");
  tg_command_t write = ask(bench, TG_OP_WRITE, tg_path(2, 1, 0, 0)), read = ask(bench, TG_OP_READ, tg_path(2, 1, 0, 0));
  write.records = &lifetime;
  write.record_count = 1;
  const far_msg_t *out = submit(bench, &write);
  for (int refusals = 0; refusals < 2; refusals++) {
    assert_non_null(out);
    answer_with(bench, out, TG_COAP_415);
    out = server_bench_out(bench);
  }
  assert_non_null(out);
  check_int(out->format, TG_CF_TLV);
  assert_string_equal(hex(out), "C1013C");
  answer_with(bench, out, TG_COAP_204);
  check_int(ended.state, TG_COMMAND_DONE);
  out = submit(bench, &read);
  assert_non_null(out);
  check_int(out->format, TG_CF_TLV);
  server_bench_close(bench);
}

static void a_format_that_was_asked_for_is_the_only_one_tried(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = ask(bench, TG_OP_READ, tg_path(3, 3, 0, 1));
  command.content_format = TG_CF_TEXT;
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  check_int(out->format, TG_CF_TEXT);
  answer_with(bench, out, TG_COAP_406);
  assert_null(server_bench_out(bench));
  check_int(ended.state, TG_COMMAND_FAILED);
  check_int(ended.code, TG_COAP_406);
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
    server_bench_t *bench = open_with("ep=a&lwm2m=1.2", "</1/0>");
    tg_command_t command = ask(bench, rows[i].op, rows[i].path);
    command.records = &lifetime;
    command.record_count = 1;
    command.content_format = TG_CF_LWM2M_CBOR;
    const far_msg_t *out = submit(bench, &command);
    assert_non_null(out);
    check_int(out->format, TG_CF_LWM2M_CBOR);
    assert_string_equal(hex(out), rows[i].body);
    server_bench_close(bench);
  }
}

static void the_alternate_path_goes_before_every_path(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</lwm2m>;rt=\"oma.lwm2m\";ct=110,</lwm2m/3/0>,</lwm2m/3303/0>");
  check_int(tg_twin_find_ep(bench->twin, tg_slice_str("a"))->object_count, 2);
  tg_command_t read = ask(bench, TG_OP_READ, tg_path(3, 3303, 0, 5700)),
               create = ask(bench, TG_OP_CREATE, tg_path(1, 3303, 0, 0));
  const far_msg_t *out = submit(bench, &read);
  assert_non_null(out);
  assert_string_equal(out->path, "/lwm2m/3303/0/5700");
  far_msg_t asked = *out, values = {.code = TG_COAP_205,
                                    .format = TG_CF_SENML_JSON,
                                    .observe = -1,
                                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_DONE);
  create.records = &number;
  create.record_count = 1;
  out = submit(bench, &create);
  assert_non_null(out);
  assert_string_equal(out->path, "/lwm2m/3303");
  server_bench_close(bench);
}

static far_msg_t observe_temperature(server_bench_t *bench) {
  tg_command_t command = ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  check_int(out->code, TG_COAP_GET);
  check_int(out->observe, 0);
  far_msg_t asked = *out, values = {.code = TG_COAP_205,
                                    .format = TG_CF_SENML_JSON,
                                    .observe = 5,
                                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_DONE);
  return asked;
}

static unsigned notify(server_bench_t *bench, const far_msg_t *asked, uint16_t mid) {
  far_msg_t values = {.type = TG_COAP_CON,
                      .code = TG_COAP_205,
                      .mid = mid,
                      .format = TG_CF_SENML_JSON,
                      .observe = mid,
                      .token_len = asked->token_len,
                      .body = "[{\"n\":\"/3303/0/5700\",\"v\":22.5}]"};
  memcpy(values.token, asked->token, sizeof values.token);
  bench->sent_count = bench->read_count = 0;
  server_bench_in(bench, 'a', &values);
  const far_msg_t *out = server_bench_out(bench);
  return out ? out->type : 99;
}

static void who_does_not_want_to_replace_an_observation_does_not(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  far_msg_t asked = observe_temperature(bench);
  tg_command_t command = ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  command.unless_observed = true;
  assert_null(submit(bench, &command)); /* nothing goes out */
  check_int(ended.state, TG_COMMAND_FAILED);
  check_int(ended.rc, TG_E_EXISTS);
  check_int(ended.code, 0);
  check_int(notify(bench, &asked, 900), TG_COAP_ACK); /* the first one stands */
  command.path = tg_path(3, 3303, 0, 5701);
  assert_non_null(submit(bench, &command));
  server_bench_close(bench);
}

static void an_observation_begins_reports_and_is_cancelled_by_its_token(void **state) {
  (void)state;
  static const uint8_t codes[] = {TG_COAP_205, TG_COAP_404, TG_COAP_405}; /* ended at our side in any case */
  for (size_t i = 0; i < TG_COUNT(codes); i++) {
    server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
    far_msg_t asked = observe_temperature(bench);
    assert_string_equal(server_bench_events(bench), "command:sent records:a observing:a command:done ");
    check_int(notify(bench, &asked, 900), TG_COAP_ACK);
    assert_string_equal(server_bench_events(bench), "records:a ");
    tg_command_t command = ask(bench, TG_OP_CANCEL, tg_path(3, 3303, 0, 5700));
    const far_msg_t *out = submit(bench, &command);
    assert_non_null(out);
    check_int(out->observe, 1);
    assert_string_equal(out->path, "/3303/0/5700");
    check_int(out->token_len, asked.token_len);
    assert_memory_equal(out->token, asked.token, asked.token_len);
    answer_with(bench, out, codes[i]);
    check_int(ends, 1);
    check_int(ended.state, codes[i] == TG_COAP_205 ? TG_COMMAND_DONE : TG_COMMAND_FAILED);
    assert_non_null(strstr(server_bench_events(bench), "observing:a"));
    check_int(notify(bench, &asked, 901), TG_COAP_RST);
    assert_string_equal(server_bench_events(bench), "");
    check_int((submit(bench, &command), ended.rc), TG_E_NOT_FOUND);
    server_bench_close(bench);
  }
}

static void a_second_observe_of_a_path_takes_the_place_of_the_first(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  far_msg_t first = observe_temperature(bench), second = observe_temperature(bench);
  server_bench_pass(bench, 1);
  const far_msg_t *cancel = server_bench_out(bench); /* the device need not keep both */
  assert_non_null(cancel);
  check_int(cancel->code, TG_COAP_GET);
  check_int(cancel->observe, 1);
  assert_string_equal(cancel->path, "/3303/0/5700");
  assert_memory_equal(cancel->token, first.token, first.token_len);
  answer_with(bench, cancel, TG_COAP_205);
  check_int(notify(bench, &first, 900), TG_COAP_RST);
  check_int(notify(bench, &second, 901), TG_COAP_ACK);
  server_bench_close(bench);
}

static void a_device_that_answers_an_observe_without_observing_is_told(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = submit(bench, &command);
  assert_non_null(out);
  far_msg_t asked = *out, values = {.code = TG_COAP_205,
                                    .format = TG_CF_SENML_JSON,
                                    .observe = -1,
                                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(bench, 'a', &asked, values);
  check_int(ended.state, TG_COMMAND_FAILED);
  check_rc(ended.rc, TG_E_UNSUPPORTED);
  assert_string_equal(server_bench_events(bench), "command:sent records:a command:failed ");
  server_bench_close(bench);
}

static void a_command_cancelled_on_its_way_ends_once(void **state) {
  (void)state;
  server_bench_t *bench = open_with("ep=a&lwm2m=1.1", "</3/0>");
  tg_command_t command = ask(bench, TG_OP_READ, tg_path(3, 3, 0, 1));
  tg_id_t id;
  ends = 0;
  check_rc(tg_twin_submit(bench->twin, &command, on_done, NULL, &id), TG_OK);
  bench->sent_count = bench->read_count = 0;
  server_bench_pass(bench, 1);
  const far_msg_t *out = server_bench_out(bench);
  assert_non_null(out);
  check_rc(tg_twin_cancel(bench->twin, id), TG_OK);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_CANCELLED);
  answer_with(bench, out, TG_COAP_205);
  check_int(ends, 1);
  server_bench_close(bench);
}

CHECK_SUITE(each_operation_is_the_request_that_the_specification_wants, a_write_to_a_1_1_device_is_senml_cbor,
            records_outside_the_path_and_writes_of_nothing_never_leave,
            operations_on_paths_that_cannot_be_fail_without_a_request,
            values_read_come_back_with_the_result_and_as_an_event, create_tells_where_the_new_instance_is,
            discover_hands_the_links_on, discover_of_everything_is_what_was_announced,
            formats_are_tried_in_the_order_of_version_and_list, a_write_to_a_1_0_device_goes_from_tlv_to_text,
            what_worked_is_asked_for_first_from_then_on, a_format_that_was_asked_for_is_the_only_one_tried,
            lwm2m_cbor_is_written_behind_the_path, the_alternate_path_goes_before_every_path,
            who_does_not_want_to_replace_an_observation_does_not,
            an_observation_begins_reports_and_is_cancelled_by_its_token,
            a_second_observe_of_a_path_takes_the_place_of_the_first,
            a_device_that_answers_an_observe_without_observing_is_told, a_command_cancelled_on_its_way_ends_once)
