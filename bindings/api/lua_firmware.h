/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_FIRMWARE_H
#define TG_BINDINGS_API_LUA_FIRMWARE_H

/** Images, updates and campaigns as Lua tables. Everything here may raise and runs protected. */

#include <lua.h>

#include "core/firmware/campaign.h"

/** Pushes an image: name, version, size, sha256 (hexadecimal), added (Unix seconds), users. */
void tg_lua_firmware_push_image(lua_State *L, const tg_fw_image_t *image);

/** Pushes an update as a table of its members; empty texts, and a result that is not known, are left out; times are Unix seconds. */
void tg_lua_firmware_push_update(lua_State *L, const tg_fw_update_t *update);

/** Pushes a campaign: name, image, state, cause, its numbers, and what it was begun with in `spec`. */
void tg_lua_firmware_push_campaign(lua_State *L, const tg_campaign_t *campaign);

#endif
