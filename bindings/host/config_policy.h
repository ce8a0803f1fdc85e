/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_POLICY_H
#define TG_BINDINGS_HOST_CONFIG_POLICY_H

/** The parts of a checked configuration that say what is wanted of which devices. All raise without memory. */

#include <lua.h>

#include "core/base/arena.h"
#include "core/gateway/gateway.h"

/** Reads list member `observe` of the table on top into @p gateway. */
void tg_config_policy_observe(lua_State *L, tg_arena_t *arena, tg_gateway_config_t *gateway);

/** Adds the list of profiles on top to those that @p gateway has. */
void tg_config_policy_quirks(lua_State *L, tg_arena_t *arena, tg_gateway_config_t *gateway);

#endif
