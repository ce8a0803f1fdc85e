/* SPDX-License-Identifier: Apache-2.0 */
/* Listens for clients of the control socket and keeps count of them; lines go to control_ops.c. See control.h. */

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bindings/host/control_command.h"
#include "bindings/host/control_events.h"
#include "bindings/host/control_firmware.h"
#include "bindings/host/control_ops.h"
#include "core/base/alloc.h"
#include "core/base/log.h"

static void on_line(void *ud, tg_control_conn_t *conn, tg_slice_t line) {
  tg_control_ops_line(ud, conn, line);
}

static void on_closed(void *ud, tg_control_conn_t *conn, bool slow) {
  tg_control_t *control = ud;
  if (slow) {
    control->dropped_slow++;
    tg_log("control", TG_LOG_WARN, "client_dropped reason=slow total=%llu", (unsigned long long)control->dropped_slow);
  }
  for (size_t i = 0; i < control->conn_count; i++) {
    if (control->conns[i] == conn) control->conns[i] = control->conns[--control->conn_count];
  }
  tg_control_events_forget(control, conn);
  tg_control_command_forget(control, conn);
  tg_control_firmware_forget(control, conn);
}

static void on_too_long(void *ud) {
  tg_control_t *control = ud;
  control->long_lines++;
}

static void accept_one(tg_control_t *control, int fd) {
  if (control->conn_count >= TG_CONTROL_CONNS_MAX) {
    control->refused++;
    (void)close(fd);
    return;
  }
  tg_control_conn_t *conn = tg_control_conn_new(control->config.parts.loop, fd, &control->events);
  if (conn) control->conns[control->conn_count++] = conn;
}

static void on_listening(void *ud, int fd, int events) {
  (void)events;
  for (;;) {
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    accept_one(ud, client);
  }
}

/* A socket file that nobody listens on is left over from a process that died. */
static bool is_stale(const struct sockaddr_un *address) {
  struct stat st;
  if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) return false;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  bool stale = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
  (void)close(fd);
  return stale;
}

static tg_rc_t bind_socket(tg_control_t *control, tg_diag_t *diag) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(control->path) >= sizeof address.sun_path) {
    tg_diag_set(diag, NULL, 0, "control.socket: %s is longer than %zu bytes; choose a shorter path", control->path,
                sizeof address.sun_path - 1);
    return TG_E_CONFIG;
  }
  memcpy(address.sun_path, control->path, strlen(control->path));
  if (is_stale(&address)) (void)unlink(control->path);
  control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* Nobody may connect before the permissions are those of the configuration. */
  mode_t old = umask(0177);
  bool fine = control->fd >= 0 && bind(control->fd, (const struct sockaddr *)&address, sizeof address) == 0;
  int why = errno;
  (void)umask(old);
  if (fine && (chmod(control->path, control->config.mode) != 0 || listen(control->fd, 16) != 0)) {
    why = errno;
    (void)unlink(control->path);
    fine = false;
  }
  if (fine) return TG_OK;
  if (control->fd >= 0) (void)close(control->fd);
  control->fd = -1;
  tg_diag_set(diag, NULL, 0, "control.socket: can't listen on %s: %s", control->path, strerror(why));
  return TG_E_IO;
}

static tg_rc_t open_parts(tg_control_t *control, tg_diag_t *diag) {
  control->path = tg_alloc_str(tg_slice_str(control->config.path));
  if (!control->path) return TG_E_NOMEM;
  tg_rc_t rc = bind_socket(control, diag);
  if (rc != TG_OK) return rc;
  control->watch = tg_loop_watch(control->config.parts.loop, control->fd, TG_LOOP_READ, on_listening, control);
  control->facts = tg_control_facts_new(control->config.parts.events);
  if (!control->watch || !control->facts) return TG_E_NOMEM;
  rc = tg_control_firmware_open(control);
  return rc == TG_OK ? tg_control_events_open(control) : rc;
}

tg_rc_t tg_control_open(const tg_control_config_t *config, tg_diag_t *diag, tg_control_t **out) {
  tg_control_t *control = tg_alloc_array(1, sizeof *control);
  if (!control) return TG_E_NOMEM;
  control->config = *config;
  control->fd = -1;
  control->started_ms = tg_loop_now(config->parts.loop);
  control->events = (tg_control_conn_events_t){on_line, on_closed, on_too_long, control};
  tg_rc_t rc = open_parts(control, diag);
  if (rc != TG_OK) {
    tg_control_close(control);
    return rc;
  }
  *out = control;
  return TG_OK;
}

void tg_control_close(tg_control_t *control) {
  if (!control) return;
  tg_loop_unwatch(control->watch);
  if (control->fd >= 0) {
    (void)close(control->fd);
    (void)unlink(control->path);
  }
  tg_control_events_close(control);
  tg_control_facts_free(control->facts);
  tg_control_command_close(control);
  tg_control_firmware_close(control);
  for (size_t i = 0; i < control->conn_count; i++) tg_control_conn_free(control->conns[i]);
  tg_alloc_free(control->path);
  tg_alloc_free(control);
}
