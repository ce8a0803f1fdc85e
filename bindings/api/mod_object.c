/* SPDX-License-Identifier: Apache-2.0 */
/* See mod_object.h. Definitions are handed to scripts by value: changing such a table changes nothing. */

#include "bindings/api/mod_object.h"

#include <lauxlib.h>

#include "bindings/api/api_state.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/object_read.h"

static void push_resource(lua_State *L, const tg_resdef_t *res) {
  lua_createtable(L, 0, 10);
  lua_pushinteger(L, res->id);
  lua_setfield(L, -2, "id");
  lua_pushstring(L, res->name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, tg_value_type_name((tg_type_t)res->type));
  lua_setfield(L, -2, "type");
  char ops[4] = "";
  size_t len = 0;
  if (res->ops & TG_OPS_READ) ops[len++] = 'R';
  if (res->ops & TG_OPS_WRITE) ops[len++] = 'W';
  if (res->ops & TG_OPS_EXECUTE) ops[len++] = 'E';
  lua_pushlstring(L, ops, len);
  lua_setfield(L, -2, "ops");
  lua_pushboolean(L, res->multiple);
  lua_setfield(L, -2, "multiple");
  lua_pushboolean(L, res->mandatory);
  lua_setfield(L, -2, "mandatory");
  lua_pushboolean(L, res->sensitive);
  lua_setfield(L, -2, "sensitive");
  if (res->unit[0]) {
    lua_pushstring(L, res->unit);
    lua_setfield(L, -2, "unit");
  }
  if (!res->has_range) return;
  lua_pushnumber(L, res->min);
  lua_setfield(L, -2, "min");
  lua_pushnumber(L, res->max);
  lua_setfield(L, -2, "max");
}

static void push_version(lua_State *L, tg_version_t version) {
  lua_pushfstring(L, "%d.%d", (int)(version >> 16), (int)(version & 0xFFFF));
}

static void push_head(lua_State *L, const tg_objdef_t *def) {
  lua_createtable(L, 0, 7);
  lua_pushinteger(L, def->id);
  lua_setfield(L, -2, "id");
  lua_pushstring(L, def->name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, def->urn);
  lua_setfield(L, -2, "urn");
  push_version(L, def->version);
  lua_setfield(L, -2, "version");
  lua_pushboolean(L, def->multiple);
  lua_setfield(L, -2, "multiple");
}

/* find(id[, version]) */
static int object_find(lua_State *L) {
  lua_Integer id = luaL_checkinteger(L, 1);
  luaL_argcheck(L, id >= 0 && id <= UINT16_MAX, 1, "an object id is wanted");
  tg_version_t version = 0;
  if (!lua_isnoneornil(L, 2) && tg_objdef_parse_version(tg_slice_str(luaL_checkstring(L, 2)), &version) != TG_OK)
    luaL_argerror(L, 2, "a version such as \"1.1\" is wanted");
  const tg_objdef_t *def = tg_registry_find(tg_bundle_of(L)->api->parts.registry, (uint16_t)id, version);
  if (!def) {
    lua_pushnil(L);
    return 1;
  }
  push_head(L, def);
  lua_createtable(L, 0, (int)def->resource_count);
  for (size_t i = 0; i < def->resource_count; i++) {
    push_resource(L, &def->resources[i]);
    lua_rawseti(L, -2, def->resources[i].id);
  }
  lua_setfield(L, -2, "resources");
  return 1;
}

static bool list_one(void *ud, const tg_objdef_t *def) {
  lua_State *L = ud;
  push_head(L, def);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* list(): heads of all definitions, by id then version. A raised error passes through the registry's walk, which holds nothing. */
static int object_list(lua_State *L) {
  lua_newtable(L);
  tg_registry_each(tg_bundle_of(L)->api->parts.registry, list_one, L);
  return 1;
}

static int object_define(lua_State *L) {
  tg_rc_t rc;
  luaL_checktype(L, 1, LUA_TTABLE);
  tg_object_read(L, 1, tg_bundle_of(L)->api->parts.registry, &rc);
  lua_pushboolean(L, 1);
  return 1;
}

/* resource(path[, device]): as the device means it, else by the highest version. */
static int object_resource(lua_State *L) {
  const tg_api_parts_t *parts = &tg_bundle_of(L)->api->parts;
  tg_path_t path = tg_lua_record_check_path(L, 1);
  luaL_argcheck(L, path.len >= TG_PATH_RESOURCE, 1, "the path of a resource is wanted");
  const tg_resdef_t *res = NULL;
  if (lua_isnoneornil(L, 2)) {
    const tg_objdef_t *def = tg_registry_find(parts->registry, path.id[0], 0);
    res = def ? tg_objdef_find(def, path.id[2]) : NULL;
  } else {
    const tg_device_t *device = tg_twin_find(parts->twin, tg_lua_device_check(L, 2));
    tg_model_t model = device ? tg_twin_model(parts->twin, device) : (tg_model_t){.registry = parts->registry};
    res = tg_model_resource(&model, &path);
  }
  if (res) push_resource(L, res);
  else lua_pushnil(L);
  return 1;
}

void tg_mod_object_push(lua_State *L) {
  static const luaL_Reg functions[] = {{"find", object_find},
                                       {"list", object_list},
                                       {"define", object_define},
                                       {"resource", object_resource},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
}

/* check_object(definitions): raises what define() would. */
static int object_check(lua_State *L) {
  tg_rc_t rc;
  luaL_checktype(L, 1, LUA_TTABLE);
  tg_object_read(L, 1, NULL, &rc);
  return 0;
}

void tg_mod_object_core(lua_State *L) {
  lua_pushcfunction(L, object_check);
  lua_setfield(L, -2, "check_object");
  lua_pushcfunction(L, object_define);
  lua_setfield(L, -2, "define");
}
