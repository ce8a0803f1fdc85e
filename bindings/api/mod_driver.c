/* SPDX-License-Identifier: Apache-2.0 */
/* tg.driver: what is left to do in C is to hand devices and tasks to scripts/tidegate/driver.lua. */

#include "bindings/api/mod_driver.h"

#include <lauxlib.h>

#include "bindings/api/driver_device.h"
#include "bindings/api/driver_task.h"
#include "core/base/log.h"

/* log(level, text) */
static int driver_log(lua_State *L) {
  static const char *const names[] = {"error", "warning", "info", "debug", NULL};
  static const tg_log_level_t levels[] = {TG_LOG_ERROR, TG_LOG_WARN, TG_LOG_INFO, TG_LOG_DEBUG};
  int level = luaL_checkoption(L, 1, NULL, names);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  char shown[512];
  tg_log("driver", levels[level], "bundle=%s %s", lua_tostring(L, lua_upvalueindex(1)),
         tg_log_text(tg_slice(text, len), shown, sizeof shown));
  return 0;
}

/* define{…} is driver.define(core, {…}). */
static int driver_define(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "tidegate.driver");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "define");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

/* What scripts/tidegate/driver.lua calls core. The set is anchored in the registry: it must outlive every handle. */
static void push_core(lua_State *L, tg_twin_t *twin, const char *bundle) {
  lua_createtable(L, 0, 8);
  lua_pushstring(L, bundle);
  lua_setfield(L, -2, "name");
  tg_driver_set_t *set = lua_newuserdatauv(L, sizeof *set, 0);
  lua_pushvalue(L, -1);
  luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushcclosure(L, tg_driver_device_open, 1);
  lua_setfield(L, -2, "open");
  lua_pushcfunction(L, tg_driver_task_spawn);
  lua_setfield(L, -2, "task");
  lua_pushcfunction(L, tg_driver_task_wait);
  lua_setfield(L, -2, "wait");
  lua_getfield(L, -1, "name");
  lua_pushcclosure(L, driver_log, 1);
  lua_setfield(L, -2, "log");
  tg_driver_device_init(set, tg_vm_of(L), twin);
}

void tg_mod_driver_push(lua_State *L, tg_twin_t *twin, const char *bundle) {
  lua_createtable(L, 0, 1);
  push_core(L, twin, bundle);
  lua_pushcclosure(L, driver_define, 1);
  lua_setfield(L, -2, "define");
}
