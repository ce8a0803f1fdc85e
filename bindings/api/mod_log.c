/* SPDX-License-Identifier: Apache-2.0 */
/* See mod_log.h. Foreign text is made printable and cut, so that a line stays a line. */

#include "bindings/api/mod_log.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"

static int write_line(lua_State *L) {
  tg_log_level_t level = (tg_log_level_t)lua_tointeger(L, lua_upvalueindex(1));
  if (!tg_log_wants(level)) return 0;
  size_t len;
  const char *text = luaL_tolstring(L, 1, &len);
  tg_bundle_say(tg_bundle_of(L), level, "text", tg_slice(text, len));
  return 0;
}

void tg_mod_log_push(lua_State *L) {
  static const char *const names[] = {"error", "warn", "info", "debug"};
  static const tg_log_level_t levels[] = {TG_LOG_ERROR, TG_LOG_WARN, TG_LOG_INFO, TG_LOG_DEBUG};
  lua_createtable(L, 0, 4);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    lua_pushinteger(L, (lua_Integer)levels[i]);
    lua_pushcclosure(L, write_line, 1);
    lua_setfield(L, -2, names[i]);
  }
}
