/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_GET_H
#define TG_BINDINGS_HOST_CONFIG_GET_H

/** Single members of a checked table, copied into an arena. The check has seen to types; what is absent reads as empty or 0. All raise without memory. */

#include <lua.h>

#include "core/base/arena.h"

/** @p size cleared bytes of @p arena for @p count items. */
void *tg_config_get_array(lua_State *L, tg_arena_t *arena, size_t count, size_t size);

/** Text member @p key of the table on top of the stack; "" when absent. */
const char *tg_config_get_text(lua_State *L, tg_arena_t *arena, const char *key);

/** A copy of the string on top of the stack, which stays. */
const char *tg_config_get_top(lua_State *L, tg_arena_t *arena);

/** Whole-number member @p key; 0 when absent. */
uint64_t tg_config_get_uint(lua_State *L, const char *key);

/** Number member @p key times @p scale, rounded up; 0 when absent; at most UINT32_MAX. */
uint32_t tg_config_get_scaled(lua_State *L, const char *key, double scale);

/** Boolean member @p key; false when absent. */
bool tg_config_get_bool(lua_State *L, const char *key);

/** Whether text member @p key is @p text. */
bool tg_config_get_is(lua_State *L, const char *key, const char *text);

/** Pushes table member @p key and returns its length. */
size_t tg_config_get_list(lua_State *L, const char *key);

#endif
