/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-fake-lossy: a UDP relay that loses, repeats, reorders and delays datagrams by seeded chance, for tests. A client is an address that
 * speaks to its port; each gets a socket of its own towards the other side. Knows nothing of what it carries. See README.md.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "tests/fake/lossy/lossy_fate.h"
#include "tests/fake/lossy/lossy_options.h"

enum { CLIENTS = 256, WAITING = 4096, DATAGRAM = 65536, BATCH = 64, TURN_MS = 200 };

typedef struct client {
  struct sockaddr_in from;
  int fd; /* towards the other side */
} client_t;

/* A datagram whose time has not come. */
typedef struct waiting {
  uint64_t due_ms;
  uint64_t order; /* equal times: as they came */
  uint32_t client;
  bool up;
  size_t len;
  uint8_t *bytes;
} waiting_t;

typedef struct relay {
  tg_lossy_options_t options;
  tg_lossy_fate_t fate;
  int fd;
  uint32_t client_count;
  client_t clients[CLIENTS];
  struct pollfd polled[CLIENTS + 1];
  size_t waiting_count;
  waiting_t waiting[WAITING];
  uint64_t order;
  uint64_t up, down, lost, repeated, late, dropped;
} relay_t;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static bool open_port(relay_t *relay) {
  struct sockaddr_in at = {
      .sin_family = AF_INET, .sin_port = htons(relay->options.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof at;
  relay->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (relay->fd < 0 || bind(relay->fd, (struct sockaddr *)&at, len) != 0 ||
      getsockname(relay->fd, (struct sockaddr *)&at, &len) != 0) {
    fprintf(stderr, "tg-fake-lossy: port %u: %s\n", relay->options.port, strerror(errno));
    return false;
  }
  printf("listening port=%u\n", ntohs(at.sin_port));
  return true;
}

/* The client's number; CLIENTS when there is no room for another one. */
static uint32_t client_of(relay_t *relay, const struct sockaddr_in *from) {
  for (uint32_t i = 0; i < relay->client_count; i++) {
    const struct sockaddr_in *known = &relay->clients[i].from;
    if (known->sin_port == from->sin_port && known->sin_addr.s_addr == from->sin_addr.s_addr) return i;
  }
  if (relay->client_count == CLIENTS) return CLIENTS;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&relay->options.to, sizeof relay->options.to) != 0) {
    if (fd >= 0) close(fd);
    return CLIENTS;
  }
  relay->clients[relay->client_count] = (client_t){*from, fd};
  return relay->client_count++;
}

/* Lets it go. A side that is not there costs the datagram, not the relay; the error may be that of an earlier one, so twice. */
static void let_go(relay_t *relay, const waiting_t *out) {
  const client_t *client = relay->clients + out->client;
  for (int attempt = 0; attempt < 2; attempt++) {
    ssize_t sent = out->up ? send(client->fd, out->bytes, out->len, 0)
                           : sendto(relay->fd, out->bytes, out->len, 0, (const struct sockaddr *)&client->from,
                                    sizeof client->from);
    if (sent >= 0) return;
  }
  relay->dropped++;
}

/* Keeps a copy until @p due_ms; a relay with too much on its hands loses it. */
static void keep(relay_t *relay, waiting_t *out, tg_slice_t bytes) {
  out->bytes = relay->waiting_count < WAITING ? tg_alloc(bytes.len) : NULL;
  if (!out->bytes) {
    relay->dropped++;
    return;
  }
  if (bytes.len) memcpy(out->bytes, bytes.p, bytes.len);
  out->len = bytes.len;
  out->order = relay->order++;
  relay->waiting[relay->waiting_count++] = *out;
}

static void take(relay_t *relay, uint32_t client, bool up, tg_slice_t bytes) {
  uint64_t now_ms = tg_clock_mono_ms();
  uint32_t later[2];
  uint32_t copies = tg_lossy_fate_decide(&relay->fate, later);
  if (up) relay->up++;
  else relay->down++;
  if (copies == 0) relay->lost++;
  if (copies == 2) relay->repeated++;
  for (uint32_t i = 0; i < copies; i++) {
    waiting_t out = {.due_ms = now_ms + later[i], .client = client, .up = up};
    if (later[i] > relay->fate.delay_ms) relay->late++;
    keep(relay, &out, bytes);
  }
}

static void receive_up(relay_t *relay, uint8_t *room) {
  for (int i = 0; i < BATCH; i++) {
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    ssize_t len = recvfrom(relay->fd, room, DATAGRAM, 0, (struct sockaddr *)&from, &size);
    if (len < 0) return;
    uint32_t client = client_of(relay, &from);
    if (client == CLIENTS) relay->dropped++;
    else take(relay, client, true, tg_slice(room, (size_t)len));
  }
}

static void receive_down(relay_t *relay, uint32_t client, uint8_t *room) {
  for (int i = 0; i < BATCH; i++) {
    ssize_t len = recv(relay->clients[client].fd, room, DATAGRAM, 0);
    if (len < 0) return;
    take(relay, client, false, tg_slice(room, (size_t)len));
  }
}

/* The one whose time comes first. */
static size_t first_of(const relay_t *relay) {
  size_t best = 0;
  for (size_t i = 1; i < relay->waiting_count; i++) {
    const waiting_t *a = relay->waiting + i, *b = relay->waiting + best;
    if (a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order)) best = i;
  }
  return best;
}

/* @return milliseconds until the next one is due; a signal that comes just before poll() waits no longer than TURN_MS */
static int let_go_due(relay_t *relay) {
  while (relay->waiting_count) {
    size_t i = first_of(relay);
    waiting_t out = relay->waiting[i];
    uint64_t now_ms = tg_clock_mono_ms();
    if (out.due_ms > now_ms) return out.due_ms - now_ms < TURN_MS ? (int)(out.due_ms - now_ms) : TURN_MS;
    relay->waiting[i] = relay->waiting[--relay->waiting_count];
    let_go(relay, &out);
    tg_alloc_free(out.bytes);
  }
  return TURN_MS;
}

static void run_turn(relay_t *relay) {
  static uint8_t room[DATAGRAM];
  int wait_ms = let_go_due(relay);
  relay->polled[0] = (struct pollfd){.fd = relay->fd, .events = POLLIN};
  for (uint32_t i = 0; i < relay->client_count; i++) {
    relay->polled[i + 1] = (struct pollfd){.fd = relay->clients[i].fd, .events = POLLIN};
  }
  uint32_t count = relay->client_count;
  if (poll(relay->polled, count + 1, wait_ms) <= 0) return;
  if (relay->polled[0].revents) receive_up(relay, room);
  for (uint32_t i = 0; i < count; i++) {
    if (relay->polled[i + 1].revents) receive_down(relay, i, room);
  }
}

int main(int argc, char **argv) {
  static relay_t relay;
  int status = tg_lossy_options_read(argc, argv, &relay.options, &relay.fate);
  if (status >= 0) return status;
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  if (!open_port(&relay)) return 1;
  while (!stopped) run_turn(&relay);
  printf("up=%llu down=%llu lost=%llu repeated=%llu late=%llu dropped=%llu\n", (unsigned long long)relay.up,
         (unsigned long long)relay.down, (unsigned long long)relay.lost, (unsigned long long)relay.repeated,
         (unsigned long long)relay.late, (unsigned long long)relay.dropped);
  while (relay.waiting_count) tg_alloc_free(relay.waiting[--relay.waiting_count].bytes);
  for (uint32_t i = 0; i < relay.client_count; i++) close(relay.clients[i].fd);
  close(relay.fd);
  return 0;
}
