/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two neighbours of the fake SCEF for its test script: the SCS/AS that is called back, and UDP clients. One command
 * a line on stdin, one line of answer on stdout:
 *
 *   http PORT            listen for callbacks on 127.0.0.1 (0: any)   -> http PORT
 *   close                stop listening                               -> closed
 *   answer STATUS COUNT  answer the next COUNT callbacks so           -> ok
 *   next MS              the oldest callback not yet told, in MS ms   -> callback BODY | none
 *   send I PORT HEX      datagram from client I (0..3)                -> ok
 *   recv I MS            the next datagram at client I                -> datagram HEX | none
 */

#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 4, BODY = 65536, LINE = 8192 };

typedef struct callback {
  struct callback *next;
  size_t len;
  bool is_answered;
  char body[BODY];
} callback_t;

typedef struct peer {
  struct MHD_Daemon *httpd;
  pthread_mutex_t lock;
  pthread_cond_t arrived;
  callback_t *first, *last;
  unsigned status, failures;
  int udp[CLIENTS];
} peer_t;

static unsigned next_status(peer_t *peer) {
  pthread_mutex_lock(&peer->lock);
  unsigned status = 204;
  if (peer->failures > 0) {
    peer->failures--;
    status = peer->status;
  }
  pthread_mutex_unlock(&peer->lock);
  return status;
}

static void put_callback(peer_t *peer, callback_t *callback) {
  pthread_mutex_lock(&peer->lock);
  if (peer->last == NULL) peer->first = callback;
  else peer->last->next = callback;
  peer->last = callback;
  pthread_cond_signal(&peer->arrived);
  pthread_mutex_unlock(&peer->lock);
}

/* limits: libmicrohttpd fixes the parameters. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **state) {
  (void)url;
  (void)method;
  (void)version;
  callback_t *callback = *state;
  if (callback == NULL) {
    *state = callback = calloc(1, sizeof *callback);
    return callback == NULL ? MHD_NO : MHD_YES;
  }
  if (*size > 0) {
    if (*size > sizeof callback->body - 1 - callback->len) return MHD_NO;
    memcpy(callback->body + callback->len, data, *size);
    callback->len += *size;
    *size = 0;
    return MHD_YES;
  }
  callback->is_answered = true;
  unsigned status = next_status(arg);
  struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

/* Told only now that the answer is out: what comes after `next`, such as `close`, can't cut it off. */
static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
  (void)connection;
  callback_t *callback = *state;
  *state = NULL;
  if (callback != NULL && callback->is_answered && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
    put_callback(arg, callback);
  else free(callback); /* a request that broke off */
}

static void do_http(peer_t *peer, unsigned port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  peer->httpd = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, peer, MHD_OPTION_SOCK_ADDR,
                                 &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, peer, MHD_OPTION_END);
  if (peer->httpd == NULL) {
    puts("failed");
    return;
  }
  printf("http %u\n", (unsigned)MHD_get_daemon_info(peer->httpd, MHD_DAEMON_INFO_BIND_PORT)->port);
}

static void do_close(peer_t *peer) {
  if (peer->httpd != NULL) MHD_stop_daemon(peer->httpd);
  peer->httpd = NULL;
}

static void do_next(peer_t *peer, unsigned ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += (long)(ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&peer->lock);
  while (peer->first == NULL && pthread_cond_timedwait(&peer->arrived, &peer->lock, &until) == 0) {
  }
  callback_t *callback = peer->first;
  if (callback != NULL) peer->first = callback->next;
  if (peer->first == NULL) peer->last = NULL;
  pthread_mutex_unlock(&peer->lock);
  if (callback == NULL) puts("none");
  else printf("callback %s\n", callback->body);
  free(callback);
}

static void do_send(peer_t *peer, unsigned client, unsigned port, const char *hex) {
  uint8_t data[LINE / 2];
  size_t size = 0;
  unsigned byte;
  while (size < sizeof data && sscanf(hex + 2 * size, "%2x", &byte) == 1) data[size++] = (uint8_t)byte;
  struct sockaddr_in to = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  ssize_t sent = sendto(peer->udp[client], data, size, 0, (struct sockaddr *)&to, sizeof to);
  puts(sent == (ssize_t)size ? "ok" : "failed");
}

static void do_recv(peer_t *peer, unsigned client, unsigned ms) {
  uint8_t data[LINE];
  struct pollfd wait = {.fd = peer->udp[client], .events = POLLIN};
  ssize_t size = poll(&wait, 1, (int)ms) == 1 ? recv(peer->udp[client], data, sizeof data, 0) : -1;
  if (size < 0) {
    puts("none");
    return;
  }
  fputs("datagram ", stdout);
  for (ssize_t i = 0; i < size; i++) printf("%02x", data[i]);
  putchar('\n');
}

static void do_answer(peer_t *peer, unsigned status, unsigned count) {
  pthread_mutex_lock(&peer->lock);
  peer->status = status;
  peer->failures = count;
  pthread_mutex_unlock(&peer->lock);
  puts("ok");
}

static void run_line(peer_t *peer, const char *line) {
  unsigned a = 0;
  unsigned b = 0;
  int at = 0;
  if (sscanf(line, "http %u", &a) == 1) {
    do_http(peer, a);
  } else if (strncmp(line, "close", 5) == 0) {
    do_close(peer);
    puts("closed");
  } else if (sscanf(line, "answer %u %u", &a, &b) == 2) {
    do_answer(peer, a, b);
  } else if (sscanf(line, "next %u", &a) == 1) {
    do_next(peer, a);
  } else if (sscanf(line, "send %u %u %n", &a, &b, &at) == 2 && at > 0 && a < CLIENTS) {
    do_send(peer, a, b, line + at);
  } else if (sscanf(line, "recv %u %u", &a, &b) == 2 && a < CLIENTS) {
    do_recv(peer, a, b);
  } else {
    puts("unknown");
  }
}

int main(void) {
  static char line[LINE];
  peer_t peer = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < CLIENTS; i++) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    peer.udp[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (peer.udp[i] < 0 || bind(peer.udp[i], (struct sockaddr *)&any, sizeof any) != 0) return EXIT_FAILURE;
  }
  while (fgets(line, sizeof line, stdin) != NULL) run_line(&peer, line);
  do_close(&peer);
  for (int i = 0; i < CLIENTS; i++) close(peer.udp[i]);
  while (peer.first != NULL) {
    callback_t *callback = peer.first;
    peer.first = callback->next;
    free(callback);
  }
  return EXIT_SUCCESS;
}
