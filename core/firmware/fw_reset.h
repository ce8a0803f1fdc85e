/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_RESET_H
#define TG_CORE_FIRMWARE_FW_RESET_H

/** Telling a device to let go the image it holds or downloads: Execute of /5/0/10 where its object has it, else an empty URI, else one zero byte. */

#include "core/firmware/fw_job.h"

/** How far it has come. */
typedef enum tg_fw_reset {
  TG_FW_RESET_GOES_ON,
  TG_FW_RESET_FREE, /* the device has taken one of the three */
  TG_FW_RESET_HELD, /* it has refused them all */
  TG_FW_RESET_LOST  /* no answer */
} tg_fw_reset_t;

/** Begins in @p lane. */
tg_fw_reset_t tg_fw_reset_begin(tg_fw_job_t *job, tg_fw_lane_t lane);

/** Goes on after the answer to @p step. */
tg_fw_reset_t tg_fw_reset_answer(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step,
                                 const tg_command_result_t *result);

#endif
