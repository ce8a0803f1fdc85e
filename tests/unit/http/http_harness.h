/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_HTTP_HTTP_HARNESS_H
#define TG_TESTS_UNIT_HTTP_HTTP_HARNESS_H

/** core/http's client and its server on one loop, and connections that speak whatever bytes the test wants, all over loopback. */

#include "core/http/http_client.h"
#include "core/http/http_server.h"
#include "tests/unit/check.h"

/** A file of tests/vectors/tls. */
#define HTTP_TLS(file) TG_SOURCE_DIR "/tests/vectors/tls/" file

enum { HTTP_GIVE_UP_MS = 10000, HTTP_ANSWERS = 16, HTTP_LOCATION = 64 };

/** One request as the server's handler saw it. */
typedef struct http_seen {
  tg_id_t id;
  char method[16];
  char path[128];
  char query[64];
  char token[64];
  char body[128];
  size_t body_len;
} http_seen_t;

/** What the client was told. */
typedef struct http_answer {
  tg_rc_t rc;
  int status;
  char body[128];
  size_t body_len;
  char type[64];
  char location[128];
  char url[128];
  int64_t retry_after_s;
  bool moved;
} http_answer_t;

typedef struct http_bench {
  tg_loop_t *loop;
  tg_http_server_t *server;
  tg_http_client_t *client;
  tg_http_reply_t reply;        /* what the handler answers, unless the path says something else */
  char location[HTTP_LOCATION]; /* of a redirection */
  http_seen_t seen;
  unsigned handled;
  http_answer_t answers[HTTP_ANSWERS];
  unsigned done;
} http_bench_t;

/** Opens both with these settings; the handler is the bench's: it takes notes and answers bench->reply, and under /307/N or /308/N redirects N times. */
void http_bench_open_with(http_bench_t *bench, tg_http_server_config_t server, tg_http_client_config_t client);

/** The same without any settings. */
void http_bench_open(http_bench_t *bench);

/** Frees everything. */
void http_bench_close(http_bench_t *bench);

/** Turns the loop until *count has reached want; fails after ten seconds. */
void http_bench_until(http_bench_t *bench, const unsigned *count, unsigned want);

/** The server's URL with @p path; lent until the next call. */
const char *http_bench_url(const http_bench_t *bench, const char *path);

/** Posts @p body as text; what comes of it is in bench->answers. */
tg_id_t http_bench_post(http_bench_t *bench, const char *path, tg_slice_t body);

/** Seam tg_http_done_fn, with the bench: keeps the answer. */
void http_bench_done(void *ud, const tg_http_result_t *result);

/** A connection to the server that speaks whatever bytes the test wants; not blocking, to be closed by the test. */
int http_bench_raw(const http_bench_t *bench);

/** Sends everything while the loop turns; false when the other side closed first. */
bool http_bench_raw_send(http_bench_t *bench, int fd, tg_slice_t bytes);

/** Reads as text until the other side closes, or until @p stop (may be NULL) has come. @return bytes read */
size_t http_bench_raw_read(http_bench_t *bench, int fd, const char *stop, char *out, size_t cap);

/** Sends @p request on @p fd; fails unless the head of the answer begins with @p want. */
void http_bench_raw_check(http_bench_t *bench, int fd, const char *request, const char *want);

#endif
