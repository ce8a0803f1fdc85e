/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_CORE_H
#define TG_BINDINGS_API_MOD_CORE_H

/** What C gives to scripts/tidegate/tg.lua: the finished areas, and the functions from which Lua makes the others. */

#include "bindings/api/api_state.h"

/** Pushes the table called `core` there. May raise; runs protected; once a vm. */
void tg_mod_core_push(lua_State *L, tg_bundle_t *bundle);

#endif
