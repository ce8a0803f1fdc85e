/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where C enters Lua. Everything runs in pooled coroutines: a call that suspends keeps its own, one that ends gives it
 * back, and after an error the coroutine's stack still stands, so that file and line can be told even when memory ran out.
 *
 * Path: bindings/api/on_event.c | bindings/api/on_mqtt.c -> bindings/vm/vm_call.c -> scripts/tidegate/bridge.lua | scripts/tidegate/command.lua
 */

#include "bindings/vm/vm_call.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/vm/vm_report.h"
#include "bindings/vm/vm_state.h"
#include "core/base/alloc.h"

enum { TASKS_MAX = 1000, IDLE_MAX = 16 };

static uint32_t slot_of(tg_vm_task_t task) {
  return (uint32_t)task;
}

static tg_vm_task_t task_of(const tg_vm_t *vm, uint32_t slot) {
  return (tg_vm_task_t)vm->slots[slot].generation << 32 | slot;
}

static int make_thread(lua_State *L) {
  tg_vm_slot_t *slot = lua_touserdata(L, 1);
  slot->co = lua_newthread(L);
  slot->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

/* Room for one more slot; the array moves, so slots are known by number. */
static bool add_slot(tg_vm_t *vm, uint32_t *slot) {
  if (vm->slot_count == TASKS_MAX) return false;
  tg_vm_slot_t *grown = tg_alloc_resize(vm->slots, vm->slot_count + 1, sizeof *grown);
  if (!grown) return false;
  vm->slots = grown;
  *slot = vm->slot_count++;
  grown[*slot] = (tg_vm_slot_t){.generation = 1, .ref = LUA_NOREF};
  return true;
}

static void push_free(tg_vm_t *vm, uint32_t slot) {
  vm->slots[slot].state = TG_VM_FREE;
  vm->slots[slot].next_free = vm->free_head;
  vm->free_head = slot + 1;
}

static tg_rc_t take_slot(tg_vm_t *vm, uint32_t *slot) {
  if (vm->free_head) {
    *slot = vm->free_head - 1;
    vm->free_head = vm->slots[*slot].next_free;
  } else if (!add_slot(vm, slot)) {
    return vm->slot_count == TASKS_MAX ? TG_E_FULL : TG_E_NOMEM;
  }
  if (vm->slots[*slot].co) {
    vm->idle--;
    return TG_OK;
  }
  lua_State *L = tg_vm_state_current(vm);
  tg_vm_slot_t made = {.ref = LUA_NOREF};
  int status = LUA_ERRMEM;
  if (lua_checkstack(L, 8)) {
    lua_pushcfunction(L, make_thread);
    lua_pushlightuserdata(L, &made);
    status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK) lua_pop(L, 1);
  }
  if (status != LUA_OK) {
    push_free(vm, *slot);
    return TG_E_NOMEM;
  }
  vm->slots[*slot].co = made.co;
  vm->slots[*slot].ref = made.ref;
  return TG_OK;
}

/* Keeps a coroutine that has ended well for the next call, or lets it go. */
static void give_slot(tg_vm_t *vm, uint32_t number, bool is_clean) {
  tg_vm_slot_t *slot = &vm->slots[number];
  if (++slot->generation == 0) slot->generation = 1;
  if (!is_clean || vm->idle >= IDLE_MAX) {
    luaL_unref(vm->L, LUA_REGISTRYINDEX, slot->ref);
    slot->co = NULL;
    slot->ref = LUA_NOREF;
  } else {
    vm->idle++;
  }
  push_free(vm, number);
}

/* An error that is raised here, outside of any protected call: making text of it could fail. */
static void push_reason(tg_vm_t *vm, lua_State *co, const char *reason) {
  lua_pushnil(co);
  vm->reason = reason;
}

static tg_rc_t ended_badly(tg_vm_t *vm, uint32_t number, int status, tg_diag_t *diag) {
  lua_State *co = vm->slots[number].co;
  tg_rc_t rc = vm->over ? TG_E_BUDGET : status == LUA_ERRMEM ? TG_E_NOMEM : TG_E_SCRIPT;
  if (diag) *diag = (tg_diag_t){0};
  tg_vm_report_error(vm, co, status, diag);
  if (rc == TG_E_BUDGET && diag && !strstr(diag->message, "budget"))
    tg_diag_set(diag, NULL, diag->line, "over budget (time)");
  if (rc == TG_E_BUDGET && diag && vm->place.line) {
    diag->line = vm->place.line;
    memcpy(diag->file, vm->place.file, sizeof diag->file);
  }
  vm->stats.errors++;
  vm->stats.overruns += rc == TG_E_BUDGET;
  vm->stats.over_instructions += rc == TG_E_BUDGET && vm->steps > vm->steps_max;
  vm->stats.over_memory += rc == TG_E_NOMEM;
  /* Never used again, nor reset: Lua 5.4 leaves the hooks of a coroutine off once an error has left one, and a reset would run
     `__close` handlers like that, without any budget. */
  give_slot(vm, number, false);
  return rc;
}

/* The coroutine has suspended itself: fine if it did so through tg_vm_await() in a task. */
static tg_rc_t suspended(tg_vm_t *vm, uint32_t number, tg_diag_t *diag) {
  tg_vm_slot_t *slot = &vm->slots[number];
  if (slot->state == TG_VM_WAITING) {
    vm->waiting++;
    return TG_OK;
  }
  push_reason(vm, slot->co, "coroutine.yield outside a coroutine of the script's own");
  return ended_badly(vm, number, LUA_ERRRUN, diag);
}

static tg_rc_t resume(tg_vm_t *vm, uint32_t number, int args, tg_diag_t *diag) {
  lua_State *co = vm->slots[number].co;
  lua_State *before = vm->running;
  uint32_t before_slot = vm->running_slot;
  if (vm->depth++ == 0) tg_vm_state_begin(vm);
  if (vm->hooks_tight) tg_vm_state_hook(vm, co);
  vm->running = co;
  vm->running_slot = number + 1;
  vm->slots[number].state = TG_VM_RUNNING;
  vm->stats.calls++;
  int results = 0;
  int status = lua_resume(co, before ? before : vm->L, args, &results);
  vm->running = before;
  vm->running_slot = before_slot;

  tg_rc_t rc = TG_OK;
  bool has_suspended = false;
  if (vm->over && status == LUA_OK) { /* swallowed by a pcall at the very end */
    lua_settop(co, 0);
    push_reason(vm, co, "over budget");
    status = LUA_ERRRUN;
  }
  if (status == LUA_OK) {
    lua_settop(co, 0);
    give_slot(vm, number, true);
  } else if (status == LUA_YIELD && !vm->over) {
    rc = suspended(vm, number, diag);
    has_suspended = rc == TG_OK;
  } else {
    rc = ended_badly(vm, number, status, diag);
  }
  vm->depth--;
  vm->has_suspended = has_suspended;
  return rc;
}

/* How a call is made. */
typedef struct way {
  tg_vm_mark_t mark;
  bool may_wait;
} way_t;

static tg_rc_t enter(tg_vm_t *vm, way_t way, lua_CFunction fn, void *arg, tg_diag_t *diag) {
  uint32_t number;
  tg_rc_t rc = tg_vm_state_refill(vm) ? take_slot(vm, &number) : TG_E_NOMEM;
  if (rc != TG_OK) {
    vm->stats.errors++;
    tg_diag_set(diag, NULL, 0, rc == TG_E_FULL ? "too many tasks wait already (%d)" : "not enough memory",
                (int)TASKS_MAX);
    return rc;
  }
  lua_State *co = vm->slots[number].co;
  vm->slots[number].may_wait = way.may_wait;
  vm->slots[number].mark = way.mark;
  lua_pushcfunction(co, fn);
  lua_pushlightuserdata(co, arg);
  return resume(vm, number, 1, diag);
}

tg_rc_t tg_vm_call(tg_vm_t *vm, lua_CFunction fn, void *arg, tg_diag_t *diag) {
  return enter(vm, (way_t){tg_vm_mark(vm, 0), false}, fn, arg, diag);
}

tg_rc_t tg_vm_spawn(tg_vm_t *vm, lua_CFunction fn, void *arg, tg_diag_t *diag) {
  return enter(vm, (way_t){tg_vm_mark(vm, 0), true}, fn, arg, diag);
}

tg_rc_t tg_vm_call_as(tg_vm_t *vm, tg_vm_mark_t mark, lua_CFunction fn, void *arg, tg_diag_t *diag) {
  return enter(vm, (way_t){mark, false}, fn, arg, diag);
}

tg_rc_t tg_vm_spawn_as(tg_vm_t *vm, tg_vm_mark_t mark, lua_CFunction fn, void *arg, tg_diag_t *diag) {
  return enter(vm, (way_t){mark, true}, fn, arg, diag);
}

tg_vm_mark_t tg_vm_mark(const tg_vm_t *vm, tg_vm_task_t task) {
  if (!task) return vm->running_slot ? vm->slots[vm->running_slot - 1].mark : 0;
  return tg_vm_lives(vm, task) ? vm->slots[slot_of(task)].mark : 0;
}

bool tg_vm_has_suspended(const tg_vm_t *vm) {
  return vm->has_suspended;
}

tg_vm_task_t tg_vm_task(lua_State *L) {
  const tg_vm_t *vm = tg_vm_of(L);
  if (!vm->running_slot || vm->running != L || !vm->slots[vm->running_slot - 1].may_wait || !lua_isyieldable(L))
    return 0;
  return task_of(vm, vm->running_slot - 1);
}

static int woken(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  const tg_vm_t *vm = tg_vm_of(L);
  return vm->wake_push(L, vm->wake_arg);
}

int tg_vm_await(lua_State *L) {
  tg_vm_t *vm = tg_vm_of(L);
  if (!tg_vm_task(L))
    return luaL_error(L, "can't wait here: give a function as last argument, or call from a rule or task");
  vm->slots[vm->running_slot - 1].state = TG_VM_WAITING;
  return lua_yieldk(L, 0, 0, woken);
}

tg_rc_t tg_vm_wake(tg_vm_t *vm, tg_vm_task_t task, tg_vm_push_fn push, void *arg, tg_diag_t *diag) {
  uint32_t number = slot_of(task);
  if (!task || number >= vm->slot_count || vm->slots[number].state != TG_VM_WAITING || task_of(vm, number) != task)
    return TG_E_GONE;
  vm->waiting--;
  vm->wake_push = push;
  vm->wake_arg = arg;
  return resume(vm, number, 0, diag);
}

bool tg_vm_lives(const tg_vm_t *vm, tg_vm_task_t task) {
  uint32_t number = slot_of(task);
  return task && number < vm->slot_count && vm->slots[number].state != TG_VM_FREE && task_of(vm, number) == task;
}

void tg_vm_tell(const tg_vm_t *vm, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag) {
  if (rc == TG_OK && vm->has_suspended) return;
  if (vm->config.on_end) vm->config.on_end(vm->config.ud, mark, rc, diag, vm->depth > 0);
}

static int ended(lua_State *L, int status, lua_KContext context) {
  (void)L;
  (void)status;
  (void)context;
  return 0;
}

int tg_vm_tail_call(lua_State *L, int args) {
  lua_callk(L, args, 0, 0, ended);
  return 0;
}

size_t tg_vm_waiting(const tg_vm_t *vm) {
  return vm->waiting;
}

const char *tg_vm_traceback(const tg_vm_t *vm) {
  return vm->traceback;
}
