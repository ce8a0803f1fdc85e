/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_FIND_H
#define TG_CORE_LINK_LINK_NIDD_FIND_H

/** Which notificationDestination is whose. */

#include "core/link/link_nidd_state.h"
#include "core/link/t8_uri.h"

/** Whether @p destination is the notification URL of this link followed by one more segment, whatever that is: then some run of this gateway made it. */
bool tg_link_nidd_find_is_ours(const tg_link_nidd_t *nidd, tg_slice_t destination);

/** Whether @p destination is that of @p device now. */
bool tg_link_nidd_find_is_destination(const tg_link_nidd_device_t *device, tg_slice_t destination);

/** The device that a callback's path belongs to, or NULL. */
tg_link_nidd_device_t *tg_link_nidd_find_by_path(const tg_link_nidd_t *nidd, tg_slice_t path);

#endif
