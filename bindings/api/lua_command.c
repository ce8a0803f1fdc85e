/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands for whose end a script waits: taken apart, submitted to the twin, their results brought back. One per call.
 *
 * Path: scripts/tidegate/command.lua -> bindings/api/lua_command.c -> core/device/twin_command.c
 */

#include "bindings/api/lua_command.h"

#include <lauxlib.h>
#include <stdio.h>

#include "bindings/api/lua_device.h"
#include "bindings/api/lua_draft.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/lua_trigger.h"
#include "bindings/api/lua_wait.h"
#include "core/base/alloc.h"

/* A script that waits for the end of a command. */
typedef struct waiter {
  tg_lua_wait_t wait;
  tg_id_t command;
  bool gone; /* nobody hears the end */
} waiter_t;

/* A result on its way into Lua. */
typedef struct answer {
  const tg_command_t *command;
  const tg_command_result_t *result;
} answer_t;

void tg_lua_command_push_code(lua_State *L, uint8_t code) {
  char text[8];
  if (code) {
    (void)snprintf(text, sizeof text, "%u.%02u", (unsigned)code >> 5, code & 31U);
    lua_pushstring(L, text);
  } else {
    lua_pushnil(L);
  }
}

/* One value where one was asked for, else records. */
static void push_records(lua_State *L, const tg_command_t *command, const tg_command_result_t *result) {
  bool is_single = command->path.len >= TG_PATH_RESOURCE && result->record_count == 1 &&
                   tg_path_eq(&command->path, &result->records[0].path);
  if (is_single) tg_lua_record_push_value(L, &result->records[0].value);
  else tg_lua_record_push_list(L, result->records, result->record_count);
}

static int push_failure(lua_State *L, const tg_command_result_t *result) {
  char message[256];
  tg_slice_t text = result->text;
  (void)snprintf(message, sizeof message, "%s%s%.*s", tg_rc_text(result->rc), text.len ? ": " : "",
                 (int)(text.len < 160 ? text.len : 160), text.len ? (const char *)text.p : "");
  lua_pushnil(L);
  tg_lua_record_push_error(L, result->rc, message);
  tg_lua_command_push_code(L, result->code);
  lua_setfield(L, -2, "coap");
  return 2;
}

static int push_answer(lua_State *L, void *arg) {
  const answer_t *answer = arg;
  const tg_command_result_t *result = answer->result;
  luaL_checkstack(L, 8, "answer");
  if (result->state != TG_COMMAND_DONE) return push_failure(L, result);
  switch (answer->command->op) {
  case TG_OP_READ:
  case TG_OP_READ_COMPOSITE:
  case TG_OP_OBSERVE_COMPOSITE:
  case TG_OP_OBSERVE: push_records(L, answer->command, result); return 1;
  case TG_OP_CREATE:
  case TG_OP_DISCOVER: lua_pushlstring(L, (const char *)result->text.p, result->text.len); return 1;
  case TG_OP_WRITE:
  case TG_OP_UPDATE:
  case TG_OP_WRITE_COMPOSITE:
  case TG_OP_EXECUTE:
  case TG_OP_DELETE:
  case TG_OP_CANCEL:
  case TG_OP_ATTRIBUTES:
  case TG_OP_COUNT: break;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* Seam tg_command_done_fn. */
static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  waiter_t *waiter = ud;
  answer_t answer = {command, result};
  if (waiter->gone) tg_alloc_free(waiter);
  else tg_lua_wait_end(&waiter->wait, push_answer, &answer);
}

/* The script goes: its question is taken back. */
static void forget(void *ud) {
  waiter_t *waiter = ud;
  waiter->gone = true;
  (void)!tg_twin_cancel(waiter->wait.bundle->api->parts.twin, waiter->command); /* done() frees the waiter */
}

/* Nothing raises between the submit and the return. */
static int submit_and_wait(lua_State *L, const tg_command_t *command, int fn_index) {
  waiter_t *waiter = tg_lua_wait_new(L, sizeof *waiter, fn_index, forget);
  if (!waiter) return tg_lua_wait_refuse(L, NULL, TG_E_NOMEM, NULL);
  tg_rc_t rc = tg_twin_submit(waiter->wait.bundle->api->parts.twin, command, on_done, waiter, &waiter->command);
  return rc == TG_OK ? tg_lua_wait_begin(L, &waiter->wait) : tg_lua_wait_refuse(L, &waiter->wait, rc, NULL);
}

static tg_twin_t *twin_of(lua_State *L) {
  return tg_bundle_of(L)->api->parts.twin;
}

/* A trailing function is the callback, a table before it the options, either may be nil; @return the callback's index, 0 for none. */
static int take_trailing(lua_State *L, int after, tg_lua_draft_t *draft) {
  int top = lua_gettop(L);
  while (top > after && lua_isnil(L, top)) top--;
  int fn = top > after && lua_isfunction(L, top) ? top : 0;
  int options = fn ? fn - 1 : top;
  luaL_argcheck(L, options <= after + 1, after + 2, "a function as last argument is wanted");
  if (options > after && !lua_isnil(L, options)) tg_lua_draft_options(L, options, draft, true);
  return fn;
}

/* How many arguments a method takes before the options. Arguments that may be left out may be nil, too. */
static int fixed_args(lua_State *L, tg_op_t op) {
  if (op == TG_OP_DISCOVER) return lua_type(L, 2) == LUA_TSTRING || lua_isnil(L, 2) ? 2 : 1;
  if (op == TG_OP_EXECUTE) return lua_type(L, 3) == LUA_TSTRING || lua_isnil(L, 3) ? 3 : 2;
  return tg_lua_draft_has_values(op) || op == TG_OP_ATTRIBUTES ? 3 : 2;
}

/* dev:read_composite(paths[, options][, fn]), dev:write_composite(records[, options][, fn]) */
static int run_composite(lua_State *L, tg_op_t op) {
  tg_lua_draft_t draft;
  tg_rc_t rc = tg_lua_draft_begin(L, op, &draft);
  luaL_checktype(L, 2, LUA_TTABLE);
  int fn = take_trailing(L, 2, &draft);
  if (rc == TG_OK)
    rc = tg_lua_draft_has_values(op) ? tg_lua_draft_values(L, 2, &draft) : tg_lua_draft_paths(L, 2, &draft);
  if (rc == TG_OK) rc = tg_lua_draft_check(twin_of(L), &draft);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, draft.why);
  return submit_and_wait(L, &draft.command, fn);
}

/* dev:OP(path[, what][, options][, fn]); upvalue 1 is the operation. */
static int run_method(lua_State *L) {
  tg_op_t op = (tg_op_t)lua_tointeger(L, lua_upvalueindex(1));
  if (tg_lua_draft_is_composite(op)) return run_composite(L, op);
  tg_lua_draft_t draft;
  tg_rc_t rc = tg_lua_draft_begin(L, op, &draft);
  if (op != TG_OP_DISCOVER || lua_type(L, 2) == LUA_TSTRING) draft.command.path = tg_lua_record_check_path(L, 2);
  if (op == TG_OP_EXECUTE && lua_type(L, 3) == LUA_TSTRING) {
    size_t len;
    const char *args = lua_tolstring(L, 3, &len);
    draft.command.text = tg_slice(args, len);
  }
  if (tg_lua_draft_has_values(op)) luaL_checkany(L, 3);
  int fn = take_trailing(L, fixed_args(L, op), &draft);
  if (op == TG_OP_ATTRIBUTES) tg_lua_draft_attributes(L, 3, &draft);
  if (rc == TG_OK && tg_lua_draft_has_values(op)) rc = tg_lua_draft_values(L, 3, &draft);
  if (rc == TG_OK) rc = tg_lua_draft_check(twin_of(L), &draft);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, draft.why);
  return submit_and_wait(L, &draft.command, fn);
}

/* dev:trigger([options][, fn]), dev:prefer(transport[, options][, fn]) …; upvalue 1 is the kind. */
static int trigger_method(lua_State *L) {
  tg_trigger_t trigger = {.kind = (tg_trigger_kind_t)lua_tointeger(L, lua_upvalueindex(1)), .instance = -1};
  bool has_operand = trigger.kind == TG_TRIGGER_PREFER || trigger.kind == TG_TRIGGER_MUTE;
  int after = has_operand ? 2 : 1, top = lua_gettop(L);
  tg_lua_draft_t draft;
  tg_rc_t rc = tg_lua_draft_begin(L, TG_OP_EXECUTE, &draft);
  if (has_operand) tg_lua_trigger_operand(L, 2, &trigger);
  while (top > after && lua_isnil(L, top)) top--;
  int fn = top > after && lua_isfunction(L, top) ? top-- : 0;
  luaL_argcheck(L, top <= after + 1, after + 2, "a function as last argument is wanted");
  if (top > after && !lua_isnil(L, top)) {
    tg_lua_trigger_options(L, top, &trigger, true);
    tg_lua_draft_options(L, top, &draft, false);
  }
  if (rc == TG_OK) rc = tg_lua_trigger_fill(twin_of(L), &trigger, &draft);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, draft.why);
  return submit_and_wait(L, &draft.command, fn);
}

void tg_lua_command_methods(lua_State *L) {
  for (int op = 0; op < TG_OP_COUNT; op++) {
    lua_pushinteger(L, op);
    lua_pushcclosure(L, run_method, 1);
    lua_setfield(L, -2, tg_twin_op_name((tg_op_t)op));
  }
  for (int kind = 0; kind < TG_TRIGGER_COUNT; kind++) {
    lua_pushinteger(L, kind);
    lua_pushcclosure(L, trigger_method, 1);
    lua_setfield(L, -2, tg_trigger_name((tg_trigger_kind_t)kind));
  }
}
