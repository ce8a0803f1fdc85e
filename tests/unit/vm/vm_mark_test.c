/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/vm/vm_mark.c, and what vm_call.c does with marks: whose a call is, before and after it has waited, and how it came back. */

#include "bindings/vm/vm_mark.h"

#include <lauxlib.h>

#include "bindings/vm/vm_call.h"
#include "tests/unit/check.h"

typedef struct ended {
  int count;
  tg_vm_mark_t mark;
  tg_rc_t rc;
  bool inside;
} ended_t;

static void on_end(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag, bool inside) {
  ended_t *ended = ud;
  (void)diag;
  *ended = (ended_t){ended->count + 1, mark, rc, inside};
}

static tg_vm_t *open_vm(ended_t *ended) {
  const tg_vm_config_t config = {.burst_ms = 2000, .on_end = on_end, .ud = ended};
  tg_vm_t *vm = tg_vm_new(&config);
  assert_non_null(vm);
  return vm;
}

static int mark_of(lua_State *L) {
  lua_pushinteger(L, tg_vm_mark_fn(L, 1));
  return 1;
}

static int compare(lua_State *L) {
  lua_pushcfunction(L, mark_of);
  lua_setglobal(L, "mark_of");
  static const char text[] =
      "local function make()\n return function() return make end\nend\n"
      "local a, b = make(), make()\n"
      "assert(a ~= b and mark_of(a) == mark_of(b))\n"
      "assert(mark_of(a) ~= mark_of(make))\n"
      "local other = function() end\n"
      "assert(mark_of(other) ~= mark_of(a) and mark_of(other) ~= mark_of(make))\n"
      "local far = load('return function() end', '=far')()\n"
      "local near = load('return function() end', '=near')()\n"
      "assert(mark_of(far) ~= mark_of(near))\n"
      "local x local one = function() return x, function() end end local two = one() local three = select(2, one())\n"
      "assert(mark_of(one) ~= mark_of(three))\n"
      "assert(mark_of(print) ~= mark_of(pcall) and mark_of(print) == mark_of(print))\n"
      "assert(mark_of({}) ~= mark_of({}))\n"
      "for _, f in ipairs { a, make, print } do assert(mark_of(f) >= 0x80000000) end\n";
  if (luaL_loadbufferx(L, text, sizeof text - 1, "@marks.lua", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static void functions_of_the_same_place_have_the_same_mark(void **state) {
  (void)state;
  ended_t ended = {0};
  tg_vm_t *vm = open_vm(&ended);
  tg_diag_t diag = {0};
  if (tg_vm_call(vm, compare, NULL, &diag) != TG_OK) fail_msg("%d: %s", diag.line, diag.message);
  check_int(tg_vm_mark_thing(&ended), tg_vm_mark_thing(&ended));
  check_true(tg_vm_mark_thing(&ended) != tg_vm_mark_thing(&diag));
  tg_vm_free(vm);
}

/* What a call finds about itself, and a call in it. */
typedef struct seen {
  tg_vm_t *vm;
  tg_vm_mark_t now, inner, own;
  tg_vm_task_t task;
} seen_t;

static int look(lua_State *L) {
  seen_t *seen = lua_touserdata(L, 1);
  seen->inner = tg_vm_mark(seen->vm, 0);
  return 0;
}

static int enter(lua_State *L) {
  seen_t *seen = lua_touserdata(L, 1);
  seen->now = tg_vm_mark(seen->vm, 0);
  check_rc(tg_vm_call(seen->vm, look, seen, NULL), TG_OK);
  check_rc(tg_vm_call_as(seen->vm, 9, look, &(seen_t){.vm = seen->vm}, NULL), TG_OK);
  seen->own = tg_vm_mark(seen->vm, 0);
  seen->task = tg_vm_task(L);
  return seen->task ? tg_vm_await(L) : 0;
}

static int push_nothing(lua_State *L, void *arg) {
  *(tg_vm_mark_t *)arg = tg_vm_mark(tg_vm_of(L), 0);
  return 0;
}

static int push_error(lua_State *L, void *arg) {
  (void)arg;
  return luaL_error(L, "on purpose");
}

static void a_call_has_its_mark_until_it_ends(void **state) {
  (void)state;
  ended_t ended = {0};
  tg_vm_t *vm = open_vm(&ended);
  seen_t seen = {.vm = vm};
  check_int(tg_vm_mark(vm, 0), 0);
  check_rc(tg_vm_call_as(vm, 7, enter, &seen, NULL), TG_OK);
  check_false(tg_vm_has_suspended(vm));
  check_int(seen.now, 7);
  check_int(seen.inner, 7); /* that of the call it was made in */
  check_int(seen.own, 7);
  check_rc(tg_vm_spawn_as(vm, 8, enter, &seen, NULL), TG_OK);
  check_true(tg_vm_has_suspended(vm));
  check_int(seen.now, 8);
  check_int(tg_vm_mark(vm, 0), 0);
  check_int(tg_vm_mark(vm, seen.task), 8);
  tg_vm_mark_t woken = 0;
  check_rc(tg_vm_wake(vm, seen.task, push_nothing, &woken, NULL), TG_OK);
  check_false(tg_vm_has_suspended(vm));
  check_int(woken, 8);
  check_int(tg_vm_mark(vm, seen.task), 0);
  tg_vm_free(vm);
}

static void the_host_is_told_of_the_end_and_not_of_a_pause(void **state) {
  (void)state;
  ended_t ended = {0};
  tg_vm_t *vm = open_vm(&ended);
  seen_t seen = {.vm = vm};
  tg_diag_t diag = {0};
  tg_vm_tell(vm, 8, tg_vm_spawn_as(vm, 8, enter, &seen, &diag), &diag);
  check_int(ended.count, 0);
  tg_vm_tell(vm, 8, tg_vm_wake(vm, seen.task, push_error, NULL, &diag), &diag);
  check_int(ended.count, 1);
  check_rc(ended.rc, TG_E_SCRIPT);
  check_int(ended.mark, 8);
  check_false(ended.inside);
  tg_vm_tell(vm, 5, tg_vm_call_as(vm, 5, enter, &seen, &diag), &diag);
  check_int(ended.count, 2);
  check_rc(ended.rc, TG_OK);
  check_int(ended.mark, 5);
  tg_vm_free(vm);
}

CHECK_SUITE(functions_of_the_same_place_have_the_same_mark, a_call_has_its_mark_until_it_ends,
            the_host_is_told_of_the_end_and_not_of_a_pause)
