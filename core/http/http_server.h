/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_SERVER_H
#define TG_CORE_HTTP_HTTP_SERVER_H

/**
 * HTTP/1.1 server on the loop (libmicrohttpd), for callbacks, administration and metrics. Everything a client can take is bounded:
 * connections, header bytes, body bytes and the time from the first byte of a request to its last. A handler may hold its answer back.
 */

#include "core/base/diag.h"
#include "core/base/pool.h"
#include "core/loop/loop.h"

typedef struct tg_http_server tg_http_server_t;

/** A complete request. Everything is lent for the call. */
typedef struct tg_http_call {
  tg_id_t id;         /* for tg_http_server_complete() */
  const char *method; /* `POST` … */
  const char *path;   /* percent-decoded, without the query */
  tg_slice_t body;
  const tg_http_server_t *server; /* private, as the next */
  void *connection;
} tg_http_call_t;

/** Part of a file as body. */
typedef struct tg_http_file {
  int fd; /* taken, also when the request fails */
  uint64_t offset;
  uint64_t len;
  void (*sent)(void *ud, uint64_t key, uint64_t end); /* the client takes bytes up to here; may be NULL */
  void *ud;
  uint64_t key;
} tg_http_file_t;

/** The answer; begins as {200, nothing else}. Strings and body are copied when the handler returns. */
typedef struct tg_http_reply {
  int status;
  const char *content_type;
  tg_slice_t body;
  const char *location;
  const char *allow;          /* methods, with 405 */
  const char *etag;           /* in double quotes */
  const char *content_range;  /* with 206 and 416 */
  const tg_http_file_t *file; /* instead of body, not with hold; NULL: none */
  uint32_t retry_after_s;     /* 0: no header */
  bool hold;                  /* answer later with tg_http_server_complete(); 503 by itself after the hold time */
} tg_http_reply_t;

/** Seam: answers requests. May not free the server. */
typedef void (*tg_http_handler_fn)(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply);

/** The default caps of a server. */
enum {
  TG_HTTP_CONNECTIONS = 10,
  TG_HTTP_HEADER = 8192,
  TG_HTTP_BODY = 65536,
  TG_HTTP_TIMEOUT_MS = 30000,
};

/** How often the caps of one server, or of several together, were met. */
typedef struct tg_http_stats {
  uint64_t over_connections; /* times that all connections were taken */
  uint64_t over_header;      /* requests answered 431 */
  uint64_t over_body;        /* 413 */
  uint64_t over_time;        /* connections closed: a request did not come to its end, or an answer was not taken */
} tg_http_stats_t;

/** How a server works. Zero takes the default in brackets; strings are borrowed. */
typedef struct tg_http_server_config {
  const char *host;           /* address or name to listen on [127.0.0.1] */
  uint16_t port;              /* 0: any, see tg_http_server_port() */
  const char *cert_file;      /* PEM certificate chain: https; NULL: plain http */
  const char *key_file;       /* PEM key, with cert_file */
  const char *client_ca_file; /* PEM: clients must show a certificate that one of these issued */
  tg_http_stats_t *stats;     /* kept; NULL: nothing is counted */
  uint32_t max_connections;   /* [10] more wait unaccepted */
  size_t max_header;          /* [8 KiB] request line and headers; over it: 431 */
  size_t max_body;            /* [64 KiB] over it: 413 */
  uint32_t timeout_ms;        /* [30,000] for a request to arrive, and for an answer to be taken */
  uint32_t hold_ms;           /* [25,000] */
  tg_http_handler_fn handler; /* not NULL */
  void *ud;
} tg_http_server_config_t;

/** Listens. TG_E_CONFIG (host, certificate, key), TG_E_IO (address in use …), TG_E_NOMEM; the reason is in @p diag (may be NULL). */
TG_MUST_CHECK tg_rc_t tg_http_server_new(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                                         tg_http_server_t **server);

/** Closes every connection and frees the server. NULL is allowed. */
void tg_http_server_free(tg_http_server_t *server);

/** The port it listens on. */
uint16_t tg_http_server_port(const tg_http_server_t *server);

/** Whether it speaks TLS. */
bool tg_http_server_secure(const tg_http_server_t *server);

/** Value of header @p name (case ignored) of the request, lent for the call; NULL when absent. */
const char *tg_http_server_header(const tg_http_call_t *call, const char *name);

/** Value of the query parameter @p name, decoded, lent for the call; NULL when absent. */
const char *tg_http_server_query(const tg_http_call_t *call, const char *name);

/** Sends the answer that was held back; @p reply is borrowed. TG_E_GONE when the request has ended meanwhile, TG_E_STATE when it is not held. */
TG_MUST_CHECK tg_rc_t tg_http_server_complete(tg_http_server_t *server, tg_id_t id, const tg_http_reply_t *reply);

#endif
