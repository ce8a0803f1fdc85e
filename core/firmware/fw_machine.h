/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_MACHINE_H
#define TG_CORE_FIRMWARE_FW_MACHINE_H

/** The state machine of an update: one table of what follows in which state from which cue; the phases behind it are in fw_phase.h. */

#include "core/firmware/fw_job.h"

/** Sets the seams and timers of @p firmware. */
void tg_fw_machine_init(tg_firmware_t *firmware);

/** A new update, already in the table: it is looked at in the next turn. */
void tg_fw_machine_begin(tg_fw_job_t *job);

/** An update of an earlier process goes on. */
void tg_fw_machine_resume(tg_fw_job_t *job);

/** Something happened: what follows is kept and told. Cues that mean nothing in the present state are ignored. */
void tg_fw_machine_fire(tg_fw_job_t *job, const tg_fw_news_t *news);

/** The device told values by itself. */
void tg_fw_machine_records(tg_fw_job_t *job, const tg_event_records_t *records);

/** The store told of a commit: updates whose APPLYING is on disk go on. */
void tg_fw_machine_committed(tg_firmware_t *firmware, uint64_t ticket, tg_rc_t rc);

/** Whether @p cue means anything in @p state. */
bool tg_fw_machine_takes(tg_fw_state_t state, tg_fw_cue_t cue);

/** Stops all that runs for an update; its row stays. */
void tg_fw_machine_halt(tg_fw_job_t *job);

#endif
