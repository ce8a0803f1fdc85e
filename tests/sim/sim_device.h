/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_DEVICE_H
#define TG_TESTS_SIM_SIM_DEVICE_H

/**
 * An LwM2M device: registers, updates, sends readings (Send or notifications) one after the other until they are acknowledged, answers
 * requests. Some sleep, some change their address, some are switched off and on, some say good-bye. What it believes may be read.
 */

#include "core/registry/value.h"
#include "tests/sim/sim_coap.h"

enum { SIM_DEVICE_KINDS = 6, SIM_DEVICE_LOCATION = 16 };

/** What a kind of device is like. Times are means. */
typedef struct sim_device_kind {
  const char *name;
  int format; /* that it speaks first */
  bool sends; /* by Send; else by notifications */
  bool sleeps;
  uint8_t confirmable_every; /* of notifications: each n-th */
  uint32_t reading_ms;
  uint32_t lifetime_s;
  uint32_t moves_ms; /* 0: never */
  uint32_t reboots_ms;
  uint32_t leaves_ms;
} sim_device_kind_t;

/** An observation of /3303/0: one at a time. */
typedef struct sim_device_observation {
  bool stands;
  uint8_t token[8];
  uint8_t token_len;
  int format;
  uint32_t seq;
  tg_path_t path;
} sim_device_observation_t;

/** An answer that comes separately. */
typedef struct sim_device_later {
  bool waits;
  uint8_t token[8];
  uint8_t token_len;
  uint8_t code;
  int format;
  size_t len;
  uint8_t payload[128];
} sim_device_later_t;

/** Members may be read. */
typedef struct sim_device {
  sim_coap_t coap;
  const sim_device_kind_t *kind;
  uint32_t node;
  char ep[24];
  tg_timer_t tick;
  bool is_on;
  bool is_registered; /* as it believes */
  char location[SIM_DEVICE_LOCATION];
  bool is_awake;
  uint16_t port;
  sim_device_observation_t observation;
  sim_device_later_t later;
  uint32_t first; /* oldest reading that is not acknowledged */
  uint32_t next;  /* the one to come */
  uint32_t sent;  /* how many of them are on their way */
  uint32_t notified;
  bool wants_bye;
  uint64_t on_ms, register_ms, update_ms, retry_ms, reading_ms, wake_ms, sleep_ms, move_ms, reboot_ms, leave_ms;
} sim_device_t;

/** Switches the device @p node (from 1 on) on, one of kind @p kind. Caller's memory, cleared. */
void sim_device_begin(sim_device_t *device, uint32_t node, uint32_t kind);

/** Stops it. */
void sim_device_end(sim_device_t *device);

#endif
