/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_HTTP_H
#define TG_TESTS_FAKE_SCEF_HTTP_H

/** The HTTP server on 127.0.0.1 (libmicrohttpd, driven from the one thread). */

#include <stdbool.h>

#include "tests/fake/scef/scef_state.h"

/** Listens on options.http_port and sets http_port to what it got. @return false where it can't be had */
bool tg_scef_http_init(tg_scef_t *scef);

/** The descriptor that is readable when there is work. */
int tg_scef_http_fd(tg_scef_t *scef);

/** Milliseconds until the server wants to run, at most @p limit. */
int tg_scef_http_wait(tg_scef_t *scef, int limit);

/** Serves what is there. Never blocks. */
void tg_scef_http_run(tg_scef_t *scef);

/** Answers what is held and closes everything. */
void tg_scef_http_fini(tg_scef_t *scef);

#endif
