/* SPDX-License-Identifier: Apache-2.0 */
/* How a configuration file is evaluated; called by config_load.c. See config_lua.h. */

#include "bindings/host/config_lua.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>

#include "bindings/vm/vm_call.h"
#include "core/base/embed.h"

extern const tg_embedded_file_t tg_embedded_config[];

enum { MEMORY_MAX = 64 << 20, INSTRUCTIONS_MAX = 20000000, BURST_MS = 3000, FILE_MAX = 1 << 20, DEPTH_MAX = 8 };

static tg_config_lua_t *context(lua_State *L) {
  return tg_vm_ud(tg_vm_of(L));
}

/* Appends what went wrong, with the file's name in place of its chunk's. */
static void explain(const tg_config_lua_t *ctx, const char *file, tg_rc_t rc, const tg_diag_t *diag, tg_buf_t *errors) {
  const char *message = rc == TG_E_BUDGET ? "the file runs too long; a configuration is data" : diag->message;
  long number = diag->file[0] == '#' ? strtol(diag->file + 1, NULL, 10) : -1;
  if (number >= 0 && number < ctx->file_count)
    tg_buf_put_fmt(errors, "%s:%d: %s\n", ctx->files[number], diag->line, message);
  else tg_buf_put_fmt(errors, "%s:1: %s\n", file, message);
}

tg_rc_t tg_config_lua_run(tg_config_lua_t *ctx, lua_CFunction fn, void *arg, const char *file, tg_buf_t *errors) {
  const tg_vm_config_t config = {
      .memory = MEMORY_MAX, .instructions = INSTRUCTIONS_MAX, .burst_ms = BURST_MS, .ud = ctx};
  tg_vm_t *vm = tg_vm_new(&config);
  if (!vm) {
    tg_buf_put_fmt(errors, "%s: out of memory\n", file);
    return TG_E_NOMEM;
  }
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_vm_call(vm, fn, arg, &diag);
  if (rc != TG_OK) explain(ctx, file, rc, &diag, errors);
  tg_vm_free(vm);
  return rc == TG_OK ? TG_OK : TG_E_CONFIG;
}

static int fn_own(lua_State *L) {
  tg_config_lua_own(L, luaL_checkstring(L, 1));
  return 1;
}

void tg_config_lua_own(lua_State *L, const char *name) {
  const tg_embedded_file_t *file = tg_embedded_config;
  while (file->name && strcmp(file->name, name) != 0) file++;
  if (!file->name) luaL_error(L, "%s is not in the program", name);
  if (luaL_loadbufferx(L, (const char *)file->bytes, file->len, name, "t") != LUA_OK) lua_error(L);
  lua_pushcfunction(L, fn_own);
  lua_call(L, 1, 1);
}

void tg_config_lua_content(lua_State *L, const char *file) {
  FILE *f = fopen(file, "rbe");
  if (!f) luaL_error(L, "can't read %s: %s", file, strerror(errno));
  /* Userdata, since Lua may raise for want of memory while the text is copied. */
  char *content = lua_newuserdatauv(L, FILE_MAX + 1, 0);
  size_t len = fread(content, 1, FILE_MAX + 1, f);
  int failed = ferror(f) ? errno : 0;
  (void)fclose(f);
  if (failed) luaL_error(L, "can't read %s: %s", file, strerror(failed));
  if (len > FILE_MAX) luaL_error(L, "%s is longer than 1 MiB", file);
  /* A byte order mark, as some editors write one, is no part of the text; luaL_loadfile() thinks so too. */
  size_t mark = len >= 3 && memcmp(content, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  lua_pushlstring(L, content + mark, len - mark);
  lua_remove(L, -2);
}

/* The path at @p arg, from the folder of the file that calls (upvalue 1). Pushes it. */
static const char *push_whole_path(lua_State *L, int arg) {
  const char *path = luaL_checkstring(L, arg);
  const char *base = lua_tostring(L, lua_upvalueindex(1));
  const char *slash = strrchr(base, '/');
  if (path[0] == '/' || !slash) return lua_pushstring(L, path);
  lua_pushlstring(L, base, (size_t)(slash - base) + 1);
  lua_pushstring(L, path);
  lua_concat(L, 2);
  return lua_tostring(L, -1);
}

/* That path, of a file: a pipe or a terminal would have whoever starts the gateway wait for ever. */
static const char *push_path(lua_State *L, int arg) {
  const char *path = push_whole_path(L, arg);
  struct stat found;
  if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) luaL_error(L, "can't read %s: not a file", path);
  return path;
}

static int fn_env(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread runs
  if (value) {
    lua_pushstring(L, value);
    return 1;
  }
  if (lua_isnoneornil(L, 2))
    return luaL_error(L, "environment variable %s is not set; env(\"%s\", default) gives one", name, name);
  lua_settop(L, 2);
  return 1;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int fn_file(lua_State *L) {
  tg_config_lua_content(L, push_path(L, 1));
  size_t len = 0;
  const char *text = lua_tolstring(L, -1, &len);
  while (len && is_blank(text[len - 1])) len--;
  while (len && is_blank(*text)) {
    text++;
    len--;
  }
  lua_pushlstring(L, text, len);
  return 1;
}

static int fn_include(lua_State *L) {
  tg_config_lua_t *ctx = context(L);
  const char *path = push_path(L, 1);
  if (ctx->depth >= DEPTH_MAX) return luaL_error(L, "include() of %s: more than %d files deep", path, DEPTH_MAX);
  ctx->depth++;
  tg_config_lua_content(L, path);
  tg_config_lua_eval(L, path);
  ctx->depth--;
  return 1;
}

void tg_config_lua_eval(lua_State *L, const char *file) {
  static const luaL_Reg functions[] = {{"env", fn_env}, {"file", fn_file}, {"include", fn_include}, {NULL, NULL}};
  tg_config_lua_t *ctx = context(L);
  if (ctx->file_count >= TG_CONFIG_LUA_FILES) luaL_error(L, "more than %d files", TG_CONFIG_LUA_FILES);
  int number = ctx->file_count;
  lua_pushstring(L, file);
  ctx->files[number] = lua_tostring(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &ctx->files[number]); /* keeps the string */
  ctx->file_count++;

  size_t len = 0;
  const char *source = lua_tolstring(L, -1, &len);
  const char *chunk = lua_pushfstring(L, "=#%d", number);
  if (luaL_loadbufferx(L, source, len, chunk, "t") != LUA_OK) lua_error(L);
  lua_newtable(L);
  lua_pushstring(L, file);
  luaL_setfuncs(L, functions, 1);
  (void)lua_setupvalue(L, -2, 1); /* _ENV */
  lua_call(L, 0, 1);
  lua_replace(L, -3); /* the source */
  lua_pop(L, 1);      /* the chunk's name */
}

static int compile(lua_State *L) {
  const tg_slice_t *source = lua_touserdata(L, 1);
  if (luaL_loadbufferx(L, (const char *)source->p, source->len, "=#0", "t") != LUA_OK) return lua_error(L);
  return 0;
}

tg_rc_t tg_config_lua_compiles(const char *name, tg_slice_t source, tg_buf_t *errors) {
  tg_config_lua_t ctx = {.files = {name}, .file_count = 1};
  tg_rc_t rc = tg_config_lua_run(&ctx, compile, &source, name, errors);
  return rc == TG_E_CONFIG ? TG_E_SYNTAX : rc;
}
