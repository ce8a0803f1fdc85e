/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_DEVICE_H
#define TG_CORE_FIRMWARE_CAMPAIGN_DEVICE_H

/** The devices of one campaign by name, their counts, and their rows in the store (bucket `campaign`, key `NAME/EP`). For campaign*.c only. */

#include "core/firmware/campaign_state.h"

/** The bucket of campaigns. */
#define TG_CAMPAIGN_DEVICE_BUCKET "campaign"

/** The device called @p ep, or NULL; lent until one is added. O(1). */
tg_campaign_device_t *tg_campaign_device_find(const tg_campaign_one_t *campaign, tg_slice_t ep);

/** Adds one, in state OPEN, of no wave. NULL without memory. Lent until the next is added. */
tg_campaign_device_t *tg_campaign_device_add(tg_campaign_one_t *campaign, tg_slice_t ep);

/** Its state becomes @p state: one of those that are written. Counts follow. The row is not written. */
void tg_campaign_device_set(tg_campaign_one_t *campaign, tg_campaign_device_t *device,
                            tg_campaign_device_state_t state);

/** Queues the writing of its row; a failure is logged: the update itself says that it was begun. */
void tg_campaign_device_put(const tg_campaign_one_t *campaign, const tg_campaign_device_t *device);

/** Forgets up to @p max devices of a campaign that has ended, and their rows. @return whether there are more */
bool tg_campaign_device_sweep(tg_campaign_one_t *campaign, uint32_t max);

/** Frees the table; rows stay. */
void tg_campaign_device_fini(tg_campaign_one_t *campaign);

#endif
