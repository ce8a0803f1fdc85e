/* SPDX-License-Identifier: Apache-2.0 */
/* OMA XML: a definition that is read is whole, and an error says what is wrong. */

#include "core/registry/objxml.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_objdef_t *def = NULL;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_objxml_read("fuzz.xml", tg_slice(data, size), &diag, &def);
  if (rc != TG_OK) {
    fuzz_require(!def && diag.message[0] && rc != TG_E_INTERNAL);
    return 0;
  }
  fuzz_require(def && def->name[0] && def->id <= 65534);
  for (size_t i = 0; i < def->resource_count; i++) {
    const tg_resdef_t *res = def->resources + i;
    fuzz_require(tg_objdef_find(def, res->id) == res && res->type < TG_TYPE_COUNT && res->name && res->unit);
    fuzz_require(!res->has_range || res->min <= res->max);
    if (i) fuzz_require(res[-1].id < res->id);
  }
  tg_objdef_free(def);
  return 0;
}
