/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-fake-modbus LINK [UNIT]: a Modbus RTU slave (unit 1) on a pseudo-terminal whose other end is the symbolic link LINK. A small
 * boiler: input 0 is its temperature in tenths of a degree, inputs 1 and 2 an hour counter of 32 bits, holding 10 the set point in
 * tenths, coil 3 the pump. Tells `listening rtu LINK`, then each request: `read 1/input 0 3`, `write 1/holding 10 225`.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tests/fake/modbus/modbus_slave.h"

enum { SILENCE_MS = 50, MOVE_TURNS = 20 };

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

/* The near end of a raw pty; its far end is held open so that clients may come and go. */
static int open_pty(const char *link_path) {
  int fd = posix_openpt(O_RDWR | O_NOCTTY);
  char name[128];
  struct termios raw;
  if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, name, sizeof name) != 0) return -1;
  int far = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (far < 0 || tcgetattr(far, &raw) != 0) return -1;
  cfmakeraw(&raw);
  if (tcsetattr(far, TCSANOW, &raw) != 0) return -1;
  if (unlink(link_path) != 0 && errno != ENOENT) return -1;
  return symlink(name, link_path) == 0 ? fd : -1;
}

static void move(tg_modbus_slave_t *slave, unsigned turn) {
  unsigned phase = turn % 100, target = slave->holdings[10];
  slave->inputs[0] = (uint16_t)(target + (phase < 50 ? phase : 100 - phase) / 5);
  slave->inputs[1] = (uint16_t)(turn >> 16);
  slave->inputs[2] = (uint16_t)turn;
}

static void tell(const tg_modbus_slave_frame_t *request) {
  static const char *const tables[] = {"", "coil", "discrete", "holding", "input", "coil", "holding"};
  const uint8_t *b = request->bytes;
  unsigned function = b[1] >= 15 ? b[1] - 10U : b[1];
  if (request->len < 8 || function < 1 || function > 6) return;
  printf("%s %u/%s %d %d\n", function > 4 ? "write" : "read", b[0], tables[function], b[2] << 8 | b[3],
         b[4] << 8 | b[5]);
}

/* Takes whole requests off the front of what came; what makes no frame goes when the line falls silent. */
static void take(tg_modbus_slave_t *slave, int fd, tg_modbus_slave_frame_t *came) {
  size_t len;
  while ((len = tg_modbus_slave_length(came->bytes, came->len)) != 0 && len <= came->len) {
    tg_modbus_slave_frame_t request = {.len = len}, reply;
    memcpy(request.bytes, came->bytes, len);
    memmove(came->bytes, came->bytes + len, came->len -= len);
    if (!tg_modbus_slave_answer(slave, &request, &reply)) continue;
    tell(&request);
    if (reply.len && write(fd, reply.bytes, reply.len) < 0) perror("tg-fake-modbus: write");
  }
  if (len > sizeof came->bytes || came->len == sizeof came->bytes) came->len = 0;
}

static void run(tg_modbus_slave_t *slave, int fd) {
  tg_modbus_slave_frame_t came = {0};
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  unsigned turn = 0;
  for (move(slave, 0); !stopped;) {
    int ready = poll(&polled, 1, SILENCE_MS);
    if (ready <= 0) {
      came.len = 0;
      if (++turn % MOVE_TURNS == 0) move(slave, turn / MOVE_TURNS);
      continue;
    }
    ssize_t len = read(fd, came.bytes + came.len, sizeof came.bytes - came.len);
    if (len > 0) {
      came.len += (size_t)len;
      take(slave, fd, &came);
    }
  }
}

int main(int argc, char **argv) {
  long unit = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
  if (argc < 2 || argc > 3 || unit < 1 || unit > 247) {
    fputs("usage: tg-fake-modbus LINK [UNIT]\n", stderr);
    return 2;
  }
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  int fd = open_pty(argv[1]);
  if (fd < 0) {
    fprintf(stderr, "tg-fake-modbus: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  static tg_modbus_slave_t slave = {.holdings = {[10] = 210}, .discretes = {[0] = true}};
  slave.unit = (uint8_t)unit;
  printf("listening rtu %s\n", argv[1]);
  run(&slave, fd);
  unlink(argv[1]);
  return 0;
}
