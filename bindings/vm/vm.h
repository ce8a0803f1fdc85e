/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_H
#define TG_BINDINGS_VM_VM_H

/**
 * A Lua state that can't take the process with it: capped memory, budgets of instructions and time per call, a short list of
 * libraries. Knows nothing of devices. Every entry from C into Lua goes through vm_call.h.
 */

#include <lua.h>

#include "bindings/vm/vm_mark.h"
#include "core/base/buf.h"
#include "core/base/diag.h"
#include "core/base/pool.h"

typedef struct tg_vm tg_vm_t;

/** Seam: a script printed a line (NUL-terminated, lent). */
typedef void (*tg_vm_print_fn)(void *ud, const char *text);

/** Seam: the source of module @p name for `require`; false when there is none. Appends to @p source and sets @p file (a name for messages). */
typedef bool (*tg_vm_module_fn)(void *ud, const char *name, tg_buf_t *source, tg_buf_t *file);

/** Seam: a task with @p mark that was begun or woken from inside the script, or for its driver, has ended and nobody waits for its result. Unless @p rc is TG_OK it has failed; @p inside: while another call runs, which may go on well. */
typedef void (*tg_vm_end_fn)(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag, bool inside);

/** How a vm is made; copied. */
typedef struct tg_vm_config {
  size_t memory;           /* bytes; 0 = 32 MiB */
  uint64_t instructions;   /* per call; 0 = 5,000,000 */
  uint32_t burst_ms;       /* processor time per call; 0 = 50 */
  tg_vm_print_fn on_print; /* NULL: dropped */
  tg_vm_module_fn module;  /* NULL: nothing can be required but what tg_vm_sandbox_preload() gave */
  tg_vm_end_fn on_end;     /* NULL: dropped */
  void *ud;                /* of all three, and what tg_vm_ud() gives */
} tg_vm_config_t;

/** Counters. */
typedef struct tg_vm_stats {
  uint64_t calls;
  uint64_t errors;
  uint64_t overruns;          /* errors by a budget */
  uint64_t over_instructions; /* of them, by that of instructions; the others took too long */
  uint64_t over_memory;       /* errors by the cap of memory */
  size_t memory;
  size_t memory_peak;
} tg_vm_stats_t;

/** A state with the sandboxed libraries open; NULL without memory. */
tg_vm_t *tg_vm_new(const tg_vm_config_t *config);

/** Carries out the undo list, last first, closes the state and frees. Not from inside a call. NULL is allowed. */
void tg_vm_free(tg_vm_t *vm);

/** The vm of a state or of any of its coroutines, lent. */
static inline tg_vm_t *tg_vm_of(lua_State *L) {
  return *(tg_vm_t **)lua_getextraspace(L);
}

/** The main state, lent; for code that runs inside a call, and for libraries that are opened there. */
lua_State *tg_vm_state(const tg_vm_t *vm);

/** What the config gave as ud. */
void *tg_vm_ud(const tg_vm_t *vm);

/** Multiplies the budgets of later calls by @p factor (1 = as configured): loading and initialising may take longer than an event. */
void tg_vm_stretch(tg_vm_t *vm, uint32_t factor);

/** Counters as of now. */
void tg_vm_stats(const tg_vm_t *vm, tg_vm_stats_t *stats);

/** A C function that is about to do work of @p steps instructions says so; raises the budget error when that is too much. */
void tg_vm_charge(lua_State *L, uint64_t steps);

/** Raises the budget error; every later hook of this call raises it again, so that pcall can't swallow it. */
TG_NORETURN void tg_vm_overrun(lua_State *L, const char *what);

/** Where in the script memory was refused last, or a budget exceeded, since the last outermost call began; lent, line 0 = nowhere. What a pcall has caught says no line. */
const tg_diag_t *tg_vm_place(const tg_vm_t *vm);

/** Whether the call that runs is over its budget. */
bool tg_vm_is_over(const tg_vm_t *vm);

/** Whether the system, and not the cap, refused memory since the last outermost call began. */
bool tg_vm_is_starved(const tg_vm_t *vm);

/** Bytes that may still be allocated: for C code that would rather refuse than be refused. */
size_t tg_vm_memory_left(const tg_vm_t *vm);

#endif
