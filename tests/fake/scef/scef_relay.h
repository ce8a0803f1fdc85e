/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_RELAY_H
#define TG_TESTS_FAKE_SCEF_RELAY_H

/**
 * The air interface: one loopback UDP socket per device, to which a stock UDP LwM2M client talks as if it were its
 * server. A datagram is a non-IP packet; where it came from last is where the device is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_state.h"

/** Opens the socket of a device that has none, on @p port (0: any), and prints the `relay` line. @return false + errno */
bool tg_scef_relay_open(tg_scef_device_t *device, uint16_t port);

/** Sends bytes (borrowed) to the device, twice or not at all as its behaviour says. Nothing where it is detached. */
void tg_scef_relay_send(tg_scef_device_t *device, const uint8_t *data, size_t size);

#endif
