/* SPDX-License-Identifier: Apache-2.0 */
/* See driver_harness.h. */

#include "tests/unit/api/driver_harness.h"

#include <lauxlib.h>
#include <luv/luv.h>

#include "bindings/api/bundle_uv.h"
#include "bindings/api/mod_driver.h"
#include "bindings/api/mod_serial.h"
#include "bindings/vm/vm_call.h"
#include "bindings/vm/vm_sandbox.h"

static bool module_source(void *ud, const char *name, tg_buf_t *source, tg_buf_t *file) {
  (void)ud;
  char path[512], relative[128];
  snprintf(relative, sizeof relative, "%s", name);
  for (char *p = relative; *p; p++) {
    if (*p == '.') *p = '/';
  }
  snprintf(path, sizeof path, "%s/scripts/%s.lua", TG_SOURCE_DIR, relative);
  FILE *in = fopen(path, "rb");
  if (!in) return false;
  char part[4096];
  for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;) tg_buf_put(source, tg_slice(part, n));
  fclose(in);
  tg_buf_put_str(file, relative);
  return true;
}

static int open_modules(lua_State *L) {
  driver_bench_t *bench = lua_touserdata(L, 1);
  luv_set_loop(tg_vm_state(bench->vm), &bench->uv.loop);
  lua_pushcfunction(L, luaopen_luv);
  lua_call(L, 0, 1);
  tg_bundle_uv_guard(L, &bench->uv);
  tg_vm_sandbox_preload(L, "uv");
  lua_newtable(L);
  tg_mod_driver_push(L, bench->twin.twin, "plc1");
  lua_setfield(L, -2, "driver");
  tg_mod_serial_push(L);
  lua_setfield(L, -2, "serial");
  tg_vm_sandbox_preload(L, "tidegate");
  return 0;
}

static int run_text(lua_State *L) {
  const driver_bench_t *bench = lua_touserdata(L, 1);
  if (luaL_loadstring(L, bench->script) != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

tg_rc_t driver_bench_try(driver_bench_t *bench, const char *script, tg_diag_t *diag) {
  bench->script = script;
  return tg_vm_call(bench->vm, run_text, bench, diag);
}

void driver_bench_run(driver_bench_t *bench, const char *script) {
  tg_diag_t diag = {0};
  if (driver_bench_try(bench, script, &diag) != TG_OK) fail_msg("line %d: %s", diag.line, diag.message);
}

void driver_bench_open(driver_bench_t *bench) {
  twin_bench_open(&bench->twin, 8);
  bench->uv.is_running = false;
  assert_int_equal(uv_loop_init(&bench->uv.loop), 0);
  tg_vm_config_t config = {.module = module_source, .ud = bench, .burst_ms = 1000};
  bench->vm = tg_vm_new(&config);
  assert_non_null(bench->vm);
  tg_diag_t diag = {0};
  if (tg_vm_call(bench->vm, open_modules, bench, &diag) != TG_OK) fail_msg("%s", diag.message);
}

static void close_handle(uv_handle_t *handle, void *ud) {
  (void)ud;
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void driver_bench_close(driver_bench_t *bench) {
  uv_walk(&bench->uv.loop, close_handle, NULL);
  uv_run(&bench->uv.loop, UV_RUN_DEFAULT);
  if (bench->vm) tg_vm_free(bench->vm);
  uv_run(&bench->uv.loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&bench->uv.loop), 0);
  twin_bench_close(&bench->twin);
}

static int turn_uv(lua_State *L) {
  driver_bench_t *bench = lua_touserdata(L, 1);
  uv_run(&bench->uv.loop, UV_RUN_NOWAIT);
  return 0;
}

void driver_bench_turn(driver_bench_t *bench) {
  tg_diag_t diag = {0};
  if (tg_vm_call(bench->vm, turn_uv, bench, &diag) != TG_OK) fail_msg("line %d: %s", diag.line, diag.message);
  twin_bench_pass(&bench->twin, 1);
}

tg_id_t driver_bench_submit(driver_bench_t *bench, tg_op_t op, tg_path_t path, const tg_value_t *value) {
  const tg_device_t *device = tg_twin_find_ep(bench->twin.twin, tg_slice_str("plc1"));
  assert_non_null(device);
  tg_record_t record = {.path = path};
  if (value) record.value = *value;
  tg_command_t command = {
      .device = device->id, .op = op, .path = path, .records = &record, .record_count = value ? 1 : 0};
  tg_id_t id;
  check_rc(tg_twin_submit(bench->twin.twin, &command, twin_bench_done, &bench->twin, &id), TG_OK);
  return id;
}

void driver_bench_ask(driver_bench_t *bench, tg_op_t op, tg_path_t path, const tg_value_t *value) {
  driver_bench_submit(bench, op, path, value);
  driver_bench_turn(bench);
}

bool driver_bench_value(driver_bench_t *bench, tg_path_t path, tg_value_t *value) {
  const tg_device_t *device = tg_twin_find_ep(bench->twin.twin, tg_slice_str("plc1"));
  tg_record_t record;
  if (!device || tg_twin_value(bench->twin.twin, device->id, &path, &record) != TG_OK) return false;
  *value = record.value;
  return true;
}

void driver_bench_check_misuse(const driver_bench_misuse_t *rows, size_t count) {
  driver_bench_t bench;
  driver_bench_open(&bench);
  for (size_t i = 0; i < count; i++) {
    tg_diag_t diag = {0};
    check_rc(driver_bench_try(&bench, rows[i].script, &diag), TG_E_SCRIPT);
    if (!strstr(diag.message, rows[i].message)) fail_msg("%s: %s", rows[i].script, diag.message);
  }
  driver_bench_close(&bench);
}
