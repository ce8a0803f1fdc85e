/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_T8_OAUTH_H
#define TG_CORE_LINK_T8_OAUTH_H

/** OAuth 2.0 client credentials (RFC 6749 §4.4): one token, cached until shortly before it expires, fetched when it is asked for. */

#include "core/http/http_client.h"
#include "core/loop/loop.h"

typedef struct tg_t8_oauth tg_t8_oauth_t;

/** Where tokens come from; strings are copied. */
typedef struct tg_t8_oauth_config {
  const char *token_url;
  const char *client_id;
  const char *client_secret;
  const char *scope;   /* NULL: none */
  bool secret_in_body; /* client_id and client_secret as form members instead of HTTP Basic (§2.3.1) */
} tg_t8_oauth_config_t;

/** Seam: a fetch has ended; TG_OK: there is a token now; TG_E_DENIED: the credentials were refused; else why the token end-point could not be used. */
typedef void (*tg_t8_oauth_fn)(void *ud, tg_rc_t rc);

/** A token cache over @p client and @p loop (both kept). NULL without memory. */
tg_t8_oauth_t *tg_t8_oauth_new(tg_loop_t *loop, tg_http_client_t *client, const tg_t8_oauth_config_t *config,
                               tg_t8_oauth_fn done, void *ud);

/** Drops a running fetch and frees the cache; the client must still be there. NULL is allowed. */
void tg_t8_oauth_free(tg_t8_oauth_t *oauth);

/** Value for the Authorization header, `Bearer …`, lent until the next fetch ends; NULL when there is no valid token. */
const char *tg_t8_oauth_get(const tg_t8_oauth_t *oauth);

/** Begins to fetch a token unless that is going on. On TG_OK done() will come. TG_E_FULL, TG_E_NOMEM, TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_t8_oauth_fetch(tg_t8_oauth_t *oauth);

/** The server refused the token @p used: it is forgotten, unless another one has come meanwhile. */
void tg_t8_oauth_refused(tg_t8_oauth_t *oauth, const char *used);

#endif
