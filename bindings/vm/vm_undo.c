/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/vm: a ring of entries. See vm_undo.h. */

#include "bindings/vm/vm_undo.h"

#include "bindings/vm/vm_state.h"

void tg_vm_undo_add(tg_vm_t *vm, tg_vm_undo_t *undo) {
  tg_vm_undo_t *head = &vm->undo;
  undo->next = head;
  undo->prev = head->prev;
  head->prev->next = undo;
  head->prev = undo;
}

void tg_vm_undo_del(tg_vm_undo_t *undo) {
  if (!undo->next) return;
  undo->prev->next = undo->next;
  undo->next->prev = undo->prev;
  undo->next = undo->prev = NULL;
}

void tg_vm_undo_all(tg_vm_t *vm) {
  while (vm->undo.prev != &vm->undo) {
    tg_vm_undo_t *last = vm->undo.prev;
    tg_vm_undo_del(last);
    last->fn(last->ud);
  }
}
