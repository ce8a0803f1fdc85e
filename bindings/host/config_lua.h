/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_LUA_H
#define TG_BINDINGS_HOST_CONFIG_LUA_H

/**
 * A Lua machine for a file that is data in Lua's syntax: no bytecode, bounded memory, instructions and time, patterns counted as for
 * scripts; what the file can do is env(name[, default]), file(path) and include(path), with paths from the folder of the file that says them.
 */

#include <lua.h>

#include "core/base/buf.h"

/** Files one configuration may consist of. */
#define TG_CONFIG_LUA_FILES 64

/** State shared by the functions of one evaluation; `{0}` to begin. */
typedef struct tg_config_lua {
  const char *files[TG_CONFIG_LUA_FILES]; /* chunk `#n` is files[n]; strings belong to the Lua state */
  int file_count;
  int depth; /* of include() */
} tg_config_lua_t;

/**
 * Calls @p fn with @p arg as light userdata at index 1, protected, in a machine of its own that has the sandboxed libraries and ends with
 * the call. @p ctx is kept until then. What goes wrong is appended to @p errors as `FILE:LINE: text`; where no line of a file that was
 * evaluated is known, FILE is @p file.
 * @return TG_OK; TG_E_CONFIG; TG_E_NOMEM without a machine
 */
TG_MUST_CHECK tg_rc_t tg_config_lua_run(tg_config_lua_t *ctx, lua_CFunction fn, void *arg, const char *file,
                                        tg_buf_t *errors);

/** Pushes what the embedded file @p name (`config/check.lua`) returns; its argument is a function that does the same for the files it needs. Raises. */
void tg_config_lua_own(lua_State *L, const char *name);

/** Pushes the content of @p file as one string. Raises when it can't be read or is longer than 1 MiB. */
void tg_config_lua_content(lua_State *L, const char *file);

/** In such a call: evaluates the file @p file whose content is on top of the stack: replaces it by what it returns. Raises. */
void tg_config_lua_eval(lua_State *L, const char *file);

/** Whether @p source is Lua, without running it; if not, a line `NAME:LINE: why` is appended to @p errors. TG_OK, TG_E_SYNTAX, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_config_lua_compiles(const char *name, tg_slice_t source, tg_buf_t *errors);

#endif
