/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_LIFE_H
#define TG_TESTS_FAKE_DEVICE_DEV_LIFE_H

/** A simulated device's comings and goings: restarts, changes of transport, and what of object 1 makes it do so (LwM2M Core 1.1 §6.2, Transport 1.1 §6.4). */

#include "tests/fake/device/dev.h"

/** Whether Execute of /1/0/@p rid with @p args (payload, or the query) will be done. TG_E_ARG for a transport that it hasn't. */
TG_MUST_CHECK tg_rc_t tg_dev_life_check(const tg_dev_t *dev, uint16_t rid, tg_slice_t args);

/** Does it: Disable (4), Registration Update Trigger (8) with or without transport, Bootstrap-Request Trigger (9). */
void tg_dev_life_execute(tg_dev_t *dev, uint16_t rid, tg_slice_t args);

/** Whether @p letter (N, U) is a transport it has. */
bool tg_dev_life_has(const tg_dev_t *dev, tg_slice_t letter);

/** Goes over to the transport @p letter a moment later, when the answer is out; an Update where it is there already. */
void tg_dev_life_move(tg_dev_t *dev, char letter);

/** Is gone for @p ms milliseconds, then comes back from another port, knows no observations and registers. */
void tg_dev_life_restart(tg_dev_t *dev, uint32_t ms);

/** Comes back, and changes transport, when it is time. */
void tg_dev_life_tick(tg_dev_t *dev, uint64_t now_ms);

#endif
