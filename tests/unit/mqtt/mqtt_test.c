/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mqtt/mqtt_test.c: core/mqtt against a real mosquitto: order, redelivery after an outage, will and birth, commands in. */

#include "core/mqtt/mqtt.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/mqtt/mosquitto_harness.h"

enum { SEEN_MAX = 4096 };

/* One gateway's worth of store and MQTT on a loop, and what it received. */
typedef struct fixture {
  mosquitto_harness_t broker;
  tg_loop_t *loop;
  tg_store_t *store;
  tg_mqtt_t *mqtt;
  int connects;
  int disconnects;
  size_t seen;
  char topics[SEEN_MAX][48];
  char payloads[SEEN_MAX][48];
  bool retained[SEEN_MAX];
} fixture_t;

static void on_message(void *ud, const tg_mqtt_incoming_t *message) {
  fixture_t *f = ud;
  if (f->seen == SEEN_MAX) return;
  snprintf(f->topics[f->seen], sizeof f->topics[0], "%.*s", (int)message->topic.len, (const char *)message->topic.p);
  snprintf(f->payloads[f->seen], sizeof f->payloads[0], "%.*s", (int)message->payload.len,
           (const char *)message->payload.p);
  f->retained[f->seen] = message->retained;
  f->seen++;
}

static void on_state(void *ud, size_t broker, bool connected, const char *why) {
  fixture_t *f = ud;
  (void)broker;
  (void)why;
  connected ? f->connects++ : f->disconnects++;
}

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  fixture_t *f = ud;
  (void)ticket;
  check_rc(rc, TG_OK);
  if (f->mqtt) tg_mqtt_pump(f->mqtt);
}

static void at_turn_end(void *ud) {
  fixture_t *f = ud;
  (void)tg_store_end_turn(f->store);
  if (f->mqtt) tg_mqtt_pump(f->mqtt);
}

static void open_mqtt(fixture_t *f, int version, tg_mqtt_note_t will, tg_mqtt_note_t birth) {
  char uri[64];
  snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%u", f->broker.port);
  const tg_mqtt_broker_config_t broker = {.name = "main",
                                          .uri = uri,
                                          .version = version,
                                          .will = will,
                                          .birth = birth,
                                          .reconnect_min_ms = 20,
                                          .reconnect_max_ms = 100};
  const tg_mqtt_config_t config = {.loop = f->loop,
                                   .store = f->store,
                                   .brokers = &broker,
                                   .broker_count = 1,
                                   .on_message = on_message,
                                   .on_state = on_state,
                                   .ud = f};
  tg_diag_t diag = {0};
  check_rc(tg_mqtt_new(&config, &diag, &f->mqtt), TG_OK);
}

static fixture_t *open_fixture(void) {
  static fixture_t fixture;
  fixture_t *f = &fixture;
  memset(f, 0, sizeof *f);
  check_true(mosquitto_harness_start(&f->broker, NULL));
  f->loop = tg_loop_new();
  assert_non_null(f->loop);
  tg_diag_t diag = {0};
  const tg_store_config_t store = {.path = NULL, .on_commit = on_commit, .ud = f};
  check_rc(tg_store_open(f->loop, &store, &diag, &f->store), TG_OK);
  check_rc(tg_loop_each_turn(f->loop, at_turn_end, f), TG_OK);
  return f;
}

static void close_fixture(fixture_t *f) {
  tg_mqtt_free(f->mqtt);
  f->mqtt = NULL;
  tg_store_close(f->store);
  tg_loop_free(f->loop);
  mosquitto_harness_stop(&f->broker);
  mosquitto_harness_clean(&f->broker);
}

/* Turns the loop until so many messages were seen; false after ten seconds. */
static bool wait_seen(fixture_t *f, size_t count) {
  uint64_t end = tg_clock_mono_ms() + 10000;
  while (f->seen < count && tg_clock_mono_ms() < end) tg_loop_turn(f->loop, 10);
  return f->seen >= count;
}

static bool wait_connects(fixture_t *f, int count) {
  uint64_t end = tg_clock_mono_ms() + 10000;
  while (f->connects < count && tg_clock_mono_ms() < end) tg_loop_turn(f->loop, 10);
  return f->connects >= count;
}

static void publish(fixture_t *f, const char *topic, const char *payload, uint8_t qos, bool retain) {
  const tg_mqtt_publish_t message = {
      .topic = tg_slice_str(topic), .payload = tg_slice_str(payload), .qos = qos, .retain = retain, .durable = true};
  check_rc(tg_mqtt_publish(f->mqtt, &message), TG_OK);
}

static void messages_of_every_qos_arrive_in_order(void **state) {
  (void)state;
  for (int version = 4; version <= 5; version++) {
    for (uint8_t qos = 0; qos <= 2; qos++) {
      fixture_t *f = open_fixture();
      open_mqtt(f, version, (tg_mqtt_note_t){0}, (tg_mqtt_note_t){0});
      check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("t/#"), qos), TG_OK);
      check_true(wait_connects(f, 1));
      publish(f, "t/first", "ready", qos, false);
      check_true(wait_seen(f, 1));
      for (int i = 0; i < 500; i++) {
        char payload[16];
        snprintf(payload, sizeof payload, "%d", i);
        publish(f, "t/x", payload, qos, false);
      }
      check_true(wait_seen(f, 501));
      for (int i = 0; i < 500; i++) check_int(atoi(f->payloads[i + 1]), i);
      tg_mqtt_stats_t stats;
      tg_mqtt_stats(f->mqtt, 0, &stats);
      check_int(stats.published, 501);
      close_fixture(f);
    }
  }
}

static void what_was_published_during_an_outage_arrives_afterwards(void **state) {
  (void)state;
  fixture_t *f = open_fixture();
  open_mqtt(f, 5, (tg_mqtt_note_t){0}, (tg_mqtt_note_t){0});
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("t/#"), 1), TG_OK);
  check_true(wait_connects(f, 1));
  mosquitto_harness_stop(&f->broker);
  uint64_t end = tg_clock_mono_ms() + 10000;
  while (f->disconnects == 0 && tg_clock_mono_ms() < end) tg_loop_turn(f->loop, 10);
  check_int(f->disconnects, 1);
  for (int i = 0; i < 100; i++) {
    char payload[16];
    snprintf(payload, sizeof payload, "%d", i);
    publish(f, "t/x", payload, 1, false);
  }
  check_true(mosquitto_harness_restart(&f->broker));
  check_true(wait_connects(f, 2));
  check_true(wait_seen(f, 100));
  for (int i = 0; i < 100; i++) check_int(atoi(f->payloads[i]), i);
  tg_store_stats_t stats;
  end = tg_clock_mono_ms() + 5000;
  do {
    tg_loop_turn(f->loop, 10);
    tg_store_stats(f->store, &stats);
  } while (stats.outbox_rows > 0 && tg_clock_mono_ms() < end);
  check_int(stats.outbox_rows, 0);
  close_fixture(f);
}

static void birth_is_said_at_connect_and_the_will_at_goodbye(void **state) {
  (void)state;
  fixture_t *f = open_fixture();
  const tg_mqtt_note_t will = {"gw/state", "offline", 1, true}, birth = {"gw/state", "online", 1, true};
  open_mqtt(f, 5, will, birth);
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("gw/state"), 1), TG_OK);
  check_true(wait_seen(f, 1));
  check_slice(tg_slice_str(f->payloads[0]), "online");
  tg_mqtt_free(f->mqtt);
  f->mqtt = NULL;
  f->seen = 0;
  open_mqtt(f, 4, (tg_mqtt_note_t){0}, (tg_mqtt_note_t){0});
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("gw/state"), 1), TG_OK);
  check_true(wait_seen(f, 1));
  check_slice(tg_slice_str(f->payloads[0]), "offline");
  check_true(f->retained[0]);
  close_fixture(f);
}

static void an_ended_subscription_brings_nothing_more(void **state) {
  (void)state;
  fixture_t *f = open_fixture();
  open_mqtt(f, 5, (tg_mqtt_note_t){0}, (tg_mqtt_note_t){0});
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("a"), 1), TG_OK);
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("b"), 1), TG_OK);
  check_true(wait_connects(f, 1));
  publish(f, "a", "1", 1, false);
  check_true(wait_seen(f, 1));
  tg_mqtt_unsubscribe(f->mqtt, 0, tg_slice_str("a"));
  publish(f, "a", "2", 1, false);
  publish(f, "b", "3", 1, false);
  check_true(wait_seen(f, 2));
  check_slice(tg_slice_str(f->payloads[1]), "3");
  close_fixture(f);
}

static void what_can_not_be_configured_is_refused_with_a_reason(void **state) {
  (void)state;
  fixture_t *f = open_fixture();
  static const struct {
    tg_mqtt_broker_config_t brokers[2];
    size_t count;
    const char *says;
  } rows[] = {
      {{{.name = "a", .uri = "http://x"}}, 1, "mqtt://host"},
      {{{.name = "a", .uri = "mqtt://"}}, 1, "names no host"},
      {{{.name = "", .uri = "mqtt://x"}}, 1, "has no name"},
      {{{.name = "a", .uri = "mqtt://127.0.0.1:1"}, {.name = "a", .uri = "mqtt://127.0.0.1:1"}}, 2, "two brokers"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    const tg_mqtt_config_t config = {
        .loop = f->loop, .store = f->store, .brokers = rows[i].brokers, .broker_count = rows[i].count};
    tg_mqtt_t *mqtt;
    check_rc(tg_mqtt_new(&config, &diag, &mqtt), TG_E_CONFIG);
    if (!strstr(diag.message, rows[i].says)) fail_msg("\"%s\" does not say \"%s\"", diag.message, rows[i].says);
  }
  open_mqtt(f, 5, (tg_mqtt_note_t){0}, (tg_mqtt_note_t){0});
  const tg_mqtt_publish_t bad = {.topic = tg_slice_str("a/#"), .payload = tg_slice_str("x")};
  check_rc(tg_mqtt_publish(f->mqtt, &bad), TG_E_ARG);
  check_rc(tg_mqtt_subscribe(f->mqtt, 0, tg_slice_str("a/#/b"), 1), TG_E_ARG);
  size_t broker;
  check_rc(tg_mqtt_broker(f->mqtt, tg_slice_str("nobody"), &broker), TG_E_NOT_FOUND);
  check_rc(tg_mqtt_broker(f->mqtt, tg_slice_str(""), &broker), TG_OK);
  close_fixture(f);
}

CHECK_SUITE(messages_of_every_qos_arrive_in_order, what_was_published_during_an_outage_arrives_afterwards,
            birth_is_said_at_connect_and_the_will_at_goodbye, an_ended_subscription_brings_nothing_more,
            what_can_not_be_configured_is_refused_with_a_reason)
