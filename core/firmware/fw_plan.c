/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: the choice of a method; see fw_plan.h. Called by fw_phase_ask.c. */

#include "core/firmware/fw_plan.h"

#include <stdio.h>

#include "core/firmware/fw_name.h"

enum { PULL_ONLY = 0, PUSH_ONLY = 1 };
enum { COAP = 1 << 0, HTTP = 1 << 2, HTTPS = 1 << 3 };

/* Why not, or NULL. Absent /5/0/9: push, which every device must take unless it says otherwise; absent /5/0/8: CoAP. */
static const char *against(const tg_fw_plan_t *plan, tg_fw_method_t method) {
  const tg_fw_facts_t *facts = plan->facts;
  unsigned protocols = facts->protocols ? facts->protocols : COAP;
  if (method == TG_FW_PUSH && facts->delivery == PULL_ONLY) return "the device only fetches images (/5/0/9 = 0)";
  if (method == TG_FW_PUSH) return plan->size > TG_FW_PLAN_PUSH_MAX ? "more than 16 MiB can't be pushed" : NULL;
  if (facts->delivery == PUSH_ONLY) return "the device only takes images that are pushed (/5/0/9 = 1)";
  if (method == TG_FW_PULL_COAP) {
    if (!plan->serves_coap) return "the gateway serves no images over CoAP (firmware.coap is not set)";
    return protocols & COAP ? NULL : "the device does not fetch over CoAP (/5/0/8)";
  }
  if (!plan->serves_http) return "the gateway serves no images over HTTP (firmware.http is not set)";
  return protocols & (plan->https ? HTTPS : HTTP) ? NULL : "the device does not fetch over HTTP (/5/0/8)";
}

tg_rc_t tg_fw_plan_choose(const tg_fw_plan_t *plan, tg_fw_method_t *method, char cause[TG_FW_CAUSE_MAX]) {
  /* Push first: it needs no address of the gateway that the device can reach, and its progress is known best. */
  static const tg_fw_method_t order[] = {TG_FW_PUSH, TG_FW_PULL_COAP, TG_FW_PULL_HTTP};
  const char *why = NULL;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    if (plan->wanted != TG_FW_AUTO && plan->wanted != order[i]) continue;
    const char *not = against(plan, order[i]);
    if (!not ) {
      *method = order[i];
      return TG_OK;
    }
    if (!why || i == 1) why = not ; /* of a device that only fetches, what hinders that says most */
  }
  (void)snprintf(cause, TG_FW_CAUSE_MAX, "%s", why);
  return TG_E_UNSUPPORTED;
}
