/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bindings/vm when an allocation fails outside of any call, where a library such as luv pushes what has come: it is given from a reserve,
 * and the calls that follow fail until there is memory again.
 */

#include <lauxlib.h>

#include "bindings/vm/vm_call.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

/* What luv's read callback does before it calls: a text of up to 64 KiB, a table, some more. */
static void push_as_luv_does(lua_State *L) {
  static char bytes[65536];
  lua_pushlstring(L, bytes, sizeof bytes);
  lua_createtable(L, 4, 4);
  lua_pushliteral(L, "EIO: i/o error of some length, so that it is no short string of Lua's");
  lua_settop(L, 0);
}

static void what_is_pushed_outside_a_call_is_given_from_the_reserve(void **state) {
  (void)state;
  for (size_t n = 1; n <= 3; n++) {
    tg_vm_t *vm = tg_vm_new(&(tg_vm_config_t){.memory = (size_t)1 << 20});
    assert_non_null(vm);
    alloc_harness_fail_at(n);
    push_as_luv_does(tg_vm_state(vm)); /* without the reserve this ends the program */
    check_true(alloc_harness_failed());
    tg_diag_t diag = {0};
    alloc_harness_fail_run(1, 1000); /* memory stays short: the call fails, in words */
    check_rc(tg_vm_call(vm, do_nothing, NULL, &diag), TG_E_NOMEM);
    check_slice(tg_slice_str(diag.message), "not enough memory");
    alloc_harness_fail_at(0);
    check_rc(tg_vm_call(vm, do_nothing, NULL, &diag), TG_OK);
    alloc_harness_fail_at(1); /* it is there again */
    push_as_luv_does(tg_vm_state(vm));
    alloc_harness_fail_at(0);
    check_rc(tg_vm_call(vm, do_nothing, NULL, &diag), TG_OK);
    tg_vm_free(vm);
  }
}

static bool make_one(void *ud) {
  (void)ud;
  tg_vm_t *vm = tg_vm_new(&(tg_vm_config_t){.memory = (size_t)1 << 20});
  bool is_made = vm && tg_vm_call(vm, do_nothing, NULL, NULL) == TG_OK;
  tg_vm_free(vm);
  return is_made;
}

static void a_machine_is_made_whole_or_not_at_all(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(make_one, NULL) > 50);
}

CHECK_SUITE(what_is_pushed_outside_a_call_is_given_from_the_reserve, a_machine_is_made_whole_or_not_at_all)
