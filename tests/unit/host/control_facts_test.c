/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/host/control_facts.c: what is remembered of refusals and good-byes, and for how long. */

#include "bindings/host/control_facts.h"

#include "core/device/device.h"
#include "tests/unit/check.h"

static tg_event_bus_t *bus;
static tg_control_facts_t *facts;

static int open_facts(void **state) {
  (void)state;
  bus = tg_event_bus_new(4096, 1 << 20);
  facts = tg_control_facts_new(bus);
  return bus && facts ? 0 : -1;
}

static int close_facts(void **state) {
  (void)state;
  tg_control_facts_free(facts);
  tg_event_bus_free(bus);
  return 0;
}

static void emit(tg_event_t event) {
  check_rc(tg_event_emit(bus, &event), TG_OK);
  tg_event_drain(bus);
}

static void note(tg_event_type_t type, const char *ep, tg_id_t device, const char *text, int64_t ms) {
  emit((tg_event_t){.type = type, .device = device, .ep = tg_slice_str(ep), .time_ms = ms, .note = tg_slice_str(text)});
}

static const tg_control_fact_t *find(const char *ep, tg_control_fact_kind_t kind, const char *path) {
  tg_path_t parsed = {0};
  check_rc(tg_path_parse(tg_slice_str(path), &parsed), TG_OK);
  return tg_control_facts_find(facts, tg_slice_str(ep), kind, *path ? &parsed : NULL);
}

static void check_fact(const tg_control_fact_t *fact, const char *text, int64_t ms) {
  assert_non_null(fact);
  assert_string_equal(fact->text, text);
  check_int(fact->time_ms, ms);
}

static void what_is_told_of_a_device_is_found_under_its_name(void **state) {
  (void)state;
  check_true(find("a", TG_CONTROL_FACT_LEFT, "") == NULL);
  note(TG_EVENT_EXPIRED, "a", 7, "lifetime over", 5);
  note(TG_EVENT_DEREGISTERED, "b", 8, "de-registered", 6);
  note(TG_EVENT_REFUSED, "c", TG_ID_NONE, "ep is too long", 7);
  note(TG_EVENT_REFUSED, "c", 9, "bad TLV", 8);
  note(TG_EVENT_REGISTERED, "a", 7, "", 9); /* not kept */
  check_fact(find("a", TG_CONTROL_FACT_LEFT, ""), "lifetime over", 5);
  check_fact(find("b", TG_CONTROL_FACT_LEFT, ""), "de-registered", 6);
  check_fact(find("c", TG_CONTROL_FACT_REGISTER_REFUSED, ""), "ep is too long", 7);
  check_fact(find("c", TG_CONTROL_FACT_PAYLOAD_REFUSED, ""), "bad TLV", 8);
  check_true(find("ab", TG_CONTROL_FACT_LEFT, "") == NULL);
  check_true(find("b", TG_CONTROL_FACT_PAYLOAD_REFUSED, "") == NULL);
}

static void of_observations_only_refusals_are_kept(void **state) {
  (void)state;
  note(TG_EVENT_OBSERVING, "a", 7, "/3303/0 begun", 1);
  note(TG_EVENT_OBSERVING, "a", 7, "nonsense", 2);
  note(TG_EVENT_OBSERVING, "a", 7, "/3303/0", 3);
  note(TG_EVENT_OBSERVING, "a", 7, "3303-0 refused: 4.05", 4);
  note(TG_EVENT_OBSERVING, "a", 7, "", 5);
  check_true(find("a", TG_CONTROL_FACT_OBSERVE_REFUSED, "") == NULL);
  note(TG_EVENT_OBSERVING, "a", 7, "/3303/0 refused: 4.05", 6);
  check_fact(find("a", TG_CONTROL_FACT_OBSERVE_REFUSED, "/3303/0"), "4.05", 6);
}

static void a_path_is_found_from_above_and_from_below(void **state) {
  (void)state;
  note(TG_EVENT_OBSERVING, "a", 7, "/3303/0 refused: not observable", 1);
  static const struct {
    const char *path;
    bool found;
  } rows[] = {{"/3303", true}, {"/3303/0", true}, {"/3303/0/5700", true}, {"/3303/1", false}, {"/3304", false},
              {"/330", false}, {"", true}};
  for (size_t i = 0; i < TG_COUNT(rows); i++)
    check_int(find("a", TG_CONTROL_FACT_OBSERVE_REFUSED, rows[i].path) != NULL, rows[i].found);
}

static void failed_commands_are_kept_with_their_code_or_their_reason(void **state) {
  (void)state;
  static const struct {
    uint8_t op, code;
    tg_command_state_t state;
    tg_rc_t rc;
    const char *text; /* NULL: not kept */
    tg_control_fact_kind_t kind;
  } rows[] = {
      {TG_OP_READ, 0x84, TG_COMMAND_FAILED, TG_E_PEER, "4.04", TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_READ, 0, TG_COMMAND_FAILED, TG_E_TIMEOUT, "no answer in time", TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_READ_COMPOSITE, 0x85, TG_COMMAND_FAILED, TG_E_PEER, "4.05", TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_READ, 0, TG_COMMAND_EXPIRED, TG_E_EXPIRED, "the deadline has passed", TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_OBSERVE, 0xA3, TG_COMMAND_FAILED, TG_E_PEER, "5.03", TG_CONTROL_FACT_OBSERVE_REFUSED},
      {TG_OP_OBSERVE, 0x45, TG_COMMAND_FAILED, TG_E_UNSUPPORTED, "not supported", TG_CONTROL_FACT_OBSERVE_REFUSED},
      {TG_OP_READ, 0x45, TG_COMMAND_DONE, TG_OK, NULL, TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_READ, 0, TG_COMMAND_CANCELLED, TG_E_CANCELLED, NULL, TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_WRITE, 0x85, TG_COMMAND_FAILED, TG_E_PEER, NULL, TG_CONTROL_FACT_READ_FAILED},
      {TG_OP_EXECUTE, 0x85, TG_COMMAND_FAILED, TG_E_PEER, NULL, TG_CONTROL_FACT_OBSERVE_REFUSED},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char ep[2] = {(char)('a' + i), 0};
    emit((tg_event_t){.type = TG_EVENT_COMMAND,
                      .device = 7,
                      .ep = tg_slice_str(ep),
                      .time_ms = 1,
                      .command = {.op = rows[i].op,
                                  .code = rows[i].code,
                                  .state = rows[i].state,
                                  .rc = rows[i].rc,
                                  .path = tg_path(3, 3, 0, 9)}});
    const tg_control_fact_t *fact = find(ep, rows[i].kind, "/3/0/9");
    if (rows[i].text) check_fact(fact, rows[i].text, 1);
    else check_true(fact == NULL);
  }
}

static void the_newest_counts_and_the_oldest_goes(void **state) {
  (void)state;
  note(TG_EVENT_EXPIRED, "old", 1, "first", 1);
  note(TG_EVENT_EXPIRED, "a", 7, "one", 2);
  note(TG_EVENT_EXPIRED, "a", 7, "two", 3);
  check_fact(find("a", TG_CONTROL_FACT_LEFT, ""), "two", 3);
  for (int i = 0; i < TG_CONTROL_FACTS_MAX - 2; i++) note(TG_EVENT_EXPIRED, "many", 9, "", 10 + i);
  check_true(find("old", TG_CONTROL_FACT_LEFT, "") == NULL);
  check_fact(find("a", TG_CONTROL_FACT_LEFT, ""), "two", 3);
  for (int i = 0; i < 2; i++) note(TG_EVENT_EXPIRED, "many", 9, "", 5000);
  check_true(find("a", TG_CONTROL_FACT_LEFT, "") == NULL);
  check_int(find("many", TG_CONTROL_FACT_LEFT, "")->time_ms, 5000);
}

static void a_long_text_is_cut_between_two_letters(void **state) {
  (void)state;
  char text[200];
  memset(text, 'x', sizeof text);
  memcpy(text + 94, "\xe2\x82\xac", 3); /* would be cut in its middle */
  text[sizeof text - 1] = '\0';
  note(TG_EVENT_EXPIRED, "a", 7, text, 1);
  const tg_control_fact_t *fact = find("a", TG_CONTROL_FACT_LEFT, "");
  check_int(strlen(fact->text), 94);
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, open_facts, close_facts)
  const struct CMUnitTest tests[] = {CASE(what_is_told_of_a_device_is_found_under_its_name),
                                     CASE(of_observations_only_refusals_are_kept),
                                     CASE(a_path_is_found_from_above_and_from_below),
                                     CASE(failed_commands_are_kept_with_their_code_or_their_reason),
                                     CASE(the_newest_counts_and_the_oldest_goes),
                                     CASE(a_long_text_is_cut_between_two_letters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
