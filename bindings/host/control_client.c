/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking client of the control socket; called by cmd_ask.c. See control_client.h. */

#include "bindings/host/control_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/buf.h"

enum { LINE_MAX_BYTES = 8 << 20 };

static tg_rc_t dial(const char *path, tg_diag_t *diag, int *fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    tg_diag_set(diag, NULL, 0, "%s is too long for a socket", path);
    return TG_E_LINK;
  }
  memcpy(address.sun_path, path, strlen(path));
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd >= 0 && connect(*fd, (const struct sockaddr *)&address, sizeof address) == 0) return TG_OK;
  tg_diag_set(diag, NULL, 0, "no gateway at %s: %s", path, strerror(errno));
  if (*fd >= 0) (void)close(*fd);
  return TG_E_LINK;
}

static tg_rc_t send_all(int fd, tg_slice_t bytes) {
  while (bytes.len) {
    ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return TG_E_CLOSED;
    bytes = tg_slice_from(bytes, (size_t)n);
  }
  return TG_OK;
}

/* TG_END when fn had the last line. */
static tg_rc_t hand_out(tg_buf_t *in, tg_control_client_fn fn, void *ud) {
  tg_slice_t rest = tg_buf_slice(in);
  bool more = true;
  while (more && tg_slice_find(rest, '\n') < rest.len) more = fn(ud, tg_slice_take(&rest, '\n'));
  tg_buf_drop_front(in, in->len - rest.len);
  if (more) (void)fn(ud, tg_slice(NULL, 0));
  return more ? TG_OK : TG_END;
}

static tg_rc_t receive(const tg_control_client_t *client, int fd, tg_buf_t *in) {
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  int ready = poll(&wait, 1, client->timeout_ms);
  if (ready == 0) return TG_E_TIMEOUT;
  if (ready < 0) return errno == EINTR ? TG_OK : TG_E_CLOSED;
  uint8_t chunk[16384];
  ssize_t n = recv(fd, chunk, sizeof chunk, 0);
  if (n <= 0) return n < 0 && errno == EINTR ? TG_OK : TG_E_CLOSED;
  tg_buf_put(in, tg_slice(chunk, (size_t)n));
  return in->rc;
}

tg_rc_t tg_control_client_ask(const tg_control_client_t *client, tg_slice_t request, tg_control_client_fn fn, void *ud,
                              tg_diag_t *diag) {
  int fd = -1;
  tg_rc_t rc = dial(client->path, diag, &fd);
  if (rc != TG_OK) return rc;
  tg_buf_t in;
  tg_buf_init_growing(&in, LINE_MAX_BYTES);
  rc = send_all(fd, request);
  while (rc == TG_OK) {
    rc = receive(client, fd, &in);
    if (rc == TG_OK) rc = hand_out(&in, fn, ud);
  }
  tg_buf_fini(&in);
  (void)close(fd);
  return rc == TG_END ? TG_OK : rc;
}
