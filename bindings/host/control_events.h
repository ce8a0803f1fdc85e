/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_EVENTS_H
#define TG_BINDINGS_HOST_CONTROL_EVENTS_H

/** Events of the bus for clients of the control socket: the last ones, and those to come. */

#include "bindings/host/control_state.h"

/** Subscribes. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_control_events_open(tg_control_t *control);

/** Unsubscribes and forgets the past. */
void tg_control_events_close(tg_control_t *control);

/** The `log` request: past events (without records, which nobody keeps), then with `"follow":true` all that come, records too. */
void tg_control_events_log(tg_control_t *control, const tg_control_request_t *request);

/** Sends @p conn the records at or below @p path of @p device as they arrive. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_control_events_follow(tg_control_t *control, const tg_control_request_t *request,
                                               tg_id_t device, const tg_path_t *path);

/** A client has gone. */
void tg_control_events_forget(tg_control_t *control, const tg_control_conn_t *conn);

#endif
