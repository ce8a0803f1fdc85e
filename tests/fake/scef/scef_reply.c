/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: building answers. See scef_reply.h. */

#include "tests/fake/scef/scef_reply.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "tests/fake/scef/scef_json.h"

static const char *title_of(int status) {
  switch (status) {
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 406: return "Not Acceptable";
  case 409: return "Conflict";
  case 411: return "Length Required";
  case 413: return "Payload Too Large";
  case 415: return "Unsupported Media Type";
  case 429: return "Too Many Requests";
  case 500: return "Internal Server Error";
  case 503: return "Service Unavailable";
  default: return NULL;
  }
}

struct json_object *tg_scef_reply_details(int status, const char *cause, const char *detail) {
  struct json_object *problem = json_object_new_object();
  if (title_of(status) != NULL) tg_scef_json_put(problem, "title", title_of(status));
  json_object_object_add(problem, "status", json_object_new_int(status));
  if (cause != NULL && *cause != '\0') tg_scef_json_put(problem, "cause", cause);
  if (detail != NULL) tg_scef_json_put(problem, "detail", detail);
  return problem;
}

static void set(tg_scef_reply_t *reply, int status, const char *type, struct json_object *body) {
  json_object_put(reply->body);
  reply->status = status;
  reply->type = type;
  reply->body = body;
}

void tg_scef_reply_json(tg_scef_reply_t *reply, int status, struct json_object *body) {
  set(reply, status, "application/json", body);
}

void tg_scef_reply_empty(tg_scef_reply_t *reply, int status) {
  set(reply, status, NULL, NULL);
}

void tg_scef_reply_problem(tg_scef_reply_t *reply, int status, const char *cause, const char *detail) {
  set(reply, status, "application/problem+json", tg_scef_reply_details(status, cause, detail));
}

void tg_scef_reply_invalid(tg_scef_reply_t *reply, struct json_object *invalid) {
  tg_scef_reply_problem(reply, 400, NULL, "the body breaks the schema of the operation");
  json_object_object_add(reply->body, "invalidParams", invalid);
}

void tg_scef_reply_fini(tg_scef_reply_t *reply) {
  json_object_put(reply->body);
  free(reply->location);
  *reply = (tg_scef_reply_t){0};
}
