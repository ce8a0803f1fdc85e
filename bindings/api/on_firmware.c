/* SPDX-License-Identifier: Apache-2.0 */
/* What updates and campaigns tell, to each bundle whose `events` name it; may come from inside a call of Lua's that cancels an update. Opened by api.c. */

#include "bindings/api/on_firmware.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_firmware.h"

/* What a call is begun with: one of the two is there. */
typedef struct call {
  tg_bundle_t *bundle;
  const tg_fw_update_t *update;
  const tg_campaign_t *campaign;
} call_t;

/* on_event(kind, device, info) */
static int call_on_event(lua_State *L) {
  const call_t *call = lua_touserdata(L, 1);
  luaL_checkstack(L, 8, "event");
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bundle->on.on_event);
  lua_pushstring(L, call->update ? "firmware" : "campaign");
  const tg_device_t *device =
      call->update ? tg_twin_find_ep(call->bundle->api->parts.twin, tg_slice_str(call->update->ep)) : NULL;
  if (device) tg_lua_device_push(L, call->bundle, device->id, tg_slice_str(device->ep));
  else lua_pushnil(L);
  if (call->update) tg_lua_firmware_push_update(L, call->update);
  else tg_lua_firmware_push_campaign(L, call->campaign);
  lua_pushnumber(L, (lua_Number)(call->update ? call->update->changed_ms : call->campaign->changed_ms) / 1000);
  lua_setfield(L, -2, "time");
  return tg_vm_tail_call(L, 3);
}

static void tell(const tg_api_t *api, uint32_t kind, call_t *call) {
  for (tg_bundle_t *bundle = api->first; bundle; bundle = bundle->next) {
    call->bundle = bundle;
    if (bundle->vm && bundle->on.on_event != LUA_NOREF && (bundle->on.kinds >> kind & 1U))
      (void)tg_bundle_enter(bundle, kind, call_on_event, call);
  }
}

/* Seam tg_fw_changed_fn. */
static void on_update(void *ud, const tg_fw_update_t *update) {
  call_t call = {.update = update};
  tell(ud, TG_BUNDLE_KIND_FIRMWARE, &call);
}

/* Seam tg_campaign_changed_fn. */
static void on_campaign(void *ud, const tg_campaign_t *campaign) {
  call_t call = {.campaign = campaign};
  tell(ud, TG_BUNDLE_KIND_CAMPAIGN, &call);
}

void tg_on_firmware_open(tg_api_t *api) {
  tg_rc_t rc = api->parts.firmware ? tg_firmware_listen(api->parts.firmware, on_update, api) : TG_OK;
  if (rc == TG_OK && api->parts.campaigns) rc = tg_campaigns_listen(api->parts.campaigns, on_campaign, api);
  if (rc != TG_OK) tg_log("script", TG_LOG_ERROR, "not_attached to=firmware rc=%s", tg_rc_name(rc));
}

void tg_on_firmware_close(tg_api_t *api) {
  if (api->parts.firmware) tg_firmware_unlisten(api->parts.firmware, on_update, api);
  if (api->parts.campaigns) tg_campaigns_unlisten(api->parts.campaigns, on_campaign, api);
}
