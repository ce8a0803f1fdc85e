/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a script inside its vm: scripts/tidegate/tg.lua makes the public table, scripts/tidegate/bundle.lua runs the script. See bundle_open.h. */

#include "bindings/api/bundle_open.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>

#include "bindings/api/mod_core.h"
#include "bindings/vm/vm_sandbox.h"
#include "core/base/file.h"

/* Stack of tg_bundle_open(). */
enum { AT_BUNDLE = 1, AT_CORE, AT_TG, AT_HANDLERS };

static bool is_module_name(const char *name) {
  for (const char *p = name; *p; p++) {
    bool is_word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' ||
                   *p == '-' || *p == '.';
    if (!is_word || (*p == '.' && (p == name || p[1] == '.' || p[1] == 0))) return false;
  }
  return *name && strlen(name) < 128;
}

static bool read_file(const char *folder, const char *relative, tg_buf_t *source, tg_buf_t *file) {
  char path[PATH_MAX];
  int len = folder && *folder ? snprintf(path, sizeof path, "%s/%s", folder, relative) : -1;
  if (len < 0 || (size_t)len >= sizeof path) return false;
  if (tg_file_read(path, source) != TG_OK) return false;
  tg_buf_put_str(file, relative);
  return true;
}

bool tg_bundle_open_module(void *ud, const char *name, tg_buf_t *source, tg_buf_t *file) {
  const tg_bundle_t *bundle = ud;
  if (!is_module_name(name)) return false;
  char relative[160];
  (void)snprintf(relative, sizeof relative, "scripts/%s", name);
  for (char *p = relative; *p; p++) {
    if (*p == '.') *p = '/';
  }
  (void)snprintf(relative + strlen(relative), sizeof relative - strlen(relative), ".lua");
  const tg_embedded_file_t *own = tg_api_embedded(relative);
  if (own) {
    tg_buf_put(source, tg_slice(own->bytes, own->len));
    tg_buf_put_str(file, relative);
    return true;
  }
  const char *theirs = relative + strlen("scripts/");
  return read_file(bundle->source.search, theirs, source, file) ||
         read_file(bundle->api->scripts_dir, theirs, source, file);
}

static void require(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

void tg_bundle_open_public(lua_State *L, tg_bundle_t *bundle) {
  tg_bundle_loop_open(bundle->loop, L);
  tg_mod_core_push(L, bundle);
  require(L, "tidegate.tg");
  lua_pushvalue(L, -2);
  lua_call(L, 1, 1);
  lua_pushvalue(L, -1);
  tg_vm_sandbox_preload(L, "tidegate");
}

static void load_text(lua_State *L, const char *text, size_t len, const char *name) {
  if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) lua_error(L);
}

/* Options are data: their text is evaluated with nothing in reach. */
static void push_options(lua_State *L, const tg_bundle_source_t *source) {
  if (source->options_len == 0) {
    lua_newtable(L);
    return;
  }
  lua_pushliteral(L, "return ");
  lua_pushlstring(L, source->options, source->options_len);
  lua_concat(L, 2);
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  load_text(L, text, len, "=options");
  lua_newtable(L);
  lua_setupvalue(L, -2, 1);
  lua_call(L, 0, 1);
  lua_remove(L, -2);
  if (!lua_istable(L, -1)) luaL_error(L, "options are no table");
}

static int take_function(lua_State *L, const char *key) {
  if (lua_getfield(L, AT_HANDLERS, key) == LUA_TFUNCTION) return luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  return LUA_NOREF;
}

static uint32_t take_kinds(lua_State *L) {
  uint32_t kinds = 0;
  if (lua_getfield(L, AT_HANDLERS, "kinds") == LUA_TTABLE) {
    for (int i = 0; i <= TG_BUNDLE_KIND_CAMPAIGN; i++) {
      const char *name = i == TG_BUNDLE_KIND_FIRMWARE   ? "firmware"
                         : i == TG_BUNDLE_KIND_CAMPAIGN ? "campaign"
                                                        : tg_event_type_name((tg_event_type_t)i);
      lua_getfield(L, -1, name);
      if (lua_toboolean(L, -1)) kinds |= 1U << i;
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return kinds;
}

static int started(lua_State *L, int status, lua_KContext context) {
  (void)context;
  tg_bundle_t *bundle = lua_touserdata(L, AT_BUNDLE);
  luaL_checktype(L, AT_HANDLERS, LUA_TTABLE);
  bundle->starting = 0;
  bundle->on = (tg_bundle_handlers_t){.on_records = take_function(L, "on_records"),
                                      .on_event = take_function(L, "on_event"),
                                      .on_mqtt_state = take_function(L, "on_mqtt_state"),
                                      .on_register = take_function(L, "on_register"),
                                      .stop = take_function(L, "stop"),
                                      .save = take_function(L, "save"),
                                      .restore = take_function(L, "restore"),
                                      .kinds = take_kinds(L)};
  bundle->has_policy = bundle->on.on_register != LUA_NOREF;
  if (lua_getfield(L, AT_HANDLERS, "version") == LUA_TSTRING)
    (void)snprintf(bundle->version, sizeof bundle->version, "%s", lua_tostring(L, -1));
  /* It has waited: the one before it, if there is one, goes when this call has ended. */
  if (status == LUA_YIELD) tg_wheel_add(tg_loop_wheel(bundle->api->parts.loop), &bundle->api->mend, 0);
  return 0;
}

int tg_bundle_open(lua_State *L) {
  tg_bundle_t *bundle = lua_touserdata(L, 1);
  bundle->starting = tg_vm_task(L);
  tg_bundle_open_public(L, bundle);
  require(L, "tidegate.bundle");
  lua_getfield(L, -1, "start");
  lua_remove(L, -2);
  lua_pushvalue(L, AT_CORE);
  lua_pushvalue(L, AT_TG);
  const char *name = lua_pushfstring(L, "@%s", bundle->source.file);
  load_text(L, bundle->source.text, bundle->source.text_len, name);
  lua_remove(L, -2);
  push_options(L, &bundle->source);
  lua_callk(L, 4, 1, 0, started);
  return started(L, LUA_OK, 0);
}
