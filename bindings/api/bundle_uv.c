/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of bindings/api: luv's functions taken away, or called through a check. Called by bundle_loop.c and mod_serial.c.
 * Numbers of descriptors are nowhere taken from a script: they outlive it, and may be somebody else's. See bundle_uv.h.
 */

#include "bindings/api/bundle_uv.h"

#include <lauxlib.h>

#include "bindings/vm/vm.h"

/* Keys in the vm's registry: the loop, and the two functions that make a stream of a descriptor. */
static const char UV_KEY[] = "tidegate.uv", NEW_PIPE_KEY[] = "tidegate.uv.new_pipe",
                  PIPE_OPEN_KEY[] = "tidegate.uv.pipe_open";

/* What stops or reconfigures the loop, reaches beyond the bundle, blocks, or makes threads; then what deals in descriptors. */
static const char *const hidden[] = {
    "run", "stop", "loop_close", "walk", "loop_configure", "loop_mode", "new_thread", "thread_join", "thread_equal",
    "thread_self", "new_work", "queue_work", "sleep", "setuid", "setgid", "chdir", "kill", "os_setenv", "os_unsetenv",
    "os_setpriority", "set_process_title", "disable_stdio_inheritance", "print_all_handles", "print_active_handles",
    "new_signal", "new_sem", "sem_wait", "sem_trywait", "sem_post", "stream_set_blocking",
    /* descriptors */
    "pipe", "socketpair", "new_tty", "new_poll", "new_socket_poll", "tcp_open", "udp_open", "pipe_open", "fs_open",
    "fs_close", "fs_read", "fs_write", "fs_fstat", "fs_fsync", "fs_fdatasync", "fs_ftruncate", "fs_sendfile",
    "fs_fchmod", "fs_fchown", "fs_futime", "fs_mkstemp", "fs_copyfile", "fs_opendir", "fs_readdir", "fs_closedir",
    "fs_symlink", /* luv finds its callback in two places */
    NULL};

/* Where a function must have a callback: without, luv would do the work at once and hold the program as long as that takes. */
static const struct {
  const char *name;
  int at;
} waits[] = {{"getaddrinfo", 4}, {"getnameinfo", 2}, {"fs_stat", 2},    {"fs_lstat", 2},   {"fs_statfs", 2},
             {"fs_unlink", 2},   {"fs_rmdir", 2},    {"fs_mkdtemp", 2}, {"fs_scandir", 2}, {"fs_readlink", 2},
             {"fs_realpath", 2}, {"fs_mkdir", 3},    {"fs_rename", 3},  {"fs_access", 3},  {"fs_chmod", 3},
             {"fs_link", 3},     {"fs_utime", 4},    {"fs_lutime", 4},  {"fs_chown", 4},   {"fs_lchown", 4}};

/* What makes handles, and which of them hold descriptors. */
static const struct {
  const char *name;
  bool is_socket;
} makers[] = {{"new_tcp", true},      {"new_udp", true},    {"new_pipe", true},   {"new_fs_event", true},
              {"new_fs_poll", false}, {"new_timer", false}, {"new_async", false}, {"new_check", false},
              {"new_prepare", false}, {"new_idle", false}};

static uv_loop_t *uv_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, UV_KEY);
  uv_loop_t *uv = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return uv;
}

/* The loop's idea of now is as old as its last turn: a timer that is started brings it up to date. Upvalue 1 is luv's function. */
static int start_now(lua_State *L) {
  uv_update_time(uv_of(L));
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Upvalue 2 is the callback's place. */
static int with_callback(lua_State *L) {
  int at = (int)lua_tointeger(L, lua_upvalueindex(2));
  if (lua_isnoneornil(L, at))
    return luaL_argerror(L, at, "a function is wanted, to be called when the answer is there");
  if (uv_of(L)->active_reqs.count >= TG_BUNDLE_UV_REQUESTS_MAX)
    return luaL_error(L, "too many requests are under way (%d)", (int)TG_BUNDLE_UV_REQUESTS_MAX);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

typedef struct counts {
  size_t handles;
  size_t sockets;
} counts_t;

static void count(uv_handle_t *handle, void *ud) {
  counts_t *counts = ud;
  counts->handles++;
  counts->sockets += handle->type == UV_TCP || handle->type == UV_UDP || handle->type == UV_NAMED_PIPE ||
                     handle->type == UV_FS_EVENT || handle->type == UV_PROCESS;
}

/* Closed ones count until the loop has turned: a script that opens and closes in a loop is none the better for it. */
static void check_room(lua_State *L, bool is_socket) {
  counts_t counts = {0};
  uv_walk(uv_of(L), count, &counts);
  tg_vm_charge(L, counts.handles / 8 + 1);
  if (counts.handles >= TG_BUNDLE_UV_HANDLES_MAX)
    luaL_error(L, "too many handles are open (%d): close() what is not needed any more", (int)TG_BUNDLE_UV_HANDLES_MAX);
  if (is_socket && counts.sockets >= TG_BUNDLE_UV_SOCKETS_MAX)
    luaL_error(L, "too many sockets and children are open (%d): close() what is not needed any more",
               (int)TG_BUNDLE_UV_SOCKETS_MAX);
}

/* Upvalue 2: whether what is made holds a descriptor. */
static int make(lua_State *L) {
  check_room(L, lua_tointeger(L, lua_upvalueindex(2)) != 0);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* spawn(path, options, on_exit): a child may have the gateway's own output, and streams of the script's. */
static int spawn(lua_State *L) {
  check_room(L, true);
  if (lua_istable(L, 2)) {
    lua_Integer n = lua_getfield(L, 2, "stdio") == LUA_TTABLE ? luaL_len(L, -1) : 0;
    for (lua_Integer i = 1; i <= n; i++) {
      if (lua_geti(L, -1, i) == LUA_TNUMBER && (lua_tonumber(L, -1) < 0 || lua_tonumber(L, -1) > 2))
        return luaL_argerror(L, 2, "stdio: nil, a stream, or 0 to 2 is wanted");
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* The member @p name of the table on top is called through @p fn, with itself and @p extra as upvalues. */
static void wrap(lua_State *L, const char *name, lua_CFunction fn, int extra) {
  if (lua_getfield(L, -1, name) == LUA_TFUNCTION) {
    lua_pushinteger(L, extra);
    lua_pushcclosure(L, fn, 2);
    lua_setfield(L, -2, name);
  } else {
    lua_pop(L, 1);
  }
}

static void hide(lua_State *L, const char *name) {
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

/* Methods are members of the metatables' __index, apart from the functions of the module. */
static void guard_methods(lua_State *L) {
  static const char *const types[] = {"uv_tcp", "uv_udp", "uv_pipe", "uv_tty", NULL};
  for (size_t i = 0; types[i]; i++) {
    luaL_getmetatable(L, types[i]);
    lua_getfield(L, -1, "__index");
    hide(L, "open");
    hide(L, "set_blocking");
    lua_pop(L, 2);
  }
  luaL_getmetatable(L, "uv_timer");
  lua_getfield(L, -1, "__index");
  wrap(L, "start", start_now, 0);
  wrap(L, "again", start_now, 0);
  lua_pop(L, 2);
}

static void keep(lua_State *L, const char *name, const char *key) {
  lua_getfield(L, -1, name);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void tg_bundle_uv_guard(lua_State *L, uv_loop_t *uv) {
  lua_pushlightuserdata(L, uv);
  lua_rawsetp(L, LUA_REGISTRYINDEX, UV_KEY);
  keep(L, "pipe_open", PIPE_OPEN_KEY);
  for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) wrap(L, makers[i].name, make, makers[i].is_socket);
  wrap(L, "spawn", spawn, 0);
  keep(L, "new_pipe", NEW_PIPE_KEY);
  for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) wrap(L, waits[i].name, with_callback, waits[i].at);
  wrap(L, "timer_start", start_now, 0);
  wrap(L, "timer_again", start_now, 0);
  for (size_t i = 0; hidden[i]; i++) hide(L, hidden[i]);
  guard_methods(L);
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
