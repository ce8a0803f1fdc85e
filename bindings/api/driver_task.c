/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks of drivers over bindings/vm/vm_call.h. Neighbours: mod_driver.c, which hands these functions to scripts/tidegate/driver.lua. */

#include "bindings/api/driver_task.h"

#include <lauxlib.h>

#include "bindings/vm/vm_call.h"

static int run(lua_State *L) {
  const int *ref = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, *ref);
  luaL_unref(L, LUA_REGISTRYINDEX, *ref);
  return tg_vm_tail_call(L, 0);
}

int tg_driver_task_spawn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  tg_vm_mark_t mark = tg_vm_mark_fn(L, lua_isfunction(L, 2) ? 2 : 1);
  lua_settop(L, 1);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  tg_diag_t diag = {0};
  tg_vm_tell(tg_vm_of(L), mark, tg_vm_spawn_as(tg_vm_of(L), mark, run, &ref, &diag), &diag);
  return 0;
}

/* One wait: upvalue of its done(). */
typedef struct waiter {
  tg_vm_task_t task;
  int results; /* table in the registry, when done() has been called */
  enum { STARTING, WAITING, OVER } state;
} waiter_t;

static int push_results(lua_State *L, void *arg) {
  waiter_t *waiter = arg;
  lua_rawgeti(L, LUA_REGISTRYINDEX, waiter->results);
  luaL_unref(L, LUA_REGISTRYINDEX, waiter->results);
  waiter->results = LUA_NOREF;
  int table = lua_gettop(L);
  lua_getfield(L, table, "n");
  int count = (int)lua_tointeger(L, -1);
  luaL_checkstack(L, count + 1, "results");
  for (int i = 1; i <= count; i++) lua_rawgeti(L, table, i);
  return count;
}

/* done(…): the first call counts. */
static int done(lua_State *L) {
  waiter_t *waiter = lua_touserdata(L, lua_upvalueindex(1));
  if (waiter->state == OVER || waiter->results != LUA_NOREF) return 0;
  int count = lua_gettop(L);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
  waiter->results = luaL_ref(L, LUA_REGISTRYINDEX);
  if (waiter->state != WAITING) return 0;
  waiter->state = OVER;
  tg_diag_t diag = {0};
  tg_vm_mark_t mark = tg_vm_mark(tg_vm_of(L), waiter->task);
  tg_rc_t rc = tg_vm_wake(tg_vm_of(L), waiter->task, push_results, waiter, &diag);
  if (rc != TG_E_GONE) tg_vm_tell(tg_vm_of(L), mark, rc, &diag);
  return 0;
}

int tg_driver_task_wait(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  tg_vm_task_t task = tg_vm_task(L);
  if (!task) return luaL_error(L, "can't wait here: only a driver's functions and tasks can");
  waiter_t *waiter = lua_newuserdatauv(L, sizeof *waiter, 0);
  *waiter = (waiter_t){.task = task, .results = LUA_NOREF, .state = STARTING};
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, done, 1);
  lua_call(L, 1, 0);
  if (waiter->results != LUA_NOREF) {
    waiter->state = OVER;
    return push_results(L, waiter);
  }
  waiter->state = WAITING; /* stays on this stack until it is over */
  return tg_vm_await(L);
}
