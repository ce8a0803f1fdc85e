/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_COSTLY_H
#define TG_BINDINGS_VM_VM_COSTLY_H

/**
 * Functions of Lua's library that go round in C for as long as their arguments say, without an instruction or an allocation by which the
 * budgets would notice: ("").rep(1e18), table.move() over nothing, utf8.len() of megabytes. They are charged for it before they begin.
 */

#include <lua.h>

/** Puts a charge before those functions in the tables `string`, `table` and `utf8`, where they are opened. May raise. */
void tg_vm_costly_open(lua_State *L);

#endif
