/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_RECORD_H
#define TG_BINDINGS_API_LUA_RECORD_H

/** Values, paths and records between Lua and C (docs: "Values" in the Lua conventions). Everything here may raise and runs protected. */

#include <lua.h>

#include "core/registry/registry.h"

/** Pushes a value: integers, numbers, booleans and strings as such, opaque as `{bytes=…}`, an object link as `{oid, iid}`, none as nil. */
void tg_lua_record_push_value(lua_State *L, const tg_value_t *value);

/** Pushes member @p key of the table at @p index as it is there, without asking a metatable: bytes of it are safe as long as the table stands. @return its type */
int tg_lua_record_push_member(lua_State *L, int index, const char *key);

/** Reads the value at @p index; bytes are borrowed from the Lua value. TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_lua_record_get_value(lua_State *L, int index, tg_value_t *value);

/** The same, converted to what @p model says of @p path (as it is where the model knows nothing). TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_lua_record_get_for(lua_State *L, int index, const tg_model_t *model, const tg_path_t *path,
                                            tg_value_t *value);

/** The path at argument @p index; raises an argument error when it is none. */
tg_path_t tg_lua_record_check_path(lua_State *L, int index);

/** Pushes one record, `{path=, value=, time=}`; time in seconds, left out when it is 0. */
void tg_lua_record_push(lua_State *L, const tg_record_t *record);

/** Pushes `{ {path=, value=, time=}, … }`. */
void tg_lua_record_push_list(lua_State *L, const tg_record_t *records, size_t count);

/** Pushes an error object: `code` from @p rc, `message`, tostring() in one line. */
void tg_lua_record_push_error(lua_State *L, tg_rc_t rc, const char *message);

/** Pushes nil and an error object: what a Lua function returns when the world failed. @return 2 */
int tg_lua_record_fail(lua_State *L, tg_rc_t rc, const char *message);

/** The string at argument @p index, borrowed as long as it stands there; raises an argument error when it is none. */
tg_slice_t tg_lua_record_check_bytes(lua_State *L, int index);

/** The result code an error value at @p index names in `code`; TG_E_PEER when it names none. */
tg_rc_t tg_lua_record_error_rc(lua_State *L, int index);

#endif
