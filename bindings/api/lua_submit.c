/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of bindings/api: commands that a script leaves in a device's queue. Nobody waits for them, how they go is told as events.
 * Called by mod_device.c.
 */

#include "bindings/api/lua_submit.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_draft.h"
#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/lua_trigger.h"

enum { OWNER_MAX = 64 };

static const char *const submit_members[] = {
    "op",      "path",        "value", "records", "args",      "attributes", "timeout", "priority", "format", "tag",
    "durable", "replace_key", "paths", "depth",   "transport", "instance",   "seconds", "retry",    NULL};

static void on_done_unheard(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result; /* told as events */
}

static tg_twin_t *twin_of(lua_State *L) {
  return tg_bundle_of(L)->api->parts.twin;
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
  bool may_lack = draft->command.op == TG_OP_DISCOVER || draft->command.op == TG_OP_CANCEL ||
                  tg_lua_draft_is_composite(draft->command.op);
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
  if (tg_lua_draft_has_values(op)) {
    if (lua_getfield(L, 2, "records") == LUA_TNIL) lua_getfield(L, 2, "value");
    draft->why = "value or records are missing";
    return lua_isnil(L, -1) ? TG_E_ARG : tg_lua_draft_values(L, -1, draft);
  }
  if (!tg_lua_draft_is_composite(op)) return TG_OK;
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
  tg_rc_t rc = tg_lua_draft_begin(L, op, &draft);
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

int tg_lua_submit_cancel(lua_State *L) {
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

void tg_lua_submit_methods(lua_State *L) {
  lua_pushcfunction(L, submit_method);
  lua_setfield(L, -2, "submit");
  lua_pushcfunction(L, queue_method);
  lua_setfield(L, -2, "queue");
}
