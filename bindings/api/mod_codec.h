/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_CODEC_H
#define TG_BINDINGS_API_MOD_CODEC_H

/** Lua area tg.codec: JSON, hexadecimal, Base64, and the payload formats of LwM2M. */

#include <lua.h>

/** Pushes the table of the area. May raise; runs protected. */
void tg_mod_codec_push(lua_State *L);

#endif
