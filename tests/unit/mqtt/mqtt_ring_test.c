/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mqtt/mqtt_ring_test.c: mirrors core/mqtt/mqtt_ring.c. */

#include "core/mqtt/mqtt_ring.h"

#include <pthread.h>

#include "core/base/buf.h"
#include "tests/unit/check.h"

enum { MEBIBYTE = 1 << 20, BOUND = 8 * MEBIBYTE };

/* What arrived, as `kind value topic payload;` each. */
typedef struct received {
  char text[256];
  tg_buf_t out;
  size_t count;
} received_t;

static void take(void *ud, const tg_mqtt_event_t *event) {
  received_t *received = ud;
  received->count++;
  tg_buf_put_fmt(&received->out, "%d %d ", (int)event->kind, event->value);
  tg_buf_put(&received->out, event->topic);
  tg_buf_put_u8(&received->out, ' ');
  if (event->payload.len < 16) tg_buf_put(&received->out, event->payload);
  tg_buf_put_u8(&received->out, ';');
}

static tg_mqtt_ring_t *open_ring(tg_loop_t *loop, received_t *received) {
  *received = (received_t){0};
  tg_buf_init(&received->out, received->text, sizeof received->text);
  tg_mqtt_ring_t *ring = tg_mqtt_ring_new(loop, take, received);
  assert_non_null(ring);
  return ring;
}

static void turn(tg_loop_t *loop) {
  for (int i = 0; i < 3; i++) tg_loop_turn(loop, 0);
}

static void notes_arrive_in_order_with_bytes_of_their_own(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  received_t received;
  tg_mqtt_ring_t *ring = open_ring(loop, &received);
  char topic[] = "t/1", payload[] = "p";
  check_true(tg_mqtt_ring_push(ring, &(tg_mqtt_event_t){.kind = TG_MQTT_UP, .value = 7}));
  check_true(tg_mqtt_ring_push(
      ring,
      &(tg_mqtt_event_t){.kind = TG_MQTT_MESSAGE, .topic = tg_slice_str(topic), .payload = tg_slice_str(payload)}));
  check_true(tg_mqtt_ring_push(ring, &(tg_mqtt_event_t){.kind = TG_MQTT_DOWN, .topic = tg_slice_str("gone")}));
  memset(topic, 'x', 3);
  payload[0] = 'x';
  check_int(received.count, 0); /* on the loop, not here */
  turn(loop);
  check_slice(tg_buf_slice(&received.out), "0 7  ;7 0 t/1 p;1 0 gone ;");
  check_true(tg_mqtt_ring_push(ring, &(tg_mqtt_event_t){.kind = TG_MQTT_TAKEN, .value = 9})); /* and again */
  turn(loop);
  check_int(received.count, 4);
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
}

/* A flood of messages is left with paho, which asks again; an acknowledgement always gets through. */
static void messages_are_bounded_and_acknowledgements_are_not(void **state) {
  (void)state;
  static const uint8_t bytes[MEBIBYTE];
  tg_loop_t *loop = tg_loop_new();
  received_t received;
  tg_mqtt_ring_t *ring = open_ring(loop, &received);
  const tg_mqtt_event_t message = {.kind = TG_MQTT_MESSAGE, .payload = tg_slice(bytes, sizeof bytes)};
  const tg_mqtt_event_t taken = {.kind = TG_MQTT_TAKEN}, small = {.kind = TG_MQTT_MESSAGE, .topic = tg_slice_str("t")};
  size_t count = 0;
  while (count < 100 && tg_mqtt_ring_push(ring, &message)) count++;
  check_int(count, BOUND / MEBIBYTE);
  check_false(tg_mqtt_ring_push(ring, &small));
  check_true(tg_mqtt_ring_push(ring, &taken));
  turn(loop);
  check_int(received.count, count + 1);
  check_true(tg_mqtt_ring_push(ring, &message)); /* there is room again */
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
}

static void what_is_queued_goes_with_the_ring(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  received_t received;
  tg_mqtt_ring_t *ring = open_ring(loop, &received);
  check_true(tg_mqtt_ring_push(ring, &(tg_mqtt_event_t){.kind = TG_MQTT_UP}));
  tg_mqtt_ring_free(ring);
  turn(loop);
  check_int(received.count, 0);
  tg_mqtt_ring_free(NULL);
  tg_loop_free(loop);
}

enum { THREADS = 2, EACH = 2000 };

/* @return NULL when all went well: only the test's own thread may fail it */
static void *push_many(void *ud) {
  for (int i = 0; i < EACH; i++) {
    if (!tg_mqtt_ring_push(ud, &(tg_mqtt_event_t){.kind = TG_MQTT_TAKEN, .value = i})) return ud;
  }
  return NULL;
}

static void count(void *ud, const tg_mqtt_event_t *event) {
  check_int(event->kind, TG_MQTT_TAKEN);
  ++*(size_t *)ud;
}

static void several_threads_may_push(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  size_t seen = 0;
  tg_mqtt_ring_t *ring = tg_mqtt_ring_new(loop, count, &seen);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) check_int(pthread_create(&threads[i], NULL, push_many, ring), 0);
  for (int i = 0; i < 500 && seen < THREADS * EACH; i++) tg_loop_turn(loop, 20);
  for (int i = 0; i < THREADS; i++) {
    void *refused = NULL;
    check_int(pthread_join(threads[i], &refused), 0);
    assert_null(refused);
  }
  turn(loop);
  check_int(seen, THREADS * EACH);
  tg_mqtt_ring_free(ring);
  tg_loop_free(loop);
}

CHECK_SUITE(notes_arrive_in_order_with_bytes_of_their_own, messages_are_bounded_and_acknowledgements_are_not,
            what_is_queued_goes_with_the_ring, several_threads_may_push)
