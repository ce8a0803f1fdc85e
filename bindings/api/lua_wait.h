/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_WAIT_H
#define TG_BINDINGS_API_LUA_WAIT_H

/**
 * Scripts that wait for an answer: a task is suspended, or a function is called later. What waits stands on the bundle's undo list, so that
 * a script that goes takes its questions with it.
 */

#include <lua.h>

#include "bindings/api/bundle.h"

/** One script that waits; first member of what knows for what it waits. */
typedef struct tg_lua_wait {
  tg_bundle_t *bundle;
  tg_vm_task_t task; /* suspended; or 0 and */
  int fn;            /* to be called, in the registry */
  tg_vm_undo_t undo;
} tg_lua_wait_t;

/**
 * Makes one of @p size bytes, all zero but for its tg_lua_wait_t. Raises a Lua error where the script can't wait.
 * @param fn_index  of the function to be called, 0: the task waits
 * @param forget    called with the waiter when its script goes; it takes the question back and frees the waiter with tg_alloc_free()
 * @return owned by the caller until tg_lua_wait_begin() or tg_lua_wait_refuse(); NULL without memory
 */
void *tg_lua_wait_new(lua_State *L, size_t size, int fn_index, tg_vm_undo_fn forget);

/** The question has been taken. @return results, as a Lua function does: the suspended task, or `true` */
int tg_lua_wait_begin(lua_State *L, tg_lua_wait_t *wait);

/** The question was refused: frees @p wait (may be NULL). @return results: nil and an error of @p rc; @p why may be NULL */
int tg_lua_wait_refuse(lua_State *L, tg_lua_wait_t *wait, tg_rc_t rc, const char *why);

/** The answer is there: what @p push pushes of @p arg goes to whoever waits. Frees @p wait before. */
void tg_lua_wait_end(tg_lua_wait_t *wait, tg_vm_push_fn push, void *arg);

#endif
