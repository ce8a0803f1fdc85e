/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_table.c: many updates, what is forgotten and what is not, rows that can't be read, a store that is full. */

#include "tests/unit/firmware/fw_suite.h"

enum { MANY = 1010, KEPT = 1000 };

static bool count(void *ud, const tg_fw_update_t *update) {
  uint64_t *last = ud;
  check_true(last[0] == 0 || update->id < last[0]); /* newest first */
  last[0] = update->id;
  last[1]++;
  return true;
}

static void the_oldest_that_ended_are_forgotten(void **state) {
  (void)state;
  char ep[16];
  uint64_t first = 0;
  fw_bench_deregister(&bench, &bench.devices[0]);
  uint64_t open = fw_bench_update(&bench, "dev", NULL); /* older than all, and not over */
  for (int i = 0; i < MANY; i++) {
    snprintf(ep, sizeof ep, "d%d", i);
    uint64_t id = fw_bench_update(&bench, ep, NULL);
    if (i == 0) first = id;
    check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  }
  tg_fw_update_t update;
  for (int round = 0; round < 2; round++) {
    check_false(tg_firmware_find(bench.firmware, first, &update));
    check_false(tg_firmware_find(bench.firmware, first + MANY - KEPT - 1, &update));
    check_true(tg_firmware_find(bench.firmware, first + MANY - KEPT, &update));
    check_false(tg_firmware_find_ep(bench.firmware, tg_slice_str("d0"), &update));
    check_true(tg_firmware_find_ep(bench.firmware, tg_slice_str("d1009"), &update));
    check_int(fw_bench_get(&bench, open).state, TG_FW_WAITING);
    uint64_t walk[2] = {0, 0};
    tg_firmware_updates(bench.firmware, count, walk);
    check_int(walk[1], KEPT + 1);
    check_int(walk[0], open);
    fw_bench_kill(&bench, false); /* and their rows are gone as well */
  }
}

static void put_row(const tg_fw_row_t *row, const char *key, size_t key_len) {
  uint8_t memory[TG_FW_ROW_MAX];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_row_encode(row, &out);
  check_rc(out.rc, TG_OK);
  check_rc(tg_store_put(bench.store.store, "firmware", tg_slice(key, key_len), tg_buf_slice(&out)), TG_OK);
}

static void rows_that_can_not_be_are_left_out(void **state) {
  (void)state;
  tg_fw_row_t row = {.id = 40, .severity = -1, .defer_s = -1, .result = -1, .total = 1000};
  strcpy(row.ep, "x");
  strcpy(row.image, "app");
  put_row(&row, "\0\0\0\0\0\0\0\x28", 8);
  put_row(&row, "\0\0\0\0\0\0\0\x29", 8); /* another's key */
  put_row(&row, "k", 1);
  row.image[0] = '\0';
  row.id = 42;
  put_row(&row, "\0\0\0\0\0\0\0\x2a", 8);
  check_rc(tg_store_put(bench.store.store, "firmware", tg_slice_str("junk"), tg_slice_str("\x01junk")), TG_OK);
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  fw_bench_kill(&bench, false);
  tg_fw_update_t update;
  check_true(tg_firmware_find(bench.firmware, 40, &update));
  check_false(tg_firmware_find(bench.firmware, 41, &update));
  check_false(tg_firmware_find(bench.firmware, 42, &update));
  check_true(fw_bench_update(&bench, "dev", NULL) > 40);
}

static void an_image_of_another_size_is_another(void **state) {
  (void)state;
  tg_fw_row_t row = {.id = 40, .severity = -1, .defer_s = -1, .result = -1, .total = 999};
  strcpy(row.ep, "dev");
  strcpy(row.image, "app");
  row.expires_ms = INT64_MAX / 2;
  put_row(&row, "\0\0\0\0\0\0\0\x28", 8);
  fw_bench_kill(&bench, false);
  fw_bench_until(&bench, 40, TG_FW_FAILED, 10000);
  fw_bench_check_cause(&bench, 40, "not there any more");
}

static void count_calls(void *ud, const tg_fw_update_t *update) {
  (void)update;
  ++*(unsigned *)ud;
}

static void listeners_are_few_and_may_go(void **state) {
  (void)state;
  unsigned calls[TG_FW_LISTENERS_MAX] = {0};
  for (size_t i = 0; i + 1 < TG_FW_LISTENERS_MAX; i++) /* the bench has one */
    check_rc(tg_firmware_listen(bench.firmware, count_calls, &calls[i]), TG_OK);
  check_rc(tg_firmware_listen(bench.firmware, count_calls, &calls[7]), TG_E_FULL);
  tg_firmware_unlisten(bench.firmware, count_calls, &calls[3]);
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, 60000);
  check_true(calls[0] >= 6);
  check_int(calls[0], calls[6]);
  check_int(calls[3], 0);
  check_rc(tg_firmware_listen(bench.firmware, count_calls, &calls[7]), TG_OK);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define T(name) FW_TEST(name, 1000)
      T(the_oldest_that_ended_are_forgotten),
      T(rows_that_can_not_be_are_left_out),
      T(an_image_of_another_size_is_another),
      T(listeners_are_few_and_may_go),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
