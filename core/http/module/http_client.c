/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests over libcurl: the queue, and one easy handle for each running request. The sockets and the timer that libcurl asks for
 * are those of http_multi.c.
 */

#include "core/http/http_module.h"

#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/http/module/http_multi.h"

enum { REDIRECTS = 3, HEADERS = 4 };

typedef struct http_client http_client_t;

typedef struct http_request {
  struct http_request *next, *prev; /* in the list of those that wait, or of those that run */
  http_client_t *client;
  tg_id_t id;
  CURL *easy; /* NULL while it waits */
  struct curl_slist *headers;
  char *method;
  char *url;
  uint8_t *body;
  size_t body_len;
  tg_buf_t answer;
  uint32_t timeout_ms;
  unsigned redirects;
  bool moved; /* no temporary redirection so far */
  tg_http_done_fn done;
  void *ud;
} http_request_t;

typedef struct http_list {
  http_request_t *head, *tail;
  uint32_t count;
} http_list_t;

struct http_client {
  tg_http_client_t face; /* first, see http_module.h */
  tg_http_multi_t *multi;
  tg_pool_t requests;
  http_list_t waiting, running;
  tg_http_client_config_t config; /* strings below are copies */
  char *proxy, *ca_file, *cert_file, *key_file;
};

static void list_add(http_list_t *list, http_request_t *request) {
  request->next = NULL;
  request->prev = list->tail;
  if (list->tail) list->tail->next = request;
  else list->head = request;
  list->tail = request;
  list->count++;
}

static void list_del(http_list_t *list, http_request_t *request) {
  if (request->prev) request->prev->next = request->next;
  else list->head = request->next;
  if (request->next) request->next->prev = request->prev;
  else list->tail = request->prev;
  list->count--;
}

static void request_free(http_request_t *request) {
  if (request->easy) curl_easy_cleanup(request->easy);
  curl_slist_free_all(request->headers);
  tg_alloc_free(request->method);
  tg_alloc_free(request->url);
  tg_alloc_free(request->body);
  tg_buf_fini(&request->answer);
  tg_pool_give(&request->client->requests, request->id);
}

static size_t on_body(char *data, size_t size, size_t count, void *ud) {
  http_request_t *request = ud;
  tg_buf_put(&request->answer, tg_slice(data, size * count));
  return request->answer.rc == TG_OK ? size * count : 0;
}

static void set_tls(const http_client_t *client, CURL *easy) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, client->config.tls.lab_no_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, client->config.tls.lab_no_verify ? 0L : 2L);
  if (client->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
  if (client->cert_file) curl_easy_setopt(easy, CURLOPT_SSLCERT, client->cert_file);
  if (client->key_file) curl_easy_setopt(easy, CURLOPT_SSLKEY, client->key_file);
}

static void set_options(http_request_t *request) {
  CURL *easy = request->easy;
  const http_client_t *client = request->client;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
  curl_easy_setopt(easy, CURLOPT_URL, request->url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, client->proxy ? client->proxy : "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->config.connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate/" TG_VERSION);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
  if (strcmp(request->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request->body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
  }
  set_tls(client, easy);
}

/* Begins (or begins anew, after a redirection) a request that is in the list of running ones. */
static tg_rc_t request_run(http_request_t *request) {
  request->easy = curl_easy_init();
  if (!request->easy) return TG_E_NOMEM;
  set_options(request);
  return tg_http_multi_add(request->client->multi, request->easy);
}

static void request_stop(http_request_t *request) {
  if (!request->easy) return;
  tg_http_multi_del(request->client->multi, request->easy);
  curl_easy_cleanup(request->easy);
  request->easy = NULL;
}

static tg_rc_t rc_of(CURLcode code, const http_request_t *request) {
  if (code == CURLE_OK) return TG_OK;
  if (code == CURLE_OPERATION_TIMEDOUT) return TG_E_TIMEOUT;
  if (code == CURLE_OUT_OF_MEMORY) return TG_E_NOMEM;
  if (code == CURLE_WRITE_ERROR && request->answer.rc != TG_OK) return request->answer.rc;
  return TG_E_LINK;
}

static const char *header_of(CURL *easy, const char *name) {
  struct curl_header *header = NULL;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return "";
  return header->value;
}

/* @p to seen from @p from, absolute; NULL when it is no URL. Freed with curl_free(). */
static char *url_resolve(const char *from, const char *to) {
  char *out = NULL;
  CURLU *url = curl_url();
  if (url && *to && curl_url_set(url, CURLUPART_URL, from, 0) == CURLUE_OK &&
      curl_url_set(url, CURLUPART_URL, to, 0) == CURLUE_OK) {
    if (curl_url_get(url, CURLUPART_URL, &out, 0) != CURLUE_OK) out = NULL;
  }
  curl_url_cleanup(url);
  return out;
}

static bool is_https(const char *url) {
  return strncmp(url, "https:", 6) == 0;
}

/* TG_OK: runs again at @p location. TG_E_DENIED: too many, no target, or a step down from https to http. */
static tg_rc_t request_redirect(http_request_t *request, const char *location, long status) {
  if (request->redirects == REDIRECTS || !*location) return TG_E_DENIED;
  if (is_https(request->url) && !is_https(location)) return TG_E_DENIED;
  if (!is_https(location) && strncmp(location, "http:", 5) != 0) return TG_E_DENIED;
  char *url = tg_alloc_str(tg_slice_str(location));
  if (!url) return TG_E_NOMEM;
  request->moved = status == 308 && (request->redirects == 0 || request->moved);
  request->redirects++;
  request_stop(request);
  tg_alloc_free(request->url);
  request->url = url;
  tg_buf_clear(&request->answer);
  return request_run(request);
}

/* Waiting requests begin from a timer, so that one that cannot even begin ends outside of send(). */
static void fill_waiting(http_client_t *client) {
  if (client->waiting.head) tg_http_multi_wake(client->multi);
}

static void request_finish(http_request_t *request, tg_http_result_t *result) {
  http_client_t *client = request->client;
  list_del(&client->running, request);
  if (request->easy) tg_http_multi_del(client->multi, request->easy);
  result->url = request->url;
  result->moved = request->redirects > 0 && request->moved;
  if (result->rc == TG_OK) result->body = tg_buf_slice(&request->answer);
  tg_http_done_fn done = request->done;
  request->done = NULL; /* a cancel from inside done() comes too late */
  done(request->ud, result);
  request_free(request);
  fill_waiting(client);
}

static void request_fail(http_request_t *request, tg_rc_t rc) {
  tg_http_result_t result = {.rc = rc, .content_type = "", .location = "", .retry_after_s = -1};
  request_finish(request, &result);
}

/* Seam of http_multi.c: libcurl is through with a transfer. */
static void on_transfer(void *ud, void *easy, int code) {
  (void)ud;
  char *private = NULL;
  curl_easy_getinfo((CURL *)easy, CURLINFO_PRIVATE, &private);
  http_request_t *request = (http_request_t *)(void *)private;
  tg_rc_t rc = rc_of((CURLcode)code, request);
  if (rc != TG_OK) {
    tg_log("http", TG_LOG_DEBUG, "request_failed method=%s reason=\"%s\"", request->method,
           curl_easy_strerror((CURLcode)code));
    request_fail(request, rc);
    return;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  char *type = NULL;
  curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(request->easy, CURLINFO_CONTENT_TYPE, &type);
  curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &retry_after);
  char *location = url_resolve(request->url, header_of(request->easy, "Location"));
  if (status == 307 || status == 308) {
    rc = request_redirect(request, location ? location : "", status);
    if (rc != TG_OK) request_fail(request, rc);
  } else {
    tg_http_result_t result = {
        .rc = TG_OK, .status = (int)status, .content_type = type ? type : "", .location = location ? location : ""};
    result.retry_after_s = *header_of(request->easy, "Retry-After") ? (int64_t)retry_after : -1;
    request_finish(request, &result);
  }
  curl_free(location);
}

/* Seam of http_multi.c. */
static void on_wake(void *ud) {
  http_client_t *client = ud;
  while (client->waiting.head && client->running.count < client->config.max_running) {
    http_request_t *request = client->waiting.head;
    list_del(&client->waiting, request);
    list_add(&client->running, request);
    tg_rc_t rc = request_run(request);
    if (rc != TG_OK) request_fail(request, rc);
  }
}

static bool is_token(const char *text) {
  if (!text || !*text) return false;
  for (; *text; text++) {
    if (*text <= ' ' || *text >= 0x7f) return false;
  }
  return true;
}

/* No control characters: nothing can end a header line early. */
static bool is_line(const char *text) {
  for (; text && *text; text++) {
    if ((*text >= 0 && *text < ' ') || *text == 0x7f) return false;
  }
  return true;
}

static bool add_header(http_request_t *request, const char *name, const char *value) {
  if (!value) return true;
  tg_buf_t line;
  tg_buf_init_growing(&line, 16384);
  tg_buf_put_str(&line, name);
  tg_buf_put_str(&line, value);
  const char *text = tg_buf_cstr(&line);
  struct curl_slist *headers = text ? curl_slist_append(request->headers, text) : NULL;
  tg_buf_fini(&line);
  if (headers) request->headers = headers;
  return headers != NULL;
}

static tg_rc_t request_copy(http_request_t *request, const tg_http_request_t *from) {
  request->method = tg_alloc_str(tg_slice_str(from->method));
  request->url = tg_alloc_str(tg_slice_str(from->url));
  if (!request->method || !request->url) return TG_E_NOMEM;
  if (from->body.len || from->content_type) {
    request->body = tg_alloc(from->body.len);
    if (!request->body) return TG_E_NOMEM;
    if (from->body.len) memcpy(request->body, from->body.p, from->body.len);
    request->body_len = from->body.len;
  }
  bool ok = add_header(request, "Content-Type: ", from->content_type) &&
            add_header(request, "Authorization: ", from->authorization) && add_header(request, "", from->header) &&
            add_header(request, "Expect:", "");
  return ok ? TG_OK : TG_E_NOMEM;
}

static bool is_valid(const tg_http_request_t *request) {
  bool http = request->url && (strncmp(request->url, "http://", 7) == 0 || is_https(request->url));
  return http && request->done && is_token(request->method) && is_token(request->url) &&
         is_line(request->content_type) && is_line(request->authorization) && is_line(request->header);
}

static http_client_t *client_of(tg_http_client_t *face) {
  return (http_client_t *)face;
}

static tg_rc_t op_send(tg_http_client_t *face, const tg_http_request_t *from, tg_id_t *id) {
  http_client_t *client = client_of(face);
  if (!is_valid(from)) return TG_E_ARG;
  tg_id_t own;
  http_request_t *request = tg_pool_take(&client->requests, &own);
  if (!request) return TG_E_FULL;
  request->client = client;
  request->id = own;
  request->done = from->done;
  request->ud = from->ud;
  request->timeout_ms = from->timeout_ms ? from->timeout_ms : client->config.timeout_ms;
  tg_buf_init_growing(&request->answer, from->max_body ? from->max_body : client->config.max_body);
  tg_rc_t rc = request_copy(request, from);
  if (rc != TG_OK) {
    request_free(request);
    return rc;
  }
  list_add(&client->waiting, request);
  fill_waiting(client);
  if (id) *id = own;
  return TG_OK;
}

static void op_cancel(tg_http_client_t *face, tg_id_t id) {
  http_client_t *client = client_of(face);
  http_request_t *request = tg_pool_find(&client->requests, id);
  if (!request || !request->done) return;
  list_del(request->easy ? &client->running : &client->waiting, request);
  request_stop(request);
  request_free(request);
  fill_waiting(client);
}

static uint32_t op_count(const tg_http_client_t *face) {
  const http_client_t *client = (const http_client_t *)face;
  return client->waiting.count + client->running.count;
}

static void set_defaults(tg_http_client_config_t *config) {
  if (!config->max_running) config->max_running = 16;
  if (!config->max_waiting) config->max_waiting = 1024;
  if (!config->max_body) config->max_body = 256 * 1024;
  if (!config->timeout_ms) config->timeout_ms = 30000;
  if (!config->connect_timeout_ms) config->connect_timeout_ms = 10000;
}

static bool copy_str(char **copy, const char *text) {
  if (text) *copy = tg_alloc_str(tg_slice_str(text));
  return !text || *copy;
}

static bool is_readable(const char *file) {
  if (!file || access(file, R_OK) == 0) return true;
  tg_log("http", TG_LOG_ERROR, "tls_file_unreadable file=%s", file);
  return false;
}

static bool client_init(http_client_t *client, tg_loop_t *loop, const tg_http_client_config_t *config) {
  client->config = *config;
  set_defaults(&client->config);
  if (!copy_str(&client->proxy, config->proxy) || !copy_str(&client->ca_file, config->tls.ca_file) ||
      !copy_str(&client->cert_file, config->tls.cert_file) || !copy_str(&client->key_file, config->tls.key_file)) {
    return false;
  }
  if (!is_readable(client->ca_file) || !is_readable(client->cert_file) || !is_readable(client->key_file)) return false;
  tg_rc_t rc =
      tg_pool_init(&client->requests, sizeof(http_request_t), client->config.max_running + client->config.max_waiting);
  if (rc != TG_OK) return false;
  client->multi =
      tg_http_multi_new(loop, &(tg_http_multi_events_t){.done = on_transfer, .wake = on_wake, .ud = client});
  return client->multi != NULL;
}

static void free_all(http_list_t *list) {
  while (list->head) {
    http_request_t *request = list->head;
    list_del(list, request);
    request_stop(request);
    request_free(request);
  }
}

static void op_free(tg_http_client_t *face) {
  http_client_t *client = client_of(face);
  free_all(&client->running);
  free_all(&client->waiting);
  tg_http_multi_free(client->multi);
  tg_pool_fini(&client->requests);
  tg_alloc_free(client->proxy);
  tg_alloc_free(client->ca_file);
  tg_alloc_free(client->cert_file);
  tg_alloc_free(client->key_file);
  tg_alloc_free(client);
}

static const tg_http_client_ops_t ops = {.free = op_free, .send = op_send, .cancel = op_cancel, .count = op_count};

tg_http_client_t *tg_http_client_make(tg_loop_t *loop, const tg_http_client_config_t *config) {
  http_client_t *client = tg_alloc_array(1, sizeof *client);
  if (!client) return NULL;
  client->face.ops = &ops;
  if (!client_init(client, loop, config)) {
    op_free(&client->face);
    return NULL;
  }
  if (config->tls.lab_no_verify) tg_log("http", TG_LOG_WARN, "tls_verification=off use=laboratory_only");
  return &client->face;
}
