/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_TWIN_DURABLE_H
#define TG_CORE_DEVICE_TWIN_DURABLE_H

/**
 * When a durable command's row is written, and when the command may go. The row is on disk before the command goes; the row of one
 * that can't be repeated says before it goes that it may have gone (`marked`). So a process that is killed at any moment leaves
 * rows from which the next one sees what may be sent again. For core/device only.
 */

#include "core/device/twin.h"

/** Gives @p command its row; without a store, or where it is not durable, nothing happens. @param may_go it is next: if it can't be repeated, the row says so at once. The store's errors: it has no row then. */
TG_MUST_CHECK tg_rc_t tg_twin_durable_add(tg_twin_command_t *command, bool may_go);

/** @p command, read from row @p number, has that row. */
void tg_twin_durable_adopt(tg_twin_command_t *command, uint64_t number, bool marked);

/** It has ended: its row goes. With @p keep the row stays for the next start. */
void tg_twin_durable_end(tg_twin_command_t *command, bool keep);

/** Whether @p command may go now; where not, its device has to be held. */
bool tg_twin_durable_is_ready(tg_twin_command_t *command);

/** It did not leave: a row that says it may have is put right. */
void tg_twin_durable_back(tg_twin_command_t *command);

/** Has the queue of @p device, which is in no list now but marked as pumping, looked at after the next commit. */
void tg_twin_durable_hold(tg_twin_t *twin, tg_twin_device_t *device);

#endif
