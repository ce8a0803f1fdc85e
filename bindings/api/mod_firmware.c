/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware updates for scripts. What becomes of one is told as event `firmware` (on_firmware.c). See mod_firmware.h. */

#include "bindings/api/mod_firmware.h"

#include <lauxlib.h>
#include <stdio.h>

#include "bindings/api/api_state.h"
#include "bindings/api/lua_firmware.h"
#include "bindings/api/lua_image.h"
#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"

enum { CHARGE = 20, SECONDS_MAX = 365 * 24 * 3600, DEVICES_MAX = 4000000 };

static const char NONE[] = "this gateway does no firmware updates";

static tg_firmware_t *firmware_of(lua_State *L) {
  return tg_bundle_of(L)->api->parts.firmware;
}

static tg_campaigns_t *campaigns_of(lua_State *L) {
  return tg_bundle_of(L)->api->parts.campaigns;
}

static int say(lua_State *L, tg_rc_t rc, const char *why) {
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why);
  lua_pushboolean(L, 1);
  return 1;
}

/* Members of the options at index 1; what is wrong with one raises. */

static const char *get_text(lua_State *L, const char *key) {
  int type = tg_lua_record_push_member(L, 1, key); /* stays on the stack, so that its bytes do */
  if (type != LUA_TNIL && type != LUA_TSTRING) luaL_error(L, "%s is text", key);
  size_t len = 0;
  const char *text = type == LUA_TNIL ? "" : lua_tolstring(L, -1, &len);
  if (type == LUA_TSTRING && strlen(text) != len) luaL_error(L, "%s has a NUL in it", key);
  return text;
}

static const char *need_text(lua_State *L, const char *key) {
  const char *text = get_text(L, key);
  if (!*text) luaL_error(L, "%s is missing", key);
  return text;
}

static int64_t get_integer(lua_State *L, const char *key, int64_t most, int64_t otherwise) {
  int64_t value = otherwise;
  int is_integer = 1;
  if (tg_lua_record_push_member(L, 1, key) != LUA_TNIL) {
    value = (int64_t)lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > most)
      luaL_error(L, "%s is a whole number from 0 to %I", key, (LUAI_UACINT)most);
  }
  lua_pop(L, 1);
  return value;
}

static bool get_boolean(lua_State *L, const char *key) {
  int type = tg_lua_record_push_member(L, 1, key);
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) luaL_error(L, "%s is true or false", key);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static tg_fw_method_t get_method(lua_State *L) {
  tg_fw_method_t method = TG_FW_AUTO;
  const char *text = get_text(L, "method");
  if (*text && tg_firmware_method_of(tg_slice_str(text), &method) != TG_OK)
    luaL_error(L, "method is push, pull-coap, pull-http or auto");
  return method;
}

static void check_options(lua_State *L, const char *const known[]) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_checkstack(L, 24, "options");
  tg_lua_options_check(L, 1, "option", known);
}

/* Images --------------------------------------------------------------------------------------------------------------- */

static bool add_image(void *ud, const tg_fw_image_t *image) {
  lua_State *L = ud;
  tg_vm_charge(L, CHARGE);
  tg_lua_firmware_push_image(L, image);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* images(): a list. */
static int firmware_images(lua_State *L) {
  lua_newtable(L);
  if (firmware_of(L)) tg_firmware_images(firmware_of(L), add_image, L);
  return 1;
}

/* add{file =, name =, version =}[, fn]: true; or nil and an error; the task waits, or fn is called. */
static int firmware_add(lua_State *L) {
  static const char *const known[] = {"file", "name", "version", NULL};
  bool has_fn = lua_isfunction(L, 2);
  luaL_argcheck(L, has_fn || lua_isnoneornil(L, 2), 2, "a function is wanted");
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  luaL_checkstack(L, 24, "options");
  tg_lua_options_check(L, 1, "option", known);
  tg_fw_addition_t addition = {.file = need_text(L, "file"),
                               .name = tg_slice_str(need_text(L, "name")),
                               .version = tg_slice_str(get_text(L, "version"))};
  if (!firmware_of(L)) return tg_lua_record_fail(L, TG_E_STATE, NONE);
  return tg_lua_image_add(L, &addition, has_fn ? 2 : 0);
}

/* remove(name): true; or nil and an error. */
static int firmware_remove(lua_State *L) {
  tg_slice_t name = tg_lua_record_check_bytes(L, 1);
  if (!firmware_of(L)) return tg_lua_record_fail(L, TG_E_STATE, NONE);
  tg_rc_t rc = tg_firmware_image_del(firmware_of(L), name);
  return say(L, rc, rc == TG_E_STATE ? "an update that has not ended uses it" : NULL);
}

/* Updates -------------------------------------------------------------------------------------------------------------- */

/* update{ep =, image =, …}: its id; or nil and an error, with `update`, the id of the one that is in its way. */
static int firmware_update(lua_State *L) {
  static const char *const known[] = {"ep",       "image", "method", "hold", "force",
                                      "severity", "defer", "expiry", "tag",  NULL};
  check_options(L, known);
  const tg_fw_request_t request = {.ep = tg_slice_str(need_text(L, "ep")),
                                   .image = tg_slice_str(need_text(L, "image")),
                                   .method = get_method(L),
                                   .hold = get_boolean(L, "hold"),
                                   .force = get_boolean(L, "force"),
                                   .severity = (int)get_integer(L, "severity", 2, -1),
                                   .defer_s = get_integer(L, "defer", SECONDS_MAX, -1),
                                   .expiry_s = (uint32_t)get_integer(L, "expiry", SECONDS_MAX, 0),
                                   .tag = tg_slice_str(get_text(L, "tag"))};
  if (!firmware_of(L)) return tg_lua_record_fail(L, TG_E_STATE, NONE);
  uint64_t id = 0;
  tg_rc_t rc = tg_firmware_update(firmware_of(L), &request, &id);
  if (rc == TG_OK) {
    lua_pushinteger(L, (lua_Integer)id);
    return 1;
  }
  (void)tg_lua_record_fail(L, rc,
                           rc == TG_E_EXISTS      ? "the device has an update that has not ended"
                           : rc == TG_E_NOT_FOUND ? "no image of this name"
                                                  : NULL);
  if (rc == TG_E_EXISTS) {
    lua_pushinteger(L, (lua_Integer)id);
    lua_setfield(L, -2, "update");
  }
  return 2;
}

/* The update that argument 1 names: by its id, or the newest of a device. */
static bool find(lua_State *L, tg_fw_update_t *update) {
  const tg_firmware_t *firmware = firmware_of(L);
  bool is_id = lua_isinteger(L, 1);
  tg_slice_t ep = is_id ? tg_slice(NULL, 0) : tg_lua_record_check_bytes(L, 1);
  if (!firmware) return false;
  return is_id ? tg_firmware_find(firmware, (uint64_t)lua_tointeger(L, 1), update)
               : tg_firmware_find_ep(firmware, ep, update);
}

/* status(ep or id): a table; nil when there is none. */
static int firmware_status(lua_State *L) {
  tg_fw_update_t update;
  if (find(L, &update)) tg_lua_firmware_push_update(L, &update);
  else lua_pushnil(L);
  return 1;
}

static bool add_update(void *ud, const tg_fw_update_t *update) {
  lua_State *L = ud;
  tg_vm_charge(L, CHARGE);
  tg_lua_firmware_push_update(L, update);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* list(): all that are known, newest first. */
static int firmware_list(lua_State *L) {
  lua_newtable(L);
  if (firmware_of(L)) tg_firmware_updates(firmware_of(L), add_update, L);
  return 1;
}

static int act(lua_State *L, tg_rc_t (*fn)(tg_firmware_t *firmware, uint64_t id)) {
  tg_fw_update_t update;
  if (!find(L, &update)) return tg_lua_record_fail(L, TG_E_NOT_FOUND, "there is no such update");
  tg_rc_t rc = fn(firmware_of(L), update.id);
  char why[64];
  (void)snprintf(why, sizeof why, "the update is %s", tg_firmware_state_name(update.state));
  return say(L, rc, rc == TG_E_STATE ? why : NULL);
}

/* apply(ep or id): true; or nil and an error. */
static int firmware_apply(lua_State *L) {
  return act(L, tg_firmware_apply);
}

/* cancel(ep or id): true; or nil and an error. */
static int firmware_cancel(lua_State *L) {
  return act(L, tg_firmware_cancel);
}

/* Campaigns ------------------------------------------------------------------------------------------------------------ */

static void get_limits(lua_State *L, tg_campaign_spec_t *spec, tg_campaign_limit_t *limits) {
  static const char wrong[] = "limits gives up to 8 links a number of at least 1, such as { nb = 4 }";
  int type = tg_lua_record_push_member(L, 1, "limits"); /* stays, so that its keys do */
  spec->limits = limits;
  if (type == LUA_TNIL) return;
  if (type != LUA_TTABLE) luaL_error(L, wrong);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    bool is_fine = lua_type(L, -2) == LUA_TSTRING && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
                   lua_tointeger(L, -1) <= DEVICES_MAX && spec->limit_count < TG_CAMPAIGN_LIMITS_MAX;
    if (!is_fine) luaL_error(L, wrong);
    limits[spec->limit_count++] = (tg_campaign_limit_t){lua_tostring(L, -2), (uint32_t)lua_tointeger(L, -1)};
  }
}

static uint32_t get_number(lua_State *L, const char *key, int64_t most) {
  return (uint32_t)get_integer(L, key, most, 0);
}

/* campaign{name =, image =, …}: true; or nil and an error. */
static int firmware_campaign(lua_State *L) {
  static const char *const known[] = {
      "name",     "image", "ep",   "link",   "manufacturer", "model",         "from_version", "method",
      "severity", "defer", "wave", "growth", "parallel",     "stop_failures", "stop_percent", "expiry",
      "limits",   "tag",   NULL};
  tg_campaign_limit_t limits[TG_CAMPAIGN_LIMITS_MAX];
  check_options(L, known);
  tg_campaign_spec_t spec = {.name = need_text(L, "name"),
                             .image = need_text(L, "image"),
                             .ep = get_text(L, "ep"),
                             .link = get_text(L, "link"),
                             .manufacturer = get_text(L, "manufacturer"),
                             .model = get_text(L, "model"),
                             .from_version = get_text(L, "from_version"),
                             .tag = get_text(L, "tag"),
                             .method = get_method(L),
                             .severity = (int)get_integer(L, "severity", 2, -1),
                             .defer_s = get_integer(L, "defer", SECONDS_MAX, -1),
                             .wave = get_number(L, "wave", DEVICES_MAX),
                             .wave_growth = get_number(L, "growth", 10000),
                             .parallel = get_number(L, "parallel", DEVICES_MAX),
                             .stop_failures = get_number(L, "stop_failures", DEVICES_MAX),
                             .stop_percent = get_number(L, "stop_percent", 100),
                             .update_expiry_s = get_number(L, "expiry", SECONDS_MAX)};
  get_limits(L, &spec, limits);
  if (!campaigns_of(L)) return tg_lua_record_fail(L, TG_E_STATE, NONE);
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_campaigns_start(campaigns_of(L), &spec, &diag);
  return say(L, rc, diag.message[0] ? diag.message : NULL);
}

static bool add_campaign(void *ud, const tg_campaign_t *campaign) {
  lua_State *L = ud;
  tg_vm_charge(L, CHARGE);
  tg_lua_firmware_push_campaign(L, campaign);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* campaigns(): a list, newest first. */
static int firmware_campaigns(lua_State *L) {
  lua_newtable(L);
  if (campaigns_of(L)) tg_campaigns_each(campaigns_of(L), add_campaign, L);
  return 1;
}

static int steer(lua_State *L, tg_rc_t (*fn)(tg_campaigns_t *campaigns, tg_slice_t name)) {
  tg_slice_t name = tg_lua_record_check_bytes(L, 1);
  tg_campaign_t campaign;
  if (!campaigns_of(L)) return tg_lua_record_fail(L, TG_E_STATE, NONE);
  tg_rc_t rc = fn(campaigns_of(L), name);
  char why[64] = "no campaign of this name";
  if (rc == TG_E_STATE && tg_campaigns_find(campaigns_of(L), name, &campaign))
    (void)snprintf(why, sizeof why, "the campaign is %s", tg_campaigns_state_name(campaign.state));
  return say(L, rc, why);
}

/* pause(name), resume(name), stop(name): true; or nil and an error. */
static int firmware_pause(lua_State *L) {
  return steer(L, tg_campaigns_pause);
}

static int firmware_resume(lua_State *L) {
  return steer(L, tg_campaigns_resume);
}

static int firmware_stop(lua_State *L) {
  return steer(L, tg_campaigns_cancel);
}

void tg_mod_firmware_push(lua_State *L) {
  static const luaL_Reg functions[] = {{"images", firmware_images},     {"add", firmware_add},
                                       {"remove", firmware_remove},     {"update", firmware_update},
                                       {"status", firmware_status},     {"list", firmware_list},
                                       {"apply", firmware_apply},       {"cancel", firmware_cancel},
                                       {"campaign", firmware_campaign}, {"campaigns", firmware_campaigns},
                                       {"pause", firmware_pause},       {"resume", firmware_resume},
                                       {"stop", firmware_stop},         {NULL, NULL}};
  luaL_newlib(L, functions);
}
