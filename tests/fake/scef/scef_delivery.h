/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_DELIVERY_H
#define TG_TESTS_FAKE_SCEF_DELIVERY_H

/** Downlink data deliveries: N6 to N11 (TS 29.122 §4.4.5.3). */

#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_reply.h"
#include "tests/fake/scef/scef_state.h"

/** N6: the pending deliveries of a configuration. */
void tg_scef_delivery_list(tg_scef_config_t *config, tg_scef_reply_t *reply);

/** N7: submits a NiddDownlinkDataTransfer (borrowed, a JSON object). */
void tg_scef_delivery_create(tg_scef_config_t *config, struct json_object *transfer, tg_scef_reply_t *reply);

/** N8: one delivery. */
void tg_scef_delivery_read(tg_scef_delivery_t *delivery, tg_scef_reply_t *reply);

/** N9 (PUT, the whole) and N10 (PATCH, parts): changes a pending delivery; @p transfer is borrowed. */
void tg_scef_delivery_change(tg_scef_delivery_t *delivery, struct json_object *transfer, bool whole,
                             tg_scef_reply_t *reply);

/** N11: cancels a pending delivery. */
void tg_scef_delivery_delete(tg_scef_delivery_t *delivery, tg_scef_reply_t *reply);

/** A delivery of the configuration by its resource id (borrowed). @return lent, or NULL */
tg_scef_delivery_t *tg_scef_delivery_find(tg_scef_config_t *config, const char *id);

/** Submits a transfer that rode in with its configuration (borrowed). @return its JSON form; the caller takes it */
struct json_object *tg_scef_delivery_submit(tg_scef_config_t *config, struct json_object *transfer);

#endif
