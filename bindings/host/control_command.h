/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_COMMAND_H
#define TG_BINDINGS_HOST_CONTROL_COMMAND_H

/** Requests of the control socket that are commands to a device. */

#include "bindings/host/control_state.h"

/** Submits the command that @p request asks for (`op`, `ep`, `path`, `value`, `type`, `args`, `timeout` …); its end is answered later. */
void tg_control_command_submit(tg_control_t *control, const tg_control_request_t *request);

/** A client has gone: what it waits for is cancelled. */
void tg_control_command_forget(tg_control_t *control, const tg_control_conn_t *conn);

/** The socket closes: everything is cancelled, and nothing that ends later looks back. */
void tg_control_command_close(tg_control_t *control);

#endif
