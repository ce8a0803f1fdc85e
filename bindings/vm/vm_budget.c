/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script may use up: the allocator with a cap, the budgets of a call and the hook that enforces them. Measured on 5.4.4: a
 * count hook set at creation is inherited by coroutines; pcall swallows an abort, hence the tight hook after one; C functions that
 * build long strings run without hooks, hence the clock in the allocator. See vm.h and vm_state.h.
 */

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bindings/vm/vm_state.h"
#include "core/base/alloc.h"
#include "core/base/clock.h"

enum {
  HOOK_EVERY = 1000,        /* instructions */
  CLOCK_EVERY = 256 * 1024, /* bytes allocated */
  CHARGE_MUCH = 1000,       /* steps at once for which the clock is looked at */
  WALL_FACTOR = 20,         /* a machine under load may take this much longer than the processor time allowed */
  SURELY_EARLY = 16,        /* before this part of it nobody asks the kernel, which takes longer than many a rule */
  RESERVE = 256 * 1024,     /* bytes; one read of luv's is at most 64 KiB */
  NS_PER_MS = 1000000,
};

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What has passed since @p at, which becomes @p now; at most @p most. */
static uint64_t since(uint64_t *at, uint64_t now, uint64_t most) {
  uint64_t passed = now - *at;
  *at = now;
  return passed < most ? passed : most;
}

/*
 * Processor time counts, so that a busy machine does not fail innocent scripts; wall time only far beyond. What passes between two looks counts in
 * part only where it is much: a process that was stopped, or a machine that stood still, in the middle of a rule has used up nothing, though a
 * hypervisor may call it processor time.
 */
static bool is_late(tg_vm_t *vm) {
  uint64_t wall_max = vm->cpu_max_ns * WALL_FACTOR;
  vm->wall_ns += since(&vm->wall_at_ns, tg_clock_mono_ns(), wall_max / 4);
  if (vm->wall_ns < vm->cpu_max_ns / SURELY_EARLY) return false;
  uint64_t cpu = cpu_ns();
  if (!vm->cpu_at_ns) vm->cpu_at_ns = cpu;
  vm->cpu_ns += since(&vm->cpu_at_ns, cpu, vm->cpu_max_ns / 2);
  return vm->cpu_ns > vm->cpu_max_ns || vm->wall_ns > wall_max;
}

static bool is_library(const char *file) {
  return strncmp(file, "scripts/tidegate/", 17) == 0;
}

/* The innermost line of the script's own; of our library where there is none yet. Allocates nothing: called from the allocator, too. */
static void note_place(tg_vm_t *vm, lua_State *L) {
  lua_Debug frame;
  for (int level = 0; L && lua_getstack(L, level, &frame); level++) {
    if (!lua_getinfo(L, "Sl", &frame) || frame.currentline <= 0) continue;
    bool is_ours = is_library(frame.short_src);
    if (is_ours && vm->place.line) continue;
    vm->place.line = frame.currentline;
    (void)snprintf(vm->place.file, sizeof vm->place.file, "%s", frame.short_src);
    if (!is_ours) return;
  }
}

/* The allocator is also where C functions that run long without instructions (rep, concat, `..`) meet the clock. */
static bool may_allocate(tg_vm_t *vm, size_t old_size, size_t new_size) {
  if (new_size <= old_size) return true;
  if (!vm->depth)
    return true; /* a library's callback begins: nothing could catch the error there. What it calls is held to the cap */
  size_t more = new_size - old_size;
  if (more > tg_vm_memory_left(vm)) {
    note_place(vm, vm->running);
    return false;
  }
  vm->since_clock += more;
  if (vm->since_clock < CLOCK_EVERY) return true;
  vm->since_clock = 0;
  if (is_late(vm)) {
    note_place(vm, vm->running);
    vm->over = true;
  }
  return !vm->over;
}

bool tg_vm_state_refill(tg_vm_t *vm) {
  if (!vm->reserve && vm->has_reserve) vm->reserve = tg_alloc(RESERVE);
  return vm->reserve || !vm->has_reserve;
}

/* luv pushes what has come before it calls back, and an error there would end the program. The call that follows fails instead. */
static void *allocate_from_reserve(tg_vm_t *vm, void *p, size_t size) {
  if (vm->depth || !vm->reserve) return NULL;
  tg_alloc_free(vm->reserve);
  vm->reserve = NULL;
  return tg_alloc_resize(p, size, 1);
}

void *tg_vm_state_allocate(void *ud, void *p, size_t old_size, size_t new_size) {
  tg_vm_t *vm = ud;
  if (!p) old_size = 0; /* then it is a kind of object */
  if (new_size == 0) {
    tg_alloc_free(p);
    vm->stats.memory -= old_size;
    return NULL;
  }
  if (!may_allocate(vm, old_size, new_size)) return NULL;
  void *moved = tg_alloc_resize(p, new_size, 1);
  if (!moved) moved = allocate_from_reserve(vm, p, new_size);
  if (!moved) {
    vm->starved = true;
    return NULL;
  }
  vm->stats.memory += new_size - old_size;
  if (vm->stats.memory > vm->stats.memory_peak) vm->stats.memory_peak = vm->stats.memory;
  return moved;
}

static void add_steps(tg_vm_t *vm, uint64_t steps) {
  vm->steps = steps < UINT64_MAX - vm->steps ? vm->steps + steps : UINT64_MAX;
}

static void on_count(lua_State *L, lua_Debug *at) {
  (void)at;
  tg_vm_t *vm = tg_vm_of(L);
  add_steps(vm, HOOK_EVERY);
  if (vm->over || (vm->depth && (vm->steps > vm->steps_max || is_late(vm))))
    tg_vm_overrun(L, vm->steps > vm->steps_max ? "instructions" : "time");
}

void tg_vm_state_hook(tg_vm_t *vm, lua_State *L) {
  (void)vm;
  lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
}

void tg_vm_state_begin(tg_vm_t *vm) {
  vm->steps = 0;
  vm->steps_max = vm->config.instructions * vm->stretch;
  vm->wall_ns = vm->cpu_ns = vm->cpu_at_ns = 0;
  vm->cpu_max_ns = (uint64_t)vm->config.burst_ms * NS_PER_MS * vm->stretch;
  vm->wall_at_ns = tg_clock_mono_ns();
  vm->since_clock = 0;
  vm->place.line = 0;
  vm->over = vm->starved = false;
}

void tg_vm_overrun(lua_State *L, const char *what) {
  tg_vm_t *vm = tg_vm_of(L);
  if (!vm->over) note_place(vm, L);
  vm->over = true;
  vm->hooks_tight = true;
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
  lua_pushfstring(L, "over budget (%s)",
                  what); /* the innermost function is told; luaL_error() names its caller from a hook */
  lua_error(L);
  abort(); /* lua_error does not return */
}

void tg_vm_charge(lua_State *L, uint64_t steps) {
  tg_vm_t *vm = tg_vm_of(L);
  add_steps(vm, steps);
  if (vm->steps > vm->steps_max) tg_vm_overrun(L, "instructions");
  if (vm->over || (steps >= CHARGE_MUCH && is_late(vm))) tg_vm_overrun(L, "time");
}

const tg_diag_t *tg_vm_place(const tg_vm_t *vm) {
  return &vm->place;
}

bool tg_vm_is_over(const tg_vm_t *vm) {
  return vm->over;
}

bool tg_vm_is_starved(const tg_vm_t *vm) {
  return vm->starved;
}

size_t tg_vm_memory_left(const tg_vm_t *vm) {
  return vm->stats.memory < vm->config.memory ? vm->config.memory - vm->stats.memory : 0;
}
