/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_API_H
#define TG_TESTS_FAKE_SCEF_API_H

/** From method and path to the operation: T8 NIDD, the token endpoint and the control resource. */

#include <stdint.h>

#include "tests/fake/scef/scef_reply.h"
#include "tests/fake/scef/scef_state.h"

/** Serves one request; @p reply comes all zero and leaves filled in. */
void tg_scef_api_serve(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply);

/** Milliseconds this request is to be held before it is served: `delayMs` of the device a downlink is for. */
int64_t tg_scef_api_delay(tg_scef_t *scef, const tg_scef_request_t *request);

#endif
