/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Lua state of one script bundle, from birth to end. What it may use up is kept by vm_budget.c, what it finds is opened by
 * vm_sandbox.c, calls into it go through vm_call.c.
 */

#include "bindings/vm/vm.h"

#include <lauxlib.h>

#include "bindings/vm/vm_sandbox.h"
#include "bindings/vm/vm_state.h"
#include "core/base/alloc.h"
#include "core/base/require.h"

/* Lua calls this when an error meets no protected call: ours is missing somewhere. */
static int on_panic(lua_State *L) {
  (void)L;
  tg_require_failed("Lua error outside a protected call", __FILE__, __LINE__);
}

/* Warnings of Lua (an error in a __gc or __close) have nowhere to go; they are dropped. */
static int open_libraries(lua_State *L) {
  tg_vm_sandbox_open(L);
  return 0;
}

tg_vm_t *tg_vm_new(const tg_vm_config_t *config) {
  tg_vm_t *vm = tg_alloc_array(1, sizeof *vm);
  if (!vm) return NULL;
  vm->config = *config;
  if (!vm->config.memory) vm->config.memory = (size_t)32 << 20;
  if (!vm->config.instructions) vm->config.instructions = 5000000;
  if (!vm->config.burst_ms) vm->config.burst_ms = 50;
  vm->stretch = 1;
  vm->undo.next = vm->undo.prev = &vm->undo;
  vm->L = lua_newstate(tg_vm_state_allocate, vm);
  if (!vm->L) {
    tg_alloc_free(vm);
    return NULL;
  }
  *(tg_vm_t **)lua_getextraspace(vm->L) = vm; /* new coroutines get a copy */
  lua_atpanic(vm->L, on_panic);
  tg_vm_state_hook(vm, vm->L);
  lua_pushcfunction(vm->L, open_libraries);
  if (lua_pcall(vm->L, 0, 0, 0) != LUA_OK) {
    tg_vm_free(vm);
    return NULL;
  }
  vm->has_reserve = true;
  if (tg_vm_state_refill(vm)) return vm;
  tg_vm_free(vm);
  return NULL;
}

void tg_vm_free(tg_vm_t *vm) {
  if (!vm) return;
  TG_REQUIRE(vm->depth == 0);
  tg_vm_undo_all(vm);
  lua_close(vm->L);
  tg_alloc_free(vm->reserve);
  tg_alloc_free(vm->slots);
  tg_alloc_free(vm);
}

lua_State *tg_vm_state(const tg_vm_t *vm) {
  return vm->L;
}

void *tg_vm_ud(const tg_vm_t *vm) {
  return vm->config.ud;
}

void tg_vm_stretch(tg_vm_t *vm, uint32_t factor) {
  vm->stretch = factor ? factor : 1;
}

void tg_vm_stats(const tg_vm_t *vm, tg_vm_stats_t *stats) {
  *stats = vm->stats;
}
