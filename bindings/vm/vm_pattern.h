/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_PATTERN_H
#define TG_BINDINGS_VM_VM_PATTERN_H

/**
 * string.find, match, gmatch and gsub with the pattern language of the Lua 5.4 manual §6.4.1 and a limit on the work one call may do:
 * Lua's own can run for minutes inside one C call that no hook interrupts (security.md §2.17).
 */

#include <lua.h>

/** Steps one call may take; then it raises the budget error. */
#define TG_VM_PATTERN_STEPS 100000

/** Replaces the four functions in the `string` table on top of the stack. May raise. */
void tg_vm_pattern_open(lua_State *L);

#endif
