/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_LUA_H
#define TG_BINDINGS_HOST_CONFIG_LUA_H

/**
 * A Lua state for a file that is data in Lua's syntax: no library, no bytecode, bounded memory and instructions; what it can do is
 * env(name[, default]), file(path) and include(path), with paths from the folder of the file that says them.
 */

#include <lua.h>

#include "core/base/buf.h"

/** Files one configuration may consist of. */
#define TG_CONFIG_LUA_FILES 64

/** State shared by the functions of one evaluation; `{0}` to begin. */
typedef struct tg_config_lua {
  size_t memory;                          /* bytes in use */
  const char *files[TG_CONFIG_LUA_FILES]; /* chunk `#n` is files[n]; strings belong to the Lua state */
  int file_count;
  int depth; /* of include() */
} tg_config_lua_t;

/** A state with base, string, table and math for our own checks; NULL without memory. @p ctx is kept. Close with lua_close(). */
lua_State *tg_config_lua_new(tg_config_lua_t *ctx);

/** Pushes what the embedded file @p name (`config/check.lua`) returns. Raises. */
void tg_config_lua_own(lua_State *L, const char *name);

/** Pushes the content of @p file as one string. Raises when it can't be read or is longer than 1 MiB. */
void tg_config_lua_content(lua_State *L, const char *file);

/** Evaluates the file @p file whose content is on top of the stack: replaces it by what it returns. Raises. */
void tg_config_lua_eval(lua_State *L, const char *file);

/** Whether @p source is Lua, without running it; if not, a line `NAME:LINE: why` is appended to @p errors. TG_OK, TG_E_SYNTAX, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_config_lua_compiles(const char *name, tg_slice_t source, tg_buf_t *errors);

/** Appends @p message to @p errors as `FILE:LINE: text`, with the file's name in place of its chunk's; @p file is named where the message names none. */
void tg_config_lua_explain(const tg_config_lua_t *ctx, const char *file, const char *message, tg_buf_t *errors);

#endif
