/* SPDX-License-Identifier: Apache-2.0 */
/* What of Lua's own library a script sees, and `require` by way of the host (security.md §2.18). See vm_sandbox.h. */

#include "bindings/vm/vm_sandbox.h"

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/vm/vm_costly.h"
#include "bindings/vm/vm_pattern.h"
#include "bindings/vm/vm_state.h"

enum { SOURCE_MAX = 1 << 20, LINE_MAX_LEN = 999 };

static const char LOADED[] = "tidegate.loaded";
static const char LOADING[] = "tidegate.loading";

/* print: one line to the host, cut where it gets too long. */
static int sandbox_print(lua_State *L) {
  char text[LINE_MAX_LEN + 1];
  tg_buf_t line;
  tg_buf_init(&line, text, LINE_MAX_LEN);
  int count = lua_gettop(L);
  for (int i = 1; i <= count; i++) {
    size_t len;
    const char *word = luaL_tolstring(L, i, &len);
    if (i > 1) tg_buf_put_u8(&line, '\t');
    size_t room = line.cap - line.len;
    tg_buf_put(&line, tg_slice(word, len < room ? len : room));
    lua_pop(L, 1);
  }
  text[line.len] = 0;
  const tg_vm_t *vm = tg_vm_of(L);
  if (vm->config.on_print) vm->config.on_print(vm->config.ud, text);
  return 0;
}

/* load: text from a string only; bytecode could break the machine, and a reader function would run in between. */
static int sandbox_load(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) return luaL_argerror(L, 1, "text is wanted");
  size_t len;
  const char *text = lua_tolstring(L, 1, &len);
  const char *name = luaL_optstring(L, 2, "=(load)");
  bool has_env = !lua_isnone(L, 4);
  if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (has_env) {
    lua_pushvalue(L, 4);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  }
  return 1;
}

/* setmetatable without finalisers: they would run at any time, in nobody's budget. */
static int sandbox_setmetatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "__gc is not for scripts; use deinit()");
    lua_pop(L, 1);
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

/* Stopping or tuning the collector would defeat the memory cap. A collection is charged by what there is to look at. */
static int sandbox_collectgarbage(lua_State *L) {
  static const char *const options[] = {"count", "collect", "step", NULL};
  int option = luaL_checkoption(L, 1, "collect", options);
  if (option == 0) {
    lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024.0);
    return 1;
  }
  tg_vm_charge(L, (uint64_t)lua_gc(L, LUA_GCCOUNT));
  lua_pushinteger(L, option == 1 ? lua_gc(L, LUA_GCCOLLECT) : lua_gc(L, LUA_GCSTEP, 0));
  return 1;
}

static bool find_source(const tg_vm_t *vm, const char *name, tg_buf_t *source, tg_buf_t *file) {
  return vm->config.module && vm->config.module(vm->config.ud, name, source, file);
}

/* Pushes what module @p name returns. The buffers are userdata, so that an error leaks nothing. */
static void load_module(lua_State *L, const char *name) {
  char file[256];
  tg_buf_t *bufs = lua_newuserdatauv(L, 2 * sizeof *bufs, 0);
  void *memory = lua_newuserdatauv(L, SOURCE_MAX, 0);
  tg_buf_init(&bufs[0], memory, SOURCE_MAX);
  tg_buf_init(&bufs[1], file, sizeof file - 1);
  tg_buf_put_u8(&bufs[1], '@');
  if (!find_source(tg_vm_of(L), name, &bufs[0], &bufs[1])) luaL_error(L, "module \"%s\" is not known", name);
  file[bufs[1].len] = 0;
  if (luaL_loadbufferx(L, (const char *)bufs[0].p, bufs[0].len, file, "t") != LUA_OK) lua_error(L);
  lua_copy(L, -1, -3); /* the function in place of the buffers, which may go now */
  lua_pop(L, 1);
  lua_pop(L, 1);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, true);
  }
}

static int sandbox_require(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
  if (lua_getfield(L, 2, name) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADING);
  if (lua_getfield(L, 3, name) != LUA_TNIL) return luaL_error(L, "module \"%s\" requires itself", name);
  lua_pop(L, 1);
  lua_pushboolean(L, true);
  lua_setfield(L, 3, name);
  load_module(L, name);
  lua_pushnil(L);
  lua_setfield(L, 3, name);
  lua_pushvalue(L, -1);
  lua_setfield(L, 2, name);
  return 1;
}

void tg_vm_sandbox_preload(lua_State *L, const char *name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
  lua_insert(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Replaces the table on top by one with only the NULL-ended @p names. */
static void keep_only(lua_State *L, const char *const names[]) {
  lua_newtable(L);
  for (size_t i = 0; names[i]; i++) {
    lua_getfield(L, -2, names[i]);
    lua_setfield(L, -2, names[i]);
  }
  lua_copy(L, -1, -2);
  lua_pop(L, 1);
}

static void open_base(lua_State *L) {
  static const char *const gone[] = {"dofile", "loadfile", "warn", NULL};
  static const luaL_Reg replaced[] = {{"print", sandbox_print},
                                      {"load", sandbox_load},
                                      {"setmetatable", sandbox_setmetatable},
                                      {"collectgarbage", sandbox_collectgarbage},
                                      {"require", sandbox_require},
                                      {NULL, NULL}};
  luaL_requiref(L, "_G", luaopen_base, 1);
  for (size_t i = 0; gone[i]; i++) {
    lua_pushnil(L);
    lua_setfield(L, -2, gone[i]);
  }
  luaL_setfuncs(L, replaced, 0);
  lua_pop(L, 1);
}

static void open_string(lua_State *L) {
  luaL_requiref(L, "string", luaopen_string, 1);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  tg_vm_pattern_open(L);
  lua_pop(L, 1);
  /* All strings share one metatable: locked. */
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

static void open_os(lua_State *L) {
  static const char *const keep[] = {"time", "date", "clock", "difftime", NULL};
  lua_pushcfunction(L, luaopen_os);
  lua_call(L, 0, 1);
  keep_only(L, keep);
  lua_setglobal(L, "os");
}

void tg_vm_sandbox_open(lua_State *L) {
  static const luaL_Reg libraries[] = {{"table", luaopen_table},
                                       {"math", luaopen_math},
                                       {"utf8", luaopen_utf8},
                                       {"coroutine", luaopen_coroutine},
                                       {NULL, NULL}};
  open_base(L);
  for (size_t i = 0; libraries[i].name; i++) {
    luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
    lua_pop(L, 1);
  }
  open_string(L);
  tg_vm_costly_open(L);
  open_os(L);
}
