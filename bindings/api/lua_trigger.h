/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_TRIGGER_H
#define TG_BINDINGS_API_LUA_TRIGGER_H

/** What is asked of a device by name (`trigger`, `disable` …) while it is read from Lua values. */

#include <lua.h>

#include "bindings/api/lua_draft.h"
#include "core/server/trigger.h"

/**
 * Reads transport, instance, seconds and, as member `value`, whether to mute from the table at @p index. Raises for values that can't be any and,
 * when @p is_strict, for keys that are neither these nor options of commands.
 */
void tg_lua_trigger_options(lua_State *L, int index, tg_trigger_t *trigger, bool is_strict);

/** Reads the operand at @p index that `prefer` (a letter) and `mute` (true or false) take. Raises when it is none. */
void tg_lua_trigger_operand(lua_State *L, int index, tg_trigger_t *trigger);

/** Makes the command of @p draft of it, borrowed from @p trigger. Errors of tg_trigger_fill() and TG_E_GONE, with draft->why. */
TG_MUST_CHECK tg_rc_t tg_lua_trigger_fill(const tg_twin_t *twin, tg_trigger_t *trigger, tg_lua_draft_t *draft);

#endif
