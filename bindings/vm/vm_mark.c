/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/vm: see vm_mark.h. Called by bindings/api, where it enters scripts. */

#include "bindings/vm/vm_mark.h"

static tg_vm_mark_t mix(uint64_t place, uint64_t line) {
  uint64_t mixed = (place ^ line * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
  return TG_VM_MARK_FIRST | (uint32_t)(mixed >> 32);
}

/* Functions of one chunk share the text of its name; the line is where the function begins. Of several in a line, most differ in how many
   variables from outside they use. */
tg_vm_mark_t tg_vm_mark_fn(lua_State *L, int index) {
  union {
    lua_CFunction fn;
    uint64_t place;
  } c = {.place = 0};
  c.fn = lua_tocfunction(L, index);
  if (c.fn) return mix(c.place, 0);
  lua_Debug about;
  if (!lua_isfunction(L, index)) return mix((uintptr_t)lua_topointer(L, index), 0);
  lua_pushvalue(L, index);
  if (!lua_getinfo(L, ">Su", &about)) return TG_VM_MARK_FIRST;
  uint64_t form = (uint64_t)about.nups << 8 | about.nparams;
  return mix((uintptr_t)about.source, (uint64_t)about.linedefined << 16 | form);
}

tg_vm_mark_t tg_vm_mark_thing(const void *thing) {
  return mix((uintptr_t)thing, UINT64_MAX);
}
