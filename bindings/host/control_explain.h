/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_EXPLAIN_H
#define TG_BINDINGS_HOST_CONTROL_EXPLAIN_H

/** The request that finds out why a device's value is missing, or old. */

#include "bindings/host/control_state.h"

/**
 * `explain`: what is known about the value of `path` at device `ep`, one finding a line, the most decisive first: `code` (a stable
 * word, listed in docs/howto/find-a-missing-value.md), `message`, and where they apply `since`, `until` (Unix seconds), `blocks` (this alone
 * keeps values away), `value`. The last line has `values`, how many are known at or below the path.
 */
void tg_control_explain(tg_control_t *control, const tg_control_request_t *request);

#endif
