/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_OPTIONS_H
#define TG_BINDINGS_API_LUA_OPTIONS_H

/** Tables of options that scripts hand over. */

#include <lua.h>

/** Raises for the first key of the table at @p index that is not among the NULL-ended @p known, naming the nearest: `option "timout" is not known, did you mean "timeout"?`; @p what stands for `option`. */
void tg_lua_options_check(lua_State *L, int index, const char *what, const char *const known[]);

#endif
