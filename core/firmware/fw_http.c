/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: images over HTTP; see fw_http.h. Called by firmware.c. */

#include "core/firmware/fw_http.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hex.h"
#include "core/http/http_range.h"
#include "core/http/http_server.h"

enum { BODY_MAX = 1, ETAG_MAX = 2 * TG_FW_SHA256 + 3, RANGE_MAX = 72 };

struct tg_fw_http {
  tg_fw_http_config_t config;
  tg_http_server_t *server;
  /* lent to a reply until the handler returned */
  char etag[ETAG_MAX];
  char range[RANGE_MAX];
  tg_http_file_t file;
};

static void put_etag(tg_fw_http_t *http, const tg_fw_image_t *image) {
  tg_buf_t out;
  tg_buf_init(&out, http->etag, sizeof http->etag);
  tg_buf_put_u8(&out, '"');
  tg_hex_put(&out, tg_slice(image->sha256, TG_FW_SHA256));
  tg_buf_put_str(&out, "\"");
  (void)tg_buf_cstr(&out);
}

/* Range counts only for the state that If-Range names (RFC 9110 §13.1.5). */
static tg_rc_t range_of(const tg_fw_http_t *http, const tg_http_call_t *call, uint64_t *from, uint64_t *len) {
  const char *range = tg_http_server_header(call, "Range");
  const char *condition = tg_http_server_header(call, "If-Range");
  if (!range || (condition && strcmp(condition, http->etag) != 0)) return TG_E_NOT_FOUND;
  return tg_http_range_get(tg_slice_str(range), *len, from, len);
}

static void serve(tg_fw_http_t *http, const tg_fw_job_t *job, const tg_http_call_t *call, tg_http_reply_t *reply) {
  const tg_fw_image_t *image = tg_fw_image_get(job->image);
  uint64_t from = 0, len = image->size;
  put_etag(http, image);
  reply->etag = http->etag;
  tg_rc_t rc = range_of(http, call, &from, &len);
  if (rc == TG_E_RANGE) {
    (void)snprintf(http->range, sizeof http->range, "bytes */%" PRIu64, image->size);
    reply->status = 416;
    reply->content_range = http->range;
    return;
  }
  if (rc == TG_OK) {
    (void)snprintf(http->range, sizeof http->range, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, from, from + len - 1,
                   image->size);
    reply->status = 206;
    reply->content_range = http->range;
  }
  int fd = tg_fw_image_fd(job->firmware->images, job->image);
  if (fd < 0) {
    *reply = (tg_http_reply_t){.status = 500};
    return;
  }
  http->file = (tg_http_file_t){
      .fd = fd, .offset = from, .len = len, .sent = http->config.sent, .ud = http->config.ud, .key = job->row.id};
  reply->content_type = "application/octet-stream";
  reply->file = &http->file;
}

static void on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  tg_fw_http_t *http = ud;
  const tg_fw_job_t *job = http->config.find(http->config.ud, tg_slice_str(call->path));
  bool reads = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
  if (!job) {
    reply->status = 404;
  } else if (!reads) {
    reply->status = 405;
    reply->allow = "GET, HEAD";
  } else {
    serve(http, job, call, reply);
  }
}

tg_rc_t tg_fw_http_open(const tg_fw_http_config_t *config, tg_diag_t *diag, tg_fw_http_t **out) {
  tg_fw_http_t *http = tg_alloc_array(1, sizeof *http);
  if (!http) return TG_E_NOMEM;
  http->config = *config;
  const tg_http_server_config_t server = {.host = config->host,
                                          .port = config->port,
                                          .stats = config->stats,
                                          .max_connections = TG_FW_HTTP_CONNECTIONS,
                                          .max_body = BODY_MAX,
                                          .handler = on_call,
                                          .ud = http};
  tg_rc_t rc = tg_http_server_new(config->loop, &server, diag, &http->server);
  if (rc == TG_OK) *out = http;
  else tg_alloc_free(http);
  return rc;
}

void tg_fw_http_close(tg_fw_http_t *http) {
  if (!http) return;
  tg_http_server_free(http->server);
  tg_alloc_free(http);
}

uint16_t tg_fw_http_port(const tg_fw_http_t *http) {
  return http ? tg_http_server_port(http->server) : 0;
}
