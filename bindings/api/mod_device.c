/* SPDX-License-Identifier: Apache-2.0 */
/* See mod_device.h. Commands are in lua_command.c, fields in lua_device.c. */

#include "bindings/api/mod_device.h"

#include <fnmatch.h>
#include <lauxlib.h>

#include "bindings/api/lua_command.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/lua_submit.h"

static const tg_twin_t *twin_of(lua_State *L) {
  return tg_bundle_of(L)->api->parts.twin;
}

/* find(ep) */
static int device_find(lua_State *L) {
  size_t len;
  const char *ep = luaL_checklstring(L, 1, &len);
  const tg_device_t *device = tg_twin_find_ep(twin_of(L), tg_slice(ep, len));
  if (device) tg_lua_device_push(L, tg_bundle_of(L), device->id, tg_slice_str(device->ep));
  else lua_pushnil(L);
  return 1;
}

typedef struct listing {
  lua_State *L;
  const char *glob; /* NULL: all */
} listing_t;

static bool list_one(void *ud, const tg_device_t *device) {
  const listing_t *listing = ud;
  lua_State *L = listing->L;
  tg_vm_charge(L, 10);
  if (listing->glob && fnmatch(listing->glob, device->ep, 0) != 0) return true;
  tg_lua_device_push(L, tg_bundle_of(L), device->id, tg_slice_str(device->ep));
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* list([glob]) */
static int device_list(lua_State *L) {
  listing_t listing = {.L = L, .glob = luaL_optstring(L, 1, NULL)};
  lua_newtable(L);
  tg_twin_each(twin_of(L), list_one, &listing);
  return 1;
}

/* dev:value(path): the last value and its time. */
static int device_value(lua_State *L) {
  tg_id_t id = tg_lua_device_check(L, 1);
  tg_path_t path = tg_lua_record_check_path(L, 2);
  tg_record_t record;
  if (tg_twin_value(twin_of(L), id, &path, &record) != TG_OK) {
    lua_pushnil(L);
    return 1;
  }
  tg_lua_record_push_value(L, &record.value);
  lua_pushnumber(L, (lua_Number)record.time_ms / 1000);
  return 2;
}

static bool add_value(void *ud, const tg_record_t *record) {
  lua_State *L = ud;
  tg_vm_charge(L, 10);
  tg_lua_record_push(L, record);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* dev:values([path]): records of the last values at or below it. */
static int device_values(lua_State *L) {
  tg_id_t id = tg_lua_device_check(L, 1);
  tg_path_t path = lua_isnoneornil(L, 2) ? tg_path(0, 0, 0, 0) : tg_lua_record_check_path(L, 2);
  lua_newtable(L);
  tg_twin_values(twin_of(L), id, &path, add_value, L);
  return 1;
}

void tg_mod_device_push(lua_State *L, tg_bundle_t *bundle) {
  static const luaL_Reg functions[] = {
      {"find", device_find}, {"list", device_list}, {"cancel", tg_lua_submit_cancel}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"value", device_value}, {"values", device_values}, {NULL, NULL}};
  luaL_newlib(L, methods);
  tg_lua_command_methods(L);
  tg_lua_submit_methods(L);
  tg_lua_device_open(L, bundle);
  luaL_newlib(L, functions);
}
