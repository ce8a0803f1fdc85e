/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_TWIN_QUEUE_H
#define TG_CORE_DEVICE_TWIN_QUEUE_H

/** Commands as things: made, owned, put in line and taken out; what they go through is in twin_command.c. For core/device only. */

#include "core/device/twin.h"

/** Whether @p command is one with a body: it has a place of its own at the backend, beside the others. */
static inline bool tg_twin_queue_is_bulk(const tg_twin_command_t *command) {
  return command->pub.body.len > 0;
}

/** The place at the backend that @p command takes. */
static inline tg_twin_command_t **tg_twin_queue_place(const tg_twin_command_t *command) {
  tg_twin_device_t *device = command->device;
  return tg_twin_queue_is_bulk(command) ? &device->bulk : &device->running;
}

/** The first that waits of those with a body, or of the others; NULL. */
tg_twin_command_t *tg_twin_queue_first(const tg_twin_device_t *device, bool is_bulk);

/** Takes @p command out of the queue and puts it into its place at the backend, which is empty. */
void tg_twin_queue_start(tg_twin_command_t *command);

/** A waiting copy of @p from for @p device, in no queue yet, its deadline not armed. TG_E_ARG, TG_E_TOO_LONG, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_twin_queue_make(tg_twin_device_t *device, tg_twin_t *twin, const tg_command_t *from,
                                         tg_twin_command_t **made);

/** Frees what tg_twin_queue_make() made; it stands in no queue. */
void tg_twin_queue_free(tg_twin_command_t *command);

/** Puts it behind all of its priority, or in front of them. */
void tg_twin_queue_add(tg_twin_command_t *command, bool in_front);

/** Takes it out of wherever it stands, be it the queue or the backend. */
void tg_twin_queue_del(tg_twin_command_t *command);

/** The waiting command that @p from takes the place of, by its replace_key; NULL. */
tg_twin_command_t *tg_twin_queue_find_replaced(const tg_twin_device_t *device, const tg_command_t *from);

#endif
