/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_ASK_REQUEST_H
#define TG_BINDINGS_HOST_ASK_REQUEST_H

/** From the command line to a request of the control socket. */

#include "bindings/host/cli.h"
#include "core/base/buf.h"

/** Whether there is a command of this name that asks a running gateway. */
bool tg_ask_request_is(const char *name);

/** Writes the request of @p cli, whose command is one, as a line. @return true; false when something is wrong, after saying what on standard error */
bool tg_ask_request_write(const tg_cli_t *cli, tg_buf_t *out);

#endif
