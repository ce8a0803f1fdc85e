/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: token endpoint and bearer check. See scef_oauth.h. */

#include "tests/fake/scef/scef_oauth.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

typedef struct token {
  struct token *next;
  char text[33];
  int64_t expiry; /* monotonic ms */
} token_t;

static void refuse(tg_scef_reply_t *reply, int status, const char *error) {
  struct json_object *body = json_object_new_object();
  tg_scef_json_put(body, "error", error);
  tg_scef_reply_json(reply, status, body);
  if (status == 401) reply->challenge = "Basic realm=\"scef\"";
}

/* A value of an application/x-www-form-urlencoded body; the caller takes it. NULL where absent or broken. */
static char *form_value(const tg_scef_request_t *request, const char *name) {
  size_t name_len = strlen(name);
  const char *end = request->body + request->body_len;
  for (const char *p = request->body; p < end;) {
    const char *stop = memchr(p, '&', (size_t)(end - p));
    if (stop == NULL) stop = end;
    size_t len = (size_t)(stop - p);
    if (len > name_len && memcmp(p, name, name_len) == 0 && p[name_len] == '=') {
      char *copy = tg_scef_text_dup(p + name_len + 1, len - name_len - 1);
      for (char *c = copy; *c != '\0'; c++) *c = *c == '+' ? ' ' : *c;
      char *value = tg_scef_text_unescape(copy, strlen(copy));
      free(copy);
      return value;
    }
    p = stop + 1;
  }
  return NULL;
}

/* "id:secret" from HTTP Basic; each half is form-encoded (RFC 6749 §2.3.1). The caller takes it. */
static char *basic_client(const char *authorization) {
  uint8_t *raw = NULL;
  size_t size = 0;
  const char *text = authorization + 6;
  if (!tg_scef_text_b64_decode(text, strlen(text), &raw, &size)) return NULL;
  char *client = tg_scef_text_unescape((const char *)raw, size);
  free(raw);
  return client;
}

static char *client_of(const tg_scef_request_t *request) {
  if (request->authorization != NULL && strncasecmp(request->authorization, "Basic ", 6) == 0) {
    return basic_client(request->authorization);
  }
  char *id = form_value(request, "client_id");
  char *secret = form_value(request, "client_secret");
  char *client = id != NULL && secret != NULL ? tg_scef_text_format("%s:%s", id, secret) : NULL;
  free(id);
  free(secret);
  return client;
}

static void forget_expired(tg_scef_t *scef) {
  token_t *kept = NULL;
  for (token_t *token = scef->tokens; token != NULL;) {
    token_t *next = token->next;
    if (token->expiry > tg_scef_time_now()) {
      token->next = kept;
      kept = token;
    } else {
      free(token);
    }
    token = next;
  }
  scef->tokens = kept;
}

static token_t *new_token(tg_scef_t *scef) {
  forget_expired(scef);
  token_t *token = tg_scef_text_alloc(sizeof *token);
  tg_scef_text_random_hex(token->text, 16);
  token->expiry = tg_scef_time_now() + scef->options.token_lifetime * 1000;
  token->next = scef->tokens;
  scef->tokens = token;
  return token;
}

void tg_scef_oauth_grant(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (scef->options.client == NULL) {
    tg_scef_reply_problem(reply, 404, NULL, "OAuth2 is off (--oauth)");
    return;
  }
  const char *form = "application/x-www-form-urlencoded";
  if (request->content_type == NULL || strncasecmp(request->content_type, form, strlen(form)) != 0) {
    refuse(reply, 400, "invalid_request");
    return;
  }
  char *client = client_of(request);
  char *grant = form_value(request, "grant_type");
  if (client == NULL || strcmp(client, scef->options.client) != 0) {
    refuse(reply, 401, "invalid_client");
  } else if (grant == NULL) {
    refuse(reply, 400, "invalid_request");
  } else if (strcmp(grant, "client_credentials") != 0) {
    refuse(reply, 400, "unsupported_grant_type");
  } else {
    struct json_object *body = json_object_new_object();
    tg_scef_json_put(body, "access_token", new_token(scef)->text);
    tg_scef_json_put(body, "token_type", "Bearer");
    json_object_object_add(body, "expires_in", json_object_new_int64(scef->options.token_lifetime));
    tg_scef_reply_json(reply, 200, body);
  }
  free(client);
  free(grant);
}

static bool is_valid(const tg_scef_t *scef, const char *authorization) {
  if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0) return false;
  const token_t *token = scef->tokens;
  while (token != NULL && strcmp(token->text, authorization + 7) != 0) token = token->next;
  return token != NULL && token->expiry > tg_scef_time_now();
}

bool tg_scef_oauth_check(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply) {
  if (scef->options.client == NULL || is_valid(scef, request->authorization)) return true;
  tg_scef_reply_problem(reply, 401, NULL, "a valid bearer token is needed");
  reply->challenge = request->authorization == NULL ? "Bearer" : "Bearer error=\"invalid_token\"";
  return false;
}

void tg_scef_oauth_revoke(tg_scef_t *scef) {
  while (scef->tokens != NULL) {
    token_t *token = scef->tokens;
    scef->tokens = token->next;
    free(token);
  }
}
