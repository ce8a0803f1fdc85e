/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_SERVE_H
#define TG_TESTS_SIM_SIM_SERVE_H

/** What a device answers to requests, and its values as payloads. */

#include "tests/sim/sim_device.h"

/** The answer to a request (see sim_coap_ops_t); code 0: device->later has it. */
uint8_t sim_serve_request(sim_device_t *device, const tg_coap_msg_t *msg, tg_coap_enc_t *enc);

/** Writes @p count readings from @p number on, one second apart until now, in @p format below @p base; values of reads are negative. */
void sim_serve_values(int format, const tg_path_t *base, const int64_t *values, size_t count, tg_buf_t *out);

#endif
