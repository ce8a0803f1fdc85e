/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_CAMPAIGN_H
#define TG_BINDINGS_HOST_CONTROL_CAMPAIGN_H

/** Requests about firmware campaigns; each is one line of the table in control_ops.c. */

#include "bindings/host/control_state.h"

/** `campaign_start`: begins campaign `name` of `image`; whom it is for and how it goes is in the other members. */
void tg_control_campaign_start(tg_control_t *control, const tg_control_request_t *request);

/** `campaign_pause`: no new updates of campaign `name` begin. */
void tg_control_campaign_pause(tg_control_t *control, const tg_control_request_t *request);

/** `campaign_resume`: campaign `name` goes on. */
void tg_control_campaign_resume(tg_control_t *control, const tg_control_request_t *request);

/** `campaign_cancel`: campaign `name` ends, and its updates that can be ended. */
void tg_control_campaign_cancel(tg_control_t *control, const tg_control_request_t *request);

/** `campaign_show`: campaign `name` with all that it was begun with. */
void tg_control_campaign_show(tg_control_t *control, const tg_control_request_t *request);

/** `campaigns`: all of them, newest first. */
void tg_control_campaign_list(tg_control_t *control, const tg_control_request_t *request);

#endif
