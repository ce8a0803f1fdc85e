/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: failures in words, delays and polls; see fw_retry.h. Called by the machine's phases. */

#include "core/firmware/fw_retry.h"

#include <stdio.h>

#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_table.h"

enum { DELAY_MIN_S = 30, DELAY_MAX_S = 600, DOUBLED_MAX = 5 };

void tg_fw_retry_explain(tg_fw_job_t *job, tg_fw_step_t step, const tg_command_result_t *result) {
  const char *name = tg_fw_ask_name(step);
  if (result->code)
    tg_fw_table_cause(job, "the device answered %u.%02u to the %s", result->code >> 5, result->code & 31u, name);
  else if (result->state == TG_COMMAND_CANCELLED) tg_fw_table_cause(job, "the %s was cancelled", name);
  else tg_fw_table_cause(job, "no answer to the %s (%s)", name, tg_rc_name(result->rc));
}

void tg_fw_retry_explain_rc(tg_fw_job_t *job, tg_fw_step_t step, tg_rc_t rc) {
  tg_fw_table_cause(job, "the %s could not be sent: %s", tg_fw_ask_name(step), tg_rc_text(rc));
}

tg_fw_state_t tg_fw_retry_after(tg_fw_job_t *job, uint32_t delay_ms) {
  size_t used = strlen(job->row.cause);
  (void)snprintf(job->row.cause + used, sizeof job->row.cause - used, "; tried again in %u s",
                 (unsigned)(delay_ms / 1000));
  job->not_before_ms = tg_wheel_now(job->firmware->config.wheel) + delay_ms;
  return TG_FW_WAITING;
}

tg_fw_state_t tg_fw_retry_later(tg_fw_job_t *job) {
  uint32_t delay_s = (uint32_t)DELAY_MIN_S << job->backoff;
  if (delay_s > DELAY_MAX_S) delay_s = DELAY_MAX_S;
  if (job->backoff < DOUBLED_MAX) job->backoff++;
  return tg_fw_retry_after(job, delay_s * 1000);
}

tg_fw_state_t tg_fw_retry_transfer(tg_fw_job_t *job) {
  if (job->row.sent > job->best) {
    job->best = job->row.sent;
    job->row.attempts = 0;
    job->backoff = 0;
  }
  if (++job->row.attempts < TG_FW_RETRY_MAX) return tg_fw_retry_later(job);
  size_t used = strlen(job->row.cause);
  (void)snprintf(job->row.cause + used, sizeof job->row.cause - used, "; %d times, without any progress",
                 TG_FW_RETRY_MAX);
  return TG_FW_FAILED;
}

void tg_fw_retry_timer(tg_fw_job_t *job, uint32_t delay_ms) {
  tg_wheel_t *wheel = job->firmware->config.wheel;
  tg_wheel_add(wheel, &job->timer, tg_wheel_now(wheel) + delay_ms);
}

void tg_fw_retry_poll(tg_fw_job_t *job) {
  if (job->lane[TG_FW_LANE_POLL] != TG_ID_NONE || !tg_fw_ask_is_usable(job)) return;
  tg_rc_t rc = tg_fw_ask(job, TG_FW_LANE_POLL, TG_FW_STEP_READ_OBJECT);
  if (rc != TG_OK) tg_log("firmware", TG_LOG_DEBUG, "poll_not_sent error=%s", tg_rc_name(rc)); /* the next one will */
}
