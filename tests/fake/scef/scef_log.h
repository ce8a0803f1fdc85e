/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_LOG_H
#define TG_TESTS_FAKE_SCEF_LOG_H

/** The exchange log (`--log FILE`): one JSON object a line for every HTTP exchange, read by tests/interop/t8. */

#include <stdbool.h>
#include <stddef.h>

#include "tests/fake/scef/scef_state.h"

/** One finished HTTP exchange; everything is borrowed, NULL where there was none. */
typedef struct tg_scef_exchange {
  const char *direction; /* "in": we were asked; "out": we called the SCS/AS back */
  const char *method;
  const char *target; /* path, or the whole URL of a callback */
  const char *request_type;
  const char *request;
  size_t request_len;
  int status; /* 0: no answer came */
  const char *response_type;
  const char *location;
  const char *response;
  size_t response_len;
} tg_scef_exchange_t;

/** Opens the log for appending. @return false with errno set */
bool tg_scef_log_open(tg_scef_t *scef, const char *path);

/** Writes one line and flushes it; nothing where no log is open. */
void tg_scef_log_write(tg_scef_t *scef, const tg_scef_exchange_t *exchange);

/** Closes the log where it is open. */
void tg_scef_log_close(tg_scef_t *scef);

#endif
