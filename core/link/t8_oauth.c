/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: the token cache. See t8_oauth.h. Tokens and secrets are never logged. */

#include "core/link/t8_oauth.h"

#include "core/base/alloc.h"
#include "core/base/base64.h"
#include "core/base/log.h"
#include "core/codec/json_read.h"

enum { TOKEN_MAX = 8192, ANSWER_MAX = 32 * 1024, DEFAULT_LIFE_S = 3600, LONGEST_LIFE_S = 86400 };

struct tg_t8_oauth {
  tg_loop_t *loop;
  tg_http_client_t *client;
  tg_t8_oauth_fn done;
  void *ud;
  tg_id_t request; /* TG_ID_NONE: none is running */
  char *url;
  char *authorization; /* Basic, or NULL */
  tg_buf_t form;
  tg_buf_t token;      /* `Bearer …`, NUL-terminated */
  uint64_t expires_ms; /* monotonic */
};

/* application/x-www-form-urlencoded, as RFC 6749 appendix B wants it for both halves of Basic too. */
static void put_form(tg_buf_t *out, const char *text) {
  for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
    bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._*", *p);
    if (plain) tg_buf_put_u8(out, *p);
    else tg_buf_put_fmt(out, "%%%02X", (unsigned)*p); /* a blank too: some servers read '+' as itself in Basic */
  }
}

static void put_member(tg_buf_t *out, const char *name, const char *value) {
  tg_buf_put_fmt(out, "&%s=", name);
  put_form(out, value);
}

static bool make_basic(tg_t8_oauth_t *oauth, const tg_t8_oauth_config_t *config) {
  tg_buf_t pair, line;
  tg_buf_init_growing(&pair, TOKEN_MAX);
  tg_buf_init_growing(&line, 2 * TOKEN_MAX);
  put_form(&pair, config->client_id);
  tg_buf_put_u8(&pair, ':');
  put_form(&pair, config->client_secret);
  tg_buf_put_str(&line, "Basic ");
  tg_base64_put(&line, tg_buf_slice(&pair));
  bool ok = pair.rc == TG_OK && line.rc == TG_OK;
  if (ok) oauth->authorization = tg_alloc_str(tg_buf_slice(&line));
  tg_buf_fini(&pair);
  tg_buf_fini(&line);
  return ok && oauth->authorization;
}

tg_t8_oauth_t *tg_t8_oauth_new(tg_loop_t *loop, tg_http_client_t *client, const tg_t8_oauth_config_t *config,
                               tg_t8_oauth_fn done, void *ud) {
  tg_t8_oauth_t *oauth = tg_alloc_array(1, sizeof *oauth);
  if (!oauth) return NULL;
  *oauth = (tg_t8_oauth_t){.loop = loop, .client = client, .done = done, .ud = ud};
  tg_buf_init_growing(&oauth->form, 2 * TOKEN_MAX);
  tg_buf_init_growing(&oauth->token, TOKEN_MAX + 16);
  oauth->url = tg_alloc_str(tg_slice_str(config->token_url));
  tg_buf_put_str(&oauth->form, "grant_type=client_credentials");
  if (config->scope) put_member(&oauth->form, "scope", config->scope);
  bool ok = oauth->url != NULL;
  if (config->secret_in_body) {
    put_member(&oauth->form, "client_id", config->client_id);
    put_member(&oauth->form, "client_secret", config->client_secret);
  } else {
    ok = ok && make_basic(oauth, config);
  }
  if (ok && oauth->form.rc == TG_OK) return oauth;
  tg_t8_oauth_free(oauth);
  return NULL;
}

void tg_t8_oauth_free(tg_t8_oauth_t *oauth) {
  if (!oauth) return;
  tg_http_client_cancel(oauth->client, oauth->request);
  tg_alloc_free(oauth->url);
  tg_alloc_free(oauth->authorization);
  tg_buf_fini(&oauth->form);
  tg_buf_fini(&oauth->token);
  tg_alloc_free(oauth);
}

const char *tg_t8_oauth_get(const tg_t8_oauth_t *oauth) {
  if (!oauth->token.len || tg_loop_now(oauth->loop) >= oauth->expires_ms) return NULL;
  return (const char *)oauth->token.p;
}

/* A header value: visible ASCII only. */
static bool is_token(tg_slice_t text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] <= ' ' || text.p[i] >= 0x7f) return false;
  }
  return text.len && text.len <= TOKEN_MAX;
}

static tg_rc_t keep_token(tg_t8_oauth_t *oauth, const tg_json_node_t *root) {
  tg_slice_t token = tg_json_read_str(tg_json_read_get(root, "access_token"));
  if (!is_token(token)) return TG_E_SYNTAX;
  int64_t life_s = DEFAULT_LIFE_S;
  if (tg_json_read_int(tg_json_read_get(root, "expires_in"), &life_s) != TG_OK) life_s = DEFAULT_LIFE_S;
  if (life_s < 1) life_s = 1;
  if (life_s > LONGEST_LIFE_S) life_s = LONGEST_LIFE_S;
  tg_buf_clear(&oauth->token);
  tg_buf_put_str(&oauth->token, "Bearer ");
  tg_buf_put(&oauth->token, token);
  if (!tg_buf_cstr(&oauth->token)) {
    tg_buf_clear(&oauth->token);
    return TG_E_NOMEM;
  }
  uint64_t life_ms = (uint64_t)life_s * 1000;
  oauth->expires_ms = tg_loop_now(oauth->loop) + life_ms - life_ms / 10; /* it must not expire on its way */
  return TG_OK;
}

static tg_rc_t take_answer(tg_t8_oauth_t *oauth, const tg_http_result_t *result) {
  if (result->rc != TG_OK) return result->rc;
  if (result->status == 400 || result->status == 401 || result->status == 403) return TG_E_DENIED;
  if (result->status != 200) return TG_E_PEER;
  tg_json_t *doc = NULL;
  tg_rc_t rc = tg_json_read(result->body, ANSWER_MAX, NULL, &doc);
  if (rc == TG_OK) rc = keep_token(oauth, tg_json_read_root(doc));
  tg_json_read_free(doc);
  return rc;
}

static void on_answer(void *ud, const tg_http_result_t *result) {
  tg_t8_oauth_t *oauth = ud;
  oauth->request = TG_ID_NONE;
  tg_rc_t rc = take_answer(oauth, result);
  if (rc != TG_OK) tg_log("nidd", TG_LOG_WARN, "token_refused rc=%s status=%d", tg_rc_name(rc), result->status);
  oauth->done(oauth->ud, rc);
}

tg_rc_t tg_t8_oauth_fetch(tg_t8_oauth_t *oauth) {
  if (oauth->request != TG_ID_NONE) return TG_OK;
  tg_http_request_t request = {.method = "POST",
                               .url = oauth->url,
                               .content_type = "application/x-www-form-urlencoded",
                               .authorization = oauth->authorization,
                               .header = "Accept: application/json",
                               .body = tg_buf_slice(&oauth->form),
                               .max_body = ANSWER_MAX,
                               .done = on_answer,
                               .ud = oauth};
  return tg_http_client_send(oauth->client, &request, &oauth->request);
}

void tg_t8_oauth_refused(tg_t8_oauth_t *oauth, const char *used) {
  const char *token = oauth->token.len ? (const char *)oauth->token.p : NULL;
  if (token && used && strcmp(token, used) == 0) tg_buf_clear(&oauth->token);
}
