/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_record.h. No state, no calls into scripts. */

#include "bindings/api/lua_record.h"

#include <lauxlib.h>

void tg_lua_record_push_value(lua_State *L, const tg_value_t *value) {
  switch (value->type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: lua_pushinteger(L, value->i); return;
  case TG_TYPE_UNSIGNED:
    if (value->u <= INT64_MAX) lua_pushinteger(L, (lua_Integer)value->u);
    else lua_pushnumber(L, (double)value->u);
    return;
  case TG_TYPE_FLOAT: lua_pushnumber(L, value->f); return;
  case TG_TYPE_BOOLEAN: lua_pushboolean(L, value->b); return;
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: lua_pushlstring(L, (const char *)value->s.p, value->s.len); return;
  case TG_TYPE_OPAQUE:
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, (const char *)value->s.p, value->s.len);
    lua_setfield(L, -2, "bytes");
    return;
  case TG_TYPE_OBJLNK:
    lua_createtable(L, 2, 0);
    lua_pushinteger(L, value->link.oid);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, value->link.iid);
    lua_rawseti(L, -2, 2);
    return;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
  lua_pushnil(L);
}

int tg_lua_record_push_member(lua_State *L, int index, const char *key) {
  index = lua_absindex(L, index);
  lua_pushstring(L, key);
  return lua_rawget(L, index);
}

static tg_slice_t bytes_at(lua_State *L, int index) {
  size_t len;
  const char *p = lua_tolstring(L, index, &len);
  return tg_slice(p, len);
}

/* {bytes = "…"} or {oid, iid}; the bytes stay anchored in the table. */
static tg_rc_t get_table(lua_State *L, int index, tg_value_t *value) {
  index = lua_absindex(L, index);
  bool is_opaque = tg_lua_record_push_member(L, index, "bytes") == LUA_TSTRING;
  if (is_opaque) *value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = bytes_at(L, -1)};
  lua_pop(L, 1);
  if (is_opaque) return TG_OK;
  lua_rawgeti(L, index, 1);
  lua_rawgeti(L, index, 2);
  int is_oid, is_iid;
  lua_Integer oid = lua_tointegerx(L, -2, &is_oid), iid = lua_tointegerx(L, -1, &is_iid);
  lua_pop(L, 2);
  if (!is_oid || !is_iid || oid < 0 || oid > UINT16_MAX || iid < 0 || iid > UINT16_MAX) return TG_E_TYPE;
  *value = (tg_value_t){.type = TG_TYPE_OBJLNK, .link = {(uint16_t)oid, (uint16_t)iid}};
  return TG_OK;
}

tg_rc_t tg_lua_record_get_value(lua_State *L, int index, tg_value_t *value) {
  switch (lua_type(L, index)) {
  case LUA_TNUMBER:
    if (lua_isinteger(L, index)) *value = (tg_value_t){.type = TG_TYPE_INTEGER, .i = lua_tointeger(L, index)};
    else *value = (tg_value_t){.type = TG_TYPE_FLOAT, .f = lua_tonumber(L, index)};
    return TG_OK;
  case LUA_TBOOLEAN: *value = (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = lua_toboolean(L, index)}; return TG_OK;
  case LUA_TSTRING: *value = (tg_value_t){.type = TG_TYPE_STRING, .s = bytes_at(L, index)}; return TG_OK;
  case LUA_TTABLE: return get_table(L, index, value);
  default: return TG_E_TYPE;
  }
}

tg_rc_t tg_lua_record_get_for(lua_State *L, int index, const tg_model_t *model, const tg_path_t *path,
                              tg_value_t *value) {
  tg_value_t plain;
  tg_rc_t rc = tg_lua_record_get_value(L, index, &plain);
  if (rc != TG_OK) return rc;
  *value = plain;
  if (path->len < TG_PATH_RESOURCE) return TG_OK;
  const tg_resdef_t *def = tg_model_resource(model, path);
  if (!def || def->type == TG_TYPE_NONE) return TG_OK;
  return tg_value_convert(&plain, (tg_type_t)def->type, value);
}

tg_path_t tg_lua_record_check_path(lua_State *L, int index) {
  size_t len;
  const char *text = luaL_checklstring(L, index, &len);
  tg_path_t path = tg_path(0, 0, 0, 0);
  if (tg_path_parse(tg_slice(text, len), &path) != TG_OK)
    luaL_argerror(L, index, "a path such as \"/3303/0/5700\" is wanted");
  return path;
}

void tg_lua_record_push(lua_State *L, const tg_record_t *record) {
  char text[TG_PATH_TEXT_MAX];
  luaL_checkstack(L, 5, "record");
  lua_createtable(L, 0, 3);
  lua_pushstring(L, tg_path_text(&record->path, text));
  lua_setfield(L, -2, "path");
  tg_lua_record_push_value(L, &record->value);
  lua_setfield(L, -2, "value");
  if (!record->time_ms) return;
  lua_pushnumber(L, (double)record->time_ms / 1000);
  lua_setfield(L, -2, "time");
}

void tg_lua_record_push_list(lua_State *L, const tg_record_t *records, size_t count) {
  luaL_checkstack(L, 2, "records");
  lua_createtable(L, count < 1024 ? (int)count : 1024, 0);
  for (size_t i = 0; i < count; i++) {
    tg_lua_record_push(L, &records[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static int error_text(lua_State *L) {
  lua_getfield(L, 1, "code");
  lua_pushliteral(L, ": ");
  lua_getfield(L, 1, "message");
  lua_concat(L, 3);
  return 1;
}

void tg_lua_record_push_error(lua_State *L, tg_rc_t rc, const char *message) {
  lua_createtable(L, 0, 2);
  lua_pushstring(L, tg_rc_name(rc));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, message ? message : tg_rc_text(rc));
  lua_setfield(L, -2, "message");
  if (luaL_newmetatable(L, "tidegate.failure")) {
    lua_pushcfunction(L, error_text);
    lua_setfield(L, -2, "__tostring");
  }
  lua_setmetatable(L, -2);
}

int tg_lua_record_fail(lua_State *L, tg_rc_t rc, const char *message) {
  lua_pushnil(L);
  tg_lua_record_push_error(L, rc, message);
  return 2;
}

tg_slice_t tg_lua_record_check_bytes(lua_State *L, int index) {
  size_t len;
  const char *bytes = luaL_checklstring(L, index, &len);
  return tg_slice(bytes, len);
}

tg_rc_t tg_lua_record_error_rc(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return TG_E_PEER;
  tg_rc_t rc = TG_E_PEER;
  lua_getfield(L, index, "code");
  const char *code = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  for (int i = TG_END + 1; i <= TG_E_INTERNAL; i++) {
    if (strcmp(code, tg_rc_name((tg_rc_t)i)) == 0) rc = (tg_rc_t)i;
  }
  lua_pop(L, 1);
  return rc;
}
