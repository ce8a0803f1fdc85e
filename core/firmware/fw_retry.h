/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_RETRY_H
#define TG_CORE_FIRMWARE_FW_RETRY_H

/** What did not go, in words, and when it is tried again: after 30 s, doubling to 10 min; a device that comes by itself is asked at once. */

#include "core/firmware/fw_job.h"

enum { TG_FW_RETRY_MAX = 10, TG_FW_POLL_MS = 60000 };

/** Says in the cause what the device answered to @p step, or that it did not. */
void tg_fw_retry_explain(tg_fw_job_t *job, tg_fw_step_t step, const tg_command_result_t *result);

/** The same for a command that could not be submitted. */
void tg_fw_retry_explain_rc(tg_fw_job_t *job, tg_fw_step_t step, tg_rc_t rc);

/** Sets when WAITING tries anew, and adds it to the cause. @return TG_FW_WAITING */
tg_fw_state_t tg_fw_retry_later(tg_fw_job_t *job);

/** The same at a fixed delay, which counts for nothing. */
tg_fw_state_t tg_fw_retry_after(tg_fw_job_t *job, uint32_t delay_ms);

/** A transfer was lost: counts, from anew where it came further than ever. @return TG_FW_WAITING, or TG_FW_FAILED after TG_FW_RETRY_MAX in a row */
tg_fw_state_t tg_fw_retry_transfer(tg_fw_job_t *job);

/** Sets the timer of the state. */
void tg_fw_retry_timer(tg_fw_job_t *job, uint32_t delay_ms);

/** Reads /5/0 in lane POLL if the device can be reached and none is under way. */
void tg_fw_retry_poll(tg_fw_job_t *job);

#endif
