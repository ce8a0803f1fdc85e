/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/mqtt/mqtt_lookup.c. What happens while the DNS does not answer is in tests/faults/names.py. */

#include "core/mqtt/mqtt_lookup.h"

#include "core/base/clock.h"
#include "tests/unit/check.h"

enum { PATIENCE_MS = 60000, BROKER = 3 };

typedef struct told {
  unsigned count;
  tg_mqtt_note_kind_t kind;
  size_t broker;
  char text[128];
} told_t;

static void take(void *ud, const tg_mqtt_event_t *event) {
  told_t *told = ud;
  told->count++;
  told->kind = event->kind;
  told->broker = event->broker;
  snprintf(told->text, sizeof told->text, "%.*s", (int)event->topic.len, (const char *)event->topic.p);
}

/* What is told of a name. */
static told_t look_up(const char *host) {
  tg_loop_t *loop = tg_loop_new();
  told_t told = {0};
  tg_mqtt_ring_t *ring = tg_mqtt_ring_new(loop, take, &told);
  tg_mqtt_lookup_t *lookup = tg_mqtt_lookup_begin(host, BROKER, ring);
  assert_non_null(lookup);
  for (uint64_t end = tg_clock_mono_ms() + PATIENCE_MS; !told.count && tg_clock_mono_ms() < end;)
    tg_loop_turn(loop, 10);
  tg_mqtt_lookup_end(lookup);
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
  return told;
}

static void a_name_has_an_address(void **state) {
  (void)state;
  told_t told = look_up("localhost");
  check_int(told.count, 1);
  check_int(told.kind, TG_MQTT_FOUND);
  check_int(told.broker, BROKER);
  assert_true(strcmp(told.text, "127.0.0.1") == 0 || strcmp(told.text, "::1") == 0);
}

static void a_name_without_one_is_told_with_a_reason(void **state) {
  (void)state;
  told_t told = look_up("no such name");
  check_int(told.count, 1);
  check_int(told.kind, TG_MQTT_REFUSED);
  check_true(strncmp(told.text, "the name has no address: ", 25) == 0 && told.text[25]);
}

static void nothing_is_told_after_its_end(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  told_t told = {0};
  tg_mqtt_ring_t *ring = tg_mqtt_ring_new(loop, take, &told);
  for (int i = 0; i < 50; i++) {
    tg_mqtt_lookup_end(tg_mqtt_lookup_begin("localhost", BROKER, ring));
    tg_loop_turn(loop, 0);
  }
  for (int i = 0; i < 5; i++) tg_loop_turn(loop, 5);
  unsigned count = told.count; /* some were quicker than their end */
  for (int i = 0; i < 20; i++) tg_loop_turn(loop, 5);
  check_int(told.count, count);
  tg_mqtt_lookup_end(NULL);
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
}

CHECK_SUITE(a_name_has_an_address, a_name_without_one_is_told_with_a_reason, nothing_is_told_after_its_end)
