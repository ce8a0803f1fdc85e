/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_options.h. */

#include "bindings/api/lua_options.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/diag.h"

void tg_lua_options_check(lua_State *L, int index, const char *what, const char *const known[]) {
  index = lua_absindex(L, index);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    bool is_known = false;
    for (size_t i = 0; known[i]; i++) is_known = is_known || strcmp(key, known[i]) == 0;
    if (is_known) continue;
    const char *near = tg_diag_nearest(key, known);
    luaL_error(L, "%s \"%s\" is not known%s%s%s", what, key, near ? ", did you mean \"" : "", near ? near : "",
               near ? "\"?" : "");
  }
}
