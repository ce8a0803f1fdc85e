/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_image.h. Called by mod_firmware.c. */

#include "bindings/api/lua_image.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/lua_record.h"
#include "core/base/alloc.h"

/* A script that waits for its image. */
typedef struct waiter {
  tg_bundle_t *bundle;
  tg_vm_task_t task; /* suspended; or 0 and */
  int fn;            /* to be called, in the registry */
  tg_vm_undo_t undo;
} waiter_t;

typedef struct answer {
  tg_rc_t rc;
  const char *why;
  int fn;
} answer_t;

static int push_answer(lua_State *L, void *arg) {
  const answer_t *answer = arg;
  luaL_checkstack(L, 8, "answer");
  if (answer->rc != TG_OK) return tg_lua_record_fail(L, answer->rc, answer->why[0] ? answer->why : NULL);
  lua_pushboolean(L, 1);
  return 1;
}

static int call_back(lua_State *L) {
  answer_t *answer = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, answer->fn);
  luaL_unref(L, LUA_REGISTRYINDEX, answer->fn);
  return tg_vm_tail_call(L, push_answer(L, answer));
}

/* Seam tg_fw_added_fn. */
static void on_added(void *ud, tg_rc_t rc, const char *why) {
  waiter_t *waiter = ud;
  tg_bundle_t *bundle = waiter->bundle;
  tg_vm_task_t task = waiter->task;
  answer_t answer = {rc, why, waiter->fn};
  tg_vm_undo_del(&waiter->undo);
  tg_alloc_free(waiter);
  if (!task) {
    tg_bundle_enter(bundle, TG_BUNDLE_KIND_ANSWER, call_back, &answer);
    return;
  }
  tg_diag_t diag = {0};
  rc = tg_vm_wake(bundle->vm, task, push_answer, &answer, &diag);
  if (rc != TG_E_GONE) tg_bundle_account(bundle, TG_BUNDLE_KIND_ANSWER, rc, &diag);
}

/* The script goes; its image comes all the same. */
static void forget(void *ud) {
  waiter_t *waiter = ud;
  tg_firmware_image_forget(waiter->bundle->api->parts.firmware, waiter);
  tg_alloc_free(waiter);
}

int tg_lua_image_add(lua_State *L, tg_fw_addition_t *addition, int fn_index) {
  tg_bundle_t *bundle = tg_bundle_of(L);
  tg_vm_task_t task = fn_index ? 0 : tg_vm_task(L);
  if (!fn_index && !task)
    return luaL_error(L, "can't wait here: give a function as last argument, or call from a rule or task");
  int fn = LUA_NOREF;
  if (fn_index) {
    lua_pushvalue(L, fn_index);
    fn = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  tg_diag_t diag = {0};
  waiter_t *waiter = tg_alloc_array(1, sizeof *waiter);
  tg_rc_t rc = waiter ? TG_OK : TG_E_NOMEM;
  if (waiter) {
    *waiter = (waiter_t){.bundle = bundle, .task = task, .fn = fn, .undo = {.fn = forget, .ud = waiter}};
    addition->done = on_added;
    addition->ud = waiter;
    rc = tg_firmware_image_add(bundle->api->parts.firmware, addition, &diag);
  }
  if (rc != TG_OK) {
    tg_alloc_free(waiter);
    luaL_unref(L, LUA_REGISTRYINDEX, fn);
    return tg_lua_record_fail(L, rc, diag.message[0] ? diag.message : NULL);
  }
  tg_vm_undo_add(bundle->vm, &waiter->undo);
  if (!fn_index) return tg_vm_await(L);
  lua_pushboolean(L, 1);
  return 1;
}
