/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's front: http -> here -> config, delivery, oauth, control. See scef_api.h. */

#include "tests/fake/scef/scef_api.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fake/scef/scef_config.h"
#include "tests/fake/scef/scef_control.h"
#include "tests/fake/scef/scef_delivery.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_oauth.h"
#include "tests/fake/scef/scef_text.h"

enum { SEGMENTS = 5 };

/* {scsAsId}/configurations/{configurationId}/downlink-data-deliveries/{id}, decoded. */
typedef struct route {
  char *segment[SEGMENTS];
  size_t count;
} route_t;

static void route_fini(route_t *route) {
  for (size_t i = 0; i < SEGMENTS; i++) free(route->segment[i]);
}

static bool route_split(route_t *route, const char *path) {
  *route = (route_t){.count = 0};
  for (const char *p = path; *p == '/';) {
    size_t len = strcspn(++p, "/");
    if (route->count == SEGMENTS || len == 0) return false;
    route->segment[route->count] = tg_scef_text_unescape(p, len);
    if (route->segment[route->count] == NULL) return false;
    route->count++;
    p += len;
  }
  if (route->count < 2 || strcmp(route->segment[1], "configurations") != 0) return false;
  return route->count < 4 || strcmp(route->segment[3], "downlink-data-deliveries") == 0;
}

/* The path below the T8 base, NULL where it isn't ours. */
static const char *below_base(const tg_scef_t *scef, const char *path) {
  static const char BASE[] = "/3gpp-nidd/v1";
  size_t prefix = strlen(scef->options.prefix);
  if (strncmp(path, scef->options.prefix, prefix) != 0) return NULL;
  if (strncmp(path + prefix, BASE, sizeof BASE - 1) != 0) return NULL;
  path += prefix + sizeof BASE - 1;
  return *path == '/' ? path : NULL;
}

static tg_scef_config_t *find_config(tg_scef_t *scef, const route_t *route) {
  if (route->count < 3) return NULL;
  tg_scef_config_t *config = tg_scef_state_config_by_id(scef, route->segment[2]);
  return config != NULL && strcmp(config->scs, route->segment[0]) == 0 ? config : NULL;
}

static bool is(const tg_scef_request_t *request, const char *method) {
  return strcmp(request->method, method) == 0;
}

static bool accepts_json(const char *accept) {
  static const char *const FINE[] = {"*/*", "application/*", "application/json"};
  if (accept == NULL) return true;
  for (size_t i = 0; i < 3; i++) {
    if (strcasestr(accept, FINE[i]) != NULL) return true;
  }
  return false;
}

static bool has_type(const tg_scef_request_t *request, const char *type) {
  size_t len = strlen(type);
  const char *given = request->content_type;
  return given != NULL && strncasecmp(given, type, len) == 0 && strchr("; \t", given[len]) != NULL;
}

/* The request's body as a JSON object; the caller takes it. NULL with the answer given. */
static struct json_object *read_body(const tg_scef_request_t *request, const char *type, tg_scef_reply_t *reply) {
  if (request->too_large) {
    tg_scef_reply_problem(reply, 413, NULL, "the body is over 256 KiB");
  } else if (!request->has_length) {
    tg_scef_reply_problem(reply, 411, NULL, "Content-Length is missing");
  } else if (!has_type(request, type)) {
    tg_scef_reply_problem(reply, 415, NULL, type);
  } else {
    struct json_object *body = tg_scef_json_parse(request->body, request->body_len);
    if (json_object_is_type(body, json_type_object)) return body;
    json_object_put(body);
    tg_scef_reply_problem(reply, 400, NULL, "the body is no JSON object");
  }
  return NULL;
}

static void not_found(tg_scef_reply_t *reply, const char *detail) {
  tg_scef_reply_problem(reply, 404, NULL, detail);
}

static void not_allowed(tg_scef_reply_t *reply, const char *allow) {
  tg_scef_reply_problem(reply, 405, NULL, allow);
  reply->allow = allow;
}

static void serve_configs(tg_scef_t *scef, const route_t *route, const tg_scef_request_t *request,
                          tg_scef_reply_t *reply) {
  if (is(request, "GET")) {
    tg_scef_config_list(scef, route->segment[0], reply);
  } else if (is(request, "POST")) {
    struct json_object *body = read_body(request, "application/json", reply);
    if (body != NULL) tg_scef_config_create(scef, route->segment[0], request, body, reply);
    json_object_put(body);
  } else {
    not_allowed(reply, "GET, POST");
  }
}

static void serve_config(tg_scef_config_t *config, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (is(request, "GET")) {
    tg_scef_config_read(config, reply);
  } else if (is(request, "PATCH")) {
    struct json_object *body = read_body(request, "application/merge-patch+json", reply);
    if (body != NULL) tg_scef_config_patch(config, body, reply);
    json_object_put(body);
  } else if (is(request, "DELETE")) {
    tg_scef_config_delete(config, reply);
  } else {
    not_allowed(reply, "GET, PATCH, DELETE");
  }
}

static void serve_deliveries(tg_scef_config_t *config, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (is(request, "GET")) {
    tg_scef_delivery_list(config, reply);
  } else if (is(request, "POST")) {
    struct json_object *body = read_body(request, "application/json", reply);
    if (body != NULL) tg_scef_delivery_create(config, body, reply);
    json_object_put(body);
  } else {
    not_allowed(reply, "GET, POST");
  }
}

static void serve_delivery(tg_scef_delivery_t *delivery, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (is(request, "GET")) {
    tg_scef_delivery_read(delivery, reply);
  } else if (is(request, "PUT") || is(request, "PATCH")) {
    struct json_object *body = read_body(request, "application/json", reply);
    if (body != NULL) tg_scef_delivery_change(delivery, body, is(request, "PUT"), reply);
    json_object_put(body);
  } else if (is(request, "DELETE")) {
    tg_scef_delivery_delete(delivery, reply);
  } else {
    not_allowed(reply, "GET, PUT, PATCH, DELETE");
  }
}

static void serve_route(tg_scef_t *scef, const route_t *route, const tg_scef_request_t *request,
                        tg_scef_reply_t *reply) {
  tg_scef_config_t *config = find_config(scef, route);
  tg_scef_delivery_t *delivery = NULL;
  if (config != NULL && route->count == 5) delivery = tg_scef_delivery_find(config, route->segment[4]);
  if (route->count == 2) serve_configs(scef, route, request, reply);
  else if (config == NULL) not_found(reply, "no such NIDD configuration");
  else if (route->count == 3) serve_config(config, request, reply);
  else if (route->count == 4) serve_deliveries(config, request, reply);
  else if (delivery == NULL) not_found(reply, "no such downlink data delivery");
  else serve_delivery(delivery, request, reply);
}

/* The network's API as a whole may be out of order for a while (control: fail). */
static bool is_out(tg_scef_t *scef, tg_scef_reply_t *reply) {
  if (scef->outage.count == 0) return false;
  if (scef->outage.count > 0) scef->outage.count--;
  tg_scef_reply_problem(reply, scef->outage.status, NULL, "the SCEF is told to fail");
  if (scef->outage.retry_after > 0) reply->retry_after = scef->outage.retry_after;
  return true;
}

static void serve_t8(tg_scef_t *scef, const char *path, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  route_t route;
  if (is_out(scef, reply) || !tg_scef_oauth_check(scef, request, reply)) return;
  if (!route_split(&route, path)) not_found(reply, "no such resource");
  else if (is(request, "GET") && !accepts_json(request->accept)) tg_scef_reply_problem(reply, 406, NULL, "JSON only");
  else serve_route(scef, &route, request, reply);
  route_fini(&route);
}

static void serve_control(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (is(request, "GET")) {
    tg_scef_control_show(scef, reply);
  } else if (is(request, "POST")) {
    tg_scef_control_run(scef, request->body, request->body_len, reply);
  } else {
    not_allowed(reply, "GET, POST");
  }
}

void tg_scef_api_serve(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  const char *path = below_base(scef, request->path);
  if (path != NULL) {
    serve_t8(scef, path, request, reply);
  } else if (strcmp(request->path, "/control") == 0) {
    serve_control(scef, request, reply);
  } else if (strcmp(request->path, "/oauth2/token") == 0) {
    if (is(request, "POST")) tg_scef_oauth_grant(scef, request, reply);
    else not_allowed(reply, "POST");
  } else {
    not_found(reply, "no such resource");
  }
}

int64_t tg_scef_api_delay(tg_scef_t *scef, const tg_scef_request_t *request) {
  const char *path = below_base(scef, request->path);
  route_t route;
  if (path == NULL || is(request, "GET")) return 0;
  int64_t delay = 0;
  if (route_split(&route, path) && route.count >= 4) {
    const tg_scef_config_t *config = find_config(scef, &route);
    if (config != NULL) delay = config->device->behave.delay;
  }
  route_fini(&route);
  return delay;
}
