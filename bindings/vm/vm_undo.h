/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_UNDO_H
#define TG_BINDINGS_VM_VM_UNDO_H

/** What a script hooked into the program, in order, so that all of it can be undone when the script goes; its author need not care. */

#include "bindings/vm/vm.h"

/** Takes one hook back. Must not call into Lua: the state is about to be closed. */
typedef void (*tg_vm_undo_fn)(void *ud);

/** One entry, inside its owner's structure; `{0}` is not on a list. */
typedef struct tg_vm_undo {
  struct tg_vm_undo *next; /* private */
  struct tg_vm_undo *prev; /* private */
  tg_vm_undo_fn fn;
  void *ud;
} tg_vm_undo_t;

/** Puts @p undo (kept until it is done or deleted; fn and ud set) on the list of @p vm. */
void tg_vm_undo_add(tg_vm_t *vm, tg_vm_undo_t *undo);

/** Takes it off without calling it: its owner has undone it already. One that is not on a list is left alone. */
void tg_vm_undo_del(tg_vm_undo_t *undo);

/** Calls and empties the list, last first. Entries may be added and deleted meanwhile. */
void tg_vm_undo_all(tg_vm_t *vm);

#endif
