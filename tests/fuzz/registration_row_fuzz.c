/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of registrations: what can be read is written again, and that is read as the same and written to the same bytes. (The first row
 * may differ from the second: paths that are told twice, observations that no longer fit and letters of old versions are mended.)
 */

#include "tests/fuzz/server_bench.h"

enum { ROW_MAX = 1 << 16 };

static void on_lifetime(tg_timer_t *timer, void *ud) {
  (void)timer, (void)ud;
}

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  (void)ud, (void)device, (void)command;
  return TG_OK;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  (void)ud, (void)device, (void)command;
}

/* Reads @p row and takes down in @p memory what it is written as; nothing where it can't be read. */
static tg_slice_t pass(server_bench_t *bench, tg_slice_t row, uint8_t *memory) {
  static const tg_backend_ops_t backend = {.kind = "lwm2m", .start = start, .cancel = cancel};
  tg_link_t *links[] = {&bench->link};
  bench->store.bucket = "registration";
  bench->store.key = tg_slice_str("a");
  bench->store.value = row;
  fuzz_require(tg_reg_store_restore(bench->server, links, 1, on_lifetime, &backend) == TG_OK);
  const tg_device_t *device = tg_twin_find_ep(bench->twin, tg_slice_str("a"));
  tg_reg_t *reg = device && device->online ? tg_reg_table_get(bench->server, device->backend_cookie) : NULL;
  if (!reg) return tg_slice(NULL, 0);
  fuzz_require(reg->obs_count <= TG_REG_OBS_MAX && device->object_count <= TG_REG_LINKS_MAX);
  tg_reg_store_put(bench->server, reg);
  tg_slice_t put = tg_buf_slice(&bench->store.last);
  fuzz_require(put.len > 0 && put.len <= ROW_MAX);
  memcpy(memory, put.p, put.len);
  size_t len = put.len;
  tg_reg_end(bench->server, reg, TG_EVENT_DEREGISTERED, "");
  server_bench_turn(bench);
  return tg_slice(memory, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static server_bench_t bench;
  static uint8_t first[ROW_MAX], second[ROW_MAX];
  if (!bench.server) {
    tg_log_setup(TG_LOG_ERROR, NULL, NULL);
    tg_buf_init_growing(&bench.store.last, ROW_MAX);
    server_bench_open(&bench, (tg_server_config_t){0});
    bench.store.only = "registration";
  }
  if (size > ROW_MAX) return 0;
  tg_slice_t written = pass(&bench, tg_slice(data, size), first);
  if (!written.len) return 0;
  tg_slice_t again = pass(&bench, written, second);
  fuzz_require(tg_slice_eq(written, again));
  return 0;
}
