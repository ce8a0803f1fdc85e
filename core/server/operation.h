/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_OPERATION_H
#define TG_CORE_SERVER_OPERATION_H

/** What may be asked of a device: operations, the levels they go to, the version that knows them (lwm2m.md 1.3). */

#include "core/base/diag.h"
#include "core/device/device.h"

/** In the paths of a Create's records: the device picks the instance's number (LwM2M keeps this one free). */
enum { TG_OPERATION_ANY_INSTANCE = 65535 };

/**
 * Whether @p command can go to @p device, asked before it is queued and again before it is sent; devices that are no LwM2M
 * devices, or not known yet, take anything here.
 * @return TG_OK; TG_E_ARG, TG_E_RANGE, TG_E_DUPLICATE; TG_E_UNSUPPORTED where the device's version lacks it; TG_E_DENIED for the security
 *         objects; with a sentence in @p diag
 */
TG_MUST_CHECK tg_rc_t tg_operation_check(const tg_twin_t *twin, const tg_device_t *device, const tg_command_t *command,
                                         tg_diag_t *diag);

#endif
