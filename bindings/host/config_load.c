/* SPDX-License-Identifier: Apache-2.0 */
/* From a file to a checked configuration; called by the commands. Nothing here knows a single key: see config_read.c. */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "bindings/host/config.h"
#include "bindings/host/config_lua.h"
#include "bindings/host/config_policy.h"
#include "bindings/host/config_read.h"
#include "core/base/alloc.h"

enum { ARENA_CHUNK = 16384, ARENA_MAX = 64 << 20 };

typedef struct load {
  tg_config_lua_t lua;
  tg_config_t *config;
  tg_buf_t *errors;
  bool is_read;
} load_t;

static const char own_quirks[] = "objects/quirks.lua";

static int put_errors(lua_State *L, load_t *load, const char *file, int list) {
  lua_Integer count = luaL_len(L, list);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_geti(L, list, i);
    lua_getfield(L, -1, "line");
    lua_getfield(L, -2, "message");
    tg_buf_put_fmt(load->errors, "%s:%lld: %s\n", file, (long long)lua_tointeger(L, -2), lua_tostring(L, -1));
    lua_pop(L, 3);
  }
  return 0;
}

/* What is wrong with a path of the configuration that must be there ("file", "folder"); nil when nothing is. */
static int probe(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  bool folder = strcmp(luaL_checkstring(L, 2), "folder") == 0;
  if (path[0] != '/') {
    const load_t *load = lua_touserdata(L, lua_upvalueindex(1));
    path = lua_pushfstring(L, "%s/%s", load->config->folder, path);
  }
  struct stat found;
  int wrong = stat(path, &found) != 0 || access(path, R_OK) != 0 ? errno : 0;
  if (!wrong && S_ISDIR(found.st_mode) != folder) wrong = folder ? ENOTDIR : EISDIR;
  if (!wrong) return 0;
  lua_pushfstring(L, "can't read %s: %s", path, strerror(wrong));
  return 1;
}

/* Our own profiles, before the operator's: of formats and block sizes the last one counts. False where they are wrong. */
static bool load_quirks(lua_State *L, load_t *load, int check, int schema) {
  const tg_embedded_file_t *file = tg_api_embedded(own_quirks);
  if (!file) return luaL_error(L, "%s is not in the program", own_quirks);
  lua_getfield(L, check, "quirks");
  lua_pushvalue(L, schema);
  lua_pushlstring(L, (const char *)file->bytes, file->len);
  lua_pushvalue(L, -1);
  tg_config_lua_eval(L, own_quirks);
  lua_insert(L, -2);
  lua_call(L, 3, 2);
  bool fine = !lua_isnil(L, -2);
  if (!fine) (void)put_errors(L, load, own_quirks, lua_gettop(L));
  lua_pop(L, 1);
  if (fine) tg_config_policy_quirks(L, &load->config->arena, &load->config->gateway);
  lua_pop(L, 1);
  return fine;
}

/* Runs protected. Sets is_read when there is nothing to complain of. */
static int load_body(lua_State *L) {
  load_t *load = lua_touserdata(L, 1);
  tg_config_lua_own(L, "config/check.lua"); /* 2 */
  int check = lua_gettop(L);
  tg_config_lua_own(L, "config/schema.lua");
  int schema = lua_gettop(L);
  if (!load_quirks(L, load, check, schema)) return 0;
  lua_getfield(L, check, "run");
  lua_pushvalue(L, schema);
  tg_config_lua_content(L, load->config->file);
  lua_pushvalue(L, -1);
  tg_config_lua_eval(L, load->config->file);
  lua_insert(L, -2); /* run, schema, value, source */
  lua_pushlightuserdata(L, load);
  lua_pushcclosure(L, probe, 1);
  lua_call(L, 4, 2);
  if (lua_isnil(L, -2)) return put_errors(L, load, load->config->file, lua_gettop(L));
  lua_pop(L, 1);
  lua_getfield(L, check, "text");
  tg_config_read(L, lua_gettop(L) - 1, lua_gettop(L), load->config);
  load->is_read = true;
  return 0;
}

static tg_config_t *new_config(const char *file) {
  tg_config_t *config = tg_alloc_array(1, sizeof *config);
  if (!config) return NULL;
  tg_arena_init(&config->arena, ARENA_CHUNK, ARENA_MAX);
  const char *slash = strrchr(file, '/');
  tg_slice_t folder = slash ? tg_slice(file, (size_t)(slash - file)) : tg_slice_str(".");
  char *file_copy = tg_arena_alloc(&config->arena, strlen(file) + 1);
  char *folder_copy = tg_arena_alloc(&config->arena, folder.len + 1);
  if (!file_copy || !folder_copy) {
    tg_config_free(config);
    return NULL;
  }
  memcpy(file_copy, file, strlen(file) + 1);
  memcpy(folder_copy, folder.p, folder.len);
  folder_copy[folder.len] = '\0';
  config->file = file_copy;
  config->folder = folder_copy;
  return config;
}

tg_rc_t tg_config_load(const char *file, tg_buf_t *errors, tg_config_t **out) {
  tg_config_t *config = new_config(file);
  if (!config) {
    tg_buf_put_fmt(errors, "%s: out of memory\n", file);
    return TG_E_NOMEM;
  }
  load_t load = {.config = config, .errors = errors};
  tg_rc_t rc = tg_config_lua_run(&load.lua, load_body, &load, file, errors);
  if (rc != TG_OK || !load.is_read) {
    tg_config_free(config);
    return TG_E_CONFIG;
  }
  *out = config;
  return TG_OK;
}

void tg_config_free(tg_config_t *config) {
  if (!config) return;
  tg_arena_fini(&config->arena);
  tg_alloc_free(config);
}
