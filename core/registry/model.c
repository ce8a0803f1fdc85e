/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: which definition a device means, by what it announced or what its enabler version implies. See registry.h. */

#include "core/registry/registry.h"

/* Default versions of the core objects (LwM2M Core 1.0, 1.1.1, 1.2; OMA registry). Every other object is 1.0. */
typedef struct core_version {
  uint16_t oid;
  tg_version_t in_1_0;
  tg_version_t in_1_1;
  tg_version_t in_1_2;
} core_version_t;

#define V TG_VERSION_OF
static const core_version_t core_versions[] = {
    {0, V(1, 0), V(1, 1), V(1, 2)}, {1, V(1, 0), V(1, 1), V(1, 2)}, {2, V(1, 0), V(1, 0), V(1, 1)},
    {3, V(1, 0), V(1, 1), V(1, 2)}, {4, V(1, 0), V(1, 2), V(1, 3)}, {5, V(1, 0), V(1, 0), V(1, 2)},
    {6, V(1, 0), V(1, 0), V(1, 0)}, {7, V(1, 0), V(1, 0), V(1, 0)}, {21, V(1, 0), V(1, 0), V(2, 0)},
};
#undef V

static tg_version_t default_version(tg_version_t enabler, uint16_t oid) {
  if (!enabler) return 0; /* no LwM2M device, such as a driver's: nothing is implied, so the highest there is */
  for (size_t i = 0; i < TG_COUNT(core_versions); i++) {
    if (core_versions[i].oid != oid) continue;
    if (enabler < TG_VERSION_1_1) return core_versions[i].in_1_0;
    return enabler < TG_VERSION_OF(1, 2) ? core_versions[i].in_1_1 : core_versions[i].in_1_2;
  }
  return TG_VERSION_1_0;
}

const tg_objdef_t *tg_model_object(const tg_model_t *model, uint16_t oid) {
  if (!model || !model->registry) return NULL;
  for (size_t i = 0; i < model->version_count; i++) {
    if (model->versions[i].oid == oid) return tg_registry_find(model->registry, oid, model->versions[i].version);
  }
  return tg_registry_find(model->registry, oid, default_version(model->enabler, oid));
}

const tg_resdef_t *tg_model_resource(const tg_model_t *model, const tg_path_t *path) {
  if (path->len < TG_PATH_RESOURCE) return NULL;
  const tg_objdef_t *def = tg_model_object(model, path->id[0]);
  return def ? tg_objdef_find(def, path->id[2]) : NULL;
}
