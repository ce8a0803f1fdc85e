/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under lua_command.c: see lua_trigger.h. */

#include "bindings/api/lua_trigger.h"

#include <lauxlib.h>

#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"

#define SECONDS_MAX INT32_MAX

static const char *const names[] = {"transport", "instance", "seconds", "timeout", "priority", "tag", "retry", NULL};

static void read_transport(lua_State *L, tg_trigger_t *trigger) {
  size_t len = 0;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
  if (tg_trigger_letter(tg_slice(text, len), &trigger->transport) != TG_OK)
    luaL_error(L, "transport is one of \"U\", \"T\", \"S\", \"N\", \"M\", \"H\"");
}

static void read_mute(lua_State *L, tg_trigger_t *trigger) {
  if (lua_type(L, -1) != LUA_TBOOLEAN) luaL_error(L, "mute takes true or false");
  trigger->on = lua_toboolean(L, -1);
}

void tg_lua_trigger_options(lua_State *L, int index, tg_trigger_t *trigger, bool is_strict) {
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  int top = lua_gettop(L);
  luaL_checkstack(L, 8, "options");
  if (is_strict) tg_lua_options_check(L, index, "option", names);
  if (tg_lua_record_push_member(L, index, "transport") != LUA_TNIL) {
    if (trigger->kind != TG_TRIGGER_UPDATE && trigger->kind != TG_TRIGGER_PREFER)
      luaL_error(L, "transport is for trigger and prefer");
    read_transport(L, trigger);
  }
  if (tg_lua_record_push_member(L, index, "instance") != LUA_TNIL) {
    lua_Integer instance = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (instance < 0 || instance > 65534) luaL_error(L, "instance is a whole number from 0 to 65534");
    trigger->instance = (int32_t)instance;
  }
  if (tg_lua_record_push_member(L, index, "seconds") != LUA_TNIL) {
    lua_Integer seconds = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (trigger->kind != TG_TRIGGER_DISABLE) luaL_error(L, "seconds are for disable");
    if (seconds < 1 || seconds > SECONDS_MAX) luaL_error(L, "seconds are a whole number from 1 to %d", SECONDS_MAX);
    trigger->seconds = (uint32_t)seconds;
  }
  if (!is_strict && trigger->kind == TG_TRIGGER_MUTE) {
    tg_lua_record_push_member(L, index, "value");
    read_mute(L, trigger);
  }
  lua_settop(L, top);
}

void tg_lua_trigger_operand(lua_State *L, int index, tg_trigger_t *trigger) {
  lua_pushvalue(L, index);
  if (trigger->kind == TG_TRIGGER_MUTE) read_mute(L, trigger);
  else read_transport(L, trigger);
  lua_pop(L, 1);
}

tg_rc_t tg_lua_trigger_fill(const tg_twin_t *twin, tg_trigger_t *trigger, tg_lua_draft_t *draft) {
  const tg_device_t *device = tg_twin_find(twin, draft->command.device);
  if (!device) return TG_E_GONE;
  tg_rc_t rc = tg_trigger_fill(trigger, device, &draft->command, &draft->diag);
  if (rc != TG_OK) draft->why = draft->diag.message;
  return rc;
}
