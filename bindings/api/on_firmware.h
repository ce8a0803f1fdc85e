/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_ON_FIRMWARE_H
#define TG_BINDINGS_API_ON_FIRMWARE_H

/** Updates and campaigns on their way into scripts, as events `firmware` and `campaign`. */

#include "bindings/api/api_state.h"

/** Listens, where the parts have them; a failure is logged. */
void tg_on_firmware_open(tg_api_t *api);

/** Ends that. */
void tg_on_firmware_close(tg_api_t *api);

#endif
