/* SPDX-License-Identifier: Apache-2.0 */
/* How a configuration file is evaluated; called by config_load.c. See config_lua.h. */

#include "bindings/host/config_lua.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <lauxlib.h>
#include <lualib.h>

#include "core/base/alloc.h"
#include "core/base/embed.h"

extern const tg_embedded_file_t tg_embedded_config[];

enum { MEMORY_MAX = 64 << 20, INSTRUCTIONS_MAX = 20000000, FILE_MAX = 1 << 20, DEPTH_MAX = 8 };

static tg_config_lua_t *context(lua_State *L) {
  void *ctx = NULL;
  (void)lua_getallocf(L, &ctx);
  return ctx;
}

static void *capped_alloc(void *ud, void *p, size_t old_size, size_t size) {
  tg_config_lua_t *ctx = ud;
  size_t before = p ? old_size : 0; /* without a block, old_size is Lua's kind of object */
  if (size == 0) {
    tg_alloc_free(p);
    ctx->memory -= before;
    return NULL;
  }
  if (size > before && ctx->memory + (size - before) > MEMORY_MAX) return NULL;
  void *fresh = tg_alloc_resize(p, 1, size);
  if (fresh) ctx->memory += size - before;
  return fresh;
}

static void out_of_instructions(lua_State *L, lua_Debug *ar) {
  (void)ar;
  luaL_where(L, 0); /* in a hook, level 0 is the function that runs */
  lua_pushstring(L, "the file runs too long; a configuration is data");
  lua_concat(L, 2);
  lua_error(L);
}

lua_State *tg_config_lua_new(tg_config_lua_t *ctx) {
  lua_State *L = lua_newstate(capped_alloc, ctx);
  if (!L) return NULL;
  lua_sethook(L, out_of_instructions, LUA_MASKCOUNT, INSTRUCTIONS_MAX);
  return L;
}

void tg_config_lua_own(lua_State *L, const char *name) {
  const tg_embedded_file_t *file = tg_embedded_config;
  while (file->name && strcmp(file->name, name) != 0) file++;
  if (!file->name) luaL_error(L, "%s is not in the program", name);
  if (luaL_loadbufferx(L, (const char *)file->bytes, file->len, name, "t") != LUA_OK) lua_error(L);
  lua_call(L, 0, 1);
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

void tg_config_lua_explain(const tg_config_lua_t *ctx, const char *file, const char *message, tg_buf_t *errors) {
  char *end = NULL;
  long number = message[0] == '#' ? strtol(message + 1, &end, 10) : -1;
  if (end && *end == ':' && number >= 0 && number < ctx->file_count) {
    tg_buf_put_fmt(errors, "%s%s\n", ctx->files[number], end);
  } else {
    tg_buf_put_fmt(errors, "%s:1: %s\n", file, message);
  }
}

tg_rc_t tg_config_lua_compiles(const char *name, tg_slice_t source, tg_buf_t *errors) {
  tg_config_lua_t ctx = {0};
  char chunk[LUA_IDSIZE];
  lua_State *L = tg_config_lua_new(&ctx);
  if (!L) return TG_E_NOMEM;
  (void)snprintf(chunk, sizeof chunk, "=%s", name);
  bool fine = luaL_loadbufferx(L, (const char *)source.p, source.len, chunk, "t") == LUA_OK;
  if (!fine) tg_buf_put_fmt(errors, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return fine ? TG_OK : TG_E_SYNTAX;
}
