/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_VM_VM_RUN_H
#define TG_TESTS_UNIT_VM_VM_RUN_H

/** Runs a text as the tests of bindings/vm want it: as one call, under the name `test.lua`. */

#include <lauxlib.h>
#include <string.h>

#include "bindings/vm/vm_call.h"

static inline int vm_run_text(lua_State *L) {
  const char *text = lua_touserdata(L, 1);
  if (luaL_loadbufferx(L, text, strlen(text), "@test.lua", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

/** Runs @p text on @p vm. Errors of tg_vm_call(), told in @p diag. */
static inline tg_rc_t vm_run(tg_vm_t *vm, const char *text, tg_diag_t *diag) {
  union {
    const char *from;
    void *to;
  } arg = {text};
  return tg_vm_call(vm, vm_run_text, arg.to, diag);
}

#endif
