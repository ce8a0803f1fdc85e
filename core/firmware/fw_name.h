/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_NAME_H
#define TG_CORE_FIRMWARE_FW_NAME_H

/** States, methods and results of updates in words, and which names images may have. */

#include "core/firmware/firmware.h"

/** Lower-case name of @p state; `?` for what is none. */
const char *tg_fw_name_state(tg_fw_state_t state);

/** Name of @p method; `?` for what is none. */
const char *tg_fw_name_method(tg_fw_method_t method);

/** The method called @p name. TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_fw_name_method_of(tg_slice_t name, tg_fw_method_t *method);

/** What /5/0/5 = @p result says about the device, for people: `it has not enough flash memory …`. */
const char *tg_fw_name_result(int result);

/** Whether an image or a campaign may be called so: 1 to TG_FW_NAME_MAX of [A-Za-z0-9._-]. */
bool tg_fw_name_is_valid(tg_slice_t name);

#endif
