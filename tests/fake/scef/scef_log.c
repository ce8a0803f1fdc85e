/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: the exchange log. See scef_log.h. */

#include "tests/fake/scef/scef_log.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

bool tg_scef_log_open(tg_scef_t *scef, const char *path) {
  scef->log = fopen(path, "ae");
  return scef->log != NULL;
}

void tg_scef_log_close(tg_scef_t *scef) {
  if (scef->log != NULL) fclose(scef->log);
  scef->log = NULL;
}

static void put_optional(struct json_object *line, const char *name, const char *text) {
  if (text != NULL && tg_scef_text_is_utf8(text, strlen(text))) tg_scef_json_put(line, name, text);
}

/* A body that is no text is told as base64, so that the log stays JSON whatever the peer sent. */
static void put_body(struct json_object *line, const char *name, const char *body, size_t len) {
  if (len == 0 || len > INT_MAX) {
    json_object_object_add(line, name, NULL);
  } else if (tg_scef_text_is_utf8(body, len)) {
    json_object_object_add(line, name, json_object_new_string_len(body, (int)len));
  } else {
    char *text = tg_scef_text_b64_encode((const uint8_t *)body, len);
    char *member = tg_scef_text_format("%sBase64", name);
    tg_scef_json_put(line, member, text);
    free(member);
    free(text);
  }
}

/* "http://host:port/path" is logged with its path, so that both directions read alike. */
static const char *path_of(const char *target) {
  const char *authority = strstr(target, "://");
  if (authority == NULL) return target;
  const char *path = strchr(authority + 3, '/');
  return path == NULL ? "/" : path;
}

static struct json_object *request_headers(const tg_scef_exchange_t *exchange) {
  struct json_object *headers = json_object_new_object();
  put_optional(headers, "content-type", exchange->request_type);
  return headers;
}

static struct json_object *response_headers(const tg_scef_exchange_t *exchange) {
  struct json_object *headers = json_object_new_object();
  put_optional(headers, "content-type", exchange->response_type);
  put_optional(headers, "location", exchange->location);
  return headers;
}

void tg_scef_log_write(tg_scef_t *scef, const tg_scef_exchange_t *exchange) {
  if (scef->log == NULL) return;
  char now[TG_SCEF_TIME_SIZE];
  tg_scef_time_format(tg_scef_time_wall(), now);
  const char *path = path_of(exchange->target);
  struct json_object *line = json_object_new_object();
  tg_scef_json_put(line, "time", now);
  tg_scef_json_put(line, "direction", exchange->direction);
  tg_scef_json_put(line, "method", exchange->method);
  if (tg_scef_text_is_utf8(path, strlen(path))) tg_scef_json_put(line, "path", path);
  json_object_object_add(line, "requestHeaders", request_headers(exchange));
  put_body(line, "requestBody", exchange->request, exchange->request_len);
  json_object_object_add(line, "status", json_object_new_int(exchange->status));
  json_object_object_add(line, "responseHeaders", response_headers(exchange));
  put_body(line, "responseBody", exchange->response, exchange->response_len);
  fprintf(scef->log, "%s\n", tg_scef_json_text(line));
  fflush(scef->log);
  json_object_put(line);
}
