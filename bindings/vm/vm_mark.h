/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_MARK_H
#define TG_BINDINGS_VM_VM_MARK_H

/** Whom a call is for, where the failures of each are counted by themselves. */

#include <lua.h>
#include <stdint.h>

/** A number of the host's below TG_VM_MARK_FIRST, or one that is made here; 0 = nobody's. */
typedef uint32_t tg_vm_mark_t;

#define TG_VM_MARK_FIRST 0x80000000u

/** The mark of all functions that are made at the same place of a script as that at @p index (a line, and how much from outside they use); of one in C, its own. Allocates nothing. */
tg_vm_mark_t tg_vm_mark_fn(lua_State *L, int index);

/** The mark of something that stays where it is as long as it is counted for. */
tg_vm_mark_t tg_vm_mark_thing(const void *thing);

#endif
