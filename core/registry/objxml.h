/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_OBJXML_H
#define TG_CORE_REGISTRY_OBJXML_H

/**
 * OMA's object definition files (LWM2M.xsd) to definitions. Lenient in what the files of the registry contain (missing versions,
 * ranges in prose), strict in what could harm: no DOCTYPE, 1 MiB, 32 levels.
 */

#include "core/base/diag.h"
#include "core/registry/objdef.h"

/** Largest file that is read. */
#define TG_OBJXML_SIZE_MAX ((size_t)1024 * 1024)

/**
 * Reads one file with one object.
 *
 * @param file_name  for @p diag
 * @param xml        borrowed for the call
 * @param diag       file, line and what is wrong; may be NULL
 * @param def        set on TG_OK; the caller's until tg_registry_add()
 * @return TG_OK; TG_E_NOT_FOUND for XML that is no object definition at all; TG_E_SYNTAX, TG_E_RANGE, TG_E_DUPLICATE,
 *         TG_E_TOO_LONG, TG_E_NOMEM
 */
TG_MUST_CHECK tg_rc_t tg_objxml_read(const char *file_name, tg_slice_t xml, tg_diag_t *diag, tg_objdef_t **def);

/** Reads `min..max` into @p res where both are numbers, the first is not the greater one, and the type is a number; says nothing of any other text. */
void tg_objxml_parse_range(tg_slice_t text, tg_resdef_t *res);

#endif
