/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_QUEUE_H
#define TG_BINDINGS_HOST_CONTROL_QUEUE_H

/** Requests about commands that have not ended, whoever gave them. */

#include "bindings/host/control_state.h"

/** `queue`: the commands of device `ep`, or of all, in the order in which they go. */
void tg_control_queue_list(tg_control_t *control, const tg_control_request_t *request);

/** `cancel_command`: cancels the one whose number is `command`, as the queue lists it. */
void tg_control_queue_cancel(tg_control_t *control, const tg_control_request_t *request);

#endif
