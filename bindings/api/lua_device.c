/* SPDX-License-Identifier: Apache-2.0 */
/* See lua_device.h. A device that is gone has no fields but id and ep; its methods say `gone`. */

#include "bindings/api/lua_device.h"

#include <lauxlib.h>

#include "core/server/quirk.h"

static const char DEVICE[] = "tidegate.device";

typedef void (*field_fn)(lua_State *L, const tg_device_t *device);

static void push_ep(lua_State *L, const tg_device_t *device) {
  lua_pushstring(L, device->ep);
}

static void push_kind(lua_State *L, const tg_device_t *device) {
  lua_pushstring(L, device->backend ? device->backend->kind : "");
}

static void push_link(lua_State *L, const tg_device_t *device) {
  lua_pushstring(L, device->link ? device->link : "");
}

static void push_online(lua_State *L, const tg_device_t *device) {
  lua_pushboolean(L, device->online);
}

static void push_asleep(lua_State *L, const tg_device_t *device) {
  lua_pushboolean(L, device->online && !device->awake);
}

static void push_queue_mode(lua_State *L, const tg_device_t *device) {
  lua_pushboolean(L, device->queue_mode);
}

static void push_lifetime(lua_State *L, const tg_device_t *device) {
  lua_pushinteger(L, device->lifetime_s);
}

static void push_version(lua_State *L, const tg_device_t *device) {
  if (!device->enabler) lua_pushnil(L);
  else lua_pushfstring(L, "%d.%d", (int)(device->enabler >> 16), (int)(device->enabler & 0xFFFF));
}

static void push_since(lua_State *L, const tg_device_t *device) {
  lua_pushnumber(L, (lua_Number)device->since_ms / 1000);
}

static void push_last_seen(lua_State *L, const tg_device_t *device) {
  lua_pushnumber(L, (lua_Number)device->last_seen_ms / 1000);
}

static void push_waiting(lua_State *L, const tg_device_t *device) {
  lua_pushinteger(L, device->queued);
}

static void push_objects(lua_State *L, const tg_device_t *device) {
  lua_createtable(L, device->object_count, 0);
  for (size_t i = 0; i < device->object_count; i++) {
    char text[TG_PATH_TEXT_MAX];
    lua_pushstring(L, tg_path_text(&device->objects[i], text));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_wire_ep(lua_State *L, const tg_device_t *device) {
  if (device->wire_ep) lua_pushstring(L, device->wire_ep);
  else lua_pushnil(L);
}

static void push_tags(lua_State *L, const tg_device_t *device) {
  lua_newtable(L);
  for (tg_slice_t rest = tg_slice_str(device->tags); rest.len;) {
    tg_slice_t tag = tg_slice_take(&rest, ' ');
    lua_pushlstring(L, (const char *)tag.p, tag.len);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

/* Names in order, and under each name how often it was tolerated since the start. */
static void push_quirks(lua_State *L, const tg_device_t *device) {
  lua_newtable(L);
  for (unsigned i = 0; i < 32; i++) {
    const char *name = device->quirks >> i & 1 ? tg_quirk_name(i) : NULL;
    if (!name) continue;
    lua_pushstring(L, name);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pushinteger(L, device->quirk_counts ? device->quirk_counts[i] : 0);
    lua_setfield(L, -2, name);
  }
}

static const struct {
  const char *name;
  field_fn push;
} fields[] = {{"ep", push_ep},
              {"kind", push_kind},
              {"link", push_link},
              {"online", push_online},
              {"asleep", push_asleep},
              {"queue_mode", push_queue_mode},
              {"lifetime", push_lifetime},
              {"version", push_version},
              {"since", push_since},
              {"last_seen", push_last_seen},
              {"waiting", push_waiting},
              {"objects", push_objects},
              {"wire_ep", push_wire_ep},
              {"tags", push_tags},
              {"quirks", push_quirks}};

/* dev.name: a method (upvalue 1), else a field. */
static int get_member(lua_State *L) {
  tg_id_t id = tg_lua_device_check(L, 1);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(name, "id") == 0) {
    lua_pushinteger(L, (lua_Integer)id);
    return 1;
  }
  const tg_device_t *device = tg_twin_find(tg_bundle_of(L)->api->parts.twin, id);
  for (size_t i = 0; device && i < sizeof fields / sizeof *fields; i++) {
    if (strcmp(name, fields[i].name) != 0) continue;
    fields[i].push(L, device);
    return 1;
  }
  if (!device && strcmp(name, "ep") == 0) return lua_getiuservalue(L, 1, 1) == LUA_TSTRING;
  return 0;
}

static int set_member(lua_State *L) {
  return luaL_error(L, "a device's fields can't be set");
}

static int to_text(lua_State *L) {
  const tg_device_t *device = tg_twin_find(tg_bundle_of(L)->api->parts.twin, tg_lua_device_check(L, 1));
  lua_pushfstring(L, "device %s", device ? device->ep : "(gone)");
  return 1;
}

void tg_lua_device_open(lua_State *L, tg_bundle_t *bundle) {
  luaL_newmetatable(L, DEVICE);
  lua_insert(L, -2);
  lua_pushcclosure(L, get_member, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, set_member);
  lua_setfield(L, -2, "__newindex");
  lua_pushcfunction(L, to_text);
  lua_setfield(L, -2, "__tostring");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);

  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  bundle->devices = luaL_ref(L, LUA_REGISTRYINDEX);
}

void tg_lua_device_push(lua_State *L, const tg_bundle_t *bundle, tg_id_t id, tg_slice_t ep) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, bundle->devices);
  if (lua_rawgeti(L, -1, (lua_Integer)id) == LUA_TNIL) {
    lua_pop(L, 1);
    tg_id_t *box = lua_newuserdatauv(L, sizeof *box, 1);
    *box = id;
    luaL_setmetatable(L, DEVICE);
    if (ep.len) lua_pushlstring(L, (const char *)ep.p, ep.len);
    else lua_pushnil(L);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)id);
  }
  lua_remove(L, -2);
}

tg_id_t tg_lua_device_check(lua_State *L, int index) {
  return *(tg_id_t *)luaL_checkudata(L, index, DEVICE);
}
