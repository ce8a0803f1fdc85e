/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_ON_EVENT_H
#define TG_BINDINGS_API_ON_EVENT_H

/** Events of the core on their way into scripts. */

#include "bindings/api/api_state.h"

/** Seam tg_event_fn; @p ud is the api. Hands the event to every bundle that wants it, in order of loading. */
void tg_on_event(void *ud, const tg_event_t *event);

#endif
