/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_LIMITS_H
#define TG_BINDINGS_HOST_CONTROL_LIMITS_H

/** `limits` of the control socket. */

#include "bindings/host/control_state.h"

/** Answers with a line for each limit: those of the core, then the control socket's own. */
void tg_control_limits(tg_control_t *control, const tg_control_request_t *request);

#endif
