/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_REPLY_H
#define TG_TESTS_FAKE_SCEF_REPLY_H

/** A request as the handlers see it, and the answer they fill in. */

#include <stddef.h>
#include <stdint.h>

struct json_object;

/** One whole HTTP request; lent by scef_http.c for the call. Header values are NULL where absent. */
typedef struct tg_scef_request {
  const char *method;
  const char *path; /* as it came, still percent-encoded */
  const char *host, *content_type, *accept, *authorization;
  const char *body;
  size_t body_len;
  int has_length; /* Content-Length or Transfer-Encoding was there */
  int too_large;  /* the body went over the cap and was thrown away */
} tg_scef_request_t;

/** The answer. Begins all zero; tg_scef_reply_fini() frees it. */
typedef struct tg_scef_reply {
  int status;
  const char *type;         /* static text; NULL with no body */
  struct json_object *body; /* taken */
  char *location;           /* taken */
  const char *allow;        /* static text, for 405 */
  const char *challenge;    /* static text, WWW-Authenticate */
  int64_t retry_after;      /* seconds, 0 for none */
} tg_scef_reply_t;

/** Answers with a JSON body (takes it) of application/json. */
void tg_scef_reply_json(tg_scef_reply_t *reply, int status, struct json_object *body);

/** Answers without a body. */
void tg_scef_reply_empty(tg_scef_reply_t *reply, int status);

/** Answers with a ProblemDetails (TS 29.122 §5.2.1.2.12); @p cause and @p detail are copied, NULL leaves them out. */
void tg_scef_reply_problem(tg_scef_reply_t *reply, int status, const char *cause, const char *detail);

/** Answers 400 with @p invalid (array of InvalidParam, takes it). */
void tg_scef_reply_invalid(tg_scef_reply_t *reply, struct json_object *invalid);

/** A ProblemDetails object, as tg_scef_reply_problem() sends it; the caller takes it. */
struct json_object *tg_scef_reply_details(int status, const char *cause, const char *detail);

/** Frees what the answer holds. */
void tg_scef_reply_fini(tg_scef_reply_t *reply);

#endif
