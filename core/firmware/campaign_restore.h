/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_RESTORE_H
#define TG_CORE_FIRMWARE_CAMPAIGN_RESTORE_H

/** Campaigns as an earlier process left them, and what a campaign is made of. For campaign*.c only. */

#include "core/firmware/campaign_state.h"

/** Makes one of a row's bytes (copied) and puts it among @p campaigns. @param one set, lent. TG_E_VERSION, TG_E_CORRUPT, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_campaign_restore_add(tg_campaigns_t *campaigns, tg_slice_t bytes, tg_campaign_one_t **one);

/** Frees one; its rows stay. */
void tg_campaign_restore_free(tg_campaign_one_t *campaign);

/** Reads all rows, and asks the updates what became of devices that ran. Bad rows are logged and left out. TG_E_STORE, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_campaign_restore(tg_campaigns_t *campaigns);

/** The campaign called @p name, or NULL. */
tg_campaign_one_t *tg_campaign_restore_find(const tg_campaigns_t *campaigns, tg_slice_t name);

#endif
