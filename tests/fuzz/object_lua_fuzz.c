/* SPDX-License-Identifier: Apache-2.0 */
/* Object definitions as Lua files, read in a machine of their own: a definition that is read is whole, and an error says what is wrong. */

#include "bindings/api/api.h"
#include "tests/fuzz/fuzz.h"

static bool check_definition(void *ud, const tg_objdef_t *def) {
  (void)ud;
  fuzz_require(def->name && def->name[0] && def->id <= 65534);
  for (size_t i = 0; i < def->resource_count; i++) {
    const tg_resdef_t *res = def->resources + i;
    fuzz_require(tg_objdef_find(def, res->id) == res && res->type < TG_TYPE_COUNT && res->name);
    fuzz_require(!res->has_range || res->min <= res->max);
    if (i) fuzz_require(res[-1].id < res->id);
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_registry_t *registry = tg_registry_new();
  tg_diag_t diag = {0};
  fuzz_require(registry != NULL);
  tg_rc_t rc = tg_api_objects_load(registry, "fuzz.lua", tg_slice(data, size), &diag);
  fuzz_require((rc == TG_OK) == (diag.message[0] == '\0') && rc != TG_E_INTERNAL);
  tg_rc_t again = tg_api_objects_load(registry, "fuzz.lua", tg_slice(data, size), NULL);
  bool may_differ = rc == TG_E_BUDGET || again == TG_E_BUDGET;   /* which of several mistakes is told may differ, too */
  fuzz_require(may_differ || (rc == TG_OK) == (again == TG_OK)); /* what is known already is no news */
  tg_registry_each(registry, check_definition, NULL);
  tg_registry_free(registry);
  return 0;
}
