/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and requests; see http_exchange.h. Called by libmicrohttpd as it runs. Every connection has one deadline: libmicrohttpd's own
 * timeout starts anew with every byte, which a slow client can make use of for ever.
 */

#include "core/http/module/http_exchange.h"

#include <stdio.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/base/num.h"
#include "core/http/module/http_file.h"

/* So much of a refused body is read, lest the reset that unread bytes cause destroys the answer on its way. */
enum { SKIP_MAX = 1 << 20 };

typedef enum http_phase { HTTP_READING, HTTP_HELD, HTTP_ANSWERING } http_phase_t;

typedef struct http_request http_request_t;

typedef struct http_connection {
  tg_http_exchanges_t *exchanges;
  struct MHD_Connection *mhd;
  tg_id_t id;
  tg_timer_t deadline;
  bool verified;           /* the client has shown a good certificate */
  bool served;             /* a request was answered on it */
  http_request_t *request; /* NULL between requests */
} http_connection_t;

struct http_request {
  http_connection_t *connection;
  tg_id_t id;
  http_phase_t phase;
  int refused; /* status, when the request is not served */
  tg_buf_t body;
  size_t skipped;
  struct MHD_Response *response; /* of a held request, ready to go */
  unsigned status;
  struct MHD_Connection *mhd;
};

static void set_deadline(http_connection_t *connection, uint32_t delay_ms) {
  tg_loop_t *loop = connection->exchanges->loop;
  tg_wheel_add(tg_loop_wheel(loop), &connection->deadline, tg_loop_now(loop) + delay_ms);
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value) {
  return !value || MHD_add_response_header(response, name, value) == MHD_YES;
}

/* The client takes bytes of a long answer: lack of progress ends it, not its length. */
static void on_alive(void *ud) {
  http_connection_t *connection = ud;
  set_deadline(connection, connection->exchanges->timeout_ms);
}

static struct MHD_Response *make_body(const tg_http_reply_t *reply, http_connection_t *connection) {
  static const uint8_t nothing[1] = {0};
  if (reply->file) return tg_http_file_response(reply->file, on_alive, connection);
  void *body = (void *)(uintptr_t)(reply->body.len ? reply->body.p : nothing); /* copied, not written */
  return MHD_create_response_from_buffer(reply->body.len, body, MHD_RESPMEM_MUST_COPY);
}

/* NULL without memory. */
static struct MHD_Response *make_response(const tg_http_reply_t *reply, http_connection_t *connection) {
  struct MHD_Response *response = make_body(reply, connection);
  if (!response) return NULL;
  char retry[16];
  snprintf(retry, sizeof retry, "%u", (unsigned)reply->retry_after_s);
  bool ok = add_header(response, "Content-Type", reply->content_type) &&
            add_header(response, "Location", reply->location) && add_header(response, "Allow", reply->allow) &&
            add_header(response, "Cache-Control", "no-store") && add_header(response, "ETag", reply->etag) &&
            add_header(response, "Accept-Ranges", reply->etag ? "bytes" : NULL) &&
            add_header(response, "Content-Range", reply->content_range) &&
            add_header(response, "Retry-After", reply->retry_after_s ? retry : NULL);
  if (ok) return response;
  MHD_destroy_response(response);
  return NULL;
}

static enum MHD_Result answer(http_request_t *request, unsigned status, struct MHD_Response *response) {
  request->phase = HTTP_ANSWERING;
  set_deadline(request->connection, request->connection->exchanges->timeout_ms);
  return MHD_queue_response(request->mhd, status, response);
}

static void count_refusal(tg_http_stats_t *stats, int status) {
  if (status == MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE) stats->over_header++;
  if (status == MHD_HTTP_CONTENT_TOO_LARGE) stats->over_body++;
}

static enum MHD_Result answer_status(http_request_t *request, int status) {
  count_refusal(request->connection->exchanges->stats, request->refused);
  struct MHD_Response *response = make_response(&(tg_http_reply_t){.status = status}, request->connection);
  if (!response) return MHD_NO;
  if (request->refused) (void)MHD_add_response_header(response, "Connection", "close");
  enum MHD_Result result = answer(request, (unsigned)status, response);
  MHD_destroy_response(response);
  return result;
}

/* 408, past libmicrohttpd, which can't answer what has not come; in clear text only. A connection that just stays open is closed without. */
static void tell_timeout(const http_connection_t *connection, int fd) {
  static const char answer[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  bool is_reading = connection->request ? connection->request->phase == HTTP_READING : !connection->served;
  if (!is_reading || connection->exchanges->secure) return;
  if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return; /* its end comes all the same */
}

/* A client was too slow, or nobody completed what was held. */
static void on_deadline(tg_timer_t *timer, void *ud) {
  (void)timer;
  http_connection_t *connection = ud;
  if (connection->request && connection->request->phase == HTTP_HELD) {
    tg_log("http", TG_LOG_WARN, "held_request_timeout");
    tg_rc_t rc =
        tg_http_exchange_complete(connection->exchanges, connection->request->id, &(tg_http_reply_t){.status = 503});
    if (rc == TG_OK) return;
  }
  if (connection->request || !connection->served) connection->exchanges->stats->over_time++;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info) return;
  tell_timeout(connection, info->connect_fd);
  shutdown(info->connect_fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes */
}

void tg_http_exchange_on_connection(void *ud, struct MHD_Connection *mhd, void **socket_context,
                                    enum MHD_ConnectionNotificationCode code) {
  tg_http_exchanges_t *exchanges = ud;
  http_connection_t *connection = *socket_context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    tg_id_t id;
    connection = tg_pool_take(&exchanges->connections, &id);
    if (!connection) return; /* its requests are refused */
    *connection = (http_connection_t){.exchanges = exchanges, .mhd = mhd, .id = id};
    connection->deadline = (tg_timer_t){.fn = on_deadline, .ud = connection};
    set_deadline(connection, exchanges->timeout_ms);
    *socket_context = connection;
    if (exchanges->connections.count == exchanges->max_connections) exchanges->stats->over_connections++;
  } else if (connection) {
    tg_wheel_del(tg_loop_wheel(exchanges->loop), &connection->deadline);
    tg_pool_give(&exchanges->connections, connection->id);
    *socket_context = NULL;
  }
}

static enum MHD_Result count_header(void *ud, enum MHD_ValueKind kind, const char *key, const char *value) {
  (void)kind;
  size_t *sum = ud;
  *sum += (key ? strlen(key) : 0) + (value ? strlen(value) : 0) + 4; /* ": " and CR LF */
  return MHD_YES;
}

/* Content-Length; 0 when absent, UINT64_MAX when it is no number. */
static uint64_t body_length(struct MHD_Connection *mhd) {
  const char *text = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");
  uint64_t length = 0;
  if (text && tg_num_parse_u64(tg_slice_str(text), UINT64_MAX, &length) != TG_OK) return UINT64_MAX;
  return length;
}

/* What the header alone says against the request; 0 = nothing. */
static int refusal(const tg_http_exchanges_t *exchanges, struct MHD_Connection *mhd, const char *url) {
  size_t sum = strlen(url);
  MHD_get_connection_values(mhd, MHD_HEADER_KIND, count_header, &sum);
  MHD_get_connection_values(mhd, MHD_GET_ARGUMENT_KIND, count_header, &sum);
  if (sum > exchanges->max_header) return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
  return body_length(mhd) > exchanges->max_body ? MHD_HTTP_CONTENT_TOO_LARGE : 0;
}

/* libmicrohttpd only asks for a certificate; whether a good one came is ours to see. */
static bool is_trusted(const tg_http_exchanges_t *exchanges, http_connection_t *connection) {
  if (!exchanges->client_ca || connection->verified) return true;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  unsigned status = 0;
  connection->verified = info && gnutls_certificate_verify_peers2(info->tls_session, &status) == 0 && status == 0;
  if (!connection->verified) tg_log("http", TG_LOG_WARN, "client_certificate_refused status=0x%x", status);
  return connection->verified;
}

static enum MHD_Result begin(tg_http_exchanges_t *exchanges, struct MHD_Connection *mhd, const char *url, void **slot) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  http_connection_t *connection = info ? info->socket_context : NULL;
  if (!connection || !is_trusted(exchanges, connection)) return MHD_NO;
  tg_id_t id;
  http_request_t *request = tg_pool_take(&exchanges->requests, &id);
  if (!request) return MHD_NO;
  *request = (http_request_t){.connection = connection, .id = id, .mhd = mhd};
  tg_buf_init_growing(&request->body, exchanges->max_body);
  connection->request = request;
  *slot = request;
  request->refused = refusal(exchanges, mhd, url);
  if (!request->refused) return MHD_YES;
  bool at_once = body_length(mhd) > SKIP_MAX || MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Expect");
  return at_once ? answer_status(request, request->refused) : MHD_YES;
}

static enum MHD_Result take_upload(http_request_t *request, const char *upload, size_t *len) {
  if (!request->refused) {
    tg_buf_put(&request->body, tg_slice(upload, *len));
    if (request->body.rc != TG_OK) {
      request->refused = request->body.rc == TG_E_TOO_LONG ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
    }
  }
  if (request->refused) request->skipped += *len;
  *len = 0;
  return request->skipped > SKIP_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result serve(tg_http_exchanges_t *exchanges, http_request_t *request, const char *method,
                             const char *path) {
  tg_http_call_t call = {.id = request->id, .method = method, .path = path};
  call.body = tg_buf_slice(&request->body);
  call.server = exchanges->server;
  call.connection = request->mhd;
  tg_http_reply_t reply = {.status = MHD_HTTP_OK};
  tg_wheel_del(tg_loop_wheel(exchanges->loop), &request->connection->deadline);
  exchanges->handler(exchanges->ud, &call, &reply);
  tg_buf_fini(&request->body);
  if (reply.hold) {
    request->phase = HTTP_HELD;
    MHD_suspend_connection(request->mhd);
    set_deadline(request->connection, exchanges->hold_ms);
    return MHD_YES;
  }
  struct MHD_Response *response = make_response(&reply, request->connection);
  if (!response) return MHD_NO;
  enum MHD_Result result = answer(request, (unsigned)reply.status, response);
  MHD_destroy_response(response);
  return result;
}

/* limits: libmicrohttpd chose the parameters. */
enum MHD_Result tg_http_exchange_on_request(void *ud, struct MHD_Connection *connection, const char *url,
                                            const char *method, const char *version, const char *upload,
                                            size_t *upload_len, void **slot) {
  (void)version;
  tg_http_exchanges_t *exchanges = ud;
  http_request_t *request = *slot;
  if (!request) return begin(exchanges, connection, url, slot);
  if (*upload_len) return take_upload(request, upload, upload_len);
  if (request->response) return answer(request, request->status, request->response); /* was held */
  if (request->phase == HTTP_ANSWERING) return MHD_YES;
  if (request->refused) return answer_status(request, request->refused);
  return serve(exchanges, request, method, url);
}

void tg_http_exchange_on_completed(void *ud, struct MHD_Connection *connection, void **slot,
                                   enum MHD_RequestTerminationCode code) {
  (void)connection;
  (void)code;
  tg_http_exchanges_t *exchanges = ud;
  http_request_t *request = *slot;
  if (!request) return;
  *slot = NULL;
  request->connection->request = NULL;
  request->connection->served = true;
  set_deadline(request->connection, exchanges->timeout_ms); /* for the next request on this connection */
  if (request->response) MHD_destroy_response(request->response);
  tg_buf_fini(&request->body);
  tg_pool_give(&exchanges->requests, request->id);
}

tg_rc_t tg_http_exchange_complete(tg_http_exchanges_t *exchanges, tg_id_t id, const tg_http_reply_t *reply) {
  http_request_t *request = tg_pool_find(&exchanges->requests, id);
  if (!request) return TG_E_GONE;
  if (request->phase != HTTP_HELD || request->response) return TG_E_STATE;
  request->response = make_response(reply, request->connection);
  if (!request->response) return TG_E_NOMEM;
  request->status = (unsigned)reply->status;
  tg_wheel_del(tg_loop_wheel(exchanges->loop), &request->connection->deadline);
  MHD_resume_connection(request->mhd);
  exchanges->wake(exchanges->wake_ud);
  return TG_OK;
}

void tg_http_exchange_abandon(tg_http_exchanges_t *exchanges) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&exchanges->requests); slot++) {
    http_request_t *request = tg_pool_at(&exchanges->requests, slot, NULL);
    if (request && request->phase == HTTP_HELD && !request->response) MHD_resume_connection(request->mhd);
  }
}

tg_rc_t tg_http_exchange_init(tg_http_exchanges_t *exchanges, const tg_http_server_config_t *config, tg_loop_t *loop) {
  exchanges->loop = loop;
  exchanges->handler = config->handler;
  exchanges->ud = config->ud;
  exchanges->client_ca = config->client_ca_file != NULL;
  exchanges->secure = config->cert_file != NULL;
  exchanges->stats = config->stats ? config->stats : &exchanges->own;
  exchanges->max_connections = config->max_connections ? config->max_connections : TG_HTTP_CONNECTIONS;
  exchanges->max_header = config->max_header ? config->max_header : TG_HTTP_HEADER;
  exchanges->max_body = config->max_body ? config->max_body : TG_HTTP_BODY;
  exchanges->timeout_ms = config->timeout_ms ? config->timeout_ms : TG_HTTP_TIMEOUT_MS;
  exchanges->hold_ms = config->hold_ms ? config->hold_ms : 25000;
  uint32_t room = exchanges->max_connections + 1;
  tg_rc_t rc = tg_pool_init(&exchanges->requests, sizeof(http_request_t), room);
  return rc == TG_OK ? tg_pool_init(&exchanges->connections, sizeof(http_connection_t), room) : rc;
}

void tg_http_exchange_fini(tg_http_exchanges_t *exchanges) {
  tg_pool_fini(&exchanges->requests);
  tg_pool_fini(&exchanges->connections);
}
