/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_LOOK_H
#define TG_CORE_FIRMWARE_CAMPAIGN_LOOK_H

/** Who a campaign is for: looks at all devices, puts those it finds into the wave, asks those of which too little is known. For campaign*.c only. */

#include "core/firmware/campaign_state.h"

/** Begins a look at all devices, to fill a new wave of @p wave_size devices or, where not @p is_new, what is left of the present one. */
void tg_campaign_look_begin(tg_campaign_one_t *campaign, bool is_new, uint32_t wave_size);

/** Looks at the next 2,000 of them: queues who belongs into the wave. At the end `walk.is_on` becomes false, `left` and `unsure` are counted. TG_E_NOMEM: the end, as far as it came. */
TG_MUST_CHECK tg_rc_t tg_campaign_look(tg_campaign_one_t *campaign);

/** Stops waiting for who was asked; of a campaign that ends. */
void tg_campaign_look_end(tg_campaign_one_t *campaign);

/** The queue of devices that are on @p link (may be NULL): that of its limit, or TG_CAMPAIGN_NO_LIMIT. */
uint8_t tg_campaign_look_queue(const tg_campaign_one_t *campaign, const char *link);

#endif
