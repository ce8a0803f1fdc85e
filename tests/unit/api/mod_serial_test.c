/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_serial.c: serial lines over pseudo-terminals, and the drivers that use them. */

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include "tests/unit/api/driver_harness.h"

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
  driver_bench_t bench;
  driver_bench_open(&bench);
  char port[64], script[512];
  int master = open_pty(port);
  snprintf(script, sizeof script,
           "script = require 'drivers.modbus'\n"
           "script.init { port = '%s', baud = 115200, period = 0.01, map = {\n"
           "  { path = '/3303/0/5700', address = 10, scale = 0.5, write = true } } }\n",
           port);
  driver_bench_run(&bench, script);
  uint16_t reg = 43;
  tg_value_t value = {.type = TG_TYPE_NONE};
  for (int i = 0; i < DRIVER_BENCH_TURNS_MAX && !driver_bench_value(&bench, tg_path(3, 3303, 0, 5700), &value); i++) {
    driver_bench_turn(&bench);
    if (!serve_modbus(master, &reg)) poll(NULL, 0, 1);
  }
  check_true(value.type == TG_TYPE_FLOAT && value.f == 21.5);
  tg_value_t wanted = {.type = TG_TYPE_FLOAT, .f = 4.5};
  driver_bench_submit(&bench, TG_OP_WRITE, tg_path(3, 3303, 0, 5700), &wanted);
  for (int i = 0; i < DRIVER_BENCH_TURNS_MAX && bench.twin.done_count == 0; i++) {
    driver_bench_turn(&bench);
    if (!serve_modbus(master, &reg)) poll(NULL, 0, 1);
  }
  check_int(bench.twin.last.state, TG_COMMAND_DONE);
  check_int(reg, 9);
  driver_bench_run(&bench, "script.deinit()");
  close(master);
  driver_bench_close(&bench);
}

static void a_port_is_raw_and_as_it_was_asked_for(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  char port[64], script[512];
  int master = open_pty(port);
  snprintf(script, sizeof script, "port = assert(require('tidegate').serial.open('%s', { baud = 19200, stop = 2 }))",
           port);
  driver_bench_run(&bench, script);
  struct termios now;
  assert_int_equal(tcgetattr(master, &now), 0);
  check_int(cfgetispeed(&now), B19200);
  check_int(now.c_cflag & (CSIZE | CSTOPB | PARENB), CS8 | CSTOPB);
  check_int(now.c_lflag & (ICANON | ECHO | ISIG), 0);
  check_int(now.c_oflag & OPOST, 0);
  driver_bench_run(&bench, "port:close() port:close()");
  close(master);
  driver_bench_close(&bench);
}

static void lines_come_one_by_one(void **state) {
  (void)state;
  driver_bench_t bench;
  driver_bench_open(&bench);
  char port[64], script[1024];
  int master = open_pty(port);
  snprintf(script, sizeof script,
           "script = require 'drivers.serial-lines'\n"
           "script.init { port = '%s', map = { { path = '/3322/0/5700', match = '^W=(%%d+)$', type = 'integer' } } }\n",
           port);
  driver_bench_run(&bench, script);
  static const char text[] = "noise\r\nW=12\r\nW=";
  check_int(write(master, text, sizeof text - 1), sizeof text - 1);
  tg_value_t value = {.type = TG_TYPE_NONE};
  for (int i = 0; i < DRIVER_BENCH_TURNS_MAX && !driver_bench_value(&bench, tg_path(3, 3322, 0, 5700), &value); i++) {
    driver_bench_turn(&bench);
    poll(NULL, 0, 1);
  }
  check_true(value.type == TG_TYPE_INTEGER && value.i == 12);
  close(master);
  driver_bench_close(&bench);
}

static void misuse_of_serial_lines_names_what_is_wrong(void **state) {
  (void)state;
  static const driver_bench_misuse_t rows[] = {
      {"require('tidegate').serial.open(1.5, 2)", "table expected"},
      {"require('tidegate').serial.open('/dev/null', { bauds = 1 })", "\"bauds\" is not known"},
      {"require('tidegate').serial.open('/dev/null', { baud = 1234 })", "baud 1234"},
      {"require('tidegate').serial.open('/dev/null', { parity = 'mark' })", "\"parity\""},
      {"require('tidegate').serial.open('/dev/null', { stop = 3 })", "\"stop\""},
      {"local p, err = require('tidegate').serial.open('/dev/null') error(tostring(err), 0)", "io: /dev/null"},
      {"local p, err = require('tidegate').serial.open('/nowhere/x') error(tostring(err), 0)", "not_found: /nowhere/x"},
  };
  driver_bench_check_misuse(rows, TG_COUNT(rows));
}

CHECK_SUITE(the_modbus_driver_speaks_to_a_slave_on_a_serial_line, a_port_is_raw_and_as_it_was_asked_for,
            lines_come_one_by_one, misuse_of_serial_lines_names_what_is_wrong)
