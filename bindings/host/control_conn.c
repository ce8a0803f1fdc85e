/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over a Unix socket; made by control_server.c, written to by control_reply.c. See control_conn.h. */

#include "bindings/host/control_conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"

struct tg_control_conn {
  tg_loop_watch_t *watch;
  const tg_control_conn_events_t *events;
  int fd;
  tg_buf_t in;
  tg_buf_t out;
  bool slow;
  bool ending; /* no more is read; closed when all is written */
};

void tg_control_conn_free(tg_control_conn_t *conn) {
  tg_loop_unwatch(conn->watch);
  (void)close(conn->fd);
  tg_buf_fini(&conn->in);
  tg_buf_fini(&conn->out);
  tg_alloc_free(conn);
}

static void end(tg_control_conn_t *conn) {
  conn->events->closed(conn->events->ud, conn, conn->slow);
  tg_control_conn_free(conn);
}

/* Breaks off: the loop sees the end of the stream and closes in its own time. */
static void break_off(tg_control_conn_t *conn) {
  conn->ending = true;
  tg_buf_clear(&conn->out);
  (void)shutdown(conn->fd, SHUT_RDWR);
}

static void write_out(tg_control_conn_t *conn) {
  while (conn->out.len) {
    ssize_t n = send(conn->fd, conn->out.p, conn->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) {
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) break_off(conn);
      break;
    }
    tg_buf_drop_front(&conn->out, (size_t)n);
  }
  int events = (conn->ending ? 0 : TG_LOOP_READ) | (conn->out.len ? TG_LOOP_WRITE : 0);
  if (tg_loop_watch_set(conn->watch, events ? events : TG_LOOP_READ) != TG_OK) break_off(conn);
}

void tg_control_conn_send(tg_control_conn_t *conn, tg_slice_t bytes) {
  if (conn->ending) return;
  tg_buf_put(&conn->out, bytes);
  if (conn->out.rc != TG_OK) {
    conn->slow = true;
    break_off(conn);
    return;
  }
  write_out(conn);
}

static void refuse_long_line(tg_control_conn_t *conn) {
  tg_control_conn_send(
      conn, tg_slice_str("{\"error\":\"too_long\",\"message\":\"a request has at most 64 KiB\",\"end\":true}\n"));
  conn->ending = true;
  conn->events->too_long(conn->events->ud);
}

static void take_lines(tg_control_conn_t *conn) {
  tg_slice_t rest = tg_buf_slice(&conn->in);
  while (!conn->ending && tg_slice_find(rest, '\n') < rest.len) {
    tg_slice_t line = tg_slice_take(&rest, '\n');
    if (line.len) conn->events->line(conn->events->ud, conn, line);
  }
  tg_buf_drop_front(&conn->in, conn->in.len - rest.len);
  if (!conn->ending && conn->in.len >= TG_CONTROL_LINE_MAX) refuse_long_line(conn);
}

/* False when the stream has ended. */
static bool read_in(tg_control_conn_t *conn) {
  uint8_t chunk[8192];
  ssize_t n = recv(conn->fd, chunk, sizeof chunk, MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  if (n == 0) return false;
  if (conn->ending) return true;
  tg_buf_put(&conn->in, tg_slice(chunk, (size_t)n));
  if (conn->in.rc != TG_OK) return false;
  take_lines(conn);
  return true;
}

static void on_ready(void *ud, int fd, int events) {
  (void)fd;
  tg_control_conn_t *conn = ud;
  if ((events & TG_LOOP_READ) && !read_in(conn)) {
    end(conn);
    return;
  }
  if (conn->out.len) write_out(conn);
  if (conn->ending && conn->out.len == 0) end(conn);
}

tg_control_conn_t *tg_control_conn_new(tg_loop_t *loop, int fd, const tg_control_conn_events_t *events) {
  tg_control_conn_t *conn = tg_alloc_array(1, sizeof *conn);
  if (!conn) {
    (void)close(fd);
    return NULL;
  }
  conn->fd = fd;
  conn->events = events;
  tg_buf_init_growing(&conn->in, TG_CONTROL_LINE_MAX + 8192);
  tg_buf_init_growing(&conn->out, TG_CONTROL_OUT_MAX);
  conn->watch = tg_loop_watch(loop, fd, TG_LOOP_READ, on_ready, conn);
  if (conn->watch) return conn;
  tg_control_conn_free(conn);
  return NULL;
}
