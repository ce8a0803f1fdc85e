/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_SERVE_H
#define TG_TESTS_FAKE_DEVICE_DEV_SERVE_H

/** Answers the server's requests: Read, Write, Execute, Discover, Observe, Cancel, Write-Attributes (LwM2M Core 1.1 §6.3, §6.4). */

#include "tests/fake/device/dev.h"

/** Answers @p request, once more with the same bytes when it is a repetition. */
void tg_dev_serve_request(tg_dev_t *dev, const tg_coap_msg_t *request);

#endif
