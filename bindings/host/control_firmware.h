/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_FIRMWARE_H
#define TG_BINDINGS_HOST_CONTROL_FIRMWARE_H

/** Requests about firmware images and updates; each is one line of the table in control_ops.c. */

#include "bindings/host/control_state.h"

/** Listens to updates, for clients that wait for the end of one. */
TG_MUST_CHECK tg_rc_t tg_control_firmware_open(tg_control_t *control);

/** Ends that. */
void tg_control_firmware_close(tg_control_t *control);

/** The client has gone: nobody waits for its updates. They go on. */
void tg_control_firmware_forget(tg_control_t *control, const tg_control_conn_t *conn);

/** `firmware_images`: what images there are. */
void tg_control_firmware_images(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_add`: `file` (a path that the gateway reads) becomes image `name` of `version`. */
void tg_control_firmware_add(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_remove`: image `name` goes. */
void tg_control_firmware_remove(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_update`: device `ep` gets `image`; with `wait` a line for each thing that happens follows until it has ended. */
void tg_control_firmware_update(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_status`: the updates, newest first; only those of device `ep` if it is given. */
void tg_control_firmware_status(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_apply`: the update of `ep` that was held goes on. */
void tg_control_firmware_apply(tg_control_t *control, const tg_control_request_t *request);

/** `firmware_cancel`: the update of `ep` ends. */
void tg_control_firmware_cancel(tg_control_t *control, const tg_control_request_t *request);

#endif
