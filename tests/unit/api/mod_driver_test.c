/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_driver.c, driver_device.c, driver_task.c and mod_serial.c: drivers in a real vm over a real uv loop and pseudo-terminals. */

#include <fcntl.h>
#include <lauxlib.h>
#include <luv/luv.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "bindings/api/bundle_uv.h"
#include "bindings/api/mod_driver.h"
#include "bindings/api/mod_serial.h"
#include "bindings/vm/vm_call.h"
#include "bindings/vm/vm_sandbox.h"
#include "tests/unit/device/twin_harness.h"

enum { TURNS_MAX = 5000 };

typedef struct bench {
  twin_bench_t twin;
  uv_loop_t loop;
  tg_vm_t *vm;
  const char *script;
} bench_t;

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
  bench_t *bench = lua_touserdata(L, 1);
  luv_set_loop(tg_vm_state(bench->vm), &bench->loop);
  lua_pushcfunction(L, luaopen_luv);
  lua_call(L, 0, 1);
  tg_bundle_uv_guard(L, &bench->loop);
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
  const bench_t *bench = lua_touserdata(L, 1);
  if (luaL_loadstring(L, bench->script) != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static tg_rc_t run_script(bench_t *bench, const char *script, tg_diag_t *diag) {
  bench->script = script;
  return tg_vm_call(bench->vm, run_text, bench, diag);
}

static void must_run(bench_t *bench, const char *script) {
  tg_diag_t diag = {0};
  if (run_script(bench, script, &diag) != TG_OK) fail_msg("line %d: %s", diag.line, diag.message);
}

static void bench_open(bench_t *bench) {
  twin_bench_open(&bench->twin, 8);
  assert_int_equal(uv_loop_init(&bench->loop), 0);
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

static void bench_close(bench_t *bench) {
  uv_walk(&bench->loop, close_handle, NULL);
  uv_run(&bench->loop, UV_RUN_DEFAULT);
  if (bench->vm) tg_vm_free(bench->vm);
  uv_run(&bench->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&bench->loop), 0);
  twin_bench_close(&bench->twin);
}

static int turn_uv(lua_State *L) {
  bench_t *bench = lua_touserdata(L, 1);
  uv_run(&bench->loop, UV_RUN_NOWAIT);
  return 0;
}

static void turn(bench_t *bench) {
  tg_diag_t diag = {0};
  if (tg_vm_call(bench->vm, turn_uv, bench, &diag) != TG_OK) fail_msg("line %d: %s", diag.line, diag.message);
  twin_bench_pass(&bench->twin, 1);
}

static tg_id_t submit(bench_t *bench, tg_op_t op, tg_path_t path, const tg_value_t *value) {
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

static bool has_value(bench_t *bench, tg_path_t path, tg_value_t *value) {
  const tg_device_t *device = tg_twin_find_ep(bench->twin.twin, tg_slice_str("plc1"));
  tg_record_t record;
  if (!device || tg_twin_value(bench->twin.twin, device->id, &path, &record) != TG_OK) return false;
  *value = record.value;
  return true;
}

static const char METER[] = "local tg = require 'tidegate'\n"
                            "script = tg.driver.define {\n"
                            "  name = 'meter', objects = { [3303] = {} },\n"
                            "  run = function(self) self:put('/3303/0/5700', 21.5) end,\n"
                            "  write = function(self, path, value)\n"
                            "    if value == 13 then return nil, 'unlucky' end\n"
                            "    return self:put(path, value)\n"
                            "  end,\n"
                            "  execute = function(self) return self:wait(function(done) finish = done end) end,\n"
                            "}\n"
                            "script.init({})\n";

static void a_driver_is_a_device_with_values(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  assert_string_equal(twin_bench_events(&bench.twin), "registered:plc1 records:plc1 ");
  tg_value_t value;
  check_true(has_value(&bench, tg_path(3, 3303, 0, 5700), &value));
  check_true(value.type == TG_TYPE_FLOAT && value.f == 21.5);
  assert_string_equal(tg_twin_find_ep(bench.twin.twin, tg_slice_str("plc1"))->backend->kind, "driver");
  bench_close(&bench);
}

static void writes_reach_the_driver_and_its_answer_comes_back(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  tg_value_t value = {.type = TG_TYPE_INTEGER, .i = 7};
  submit(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5601), &value);
  turn(&bench);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.code, 0x44);
  check_true(has_value(&bench, tg_path(3, 3303, 0, 5601), &value));
  check_int(value.i, 7);
  value.i = 13;
  submit(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5601), &value);
  turn(&bench);
  check_int(bench.twin.last.state, TG_COMMAND_FAILED);
  check_rc(bench.twin.last.rc, TG_E_PEER);
  bench_close(&bench);
}

static void read_and_discover_are_answered_from_the_last_values(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  submit(&bench, TG_OP_READ, tg_path(2, 3303, 0, 0), NULL);
  turn(&bench);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.record_count, 1);
  submit(&bench, TG_OP_DISCOVER, tg_path(1, 3303, 0, 0), NULL);
  turn(&bench);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.text.len, strlen("</3303/0>,</3303/0/5700>"));
  submit(&bench, TG_OP_READ, tg_path(3, 3303, 0, 9), NULL);
  turn(&bench);
  check_rc(bench.twin.last.rc, TG_E_NOT_FOUND);
  submit(&bench, TG_OP_CREATE, tg_path(1, 3303, 0, 0), NULL);
  turn(&bench);
  check_rc(bench.twin.last.rc, TG_E_METHOD);
  bench_close(&bench);
}

static void a_command_may_wait_and_is_not_done_before(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  submit(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  turn(&bench);
  check_int(bench.twin.done_count, 0);
  must_run(&bench, "finish(true) finish(true)");
  turn(&bench);
  check_int(bench.twin.done_count, 1);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  bench_close(&bench);
}

static void a_late_answer_to_a_cancelled_command_is_dropped(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  tg_id_t id = submit(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  turn(&bench);
  check_rc(tg_twin_cancel(bench.twin.twin, id), TG_OK);
  must_run(&bench, "finish(true)");
  turn(&bench);
  check_int(bench.twin.done_count, 1);
  check_int(bench.twin.last.state, TG_COMMAND_CANCELLED);
  bench_close(&bench);
}

static void devices_go_offline_with_their_script(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  must_run(&bench, METER);
  submit(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  turn(&bench);
  tg_vm_free(bench.vm);
  bench.vm = NULL;
  check_false(tg_twin_find_ep(bench.twin.twin, tg_slice_str("plc1"))->online);
  check_int(bench.twin.last.state, TG_COMMAND_UNKNOWN); /* the driver had begun with it */
  check_rc(bench.twin.last.rc, TG_E_UNKNOWN);
  bench_close(&bench);
}

static void misuse_names_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *script;
    const char *message;
  } rows[] = {
      {"require('tidegate').driver.define(1)", "table expected"},
      {"require('tidegate').driver.define{ name = 'x' }", "run is missing"},
      {"require('tidegate').driver.define{ name='x', run=print, objects={[70000]={}} }.init{}", "a path"},
      {"require('tidegate').serial.open(1.5, 2)", "table expected"},
      {"require('tidegate').serial.open('/dev/null', { bauds = 1 })", "\"bauds\" is not known"},
      {"require('tidegate').serial.open('/dev/null', { baud = 1234 })", "baud 1234"},
      {"require('tidegate').serial.open('/dev/null', { parity = 'mark' })", "\"parity\""},
      {"require('tidegate').serial.open('/dev/null', { stop = 3 })", "\"stop\""},
      {"local p, err = require('tidegate').serial.open('/dev/null') error(tostring(err), 0)", "io: /dev/null"},
      {"local p, err = require('tidegate').serial.open('/nowhere/x') error(tostring(err), 0)", "not_found: /nowhere/x"},
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    check_rc(run_script(&bench, rows[i].script, &diag), TG_E_SCRIPT);
    if (!strstr(diag.message, rows[i].message)) fail_msg("%s: %s", rows[i].script, diag.message);
  }
  bench_close(&bench);
}

/* The other side of a pseudo-terminal. */
static int open_pty(char name[64]) {
  int master, slave;
  assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
  close(slave);
  assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
  return master;
}

static uint16_t crc(const uint8_t *p, size_t len) {
  uint16_t value = 0xFFFF;
  for (size_t i = 0; i < len; i++) {
    value = (uint16_t)(value ^ p[i]);
    for (int bit = 0; bit < 8; bit++) value = (uint16_t)(value & 1 ? (value >> 1) ^ 0xA001 : value >> 1);
  }
  return value;
}

/* A slave with one holding register, 10; @return whether it was asked something. */
static bool serve_modbus(int master, uint16_t *reg) {
  uint8_t in[64], out[64];
  ssize_t got = read(master, in, sizeof in);
  if (got <= 0) return false;
  check_int(got, 8);
  check_int(crc(in, 8), 0);
  size_t len = 6;
  memcpy(out, in, 6);
  if (in[1] == 6) {
    *reg = (uint16_t)(in[4] << 8 | in[5]);
  } else {
    check_int(in[3], 10);
    uint8_t answer[] = {in[0], in[1], 2, (uint8_t)(*reg >> 8), (uint8_t)*reg};
    memcpy(out, answer, len = sizeof answer);
  }
  uint16_t sum = crc(out, len);
  out[len++] = (uint8_t)sum;
  out[len++] = (uint8_t)(sum >> 8);
  check_int(write(master, out, len), len);
  return true;
}

static void the_modbus_driver_speaks_to_a_slave_on_a_serial_line(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  char port[64], script[512];
  int master = open_pty(port);
  snprintf(script, sizeof script,
           "script = require 'drivers.modbus'\n"
           "script.init { port = '%s', baud = 115200, period = 0.01, map = {\n"
           "  { path = '/3303/0/5700', address = 10, scale = 0.5, write = true } } }\n",
           port);
  must_run(&bench, script);
  uint16_t reg = 43;
  tg_value_t value = {.type = TG_TYPE_NONE};
  for (int i = 0; i < TURNS_MAX && !has_value(&bench, tg_path(3, 3303, 0, 5700), &value); i++) {
    turn(&bench);
    if (!serve_modbus(master, &reg)) poll(NULL, 0, 1);
  }
  check_true(value.type == TG_TYPE_FLOAT && value.f == 21.5);
  tg_value_t wanted = {.type = TG_TYPE_FLOAT, .f = 4.5};
  submit(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5700), &wanted);
  for (int i = 0; i < TURNS_MAX && bench.twin.done_count == 0; i++) {
    turn(&bench);
    if (!serve_modbus(master, &reg)) poll(NULL, 0, 1);
  }
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(reg, 9);
  must_run(&bench, "script.deinit()");
  close(master);
  bench_close(&bench);
}

static void a_port_is_raw_and_as_it_was_asked_for(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  char port[64], script[512];
  int master = open_pty(port);
  snprintf(script, sizeof script, "port = assert(require('tidegate').serial.open('%s', { baud = 19200, stop = 2 }))",
           port);
  must_run(&bench, script);
  struct termios now;
  assert_int_equal(tcgetattr(master, &now), 0);
  check_int(cfgetispeed(&now), B19200);
  check_int(now.c_cflag & (CSIZE | CSTOPB | PARENB), CS8 | CSTOPB);
  check_int(now.c_lflag & (ICANON | ECHO | ISIG), 0);
  check_int(now.c_oflag & OPOST, 0);
  must_run(&bench, "port:close() port:close()");
  close(master);
  bench_close(&bench);
}

static void lines_come_one_by_one(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  char port[64], script[1024];
  int master = open_pty(port);
  snprintf(script, sizeof script,
           "script = require 'drivers.serial-lines'\n"
           "script.init { port = '%s', map = { { path = '/3322/0/5700', match = '^W=(%%d+)$', type = 'integer' } } }\n",
           port);
  must_run(&bench, script);
  static const char text[] = "noise\r\nW=12\r\nW=";
  check_int(write(master, text, sizeof text - 1), sizeof text - 1);
  tg_value_t value = {.type = TG_TYPE_NONE};
  for (int i = 0; i < TURNS_MAX && !has_value(&bench, tg_path(3, 3322, 0, 5700), &value); i++) {
    turn(&bench);
    poll(NULL, 0, 1);
  }
  check_true(value.type == TG_TYPE_INTEGER && value.i == 12);
  close(master);
  bench_close(&bench);
}

CHECK_SUITE(a_driver_is_a_device_with_values, writes_reach_the_driver_and_its_answer_comes_back,
            read_and_discover_are_answered_from_the_last_values, a_command_may_wait_and_is_not_done_before,
            a_late_answer_to_a_cancelled_command_is_dropped, devices_go_offline_with_their_script,
            misuse_names_what_is_wrong, the_modbus_driver_speaks_to_a_slave_on_a_serial_line,
            a_port_is_raw_and_as_it_was_asked_for, lines_come_one_by_one)
