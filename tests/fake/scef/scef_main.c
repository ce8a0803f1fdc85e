/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-fake-scef: a Service Capability Exposure Function for tests and the demo, written from TS 29.122. It offers T8
 * NIDD over HTTP on loopback and relays each device's data to a UDP port of its own. It shares no code with the
 * product, so that both sides can't be wrong in the same way. README.md tells how to use it.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tests/fake/scef/scef_check.h"
#include "tests/fake/scef/scef_control.h"
#include "tests/fake/scef/scef_http.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_log.h"
#include "tests/fake/scef/scef_notify.h"
#include "tests/fake/scef/scef_oauth.h"
#include "tests/fake/scef/scef_relay.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_uplink.h"

enum { TURN_MAX = 1000 };

/* SIGTERM and SIGINT end the loop through a descriptor, so that nothing is cut short. */
typedef struct stopper {
  tg_scef_watch_t watch;
  int fd;
  bool asked;
} stopper_t;

static void on_signal(void *arg) {
  stopper_t *stopper = arg;
  struct signalfd_siginfo info;
  if (read(stopper->fd, &info, sizeof info) == (ssize_t)sizeof info) stopper->asked = true;
}

static bool watch_signals(tg_scef_t *scef, stopper_t *stopper) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  signal(SIGPIPE, SIG_IGN);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return false;
  stopper->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  stopper->watch = (tg_scef_watch_t){.readable = on_signal, .arg = stopper};
  return stopper->fd >= 0 && tg_scef_loop_watch(&scef->loop, stopper->fd, &stopper->watch);
}

static bool complain(const char *what) {
  fprintf(stderr, "tg-fake-scef: %s: %s\n", what, strerror(errno));
  return false;
}

/* ID or ID=PORT. */
static bool add_relay(tg_scef_t *scef, const char *text) {
  const char *equals = strrchr(text, '=');
  char *id = tg_scef_text_dup(text, equals == NULL ? strlen(text) : (size_t)(equals - text));
  char *end = NULL;
  long port = equals == NULL ? 0 : strtol(equals + 1, &end, 10);
  bool good = tg_scef_check_is_identity(id) && port >= 0 && port <= 65535 && (end == NULL || *end == '\0') &&
              tg_scef_state_find_device(scef, id) == NULL;
  if (!good) fprintf(stderr, "tg-fake-scef: --relay %s is not ID or ID=PORT, or is there twice\n", text);
  else if (!tg_scef_relay_open(tg_scef_state_add_device(scef, id), (uint16_t)port)) good = complain(text);
  free(id);
  return good;
}

static bool run_control(tg_scef_t *scef, const char *text) {
  tg_scef_reply_t reply = {0};
  tg_scef_control_run(scef, text, strlen(text), &reply);
  bool good = reply.status == 200;
  if (!good) fprintf(stderr, "tg-fake-scef: --control: %s\n", tg_scef_json_text(reply.body));
  tg_scef_reply_fini(&reply);
  return good;
}

static bool start(tg_scef_t *scef, stopper_t *stopper) {
  const tg_scef_options_t *options = &scef->options;
  scef->on_uplink = tg_scef_uplink_take;
  if (!tg_scef_loop_init(&scef->loop) || !watch_signals(scef, stopper)) return complain("set-up");
  if (options->log != NULL && !tg_scef_log_open(scef, options->log)) return complain(options->log);
  if (!tg_scef_notify_init(scef)) return complain("libcurl");
  if (!tg_scef_http_init(scef)) return complain("HTTP port");
  printf("listening http=%u\n", (unsigned)scef->http_port);
  for (size_t i = 0; i < options->relay_count; i++) {
    if (!add_relay(scef, options->relays[i])) return false;
  }
  for (size_t i = 0; i < options->control_count; i++) {
    if (!run_control(scef, options->controls[i])) return false;
  }
  return true;
}

static void serve(tg_scef_t *scef, const stopper_t *stopper) {
  while (!stopper->asked) {
    int limit = tg_scef_http_wait(scef, tg_scef_loop_wait(&scef->loop, TURN_MAX));
    tg_scef_notify_wait(scef, tg_scef_http_fd(scef), limit);
    tg_scef_loop_turn(&scef->loop);
    tg_scef_http_run(scef);
    tg_scef_notify_run(scef);
  }
}

static void stop(tg_scef_t *scef, stopper_t *stopper) {
  tg_scef_http_fini(scef);
  tg_scef_notify_fini(scef);
  tg_scef_state_fini(scef);
  tg_scef_oauth_revoke(scef);
  tg_scef_log_close(scef);
  tg_scef_loop_fini(&scef->loop);
  if (stopper->fd >= 0) close(stopper->fd);
}

int main(int argc, char **argv) {
  static char line[BUFSIZ];
  setvbuf(stdout, line, _IOLBF, sizeof line);
  tg_scef_t scef = {.loop = {.fd = -1}};
  stopper_t stopper = {.fd = -1};
  int result = EXIT_SUCCESS;
  if (!tg_scef_options_parse(&scef.options, argc, argv)) {
    result = 2;
  } else if (scef.options.help) {
    tg_scef_options_usage();
  } else {
    bool good = start(&scef, &stopper);
    if (good) serve(&scef, &stopper);
    else result = EXIT_FAILURE;
    stop(&scef, &stopper);
  }
  tg_scef_options_fini(&scef.options);
  return result;
}
