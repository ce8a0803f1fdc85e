/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_CALL_H
#define TG_BINDINGS_VM_VM_CALL_H

/**
 * The only door from C into Lua. Everything runs in a coroutine (a task) under the budgets; an error becomes a result, a file, a line
 * and a sentence. A task may suspend itself in a C function and is woken later with the results of that function.
 */

#include "bindings/vm/vm.h"

/** A task that is suspended; 0 = none. Stale ids are recognised. */
typedef tg_id_t tg_vm_task_t;

/** Runs protected, in the task, and may raise: pushes what the suspended C function returns and says how many values. */
typedef int (*tg_vm_push_fn)(lua_State *L, void *arg);

/**
 * Calls @p fn, which finds @p arg as light userdata at index 1, protected and within budget. It can't suspend; what it returns is dropped.
 * May be nested inside another call; the budget is that of the outermost one.
 * @return TG_OK; TG_E_BUDGET; TG_E_NOMEM; TG_E_SCRIPT; with @p diag (may be NULL) naming file, line and message
 */
TG_MUST_CHECK tg_rc_t tg_vm_call(tg_vm_t *vm, lua_CFunction fn, void *arg, tg_diag_t *diag);

/** The same, but it may suspend (then TG_OK): arg is valid until that happens. TG_E_FULL when 1,000 tasks wait already. */
TG_MUST_CHECK tg_rc_t tg_vm_spawn(tg_vm_t *vm, lua_CFunction fn, void *arg, tg_diag_t *diag);

/** tg_vm_call() with a mark; that one has the mark of the call it is made in. */
TG_MUST_CHECK tg_rc_t tg_vm_call_as(tg_vm_t *vm, tg_vm_mark_t mark, lua_CFunction fn, void *arg, tg_diag_t *diag);

/** tg_vm_spawn() with a mark, which the task keeps while it waits. */
TG_MUST_CHECK tg_rc_t tg_vm_spawn_as(tg_vm_t *vm, tg_vm_mark_t mark, lua_CFunction fn, void *arg, tg_diag_t *diag);

/** The mark of @p task, 0 when it is gone; with 0, that of the call that runs. */
tg_vm_mark_t tg_vm_mark(const tg_vm_t *vm, tg_vm_task_t task);

/** Whether the call above that came back last with TG_OK has suspended itself instead of ending well. */
bool tg_vm_has_suspended(const tg_vm_t *vm);

/** The task that runs @p L and can be suspended there; 0 outside tasks, in a coroutine of the script's own, and where a C call is in the way. */
tg_vm_task_t tg_vm_task(lua_State *L);

/** Suspends the task: `return tg_vm_await(L);` in a C function for which tg_vm_task() is not 0. */
int tg_vm_await(lua_State *L);

/** Continues a suspended task: @p push gives the results of the function it waits in. Errors as tg_vm_call(); TG_E_GONE for a stale id. */
TG_MUST_CHECK tg_rc_t tg_vm_wake(tg_vm_t *vm, tg_vm_task_t task, tg_vm_push_fn push, void *arg, tg_diag_t *diag);

/** Tells the host how a call above came back that has nobody else to be told to: see tg_vm_end_fn. One that has suspended itself is not told. */
void tg_vm_tell(const tg_vm_t *vm, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag);

/** `return tg_vm_tail_call(L, args);` calls the function under @p args arguments as the last thing a task does: it may suspend, its results are dropped. @return 0 */
int tg_vm_tail_call(lua_State *L, int args);

/** Whether @p task runs or is suspended: has not ended. */
bool tg_vm_lives(const tg_vm_t *vm, tg_vm_task_t task);

/** How many tasks are suspended. */
size_t tg_vm_waiting(const tg_vm_t *vm);

/** Stack of the last error, some lines of text; "" when there was none. Lent until the next call. */
const char *tg_vm_traceback(const tg_vm_t *vm);

#endif
