/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_MODULE_HTTP_MULTI_H
#define TG_CORE_HTTP_MODULE_HTTP_MULTI_H

/** libcurl's multi handle driven by the loop: sockets watched as it asks, its timer in the wheel. Inner part of the HTTP client. */

#include "core/loop/loop.h"

typedef struct tg_http_multi tg_http_multi_t;

/** What a multi handle tells its owner; copied. */
typedef struct tg_http_multi_events {
  void (*done)(void *ud, void *easy,
               int code); /* a transfer ended with CURLcode @p code; it is still part of the handle */
  void (*wake)(void *ud); /* comes after tg_http_multi_wake(), from the loop */
  void *ud;
} tg_http_multi_events_t;

/** A handle on @p loop (kept). NULL without memory. */
tg_http_multi_t *tg_http_multi_new(tg_loop_t *loop, const tg_http_multi_events_t *events);

/** Frees it; all transfers were removed before. NULL is allowed. */
void tg_http_multi_free(tg_http_multi_t *multi);

/** Starts the transfer @p easy (a CURL handle, kept until tg_http_multi_del()). TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_http_multi_add(tg_http_multi_t *multi, void *easy);

/** Ends a transfer; done() does not come. */
void tg_http_multi_del(tg_http_multi_t *multi, void *easy);

/** Asks for one wake() from the loop, soon. */
void tg_http_multi_wake(tg_http_multi_t *multi);

#endif
