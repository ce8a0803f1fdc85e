/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_REPORT_H
#define TG_BINDINGS_VM_VM_REPORT_H

/** What an error in Lua was, where, and how it came there. */

#include "bindings/vm/vm.h"

/** Reads the error off the dead coroutine @p co, which ended with @p status: into @p diag (may be NULL) and the traceback of @p vm. Runs Lua, protected, where the error has a __tostring. */
void tg_vm_report_error(tg_vm_t *vm, lua_State *co, int status, tg_diag_t *diag);

#endif
