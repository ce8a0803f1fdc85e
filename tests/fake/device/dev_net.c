/* SPDX-License-Identifier: Apache-2.0 */
/* Socket and retransmission of a simulated device; see dev_net.h. */

#include "tests/fake/device/dev_net.h"

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/random.h"

void tg_dev_net_say(const tg_dev_t *dev, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (dev->config->count > 1) printf("%s ", dev->ep);
  vprintf(format, args);
  putchar('\n');
  va_end(args);
}

int tg_dev_net_resolve(const char *text, int type, struct addrinfo **found) {
  char host[256] = "";
  const char *colon = strrchr(text, ':');
  size_t len = colon ? (size_t)(colon - text) : strlen(text);
  if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
  }
  if (len >= sizeof host) return EAI_NONAME;
  memcpy(host, text, len);
  struct addrinfo hints = {.ai_socktype = type};
  return getaddrinfo(host, colon ? colon + 1 : "5683", &hints, found);
}

static bool bind_to(int fd, const char *address) {
  struct addrinfo *local = NULL;
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
  if (getaddrinfo(address, "0", &hints, &local) != 0) return false;
  bool good = bind(fd, local->ai_addr, local->ai_addrlen) == 0;
  freeaddrinfo(local);
  return good;
}

static const char *server_of(const tg_dev_t *dev) {
  if (dev->at == 'N') return dev->config->server_n;
  return dev->at == 'U' ? dev->config->server_u : dev->config->server;
}

bool tg_dev_net_open(tg_dev_t *dev) {
  struct addrinfo *server = NULL;
  const char *name = server_of(dev);
  int failed = tg_dev_net_resolve(name, SOCK_DGRAM, &server);
  if (failed) {
    fprintf(stderr, "tg-fake-device: server %s: %s\n", name, gai_strerror(failed));
    return false;
  }
  dev->fd = socket(server->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool good = dev->fd >= 0 && (!dev->config->bind || bind_to(dev->fd, dev->config->bind)) &&
              connect(dev->fd, server->ai_addr, server->ai_addrlen) == 0;
  if (!good) fprintf(stderr, "tg-fake-device: socket towards %s: %s\n", name, strerror(errno));
  freeaddrinfo(server);
  tg_random_fill(NULL, &dev->next_mid, sizeof dev->next_mid);
  return good;
}

void tg_dev_net_close(tg_dev_t *dev) {
  if (dev->fd >= 0) close(dev->fd);
  dev->fd = -1;
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) dev->flights[i].kind = TG_DEV_FREE;
  for (size_t i = 0; i < TG_DEV_REPLIES; i++) dev->replies[i].request = 0;
  memset(dev->heard, 0, sizeof dev->heard);
}

uint32_t tg_dev_net_key(const tg_coap_msg_t *request) {
  uint8_t bytes[11] = {(uint8_t)(request->mid >> 8), (uint8_t)request->mid, request->code};
  memcpy(bytes + 3, request->token, request->token_len);
  return tg_hash_crc32(0, tg_slice(bytes, 3U + request->token_len)) | 1;
}

void tg_dev_net_send(tg_dev_t *dev, tg_slice_t bytes) {
  if (dev->fd < 0) return;
  if (dev->asleep) tg_dev_net_say(dev, "awake");
  dev->asleep = false;
  dev->awake_until_ms = tg_clock_mono_ms() + dev->config->awake_ms;
  if (send(dev->fd, bytes.p, bytes.len, 0) < 0 && errno == ECONNREFUSED) {
    /* The error of an earlier datagram; this one has not been sent yet. */
    if (send(dev->fd, bytes.p, bytes.len, 0) < 0) return;
  }
}

void tg_dev_net_send_empty(tg_dev_t *dev, uint8_t type, uint16_t mid) {
  uint8_t bytes[4] = {(uint8_t)(0x40 | type << 4), 0, (uint8_t)(mid >> 8), (uint8_t)mid};
  tg_dev_net_send(dev, tg_slice(bytes, sizeof bytes));
}

tg_dev_flight_t *tg_dev_net_flight(tg_dev_t *dev, tg_dev_kind_t kind) {
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) {
    tg_dev_flight_t *flight = dev->flights + i;
    if (flight->kind != TG_DEV_FREE) continue;
    *flight = (tg_dev_flight_t){.kind = kind, .mid = dev->next_mid++};
    tg_random_fill(NULL, flight->token, sizeof flight->token);
    return flight;
  }
  return NULL;
}

void tg_dev_net_launch(tg_dev_t *dev, tg_dev_flight_t *flight) {
  uint16_t jitter;
  uint32_t timeout = dev->config->ack_timeout_ms;
  tg_random_fill(NULL, &jitter, sizeof jitter);
  flight->wait_ms = timeout + jitter % (timeout / 2 + 1);
  flight->due_ms = tg_clock_mono_ms() + flight->wait_ms;
  tg_dev_net_send(dev, tg_slice(flight->bytes, flight->len));
}

tg_dev_flight_t *tg_dev_net_match(tg_dev_t *dev, const tg_coap_msg_t *msg) {
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) {
    tg_dev_flight_t *flight = dev->flights + i;
    if (flight->kind == TG_DEV_FREE) continue;
    bool by_mid = (msg->type == TG_COAP_ACK || msg->type == TG_COAP_RST) && msg->mid == flight->mid;
    bool by_token = msg->code != 0 && msg->token_len == 8 && memcmp(msg->token, flight->token, 8) == 0;
    if (msg->code ? by_token && (by_mid || msg->type < TG_COAP_ACK) : by_mid) return flight;
  }
  return NULL;
}

bool tg_dev_net_busy(const tg_dev_t *dev, int kind) {
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) {
    if ((int)dev->flights[i].kind == kind) return true;
  }
  return false;
}

tg_dev_flight_t *tg_dev_net_tick(tg_dev_t *dev, uint64_t now_ms) {
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) {
    tg_dev_flight_t *flight = dev->flights + i;
    if (flight->kind == TG_DEV_FREE || now_ms < flight->due_ms) continue;
    if (flight->acked || flight->tries >= dev->config->retransmits) return flight;
    flight->tries++;
    flight->wait_ms *= 2;
    flight->due_ms = now_ms + flight->wait_ms;
    tg_dev_net_send(dev, tg_slice(flight->bytes, flight->len));
  }
  return NULL;
}
