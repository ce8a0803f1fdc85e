/* SPDX-License-Identifier: Apache-2.0 */
/* A request in libcurl's words, and its answer in ours; see http_transfer.h. */

#include "core/http/module/http_transfer.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/log.h"

enum { REDIRECTS = 3, HEADER_LINE_MAX = 16384 };

/* ---- what is asked ---- */

static bool is_https(const char *url) {
  return strncmp(url, "https:", 6) == 0;
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

static bool add_header(tg_http_transfer_t *transfer, const char *name, const char *value) {
  if (!value) return true;
  tg_buf_t line;
  tg_buf_init_growing(&line, HEADER_LINE_MAX);
  tg_buf_put_str(&line, name);
  tg_buf_put_str(&line, value);
  const char *text = tg_buf_cstr(&line);
  struct curl_slist *headers = text ? curl_slist_append(transfer->headers, text) : NULL;
  tg_buf_fini(&line);
  if (headers) transfer->headers = headers;
  return headers != NULL;
}

bool tg_http_transfer_takes(const tg_http_request_t *request) {
  bool http = request->url && (strncmp(request->url, "http://", 7) == 0 || is_https(request->url));
  return http && request->done && is_token(request->method) && is_token(request->url) &&
         is_line(request->content_type) && is_line(request->authorization) && is_line(request->header);
}

static tg_rc_t copy_body(tg_http_transfer_t *transfer, tg_slice_t body) {
  transfer->body = tg_alloc(body.len);
  if (!transfer->body) return TG_E_NOMEM;
  if (body.len) memcpy(transfer->body, body.p, body.len);
  transfer->body_len = body.len;
  return TG_OK;
}

tg_rc_t tg_http_transfer_init(tg_http_transfer_t *transfer, tg_http_multi_t *multi,
                              const tg_http_client_config_t *config, const tg_http_request_t *request) {
  transfer->multi = multi;
  transfer->config = config;
  transfer->done = request->done;
  transfer->ud = request->ud;
  transfer->timeout_ms = request->timeout_ms ? request->timeout_ms : config->timeout_ms;
  tg_buf_init_growing(&transfer->answer, request->max_body ? request->max_body : config->max_body);
  transfer->method = tg_alloc_str(tg_slice_str(request->method));
  transfer->url = tg_alloc_str(tg_slice_str(request->url));
  if (!transfer->method || !transfer->url) return TG_E_NOMEM;
  bool has_body = request->body.len || request->content_type;
  if (has_body && copy_body(transfer, request->body) != TG_OK) return TG_E_NOMEM;
  bool ok = add_header(transfer, "Content-Type: ", request->content_type) &&
            add_header(transfer, "Authorization: ", request->authorization) &&
            add_header(transfer, "", request->header) && add_header(transfer, "Expect:", "");
  return ok ? TG_OK : TG_E_NOMEM;
}

static size_t on_body(char *data, size_t size, size_t count, void *ud) {
  tg_http_transfer_t *transfer = ud;
  tg_buf_put(&transfer->answer, tg_slice(data, size * count));
  return transfer->answer.rc == TG_OK ? size * count : 0;
}

static void set_tls(CURL *easy, const tg_http_client_tls_t *tls) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->lab_no_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->lab_no_verify ? 0L : 2L);
  if (tls->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca_file);
  if (tls->cert_file) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->cert_file);
  if (tls->key_file) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key_file);
}

static void set_options(tg_http_transfer_t *transfer) {
  CURL *easy = transfer->easy;
  const char *proxy = transfer->config->proxy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  /* Else what is given up while its name is looked up waits for the DNS, and all of us with it; the thread that waits ends by itself. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->config->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate/" TG_VERSION);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
  if (strcmp(transfer->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (transfer->body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)transfer->body_len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
  }
  set_tls(easy, &transfer->config->tls);
}

/* ---- its life ---- */

tg_rc_t tg_http_transfer_run(tg_http_transfer_t *transfer) {
  transfer->easy = curl_easy_init();
  if (!transfer->easy) return TG_E_NOMEM;
  set_options(transfer);
  tg_rc_t rc = tg_http_multi_add(transfer->multi, transfer->easy);
  transfer->runs = rc == TG_OK;
  return rc;
}

void tg_http_transfer_leave(tg_http_transfer_t *transfer) {
  if (transfer->runs) tg_http_multi_del(transfer->multi, transfer->easy);
  transfer->runs = false;
}

/* Without its handle: it can run again. */
static void stop(tg_http_transfer_t *transfer) {
  tg_http_transfer_leave(transfer);
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  transfer->easy = NULL;
}

void tg_http_transfer_fini(tg_http_transfer_t *transfer) {
  stop(transfer);
  curl_slist_free_all(transfer->headers);
  curl_free(transfer->location);
  tg_alloc_free(transfer->method);
  tg_alloc_free(transfer->url);
  tg_alloc_free(transfer->body);
  tg_buf_fini(&transfer->answer);
}

tg_http_transfer_t *tg_http_transfer_of(CURL *easy) {
  char *private = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  return (tg_http_transfer_t *)(void *)private;
}

/* ---- what came back ---- */

static tg_rc_t rc_of(CURLcode code, const tg_http_transfer_t *transfer) {
  if (code == CURLE_OK) return TG_OK;
  if (code == CURLE_OPERATION_TIMEDOUT) return TG_E_TIMEOUT;
  if (code == CURLE_OUT_OF_MEMORY) return TG_E_NOMEM;
  if (code == CURLE_WRITE_ERROR && transfer->answer.rc != TG_OK) return transfer->answer.rc;
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

/* TG_OK: runs again at @p location. TG_E_DENIED: too many, no target, or a step down from https to http. */
static tg_rc_t redirect(tg_http_transfer_t *transfer, const char *location, long status) {
  if (transfer->redirects == REDIRECTS || !*location) return TG_E_DENIED;
  if (is_https(transfer->url) && !is_https(location)) return TG_E_DENIED;
  if (!is_https(location) && strncmp(location, "http:", 5) != 0) return TG_E_DENIED;
  char *url = tg_alloc_str(tg_slice_str(location));
  if (!url) return TG_E_NOMEM;
  transfer->moved = status == 308 && (transfer->redirects == 0 || transfer->moved);
  transfer->redirects++;
  stop(transfer);
  tg_alloc_free(transfer->url);
  transfer->url = url;
  tg_buf_clear(&transfer->answer);
  return tg_http_transfer_run(transfer);
}

static void note_location(tg_http_transfer_t *transfer) {
  curl_free(transfer->location); /* of a redirection before */
  transfer->location = url_resolve(transfer->url, header_of(transfer->easy, "Location"));
}

static void take_answer(const tg_http_transfer_t *transfer, long status, tg_http_result_t *result) {
  char *type = NULL;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
  curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
  result->status = (int)status;
  result->body = tg_buf_slice(&transfer->answer);
  if (type) result->content_type = type;
  if (transfer->location) result->location = transfer->location;
  if (*header_of(transfer->easy, "Retry-After")) result->retry_after_s = (int64_t)retry_after;
}

bool tg_http_transfer_take(tg_http_transfer_t *transfer, CURLcode code, tg_http_result_t *result) {
  long status = 0;
  *result = (tg_http_result_t){.rc = rc_of(code, transfer), .content_type = "", .location = "", .retry_after_s = -1};
  if (result->rc != TG_OK) {
    tg_log("http", TG_LOG_DEBUG, "request_failed method=%s reason=\"%s\"", transfer->method, curl_easy_strerror(code));
  } else {
    note_location(transfer);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  }
  if (status == 307 || status == 308) {
    result->rc = redirect(transfer, transfer->location ? transfer->location : "", status);
    if (result->rc == TG_OK) return false;
  } else if (result->rc == TG_OK) {
    take_answer(transfer, status, result);
  }
  result->url = transfer->url;
  result->moved = transfer->redirects > 0 && transfer->moved;
  return true;
}
