/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_ASK_H
#define TG_CORE_FIRMWARE_FW_ASK_H

/** Steps of an update as commands of the twin, one at a time in each lane; how they end is told through firmware->answer. */

#include "core/firmware/fw_job.h"

/** CoAP codes of refusals that mean something to the machine: not in this state, and blocks are missing. */
enum { TG_FW_CODE_405 = 0x85, TG_FW_CODE_408 = 0x88 };

/** The device, or NULL where it is not known; lent until the turn ends. */
const tg_device_t *tg_fw_ask_device(const tg_fw_job_t *job);

/** Whether commands reach the device now: it is registered and does not sleep. */
bool tg_fw_ask_is_usable(const tg_fw_job_t *job);

/** Whether the device announces @p path or something below it. */
bool tg_fw_ask_announces(const tg_device_t *device, const tg_path_t *path);

/** Submits the command of @p step in @p lane, which is empty. TG_E_GONE (not registered), TG_E_FULL, TG_E_NOMEM, TG_E_IO (image). */
TG_MUST_CHECK tg_rc_t tg_fw_ask(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step);

/** Cancels what runs in @p lane; no answer follows. Nothing where it is empty. */
void tg_fw_ask_drop(tg_fw_job_t *job, tg_fw_lane_t lane);

/** What a step does, for causes: `Write of /5/0/0`. */
const char *tg_fw_ask_name(tg_fw_step_t step);

/** Whether @p result is the device's answer: DONE, or FAILED with a code. */
static inline bool tg_fw_ask_is_answer(const tg_command_result_t *result) {
  return result->state == TG_COMMAND_DONE || (result->state == TG_COMMAND_FAILED && result->code);
}

#endif
