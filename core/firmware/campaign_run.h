/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_RUN_H
#define TG_CORE_FIRMWARE_CAMPAIGN_RUN_H

/** A campaign at work: waves begin, devices get their turn, the stop rule is watched. For campaign*.c only. */

#include "core/firmware/campaign_state.h"

/** The timer of a campaign; @p ud is the campaign. All of its work is done here, a bounded part at a time. */
void tg_campaign_run_tick(tg_timer_t *timer, void *ud);

/** An update of one of its devices stands like this now: counts follow. O(1). */
void tg_campaign_run_update(tg_campaign_one_t *campaign, const tg_fw_update_t *update);

/** It is in @p state from now on, because of @p cause; written, and told in the next turn. */
void tg_campaign_run_enter(tg_campaign_one_t *campaign, tg_campaign_state_t state, const char *cause);

/** As listeners and callers see it. Lent until it changes. */
void tg_campaign_run_view(const tg_campaign_one_t *campaign, tg_campaign_t *view);

#endif
