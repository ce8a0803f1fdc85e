/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_OBJDEF_H
#define TG_CORE_REGISTRY_OBJDEF_H

/** Definition of one object in one version: what OMA's XML files and the Lua files in objects/ describe. Immutable once registered. */

#include "core/base/diag.h"
#include "core/registry/value.h"

enum { TG_OPS_READ = 1, TG_OPS_WRITE = 2, TG_OPS_EXECUTE = 4 };

/** Version major.minor as one number that compares in order. */
typedef uint32_t tg_version_t;
#define TG_VERSION_OF(major, minor) (((tg_version_t)(major) << 16) | (tg_version_t)(minor))
#define TG_VERSION_1_0              TG_VERSION_OF(1, 0)
#define TG_VERSION_1_1              TG_VERSION_OF(1, 1)

/** A resource; strings belong to the definition. */
typedef struct tg_resdef {
  uint16_t id;
  uint8_t ops;  /* TG_OPS_… */
  uint8_t type; /* tg_type_t; NONE for executables */
  bool multiple;
  bool mandatory;
  bool sensitive; /* never shown in logs, topics or the command line */
  bool has_range;
  double min;
  double max; /* of numbers, when has_range */
  const char *name;
  const char *unit; /* "" when none */
} tg_resdef_t;

/** An object; strings and resources belong to it. Resources are sorted by id. */
typedef struct tg_objdef {
  uint16_t id;
  bool multiple;
  bool mandatory;
  tg_version_t version;
  const char *name;
  const char *urn;
  size_t resource_count;
  const tg_resdef_t *resources;
} tg_objdef_t;

/** What a new definition starts from; strings are copied. */
typedef struct tg_objdef_head {
  uint16_t id;
  bool multiple;
  bool mandatory;
  tg_version_t version;
  tg_slice_t name;
  tg_slice_t urn;
} tg_objdef_head_t;

/** Reads `1.1`; TG_E_SYNTAX. */
TG_MUST_CHECK tg_rc_t tg_objdef_parse_version(tg_slice_t text, tg_version_t *version);

/** Makes a definition without resources; NULL without memory. Owned by the caller until tg_registry_add() takes it. */
tg_objdef_t *tg_objdef_new(const tg_objdef_head_t *head);

/** Adds a resource in any order; name and unit of @p res are copied. TG_E_DUPLICATE, TG_E_NOMEM, TG_E_FULL above 2,000. */
TG_MUST_CHECK tg_rc_t tg_objdef_add(tg_objdef_t *def, const tg_resdef_t *res);

/** Frees a definition that no registry took. NULL is allowed. */
void tg_objdef_free(tg_objdef_t *def);

/** The resource @p id, lent as long as the definition, or NULL. O(log n). */
const tg_resdef_t *tg_objdef_find(const tg_objdef_t *def, uint16_t id);

/**
 * Checks @p value against a definition: type (after tg_value_convert()), range. @p out is the converted value.
 * TG_E_TYPE, TG_E_RANGE.
 */
TG_MUST_CHECK tg_rc_t tg_objdef_check(const tg_resdef_t *res, const tg_value_t *value, tg_value_t *out);

#endif
