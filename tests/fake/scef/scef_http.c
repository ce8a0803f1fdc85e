/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's HTTP server: bytes -> request -> api -> answer. See scef_http.h. */

#include "tests/fake/scef/scef_http.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_api.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_log.h"
#include "tests/fake/scef/scef_text.h"

enum { BODY_MAX = 256 * 1024 };

/* One request from its first byte to its answer. */
typedef struct call {
  struct call *next; /* in scef->held */
  tg_scef_t *scef;
  struct MHD_Connection *connection;
  tg_scef_request_t request;
  char *path;
  char *body;
  size_t room;
  tg_scef_timer_t hold;
  bool held;
} call_t;

static void keep_body(call_t *call, const char *data, size_t size) {
  size_t len = call->request.body_len;
  if (size > BODY_MAX - len) call->request.too_large = 1;
  if (call->request.too_large) return;
  if (len + size + 1 > call->room) {
    size_t room = (len + size + 1) * 2;
    char *longer = tg_scef_text_alloc(room);
    if (len > 0) memcpy(longer, call->body, len);
    free(call->body);
    call->body = longer;
    call->room = room;
  }
  memcpy(call->body + len, data, size);
  call->request.body_len = len + size;
}

static const char *header(const call_t *call, const char *name) {
  return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* Links are built from Host, so nothing may be in it that isn't an authority. */
static const char *safe_host(const char *host) {
  if (host == NULL || *host == '\0') return NULL;
  for (const char *p = host; *p != '\0'; p++) {
    bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
    if (!plain && strchr(".:-_[]", *p) == NULL) return NULL;
  }
  return host;
}

static void fill_request(call_t *call, const char *method) {
  tg_scef_request_t *request = &call->request;
  request->method = method;
  request->path = call->path;
  request->host = safe_host(header(call, "Host"));
  request->content_type = header(call, "Content-Type");
  request->accept = header(call, "Accept");
  request->authorization = header(call, "Authorization");
  request->has_length = header(call, "Content-Length") != NULL || header(call, "Transfer-Encoding") != NULL;
  request->body = call->body == NULL ? "" : call->body;
}

static void log_exchange(const call_t *call, const tg_scef_reply_t *reply, const char *text) {
  bool secret = strcmp(call->path, "/oauth2/token") == 0;
  const tg_scef_exchange_t exchange = {
      .direction = "in",
      .method = call->request.method,
      .target = call->path,
      .request_type = call->request.content_type,
      .request = call->request.body,
      .request_len = secret ? 0 : call->request.body_len,
      .status = reply->status,
      .response_type = reply->type,
      .location = reply->location,
      .response = text,
      .response_len = secret ? 0 : strlen(text),
  };
  tg_scef_log_write(call->scef, &exchange);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value) {
  if (value != NULL && MHD_add_response_header(response, name, value) != MHD_YES) {
    fprintf(stderr, "tg-fake-scef: header %s can't be sent\n", name);
  }
}

static enum MHD_Result send_reply(call_t *call, const tg_scef_reply_t *reply) {
  const char *text = reply->body == NULL ? "" : tg_scef_json_text(reply->body);
  struct MHD_Response *response =
      MHD_create_response_from_buffer(strlen(text), tg_scef_text_dup(text, strlen(text)), MHD_RESPMEM_MUST_FREE);
  if (response == NULL) return MHD_NO;
  add_header(response, "Content-Type", reply->type);
  add_header(response, "Location", reply->location);
  add_header(response, "Allow", reply->allow);
  add_header(response, "WWW-Authenticate", reply->challenge);
  if (strcmp(call->path, "/oauth2/token") == 0) add_header(response, "Cache-Control", "no-store");
  if (reply->retry_after > 0) {
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)reply->retry_after);
    add_header(response, "Retry-After", seconds);
  }
  log_exchange(call, reply, text);
  enum MHD_Result queued = MHD_queue_response(call->connection, (unsigned)reply->status, response);
  MHD_destroy_response(response);
  return queued;
}

static void unlink_held(call_t *call) {
  call_t *at = call->scef->held;
  if (at == call) {
    call->scef->held = call->next;
    return;
  }
  while (at != NULL && at->next != call) at = at->next;
  if (at != NULL) at->next = call->next;
}

static void on_hold_over(void *arg) {
  call_t *call = arg;
  unlink_held(call);
  MHD_resume_connection(call->connection);
}

static bool hold(call_t *call) {
  int64_t delay = call->held ? 0 : tg_scef_api_delay(call->scef, &call->request);
  if (delay <= 0) return false;
  call->held = true;
  call->next = call->scef->held;
  call->scef->held = call;
  call->hold.fire = on_hold_over;
  call->hold.arg = call;
  tg_scef_loop_start(&call->scef->loop, &call->hold, delay);
  MHD_suspend_connection(call->connection);
  return true;
}

static call_t *new_call(tg_scef_t *scef, struct MHD_Connection *connection, const char *url) {
  call_t *call = tg_scef_text_alloc(sizeof *call);
  call->scef = scef;
  call->connection = connection;
  call->path = tg_scef_text_dup(url, strlen(url));
  return call;
}

/* limits: libmicrohttpd fixes the parameters. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **state) {
  (void)version;
  call_t *call = *state;
  if (call == NULL) {
    *state = new_call(arg, connection, url);
    return MHD_YES;
  }
  if (*size > 0) {
    keep_body(call, data, *size);
    *size = 0;
    return MHD_YES;
  }
  fill_request(call, method);
  if (hold(call)) return MHD_YES;
  tg_scef_reply_t reply = {0};
  tg_scef_api_serve(call->scef, &call->request, &reply);
  enum MHD_Result result = send_reply(call, &reply);
  tg_scef_reply_fini(&reply);
  return result;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
  (void)arg;
  (void)connection;
  (void)code;
  call_t *call = *state;
  if (call == NULL) return;
  if (call->hold.set) unlink_held(call);
  tg_scef_loop_stop(&call->scef->loop, &call->hold);
  free(call->path);
  free(call->body);
  free(call);
  *state = NULL;
}

/* Path segments are decoded after they are split, so that an id may hold an encoded slash. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text) {
  (void)arg;
  (void)connection;
  return strlen(text);
}

bool tg_scef_http_init(tg_scef_t *scef) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(scef->options.http_port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  scef->httpd =
      MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, scef, MHD_OPTION_SOCK_ADDR,
                       &address, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED,
                       on_completed, scef, MHD_OPTION_CONNECTION_TIMEOUT, 120U, MHD_OPTION_END);
  if (scef->httpd == NULL) return false;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(scef->httpd, MHD_DAEMON_INFO_BIND_PORT);
  if (info == NULL) return false;
  scef->http_port = info->port;
  return true;
}

int tg_scef_http_fd(tg_scef_t *scef) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(scef->httpd, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

int tg_scef_http_wait(tg_scef_t *scef, int limit) {
  MHD_UNSIGNED_LONG_LONG wait = 0;
  if (MHD_get_timeout(scef->httpd, &wait) != MHD_YES) return limit;
  return wait < (MHD_UNSIGNED_LONG_LONG)limit ? (int)wait : limit;
}

void tg_scef_http_run(tg_scef_t *scef) {
  MHD_run(scef->httpd);
}

void tg_scef_http_fini(tg_scef_t *scef) {
  if (scef->httpd == NULL) return;
  while (scef->held != NULL) {
    call_t *call = scef->held;
    tg_scef_loop_stop(&scef->loop, &call->hold);
    on_hold_over(call);
  }
  MHD_run(scef->httpd);
  MHD_stop_daemon(scef->httpd);
  scef->httpd = NULL;
}
