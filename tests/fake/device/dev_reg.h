/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_REG_H
#define TG_TESTS_FAKE_DEVICE_DEV_REG_H

/** What a simulated device asks of the server: Register, Update, De-register, Send (LwM2M Core 1.1 §6.2, §6.4.7). */

#include "tests/fake/device/dev.h"

/** Registers, updates or de-registers when it is time. */
void tg_dev_reg_tick(tg_dev_t *dev, uint64_t now_ms);

/** Reports the values at or below @p path without being asked (Send). False when there are none or too much is under way. */
bool tg_dev_reg_send(tg_dev_t *dev, const tg_path_t *path);

/** Takes the response to a request of ours and frees the flight; NULL says that none came (after all repetitions, or a reset). */
void tg_dev_reg_answered(tg_dev_t *dev, tg_dev_flight_t *flight, const tg_coap_msg_t *response);

#endif
