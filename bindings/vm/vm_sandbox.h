/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_SANDBOX_H
#define TG_BINDINGS_VM_VM_SANDBOX_H

/** What a script finds when it starts: the harmless part of Lua's library, and `require` by way of the host (security.md §2.18). */

#include "bindings/vm/vm.h"

/** Opens the libraries in @p L, inside a protected call; raises when memory runs out. */
void tg_vm_sandbox_open(lua_State *L);

/** Makes the value on top of the stack what `require` gives for @p name, and pops it. May raise. */
void tg_vm_sandbox_preload(lua_State *L, const char *name);

#endif
