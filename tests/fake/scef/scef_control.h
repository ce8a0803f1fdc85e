/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_CONTROL_H
#define TG_TESTS_FAKE_SCEF_CONTROL_H

/** The control resource, through which a test tells the network what to do. README.md lists the requests. */

#include <stddef.h>

#include "tests/fake/scef/scef_reply.h"
#include "tests/fake/scef/scef_state.h"

/** GET /control: devices, configurations and counters. */
void tg_scef_control_show(tg_scef_t *scef, tg_scef_reply_t *reply);

/** POST /control, and `--control`: carries out one request object or an array of them, text borrowed. */
void tg_scef_control_run(tg_scef_t *scef, const char *text, size_t len, tg_scef_reply_t *reply);

#endif
