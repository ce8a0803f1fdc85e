/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mqtt/mqtt_nomem_test.c: the way to a broker and back when an allocation of ours fails. Store and connection are stand-ins. */

#include "core/mqtt/mqtt_drain.h"
#include "core/mqtt/mqtt_ring.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

static unsigned sent, deleted;

tg_rc_t tg_store_outbox_read(tg_store_t *store, tg_outbox_read_t *read, tg_outbox_fn fn, void *ud) {
  (void)store;
  for (uint64_t seq = read->after + 1; seq <= 3; seq++) {
    if (!fn(ud, &(tg_outbox_entry_t){.seq = seq, .topic = tg_slice_str("t/1"), .payload = tg_slice_str("p")})) break;
  }
  return TG_OK;
}

tg_rc_t tg_store_outbox_del(tg_store_t *store, uint64_t seq) {
  (void)store, (void)seq;
  deleted++;
  return TG_OK;
}

const char *tg_store_gateway_id(const tg_store_t *store) {
  (void)store;
  return "0123456789abcdef";
}

tg_rc_t tg_mqtt_conn_send(tg_mqtt_conn_t *conn, const tg_mqtt_send_t *send, int *token) {
  (void)conn;
  assert_string_equal(send->topic, "t/1");
  *token = (int)send->seq;
  sent++;
  return TG_OK;
}

/* Whatever fails: nothing is lost, and the next try sends all. */
static bool drain_outbox(void *ud) {
  (void)ud;
  static int connection; /* never looked into */
  tg_mqtt_drain_t drain;
  sent = deleted = 0;
  tg_mqtt_drain_init(&drain, NULL, 1);
  tg_mqtt_drain_up(&drain, (tg_mqtt_conn_t *)(void *)&connection, 4);
  (void)tg_mqtt_drain_pump(&drain);
  bool at_once = sent == 3;
  check_int(sent, deleted);
  if (!at_once) (void)tg_mqtt_drain_pump(&drain);
  check_int(sent, 3);
  check_int(deleted, 3);
  tg_mqtt_drain_fini(&drain);
  return at_once;
}

static void a_drain_without_memory_sends_later(void **state) {
  (void)state;
  check_int(alloc_harness_each_failure(drain_outbox, NULL), 1);
}

static void count(void *ud, const tg_mqtt_event_t *event) {
  check_slice(event->topic, "topic");
  ++*(int *)ud;
}

/* What was not refused arrives, if need be behind the next note: a post that found no memory is made up for. */
static bool pass_notes(void *ud) {
  (void)ud;
  int received = 0, pushed = 0;
  tg_loop_t *loop = tg_loop_new();
  tg_mqtt_ring_t *ring = loop ? tg_mqtt_ring_new(loop, count, &received) : NULL;
  if (!ring) {
    tg_loop_free(loop);
    return false;
  }
  const tg_mqtt_event_t event = {.kind = TG_MQTT_MESSAGE, .topic = tg_slice_str("topic")};
  for (int i = 0; i < 3; i++) {
    pushed += tg_mqtt_ring_push(ring, &event);
    tg_loop_turn(loop, 0);
  }
  for (int i = 0; i < 3; i++) tg_loop_turn(loop, 0);
  check_int(received, pushed);
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
  return pushed == 3;
}

static void a_note_without_memory_is_refused(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(pass_notes, NULL) >= 7);
}

CHECK_SUITE(a_drain_without_memory_sends_later, a_note_without_memory_is_refused)
