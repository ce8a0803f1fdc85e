/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_RULES_H
#define TG_TESTS_SIM_SIM_RULES_H

/**
 * What stands where the Lua machine and the default dialect stand in `tidegate`: values and results of commands become durable messages,
 * orders become commands. Nothing is remembered here.
 */

#include "core/gateway/gateway.h"

/** Subscribes to the events of @p gateway (kept until sim_rules_end()). */
void sim_rules_begin(tg_gateway_t *gateway);

/** The gateway is about to be closed. */
void sim_rules_end(void);

/** tg_mqtt_message_fn: an order. */
void sim_rules_on_message(void *ud, const tg_mqtt_incoming_t *message);

/** The number of the device called @p ep; 0: none of ours. */
uint32_t sim_rules_node(tg_slice_t ep);

/** The number that a command's tag is; 0: none. */
uint32_t sim_rules_number(tg_slice_t tag);

#endif
