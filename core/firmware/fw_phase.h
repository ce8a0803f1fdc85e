/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_PHASE_H
#define TG_CORE_FIRMWARE_FW_PHASE_H

/**
 * What happens in each state: functions of the machine's table (fw_machine.c). Each returns the state that follows, which may be the one it is
 * in, and has said in the cause why. `…_enter` is called when the state begins, its row queued for the store.
 */

#include "core/firmware/fw_job.h"

/* fw_phase_ask.c: WAITING and ASKING */

/** WAITING begins: looks at once, or when it may. */
tg_fw_state_t tg_fw_phase_ask_wait(tg_fw_job_t *job);

/** Asks the device if it is there, awake, and there is a place among the transfers; from WAITING and READY. */
tg_fw_state_t tg_fw_phase_ask_try(tg_fw_job_t *job, const tg_fw_news_t *news);

/** WAITING: the device went. */
tg_fw_state_t tg_fw_phase_ask_gone(tg_fw_job_t *job, const tg_fw_news_t *news);

/** ASKING begins. */
tg_fw_state_t tg_fw_phase_ask_enter(tg_fw_job_t *job);

/** ASKING: an answer came. */
tg_fw_state_t tg_fw_phase_ask_answer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** ASKING: the device went. */
tg_fw_state_t tg_fw_phase_ask_broken(tg_fw_job_t *job, const tg_fw_news_t *news);

/* fw_phase_move.c: MOVING and RETURNING */

/** Whether the device is to be moved for the transfer. */
bool tg_fw_phase_move_wanted(const tg_fw_job_t *job);

/** MOVING begins. */
tg_fw_state_t tg_fw_phase_move_enter(tg_fw_job_t *job);

/** MOVING: an answer came. */
tg_fw_state_t tg_fw_phase_move_answer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** MOVING: the device was heard from. */
tg_fw_state_t tg_fw_phase_move_device(tg_fw_job_t *job, const tg_fw_news_t *news);

/** MOVING: it did not come. */
tg_fw_state_t tg_fw_phase_move_late(tg_fw_job_t *job, const tg_fw_news_t *news);

/** MOVING ends, however: from now on the device may not come from elsewhere. */
void tg_fw_phase_move_leave(const tg_fw_job_t *job);

/** Whether the device is to be asked to go back before the update ends. */
bool tg_fw_phase_move_back_wanted(const tg_fw_job_t *job);

/** RETURNING begins. */
tg_fw_state_t tg_fw_phase_move_back(tg_fw_job_t *job);

/** RETURNING: the device answered; one that takes no transport is told by Preferred Transport. */
tg_fw_state_t tg_fw_phase_move_back_answer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** MOVING was cut short by the end of an earlier process: the device may be on its way, and may come for as long as it was told. */
void tg_fw_phase_move_resume(tg_fw_job_t *job);

/** RETURNING, begun by an earlier process: the device was heard from, and is asked once more. */
tg_fw_state_t tg_fw_phase_move_back_again(tg_fw_job_t *job, const tg_fw_news_t *news);

/** RETURNING: nothing came, or nothing was asked yet by this process. */
tg_fw_state_t tg_fw_phase_move_back_late(tg_fw_job_t *job, const tg_fw_news_t *news);

/** RETURNING: whatever came, the update ends as it was to. */
tg_fw_state_t tg_fw_phase_move_end(tg_fw_job_t *job, const tg_fw_news_t *news);

/* fw_phase_transfer.c: TRANSFERRING */

/** TRANSFERRING begins. */
tg_fw_state_t tg_fw_phase_transfer_enter(tg_fw_job_t *job);

/** An answer came. */
tg_fw_state_t tg_fw_phase_transfer_answer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** The device told its state. */
tg_fw_state_t tg_fw_phase_transfer_report(tg_fw_job_t *job, const tg_fw_news_t *news);

/** Nothing came for a while. */
tg_fw_state_t tg_fw_phase_transfer_timer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** The device registered anew. */
tg_fw_state_t tg_fw_phase_transfer_again(tg_fw_job_t *job, const tg_fw_news_t *news);

/** The device went. */
tg_fw_state_t tg_fw_phase_transfer_gone(tg_fw_job_t *job, const tg_fw_news_t *news);

/* fw_phase_apply.c: READY and APPLYING */

/** READY begins. */
tg_fw_state_t tg_fw_phase_apply_ready(tg_fw_job_t *job);

/** READY: the device was heard from, or somebody lets it go on. */
tg_fw_state_t tg_fw_phase_apply_go(tg_fw_job_t *job, const tg_fw_news_t *news);

/** READY: tg_firmware_apply(). */
tg_fw_state_t tg_fw_phase_apply_allow(tg_fw_job_t *job, const tg_fw_news_t *news);

/** READY: the device told its state. */
tg_fw_state_t tg_fw_phase_apply_held(tg_fw_job_t *job, const tg_fw_news_t *news);

/** READY: a look at what it does of itself. */
tg_fw_state_t tg_fw_phase_apply_look(tg_fw_job_t *job, const tg_fw_news_t *news);

/** APPLYING begins: nothing is sent before the row is on disk. */
tg_fw_state_t tg_fw_phase_apply_enter(tg_fw_job_t *job);

/** APPLYING: the row is on disk, or could not be written. */
tg_fw_state_t tg_fw_phase_apply_committed(tg_fw_job_t *job, const tg_fw_news_t *news);

/** APPLYING: the answer to Update came. */
tg_fw_state_t tg_fw_phase_apply_answer(tg_fw_job_t *job, const tg_fw_news_t *news);

/** APPLYING: the device told its state. */
tg_fw_state_t tg_fw_phase_apply_report(tg_fw_job_t *job, const tg_fw_news_t *news);

/** APPLYING: the device was heard from, or nothing came for a while. */
tg_fw_state_t tg_fw_phase_apply_ask(tg_fw_job_t *job, const tg_fw_news_t *news);

/** APPLYING: the time is over. */
tg_fw_state_t tg_fw_phase_apply_expired(tg_fw_job_t *job, const tg_fw_news_t *news);

#endif
