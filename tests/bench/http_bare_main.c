/* SPDX-License-Identifier: Apache-2.0 */
/* tg-http-bare [CPU]: libmicrohttpd alone, which takes each body and answers 204: what NIDD uplinks can reach at best. Prints `listening PORT`. */

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

enum { BODY_MAX = 65536 };

typedef struct body {
  size_t len;
  char bytes[BODY_MAX];
} body_t;

/* limits: MHD_AccessHandlerCallback has eight parameters. */
static enum MHD_Result on_request(void *ud, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **of_request) {
  (void)ud, (void)url, (void)method, (void)version;
  static body_t body; /* one thread, which takes a small body at once */
  if (!*of_request) {
    body.len = 0;
    *of_request = &body;
    return MHD_YES;
  }
  if (*size) {
    if (body.len + *size > sizeof body.bytes) return MHD_NO;
    memcpy(body.bytes + body.len, data, *size);
    body.len += *size;
    *size = 0;
    return MHD_YES;
  }
  struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  enum MHD_Result queued = MHD_queue_response(connection, 204, response);
  MHD_destroy_response(response);
  return queued;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)strtoul(argv[1], NULL, 10), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("tg-http-bare: cpu");
  }
  struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
                                               MHD_OPTION_CONNECTION_LIMIT, 64U, MHD_OPTION_END);
  const union MHD_DaemonInfo *info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
  if (!info) return 1;
  printf("listening %u\n", info->port);
  fflush(stdout);
  for (;;) pause();
}
