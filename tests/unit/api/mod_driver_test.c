/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_driver.c, driver_device.c and driver_task.c: a driver as a device, commands to it, and its end. */

#include "tests/unit/api/driver_harness.h"

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
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  assert_string_equal(twin_bench_events(&bench.twin), "registered:plc1 records:plc1 ");
  tg_value_t value;
  check_true(driver_bench_value(&bench, tg_path(3, 3303, 0, 5700), &value));
  check_true(value.type == TG_TYPE_FLOAT && value.f == 21.5);
  assert_string_equal(tg_twin_find_ep(bench.twin.twin, tg_slice_str("plc1"))->backend->kind, "driver");
  driver_bench_close(&bench);
}

static void writes_reach_the_driver_and_its_answer_comes_back(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  tg_value_t value = {.type = TG_TYPE_INTEGER, .i = 7};
  driver_bench_ask(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5601), &value);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.code, 0x44);
  check_true(driver_bench_value(&bench, tg_path(3, 3303, 0, 5601), &value));
  check_int(value.i, 7);
  value.i = 13;
  driver_bench_ask(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5601), &value);
  check_int(bench.twin.last.state, TG_COMMAND_FAILED);
  check_rc(bench.twin.last.rc, TG_E_PEER);
  driver_bench_close(&bench);
}

static void read_and_discover_are_answered_from_the_last_values(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  driver_bench_ask(&bench, TG_OP_READ, tg_path(2, 3303, 0, 0), NULL);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.record_count, 1);
  driver_bench_ask(&bench, TG_OP_DISCOVER, tg_path(1, 3303, 0, 0), NULL);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(bench.twin.last.text.len, strlen("</3303/0>,</3303/0/5700>"));
  driver_bench_ask(&bench, TG_OP_READ, tg_path(3, 3303, 0, 9), NULL);
  check_rc(bench.twin.last.rc, TG_E_NOT_FOUND);
  driver_bench_ask(&bench, TG_OP_CREATE, tg_path(1, 3303, 0, 0), NULL);
  check_rc(bench.twin.last.rc, TG_E_METHOD);
  driver_bench_close(&bench);
}

static void a_command_may_wait_and_is_not_done_before(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  driver_bench_ask(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  check_int(bench.twin.done_count, 0);
  driver_bench_run(&bench, "finish(true) finish(true)");
  driver_bench_turn(&bench);
  check_int(bench.twin.done_count, 1);
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  driver_bench_close(&bench);
}

static void a_late_answer_to_a_cancelled_command_is_dropped(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  tg_id_t id = driver_bench_submit(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  driver_bench_turn(&bench);
  check_rc(tg_twin_cancel(bench.twin.twin, id), TG_OK);
  driver_bench_run(&bench, "finish(true)");
  driver_bench_turn(&bench);
  check_int(bench.twin.done_count, 1);
  check_int(bench.twin.last.state, TG_COMMAND_CANCELLED);
  driver_bench_close(&bench);
}

static void devices_go_offline_with_their_script(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  driver_bench_run(&bench, METER);
  driver_bench_ask(&bench, TG_OP_EXECUTE, tg_path(3, 3303, 0, 5605), NULL);
  tg_vm_free(bench.vm);
  bench.vm = NULL;
  check_false(tg_twin_find_ep(bench.twin.twin, tg_slice_str("plc1"))->online);
  check_int(bench.twin.last.state, TG_COMMAND_UNKNOWN); /* the driver had begun with it */
  check_rc(bench.twin.last.rc, TG_E_UNKNOWN);
  driver_bench_close(&bench);
}

static void misuse_names_what_is_wrong(void **state) {
  (void)state;
  static const driver_bench_misuse_t rows[] = {
      {"require('tidegate').driver.define(1)", "table expected"},
      {"require('tidegate').driver.define{ name = 'x' }", "run is missing"},
      {"require('tidegate').driver.define{ name='x', run=print, objects={[70000]={}} }.init{}", "a path"},
  };
  driver_bench_check_misuse(rows, TG_COUNT(rows));
}

CHECK_SUITE(a_driver_is_a_device_with_values, writes_reach_the_driver_and_its_answer_comes_back,
            read_and_discover_are_answered_from_the_last_values, a_command_may_wait_and_is_not_done_before,
            a_late_answer_to_a_cancelled_command_is_dropped, devices_go_offline_with_their_script,
            misuse_names_what_is_wrong)
