/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_STATE_H
#define TG_BINDINGS_VM_VM_STATE_H

/** The inside of a vm, for the files of this folder only. */

#include "bindings/vm/vm_undo.h"

/** A coroutine of the pool. */
typedef struct tg_vm_slot {
  lua_State *co; /* anchored in the registry under `ref` */
  int ref;
  uint32_t generation;
  uint32_t next_free; /* slot + 1 */
  tg_vm_mark_t mark;
  enum { TG_VM_FREE, TG_VM_RUNNING, TG_VM_WAITING } state;
  bool may_wait;
} tg_vm_slot_t;

struct tg_vm {
  lua_State *L;
  tg_vm_config_t config;
  tg_vm_stats_t stats;
  tg_vm_undo_t undo; /* head of a ring */

  uint32_t depth; /* nested calls */
  uint32_t stretch;
  uint64_t steps;
  uint64_t steps_max;
  uint64_t wall_ns, cpu_ns; /* what has been used of a call's time */
  uint64_t wall_at_ns;      /* when the clock was last looked at */
  uint64_t cpu_at_ns;       /* 0 = not looked at yet */
  uint64_t cpu_max_ns;
  void *
      reserve; /* memory for what libraries push before a call begins, where nothing could catch an error; NULL: spent */
  bool has_reserve;   /* it should be there: the state is open */
  size_t since_clock; /* bytes allocated since the clock was last looked at */
  bool over;
  bool starved; /* the system had no memory for this call */
  tg_diag_t
      place; /* where the budget of this call, or memory, was found to be used up: the line that did it, which a pcall may hide */
  bool hooks_tight; /* an abort left coroutines with a hook at every instruction */

  lua_State *running;
  tg_vm_slot_t *slots;
  uint32_t slot_count;
  uint32_t running_slot; /* slot + 1 */
  uint32_t free_head;    /* slot + 1 */
  uint32_t idle;
  uint32_t waiting;
  bool has_suspended; /* the call that came back last */
  int (*wake_push)(lua_State *L, void *arg);
  void *wake_arg;
  const char *reason; /* of an error that is nil on its stack; else NULL */
  char traceback[2048];
};

/** The coroutine that runs, else the main state. */
static inline lua_State *tg_vm_state_current(const tg_vm_t *vm) {
  return vm->running ? vm->running : vm->L;
}

/** Gets back, if it can, what was kept for allocations outside any call (see tg_vm_state_allocate()). False: calls must fail. */
TG_MUST_CHECK bool tg_vm_state_refill(tg_vm_t *vm);

/** Allocates for Lua within the cap of @p ud, a vm; late calls get nothing any more. Outside calls there is no cap, and a reserve. Of type lua_Alloc. */
void *tg_vm_state_allocate(void *ud, void *p, size_t old_size, size_t new_size);

/** Starts the budgets of an outermost call. */
void tg_vm_state_begin(tg_vm_t *vm);

/** Puts the count hook on @p L as it has to be at the start of a call. */
void tg_vm_state_hook(tg_vm_t *vm, lua_State *L);

#endif
