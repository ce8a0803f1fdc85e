/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_STORE_H
#define TG_BINDINGS_API_MOD_STORE_H

/** Lua area tg.store: a script's own values, kept over restarts. */

#include "bindings/api/api_state.h"

/** Pushes the table of the area with what the store has for the bundle's name: get, set, keys. May raise; runs protected; once a vm. */
void tg_mod_store_push(lua_State *L, tg_bundle_t *bundle);

/** Lua function: reads the rows again, for what another vm of the same bundle has written since. */
int tg_mod_store_refresh(lua_State *L);

#endif
