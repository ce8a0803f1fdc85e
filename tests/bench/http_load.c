/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-http-load: posts NIDD uplinks (TS 29.122, NiddUplinkDataNotification) as fast as they are answered, over some connections that stay.
 *   tg-http-load PORT PATH CONFIGURATION ID SECONDS CONNECTIONS   prints {"rate":answers per second,"refused":answers that are not 2xx}
 * Each carries a Send (LwM2M Core 1.1 §6.4.6) that asks for no answer (RFC 7967), so that nothing goes the other way.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, REQUEST_MAX = 1024, ANSWER_MAX = 1024, QUIET_MS = 2000 };

typedef struct load {
  const char *path, *configuration, *id;
  uint32_t number; /* of the next message: its id, and its token */
  unsigned long long answered, refused;
  struct pollfd polled[CONNECTIONS_MAX];
  struct {
    size_t len;
    char answer[ANSWER_MAX];
  } connections[CONNECTIONS_MAX];
} load_t;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to(uint16_t port) {
  struct sockaddr_in server = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)&server, sizeof server) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

/* NON POST /dp, SenML JSON, No-Response: 26 (nothing is wanted). */
static size_t make_send(uint32_t number, uint8_t *out, size_t size) {
  const uint8_t head[] = {0x52,
                          0x02,
                          (uint8_t)(number >> 8),
                          (uint8_t)number,
                          (uint8_t)(number >> 24),
                          (uint8_t)(number >> 16),
                          0xB2,
                          'd',
                          'p',
                          0x11,
                          110,
                          0xD1,
                          0xE9,
                          26,
                          0xFF};
  memcpy(out, head, sizeof head);
  int len = snprintf((char *)out + sizeof head, size - sizeof head, "[{\"n\":\"/3303/0/5700\",\"v\":%u.%u}]",
                     20 + number / 10 % 10, number % 10);
  return sizeof head + (size_t)len;
}

static void put_base64(const uint8_t *in, size_t len, char *out) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < len; i += 3) {
    uint32_t bits = (uint32_t)in[i] << 16;
    if (i + 1 < len) bits |= (uint32_t)in[i + 1] << 8;
    if (i + 2 < len) bits |= in[i + 2];
    *out++ = letters[bits >> 18];
    *out++ = letters[bits >> 12 & 63];
    *out++ = i + 1 < len ? letters[bits >> 6 & 63] : '=';
    *out++ = i + 2 < len ? letters[bits & 63] : '=';
  }
  *out = '\0';
}

static bool post(load_t *load, int fd) {
  uint8_t message[96];
  char data[160], body[512], request[REQUEST_MAX];
  put_base64(message, make_send(load->number++, message, sizeof message), data);
  int body_len = snprintf(body, sizeof body, "{\"niddConfiguration\":\"%s\",\"externalId\":\"%s\",\"data\":\"%s\"}",
                          load->configuration, load->id, data);
  int len =
      snprintf(request, sizeof request,
               "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
               load->path, body_len, body);
  return len > 0 && (size_t)len < sizeof request && write(fd, request, (size_t)len) == len;
}

/* Takes what came on a connection; the next request follows a whole answer, which has no body. False when it is broken. */
static bool take(load_t *load, unsigned at) {
  char *answer = load->connections[at].answer;
  size_t *len = &load->connections[at].len;
  ssize_t got = read(load->polled[at].fd, answer + *len, ANSWER_MAX - 1 - *len);
  if (got <= 0) return false;
  *len += (size_t)got;
  answer[*len] = '\0';
  if (!strstr(answer, "\r\n\r\n")) return *len < ANSWER_MAX - 1;
  load->answered++;
  if (strncmp(answer, "HTTP/1.1 2", 10) != 0) load->refused++;
  *len = 0;
  return post(load, load->polled[at].fd);
}

static bool run(load_t *load, unsigned connections, double seconds) {
  for (unsigned i = 0; i < connections; i++) {
    if (!post(load, load->polled[i].fd)) return false;
  }
  for (double end = now_s() + seconds; now_s() < end;) {
    if (poll(load->polled, connections, QUIET_MS) <= 0) return false;
    for (unsigned i = 0; i < connections; i++) {
      if (load->polled[i].revents && !take(load, i)) return false;
    }
  }
  return true;
}

int main(int argc, char **argv) {
  static load_t load;
  unsigned connections = argc == 7 ? (unsigned)strtoul(argv[6], NULL, 10) : 0;
  if (connections < 1 || connections > CONNECTIONS_MAX) {
    fputs("usage: tg-http-load PORT PATH CONFIGURATION ID SECONDS CONNECTIONS\n", stderr);
    return 2;
  }
  load.path = argv[2];
  load.configuration = argv[3];
  load.id = argv[4];
  double seconds = strtod(argv[5], NULL);
  for (unsigned i = 0; i < connections; i++) {
    load.polled[i] = (struct pollfd){.fd = connect_to((uint16_t)strtoul(argv[1], NULL, 10)), .events = POLLIN};
    if (load.polled[i].fd < 0) {
      fprintf(stderr, "tg-http-load: port %s: %s\n", argv[1], strerror(errno));
      return 1;
    }
  }
  double start = now_s();
  if (!run(&load, connections, seconds)) {
    fprintf(stderr, "tg-http-load: the server stopped answering after %llu answers\n", load.answered);
    return 1;
  }
  printf("{\"rate\":%.0f,\"refused\":%llu}\n", (double)load.answered / (now_s() - start), load.refused);
  return 0;
}
