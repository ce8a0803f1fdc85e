/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_plan.c, fw_facts.c and fw_name.c: which method for which device, and what devices say of themselves. */

#include "core/firmware/fw_name.h"
#include "core/firmware/fw_plan.h"
#include "tests/unit/check.h"

enum { COAP = 1, HTTP = 1 << 2, HTTPS = 1 << 3, NONE = TG_FW_METHOD_COUNT };

static void each_device_gets_what_it_can(void **state) {
  (void)state;
  static const struct {
    tg_fw_method_t wanted;
    int delivery;
    unsigned protocols;
    bool coap, http, https;
    uint64_t size;
    int method;
    const char *cause;
  } rows[] = {
      {TG_FW_AUTO, -1, 0, false, false, false, 1, TG_FW_PUSH, ""},
      {TG_FW_AUTO, 1, 0, true, true, false, 1, TG_FW_PUSH, ""},
      {TG_FW_AUTO, 2, COAP, true, true, false, 1, TG_FW_PUSH, ""},
      {TG_FW_AUTO, 0, 0, true, false, false, 1, TG_FW_PULL_COAP, ""}, /* no /5/0/8: CoAP */
      {TG_FW_AUTO, 0, COAP | HTTP, true, true, false, 1, TG_FW_PULL_COAP, ""},
      {TG_FW_AUTO, 0, HTTP, true, true, false, 1, TG_FW_PULL_HTTP, ""},
      {TG_FW_AUTO, 0, COAP | HTTP, false, true, false, 1, TG_FW_PULL_HTTP, ""},
      {TG_FW_AUTO, 0, HTTPS, true, true, true, 1, TG_FW_PULL_HTTP, ""},
      {TG_FW_AUTO, 0, HTTP, true, true, true, 1, NONE, "does not fetch over CoAP"},
      {TG_FW_AUTO, 0, 2, true, true, false, 1, NONE, "does not fetch over CoAP"}, /* CoAPS only */
      {TG_FW_AUTO, 0, 0, false, false, false, 1, NONE, "serves no images over CoAP"},
      {TG_FW_AUTO, 2, COAP, true, false, false, (uint64_t)17 << 20, TG_FW_PULL_COAP, ""},
      {TG_FW_PUSH, 2, COAP, true, false, false, (uint64_t)17 << 20, NONE, "16 MiB"},
      {TG_FW_PUSH, 0, COAP, true, false, false, 1, NONE, "only fetches"},
      {TG_FW_PULL_COAP, 1, COAP, true, true, false, 1, NONE, "are pushed"},
      {TG_FW_PULL_COAP, 2, COAP, true, true, false, 1, TG_FW_PULL_COAP, ""},
      {TG_FW_PULL_HTTP, 2, HTTP, true, true, false, 1, TG_FW_PULL_HTTP, ""},
      {TG_FW_PULL_HTTP, 2, COAP, true, true, false, 1, NONE, "does not fetch over HTTP"},
      {TG_FW_PULL_HTTP, -1, HTTP, true, false, false, 1, NONE, "serves no images over HTTP"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_fw_facts_t facts;
    tg_fw_facts_init(&facts);
    facts.delivery = rows[i].delivery;
    facts.protocols = rows[i].protocols;
    const tg_fw_plan_t plan = {.wanted = rows[i].wanted,
                               .facts = &facts,
                               .size = rows[i].size,
                               .serves_coap = rows[i].coap,
                               .serves_http = rows[i].http,
                               .https = rows[i].https};
    tg_fw_method_t method = TG_FW_METHOD_COUNT;
    char cause[TG_FW_CAUSE_MAX] = "";
    tg_rc_t rc = tg_fw_plan_choose(&plan, &method, cause);
    if ((int)method != rows[i].method || !strstr(cause, rows[i].cause)) print_error("row %zu: %s\n", i, cause);
    check_int(method, rows[i].method);
    check_rc(rc, rows[i].method == NONE ? TG_E_UNSUPPORTED : TG_OK);
    assert_non_null(strstr(cause, rows[i].cause));
  }
}

static tg_record_t record(uint16_t oid, uint16_t rid, tg_value_t value) {
  return (tg_record_t){.path = tg_path(3, oid, 0, rid), .value = value};
}

static tg_value_t integer(int64_t i) {
  return (tg_value_t){.type = TG_TYPE_INTEGER, .i = i};
}

static void devices_are_taken_at_their_word_where_it_makes_sense(void **state) {
  (void)state;
  tg_fw_facts_t facts;
  tg_fw_facts_init(&facts);
  tg_record_t records[] = {
      record(5, 3, integer(2)),
      record(5, 5, integer(11)),
      record(5, 7, (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice("2\0.0", 4)}),
      record(5, 9, integer(1)),
      record(5, 11, integer(1)),
      record(5, 13, integer(0)),
      record(3, 3, (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_str("1.0")}),
      record(5, 8, integer(3)),
      record(5, 8, integer(99)),
      {.path = {{5, 0, 8, 1}, 4}, .value = integer(0)},
  };
  check_int(tg_fw_facts_take(&facts, records, TG_COUNT(records)),
            TG_FW_SAW_STATE | TG_FW_SAW_RESULT | TG_FW_SAW_VERSION);
  check_int(facts.state, 2);
  check_int(facts.result, 11);
  check_int(facts.delivery, 1);
  check_int(facts.protocols, 1 | 8);
  check_true(facts.has_severity && facts.has_defer);
  assert_string_equal(facts.version, "1.0");
  assert_string_equal(facts.pkg_version, "2.0");
  tg_record_t odd[] = {
      record(5, 3, integer(4)),
      record(5, 3, integer(-1)),
      record(5, 5, integer(255)),
      record(6, 3, integer(1)),
      record(5, 9, integer(7)),
      record(5, 3, (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = true}),
      record(5, 5, (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_str("1")}),
  };
  check_int(tg_fw_facts_take(&facts, odd, TG_COUNT(odd)) & TG_FW_SAW_RESULT, 0);
  check_int(facts.state == 2 || facts.state == 1, 1);
  check_int(facts.result, 11);
  check_int(facts.delivery, -1);
  tg_record_t second = {.path = tg_path(3, 5, 1, 3), .value = integer(0)}; /* another instance is another thing */
  check_int(tg_fw_facts_take(&facts, &second, 1), 0);
}

static void names_are_said_and_understood(void **state) {
  (void)state;
  for (int i = 0; i < TG_FW_METHOD_COUNT; i++) {
    tg_fw_method_t method;
    check_rc(tg_firmware_method_of(tg_slice_str(tg_firmware_method_name((tg_fw_method_t)i)), &method), TG_OK);
    check_int(method, i);
  }
  tg_fw_method_t method;
  check_rc(tg_firmware_method_of(tg_slice_str("Push"), &method), TG_E_NOT_FOUND);
  for (int i = 0; i < TG_FW_STATE_COUNT; i++) {
    assert_true(strlen(tg_firmware_state_name((tg_fw_state_t)i)) > 3);
    check_int(tg_firmware_state_ends((tg_fw_state_t)i), i >= TG_FW_DONE);
  }
  assert_string_equal(tg_firmware_state_name(TG_FW_STATE_COUNT), "?");
  assert_string_equal(tg_firmware_state_name(TG_FW_TRANSFERRING), "transferring");
  assert_non_null(strstr(tg_fw_name_result(7), "URI"));
  assert_non_null(strstr(tg_fw_name_result(200), "not known"));
  assert_non_null(strstr(tg_fw_name_result(-1), "not known"));
}

static void names_of_images_are_names_of_files(void **state) {
  (void)state;
  static const char *const good[] = {"a", "app-2.0_x", "..", ".", "-"};
  static const char *const bad[] = {"", "a/b", "a b", "\xC3\xA4", "a\n"};
  for (size_t i = 0; i < TG_COUNT(good); i++) check_true(tg_fw_name_is_valid(tg_slice_str(good[i])));
  for (size_t i = 0; i < TG_COUNT(bad); i++) check_false(tg_fw_name_is_valid(tg_slice_str(bad[i])));
  char longest[TG_FW_NAME_MAX + 1];
  memset(longest, 'a', sizeof longest);
  check_true(tg_fw_name_is_valid(tg_slice(longest, TG_FW_NAME_MAX)));
  check_false(tg_fw_name_is_valid(tg_slice(longest, TG_FW_NAME_MAX + 1)));
}

CHECK_SUITE(each_device_gets_what_it_can, devices_are_taken_at_their_word_where_it_makes_sense,
            names_are_said_and_understood, names_of_images_are_names_of_files)
