/* SPDX-License-Identifier: Apache-2.0 */
/* The names of what scripts may call, asked of the real thing: a machine is opened as for a script and its public table walked. See api.h. */

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/api/bundle_open.h"
#include "core/base/alloc.h"

enum { NAMES_MAX = 512, NAME_LEN = 64 };

typedef struct names {
  tg_bundle_t *bundle;
  size_t count;
  char list[NAMES_MAX][NAME_LEN];
} names_t;

static void add_functions(lua_State *L, int table, const char *prefix, names_t *names) {
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isfunction(L, -1)) continue;
    if (names->count == NAMES_MAX) luaL_error(L, "more than %d functions", NAMES_MAX);
    (void)snprintf(names->list[names->count++], NAME_LEN, "%s.%s", prefix, lua_tostring(L, -2));
  }
}

static int collect(lua_State *L) {
  names_t *names = lua_touserdata(L, 1);
  tg_bundle_open_public(L, names->bundle);
  int public = lua_gettop(L);
  add_functions(L, public, "tg", names);
  for (lua_pushnil(L); lua_next(L, public); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) continue;
    const char *prefix = lua_pushfstring(L, "tg.%s", lua_tostring(L, -2));
    add_functions(L, lua_absindex(L, -2), prefix, names);
    lua_pop(L, 1);
  }
  return 0;
}

static int by_text(const void *a, const void *b) {
  return strcmp(a, b);
}

static tg_rc_t dump(tg_bundle_t *bundle, names_t *names, tg_buf_t *out) {
  const tg_vm_config_t config = {.burst_ms = 1000, .module = tg_bundle_open_module, .ud = bundle};
  bundle->vm = tg_vm_new(&config);
  if (!bundle->vm) return TG_E_NOMEM;
  bundle->loop = tg_bundle_loop_new(bundle->api->parts.loop, bundle->vm, NULL, NULL);
  if (!bundle->loop) {
    tg_vm_free(bundle->vm);
    return TG_E_NOMEM;
  }
  tg_diag_t diag = {0};
  names->bundle = bundle;
  tg_rc_t rc = tg_vm_call(bundle->vm, collect, names, &diag);
  char why[256];
  if (rc != TG_OK)
    tg_log("script", TG_LOG_ERROR, "not_dumped at=%s:%d why=%s", diag.file, diag.line,
           tg_log_quote(tg_slice_str(diag.message), why, sizeof why));
  tg_vm_undo_all(bundle->vm);
  tg_bundle_loop_end(bundle->loop, &bundle->api->ending);
  qsort(names->list, names->count, sizeof names->list[0], by_text);
  for (size_t i = 0; rc == TG_OK && i < names->count; i++) tg_buf_put_fmt(out, "%s\n", names->list[i]);
  return rc == TG_OK ? out->rc : rc;
}

tg_rc_t tg_api_dump(tg_buf_t *out) {
  tg_api_t api = {.gateway_name = (char[]){""}, .parts = {.loop = tg_loop_new()}};
  tg_bundle_t bundle = {.api = &api, .source = {.name = (char[]){"dump"}}};
  names_t *names = tg_alloc_array(1, sizeof *names);
  tg_rc_t rc = names && api.parts.loop ? dump(&bundle, names, out) : TG_E_NOMEM;
  tg_bundle_loop_settle(&api.ending, 1000);
  tg_alloc_free(names);
  tg_loop_free(api.parts.loop);
  return rc;
}
