/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_MQTT_MOSQUITTO_HARNESS_H
#define TG_TESTS_UNIT_MQTT_MOSQUITTO_HARNESS_H

/** A real mosquitto on a free loopback port, for one test program. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct mosquitto_harness {
  pid_t pid;
  uint16_t port;
  char folder[64];
} mosquitto_harness_t;

/** Whether mosquitto is installed. */
bool mosquitto_harness_found(void);

/** Picks a port and starts a broker that keeps nothing; @p extra is appended to its configuration. Waits until it accepts. */
bool mosquitto_harness_start(mosquitto_harness_t *broker, const char *extra);

/** Starts it again on the same port after a stop. */
bool mosquitto_harness_restart(mosquitto_harness_t *broker);

/** Ends the broker and waits for it. */
void mosquitto_harness_stop(mosquitto_harness_t *broker);

/** Removes its folder. */
void mosquitto_harness_clean(mosquitto_harness_t *broker);

#endif
