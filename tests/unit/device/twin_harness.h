/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_DEVICE_TWIN_HARNESS_H
#define TG_TESTS_UNIT_DEVICE_TWIN_HARNESS_H

/** A twin with a wheel under the test's clock, a backend that only takes notes, and a log of every event as short text. */

#include "core/device/device.h"
#include "tests/unit/check.h"

/** Everything a test of the twin needs. */
typedef struct twin_bench {
  tg_event_bus_t *bus;
  tg_wheel_t *wheel;
  tg_twin_t *twin;
  tg_random_seeded_t random;
  uint64_t now;
  char events[2048]; /* `registered:a command:waiting …` since the last twin_bench_events() */
  char drained[2048];
  tg_id_t started[16]; /* what the backend was asked to start */
  size_t start_count;
  size_t cancel_count;
  tg_rc_t start_rc;
  size_t done_count;
  tg_command_result_t last; /* without its slices */
  char done_tags[128];
} twin_bench_t;

/** Fills @p bench with a fresh twin of @p devices_max devices. */
void twin_bench_open(twin_bench_t *bench, uint32_t devices_max);

/** The same over @p store (kept; may be NULL). */
void twin_bench_open_over(twin_bench_t *bench, uint32_t devices_max, tg_store_t *store);

/** Frees it. */
void twin_bench_close(twin_bench_t *bench);

/** Lets @p ms pass: timers fire, events are drained. */
void twin_bench_pass(twin_bench_t *bench, uint64_t ms);

/** The events since the last call, each followed by a blank; lent until the next call. */
const char *twin_bench_events(twin_bench_t *bench);

/** A device @p ep comes online through the bench's backend. */
tg_id_t twin_bench_online(twin_bench_t *bench, const char *ep, bool queue_mode);

/** Submits @p op at /3/0/1 with @p tag; fails the test unless it is taken. */
tg_id_t twin_bench_submit(twin_bench_t *bench, tg_id_t device, tg_op_t op, const char *tag);

/** The done function of every command of the bench; @p ud is the bench. */
void twin_bench_done(void *ud, const tg_command_t *command, const tg_command_result_t *result);

/** The backend. */
extern const tg_backend_ops_t twin_bench_backend;

#endif
