/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: UDP sockets of devices. See scef_relay.h. */

#include "tests/fake/scef/scef_relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, DATAGRAM = 65536 };

/* Counts down a "next so many" number; -1 never ends. */
static bool use_up(int64_t *count) {
  if (*count == 0) return false;
  if (*count > 0) (*count)--;
  return true;
}

static void on_datagram(tg_scef_device_t *device, const uint8_t *data, size_t size, const struct sockaddr_in *from) {
  device->peer = *from;
  device->attached = true;
  device->counts.uplinks++;
  if (size == 0) return; /* keeps the address fresh, carries nothing */
  if (use_up(&device->behave.lose_uplink)) {
    device->counts.uplinks_lost++;
    return;
  }
  if ((int64_t)size * 8 > device->behave.max_packet) {
    device->counts.uplinks_too_large++;
    fprintf(stderr, "tg-fake-scef: %s sent %zu octets, over maximumPacketSize: lost\n", device->id, size);
    return;
  }
  device->scef->on_uplink(device, data, size);
}

static void on_readable(void *arg) {
  tg_scef_device_t *device = arg;
  uint8_t data[DATAGRAM];
  for (int i = 0; i < BATCH; i++) {
    struct sockaddr_in from = {0};
    socklen_t len = sizeof from;
    ssize_t size = recvfrom(device->fd, data, sizeof data, 0, (struct sockaddr *)&from, &len);
    if (size < 0) return; /* EAGAIN, or an ICMP error that UDP may ignore */
    if (len == sizeof from) on_datagram(device, data, (size_t)size, &from);
  }
}

static int bind_loopback(uint16_t *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (bind(fd, (struct sockaddr *)&address, len) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

bool tg_scef_relay_open(tg_scef_device_t *device, uint16_t port) {
  int fd = bind_loopback(&port);
  if (fd < 0) return false;
  device->watch = (tg_scef_watch_t){.readable = on_readable, .arg = device};
  if (!tg_scef_loop_watch(&device->scef->loop, fd, &device->watch)) {
    close(fd);
    return false;
  }
  device->fd = fd;
  device->port = port;
  printf("relay externalId=%s port=%u\n", device->id, (unsigned)port);
  return true;
}

void tg_scef_relay_send(tg_scef_device_t *device, const uint8_t *data, size_t size) {
  if (device->fd < 0 || !device->attached) return;
  device->counts.downlinks++;
  if (use_up(&device->behave.lose_downlink)) {
    device->counts.downlinks_lost++;
    return;
  }
  for (int copies = device->behave.duplicate_downlink ? 2 : 1; copies > 0; copies--) {
    ssize_t sent = sendto(device->fd, data, size, 0, (struct sockaddr *)&device->peer, sizeof device->peer);
    if (sent < 0 && errno != ECONNREFUSED) {
      fprintf(stderr, "tg-fake-scef: downlink to %s: %s\n", device->id, strerror(errno));
    }
  }
}
