/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_API_API_MQTT_HARNESS_H
#define TG_TESTS_UNIT_API_API_MQTT_HARNESS_H

/** Scripts and real brokers, called `main` and `second`. */

#include "tests/unit/api/api_harness.h"
#include "tests/unit/mqtt/mosquitto_harness.h"

/** One or two brokers and a harness on them. */
typedef struct api_mqtt {
  api_harness_t h;
  mosquitto_harness_t brokers[API_HARNESS_BROKERS];
  size_t count;
} api_mqtt_t;

/** Starts @p count brokers and opens a harness that is connected to all of them. Lent until the next call. */
api_mqtt_t *api_mqtt_open(size_t count);

/** Frees everything and ends the brokers. */
void api_mqtt_close(api_mqtt_t *bench);

/** The gateway itself publishes @p payload at @p broker, durably and with QoS 2. */
void api_mqtt_publish(api_harness_t *h, const char *broker, const char *topic, const char *payload);

/** Turns the loop until everything that was published to `main` before has come back: one connection, one order. What scripts said stays to be looked at. */
void api_mqtt_mark(api_harness_t *h);

/** The program, as CHECK_SUITE(); it is skipped where there is no mosquitto. */
#define API_MQTT_SUITE(...)                                                                                            \
  int main(void) {                                                                                                     \
    const struct CMUnitTest tests[] = {CHECK_EACH(__VA_ARGS__)};                                                       \
    if (!mosquitto_harness_found()) {                                                                                  \
      puts("SKIP mosquitto is not installed");                                                                         \
      return 77;                                                                                                       \
    }                                                                                                                  \
    return cmocka_run_group_tests(tests, NULL, NULL);                                                                  \
  }

#endif
