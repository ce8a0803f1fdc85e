/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_firmware.h. Called by mod_firmware.c and on_firmware.c. */

#include "bindings/api/lua_firmware.h"

#include <lauxlib.h>

#include "core/base/hex.h"

static void set_text(lua_State *L, const char *key, const char *text) {
  if (!text || !*text) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, int64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, key);
}

static void set_time(lua_State *L, const char *key, int64_t ms) {
  lua_pushnumber(L, (lua_Number)ms / 1000);
  lua_setfield(L, -2, key);
}

void tg_lua_firmware_push_image(lua_State *L, const tg_fw_image_t *image) {
  uint8_t memory[2 * TG_FW_SHA256];
  tg_buf_t hex;
  luaL_checkstack(L, 4, "image");
  tg_buf_init(&hex, memory, sizeof memory);
  tg_hex_put(&hex, tg_slice(image->sha256, TG_FW_SHA256));
  lua_createtable(L, 0, 6);
  set_text(L, "name", image->name);
  lua_pushstring(L, image->version);
  lua_setfield(L, -2, "version");
  set_integer(L, "size", (int64_t)image->size);
  lua_pushlstring(L, (const char *)hex.p, hex.len);
  lua_setfield(L, -2, "sha256");
  set_time(L, "added", image->added_ms);
  set_integer(L, "users", image->users);
}

void tg_lua_firmware_push_update(lua_State *L, const tg_fw_update_t *update) {
  luaL_checkstack(L, 4, "update");
  lua_createtable(L, 0, 17);
  set_integer(L, "id", (int64_t)update->id);
  set_text(L, "ep", update->ep);
  set_text(L, "image", update->image);
  set_text(L, "campaign", update->campaign);
  set_text(L, "tag", update->tag);
  set_text(L, "state", tg_firmware_state_name(update->state));
  set_text(L, "method", tg_firmware_method_name(update->method));
  set_text(L, "cause", update->cause);
  set_text(L, "link", update->link);
  set_text(L, "version_before", update->version_before);
  set_text(L, "version_after", update->version_after);
  if (update->result >= 0) set_integer(L, "result", update->result);
  set_integer(L, "sent", (int64_t)update->sent);
  set_integer(L, "total", (int64_t)update->total);
  set_time(L, "begun", update->begun_ms);
  set_time(L, "changed", update->changed_ms);
}

static void push_spec(lua_State *L, const tg_campaign_spec_t *spec) {
  const struct {
    const char *key;
    uint32_t value;
  } numbers[] = {{"wave", spec->wave},
                 {"growth", spec->wave_growth},
                 {"parallel", spec->parallel},
                 {"stop_failures", spec->stop_failures},
                 {"stop_percent", spec->stop_percent},
                 {"expiry", spec->update_expiry_s}};
  lua_createtable(L, 0, 16);
  set_text(L, "ep", spec->ep);
  set_text(L, "link", spec->link);
  set_text(L, "manufacturer", spec->manufacturer);
  set_text(L, "model", spec->model);
  set_text(L, "from_version", spec->from_version);
  set_text(L, "tag", spec->tag);
  set_text(L, "method", tg_firmware_method_name(spec->method));
  if (spec->severity >= 0) set_integer(L, "severity", spec->severity);
  if (spec->defer_s >= 0) set_integer(L, "defer", spec->defer_s);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (numbers[i].value) set_integer(L, numbers[i].key, numbers[i].value);
  }
  if (!spec->limit_count) return;
  lua_createtable(L, 0, (int)spec->limit_count);
  for (size_t i = 0; i < spec->limit_count; i++) set_integer(L, spec->limits[i].link, spec->limits[i].parallel);
  lua_setfield(L, -2, "limits");
}

void tg_lua_firmware_push_campaign(lua_State *L, const tg_campaign_t *campaign) {
  luaL_checkstack(L, 6, "campaign");
  lua_createtable(L, 0, 14);
  set_text(L, "name", campaign->spec->name);
  set_text(L, "image", campaign->spec->image);
  set_text(L, "state", tg_campaigns_state_name(campaign->state));
  set_text(L, "cause", campaign->cause);
  set_integer(L, "wave", campaign->wave);
  set_integer(L, "running", campaign->running);
  set_integer(L, "done", campaign->done);
  set_integer(L, "failed", campaign->failed);
  set_integer(L, "cancelled", campaign->cancelled);
  set_integer(L, "unknown", campaign->unknown);
  set_integer(L, "left", campaign->left);
  set_time(L, "begun", campaign->begun_ms);
  set_time(L, "changed", campaign->changed_ms);
  push_spec(L, campaign->spec);
  lua_setfield(L, -2, "spec");
}
