/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a NIDD link. See link_nidd_api.h. Called by link_nidd_conf.c and link_nidd_down.c. */

#include "core/link/link_nidd_api.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/t8_uri.h"

enum { CALLS = 2048, LONGEST_PAUSE_S = 3600 };

struct tg_link_nidd_call {
  tg_link_nidd_call_t *next; /* among those that wait for a token */
  tg_link_nidd_t *nidd;
  tg_id_t id;
  tg_link_nidd_ask_t ask; /* url and body are ours */
  char *url;
  uint8_t *body;
  char *used; /* Authorization it was sent with */
  bool renewed;
};

static void call_free(tg_link_nidd_call_t *call) {
  tg_alloc_free(call->url);
  tg_alloc_free(call->body);
  tg_alloc_free(call->used);
  tg_pool_give(&call->nidd->calls, call->id);
}

static void call_finish(tg_link_nidd_call_t *call, const tg_http_result_t *result) {
  call->ask.done(call->nidd, call->ask.subject, result);
  call_free(call);
}

bool tg_link_nidd_api_is_later(const tg_http_result_t *result) {
  if (result->rc != TG_OK) return result->rc == TG_E_LINK || result->rc == TG_E_TIMEOUT;
  return result->status == 429 || (result->status >= 502 && result->status <= 504);
}

uint64_t tg_link_nidd_api_pause(const tg_link_nidd_t *nidd) {
  uint64_t now = tg_loop_now(nidd->loop);
  return nidd->paused_until_ms > now ? nidd->paused_until_ms - now : 0;
}

/* Requests that were under way together fail together: they count once. */
static void watch_health(tg_link_nidd_t *nidd, const tg_http_result_t *result) {
  if (!tg_link_nidd_api_is_later(result)) {
    nidd->failures = 0;
    nidd->paused_until_ms = 0;
    return;
  }
  if (tg_link_nidd_api_pause(nidd)) return;
  uint64_t pause = tg_link_nidd_state_backoff(nidd, ++nidd->failures);
  if (result->retry_after_s > 0) {
    int64_t told = result->retry_after_s < LONGEST_PAUSE_S ? result->retry_after_s : LONGEST_PAUSE_S;
    if ((uint64_t)told * 1000 > pause) pause = (uint64_t)told * 1000;
  }
  nidd->paused_until_ms = tg_loop_now(nidd->loop) + pause;
  tg_log("nidd", TG_LOG_WARN, "scef_paused link=%s rc=%s status=%d for_ms=%llu", nidd->link.name,
         tg_rc_name(result->rc), result->status, (unsigned long long)pause);
}

static void call_wait(tg_link_nidd_call_t *call) {
  call->next = call->nidd->waiting;
  call->nidd->waiting = call;
}

static void on_http(void *ud, const tg_http_result_t *result);

static tg_rc_t call_send(tg_link_nidd_call_t *call) {
  tg_link_nidd_t *nidd = call->nidd;
  const char *authorization = nidd->oauth ? tg_t8_oauth_get(nidd->oauth) : nidd->config.authorization;
  if (nidd->oauth && !authorization) {
    tg_rc_t rc = tg_t8_oauth_fetch(nidd->oauth);
    if (rc == TG_OK) call_wait(call);
    return rc;
  }
  if (nidd->oauth) {
    tg_alloc_free(call->used);
    call->used = tg_alloc_str(tg_slice_str(authorization));
    if (!call->used) return TG_E_NOMEM;
  }
  tg_http_request_t request = {.method = call->ask.method,
                               .url = call->url,
                               .content_type = call->ask.content_type,
                               .authorization = authorization,
                               .header = nidd->config.header,
                               .body = call->ask.body,
                               .max_body = call->ask.max_body,
                               .done = on_http,
                               .ud = call};
  return tg_http_client_send(nidd->http, &request, NULL);
}

static void call_fail(tg_link_nidd_call_t *call, tg_rc_t rc) {
  tg_http_result_t result = {.rc = rc, .content_type = "", .location = "", .url = call->url, .retry_after_s = -1};
  call_finish(call, &result);
}

/* 308: the API has moved for good, and all its resources with it. */
static void follow_move(tg_link_nidd_t *nidd, const char *asked, const char *got) {
  tg_slice_t moved = tg_t8_uri_moved(tg_slice_str(nidd->base), tg_slice_str(asked), tg_slice_str(got));
  if (!moved.len || tg_slice_is(moved, nidd->base)) return;
  char *base = tg_alloc_str(moved);
  if (!base) return;
  tg_log("nidd", TG_LOG_INFO, "scef_moved link=%s to=%s", nidd->link.name, base);
  tg_alloc_free(nidd->base);
  nidd->base = base;
}

/* Seam of the HTTP client. */
static void on_http(void *ud, const tg_http_result_t *result) {
  tg_link_nidd_call_t *call = ud;
  tg_link_nidd_t *nidd = call->nidd;
  if (result->rc == TG_OK && result->status == 401 && nidd->oauth && !call->renewed) {
    call->renewed = true;
    tg_t8_oauth_refused(nidd->oauth, call->used);
    tg_rc_t rc = call_send(call);
    if (rc != TG_OK) call_fail(call, rc);
    return;
  }
  watch_health(nidd, result);
  if (result->moved) follow_move(nidd, call->url, result->url);
  call_finish(call, result);
}

/* Seam of the token cache. */
static void on_token(void *ud, tg_rc_t token_rc) {
  tg_link_nidd_t *nidd = ud;
  tg_link_nidd_call_t *list = NULL;
  while (nidd->waiting) { /* the newest is first: turn the list round */
    tg_link_nidd_call_t *call = nidd->waiting;
    nidd->waiting = call->next;
    call->next = list;
    list = call;
  }
  if (token_rc != TG_OK) watch_health(nidd, &(tg_http_result_t){.rc = TG_E_LINK, .retry_after_s = -1});
  while (list) {
    tg_link_nidd_call_t *call = list;
    list = call->next;
    tg_rc_t rc = token_rc == TG_OK ? call_send(call) : token_rc;
    if (rc != TG_OK) call_fail(call, rc);
  }
}

static tg_rc_t call_copy(tg_link_nidd_call_t *call, const tg_link_nidd_ask_t *ask) {
  call->ask = *ask;
  call->url = tg_alloc_str(tg_slice_str(ask->url));
  if (!call->url) return TG_E_NOMEM;
  call->ask.url = call->url;
  if (!ask->body.len) return TG_OK;
  call->body = tg_alloc(ask->body.len);
  if (!call->body) return TG_E_NOMEM;
  memcpy(call->body, ask->body.p, ask->body.len);
  call->ask.body.p = call->body;
  return TG_OK;
}

tg_rc_t tg_link_nidd_api_ask(tg_link_nidd_t *nidd, const tg_link_nidd_ask_t *ask) {
  tg_id_t id;
  tg_link_nidd_call_t *call = tg_pool_take(&nidd->calls, &id);
  if (!call) return TG_E_FULL;
  call->nidd = nidd;
  call->id = id;
  tg_rc_t rc = call_copy(call, ask);
  if (rc == TG_OK) rc = call_send(call);
  if (rc != TG_OK) call_free(call);
  return rc;
}

tg_rc_t tg_link_nidd_api_init(tg_link_nidd_t *nidd) {
  tg_rc_t rc = tg_pool_init(&nidd->calls, sizeof(tg_link_nidd_call_t), CALLS);
  if (rc != TG_OK || !nidd->config.token_url) return rc;
  tg_t8_oauth_config_t config = {.token_url = nidd->config.token_url,
                                 .client_id = nidd->config.client_id,
                                 .client_secret = nidd->config.client_secret,
                                 .scope = nidd->config.scope,
                                 .secret_in_body = nidd->config.secret_in_body};
  nidd->oauth = tg_t8_oauth_new(nidd->loop, nidd->http, &config, on_token, nidd);
  return nidd->oauth ? TG_OK : TG_E_NOMEM;
}

void tg_link_nidd_api_fini(tg_link_nidd_t *nidd) {
  if (nidd->http) tg_t8_oauth_free(nidd->oauth);
  nidd->oauth = NULL;
  tg_http_client_free(nidd->http); /* nobody will call on_http() any more */
  nidd->http = NULL;
  for (uint32_t slot = 0; slot < tg_pool_slots(&nidd->calls); slot++) {
    tg_link_nidd_call_t *call = tg_pool_at(&nidd->calls, slot, NULL);
    if (call) call_free(call);
  }
  tg_pool_fini(&nidd->calls);
}
