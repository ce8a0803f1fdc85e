/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_DEVICE_TWIN_BULK_BENCH_H
#define TG_TESTS_UNIT_DEVICE_TWIN_BULK_BENCH_H

/** A twin with device `a`, commands with a body for it, and what their asker is told of their progress. To be included by one test file. */

#include "tests/unit/device/twin_harness.h"

static twin_bench_t bench;
static uint64_t told;
static unsigned tellings;
static bool cancels;
static const uint8_t image[5000];

static inline void on_progress(void *ud, const tg_command_t *command, uint64_t sent) {
  check_true(ud == &bench);
  check_true(command->body.p == image); /* not copied */
  told = sent;
  tellings++;
  if (cancels) check_rc(tg_twin_cancel(bench.twin, command->id), TG_OK);
}

static inline tg_command_t body_of(tg_id_t device, const char *tag) {
  return (tg_command_t){.device = device,
                        .op = TG_OP_WRITE,
                        .path = tg_path(3, 5, 0, 0),
                        .tag = tg_slice_str(tag),
                        .body = tg_slice(image, sizeof image),
                        .content_format = -1,
                        .progress = on_progress};
}

static inline tg_id_t submit(const tg_command_t *command) {
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench.twin, command, twin_bench_done, &bench, &id), TG_OK);
  return id;
}

static inline tg_id_t push(tg_id_t device, const char *tag) {
  tg_command_t command = body_of(device, tag);
  return submit(&command);
}

static inline void finish(tg_id_t id, tg_command_state_t how, tg_rc_t rc) {
  tg_command_result_t result = {.state = how, .rc = rc, .code = how == TG_COMMAND_DONE ? 0x44 : 0};
  tg_twin_finish(bench.twin, id, &result);
}

static inline tg_id_t open_bench(bool queue_mode) {
  twin_bench_open(&bench, 8);
  told = tellings = 0;
  cancels = false;
  return twin_bench_online(&bench, "a", queue_mode);
}

static inline void check_ended(tg_command_state_t state, tg_rc_t rc) {
  check_int(bench.done_count, 1);
  check_int(bench.last.state, state);
  check_rc(bench.last.rc, rc);
}

#endif
