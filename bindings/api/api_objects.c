/* SPDX-License-Identifier: Apache-2.0 */
/* Definition files in Lua: evaluated as data, in a machine of their own that ends with them. Called by bindings/host. See api.h. */

#include <lauxlib.h>

#include "bindings/api/api.h"
#include "bindings/api/object_read.h"
#include "bindings/vm/vm_call.h"

enum { MEMORY = 16 << 20, BURST_MS = 500 };

typedef struct job {
  tg_registry_t *registry;
  const char *file;
  tg_slice_t source;
  tg_rc_t rc;
} job_t;

/* The chunk finds nothing in its environment: data has nothing to call. */
static int evaluate(lua_State *L) {
  job_t *job = lua_touserdata(L, 1);
  job->rc = TG_E_SYNTAX;
  const char *name = lua_pushfstring(L, "@%s", job->file);
  if (luaL_loadbufferx(L, (const char *)job->source.p, job->source.len, name, "t") != LUA_OK) return lua_error(L);
  lua_newtable(L);
  lua_setupvalue(L, -2, 1);
  lua_call(L, 0, 1);
  tg_object_read(L, -1, job->registry, &job->rc);
  return 0;
}

tg_rc_t tg_api_objects_load(tg_registry_t *registry, const char *file, tg_slice_t source, tg_diag_t *diag) {
  const tg_vm_config_t config = {.memory = MEMORY, .burst_ms = BURST_MS};
  tg_vm_t *vm = tg_vm_new(&config);
  if (!vm) return TG_E_NOMEM;
  job_t job = {.registry = registry, .file = file, .source = source};
  tg_diag_t own = {0};
  tg_rc_t rc = tg_vm_call(vm, evaluate, &job, &own);
  tg_vm_free(vm);
  if (rc == TG_OK) return TG_OK;
  if (diag) *diag = own;
  if (diag && !diag->file[0]) tg_diag_set(diag, file, own.line, "%s", own.message);
  return rc == TG_E_SCRIPT ? job.rc : rc;
}
