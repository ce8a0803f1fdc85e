/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/host: what is observed of whom, and profiles of quirks. Called by config_read.c and config_load.c. See config_policy.h. */

#include "bindings/host/config_policy.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>

#include "bindings/host/config_get.h"
#include "core/codec/codec.h"
#include "core/server/quirk.h"

/* A glob, or NULL where the table on top has none. */
static const char *glob(lua_State *L, tg_arena_t *arena, const char *key) {
  const char *text = tg_config_get_text(L, arena, key);
  return *text ? text : NULL;
}

static tg_server_select_t read_select(lua_State *L, tg_arena_t *arena) {
  return (tg_server_select_t){
      .ep = glob(L, arena, "ep"),
      .who = {glob(L, arena, "manufacturer"), glob(L, arena, "model"), glob(L, arena, "firmware")},
      .link = glob(L, arena, "link"),
      .tag = glob(L, arena, "tag")};
}

/* In plain digits: some devices read no exponents. */
static void put_number(tg_buf_t *query, double number) {
  char text[352];
  int len = snprintf(text, sizeof text, "%.9f", number);
  while (len > 1 && text[len - 1] == '0') len--;
  if (len > 1 && text[len - 1] == '.') len--;
  tg_buf_put(query, tg_slice((const uint8_t *)text, (size_t)len));
}

/* Write-Attributes as the device gets them: `pmin=10&gt=21.5`. */
static const char *attributes(lua_State *L, tg_arena_t *arena) {
  static const char *const names[] = {"pmin", "pmax", "gt", "lt", "st"};
  uint8_t memory[1024];
  tg_buf_t query;
  tg_buf_init(&query, memory, sizeof memory - 1);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    lua_getfield(L, -1, names[i]);
    if (lua_isnumber(L, -1)) {
      tg_buf_put_fmt(&query, "%s%s=", query.len ? "&" : "", names[i]);
      put_number(&query, i < 2 ? round(lua_tonumber(L, -1)) : lua_tonumber(L, -1));
    }
    lua_pop(L, 1);
  }
  char *copy = tg_config_get_array(L, arena, query.len + 1, 1);
  if (query.len) memcpy(copy, query.p, query.len);
  return copy;
}

void tg_config_policy_observe(lua_State *L, tg_arena_t *arena, tg_gateway_config_t *gateway) {
  gateway->observe_count = tg_config_get_list(L, "observe");
  tg_server_observe_t *observe = tg_config_get_array(L, arena, gateway->observe_count, sizeof *observe);
  for (size_t i = 0; i < gateway->observe_count; i++) {
    lua_geti(L, -1, (lua_Integer)i + 1);
    if (tg_path_parse(tg_slice_str(tg_config_get_text(L, arena, "path")), &observe[i].path) != TG_OK)
      luaL_error(L, "observe[%d]: no path", (int)i + 1);
    observe[i].query = attributes(L, arena);
    observe[i].select = read_select(L, arena);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  gateway->observe = observe;
}

static void read_quirk(lua_State *L, tg_arena_t *arena, tg_server_quirk_t *quirk) {
  static const struct {
    const char *key;
    uint32_t bit;
  } flags[] = {{"unsigned_tlv", TG_QUIRK_UNSIGNED_TLV},
               {"text_only", TG_QUIRK_TEXT_ONLY},
               {"no_composite", TG_QUIRK_NO_COMPOSITE},
               {"no_attributes", TG_QUIRK_NO_ATTRIBUTES},
               {"no_accept", TG_QUIRK_NO_ACCEPT}};
  *quirk = (tg_server_quirk_t){
      .select = read_select(L, arena), .content_format = TG_CF_NONE, .block_szx = TG_SERVER_SZX_ANY};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    if (tg_config_get_bool(L, flags[i].key)) quirk->quirks |= flags[i].bit;
  }
  uint64_t block = tg_config_get_uint(L, "block");
  if (block) {
    quirk->quirks |= TG_QUIRK_SMALL_BLOCKS;
    for (quirk->block_szx = 0; (UINT64_C(32) << quirk->block_szx) <= block && quirk->block_szx < 6;) quirk->block_szx++;
  }
  tg_slice_t format = tg_slice_str(tg_config_get_text(L, arena, "content_format"));
  if (format.len && tg_codec_by_name(format, &quirk->content_format) == TG_OK) quirk->quirks |= TG_QUIRK_OWN_FORMAT;
}

void tg_config_policy_quirks(lua_State *L, tg_arena_t *arena, tg_gateway_config_t *gateway) {
  size_t more = (size_t)luaL_len(L, -1), count = gateway->quirk_count + more;
  tg_server_quirk_t *quirks = tg_config_get_array(L, arena, count, sizeof *quirks);
  if (gateway->quirk_count) memcpy(quirks, gateway->quirks, gateway->quirk_count * sizeof *quirks);
  for (size_t i = 0; i < more; i++) {
    lua_geti(L, -1, (lua_Integer)i + 1);
    read_quirk(L, arena, &quirks[gateway->quirk_count + i]);
    lua_pop(L, 1);
  }
  gateway->quirks = quirks;
  gateway->quirk_count = count;
}
