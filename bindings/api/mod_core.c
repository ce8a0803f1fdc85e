/* SPDX-License-Identifier: Apache-2.0 */
/* See mod_core.h. Areas are in mod_*.c; here is what belongs to none: names, time, tasks, what a bundle wants to hear. */

#include "bindings/api/mod_core.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/driver_task.h"
#include "bindings/api/lua_json.h"
#include "bindings/api/mod_codec.h"
#include "bindings/api/mod_device.h"
#include "bindings/api/mod_driver.h"
#include "bindings/api/mod_firmware.h"
#include "bindings/api/mod_log.h"
#include "bindings/api/mod_mqtt.h"
#include "bindings/api/mod_object.h"
#include "bindings/api/mod_serial.h"
#include "bindings/api/mod_store.h"
#include "core/base/clock.h"

static int core_name(lua_State *L) {
  lua_pushstring(L, tg_bundle_of(L)->api->gateway_name);
  return 1;
}

static int core_gw(lua_State *L) {
  const tg_store_t *store = tg_bundle_of(L)->api->parts.store;
  lua_pushstring(L, store ? tg_store_gateway_id(store) : "");
  return 1;
}

static int core_version(lua_State *L) {
  lua_pushliteral(L, TG_VERSION);
  return 1;
}

static int core_now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)tg_clock_wall_ms() / 1000);
  return 1;
}

static int core_steady(lua_State *L) {
  lua_pushnumber(L, (lua_Number)tg_wheel_unix(tg_loop_wheel(tg_bundle_of(L)->api->parts.loop)) / 1000);
  return 1;
}

static int core_clock(lua_State *L) {
  lua_pushnumber(L, (lua_Number)tg_clock_mono_ns() / 1e9);
  return 1;
}

/* How often in a row a rule has failed: arguments @p at and @p at + 1 are its errors and what it began without an end, which was aborted unless tasks wait. */
static uint32_t in_row(lua_State *L, int at) {
  lua_Integer failed = luaL_optinteger(L, at, 0), begun = luaL_optinteger(L, at + 1, 0);
  if (tg_vm_waiting(tg_vm_of(L)) == 0) failed += begun;
  return failed > 0 && failed < 1000000 ? (uint32_t)failed : 0;
}

/* fail(why[, errors in a row of the rule, begun]) */
static int core_fail(lua_State *L) {
  uint32_t count = in_row(L, 2);
  tg_bundle_fail(tg_bundle_of(L), luaL_tolstring(L, 1, NULL), count);
  return 0;
}

/* trying(errors in a row, begun): a rule begins that has not ended well before; should it be aborted now, that is one more. */
static int core_trying(lua_State *L) {
  tg_bundle_of(L)->trying = in_row(L, 1);
  return 0;
}

static int by_id(const void *a, const void *b) {
  return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* want(true | list of object ids | nil). A long list means all: scripts choose for themselves then. */
static int core_want(lua_State *L) {
  tg_bundle_t *bundle = tg_bundle_of(L);
  bundle->wanted_count = 0;
  bundle->wants_all = lua_isboolean(L, 1) && lua_toboolean(L, 1);
  if (!lua_istable(L, 1)) return 0;
  lua_Integer count = luaL_len(L, 1);
  if (count > TG_BUNDLE_WANTED_MAX) {
    bundle->wants_all = true;
    return 0;
  }
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    lua_Integer id = luaL_checkinteger(L, -1);
    luaL_argcheck(L, id >= 0 && id <= UINT16_MAX, 1, "object ids are wanted");
    bundle->wanted[bundle->wanted_count++] = (uint16_t)id;
    lua_pop(L, 1);
  }
  qsort(bundle->wanted, bundle->wanted_count, sizeof bundle->wanted[0], by_id);
  return 0;
}

static void set_area(lua_State *L, const char *name) {
  lua_setfield(L, -2, name);
}

void tg_mod_core_push(lua_State *L, tg_bundle_t *bundle) {
  static const luaL_Reg functions[] = {{"name", core_name},
                                       {"gw", core_gw},
                                       {"version", core_version},
                                       {"now", core_now},
                                       {"clock", core_clock},
                                       {"steady", core_steady},
                                       {"fail", core_fail},
                                       {"trying", core_trying},
                                       {"want", core_want},
                                       {"task", tg_driver_task_spawn},
                                       {"wait", tg_driver_task_wait},
                                       {"json", tg_lua_json},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_pushstring(L, bundle->source.name);
  lua_setfield(L, -2, "bundle");
  tg_mod_mqtt_core(L);
  tg_mod_object_core(L);
  tg_mod_codec_push(L);
  set_area(L, "codec");
  tg_mod_device_push(L, bundle);
  set_area(L, "device");
  tg_mod_log_push(L);
  set_area(L, "log");
  tg_mod_mqtt_push(L);
  set_area(L, "mqtt");
  tg_mod_object_push(L);
  set_area(L, "object");
  tg_mod_store_push(L, bundle);
  set_area(L, "store");
  tg_mod_driver_push(L, bundle->api->parts.twin, bundle->source.name);
  set_area(L, "driver");
  tg_mod_serial_push(L);
  set_area(L, "serial");
  tg_mod_firmware_push(L);
  set_area(L, "firmware");
}
