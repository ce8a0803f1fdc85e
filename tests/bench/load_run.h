/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_BENCH_LOAD_RUN_H
#define TG_TESTS_BENCH_LOAD_RUN_H

/** The devices at work: as many requests in flight as the window holds, or notifications at a pace that nobody answers. */

#include "tests/bench/load.h"

enum { TG_LOAD_DELAY_BINS = 20000, TG_LOAD_DELAY_US = 100 };

typedef enum tg_load_phase { TG_LOAD_REGISTER, TG_LOAD_UPDATE, TG_LOAD_NOTIFY } tg_load_phase_t;

/** One request in flight. A notification is known by its message id, which is made of slot and use. */
typedef struct tg_load_slot {
  bool busy;
  uint32_t use;
  double sent; /* seconds */
  tg_load_packet_t packet;
} tg_load_slot_t;

/** All devices and what is under way. */
typedef struct tg_load_run {
  tg_load_config_t config;
  int fd;
  tg_load_phase_t phase;
  tg_load_device_t *devices;
  unsigned next;     /* device whose turn it is */
  uint64_t answered; /* in this phase */
  uint64_t refused;
  uint64_t repeated;
  unsigned observed;
  uint16_t mid;
  uint32_t sequence; /* of notifications; ascending for each device */
  tg_load_slot_t slots[TG_LOAD_WINDOW];
  tg_load_packet_t came[TG_LOAD_WINDOW];
  tg_load_packet_t out[TG_LOAD_WINDOW];
  uint32_t delays[TG_LOAD_DELAY_BINS]; /* answers by the time that they took; the last one: that long or longer */
} tg_load_run_t;

/** What a phase showed. */
typedef struct tg_load_measured {
  double seconds;
  double rate;
  double cpu_us; /* of the server, for each answer or notification */
  double p50_ms, p99_ms;
  uint64_t sent;                        /* at a pace only */
  uint64_t rss_begin, rss_end, rss_max; /* of the server, bytes; at a pace only */
} tg_load_measured_t;

/** Seconds of the monotonic clock. */
double tg_load_now(void);

/** Runs @p phase for so many seconds, or until all have registered. @return false when the server has stopped answering */
bool tg_load_run(tg_load_run_t *load, tg_load_phase_t phase, double seconds, tg_load_measured_t *measured);

/** Sends notifications, not confirmable, at the configured rate in bursts; waits for no answer. */
bool tg_load_run_paced(tg_load_run_t *load, tg_load_measured_t *measured);

/** Takes what has come or comes within @p wait_ms: answers free their slots, requests of the server are answered. @return how many datagrams */
unsigned tg_load_run_take(tg_load_run_t *load, int wait_ms);

/** Sends one Update of the first device each millisecond until it is answered with 2.04. @return Unix time of the answer, 0 when none came within a minute */
double tg_load_run_await(tg_load_run_t *load);

#endif
