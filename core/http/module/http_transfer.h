/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_MODULE_HTTP_TRANSFER_H
#define TG_CORE_HTTP_MODULE_HTTP_TRANSFER_H

/** One request of the HTTP client and what becomes of it: libcurl's easy handle, the answer, redirections. Inner part of the HTTP client. */

#include <curl/curl.h>

#include "core/http/http_client.h"
#include "core/http/module/http_multi.h"

typedef struct tg_http_transfer {
  struct tg_http_transfer *next, *prev; /* of the client's lists */
  tg_id_t id;                           /* the client's */
  tg_http_done_fn done;                 /* NULL while and after it is called */
  void *ud;
  tg_http_multi_t *multi;
  const tg_http_client_config_t *config;
  CURL *easy; /* NULL before it has run */
  bool runs;  /* part of the multi handle */
  struct curl_slist *headers;
  char *method;
  char *url;
  uint8_t *body;
  size_t body_len;
  tg_buf_t answer;
  char *location; /* of curl_free(); lent to the result */
  uint32_t timeout_ms;
  unsigned redirects;
  bool moved; /* no temporary redirection so far */
} tg_http_transfer_t;

/** Whether a request can be sent at all: see TG_E_ARG of tg_http_client_send(). */
bool tg_http_transfer_takes(const tg_http_request_t *request);

/** Fills a zeroed one with a copy of @p request, for @p multi; both that and @p config are kept. TG_E_NOMEM: tg_http_transfer_fini() frees what is there. */
TG_MUST_CHECK tg_rc_t tg_http_transfer_init(tg_http_transfer_t *transfer, tg_http_multi_t *multi,
                                            const tg_http_client_config_t *config, const tg_http_request_t *request);

/** Begins it. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_http_transfer_run(tg_http_transfer_t *transfer);

/** The one that @p easy, a handle that the multi handle tells of, belongs to. */
tg_http_transfer_t *tg_http_transfer_of(CURL *easy);

/** What it brought when libcurl is through with it. @return false: a redirection was followed, it runs again; true: @p result says all, lent until tg_http_transfer_fini() */
bool tg_http_transfer_take(tg_http_transfer_t *transfer, CURLcode code, tg_http_result_t *result);

/** Takes it out of the multi handle; what was lent stays. Again is allowed. */
void tg_http_transfer_leave(tg_http_transfer_t *transfer);

/** Ends it if it runs, and frees what it holds. */
void tg_http_transfer_fini(tg_http_transfer_t *transfer);

#endif
