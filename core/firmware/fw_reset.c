/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: a device lets go an image (LwM2M Core 1.1 Appendix E.6); see fw_reset.h. Called by the machine and fw_phase_ask.c. */

#include "core/firmware/fw_reset.h"

#include "core/firmware/fw_ask.h"

enum { OID_FIRMWARE = 5, PUSH_ONLY = 1 };

/* /5/0/10 came with object version 1.1; it can't be read, so nothing else tells. */
static bool has_cancel(const tg_device_t *device) {
  for (size_t i = 0; i < device->version_count; i++) {
    if (device->versions[i].oid == OID_FIRMWARE) return device->versions[i].version >= TG_VERSION_1_1;
  }
  return device->enabler >= TG_VERSION_1_1;
}

static tg_fw_reset_t ask(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step) {
  return tg_fw_ask(job, lane, step) == TG_OK ? TG_FW_RESET_GOES_ON : TG_FW_RESET_LOST;
}

static tg_fw_reset_t ask_write(tg_fw_job_t *job, tg_fw_lane_t lane) {
  return ask(job, lane, job->facts.delivery == PUSH_ONLY ? TG_FW_STEP_NUL_BYTE : TG_FW_STEP_EMPTY_URI);
}

tg_fw_reset_t tg_fw_reset_begin(tg_fw_job_t *job, tg_fw_lane_t lane) {
  const tg_device_t *device = tg_fw_ask_device(job);
  if (!device) return TG_FW_RESET_LOST;
  return has_cancel(device) ? ask(job, lane, TG_FW_STEP_CANCEL) : ask_write(job, lane);
}

tg_fw_reset_t tg_fw_reset_answer(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step,
                                 const tg_command_result_t *result) {
  if (result->state == TG_COMMAND_DONE) return TG_FW_RESET_FREE;
  if (!tg_fw_ask_is_answer(result)) return TG_FW_RESET_LOST;
  if (step == TG_FW_STEP_CANCEL) return ask_write(job, lane);
  if (step == TG_FW_STEP_EMPTY_URI) return ask(job, lane, TG_FW_STEP_NUL_BYTE);
  return TG_FW_RESET_HELD;
}
