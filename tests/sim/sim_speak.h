/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_SPEAK_H
#define TG_TESTS_SIM_SIM_SPEAK_H

/** What a device says of its own accord, each as one message of its kind. Not while its message layer is busy. */

#include "tests/sim/sim_device.h"

/** Kinds of messages, as its message layer gives them back. */
enum { SIM_SPEAK_REGISTER, SIM_SPEAK_UPDATE, SIM_SPEAK_BYE, SIM_SPEAK_SEND, SIM_SPEAK_NOTIFY, SIM_SPEAK_LATER };

/** A Register; what was observed is forgotten. */
void sim_speak_register(sim_device_t *device);

/** A request to its location: Update (POST) or De-register (DELETE). */
void sim_speak_location(sim_device_t *device, int kind, uint8_t code);

/** A Send of the oldest readings that are not acknowledged. */
void sim_speak_values(sim_device_t *device);

/** A notification of the oldest one; where it is not confirmable, that reading is done with. @return whether it has to be waited for */
bool sim_speak_notify(sim_device_t *device);

/** The answer that was put off. */
void sim_speak_later(sim_device_t *device);

#endif
