/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_GATEWAY_H
#define TG_TESTS_SIM_SIM_GATEWAY_H

/** The gateway of a run: started, stopped, crashed and started again on the same disk; and what its tables have to look like. */

#include "tests/sim/sim_device.h"

/** Starts it. What was promised before has to be there, unless this is the first start. */
void sim_gateway_start(const char *store_path, bool is_first);

/** Stops it in order, or lets it crash: then only what was synced is on its disk. Its memory has to come back either way. */
void sim_gateway_stop(bool crashes);

/** Whether it runs. */
bool sim_gateway_runs(void);

/** When it has something to do; UINT64_MAX: never. */
uint64_t sim_gateway_next(void);

/** One turn of its loop. */
void sim_gateway_turn(void);

/** Tables and memory within their caps; at any time. */
void sim_gateway_check_caps(void);

/** Whether nothing is under way. */
bool sim_gateway_is_idle(void);

/** All has settled: nothing is under way, and the gateway believes of @p device what that believes. */
void sim_gateway_check_idle(void);
/** See sim_gateway_check_idle(). */
void sim_gateway_check_device(const sim_device_t *device);

#endif
