/* SPDX-License-Identifier: Apache-2.0 */
/* See mod_codec.h. Everything works on memory of the script's own, so that its cap holds. */

#include "bindings/api/mod_codec.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

#include "bindings/api/api_state.h"
#include "bindings/api/lua_json.h"
#include "bindings/api/lua_record.h"
#include "core/base/base64.h"
#include "core/base/clock.h"
#include "core/base/hex.h"
#include "core/codec/codec.h"

enum { RECORDS_MAX = 1024, PAYLOAD_MAX = 1 << 20 };

/* A fixed buffer of @p cap bytes in a userdata that stays on the stack. */
static tg_buf_t push_buf(lua_State *L, size_t cap) {
  tg_buf_t buf;
  tg_buf_init(&buf, lua_newuserdatauv(L, cap ? cap : 1, 0), cap ? cap : 1);
  tg_vm_charge(L, cap / 16);
  return buf;
}

static int finish(lua_State *L, const tg_buf_t *buf, tg_rc_t rc) {
  if (rc == TG_OK) rc = buf->rc;
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, NULL);
  lua_pushlstring(L, (const char *)buf->p, buf->len);
  return 1;
}

static int to_hex(lua_State *L) {
  tg_slice_t bytes = tg_lua_record_check_bytes(L, 1);
  tg_buf_t buf = push_buf(L, bytes.len * 2);
  tg_hex_put(&buf, bytes);
  return finish(L, &buf, TG_OK);
}

static int from_hex(lua_State *L) {
  tg_slice_t text = tg_lua_record_check_bytes(L, 1);
  tg_buf_t buf = push_buf(L, text.len / 2 + 1);
  return finish(L, &buf, tg_hex_get(text, &buf));
}

static int to_base64(lua_State *L) {
  tg_slice_t bytes = tg_lua_record_check_bytes(L, 1);
  tg_buf_t buf = push_buf(L, bytes.len / 3 * 4 + 4);
  tg_base64_put(&buf, bytes);
  return finish(L, &buf, TG_OK);
}

static int from_base64(lua_State *L) {
  tg_slice_t text = tg_lua_record_check_bytes(L, 1);
  tg_buf_t buf = push_buf(L, text.len);
  return finish(L, &buf, tg_base64_get_any(text, &buf));
}

/* The format named at @p index, by name or number; raises. */
static int check_format(lua_State *L, int index) {
  int format = 0;
  size_t len;
  const char *name = luaL_tolstring(L, index, &len);
  bool is_known = tg_codec_by_name(tg_slice(name, len), &format) == TG_OK;
  lua_pop(L, 1);
  if (!is_known) luaL_argerror(L, index, "a format such as \"tlv\" or \"senml-json\" is wanted");
  return format;
}

static tg_path_t optional_path(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? tg_path(0, 0, 0, 0) : tg_lua_record_check_path(L, index);
}

static tg_model_t newest_model(lua_State *L) {
  return (tg_model_t){.registry = tg_bundle_of(L)->api->parts.registry, .enabler = TG_VERSION_1_1};
}

/* decode(format, bytes[, path]): records; or nil and an error. */
static int codec_decode(lua_State *L) {
  int format = check_format(L, 1);
  tg_slice_t bytes = tg_lua_record_check_bytes(L, 2);
  tg_path_t base = optional_path(L, 3);
  tg_model_t model = newest_model(L);
  tg_buf_t scratch = push_buf(L, bytes.len * 2 + 64);
  tg_codec_input_t input = {.content_format = format,
                            .base = base,
                            .model = &model,
                            .payload = bytes,
                            .now_ms = tg_clock_wall_ms(),
                            .scratch = &scratch};
  tg_codec_dec_t *dec = lua_newuserdatauv(L, sizeof *dec, 0);
  tg_rc_t rc = tg_codec_dec_init(dec, &input);
  lua_newtable(L);
  for (lua_Integer i = 1; rc == TG_OK; i++) {
    tg_record_t record;
    rc = tg_codec_dec_next(dec, &record);
    if (rc == TG_OK && i > RECORDS_MAX) rc = TG_E_TOO_LONG;
    if (rc != TG_OK) break;
    if (record.time_source != TG_TIME_DEVICE) record.time_ms = 0; /* it is that of this call */
    tg_lua_record_push(L, &record);
    lua_rawseti(L, -2, i);
  }
  return rc == TG_END ? 1 : tg_lua_record_fail(L, rc, NULL);
}

static int by_path(const void *a, const void *b) {
  return tg_path_cmp(&((const tg_record_t *)a)->path, &((const tg_record_t *)b)->path);
}

/* Row @p i of the list at 2; its strings stay anchored there. Raises for what is no record. */
static tg_rc_t get_record(lua_State *L, lua_Integer i, const tg_model_t *model, tg_record_t *record) {
  int top = lua_gettop(L);
  *record = (tg_record_t){.time_source = TG_TIME_UNKNOWN};
  if (lua_rawgeti(L, 2, i) != LUA_TTABLE) luaL_error(L, "record %I is no table", (LUAI_UACINT)i);
  if (tg_lua_record_push_member(L, -1, "path") != LUA_TSTRING) luaL_error(L, "record %I has no path", (LUAI_UACINT)i);
  record->path = tg_lua_record_check_path(L, -1);
  if (tg_lua_record_push_member(L, -2, "time") == LUA_TNUMBER) {
    double seconds = lua_tonumber(L, -1);
    if (!(fabs(seconds) < 1e11)) luaL_error(L, "record %I: time is Unix seconds", (LUAI_UACINT)i);
    record->time_ms = (int64_t)llround(seconds * 1000);
    record->time_source = TG_TIME_DEVICE;
  }
  tg_lua_record_push_member(L, -3, "value");
  tg_rc_t rc = tg_lua_record_get_for(L, -1, model, &record->path, &record->value);
  lua_settop(L, top);
  return rc;
}

/* encode(format, records[, path]): bytes; or nil and an error. */
static int codec_encode(lua_State *L) {
  int format = check_format(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  tg_path_t base = optional_path(L, 3);
  tg_model_t model = newest_model(L);
  size_t count = lua_rawlen(L, 2);
  if (count > RECORDS_MAX) return tg_lua_record_fail(L, TG_E_TOO_LONG, "more than 1024 records");
  tg_record_t *records = lua_newuserdatauv(L, (count ? count : 1) * sizeof *records, 0);
  size_t bytes = 256;
  for (size_t i = 0; i < count; i++) {
    tg_rc_t rc = get_record(L, (lua_Integer)i + 1, &model, &records[i]);
    if (rc != TG_OK) return tg_lua_record_fail(L, rc, lua_pushfstring(L, "record %d: %s", (int)i + 1, tg_rc_text(rc)));
    tg_type_t type = records[i].value.type;
    bool has_bytes = type == TG_TYPE_STRING || type == TG_TYPE_OPAQUE || type == TG_TYPE_CORELNK;
    bytes += 128 + (has_bytes ? records[i].value.s.len * 6 : 0);
  }
  qsort(records, count, sizeof *records, by_path);
  tg_buf_t buf = push_buf(L, bytes < PAYLOAD_MAX ? bytes : PAYLOAD_MAX);
  const tg_codec_output_t output = {
      .content_format = format, .base = base, .records = records, .count = count, .model = &model};
  return finish(L, &buf, tg_codec_encode(&output, &buf));
}

void tg_mod_codec_push(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"to_json", tg_lua_json}, {"from_json", tg_lua_json_parse}, {"to_hex", to_hex},
      {"from_hex", from_hex},   {"to_base64", to_base64},         {"from_base64", from_base64},
      {"decode", codec_decode}, {"encode", codec_encode},         {NULL, NULL}};
  luaL_newlib(L, functions);
}
