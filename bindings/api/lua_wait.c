/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_wait.h. Called by lua_command.c, lua_image.c. */

#include "bindings/api/lua_wait.h"

#include <lauxlib.h>

#include "bindings/api/lua_record.h"
#include "core/base/alloc.h"

/* An answer on its way to a function. */
typedef struct delivery {
  tg_vm_push_fn push;
  void *arg;
  int fn;
} delivery_t;

void *tg_lua_wait_new(lua_State *L, size_t size, int fn_index, tg_vm_undo_fn forget) {
  tg_vm_task_t task = fn_index ? 0 : tg_vm_task(L);
  int fn = LUA_NOREF;
  if (fn_index) {
    lua_pushvalue(L, fn_index);
    fn = luaL_ref(L, LUA_REGISTRYINDEX);
  } else if (!task) {
    luaL_error(L, "can't wait here: give a function as last argument, or call from a rule or task");
  }
  tg_lua_wait_t *wait = tg_alloc_array(1, size);
  if (!wait) {
    luaL_unref(L, LUA_REGISTRYINDEX, fn);
    return NULL;
  }
  *wait = (tg_lua_wait_t){.bundle = tg_bundle_of(L), .task = task, .fn = fn, .undo = {.fn = forget, .ud = wait}};
  return wait;
}

int tg_lua_wait_begin(lua_State *L, tg_lua_wait_t *wait) {
  tg_vm_undo_add(wait->bundle->vm, &wait->undo);
  if (wait->task) return tg_vm_await(L);
  lua_pushboolean(L, 1);
  return 1;
}

int tg_lua_wait_refuse(lua_State *L, tg_lua_wait_t *wait, tg_rc_t rc, const char *why) {
  if (wait) luaL_unref(L, LUA_REGISTRYINDEX, wait->fn);
  tg_alloc_free(wait);
  return tg_lua_record_fail(L, rc, why);
}

static int call_back(lua_State *L) {
  const delivery_t *delivery = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, delivery->fn);
  luaL_unref(L, LUA_REGISTRYINDEX, delivery->fn);
  return tg_vm_tail_call(L, delivery->push(L, delivery->arg));
}

void tg_lua_wait_end(tg_lua_wait_t *wait, tg_vm_push_fn push, void *arg) {
  tg_bundle_t *bundle = wait->bundle;
  tg_vm_task_t task = wait->task;
  delivery_t delivery = {push, arg, wait->fn};
  tg_vm_undo_del(&wait->undo);
  tg_alloc_free(wait);
  if (!task) {
    lua_State *L = tg_vm_state(bundle->vm);
    lua_rawgeti(L, LUA_REGISTRYINDEX, delivery.fn);
    tg_vm_mark_t mark = tg_vm_mark_fn(L, -1);
    lua_pop(L, 1);
    (void)tg_bundle_enter(bundle, mark, call_back, &delivery);
    return;
  }
  tg_diag_t diag = {0};
  tg_vm_mark_t mark = tg_vm_mark(bundle->vm, task);
  tg_rc_t rc = tg_vm_wake(bundle->vm, task, push, arg, &diag);
  if (rc != TG_E_GONE) tg_bundle_account(bundle, mark, rc, &diag);
}
