/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_CLIENT_H
#define TG_CORE_HTTP_HTTP_CLIENT_H

/**
 * HTTP client on the loop (libcurl's multi interface): a bounded number of requests at a time, the others wait in order. Answers are
 * whole and bounded. 307 and 308 are followed with the same method and body (TS 29.122 wants it); other redirections are answers.
 * TLS peers are always verified; only a laboratory configuration can say otherwise.
 */

#include "core/base/buf.h"
#include "core/base/pool.h"
#include "core/loop/loop.h"

typedef struct tg_http_client tg_http_client_t;

/** Trust and identity of the client side of TLS; strings are borrowed by tg_http_client_new(). */
typedef struct tg_http_client_tls {
  const char *ca_file;   /* PEM bundle; NULL: the system's */
  const char *cert_file; /* PEM client certificate for mutual TLS, or NULL */
  const char *key_file;  /* its key, or NULL */
  bool lab_no_verify;    /* LABORATORY ONLY: accepts any certificate, and says so in the log */
} tg_http_client_tls_t;

/** How a client works. Zero takes the default in brackets. */
typedef struct tg_http_client_config {
  uint32_t max_running;        /* requests at a time [16] */
  uint32_t max_waiting;        /* requests behind them [1024] */
  size_t max_body;             /* longest answer [256 KiB] */
  uint32_t timeout_ms;         /* whole request, waiting not counted [30,000] */
  uint32_t connect_timeout_ms; /* [10,000] */
  const char *proxy;           /* URL of a proxy; NULL: none, whatever the environment says */
  tg_http_client_tls_t tls;
} tg_http_client_config_t;

/** What came back; everything is lent for the call. */
typedef struct tg_http_result {
  tg_rc_t
      rc; /* TG_OK: an answer of any status; TG_E_TIMEOUT; TG_E_LINK (name, connection, TLS); TG_E_TOO_LONG; TG_E_DENIED (a redirection we do not follow); TG_E_NOMEM */
  int status; /* HTTP status with TG_OK, else 0 */
  tg_slice_t body;
  const char *content_type; /* without parameters being cut off; "" when absent */
  const char *location;     /* absolute; "" when absent */
  int64_t retry_after_s;    /* -1: not said */
  const char *url;          /* where the answer came from, after redirections */
  bool moved;               /* all redirections were permanent (308): `url` is the new home */
} tg_http_result_t;

/** Seam: the end of a request; called exactly once, never from inside tg_http_client_send(). */
typedef void (*tg_http_done_fn)(void *ud, const tg_http_result_t *result);

/** A request. Everything is copied. */
typedef struct tg_http_request {
  const char *method;       /* `GET`, `POST` … */
  const char *url;          /* http or https */
  const char *content_type; /* NULL without a body */
  /** Value of Authorization, or NULL. Also sent where a redirection points: the server that we trust names its siblings. */
  const char *authorization;
  const char *header; /* one more line, `Name: value`, or NULL */
  tg_slice_t body;
  size_t max_body;      /* longest answer; 0: the client's */
  uint32_t timeout_ms;  /* 0: the client's */
  tg_http_done_fn done; /* not NULL */
  void *ud;
} tg_http_request_t;

/** A client on @p loop (kept); @p config is copied. NULL without memory, or when the TLS files can't be read. */
tg_http_client_t *tg_http_client_new(tg_loop_t *loop, const tg_http_client_config_t *config);

/** Drops every request (no done() comes) and frees the client. Not from inside done(). NULL is allowed. */
void tg_http_client_free(tg_http_client_t *client);

/** Queues a request. TG_E_ARG (method, URL or header with control characters, URL not http or https), TG_E_FULL, TG_E_NOMEM. @p id may be NULL. */
TG_MUST_CHECK tg_rc_t tg_http_client_send(tg_http_client_t *client, const tg_http_request_t *request, tg_id_t *id);

/** Drops a request: no done() comes. A stale id is ignored. */
void tg_http_client_cancel(tg_http_client_t *client, tg_id_t id);

/** How many requests are running or waiting. */
uint32_t tg_http_client_count(const tg_http_client_t *client);

#endif
