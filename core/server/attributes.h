/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_ATTRIBUTES_H
#define TG_CORE_SERVER_ATTRIBUTES_H

/** The rules of Write-Attributes, checked before anything is sent (LwM2M Core 1.1 §5.1.2, 1.2 §7.3; lwm2m.md 1.3.7). */

#include "core/base/diag.h"
#include "core/registry/registry.h"

/**
 * Whether @p text (`pmin=10&pmax=60&gt`; a name alone unsets) may go to @p path of the device whose model is @p model: names, values, levels,
 * the version that knows them, and the values among themselves; what the device has from before is not known here.
 * @return TG_OK; TG_E_ARG, TG_E_RANGE, TG_E_DUPLICATE, TG_E_UNSUPPORTED with a sentence in @p diag
 */
TG_MUST_CHECK tg_rc_t tg_attributes_check(tg_slice_t text, const tg_path_t *path, const tg_model_t *model,
                                          tg_diag_t *diag);

/** The names that there are, NULL-ended, in the order in which they are written. */
extern const char *const tg_attributes_names[];

#endif
