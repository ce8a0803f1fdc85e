/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_REGISTRY_H
#define TG_CORE_REGISTRY_REGISTRY_H

/** All object definitions known, by (id, version); a device asks through its tg_model_t, which knows the versions it announced. */

#include "core/registry/objdef.h"

typedef struct tg_registry tg_registry_t;

/** An empty registry; NULL without memory. */
tg_registry_t *tg_registry_new(void);

/** Frees it and all definitions. NULL is allowed. */
void tg_registry_free(tg_registry_t *registry);

/** Takes @p def on TG_OK. The same id and version replaces the older definition, which stays valid until the registry is freed. TG_E_NOMEM (not taken). */
TG_MUST_CHECK tg_rc_t tg_registry_add(tg_registry_t *registry, tg_objdef_t *def);

/** The definition of @p id for @p version: that one, else the nearest lower, else the lowest there is; 0 asks for the highest. Lent until the registry is freed; NULL when the object is unknown. */
const tg_objdef_t *tg_registry_find(const tg_registry_t *registry, uint16_t id, tg_version_t version);

/** Reads OMA XML (one file may define one object) and adds it. DOCTYPE refused; at most 1 MiB, depth 32. TG_E_SYNTAX, TG_E_TOO_LONG … with @p diag (file, line, what). */
TG_MUST_CHECK tg_rc_t tg_registry_load_xml(tg_registry_t *registry, const char *file_name, tg_slice_t xml,
                                           tg_diag_t *diag);

/** Reads every `*.xml` of a folder; a bad file is reported through @p diag (the first one) and skipped; @p loaded counts the good ones. TG_E_IO when the folder can't be read. */
TG_MUST_CHECK tg_rc_t tg_registry_load_folder(tg_registry_t *registry, const char *folder, size_t *loaded,
                                              tg_diag_t *diag);

/** Calls @p fn for every definition, by id then version; false stops. */
void tg_registry_each(const tg_registry_t *registry, bool (*fn)(void *ud, const tg_objdef_t *def), void *ud);

/** One object version that a device announced. */
typedef struct tg_model_version {
  uint16_t oid;
  tg_version_t version;
} tg_model_version_t;

/** A device's view: the registry under the versions it announced, else under those its enabler version implies. Small, by value. */
typedef struct tg_model {
  const tg_registry_t *registry; /* may be NULL: everything is unknown */
  tg_version_t enabler;          /* 1.0, 1.1, 1.2; 0 for what speaks no LwM2M: the highest version of each object */
  const tg_model_version_t *versions;
  size_t version_count;
} tg_model_t;

/** The definition of object @p oid as the device means it; NULL when unknown. Versions by default as in LwM2M's enabler tables (core objects), else 1.0. */
const tg_objdef_t *tg_model_object(const tg_model_t *model, uint16_t oid);

/** The resource at @p path (three or four ids); NULL when the object or the resource is unknown. */
const tg_resdef_t *tg_model_resource(const tg_model_t *model, const tg_path_t *path);

#endif
