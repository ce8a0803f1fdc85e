/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_DEVICE_H
#define TG_BINDINGS_API_LUA_DEVICE_H

/** Devices as scripts see them: userdata that hold an id, the same one for the same device as long as a script keeps it. */

#include "bindings/api/api_state.h"

/** Makes the type known in this vm: the table of methods on top (popped) is what `dev:name()` finds. Runs protected, once. */
void tg_lua_device_open(lua_State *L, tg_bundle_t *bundle);

/** Pushes the device @p id, called @p ep (which it keeps when it is gone). May raise; runs protected. */
void tg_lua_device_push(lua_State *L, const tg_bundle_t *bundle, tg_id_t id, tg_slice_t ep);

/** The id at argument @p index; raises when it is no device. The device may be gone. */
tg_id_t tg_lua_device_check(lua_State *L, int index);

#endif
