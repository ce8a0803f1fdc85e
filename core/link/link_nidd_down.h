/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_DOWN_H
#define TG_CORE_LINK_LINK_NIDD_DOWN_H

/** Datagrams on their way down: queued, posted one at a time for each device, buffered at the SCEF, reported. */

#include "core/link/link_nidd_state.h"
#include "core/link/t8_json.h"

/** Sets up the downlink of a new device. */
void tg_link_nidd_down_add(tg_link_nidd_device_t *device);

/** Drops all of a device's datagrams in silence; those that the SCEF buffers go with the configuration. */
void tg_link_nidd_down_drop(tg_link_nidd_device_t *device);

/** See tg_link_ops_t.send. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_down_send(tg_link_nidd_t *nidd, const tg_link_send_t *send, uint64_t *handle);

/** See tg_link_ops_t.cancel; what the SCEF buffers is deleted there. */
void tg_link_nidd_down_cancel(tg_link_nidd_t *nidd, uint64_t handle);

/** News of the delivery resource @p url (a NiddDownlinkDataDeliveryStatusNotification). @return whether the delivery is known, or may still become known */
bool tg_link_nidd_down_status(tg_link_nidd_device_t *device, tg_slice_t url, const tg_t8_json_delivery_t *said);

#endif
