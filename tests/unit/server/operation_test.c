/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/operation.c, command_wire.c: every operation at every level of path, for every version (lwm2m.md 1.3.1 to 1.3.6). */

#include "core/server/operation.h"
#include "tests/unit/server/command_harness.h"

static server_bench_t *bench;

static void open_with(const char *version, const char *links) {
  char query[64];
  snprintf(query, sizeof query, "ep=a&lwm2m=%s", version);
  bench = command_bench_open(query, links);
}

static const tg_record_t value = {.path = {{3, 0, 6, 1}, 4}, .value = {.type = TG_TYPE_INTEGER, .i = 5}};

/* For each operation the least version that may carry it to /3, /3/0, /3/0/6, /3/0/6/1; 0: never. */
static const struct {
  tg_op_t op;
  uint8_t least[5]; /* by length of the path, the root first */
} table[] = {
    {TG_OP_READ, {0, 10, 10, 10, 10}},    {TG_OP_WRITE, {0, 0, 10, 10, 10}},
    {TG_OP_UPDATE, {0, 0, 10, 10, 0}},    {TG_OP_EXECUTE, {0, 0, 0, 10, 0}},
    {TG_OP_DELETE, {0, 0, 10, 0, 12}},    {TG_OP_DISCOVER, {10, 10, 10, 10, 0}},
    {TG_OP_OBSERVE, {0, 10, 10, 10, 10}}, {TG_OP_ATTRIBUTES, {0, 10, 10, 10, 11}},
    {TG_OP_CANCEL, {10, 10, 10, 10, 10}},
};

static void an_operation_goes_only_to_the_levels_it_has_in_that_version(void **state) {
  (void)state;
  static const char *const versions[] = {"1.0", "1.1", "1.2"};
  for (size_t v = 0; v < TG_COUNT(versions); v++) {
    open_with(versions[v], "</1/0>,</3/0>");
    const tg_device_t *device = tg_twin_find_ep(bench->twin, tg_slice_str("a"));
    for (size_t i = 0; i < TG_COUNT(table); i++) {
      for (uint16_t len = 0; len <= 4; len++) {
        tg_command_t command = command_bench_ask(bench, table[i].op, value.path);
        command.path.len = len;
        command.text = tg_slice_str(table[i].op == TG_OP_ATTRIBUTES ? "pmin=1" : "");
        bool has_value = table[i].op == TG_OP_WRITE || table[i].op == TG_OP_UPDATE;
        command.records = has_value ? &value : NULL;
        command.record_count = has_value;
        bool may = table[i].least[len] && v + 10 >= table[i].least[len];
        tg_diag_t diag = {0};
        tg_rc_t rc = tg_operation_check(bench->twin, device, &command, &diag);
        if ((rc == TG_OK) != may) print_error("%s len %u, %s\n", tg_twin_op_name(command.op), len, versions[v]);
        check_int(rc == TG_OK, may);
        check_int(diag.message[0] == '\0', may);
        if (may) continue;
        assert_null(command_bench_try(bench, &command)); /* who did not ask before gets the same */
        check_int(command_end.count, 1);
        check_rc(command_end.result.rc, rc);
        assert_string_equal(command_end.text, diag.message);
      }
    }
    server_bench_close(bench);
  }
}

/* What is refused, and why. */
static const tg_record_t two[] = {{.path = {{3303, 1, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 1}},
                                  {.path = {{3303, 2, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 1}}};
static const tg_record_t elsewhere = {.path = {{3, 0, 5}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 1}};
static const tg_record_t whole = {.path = {{3303, 1}, 2}};

static const struct {
  tg_op_t op;
  tg_path_t path;
  const tg_record_t *records;
  size_t count;
  const char *text;
  int format;
  tg_rc_t rc;
  const char *why;
} refusals[] = {
    {TG_OP_READ, {{0, 0}, 2}, NULL, 0, "", -1, TG_E_DENIED, "object 0 holds security data"},
    {TG_OP_WRITE, {{21, 0}, 2}, NULL, 0, "", -1, TG_E_DENIED, "object 21 holds security data"},
    {TG_OP_DISCOVER, {{23}, 1}, NULL, 0, "", -1, TG_E_DENIED, "object 23 holds security data"},
    {TG_OP_DELETE, {{3, 0, 6}, 3}, NULL, 0, "", -1, TG_E_ARG, "a resource can't be deleted"},
    {TG_OP_DELETE, {{3, 0, 6, 1}, 4}, NULL, 0, "", -1, TG_E_UNSUPPORTED, "write the resource without it instead"},
    {TG_OP_CREATE, {{3303}, 1}, NULL, 0, "", -1, TG_E_ARG, "create takes the first values"},
    {TG_OP_CREATE, {{3303}, 1}, two, 2, "", -1, TG_E_ARG, "create makes one instance"},
    {TG_OP_CREATE, {{3303}, 1}, &whole, 1, "", -1, TG_E_ARG, "values are of resources"},
    {TG_OP_CREATE, {{3303, 1, 5700}, 3}, two, 1, "", -1, TG_E_ARG, "create goes to an object"},
    {TG_OP_DISCOVER,
     {{3}, 1},
     NULL,
     0,
     "depth=1",
     -1,
     TG_E_UNSUPPORTED,
     "depth is new in LwM2M 1.2; the device speaks 1.1"},
    {TG_OP_DISCOVER, {{3}, 1}, NULL, 0, "depth=4", -1, TG_E_RANGE, "from 0 to 3"},
    {TG_OP_DISCOVER, {{3}, 1}, NULL, 0, "depth=", -1, TG_E_RANGE, "from 0 to 3"},
    {TG_OP_DISCOVER, {{3}, 1}, NULL, 0, "pmin=1", -1, TG_E_RANGE, "from 0 to 3"},
    {TG_OP_DISCOVER, {{0}, 0}, NULL, 0, "depth=1", -1, TG_E_ARG, "depth is for a path"},
    {TG_OP_UPDATE, {{3, 0, 6}, 3}, &value, 1, "", TG_CF_TEXT, TG_E_FORMAT, "update takes no format for single values"},
    {TG_OP_EXECUTE, {{1, 0, 4}, 3}, &elsewhere, 1, "", -1, TG_E_ARG, "is of the same instance"},
    {TG_OP_READ_COMPOSITE, {{3}, 1}, two, 2, "", -1, TG_E_ARG, "has no path of its own"},
    {TG_OP_READ_COMPOSITE, {{0}, 0}, NULL, 0, "", -1, TG_E_ARG, "a composite read has paths"},
    {TG_OP_READ_COMPOSITE, {{0}, 0}, two, 2, "", -1, TG_E_ARG, "takes paths, not values"},
    {TG_OP_WRITE_COMPOSITE, {{0}, 0}, &whole, 1, "", -1, TG_E_ARG, "values are of resources"},
    {TG_OP_OBSERVE_COMPOSITE, {{0}, 0}, NULL, 0, "", -1, TG_E_ARG, "a composite read has paths"},
    {TG_OP_ATTRIBUTES, {{3303, 0}, 2}, NULL, 0, "gt=5", -1, TG_E_ARG, "gt is for a resource"},
    {TG_OP_ATTRIBUTES, {{3303, 0}, 2}, NULL, 0, "", -1, TG_E_ARG, "no attribute is given"},
};

static void a_refusal_says_what_to_do_instead(void **state) {
  (void)state;
  open_with("1.1", "</1/0>,</3/0>,</3303/0>");
  const tg_device_t *device = tg_twin_find_ep(bench->twin, tg_slice_str("a"));
  for (size_t i = 0; i < TG_COUNT(refusals); i++) {
    tg_command_t command = command_bench_ask(bench, refusals[i].op, refusals[i].path);
    command.records = refusals[i].records;
    command.record_count = refusals[i].count;
    command.text = tg_slice_str(refusals[i].text);
    command.content_format = refusals[i].format;
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_operation_check(bench->twin, device, &command, &diag);
    if (rc != refusals[i].rc || !strstr(diag.message, refusals[i].why)) print_error("row %zu: %s\n", i, diag.message);
    check_rc(rc, refusals[i].rc);
    assert_non_null(strstr(diag.message, refusals[i].why));
  }
  server_bench_close(bench);
}

static void depth_is_a_query_of_a_device_that_knows_it(void **state) {
  (void)state;
  for (int depth = 0; depth <= 3; depth++) {
    char text[16];
    snprintf(text, sizeof text, "depth=%d", depth);
    open_with("1.2", "</1/0>,</3/0>");
    tg_command_t command = command_bench_ask(bench, TG_OP_DISCOVER, tg_path(1, 3, 0, 0));
    command.text = tg_slice_str(text);
    const far_msg_t *out = command_bench_send(bench, &command);
    check_int(out->code, TG_COAP_GET);
    check_int(out->format, TG_CF_LINK);
    assert_string_equal(out->path, "/3");
    assert_string_equal(out->query, text);
    server_bench_close(bench);
  }
}

/* An instance with a number, and one whose number the device picks. */
static const tg_record_t seven = {.path = {{3303, 7, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 1}};
static const tg_record_t any = {.path = {{3303, TG_OPERATION_ANY_INSTANCE, 5700}, 3},
                                .value = {.type = TG_TYPE_FLOAT, .f = 1}};

static const struct {
  const char *version, *links;
  tg_path_t path;
  const tg_record_t *record;
  int format;
  const char *body, *location, *text, *body_part;
} creations[] = {
    {"1.0", "</3303/0>", {{3303}, 1}, &seven, TG_CF_TLV, "0707E416443F800000", "", "", ""},
    {"1.0", "</3303/0>", {{3303, 7}, 2}, &seven, TG_CF_TLV, "0707E416443F800000", "", "/3303/7", ""},
    {"1.0", "</3303/0>", {{3303}, 1}, &any, TG_CF_TLV, "E416443F800000", "/3303/1", "/3303/1", ""},
    {"1.0", "</3303/0>", {{3303}, 1}, &any, TG_CF_TLV, "E416443F800000", "", "", ""}, /* it does not say which */
    {"1.1", "</3303/0>", {{3303}, 1}, &any, TG_CF_TLV, "E416443F800000", "/3303/4", "/3303/4", ""},
    {"1.1",
     "</>;ct=110,</3303/0>",
     {{3303}, 1},
     &any,
     TG_CF_SENML_JSON,
     NULL,
     "",
     "/3303/1",
     "\"n\":\"1/5700\""}, /* no TLV: the next free one */
    {"1.1",
     "</>;ct=110,</3303/0>,</3303/1>,</3303/3>",
     {{3303}, 1},
     &any,
     TG_CF_SENML_JSON,
     NULL,
     "",
     "/3303/2",
     "\"n\":\"2/5700\""},
    {"1.1", "</>;ct=110,</3303>", {{3303}, 1}, &any, TG_CF_SENML_JSON, NULL, "", "/3303/0", "\"n\":\"0/5700\""},
};

/* Create: with the number of the instance, or without, so that the device picks it. */
static void a_created_instance_has_the_number_asked_for_or_the_devices_own(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(creations); i++) {
    open_with(creations[i].version, creations[i].links);
    tg_command_t command = command_bench_ask(bench, TG_OP_CREATE, creations[i].path);
    command.records = creations[i].record;
    command.record_count = 1;
    const far_msg_t *out = command_bench_send(bench, &command);
    check_int(out->code, TG_COAP_POST);
    assert_string_equal(out->path, "/3303");
    if (out->format != creations[i].format ||
        (creations[i].body && strcmp(command_bench_hex(out), creations[i].body) != 0))
      print_error("row %zu: %d %s\n", i, out->format, command_bench_hex(out));
    check_int(out->format, creations[i].format);
    if (creations[i].body) assert_string_equal(command_bench_hex(out), creations[i].body);
    else assert_non_null(strstr(out->body, creations[i].body_part));
    far_msg_t asked = *out, answer = {.code = TG_COAP_201, .format = -1, .observe = -1};
    snprintf(answer.path, sizeof answer.path, "%s", creations[i].location);
    server_bench_answer(bench, 'a', &asked, answer);
    check_int(command_end.result.state, TG_COMMAND_DONE);
    assert_string_equal(command_end.text, creations[i].text);
    server_bench_close(bench);
  }
}

static void a_device_that_refuses_tlv_gets_a_number_for_the_new_instance(void **state) {
  (void)state;
  open_with("1.1", "</3303/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_CREATE, tg_path(1, 3303, 0, 0));
  command.records = &any;
  command.record_count = 1;
  const far_msg_t *out = command_bench_try(bench, &command);
  check_int(out->format, TG_CF_TLV);
  command_bench_answer(bench, out, TG_COAP_415);
  out = command_bench_out(bench);
  check_int(out->format, TG_CF_SENML_CBOR);
  command_bench_answer(bench, out, TG_COAP_415);
  out = command_bench_out(bench);
  check_int(out->format, TG_CF_SENML_JSON);
  assert_non_null(strstr(out->body, "\"n\":\"1/5700\""));
  command_bench_answer(bench, out, TG_COAP_201);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  assert_string_equal(command_end.text, "/3303/1");
  server_bench_close(bench);
}

static void make_registry(void) {
  static const tg_resdef_t resources[] = {
      {.id = 1, .ops = TG_OPS_READ | TG_OPS_WRITE, .type = TG_TYPE_INTEGER, .name = "One", .unit = ""},
      {.id = 2,
       .ops = TG_OPS_READ | TG_OPS_WRITE,
       .type = TG_TYPE_INTEGER,
       .multiple = true,
       .name = "More",
       .unit = ""}};
  tg_objdef_head_t head = {
      .id = 31000, .version = TG_VERSION_1_0, .name = tg_slice_str("Test"), .urn = tg_slice_str("urn:x")};
  tg_objdef_t *def = tg_objdef_new(&head);
  server_bench_registry = tg_registry_new();
  for (size_t i = 0; i < TG_COUNT(resources); i++) check_rc(tg_objdef_add(def, &resources[i]), TG_OK);
  check_rc(tg_registry_add(server_bench_registry, def), TG_OK);
}

/* POST to a resource in text or without a format is an Execute: an update must never become one. */
static void an_update_of_a_resource_never_looks_like_an_execute(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    uint16_t len;
    uint8_t method;
    const char *path;
  } rows[] = {
      {{.path = {{31000, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 5}}, 3, TG_COAP_PUT, "/31000/0/1"},
      {{.path = {{31000, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 5}}, 2, TG_COAP_POST, "/31000/0"},
      {{.path = {{31000, 0, 2, 4}, 4}, .value = {.type = TG_TYPE_INTEGER, .i = 5}}, 3, TG_COAP_POST, "/31000/0/2"},
      {{.path = {{31001, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 5}}, 3, TG_COAP_POST, "/31001/0/1"},
  };
  make_registry();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_with("1.0", "</31000/0>,</31001/0>");
    tg_command_t command = command_bench_ask(bench, TG_OP_UPDATE, rows[i].record.path);
    command.path.len = rows[i].len;
    command.records = &rows[i].record;
    command.record_count = 1;
    const far_msg_t *out = command_bench_try(bench, &command);
    while (out) { /* whatever the device refuses */
      check_int(out->code, rows[i].method);
      assert_string_equal(out->path, rows[i].path);
      if (out->code == TG_COAP_POST) assert_true(out->format == TG_CF_TLV);
      command_bench_answer(bench, out, TG_COAP_415);
      out = server_bench_out(bench);
    }
    check_int(command_end.count, 1);
    check_int(command_end.result.state, TG_COMMAND_FAILED);
    server_bench_close(bench);
  }
  tg_registry_free(server_bench_registry);
  server_bench_registry = NULL;
}

static void a_device_that_speaks_no_lwm2m_is_not_judged(void **state) {
  (void)state;
  static const tg_backend_ops_t driver = {.kind = "driver"};
  static server_bench_t empty;
  server_bench_open(&empty, NULL, NULL);
  tg_device_info_t info = {.ep = tg_slice_str("line"), .backend = &driver, .link = "serial"};
  tg_id_t id;
  check_rc(tg_twin_online(empty.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  tg_command_t command = {.device = id, .op = TG_OP_DELETE, .path = tg_path(3, 3303, 0, 5700)};
  tg_diag_t diag = {0};
  check_rc(tg_operation_check(empty.twin, tg_twin_find(empty.twin, id), &command, &diag), TG_OK);
  server_bench_close(&empty);
}

CHECK_SUITE(an_operation_goes_only_to_the_levels_it_has_in_that_version, a_refusal_says_what_to_do_instead,
            depth_is_a_query_of_a_device_that_knows_it, a_created_instance_has_the_number_asked_for_or_the_devices_own,
            a_device_that_refuses_tlv_gets_a_number_for_the_new_instance,
            an_update_of_a_resource_never_looks_like_an_execute, a_device_that_speaks_no_lwm2m_is_not_judged)
