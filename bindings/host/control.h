/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_H
#define TG_BINDINGS_HOST_CONTROL_H

/**
 * The control socket: a Unix socket on which the command line (and any program) asks and commands, one JSON object a line. An
 * answer is one line or more, the last has `"end":true`. What can be asked is the table in control_ops.c.
 */

#include "bindings/api/api.h"
#include "core/gateway/gateway.h"

typedef struct tg_control tg_control_t;

/** Scripts as the control socket sees them; all functions may be NULL. */
typedef struct tg_control_scripts {
  /** As tg_api_each(). */
  void (*each)(void *ud, bool (*fn)(void *fn_ud, const tg_api_status_t *status), void *fn_ud);
  /** Loads scripts again, all for the empty @p name. TG_E_NOT_FOUND; the first error of a script with @p diag. */
  tg_rc_t (*reload)(void *ud, tg_slice_t name, tg_diag_t *diag);
  void *ud;
} tg_control_scripts_t;

/** What it works on; strings and parts are kept. */
typedef struct tg_control_config {
  const char *path; /* of the socket; what is there already is replaced if nobody listens on it */
  unsigned mode;    /* its permissions */
  const char *gateway_name;
  tg_gateway_parts_t parts;
  tg_gateway_t *gateway; /* for its links; may be NULL */
  tg_control_scripts_t scripts;
  tg_api_limits_t script_limits;
} tg_control_config_t;

/** Listens. TG_E_IO, TG_E_CONFIG (path too long), TG_E_NOMEM with @p diag. */
TG_MUST_CHECK tg_rc_t tg_control_open(const tg_control_config_t *config, tg_diag_t *diag, tg_control_t **control);

/** Ends all connections, cancels their commands, removes the socket. NULL is allowed. */
void tg_control_close(tg_control_t *control);

#endif
