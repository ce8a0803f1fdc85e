/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSFERRING: the image is pushed block by block, or the device fetches it. What the device says itself (/5/0/3, /5/0/5) decides; a failure
 * after the first Write is told nowhere else (lwm2m.md 6.1). Called by fw_machine.c; see fw_phase.h.
 */

#include <stdio.h>

#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_phase.h"
#include "core/firmware/fw_retry.h"
#include "core/firmware/fw_table.h"

enum { FIRST_POLL_MS = 5000, POLLS_MAX = 3, BLOCK_MAX = 1024, AGAIN_MS = 1000, CANCELLED_MS = 30000 };

tg_fw_state_t tg_fw_phase_transfer_enter(tg_fw_job_t *job) {
  const tg_device_t *device = tg_fw_ask_device(job);
  bool pull = job->row.method != TG_FW_PUSH;
  tg_fw_step_t step = pull ? TG_FW_STEP_URI : TG_FW_STEP_PUSH;
  job->polls = job->refused = 0;
  job->fresh = false;
  job->result_before = job->facts.result;
  if (device) (void)snprintf(job->row.link, sizeof job->row.link, "%s", device->link ? device->link : "");
  tg_fw_retry_timer(job, TG_FW_POLL_MS);
  if (pull && job->row.uri_written) {
    tg_fw_retry_poll(job);
    return TG_FW_TRANSFERRING;
  }
  tg_rc_t rc = tg_fw_ask(job, TG_FW_LANE_MAIN, step);
  if (rc == TG_OK) return TG_FW_TRANSFERRING;
  tg_fw_retry_explain_rc(job, step, rc);
  bool ours = rc == TG_E_IO || rc == TG_E_NOT_FOUND || rc == TG_E_TOO_LONG || rc == TG_E_CONFIG || rc == TG_E_ARG;
  return ours ? TG_FW_FAILED : tg_fw_retry_later(job);
}

static tg_fw_state_t is_ready(tg_fw_job_t *job) {
  job->row.delivered = true;
  job->row.sent = job->row.total;
  tg_fw_table_cause(job, "the device has the image");
  return TG_FW_READY;
}

/* Where the device began to apply it without being asked (/5/0/14, or an impatient device). */
static tg_fw_state_t applies_itself(tg_fw_job_t *job) {
  job->row.delivered = true;
  job->executed = true;
  tg_fw_table_cause(job, "the device applies the image of itself");
  return TG_FW_APPLYING;
}

static tg_fw_state_t failed_with(tg_fw_job_t *job) {
  int result = job->facts.result;
  tg_fw_table_cause(job, "the device says: %s (result %d)", tg_fw_name_result(result), result);
  return TG_FW_FAILED;
}

/* The device took the last byte, or the URI. */
static tg_fw_state_t taken(tg_fw_job_t *job) {
  if (job->row.method == TG_FW_PUSH) {
    job->row.sent = job->row.total;
    job->row.delivered = true;
    tg_fw_table_cause(job, "the device has taken all bytes");
  } else {
    job->row.uri_written = true;
    tg_fw_table_cause(job, "the device has the URI");
  }
  (void)tg_fw_table_save(job);
  tg_fw_retry_timer(job, FIRST_POLL_MS);
  tg_fw_retry_poll(job);
  return TG_FW_TRANSFERRING;
}

/* It refused. One cause can be mended: it still holds blocks of an earlier try, or of somebody else. Else it may tell why. */
static tg_fw_state_t refused(tg_fw_job_t *job, uint8_t code) {
  if (!job->reset && (code == TG_FW_CODE_405 || code == TG_FW_CODE_408)) {
    job->reset = true;
    job->row.sent = 0;
    job->row.uri_written = false;
    return TG_FW_ASKING;
  }
  job->refused = code;
  tg_fw_retry_timer(job, FIRST_POLL_MS);
  job->facts.state = job->facts.result = -1;
  tg_fw_retry_poll(job);
  return job->lane[TG_FW_LANE_POLL] != TG_ID_NONE ? TG_FW_TRANSFERRING : TG_FW_FAILED;
}

tg_fw_state_t tg_fw_phase_transfer_answer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (news->result->state == TG_COMMAND_DONE) return taken(job);
  if (job->row.delivered) return is_ready(job); /* only the last answer was lost */
  tg_fw_retry_explain(job, news->step, news->result);
  if (tg_fw_ask_is_answer(news->result)) return refused(job, news->result->code);
  if (!tg_fw_ask_is_usable(job)) return TG_FW_WAITING; /* its going is nobody's failure */
  if (news->result->state == TG_COMMAND_CANCELLED)
    return tg_fw_retry_after(job, CANCELLED_MS);                               /* by a person, or at the end */
  if (news->result->rc == TG_E_AGAIN) return tg_fw_retry_after(job, AGAIN_MS); /* it registered anew, or moved */
  return tg_fw_retry_transfer(job);
}

/* What it says of itself is what it said before it was asked. */
static bool is_stale(const tg_fw_job_t *job) {
  return !job->fresh && job->facts.result == job->result_before;
}

/* Idle, and read just now. */
static tg_fw_state_t is_idle(tg_fw_job_t *job) {
  int result = job->facts.result;
  bool stale = is_stale(job);
  if (stale && ++job->polls < POLLS_MAX) return TG_FW_TRANSFERRING; /* it may not have begun yet */
  if (result == TG_FW_RESULT_OK) return applies_itself(job);
  if (result == TG_FW_RESULT_LINK_LOST && job->row.method != TG_FW_PUSH) {
    job->row.uri_written = false;
    tg_fw_table_cause(job, "the device says: %s (result %d)", tg_fw_name_result(result), result);
    return tg_fw_retry_transfer(job);
  }
  if (result > TG_FW_RESULT_OK) return failed_with(job);
  if (!stale && ++job->polls < POLLS_MAX) return TG_FW_TRANSFERRING;
  job->row.uri_written = job->row.delivered = false;
  job->row.sent = 0;
  tg_fw_table_cause(job, job->row.method == TG_FW_PUSH ? "the device took all bytes and says that it has no image"
                                                       : "the device does not begin to download");
  return tg_fw_retry_transfer(job);
}

/* A result that stood there before is no answer to this Write. */
static tg_fw_state_t explain_refusal(tg_fw_job_t *job) {
  if (job->facts.result > TG_FW_RESULT_OK) {
    size_t used = strlen(job->row.cause);
    (void)snprintf(job->row.cause + used, sizeof job->row.cause - used, ": %s", tg_fw_name_result(job->facts.result));
  }
  return TG_FW_FAILED;
}

tg_fw_state_t tg_fw_phase_transfer_report(tg_fw_job_t *job, const tg_fw_news_t *news) {
  bool running = job->lane[TG_FW_LANE_MAIN] != TG_ID_NONE;
  bool pull = job->row.method != TG_FW_PUSH;
  if (job->refused) return news->polled ? explain_refusal(job) : TG_FW_TRANSFERRING;
  if (running && (pull || job->facts.state != TG_FW_DOWNLOADED)) return TG_FW_TRANSFERRING; /* may be of before */
  switch (job->facts.state) {
  case TG_FW_DOWNLOADED:
    if (!running) return is_ready(job);
    if (job->row.total - job->row.sent <= BLOCK_MAX)
      job->row.delivered = true; /* the answer to the last block is still to come */
    return TG_FW_TRANSFERRING;
  case TG_FW_UPDATING: return applies_itself(job);
  case TG_FW_DOWNLOADING: job->fresh = true; return TG_FW_TRANSFERRING;
  case TG_FW_IDLE: break;
  default: return TG_FW_TRANSFERRING;
  }
  if (news->polled) return is_idle(job);
  if (pull && is_stale(job)) return TG_FW_TRANSFERRING; /* observed anew, it says so at once: the timer's polls count */
  tg_fw_retry_poll(job);                                /* what a notification alone says may be of before */
  return TG_FW_TRANSFERRING;
}

tg_fw_state_t tg_fw_phase_transfer_timer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  if (job->refused) return TG_FW_FAILED; /* it does not tell why */
  tg_fw_retry_poll(job);
  tg_fw_retry_timer(job, TG_FW_POLL_MS);
  return TG_FW_TRANSFERRING;
}

tg_fw_state_t tg_fw_phase_transfer_again(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  tg_fw_table_cause(job, "the device registered anew at byte %llu of the transfer", (unsigned long long)job->row.sent);
  return TG_FW_ASKING;
}

tg_fw_state_t tg_fw_phase_transfer_gone(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  tg_fw_table_cause(job, "the device went at byte %llu of the transfer", (unsigned long long)job->row.sent);
  return TG_FW_WAITING;
}
