/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of scripts: taken apart, submitted to the twin, their results brought back to whoever waits. One per call; what waits
 * for an answer stands on the bundle's undo list, so that a script that goes takes its questions with it.
 *
 * Path: scripts/tidegate/command.lua -> bindings/api/lua_command.c -> core/device/twin_command.c
 */

#include "bindings/api/lua_command.h"

#include <lauxlib.h>
#include <stdio.h>

#include "bindings/api/lua_device.h"
#include "bindings/api/lua_draft.h"
#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/lua_trigger.h"
#include "bindings/api/lua_wait.h"
#include "core/base/alloc.h"

enum { OWNER_MAX = 64 };

static const char *const submit_members[] = {
    "op",      "path",        "value", "records", "args",      "attributes", "timeout", "priority", "format", "tag",
    "durable", "replace_key", "paths", "depth",   "transport", "instance",   "seconds", "retry",    NULL};

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

static void on_done_unheard(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result; /* told as events */
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

/* Begins a draft for the device at index 1. TG_E_GONE. */
static tg_rc_t begin(lua_State *L, tg_op_t op, tg_lua_draft_t *draft) {
  *draft =
      (tg_lua_draft_t){.command = {.device = tg_lua_device_check(L, 1), .op = op, .content_format = -1, .priority = 1}};
  const tg_device_t *device = tg_twin_find(twin_of(L), draft->command.device);
  if (!device) return TG_E_GONE;
  draft->model = tg_twin_model(twin_of(L), device);
  return TG_OK;
}

static bool has_values(tg_op_t op) {
  return op == TG_OP_WRITE || op == TG_OP_UPDATE || op == TG_OP_CREATE || op == TG_OP_WRITE_COMPOSITE;
}

static bool is_composite(tg_op_t op) {
  return op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
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
  return has_values(op) || op == TG_OP_ATTRIBUTES ? 3 : 2;
}

/* dev:read_composite(paths[, options][, fn]), dev:write_composite(records[, options][, fn]) */
static int run_composite(lua_State *L, tg_op_t op) {
  tg_lua_draft_t draft;
  tg_rc_t rc = begin(L, op, &draft);
  luaL_checktype(L, 2, LUA_TTABLE);
  int fn = take_trailing(L, 2, &draft);
  if (rc == TG_OK) rc = has_values(op) ? tg_lua_draft_values(L, 2, &draft) : tg_lua_draft_paths(L, 2, &draft);
  if (rc == TG_OK) rc = tg_lua_draft_check(twin_of(L), &draft);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, draft.why);
  return submit_and_wait(L, &draft.command, fn);
}

/* dev:OP(path[, what][, options][, fn]); upvalue 1 is the operation. */
static int run_method(lua_State *L) {
  tg_op_t op = (tg_op_t)lua_tointeger(L, lua_upvalueindex(1));
  if (is_composite(op)) return run_composite(L, op);
  tg_lua_draft_t draft;
  tg_rc_t rc = begin(L, op, &draft);
  if (op != TG_OP_DISCOVER || lua_type(L, 2) == LUA_TSTRING) draft.command.path = tg_lua_record_check_path(L, 2);
  if (op == TG_OP_EXECUTE && lua_type(L, 3) == LUA_TSTRING) {
    size_t len;
    const char *args = lua_tolstring(L, 3, &len);
    draft.command.text = tg_slice(args, len);
  }
  if (has_values(op)) luaL_checkany(L, 3);
  int fn = take_trailing(L, fixed_args(L, op), &draft);
  if (op == TG_OP_ATTRIBUTES) tg_lua_draft_attributes(L, 3, &draft);
  if (rc == TG_OK && has_values(op)) rc = tg_lua_draft_values(L, 3, &draft);
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
  tg_rc_t rc = begin(L, TG_OP_EXECUTE, &draft);
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

/* What is read stays on the stack, so that its bytes are not collected. */
static void read_submit_text(lua_State *L, tg_lua_draft_t *draft) {
  size_t len;
  if (draft->command.op == TG_OP_ATTRIBUTES) {
    if (lua_getfield(L, 2, "attributes") != LUA_TTABLE) luaL_error(L, "submit: attributes are a table");
    tg_lua_draft_attributes(L, -1, draft);
  }
  int type = draft->command.op == TG_OP_EXECUTE ? lua_getfield(L, 2, "args") : LUA_TNIL;
  if (type != LUA_TNIL && type != LUA_TSTRING) luaL_error(L, "submit: args are text");
  if (type == LUA_TNIL) return;
  const char *args = lua_tolstring(L, -1, &len);
  draft->command.text = tg_slice(args, len);
}

static void read_submit_path(lua_State *L, tg_lua_draft_t *draft) {
  size_t len;
  int type = lua_getfield(L, 2, "path");
  bool may_lack =
      draft->command.op == TG_OP_DISCOVER || draft->command.op == TG_OP_CANCEL || is_composite(draft->command.op);
  if (type == LUA_TNIL && may_lack) return;
  const char *path = type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
  if (!path || tg_path_parse(tg_slice(path, len), &draft->command.path) != TG_OK)
    luaL_error(L, "submit: path is text such as \"/3303/0/5700\"");
}

static void refuse_members(lua_State *L, const char *op, const char *const members[]) {
  for (; *members; members++) {
    if (lua_getfield(L, 2, *members) != LUA_TNIL) luaL_error(L, "submit: %s takes no %s", op, *members);
    lua_pop(L, 1);
  }
}

/* @return whether it is an operation; else it is what @p trigger says */
static bool read_submit_op(lua_State *L, tg_op_t *op, tg_trigger_t *trigger) {
  const char *name = lua_getfield(L, 2, "op") == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
  bool is_text = lua_type(L, -1) == LUA_TSTRING;
  if (is_text && tg_twin_op_of(tg_slice_str(name), op) == TG_OK) {
    refuse_members(L, name, (const char *const[]){"transport", "instance", "seconds", NULL});
    return true;
  }
  if (!is_text || tg_trigger_of(tg_slice_str(name), &trigger->kind) != TG_OK)
    luaL_error(L, "submit: op \"%s\" is not known", name);
  refuse_members(L, name, (const char *const[]){"path", "records", "args", "attributes", "paths", "depth", NULL});
  tg_lua_trigger_options(L, 2, trigger, false);
  return false;
}

/* What the operation works on. */
static tg_rc_t read_submit_content(lua_State *L, tg_lua_draft_t *draft) {
  tg_op_t op = draft->command.op;
  if (has_values(op)) {
    if (lua_getfield(L, 2, "records") == LUA_TNIL) lua_getfield(L, 2, "value");
    draft->why = "value or records are missing";
    return lua_isnil(L, -1) ? TG_E_ARG : tg_lua_draft_values(L, -1, draft);
  }
  if (!is_composite(op)) return TG_OK;
  if (lua_getfield(L, 2, "paths") != LUA_TTABLE) luaL_error(L, "submit: paths are a list");
  return tg_lua_draft_paths(L, -1, draft);
}

/* dev:submit{ op=, path=, … }: the command's id; how it goes is told as events. */
static int submit_method(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  tg_lua_options_check(L, 2, "submit:", submit_members);
  tg_trigger_t trigger = {.instance = -1};
  tg_lua_draft_t draft;
  tg_op_t op = TG_OP_EXECUTE;
  bool is_op = read_submit_op(L, &op, &trigger);
  tg_rc_t rc = begin(L, op, &draft);
  if (is_op) read_submit_path(L, &draft);
  tg_lua_draft_options(L, 2, &draft, false);
  tg_lua_draft_durable(L, 2, &draft);
  draft.command.owner = tg_slice_str(tg_bundle_of(L)->source.name);
  if (draft.command.owner.len > OWNER_MAX) draft.command.owner.len = 0; /* its events are nobody's */
  if (is_op) read_submit_text(L, &draft);
  if (rc == TG_OK && is_op) rc = read_submit_content(L, &draft);
  if (rc == TG_OK && is_op) rc = tg_lua_draft_check(twin_of(L), &draft);
  if (rc == TG_OK && !is_op) rc = tg_lua_trigger_fill(twin_of(L), &trigger, &draft);
  tg_id_t id = 0;
  if (rc == TG_OK) rc = tg_twin_submit(twin_of(L), &draft.command, on_done_unheard, NULL, &id);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, draft.why);
  lua_pushinteger(L, (lua_Integer)id);
  return 1;
}

int tg_lua_command_cancel(lua_State *L) {
  tg_rc_t rc = tg_twin_cancel(tg_bundle_of(L)->api->parts.twin, (tg_id_t)luaL_checkinteger(L, 1));
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, NULL);
  lua_pushboolean(L, 1);
  return 1;
}

static void set_text(lua_State *L, const char *key, tg_slice_t text) {
  if (text.len == 0) return;
  lua_pushlstring(L, (const char *)text.p, text.len);
  lua_setfield(L, -2, key);
}

static bool push_queued(void *ud, const tg_command_t *command, tg_command_state_t state) {
  lua_State *L = ud;
  char path[TG_PATH_TEXT_MAX];
  lua_createtable(L, 0, 9);
  lua_pushinteger(L, (lua_Integer)command->id);
  lua_setfield(L, -2, "id");
  set_text(L, "op", tg_slice_str(tg_twin_op_name(command->op)));
  set_text(L, "path", tg_slice_str(tg_path_text(&command->path, path)));
  set_text(L, "state", tg_slice_str(tg_event_state_name(state)));
  set_text(L, "tag", command->tag);
  set_text(L, "replace_key", command->replace_key);
  lua_pushboolean(L, command->durable);
  lua_setfield(L, -2, "durable");
  lua_pushinteger(L, command->priority);
  lua_setfield(L, -2, "priority");
  lua_pushnumber(L, (lua_Number)command->deadline_ms / 1000);
  lua_setfield(L, -2, "deadline");
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  return true;
}

/* dev:queue(): its commands in the order in which they go. The walk calls no one that could raise but for memory, and holds nothing. */
static int queue_method(lua_State *L) {
  tg_id_t id = tg_lua_device_check(L, 1);
  luaL_checkstack(L, 8, "queue");
  lua_newtable(L);
  tg_twin_commands(tg_bundle_of(L)->api->parts.twin, id, push_queued, L);
  return 1;
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
  lua_pushcfunction(L, submit_method);
  lua_setfield(L, -2, "submit");
  lua_pushcfunction(L, queue_method);
  lua_setfield(L, -2, "queue");
}
