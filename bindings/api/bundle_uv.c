/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luv's functions called through a check, or taken away. Called by bundle_loop.c and mod_serial.c. Numbers of descriptors are nowhere
 * taken from a script: they outlive it, and may be somebody else's; to close one on the store's file would undo its locks. See bundle_uv.h.
 */

#include "bindings/api/bundle_uv.h"

#include <lauxlib.h>
#include <string.h>

/* Keys in the vm's registry: the two functions that make a stream of a descriptor; while it is made, what stands for which function. */
static const char NEW_PIPE_KEY[] = "tidegate.uv.new_pipe", PIPE_OPEN_KEY[] = "tidegate.uv.pipe_open",
                  GUARDED_KEY[] = "tidegate.uv.guarded";

typedef struct row {
  const char *name;
  tg_uv_call_how_t how;
  int at;
} row_t;

#define TG_UV(name, how, at) {#name, TG_UV_CALL_##how, at},
static const row_t functions[] = {
#include "bindings/api/bundle_uv.def"
    {NULL, TG_UV_CALL_NOT_THERE, 0}};
#undef TG_UV

/* Of handles and requests, by their own names; whatever else they have is taken away. */
static const row_t methods[] = {{"accept", TG_UV_CALL_PLAIN, 0},
                                {"again", TG_UV_CALL_TIMER, 0},
                                {"bind", TG_UV_CALL_PLAIN, 0},
                                {"cancel", TG_UV_CALL_PLAIN, 0},
                                {"chmod", TG_UV_CALL_PLAIN, 0},
                                {"close", TG_UV_CALL_ANY, 0},
                                {"close_reset", TG_UV_CALL_PLAIN, 0},
                                {"connect", TG_UV_CALL_PLAIN, 0},
                                {"fileno", TG_UV_CALL_ANY, 0},
                                {"get_due_in", TG_UV_CALL_PLAIN, 0},
                                {"get_pid", TG_UV_CALL_PLAIN, 0},
                                {"get_repeat", TG_UV_CALL_PLAIN, 0},
                                {"get_send_queue_count", TG_UV_CALL_PLAIN, 0},
                                {"get_send_queue_size", TG_UV_CALL_PLAIN, 0},
                                {"get_type", TG_UV_CALL_ANY, 0},
                                {"get_write_queue_size", TG_UV_CALL_PLAIN, 0},
                                {"getpath", TG_UV_CALL_PLAIN, 0},
                                {"getpeername", TG_UV_CALL_PLAIN, 0},
                                {"getsockname", TG_UV_CALL_PLAIN, 0},
                                {"has_ref", TG_UV_CALL_ANY, 0},
                                {"is_active", TG_UV_CALL_ANY, 0},
                                {"is_closing", TG_UV_CALL_ANY, 0},
                                {"is_readable", TG_UV_CALL_PLAIN, 0},
                                {"is_writable", TG_UV_CALL_PLAIN, 0},
                                {"keepalive", TG_UV_CALL_PLAIN, 0},
                                {"kill", TG_UV_CALL_KILL, 0},
                                {"listen", TG_UV_CALL_PLAIN, 0},
                                {"nodelay", TG_UV_CALL_PLAIN, 0},
                                {"read_start", TG_UV_CALL_PLAIN, 0},
                                {"read_stop", TG_UV_CALL_PLAIN, 0},
                                {"recv_buffer_size", TG_UV_CALL_PLAIN, 0},
                                {"recv_start", TG_UV_CALL_PLAIN, 0},
                                {"recv_stop", TG_UV_CALL_PLAIN, 0},
                                {"ref", TG_UV_CALL_ANY, 0},
                                {"send", TG_UV_CALL_WRITE, 0},
                                {"send_buffer_size", TG_UV_CALL_PLAIN, 0},
                                {"set_broadcast", TG_UV_CALL_PLAIN, 0},
                                {"set_membership", TG_UV_CALL_PLAIN, 0},
                                {"set_multicast_interface", TG_UV_CALL_PLAIN, 0},
                                {"set_multicast_loop", TG_UV_CALL_PLAIN, 0},
                                {"set_multicast_ttl", TG_UV_CALL_PLAIN, 0},
                                {"set_repeat", TG_UV_CALL_PLAIN, 0},
                                {"set_source_membership", TG_UV_CALL_PLAIN, 0},
                                {"set_ttl", TG_UV_CALL_PLAIN, 0},
                                {"shutdown", TG_UV_CALL_PLAIN, 0},
                                {"simultaneous_accepts", TG_UV_CALL_PLAIN, 0},
                                {"start", TG_UV_CALL_PLAIN, 0}, /* of timers: see type_has() */
                                {"stop", TG_UV_CALL_PLAIN, 0},
                                {"try_send", TG_UV_CALL_WRITE, 0},
                                {"try_write", TG_UV_CALL_WRITE, 0},
                                {"unref", TG_UV_CALL_ANY, 0},
                                {"write", TG_UV_CALL_WRITE, 0},
                                {"write_queue_size", TG_UV_CALL_PLAIN, 0},
                                {NULL, TG_UV_CALL_NOT_THERE, 0}};

static const struct {
  const char *name;
  tg_uv_call_kind_t kind;
} types[] = {{"uv_async", TG_UV_CALL_HANDLE},     {"uv_check", TG_UV_CALL_HANDLE},   {"uv_fs_event", TG_UV_CALL_HANDLE},
             {"uv_fs_poll", TG_UV_CALL_HANDLE},   {"uv_idle", TG_UV_CALL_HANDLE},    {"uv_pipe", TG_UV_CALL_HANDLE},
             {"uv_poll", TG_UV_CALL_HANDLE},      {"uv_prepare", TG_UV_CALL_HANDLE}, {"uv_process", TG_UV_CALL_HANDLE},
             {"uv_signal", TG_UV_CALL_HANDLE},    {"uv_tcp", TG_UV_CALL_HANDLE},     {"uv_timer", TG_UV_CALL_HANDLE},
             {"uv_tty", TG_UV_CALL_HANDLE},       {"uv_udp", TG_UV_CALL_HANDLE},     {"uv_req", TG_UV_CALL_REQUEST},
             {"uv_fs", TG_UV_CALL_REQUEST},       {"uv_dir", TG_UV_CALL_REQUEST},    {"uv_thread", TG_UV_CALL_FOREIGN},
             {"luv_work_ctx", TG_UV_CALL_FOREIGN}};

static const row_t *row_of(const row_t *row, const char *name) {
  while (row->name && strcmp(row->name, name) != 0) row++;
  return row;
}

/* A method of the type @p type. */
static row_t type_has(const char *type, const char *name) {
  bool is_start = strcmp(type, "uv_timer") == 0 && strcmp(name, "start") == 0;
  return is_start ? (row_t){name, TG_UV_CALL_TIMER, 2} : *row_of(methods, name);
}

/* luv's function at @p index behind its check. Handles of different types share most of their methods, and the module has them too. */
static void push_guarded(lua_State *L, int index, const row_t *row) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, GUARDED_KEY);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushvalue(L, index);
    lua_pushvalue(L, index);
    lua_pushinteger(L, row->at);
    lua_pushcclosure(L, tg_uv_call_through(row->how), 2);
    lua_rawset(L, -3);
    lua_pushvalue(L, index);
    lua_rawget(L, -2);
  }
  lua_remove(L, -2);
}

/* Every member of the table on top is called through its check, or taken away; what is data stays, other than the loop itself. */
static void guard_table(lua_State *L, const char *type) {
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table);) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    row_t row = type ? type_has(type, name) : *row_of(functions, name);
    bool is_kept = lua_istable(L, -1) || (lua_isfunction(L, -1) && row.how != TG_UV_CALL_NOT_THERE);
    lua_pushvalue(L, -2);
    if (is_kept && lua_istable(L, -2)) {
      lua_pushvalue(L, -2);
    } else if (is_kept) {
      push_guarded(L, lua_gettop(L) - 1, &row);
    } else {
      lua_pushnil(L);
    }
    lua_rawset(L, table);
    lua_pop(L, 1);
  }
}

/* Methods are members of the metatables' __index, apart from the functions of the module. The metatables are not for scripts: what is in them frees. */
static void guard_types(lua_State *L) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (luaL_getmetatable(L, types[i].name) == LUA_TTABLE) {
      lua_pushboolean(L, 0);
      lua_setfield(L, -2, "__metatable");
      tg_uv_call_know(L, types[i].kind);
      if (lua_getfield(L, -1, "__index") == LUA_TTABLE) guard_table(L, types[i].name);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
}

static void keep(lua_State *L, const char *name, const char *key) {
  lua_getfield(L, -1, name);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void tg_bundle_uv_guard(lua_State *L, tg_uv_call_loop_t *loop) {
  tg_uv_call_open(L, loop);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, GUARDED_KEY);
  keep(L, "pipe_open", PIPE_OPEN_KEY);
  guard_table(L, NULL);
  keep(L, "new_pipe", NEW_PIPE_KEY);
  guard_types(L);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, GUARDED_KEY);
}

void tg_bundle_uv_push_stream(lua_State *L, int fd) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, NEW_PIPE_KEY);
  lua_pushboolean(L, 0);
  lua_call(L, 1, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, PIPE_OPEN_KEY);
  lua_pushvalue(L, -2);
  lua_pushinteger(L, fd);
  lua_call(L, 2, 1);
  if (!lua_toboolean(L, -1)) luaL_error(L, "uv refuses the descriptor");
  lua_pop(L, 1);
}
