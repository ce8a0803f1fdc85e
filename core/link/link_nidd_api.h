/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_API_H
#define TG_CORE_LINK_LINK_NIDD_API_H

/** Requests to the SCEF: authorisation with one renewal after 401, and a pause for the whole SCEF when it is overloaded or away. */

#include "core/link/link_nidd_state.h"

/** End of a request; everything is lent for the call. @p subject is the caller's, usually a generation-tagged id. */
typedef void (*tg_link_nidd_answer_fn)(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result);

/** A request; strings and body are copied, `method` and `content_type` are literals. */
typedef struct tg_link_nidd_ask {
  const char *method;
  const char *url;
  const char *content_type; /* NULL: no body */
  tg_slice_t body;
  size_t max_body; /* 0: the client's */
  uint64_t subject;
  tg_link_nidd_answer_fn done; /* not NULL; never called from inside tg_link_nidd_api_ask() */
} tg_link_nidd_ask_t;

/** Makes the table of requests and the token cache. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_api_init(tg_link_nidd_t *nidd);

/** Drops every request; no done() comes. */
void tg_link_nidd_api_fini(tg_link_nidd_t *nidd);

/** Sends a request; done() is called once. TG_E_FULL, TG_E_NOMEM, TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_api_ask(tg_link_nidd_t *nidd, const tg_link_nidd_ask_t *ask);

/** Milliseconds until the SCEF may be asked again; 0: now. */
uint64_t tg_link_nidd_api_pause(const tg_link_nidd_t *nidd);

/** Whether an answer says: later (no connection, no time, 429, 502, 503, 504). */
bool tg_link_nidd_api_is_later(const tg_http_result_t *result);

#endif
