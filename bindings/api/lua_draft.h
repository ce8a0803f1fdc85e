/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_DRAFT_H
#define TG_BINDINGS_API_LUA_DRAFT_H

/** A command while it is read from Lua values. Bytes are borrowed from values that stay on the stack. */

#include <lua.h>

#include "core/server/operation.h"

/** What a script may say in the options of a command, and `submit` in its table. */
typedef struct tg_lua_draft {
  tg_command_t command;
  tg_model_t model; /* of the device */
  char text[384];   /* of Write-Attributes and Discover */
  tg_diag_t diag;
  const char *why; /* a sentence for the error, or NULL; lent as long as the stack stands and the draft does */
} tg_lua_draft_t;

/** Begins the draft of an operation on the device at index 1. TG_E_GONE. */
TG_MUST_CHECK tg_rc_t tg_lua_draft_begin(lua_State *L, tg_op_t op, tg_lua_draft_t *draft);

/** Whether the operation carries values. */
bool tg_lua_draft_has_values(tg_op_t op);

/** Whether it is one over several paths. */
bool tg_lua_draft_is_composite(tg_op_t op);

/** Reads timeout, priority, format, tag, retry, and depth for a Discover, from the table at @p index. Raises for unknown keys (when @p is_strict) and wrong values. */
void tg_lua_draft_options(lua_State *L, int index, tg_lua_draft_t *draft, bool is_strict);

/** Reads durable and replace_key, which `submit` has besides. Raises for wrong values. */
void tg_lua_draft_durable(lua_State *L, int index, tg_lua_draft_t *draft);

/** Reads a value, a list of records or a table by resource (`{ [5850] = true, ["6/1"] = 5 }`, for an instance or a Create) at @p index for draft->command.path; of WRITE_COMPOSITE a list, in its order. TG_E_TYPE, TG_E_RANGE, TG_E_ARG, TG_E_SYNTAX with draft->why. */
TG_MUST_CHECK tg_rc_t tg_lua_draft_values(lua_State *L, int index, tg_lua_draft_t *draft);

/** Reads a list of paths at @p index into records without values. TG_E_TOO_LONG, TG_E_SYNTAX, TG_E_ARG for an empty one, TG_E_TYPE, with draft->why. */
TG_MUST_CHECK tg_rc_t tg_lua_draft_paths(lua_State *L, int index, tg_lua_draft_t *draft);

/** Reads `{ pmin = 10, gt = false }` at @p index into the text of Write-Attributes; false or "" unsets. Raises for keys that are no attributes and values that can't be any. */
void tg_lua_draft_attributes(lua_State *L, int index, tg_lua_draft_t *draft);

/** Whether the device can be asked this (tg_operation_check()); an error with draft->why. */
TG_MUST_CHECK tg_rc_t tg_lua_draft_check(const tg_twin_t *twin, tg_lua_draft_t *draft);

#endif
