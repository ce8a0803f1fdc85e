/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_UPLINK_H
#define TG_TESTS_FAKE_SCEF_UPLINK_H

/** What happens to a datagram from a device: notified to the SCS/AS, and held downlinks may go out now. */

#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_state.h"

/** The relay's seam (tg_scef_t.on_uplink); without a configuration the datagram is counted and lost. */
void tg_scef_uplink_take(tg_scef_device_t *device, const uint8_t *data, size_t size);

#endif
