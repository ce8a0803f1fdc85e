/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client: which requests wait and which run. One of them is http_transfer.c; libcurl's sockets and its timer are http_multi.c. */

#include "core/http/http_module.h"

#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/http/module/http_transfer.h"

typedef struct http_list {
  tg_http_transfer_t *head, *tail;
  uint32_t count;
} http_list_t;

typedef struct http_client {
  tg_http_client_t face; /* first, see http_module.h */
  tg_http_multi_t *multi;
  tg_pool_t requests;
  http_list_t waiting, running;
  tg_http_client_config_t config; /* its strings are those below */
  char *proxy, *ca_file, *cert_file, *key_file;
} http_client_t;

static void list_add(http_list_t *list, tg_http_transfer_t *request) {
  request->next = NULL;
  request->prev = list->tail;
  if (list->tail) list->tail->next = request;
  else list->head = request;
  list->tail = request;
  list->count++;
}

static void list_del(http_list_t *list, tg_http_transfer_t *request) {
  if (request->prev) request->prev->next = request->next;
  else list->head = request->next;
  if (request->next) request->next->prev = request->prev;
  else list->tail = request->prev;
  list->count--;
}

static void request_free(http_client_t *client, tg_http_transfer_t *request) {
  tg_http_transfer_fini(request);
  tg_pool_give(&client->requests, request->id);
}

/* Waiting requests begin from a timer, so that one that cannot even begin ends outside of send(). */
static void fill_waiting(http_client_t *client) {
  if (client->waiting.head) tg_http_multi_wake(client->multi);
}

static void request_finish(http_client_t *client, tg_http_transfer_t *request, const tg_http_result_t *result) {
  list_del(&client->running, request);
  tg_http_transfer_leave(request);
  tg_http_done_fn done = request->done;
  request->done = NULL; /* a cancel from inside done() comes too late */
  done(request->ud, result);
  request_free(client, request);
  fill_waiting(client);
}

/* Seam of http_multi.c: libcurl is through with a transfer. */
static void on_transfer(void *ud, void *easy, int code) {
  tg_http_transfer_t *request = tg_http_transfer_of(easy);
  tg_http_result_t result;
  if (tg_http_transfer_take(request, (CURLcode)code, &result)) request_finish(ud, request, &result);
}

/* Seam of http_multi.c. */
static void on_wake(void *ud) {
  http_client_t *client = ud;
  while (client->waiting.head && client->running.count < client->config.max_running) {
    tg_http_transfer_t *request = client->waiting.head;
    list_del(&client->waiting, request);
    list_add(&client->running, request);
    tg_rc_t rc = tg_http_transfer_run(request);
    if (rc == TG_OK) continue;
    const tg_http_result_t result = {
        .rc = rc, .content_type = "", .location = "", .retry_after_s = -1, .url = request->url};
    request_finish(client, request, &result);
  }
}

static http_client_t *client_of(tg_http_client_t *face) {
  return (http_client_t *)face;
}

static tg_rc_t op_send(tg_http_client_t *face, const tg_http_request_t *from, tg_id_t *id) {
  http_client_t *client = client_of(face);
  if (!tg_http_transfer_takes(from)) return TG_E_ARG;
  tg_id_t own;
  tg_http_transfer_t *request = tg_pool_take(&client->requests, &own);
  if (!request) return TG_E_FULL;
  request->id = own;
  tg_rc_t rc = tg_http_transfer_init(request, client->multi, &client->config, from);
  if (rc != TG_OK) {
    request_free(client, request);
    return rc;
  }
  list_add(&client->waiting, request);
  fill_waiting(client);
  if (id) *id = own;
  return TG_OK;
}

static void op_cancel(tg_http_client_t *face, tg_id_t id) {
  http_client_t *client = client_of(face);
  tg_http_transfer_t *request = tg_pool_find(&client->requests, id);
  if (!request || !request->done) return;
  list_del(request->easy ? &client->running : &client->waiting, request);
  request_free(client, request);
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
  client->config.proxy = client->proxy;
  client->config.tls.ca_file = client->ca_file;
  client->config.tls.cert_file = client->cert_file;
  client->config.tls.key_file = client->key_file;
  if (!is_readable(client->ca_file) || !is_readable(client->cert_file) || !is_readable(client->key_file)) return false;
  tg_rc_t rc = tg_pool_init(&client->requests, sizeof(tg_http_transfer_t),
                            client->config.max_running + client->config.max_waiting);
  if (rc != TG_OK) return false;
  client->multi =
      tg_http_multi_new(loop, &(tg_http_multi_events_t){.done = on_transfer, .wake = on_wake, .ud = client});
  return client->multi != NULL;
}

static void free_all(http_client_t *client, http_list_t *list) {
  while (list->head) {
    tg_http_transfer_t *request = list->head;
    list_del(list, request);
    request_free(client, request);
  }
}

static void op_free(tg_http_client_t *face) {
  http_client_t *client = client_of(face);
  free_all(client, &client->running);
  free_all(client, &client->waiting);
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
