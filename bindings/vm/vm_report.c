/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/vm: an error in words. Called by vm_call.c. See vm_report.h. */

#include "bindings/vm/vm_report.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/vm/vm_state.h"

/* What the __tostring of an error may take. */
enum { TELL_STEPS = 100000 };

/* What happened, told in words: filled under protection, since it makes strings. */
typedef struct report {
  tg_vm_t *vm;
  lua_State *co;
  tg_diag_t *diag;
} report_t;

/* `file:12: text` to its parts; text without a position gets that of the innermost Lua function. */
static void split_position(const report_t *report, const char *text) {
  const char *at = text;
  for (const char *p = strchr(text, ':'); p; p = strchr(p + 1, ':')) {
    char *end;
    long line = strtol(p + 1, &end, 10);
    if (end == p + 1 || *end != ':' || line <= 0) continue;
    char file[192];
    size_t len = (size_t)(p - text) < sizeof file - 1 ? (size_t)(p - text) : sizeof file - 1;
    memcpy(file, text, len);
    file[len] = 0;
    if (len > 6 && memchr(file, '\n', len)) break;
    at = end + 1 + (end[1] == ' ');
    tg_diag_set(report->diag, file, (int)line, "%s", at);
    return;
  }
  lua_Debug frame;
  for (int level = 0; lua_getstack(report->co, level, &frame); level++) {
    if (!lua_getinfo(report->co, "Sl", &frame) || frame.currentline <= 0) continue;
    tg_diag_set(report->diag, frame.short_src, frame.currentline, "%s", text);
    return;
  }
  tg_diag_set(report->diag, NULL, 0, "%s", text);
}

static int make_report(lua_State *L) {
  const report_t *report = lua_touserdata(L, 1);
  bool is_text = lua_isstring(report->co, -1);
  const char *text;
  if (lua_isnil(report->co, -1)) {
    text = report->vm->reason ? report->vm->reason : "error without a message (nil)";
  } else if (is_text) {
    text = lua_tostring(report->co, -1);
  } else {
    lua_pushvalue(report->co, -1);
    lua_xmove(report->co, L, 1);
    text = luaL_tolstring(L, -1, NULL);
  }
  if (report->diag) split_position(report, text);
  luaL_traceback(L, report->co, text, 0);
  snprintf(report->vm->traceback, sizeof report->vm->traceback, "%s", lua_tostring(L, -1));
  return 0;
}

/* Reads the error off the dead coroutine. */
void tg_vm_report_error(tg_vm_t *vm, lua_State *co, int status, tg_diag_t *diag) {
  lua_State *L = tg_vm_state_current(vm);
  report_t report = {.vm = vm, .co = co, .diag = diag};
  vm->traceback[0] = 0;
  bool was_over = vm->over;
  vm->over = false; /* a __tostring of the script gets no second chance: the hook still counts */
  uint64_t steps = vm->steps, steps_max = vm->steps_max;
  vm->steps = 0;
  vm->steps_max = TELL_STEPS;
  bool is_told = false;
  if (lua_checkstack(L, 8) && lua_checkstack(co, 4)) {
    lua_pushcfunction(L, make_report);
    lua_pushlightuserdata(L, &report);
    is_told = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!is_told) lua_pop(L, 1);
  }
  if (!is_told && diag && !diag->message[0]) {
    split_position(&report, status == LUA_ERRMEM ? "not enough memory" : "an error that can't be told");
  }
  vm->reason = NULL;
  vm->steps = steps;
  vm->steps_max = steps_max;
  vm->over = was_over;
}
