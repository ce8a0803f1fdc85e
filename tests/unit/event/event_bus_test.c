/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/event/event_bus.c. */

#include "core/event/event.h"
#include "tests/unit/check.h"

#define ALL UINT32_MAX

/* What a subscriber saw, and what it does about it. */
typedef struct seen {
  tg_event_bus_t *bus;
  size_t count;
  char log[256];
  char ep[32];
  int emit_more;
  bool leave;
} seen_t;

static tg_event_t state_event(tg_event_type_t type, const char *ep, const char *note) {
  return (tg_event_t){.type = type, .device = 7, .ep = tg_slice_str(ep), .note = tg_slice_str(note)};
}

static void on_event(void *ud, const tg_event_t *event) {
  seen_t *seen = ud;
  seen->count++;
  size_t used = strlen(seen->log);
  snprintf(seen->log + used, sizeof seen->log - used, "%s ", tg_event_type_name(event->type));
  snprintf(seen->ep, sizeof seen->ep, "%.*s", (int)event->ep.len, (const char *)event->ep.p);
  if (seen->leave) tg_event_unsubscribe(seen->bus, on_event, seen);
  if (seen->emit_more > 0) {
    seen->emit_more--;
    tg_event_t more = state_event(TG_EVENT_AWAKE, "more", "");
    check_rc(tg_event_emit(seen->bus, &more), TG_OK);
  }
}

static seen_t subscribed(tg_event_bus_t *bus) {
  return (seen_t){.bus = bus};
}

static void hands_events_out_in_order_after_they_were_emitted(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen = subscribed(bus);
  check_rc(tg_event_subscribe(bus, ALL, on_event, &seen), TG_OK);
  tg_event_t first = state_event(TG_EVENT_REGISTERED, "a", ""), second = state_event(TG_EVENT_EXPIRED, "b", "");
  check_rc(tg_event_emit(bus, &first), TG_OK);
  check_rc(tg_event_emit(bus, &second), TG_OK);
  check_int(seen.count, 0);
  check_int(tg_event_drain(bus), 2);
  assert_string_equal(seen.log, "registered expired ");
  check_int(tg_event_drain(bus), 0);
  tg_event_bus_free(bus);
}

static void gives_a_subscriber_only_the_types_it_asked_for(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen = subscribed(bus);
  check_rc(tg_event_subscribe(bus, 1u << TG_EVENT_ASLEEP, on_event, &seen), TG_OK);
  tg_event_t first = state_event(TG_EVENT_AWAKE, "a", ""), second = state_event(TG_EVENT_ASLEEP, "a", "");
  check_rc(tg_event_emit(bus, &first), TG_OK);
  check_rc(tg_event_emit(bus, &second), TG_OK);
  tg_event_drain(bus);
  assert_string_equal(seen.log, "asleep ");
  tg_event_bus_free(bus);
}

/* The copy is checked inside the call: it is lent no longer. */
static void check_records(void *ud, const tg_event_t *event) {
  seen_t *seen = ud;
  seen->count++;
  check_slice(event->ep, "meter");
  check_int(event->records.count, 2);
  check_slice(event->records.items[0].value.s, "hello");
  check_int(event->records.items[1].value.i, 42);
  check_int(event->records.source, TG_SOURCE_SEND);
}

static void copies_records_with_their_bytes(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen = subscribed(bus);
  check_rc(tg_event_subscribe(bus, ALL, check_records, &seen), TG_OK);
  char text[] = "hello", ep[] = "meter";
  tg_record_t records[2] = {{.path = tg_path(3, 3, 0, 0), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str(text)}},
                            {.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 42}}};
  tg_event_t event = state_event(TG_EVENT_RECORDS, ep, "");
  event.records = (tg_event_records_t){.items = records, .count = 2, .source = TG_SOURCE_SEND};
  check_rc(tg_event_emit(bus, &event), TG_OK);
  memset(text, 'x', 5);
  memset(ep, 'x', 5);
  memset(records, 0, sizeof records);
  tg_event_drain(bus);
  check_int(seen.count, 1);
  tg_event_bus_free(bus);
}

static void check_command(void *ud, const tg_event_t *event) {
  seen_t *seen = ud;
  seen->count++;
  check_slice(event->command.tag, "a1");
  check_slice(event->command.text, "</3/0>");
  check_slice(event->command.items[0].value.s, "v");
  check_slice(event->note, "because");
  check_int(event->command.code, 0x45);
}

static void copies_commands_with_tag_text_and_records(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen = subscribed(bus);
  check_rc(tg_event_subscribe(bus, ALL, check_command, &seen), TG_OK);
  char tag[] = "a1", text[] = "</3/0>", value[] = "v";
  tg_record_t record = {.path = tg_path(3, 3, 0, 0), .value = {.type = TG_TYPE_OPAQUE, .s = tg_slice_str(value)}};
  tg_event_t event = state_event(TG_EVENT_COMMAND, "e", "because");
  event.command = (tg_event_command_t){
      .code = 0x45, .tag = tg_slice_str(tag), .text = tg_slice_str(text), .items = &record, .count = 1};
  check_rc(tg_event_emit(bus, &event), TG_OK);
  tag[0] = text[0] = value[0] = '?';
  tg_event_drain(bus);
  check_int(seen.count, 1);
  tg_event_bus_free(bus);
}

static void refuses_what_does_not_fit_and_takes_it_after_the_drain(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(2, 65536);
  tg_event_t event = state_event(TG_EVENT_AWAKE, "a", "");
  check_rc(tg_event_emit(bus, &event), TG_OK);
  check_rc(tg_event_emit(bus, &event), TG_OK);
  check_rc(tg_event_emit(bus, &event), TG_E_FULL);
  check_int(tg_event_drain(bus), 2);
  check_rc(tg_event_emit(bus, &event), TG_OK);
  tg_event_bus_free(bus);

  bus = tg_event_bus_new(100, 1024);
  static char long_note[2000];
  memset(long_note, 'n', sizeof long_note - 1);
  event = state_event(TG_EVENT_AWAKE, "a", long_note);
  check_rc(tg_event_emit(bus, &event), TG_E_FULL);
  check_int(tg_event_drain(bus), 0);
  tg_event_bus_free(bus);
}

static void keeps_an_eighth_free_for_events_that_are_not_records(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  tg_event_t records = state_event(TG_EVENT_RECORDS, "a", ""), gone = state_event(TG_EVENT_EXPIRED, "a", "");
  for (int i = 0; i < 7; i++) check_rc(tg_event_emit(bus, &records), TG_OK);
  check_rc(tg_event_emit(bus, &records), TG_E_FULL);
  check_rc(tg_event_emit(bus, &gone), TG_OK);
  check_rc(tg_event_emit(bus, &gone), TG_E_FULL);
  tg_event_bus_free(bus);
}

static void drains_what_subscribers_emit_but_not_for_ever(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen = subscribed(bus);
  seen.emit_more = 3;
  check_rc(tg_event_subscribe(bus, ALL, on_event, &seen), TG_OK);
  tg_event_t event = state_event(TG_EVENT_REGISTERED, "a", "");
  check_rc(tg_event_emit(bus, &event), TG_OK);
  check_int(tg_event_drain(bus), 4);
  assert_string_equal(seen.ep, "more");
  seen.emit_more = 1000;
  check_rc(tg_event_emit(bus, &event), TG_OK);
  size_t once = tg_event_drain(bus);
  check_true(once >= 2 && once < 100);
  check_true(tg_event_drain(bus) >= 1);
  tg_event_bus_free(bus);
}

static void lets_a_subscriber_leave_inside_its_call(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t leaver = subscribed(bus), stayer = subscribed(bus);
  leaver.leave = true;
  check_rc(tg_event_subscribe(bus, ALL, on_event, &leaver), TG_OK);
  check_rc(tg_event_subscribe(bus, ALL, on_event, &stayer), TG_OK);
  tg_event_t event = state_event(TG_EVENT_AWAKE, "a", "");
  check_rc(tg_event_emit(bus, &event), TG_OK);
  check_rc(tg_event_emit(bus, &event), TG_OK);
  tg_event_drain(bus);
  check_int(leaver.count, 1);
  check_int(stayer.count, 2);
  tg_event_bus_free(bus);
}

static void takes_thirty_two_subscribers(void **state) {
  (void)state;
  tg_event_bus_t *bus = tg_event_bus_new(8, 65536);
  seen_t seen[33];
  for (int i = 0; i < 32; i++) check_rc(tg_event_subscribe(bus, ALL, on_event, &seen[i]), TG_OK);
  check_rc(tg_event_subscribe(bus, ALL, on_event, &seen[32]), TG_E_FULL);
  tg_event_unsubscribe(bus, on_event, &seen[5]);
  check_rc(tg_event_subscribe(bus, ALL, on_event, &seen[32]), TG_OK);
  tg_event_bus_free(bus);
}

static void names_types_states_and_sources(void **state) {
  (void)state;
  for (int i = 0; i < TG_EVENT_TYPE_COUNT; i++)
    check_true(strcmp(tg_event_type_name((tg_event_type_t)i), "unknown") != 0);
  assert_string_equal(tg_event_type_name(TG_EVENT_MODEL_MISSING), "model_missing");
  assert_string_equal(tg_event_type_name(TG_EVENT_TYPE_COUNT), "unknown");
  assert_string_equal(tg_event_state_name(TG_COMMAND_CANCELLED), "cancelled");
  assert_string_equal(tg_event_state_name(TG_COMMAND_WAITING), "waiting");
  assert_string_equal(tg_event_source_name(TG_SOURCE_DRIVER), "driver");
}

CHECK_SUITE(hands_events_out_in_order_after_they_were_emitted, gives_a_subscriber_only_the_types_it_asked_for,
            copies_records_with_their_bytes, copies_commands_with_tag_text_and_records,
            refuses_what_does_not_fit_and_takes_it_after_the_drain,
            keeps_an_eighth_free_for_events_that_are_not_records, drains_what_subscribers_emit_but_not_for_ever,
            lets_a_subscriber_leave_inside_its_call, takes_thirty_two_subscribers, names_types_states_and_sources)
