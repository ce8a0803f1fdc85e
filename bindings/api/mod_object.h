/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_OBJECT_H
#define TG_BINDINGS_API_MOD_OBJECT_H

/** Lua area tg.object: the object registry. */

#include <lua.h>

/** Pushes the table of the area: find, list, define, resource. May raise; runs protected. */
void tg_mod_object_push(lua_State *L);

/** Adds `define` to the table on top, for scripts/tidegate/bundle.lua. */
void tg_mod_object_core(lua_State *L);

#endif
