/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of bindings/api: the checks before luv's functions. Called by bundle_uv.c, which puts them there, and bundle_loop.c. What luv and
 * libuv don't check themselves ends the program (measured on 1.44): uv.close() of something that is not luv's, connect() on a handle
 * that is closed; or holds it: a timer that begins itself anew with 0 ms. See uv_call.h.
 */

#include "bindings/api/uv_call.h"

#include <lauxlib.h>

#include "bindings/vm/vm_call.h"

enum { RANDOM_MAX = 65536, ARGUMENTS_LOOKED_AT = 4 };

/* Keys in the vm's registry: the loop, luv's metatables, what fs_scandir() has read. */
static const char LOOP_KEY[] = "tidegate.uv", TYPES_KEY[] = "tidegate.uv.types", SCANS_KEY[] = "tidegate.uv.scans";

static tg_uv_call_loop_t *loop_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, LOOP_KEY);
  tg_uv_call_loop_t *uv = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return uv;
}

static tg_uv_call_kind_t kind_of(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return TG_UV_CALL_FOREIGN;
  lua_rawgetp(L, LUA_REGISTRYINDEX, TYPES_KEY);
  lua_insert(L, -2);
  lua_rawget(L, -2);
  tg_uv_call_kind_t kind = (tg_uv_call_kind_t)lua_tointeger(L, -1);
  lua_pop(L, 2);
  return kind;
}

static uv_handle_t *handle_of(lua_State *L, int index) {
  return kind_of(L, index) == TG_UV_CALL_HANDLE ? *(uv_handle_t **)lua_touserdata(L, index) : NULL;
}

/* luv looks into any userdata before it asks what it is. @return whether one of them is a handle that is closed */
static bool check_arguments(lua_State *L) {
  bool is_closed = false;
  int count = lua_gettop(L);
  for (int i = 1; i <= count && i <= ARGUMENTS_LOOKED_AT; i++) {
    if (!lua_isuserdata(L, i)) continue;
    if (kind_of(L, i) == TG_UV_CALL_FOREIGN) luaL_argerror(L, i, "a handle or request of uv's is wanted");
    const uv_handle_t *handle = handle_of(L, i);
    is_closed = is_closed || (handle && uv_is_closing(handle));
  }
  return is_closed;
}

/* Upvalue 1 is luv's function. */
static int go_on(lua_State *L) {
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* As luv says what the world refuses. */
static int fail(lua_State *L, const char *name, const char *why) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", name, why);
  lua_pushstring(L, name);
  return 3;
}

static int plain(lua_State *L) {
  return check_arguments(L) ? fail(L, "EBADF", "the handle is closed") : go_on(L);
}

static int any(lua_State *L) {
  (void)check_arguments(L);
  return go_on(L);
}

static int write_bytes(lua_State *L) {
  if (check_arguments(L)) return fail(L, "EBADF", "the handle is closed");
  lua_Integer count = lua_istable(L, 2) ? (lua_Integer)lua_rawlen(L, 2) : 0;
  tg_vm_charge(L, (uint64_t)count);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, i);
    if (!lua_isstring(L, -1)) return luaL_argerror(L, 2, "text or a list of texts is wanted");
    lua_pop(L, 1);
  }
  return go_on(L);
}

/* The loop's idea of now is as old as its last turn: a timer that is started brings it up to date. While the loop runs its timers, it
   would run one that is due now in the same turn, again and again: what begins there comes a millisecond later, in the next. */
static int start_timer(lua_State *L) {
  if (check_arguments(L)) return fail(L, "EBADF", "the handle is closed");
  tg_uv_call_loop_t *uv = loop_of(L);
  int at = (int)lua_tointeger(L, lua_upvalueindex(2));
  if (!uv->is_running) {
    uv_update_time(&uv->loop);
  } else if (at) {
    uint64_t now = uv_hrtime() / 1000000, then = uv_now(&uv->loop);
    lua_Integer asked = luaL_checkinteger(L, at);
    lua_Unsigned wait = (lua_Unsigned)asked + (now > then ? now - then : 0);
    if (asked >= 0) lua_pushinteger(L, wait < 1 ? 1 : wait > LUA_MAXINTEGER ? LUA_MAXINTEGER : (lua_Integer)wait);
    if (asked >= 0) lua_replace(L, at);
  }
  return go_on(L);
}

static int update_time(lua_State *L) {
  return loop_of(L)->is_running ? 0 : go_on(L);
}

static void check_requests(lua_State *L) {
  if (loop_of(L)->loop.active_reqs.count >= TG_UV_CALL_REQUESTS_MAX)
    luaL_error(L, "too many requests are under way (%d)", (int)TG_UV_CALL_REQUESTS_MAX);
}

/* Upvalue 2 is the callback's place. */
static int with_callback(lua_State *L) {
  int at = (int)lua_tointeger(L, lua_upvalueindex(2));
  (void)check_arguments(L);
  if (lua_isnoneornil(L, at))
    return luaL_argerror(L, at, "a function is wanted, to be called when the answer is there");
  check_requests(L);
  return go_on(L);
}

/* random(length, flags[, function]) */
static int some_random(lua_State *L) {
  if (!lua_isnoneornil(L, 3)) check_requests(L);
  else if (luaL_optinteger(L, 1, 0) > RANDOM_MAX)
    return luaL_argerror(L, 1, "more than 65536 bytes are for random(length, flags, function)");
  return go_on(L);
}

/* The callback of fs_scandir(): upvalue 1 is the script's. */
static int scanned(lua_State *L) {
  int count = lua_gettop(L);
  if (lua_isuserdata(L, 2)) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, SCANS_KEY);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return tg_vm_tail_call(L, count);
}

static int scan(lua_State *L) {
  int at = (int)lua_tointeger(L, lua_upvalueindex(2));
  if (lua_isfunction(L, at)) {
    lua_pushvalue(L, at);
    lua_pushcclosure(L, scanned, 1);
    lua_replace(L, at);
  }
  return with_callback(L);
}

/* luv and libuv believe that the request is one for a directory, that it has been read, and that its end has not been met. */
static int next_entry(lua_State *L) {
  lua_settop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, SCANS_KEY);
  lua_pushvalue(L, 1);
  if (lua_isnil(L, 1) || lua_rawget(L, 2) == LUA_TNIL)
    return luaL_argerror(L, 1, "what fs_scandir() gave to its function is wanted");
  if (!lua_toboolean(L, 3)) return 0;
  lua_pushvalue(L, 1);
  lua_pushboolean(L, 0);
  lua_rawset(L, 2); /* until it is known to go on */
  lua_settop(L, 1);
  int count = go_on(L);
  if (count == 0) return 0;
  lua_rawgetp(L, LUA_REGISTRYINDEX, SCANS_KEY);
  lua_pushvalue(L, 1);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return count;
}

static void count(uv_handle_t *handle, void *ud) {
  tg_uv_call_use_t *use = ud;
  if (!handle->data) return;
  use->handles++;
  use->sockets += handle->type == UV_TCP || handle->type == UV_UDP || handle->type == UV_NAMED_PIPE ||
                  handle->type == UV_FS_EVENT || handle->type == UV_PROCESS;
}

tg_uv_call_use_t tg_uv_call_use(tg_uv_call_loop_t *uv) {
  tg_uv_call_use_t use = {.requests = uv->loop.active_reqs.count};
  uv_walk(&uv->loop, count, &use);
  return use;
}

/* Closed ones count until the loop has turned: a script that opens and closes in a loop is none the better for it. */
static void check_room(lua_State *L, bool is_socket) {
  tg_uv_call_use_t use = tg_uv_call_use(loop_of(L));
  tg_vm_charge(L, use.handles / 8 + 1);
  if (use.handles >= TG_UV_CALL_HANDLES_MAX)
    luaL_error(L, "too many handles are open (%d): close() what is not needed any more", (int)TG_UV_CALL_HANDLES_MAX);
  if (is_socket && use.sockets >= TG_UV_CALL_SOCKETS_MAX)
    luaL_error(L, "too many sockets and children are open (%d): close() what is not needed any more",
               (int)TG_UV_CALL_SOCKETS_MAX);
}

static int make_handle(lua_State *L) {
  check_room(L, false);
  return any(L);
}

static int make_socket(lua_State *L) {
  check_room(L, true);
  return any(L);
}

static int make_pipe(lua_State *L) {
  if (lua_toboolean(L, 1)) return luaL_argerror(L, 1, "pipes of scripts don't pass descriptors on: false is wanted");
  return make_socket(L);
}

/* spawn(path, options, on_exit): a child may have the gateway's own output, and streams of the script's. */
static int spawn(lua_State *L) {
  check_room(L, true);
  if (lua_istable(L, 2)) {
    lua_Integer n = lua_getfield(L, 2, "stdio") == LUA_TTABLE ? luaL_len(L, -1) : 0;
    for (lua_Integer i = 1; i <= n; i++) {
      int type = lua_geti(L, -1, i);
      bool is_number = type == LUA_TNUMBER && lua_tonumber(L, -1) >= 0 && lua_tonumber(L, -1) <= 2;
      if (type != LUA_TNIL && !is_number && !handle_of(L, lua_gettop(L)))
        return luaL_argerror(L, 2, "stdio: nil, a stream, or 0 to 2 is wanted");
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  return any(L);
}

static int end_child(lua_State *L) {
  (void)check_arguments(L);
  const uv_handle_t *handle = handle_of(L, 1);
  if (handle && handle->type == UV_PROCESS && !uv_is_active(handle)) return fail(L, "ESRCH", "the process has ended");
  return go_on(L);
}

lua_CFunction tg_uv_call_through(tg_uv_call_how_t how) {
  static lua_CFunction const through[] = {[TG_UV_CALL_PLAIN] = plain,       [TG_UV_CALL_ANY] = any,
                                          [TG_UV_CALL_WRITE] = write_bytes, [TG_UV_CALL_WAITS] = with_callback,
                                          [TG_UV_CALL_SCAN] = scan,         [TG_UV_CALL_NEXT] = next_entry,
                                          [TG_UV_CALL_MAKES] = make_handle, [TG_UV_CALL_SOCKET] = make_socket,
                                          [TG_UV_CALL_PIPE] = make_pipe,    [TG_UV_CALL_SPAWN] = spawn,
                                          [TG_UV_CALL_KILL] = end_child,    [TG_UV_CALL_RANDOM] = some_random,
                                          [TG_UV_CALL_TIMER] = start_timer, [TG_UV_CALL_NOW] = update_time,
                                          [TG_UV_CALL_NOT_THERE] = NULL};
  return through[how];
}

static void push_new_table(lua_State *L, const char *key) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void tg_uv_call_open(lua_State *L, tg_uv_call_loop_t *loop) {
  lua_pushlightuserdata(L, loop);
  lua_rawsetp(L, LUA_REGISTRYINDEX, LOOP_KEY);
  push_new_table(L, TYPES_KEY);
  push_new_table(L, SCANS_KEY);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pop(L, 2);
}

void tg_uv_call_know(lua_State *L, tg_uv_call_kind_t kind) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, TYPES_KEY);
  lua_pushvalue(L, -2);
  lua_pushinteger(L, kind);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}
