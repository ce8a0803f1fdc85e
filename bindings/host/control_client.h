/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_CLIENT_H
#define TG_BINDINGS_HOST_CONTROL_CLIENT_H

/** The other end of the control socket: asks, and hands out the lines of the answer. Blocks; for the command line. */

#include "core/base/diag.h"
#include "core/base/rc.h"
#include "core/base/slice.h"

/** Called with each line (without its newline); return false when it was the last. An empty line says that nothing more has come yet. */
typedef bool (*tg_control_client_fn)(void *ud, tg_slice_t line);

/** Where to ask. */
typedef struct tg_control_client {
  const char *path; /* of the socket */
  int timeout_ms;   /* longest silence; -1 = for ever */
} tg_control_client_t;

/** Sends @p request (one line with its newline) and hands the answer to @p fn. TG_E_LINK (nobody listens, with @p diag), TG_E_CLOSED (it went away), TG_E_TIMEOUT, TG_E_TOO_LONG. */
TG_MUST_CHECK tg_rc_t tg_control_client_ask(const tg_control_client_t *client, tg_slice_t request,
                                            tg_control_client_fn fn, void *ud, tg_diag_t *diag);

#endif
