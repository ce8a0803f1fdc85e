/* SPDX-License-Identifier: Apache-2.0 */
/* See api_mqtt_harness.h. */

#include "tests/unit/api/api_mqtt_harness.h"

#include "core/base/clock.h"

api_mqtt_t *api_mqtt_open(size_t count) {
  static api_mqtt_t memory;
  api_mqtt_t *bench = &memory;
  uint16_t ports[API_HARNESS_BROKERS];
  *bench = (api_mqtt_t){.count = count};
  for (size_t i = 0; i < count; i++) {
    assert_true(mosquitto_harness_start(&bench->brokers[i], NULL));
    ports[i] = bench->brokers[i].port;
  }
  api_harness_open_with(&bench->h, NULL, NULL, ports, count);
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  for (size_t i = 0; i < count; i++) {
    tg_mqtt_stats_t stats = {0};
    while (!stats.connected && tg_clock_mono_ms() < end) {
      tg_loop_turn(bench->h.loop, 10);
      tg_mqtt_stats(bench->h.mqtt, i, &stats);
    }
    check_true(stats.connected);
  }
  return bench;
}

void api_mqtt_close(api_mqtt_t *bench) {
  api_harness_close(&bench->h);
  for (size_t i = 0; i < bench->count; i++) {
    mosquitto_harness_stop(&bench->brokers[i]);
    mosquitto_harness_clean(&bench->brokers[i]);
  }
}

void api_mqtt_publish(api_harness_t *h, const char *broker, const char *topic, const char *payload) {
  size_t index = 0;
  check_rc(tg_mqtt_broker(h->mqtt, tg_slice_str(broker), &index), TG_OK);
  const tg_mqtt_publish_t message = {
      .broker = index, .topic = tg_slice_str(topic), .payload = tg_slice_str(payload), .qos = 2, .durable = true};
  check_rc(tg_mqtt_publish(h->mqtt, &message), TG_OK);
}

void api_mqtt_mark(api_harness_t *h) {
  static int number;
  char source[256], text[32];
  snprintf(text, sizeof text, "mark %d", ++number);
  snprintf(source, sizeof source,
           "local tg = require 'tidegate' tg.mqtt.subscribe('mark', function(t, p) print(p) end, { qos = 2 })\n"
           "tg.mqtt.publish('mark', '%s', { qos = 2 }) return {}",
           text);
  api_harness_load(h, "mark", source);
  api_harness_wait_said(h, text);
  api_harness_unload(h, "mark");
  char *at = strstr(h->said, text);
  if (at == h->said) h->has_said = false;
  else at -= 2; /* the separator */
  *at = 0;
}
