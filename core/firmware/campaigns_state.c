/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: names of a campaign's states; see campaign.h. */

#include "core/firmware/campaign.h"

const char *tg_campaigns_state_name(tg_campaign_state_t state) {
  switch (state) {
  case TG_CAMPAIGN_RUNNING: return "running";
  case TG_CAMPAIGN_PAUSED: return "paused";
  case TG_CAMPAIGN_STOPPED: return "stopped";
  case TG_CAMPAIGN_DONE: return "done";
  case TG_CAMPAIGN_CANCELLED: return "cancelled";
  case TG_CAMPAIGN_STATE_COUNT: break;
  }
  return "unknown";
}
