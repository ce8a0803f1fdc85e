/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_API_DRIVER_HARNESS_H
#define TG_TESTS_UNIT_API_DRIVER_HARNESS_H

/** Drivers in a real vm over a real uv loop, with tg.driver and tg.serial; their device is `plc1` of a twin's bench. */

#include "bindings/api/uv_call.h"

#include "bindings/vm/vm.h"
#include "tests/unit/device/twin_harness.h"

enum { DRIVER_BENCH_TURNS_MAX = 5000 };

typedef struct driver_bench {
  twin_bench_t twin;
  tg_uv_call_loop_t uv;
  tg_vm_t *vm;
  const char *script; /* that runs */
} driver_bench_t;

/** Opens everything. */
void driver_bench_open(driver_bench_t *bench);

/** Frees everything; handles that scripts left are closed. */
void driver_bench_close(driver_bench_t *bench);

/** Runs @p script; what is wrong is in @p diag. */
tg_rc_t driver_bench_try(driver_bench_t *bench, const char *script, tg_diag_t *diag);

/** The same; fails the test unless it goes well. */
void driver_bench_run(driver_bench_t *bench, const char *script);

/** The uv loop does what is ready, a millisecond passes. */
void driver_bench_turn(driver_bench_t *bench);

/** Submits a command for `plc1`; @p value may be NULL. */
tg_id_t driver_bench_submit(driver_bench_t *bench, tg_op_t op, tg_path_t path, const tg_value_t *value);

/** Submits it and turns once. */
void driver_bench_ask(driver_bench_t *bench, tg_op_t op, tg_path_t path, const tg_value_t *value);

/** Whether `plc1` has a value at @p path, and which. */
bool driver_bench_value(driver_bench_t *bench, tg_path_t path, tg_value_t *value);

/** A script that raises, and a part of what it says. */
typedef struct driver_bench_misuse {
  const char *script;
  const char *message;
} driver_bench_misuse_t;

/** Runs every row; fails unless each raises and says so. */
void driver_bench_check_misuse(const driver_bench_misuse_t *rows, size_t count);

#endif
