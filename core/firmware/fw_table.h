/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_TABLE_H
#define TG_CORE_FIRMWARE_FW_TABLE_H

/** The table of updates: found by id and by device, kept in the store (bucket `firmware`), told to listeners, and who may transfer. */

#include "core/firmware/fw_job.h"

/** An empty table. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_fw_table_init(tg_firmware_t *firmware);

/** Frees all; rows stay in the store. */
void tg_fw_table_fini(tg_firmware_t *firmware);

/** Reads the rows of an earlier process; bad ones are logged and left out. TG_E_STORE, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_fw_table_restore(tg_firmware_t *firmware);

/** A new update with the content of @p row (without id); not in the store yet. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_fw_table_add(tg_firmware_t *firmware, const tg_fw_row_t *row, tg_fw_job_t **job);

/** Takes back what tg_fw_table_add() gave, before anything has come of it. */
void tg_fw_table_drop(tg_fw_job_t *job);

/** Update number @p id, or NULL. */
tg_fw_job_t *tg_fw_table_find(const tg_firmware_t *firmware, uint64_t id);

/** The newest update of @p ep, or NULL. */
tg_fw_job_t *tg_fw_table_find_ep(const tg_firmware_t *firmware, tg_slice_t ep);

/** What others see of it; strings are the job's. */
tg_fw_update_t tg_fw_table_public(const tg_fw_job_t *job);

/** Writes the row. TG_OK without a store; TG_E_FULL, TG_E_NOMEM, which are logged. */
tg_rc_t tg_fw_table_save(tg_fw_job_t *job);

/** Sets the cause, from a format. */
void tg_fw_table_cause(tg_fw_job_t *job, const char *format, ...) TG_PRINTF(2, 3);

/** Tells listeners how it stands. */
void tg_fw_table_tell(tg_fw_job_t *job);

/** The device has taken, or asked for, @p sent bytes: told at most once a second, written at most once a second and 64 KiB. */
void tg_fw_table_progress(tg_fw_job_t *job, uint64_t sent);

/** An update has just ended: its image is given back; where more than 1,000 have ended, or some 30 days ago, the oldest go. */
void tg_fw_table_ended(tg_fw_job_t *job);

/** Takes a place among the transfers, or a number for one: TG_FW_CUE_TURN comes. @return whether it has one now */
bool tg_fw_table_turn_take(tg_fw_job_t *job);

/** Gives place or number back. Nothing where it has none. */
void tg_fw_table_turn_give(tg_fw_job_t *job);

/** The row of @p job is written under @p ticket: it is in the list of those that wait for that. */
void tg_fw_table_hold(tg_fw_job_t *job, uint64_t ticket);

/** It waits no longer. Nothing where it does not. */
void tg_fw_table_hold_end(tg_fw_job_t *job);

#endif
