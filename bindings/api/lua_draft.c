/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under lua_command.c and lua_submit.c: see lua_draft.h. */

#include "bindings/api/lua_draft.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"
#include "core/base/clock.h"
#include "core/base/num.h"
#include "core/codec/codec.h"
#include "core/server/attributes.h"

enum { RECORDS_MAX = 1024, TIMEOUT_MAX = 2592000, TAG_MAX = 64 };

static const char *const option_names[] = {"timeout", "priority", "format", "tag", "depth", "retry", NULL};

tg_rc_t tg_lua_draft_begin(lua_State *L, tg_op_t op, tg_lua_draft_t *draft) {
  *draft =
      (tg_lua_draft_t){.command = {.device = tg_lua_device_check(L, 1), .op = op, .content_format = -1, .priority = 1}};
  const tg_twin_t *twin = tg_bundle_of(L)->api->parts.twin;
  const tg_device_t *device = tg_twin_find(twin, draft->command.device);
  if (!device) return TG_E_GONE;
  draft->model = tg_twin_model(twin, device);
  return TG_OK;
}

bool tg_lua_draft_has_values(tg_op_t op) {
  return op == TG_OP_WRITE || op == TG_OP_UPDATE || op == TG_OP_CREATE || op == TG_OP_WRITE_COMPOSITE;
}

bool tg_lua_draft_is_composite(tg_op_t op) {
  return op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
}

static void read_numbers(lua_State *L, int index, tg_command_t *command) {
  if (tg_lua_record_push_member(L, index, "timeout") != LUA_TNIL) {
    double seconds = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : 0;
    if (!(seconds >= 1 && seconds <= TIMEOUT_MAX)) luaL_error(L, "timeout is 1 to %d seconds", TIMEOUT_MAX);
    command->timeout_s = (uint32_t)seconds;
  }
  lua_pop(L, 1);
  if (tg_lua_record_push_member(L, index, "priority") != LUA_TNIL) {
    lua_Integer priority = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (priority < 0 || priority > 3) luaL_error(L, "priority is 0 to 3");
    command->priority = (uint8_t)priority;
  }
  lua_pop(L, 1);
}

static void read_depth(lua_State *L, int index, tg_lua_draft_t *draft) {
  if (tg_lua_record_push_member(L, index, "depth") != LUA_TNIL) {
    if (draft->command.op != TG_OP_DISCOVER) luaL_error(L, "depth is for discover");
    lua_Integer depth = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (depth < 0 || depth > 3) luaL_error(L, "depth is a whole number from 0 to 3");
    int len = snprintf(draft->text, sizeof draft->text, "depth=%d", (int)depth);
    draft->command.text = tg_slice(draft->text, (size_t)len);
  }
  lua_pop(L, 1);
}

static void read_retry(lua_State *L, int index, tg_command_t *command) {
  int type = tg_lua_record_push_member(L, index, "retry");
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) luaL_error(L, "retry is true or false");
  command->retry = lua_toboolean(L, -1);
  lua_pop(L, 1);
}

void tg_lua_draft_options(lua_State *L, int index, tg_lua_draft_t *draft, bool is_strict) {
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 8, "options");
  if (is_strict) tg_lua_options_check(L, index, "option", option_names);
  read_numbers(L, index, &draft->command);
  read_depth(L, index, draft);
  read_retry(L, index, &draft->command);
  size_t len = 0;
  if (tg_lua_record_push_member(L, index, "format") != LUA_TNIL) {
    const char *name = luaL_tolstring(L, -1, &len);
    if (tg_codec_by_name(tg_slice(name, len), &draft->command.content_format) != TG_OK)
      luaL_error(L,
                 "format \"%s\" is not known: text opaque cbor senml-json senml-cbor tlv json lwm2m-cbor or a number",
                 name);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  if (tg_lua_record_push_member(L, index, "tag") != LUA_TNIL) {
    const char *tag = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (!tag || len > TAG_MAX) luaL_error(L, "tag is text of at most %d bytes", TAG_MAX);
    draft->command.tag = tg_slice(tag, len); /* anchored in the table */
  }
  lua_pop(L, 1);
}

void tg_lua_draft_durable(lua_State *L, int index, tg_lua_draft_t *draft) {
  int type = tg_lua_record_push_member(L, index, "durable");
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) luaL_error(L, "durable is true or false");
  draft->command.durable = lua_toboolean(L, -1);
  lua_pop(L, 1);
  if (tg_lua_record_push_member(L, index, "replace_key") != LUA_TNIL) {
    size_t len = 0;
    tg_op_t op = draft->command.op;
    const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (len == 0 || len > TAG_MAX) luaL_error(L, "replace_key is text of 1 to %d bytes", TAG_MAX);
    if (op != TG_OP_WRITE && op != TG_OP_UPDATE) luaL_error(L, "replace_key is for write and update");
    draft->command.replace_key = tg_slice(key, len); /* anchored in the table */
  }
  lua_pop(L, 1);
}

static int by_path(const void *a, const void *b) {
  return tg_path_cmp(&((const tg_record_t *)a)->path, &((const tg_record_t *)b)->path);
}

/* Row @p i of the list at @p index: its strings are anchored there. */
static tg_rc_t read_row(lua_State *L, int index, lua_Integer i, tg_lua_draft_t *draft, tg_record_t *record) {
  int top = lua_gettop(L);
  *record = (tg_record_t){.time_ms = tg_clock_wall_ms(), .time_source = TG_TIME_RECEIVED};
  tg_rc_t rc = TG_E_TYPE;
  draft->why = "a record is { path = \"/3303/0/5700\", value = … }";
  size_t len;
  if (lua_rawgeti(L, index, i) == LUA_TTABLE && tg_lua_record_push_member(L, -1, "path") == LUA_TSTRING) {
    const char *path = lua_tolstring(L, -1, &len);
    rc = tg_path_parse(tg_slice(path, len), &record->path);
    if (rc == TG_OK && !tg_path_covers(&draft->command.path, &record->path)) {
      draft->why = "a record lies outside the command's path";
      rc = TG_E_ARG;
    }
    bool may_delete =
        draft->command.op == TG_OP_WRITE_COMPOSITE && tg_lua_record_push_member(L, -2, "delete") != LUA_TNIL;
    bool deletes = may_delete && lua_toboolean(L, -1);
    lua_settop(L, top + 2);
    tg_lua_record_push_member(L, -2, "value");
    if (rc == TG_OK && !deletes) {
      rc = tg_lua_record_get_for(L, -1, &draft->model, &record->path, &record->value);
      if (rc != TG_OK) draft->why = "a value does not fit the type of its resource";
    }
  }
  lua_settop(L, top);
  return rc;
}

static tg_rc_t read_list(lua_State *L, int index, tg_lua_draft_t *draft) {
  size_t count = lua_rawlen(L, index);
  draft->why = "too many records";
  if (count > RECORDS_MAX) return TG_E_TOO_LONG;
  tg_record_t *records = lua_newuserdatauv(L, (count ? count : 1) * sizeof *records, 0); /* stays on the stack */
  for (size_t i = 0; i < count; i++) {
    tg_rc_t rc = read_row(L, index, (lua_Integer)i + 1, draft, &records[i]);
    if (rc != TG_OK) return rc;
  }
  if (draft->command.op != TG_OP_WRITE_COMPOSITE) qsort(records, count, sizeof *records, by_path);
  draft->command.records = records;
  draft->command.record_count = count;
  draft->why = NULL;
  return TG_OK;
}

/* Whether it is a list of records, and not one value in a table ({bytes=} or {oid, iid}). */
static bool is_list(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return false;
  if (lua_rawlen(L, index) == 0) {
    lua_pushnil(L);
    bool is_empty = lua_next(L, index) == 0;
    if (!is_empty) lua_pop(L, 2);
    return is_empty;
  }
  bool is = lua_rawgeti(L, index, 1) == LUA_TTABLE;
  lua_pop(L, 1);
  return is;
}

/* Whether it is a table by resource: for an instance, or a Create, and neither a list of records nor one value in a table. */
static bool is_keyed(lua_State *L, int index, const tg_command_t *command) {
  bool may = command->op == TG_OP_CREATE || command->op == TG_OP_WRITE || command->op == TG_OP_UPDATE;
  bool is_below =
      command->path.len == TG_PATH_INSTANCE || (command->path.len == TG_PATH_OBJECT && command->op == TG_OP_CREATE);
  if (!may || !is_below || lua_type(L, index) != LUA_TTABLE) return false;
  bool is_value = tg_lua_record_push_member(L, index, "bytes") != LUA_TNIL;
  lua_pop(L, 1);
  int type = lua_rawgeti(L, index, 1);
  lua_pop(L, 1);
  lua_pushnil(L);
  bool is_empty = lua_next(L, index) == 0;
  if (!is_empty) lua_pop(L, 2);
  return !is_value && type != LUA_TTABLE && !is_empty;
}

/* `5850` or "6/1" behind @p above. */
static tg_rc_t read_key(lua_State *L, const tg_path_t *above, tg_path_t *path) {
  char text[TG_PATH_TEXT_MAX * 2];
  if (lua_type(L, -2) == LUA_TNUMBER && !lua_isinteger(L, -2)) return TG_E_TYPE;
  if (lua_type(L, -2) != LUA_TNUMBER && lua_type(L, -2) != LUA_TSTRING) return TG_E_TYPE;
  lua_pushvalue(L, -2); /* lua_next() wants the key as it is */
  const char *key = lua_tostring(L, -1);
  int len = snprintf(text, sizeof text, "/0/0/%s", key);
  lua_pop(L, 1);
  if (len < 0 || (size_t)len >= sizeof text) return TG_E_SYNTAX;
  tg_rc_t rc = tg_path_parse(tg_slice(text, (size_t)len), path);
  path->id[0] = above->id[0];
  path->id[1] = above->id[1];
  return rc == TG_OK && path->len < TG_PATH_RESOURCE ? TG_E_SYNTAX : rc;
}

static tg_rc_t read_keyed(lua_State *L, int index, tg_lua_draft_t *draft) {
  tg_path_t above = draft->command.path;
  if (above.len == TG_PATH_OBJECT) above = tg_path_child(&above, TG_OPERATION_ANY_INSTANCE);
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  draft->why = "too many values";
  if (count > RECORDS_MAX) return TG_E_TOO_LONG;
  tg_record_t *records = lua_newuserdatauv(L, count * sizeof *records, 0); /* stays on the stack */
  tg_rc_t rc = TG_OK;
  count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    tg_record_t *record = &records[count++];
    *record = (tg_record_t){.time_ms = tg_clock_wall_ms(), .time_source = TG_TIME_RECEIVED};
    draft->why = "a key is the number of a resource, or \"6/1\" for an instance of it";
    rc = read_key(L, &above, &record->path);
    if (rc != TG_OK) return rc;
    draft->why = "a value does not fit the type of its resource";
    rc = tg_lua_record_get_for(L, -1, &draft->model, &record->path, &record->value);
    if (rc != TG_OK) return rc;
    lua_pop(L, 1);
  }
  qsort(records, count, sizeof *records, by_path);
  draft->command.records = records;
  draft->command.record_count = count;
  draft->why = NULL;
  return TG_OK;
}

tg_rc_t tg_lua_draft_values(lua_State *L, int index, tg_lua_draft_t *draft) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, "values");
  if (is_keyed(L, index, &draft->command)) return read_keyed(L, index, draft);
  if (is_list(L, index)) return read_list(L, index, draft);
  draft->why = "write_composite takes a list of records";
  if (draft->command.op == TG_OP_WRITE_COMPOSITE) return TG_E_TYPE;
  draft->why = "one value is for a resource; for an instance give a list of records";
  if (draft->command.path.len < TG_PATH_RESOURCE) return TG_E_ARG;
  tg_record_t *record = lua_newuserdatauv(L, sizeof *record, 0);
  *record = (tg_record_t){.path = draft->command.path, .time_ms = tg_clock_wall_ms(), .time_source = TG_TIME_RECEIVED};
  draft->why = "the value does not fit the type of the resource";
  tg_rc_t rc = tg_lua_record_get_for(L, index, &draft->model, &record->path, &record->value);
  if (rc != TG_OK) return rc;
  draft->why = NULL;
  draft->command.records = record;
  draft->command.record_count = 1;
  return TG_OK;
}

tg_rc_t tg_lua_draft_paths(lua_State *L, int index, tg_lua_draft_t *draft) {
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 8, "paths");
  size_t count = lua_rawlen(L, index), len;
  draft->why = "paths is a list of 1 to 1024 paths";
  if (count == 0 || count > RECORDS_MAX) return count ? TG_E_TOO_LONG : TG_E_ARG;
  tg_record_t *records = lua_newuserdatauv(L, count * sizeof *records, 0); /* stays on the stack */
  draft->why = "a path is text such as \"/3303/0/5700\"";
  for (size_t i = 0; i < count; i++) {
    records[i] = (tg_record_t){.time_ms = tg_clock_wall_ms(), .time_source = TG_TIME_RECEIVED};
    int type = lua_rawgeti(L, index, (lua_Integer)i + 1);
    const char *path = type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (!path) return TG_E_TYPE;
    tg_rc_t rc = tg_path_parse(tg_slice(path, len), &records[i].path);
    if (rc != TG_OK) return rc;
    lua_pop(L, 1);
  }
  draft->command.records = records;
  draft->command.record_count = count;
  draft->why = NULL;
  return TG_OK;
}

/* An attribute's value: a number; false or "" unsets. */
static void put_attribute(lua_State *L, const char *name, tg_buf_t *text) {
  size_t len = 1;
  int type = lua_type(L, -1);
  bool is_unset = (type == LUA_TBOOLEAN && !lua_toboolean(L, -1)) ||
                  (type == LUA_TSTRING && lua_tolstring(L, -1, &len) && len == 0);
  if (type != LUA_TNUMBER && !is_unset) luaL_error(L, "attribute \"%s\" is a number, or false to unset it", name);
  tg_buf_put_fmt(text, "%s%s", text->len ? "&" : "", name);
  if (is_unset) return;
  double value = lua_tonumber(L, -1);
  if (!(fabs(value) < 1e15)) luaL_error(L, "attribute \"%s\" is out of range", name);
  tg_buf_put_u8(text, '=');
  tg_num_put_double(text, value, false);
}

void tg_lua_draft_attributes(lua_State *L, int index, tg_lua_draft_t *draft) {
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  tg_lua_options_check(L, index, "attribute", tg_attributes_names);
  tg_buf_t text;
  tg_buf_init(&text, draft->text, sizeof draft->text);
  for (size_t i = 0; tg_attributes_names[i]; i++) {
    if (tg_lua_record_push_member(L, index, tg_attributes_names[i]) != LUA_TNIL)
      put_attribute(L, tg_attributes_names[i], &text);
    lua_pop(L, 1);
  }
  if (text.rc != TG_OK) luaL_error(L, "attributes are too long");
  draft->command.text = tg_buf_slice(&text);
}

tg_rc_t tg_lua_draft_check(const tg_twin_t *twin, tg_lua_draft_t *draft) {
  const tg_device_t *device = tg_twin_find(twin, draft->command.device);
  if (!device) return TG_E_GONE;
  tg_rc_t rc = tg_operation_check(twin, device, &draft->command, &draft->diag);
  if (rc != TG_OK) draft->why = draft->diag.message;
  return rc;
}
