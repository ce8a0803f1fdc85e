/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_IMAGE_H
#define TG_BINDINGS_API_LUA_IMAGE_H

/** Images that scripts add: the script waits, or has a function called; the loop does not wait. */

#include <lua.h>

#include "core/firmware/firmware.h"

/** Adds @p addition (done and ud are set here); the function at @p fn_index is called with `true`, or nil and an error, 0: the task is suspended. @return results, as a Lua function does */
int tg_lua_image_add(lua_State *L, tg_fw_addition_t *addition, int fn_index);

#endif
