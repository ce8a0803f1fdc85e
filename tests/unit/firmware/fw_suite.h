/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_FIRMWARE_FW_SUITE_H
#define TG_TESTS_UNIT_FIRMWARE_FW_SUITE_H

/** A fresh bench for every test of a file, and its first device. To be included by one test file. */

#include "tests/unit/firmware/fw_harness.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static fw_bench_t bench;

static const tg_fw_request_t plain = {.severity = -1, .defer_s = -1};

static inline int set_up(void **state) {
  fw_bench_open(&bench, (size_t)(uintptr_t)*state);
  return 0;
}

static inline int tear_down(void **state) {
  (void)state;
  fw_bench_close(&bench);
  return 0;
}

static inline fw_device_t *dev(void) {
  return &bench.devices[0];
}

/* An update of dev to `app` begins and transfers; @p ms pass then. @return its id */
static inline uint64_t transferring_for(uint64_t ms) {
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  fw_bench_pass(&bench, ms);
  return id;
}

/** A test with an image of @p size bytes. */
#define FW_TEST(test, size) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, (void *)(uintptr_t)(size))

#endif
