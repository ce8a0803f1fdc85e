/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_OPS_H
#define TG_BINDINGS_HOST_CONTROL_OPS_H

/** What can be asked on the control socket. */

#include "bindings/host/control_state.h"

/** Answers one request line of @p conn; a command to a device is answered later. */
void tg_control_ops_line(tg_control_t *control, tg_control_conn_t *conn, tg_slice_t line);

#endif
