/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_PUSH_H
#define TG_TESTS_FAKE_DEVICE_DEV_PUSH_H

/** The Package (/5/0/0) as it is pushed: Write, block by block (RFC 7959 §2.5), of our own making so that a test is not the product against itself. */

#include "tests/fake/device/dev.h"

/** Takes a Write of /5/0/0. @return the answer's code; @p block1 the value of its Block1 option, -1 without one */
uint8_t tg_dev_push_take(tg_dev_t *dev, const tg_coap_msg_t *request, int64_t *block1);

#endif
