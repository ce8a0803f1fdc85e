/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_LOG_H
#define TG_BINDINGS_API_MOD_LOG_H

/** Lua area tg.log: lines of a script's in the gateway's log. */

#include <lua.h>

/** Pushes the table of the area: error, warn, info, debug. May raise; runs protected. */
void tg_mod_log_push(lua_State *L);

#endif
