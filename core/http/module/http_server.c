/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts and drives libmicrohttpd: its epoll descriptor is watched by the loop, its timeout is a timer. What happens to one
 * request is the business of http_exchange.c.
 */

#include "core/http/http_module.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/spare.h"
#include "core/http/module/http_exchange.h"

enum { FILE_MAX = 256 * 1024, PAUSE_MS = 100 };

typedef struct http_server {
  tg_http_server_t face; /* first, see http_module.h */
  struct MHD_Daemon *daemon;
  tg_loop_t *loop;
  tg_loop_watch_t *watch;
  tg_timer_t timer;
  tg_http_exchanges_t exchanges;
  tg_buf_t cert, key, client_ca; /* libmicrohttpd borrows them while it starts */
  unsigned connections;          /* after the last turn */
  uint16_t port;
  bool secure;
  bool has_complained; /* libmicrohttpd, in this turn */
  bool is_paused;
  tg_spare_t spare;
} http_server_t;

static void schedule(http_server_t *server, uint64_t delay_ms) {
  tg_wheel_add(tg_loop_wheel(server->loop), &server->timer, tg_loop_now(server->loop) + delay_ms);
}

/*
 * Out of descriptors, libmicrohttpd complains and leaves the connection where it is, so that its socket would call again and again. Others who
 * complain cost a look.
 */
static void refuse_connections(http_server_t *server) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
  if (!info || !tg_spare_is_last(&server->spare)) return;
  if (tg_spare_refuse(&server->spare, info->listen_fd)) return;
  server->is_paused = tg_loop_watch_set(server->watch, 0) == TG_OK;
}

static void go_on(http_server_t *server) {
  if (server->is_paused) server->is_paused = tg_loop_watch_set(server->watch, TG_LOOP_READ) != TG_OK;
}

/*
 * The sockets are edge-triggered inside of the epoll descriptor, so data that libmicrohttpd has left unread makes nothing readable:
 * only its timeout (then 0) says that it wants to go on.
 */
static void run(http_server_t *server) {
  server->has_complained = false;
  MHD_run(server->daemon);
  if (server->has_complained) refuse_connections(server);
  MHD_UNSIGNED_LONG_LONG timeout = 0;
  bool again = MHD_get_timeout(server->daemon, &timeout) == MHD_YES;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  unsigned connections = info ? info->num_connections : 0;
  if (connections < server->connections) {
    again = true; /* at its cap it had stopped to accept, and begins again in its next turn only */
    timeout = 0;
  }
  server->connections = connections;
  if (server->is_paused && (!again || timeout > PAUSE_MS || timeout == 0)) schedule(server, PAUSE_MS);
  else if (again) schedule(server, timeout);
  else tg_wheel_del(tg_loop_wheel(server->loop), &server->timer);
}

static void on_readable(void *ud, int fd, int events) {
  (void)fd;
  (void)events;
  run(ud);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  go_on(ud);
  run(ud);
}

/* Seam of http_exchange.c: a held request goes on. Not at once: we may be inside of MHD_run(). */
static void on_wake(void *ud) {
  schedule(ud, 0);
}

/* MHD_LogCallback. */
TG_PRINTF(2, 0) static void on_log(void *ud, const char *format, va_list args) {
  http_server_t *server = ud;
  char line[256];
  char text[256];
  int len = vsnprintf(line, sizeof line, format, args);
  server->has_complained = true;
  if (len < 0) return;
  tg_slice_t trimmed = tg_slice_str(line);
  while (trimmed.len && (trimmed.p[trimmed.len - 1] == '\n' || trimmed.p[trimmed.len - 1] == '.')) trimmed.len--;
  tg_log("http", TG_LOG_DEBUG, "server reason=\"%s\"", tg_log_text(trimmed, text, sizeof text));
}

static tg_rc_t read_file(const char *path, tg_buf_t *out, tg_diag_t *diag) {
  tg_buf_init_growing(out, FILE_MAX);
  if (!path) return TG_OK;
  tg_rc_t rc = tg_file_read(path, out);
  if (rc == TG_OK && tg_buf_cstr(out)) return TG_OK;
  if (rc == TG_OK || rc == TG_E_TOO_LONG) tg_diag_set(diag, path, 0, "longer than 256 KiB");
  else tg_diag_set(diag, path, 0, "can't be read: %s", tg_file_why(rc));
  return TG_E_CONFIG;
}

static tg_rc_t read_tls(http_server_t *server, const tg_http_server_config_t *config, tg_diag_t *diag) {
  tg_buf_init_growing(&server->cert, FILE_MAX);
  tg_buf_init_growing(&server->key, FILE_MAX);
  tg_buf_init_growing(&server->client_ca, FILE_MAX);
  if (!config->cert_file != !config->key_file || (config->client_ca_file && !config->cert_file)) {
    tg_diag_set(diag, NULL, 0, "a certificate and its key are given together");
    return TG_E_CONFIG;
  }
  server->secure = config->cert_file != NULL;
  tg_rc_t rc = read_file(config->cert_file, &server->cert, diag);
  if (rc == TG_OK) rc = read_file(config->key_file, &server->key, diag);
  if (rc == TG_OK) rc = read_file(config->client_ca_file, &server->client_ca, diag);
  return rc;
}

/* The options that only TLS knows; an array for MHD_OPTION_ARRAY. */
static void put_tls_options(http_server_t *server, struct MHD_OptionItem options[5]) {
  size_t n = 0;
  if (server->secure) {
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert.p};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, server->key.p};
    static const char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)versions};
    if (server->client_ca.len)
      options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, server->client_ca.p};
  }
  options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

static struct MHD_Daemon *start(http_server_t *server, const struct sockaddr *addr) {
  struct MHD_OptionItem tls[5];
  put_tls_options(server, tls);
  const tg_http_exchanges_t *exchanges = &server->exchanges;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  if (addr->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
  if (server->secure) flags |= MHD_USE_TLS;
  return MHD_start_daemon(flags, 0, NULL, NULL, tg_http_exchange_on_request, &server->exchanges,
                          MHD_OPTION_EXTERNAL_LOGGER, on_log, server, MHD_OPTION_SOCK_ADDR, addr,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)exchanges->max_connections,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, exchanges->max_header * 4, MHD_OPTION_CONNECTION_TIMEOUT,
                          (unsigned)(exchanges->timeout_ms / 1000 + 1), MHD_OPTION_NOTIFY_COMPLETED,
                          tg_http_exchange_on_completed, &server->exchanges, MHD_OPTION_NOTIFY_CONNECTION,
                          tg_http_exchange_on_connection, &server->exchanges, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static tg_rc_t listen_on(http_server_t *server, const tg_http_server_config_t *config, tg_diag_t *diag) {
  const char *host = config->host ? config->host : "127.0.0.1";
  char service[8];
  snprintf(service, sizeof service, "%u", (unsigned)config->port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  if (getaddrinfo(host, service, &hints, &found) != 0 || !found) {
    tg_diag_set(diag, NULL, 0, "no address of this machine: %s", host);
    return TG_E_CONFIG;
  }
  server->daemon = start(server, found->ai_addr);
  freeaddrinfo(found);
  if (server->daemon) return TG_OK;
  tg_diag_set(diag, NULL, 0, "can't listen on %s port %s (in use, not allowed, or a certificate that can't be read)",
              host, service);
  return TG_E_IO;
}

static tg_rc_t watch_daemon(http_server_t *server) {
  const union MHD_DaemonInfo *port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
  const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (!port || !epoll) return TG_E_IO;
  server->port = port->port;
  server->watch = tg_loop_watch(server->loop, epoll->epoll_fd, TG_LOOP_READ, on_readable, server);
  return server->watch ? TG_OK : TG_E_NOMEM;
}

static http_server_t *server_of(tg_http_server_t *face) {
  return (http_server_t *)face;
}

static void op_free(tg_http_server_t *face) {
  http_server_t *server = server_of(face);
  tg_loop_unwatch(server->watch);
  if (server->daemon) {
    tg_http_exchange_abandon(&server->exchanges); /* libmicrohttpd can't stop over suspended connections */
    MHD_stop_daemon(server->daemon);
  }
  tg_wheel_del(tg_loop_wheel(server->loop), &server->timer);
  tg_http_exchange_fini(&server->exchanges);
  tg_spare_fini(&server->spare);
  tg_buf_fini(&server->cert);
  tg_buf_fini(&server->key);
  tg_buf_fini(&server->client_ca);
  tg_alloc_free(server);
}

static uint16_t op_port(const tg_http_server_t *face) {
  return ((const http_server_t *)face)->port;
}

static bool op_secure(const tg_http_server_t *face) {
  return ((const http_server_t *)face)->secure;
}

static tg_rc_t op_complete(tg_http_server_t *face, tg_id_t id, const tg_http_reply_t *reply) {
  return tg_http_exchange_complete(&server_of(face)->exchanges, id, reply);
}

static const char *op_header(const tg_http_call_t *call, const char *name) {
  return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static const char *op_query(const tg_http_call_t *call, const char *name) {
  return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const tg_http_server_ops_t ops = {
    .free = op_free,
    .port = op_port,
    .secure = op_secure,
    .header = op_header,
    .query = op_query,
    .complete = op_complete,
};

tg_rc_t tg_http_server_make(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                            tg_http_server_t **out) {
  http_server_t *server = tg_alloc_array(1, sizeof *server);
  if (!server) return TG_E_NOMEM;
  server->face.ops = &ops;
  server->loop = loop;
  server->timer = (tg_timer_t){.fn = on_timer, .ud = server};
  tg_spare_init(&server->spare);
  tg_rc_t rc = tg_http_exchange_init(&server->exchanges, config, loop);
  server->exchanges.server = &server->face;
  server->exchanges.wake = on_wake;
  server->exchanges.wake_ud = server;
  if (rc == TG_OK) rc = read_tls(server, config, diag);
  if (rc == TG_OK) rc = listen_on(server, config, diag);
  if (rc == TG_OK) rc = watch_daemon(server);
  if (rc != TG_OK) {
    op_free(&server->face);
    return rc;
  }
  *out = &server->face;
  return TG_OK;
}
