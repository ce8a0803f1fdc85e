/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_LOOK_H
#define TG_CORE_FIRMWARE_CAMPAIGN_LOOK_H

/** Who a campaign is for: looks at all devices, puts those it finds into the wave, asks those of which too little is known. For campaign*.c only. */

#include "core/firmware/campaign_state.h"

/** Walks all devices once, O(devices): fills the present wave, and counts `left` and `unsure`. TG_E_NOMEM: as far as it came. */
TG_MUST_CHECK tg_rc_t tg_campaign_look(tg_campaign_one_t *campaign);

/** Stops waiting for who was asked; of a campaign that ends. */
void tg_campaign_look_end(tg_campaign_one_t *campaign);

/** The queue of devices that are on @p link (may be NULL): that of its limit, or TG_CAMPAIGN_NO_LIMIT. */
uint8_t tg_campaign_look_queue(const tg_campaign_one_t *campaign, const char *link);

#endif
