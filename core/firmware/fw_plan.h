/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_PLAN_H
#define TG_CORE_FIRMWARE_FW_PLAN_H

/** How an image travels to a device (LwM2M Core 1.1 Appendix E.6: /5/0/9 delivery, /5/0/8 protocols). Pure functions. */

#include "core/firmware/fw_facts.h"

/** The largest image that can be pushed: what a command's body may have (device.h). */
#define TG_FW_PLAN_PUSH_MAX ((uint64_t)16 << 20)

/** What there is to choose from. */
typedef struct tg_fw_plan {
  tg_fw_method_t wanted;
  const tg_fw_facts_t *facts;
  uint64_t size;    /* of the image */
  bool serves_coap; /* the gateway has a base for URIs of each kind */
  bool serves_http;
  bool https; /* and that base begins with https: */
} tg_fw_plan_t;

/** Chooses. TG_E_UNSUPPORTED with a sentence in @p cause where device, gateway and wish have nothing in common. */
TG_MUST_CHECK tg_rc_t tg_fw_plan_choose(const tg_fw_plan_t *plan, tg_fw_method_t *method, char cause[TG_FW_CAUSE_MAX]);

#endif
