/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MOVING a device to a link that carries more, and RETURNING it: /1/x/8 with a transport, or /1/x/22 (lwm2m.md 4.3). Called by fw_machine.c;
 * see fw_phase.h.
 */

#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_phase.h"
#include "core/firmware/fw_retry.h"
#include "core/firmware/fw_table.h"

enum { MOVE_MS = 600000, OBEY_MS = 120000, BACK_MS = 60000 };

static bool is_on_first_link(const tg_fw_job_t *job) {
  const tg_device_t *device = tg_fw_ask_device(job);
  const char *from = job->firmware->config.move_from;
  return device && device->link && from && strcmp(device->link, from) == 0;
}

bool tg_fw_phase_move_wanted(const tg_fw_job_t *job) {
  return (!job->row.moved || job->move_again) && is_on_first_link(job) &&
         job->row.total > job->firmware->config.move_above;
}

static void may_move(const tg_fw_job_t *job, uint64_t until_ms) {
  const tg_device_t *device = tg_fw_ask_device(job);
  if (device) tg_twin_may_move(job->firmware->config.twin, device->id, until_ms);
}

/* Nothing came of it: the image goes the long way. */
static tg_fw_state_t stay(tg_fw_job_t *job, const char *why) {
  tg_fw_table_cause(job, "%s; goes on over link %s", why, job->firmware->config.move_from);
  return TG_FW_TRANSFERRING;
}

static tg_fw_state_t ask(tg_fw_job_t *job, tg_fw_step_t step) {
  if (step == TG_FW_STEP_PREFER) job->preferred = true;
  if (tg_fw_ask(job, TG_FW_LANE_MAIN, step) == TG_OK) return TG_FW_MOVING;
  return stay(job, "the device could not be asked to move");
}

tg_fw_state_t tg_fw_phase_move_enter(tg_fw_job_t *job) {
  job->row.moved = true;
  job->move_again = job->preferred = job->obey_over = false;
  may_move(job, tg_wheel_now(job->firmware->config.wheel) + MOVE_MS);
  tg_fw_retry_timer(job, OBEY_MS);
  return ask(job, TG_FW_STEP_TRIGGER);
}

tg_fw_state_t tg_fw_phase_move_answer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  bool done = news->result->state == TG_COMMAND_DONE;
  if (done && news->step == TG_FW_STEP_PREFER) return ask(job, TG_FW_STEP_UPDATE_REQUEST);
  if (done || !tg_fw_ask_is_answer(news->result)) return TG_FW_MOVING; /* it may be on its way already */
  if (news->step == TG_FW_STEP_TRIGGER) return ask(job, TG_FW_STEP_PREFER);
  if (news->step == TG_FW_STEP_PREFER) return stay(job, "the device does not take a transport");
  return TG_FW_MOVING;
}

tg_fw_state_t tg_fw_phase_move_device(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  const tg_device_t *device = tg_fw_ask_device(job);
  if (!device || !device->online || is_on_first_link(job)) return TG_FW_MOVING;
  tg_fw_table_cause(job, "the device came over link %s", device->link ? device->link : "?");
  return TG_FW_TRANSFERRING;
}

/* Some devices take a trigger and pass over its transport: those that know Preferred Transport are told by that. */
tg_fw_state_t tg_fw_phase_move_late(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  if (!job->obey_over) {
    job->obey_over = true;
    tg_fw_retry_timer(job, MOVE_MS - OBEY_MS);
    bool is_free = job->step[TG_FW_LANE_MAIN] == TG_FW_STEP_NONE && tg_fw_ask_is_usable(job);
    return !job->preferred && is_free ? ask(job, TG_FW_STEP_PREFER) : TG_FW_MOVING;
  }
  return stay(job, "the device did not come over another link within 10 minutes");
}

void tg_fw_phase_move_leave(const tg_fw_job_t *job) {
  may_move(job, 0);
}

bool tg_fw_phase_move_back_wanted(const tg_fw_job_t *job) {
  return job->row.moved && job->firmware->config.move_back && tg_fw_ask_is_usable(job) && !is_on_first_link(job);
}

static tg_fw_state_t ask_back(tg_fw_job_t *job, tg_fw_step_t step) {
  return tg_fw_ask(job, TG_FW_LANE_MAIN, step) == TG_OK ? TG_FW_RETURNING : job->row.verdict;
}

/* The cause stays that of the verdict. */
tg_fw_state_t tg_fw_phase_move_back(tg_fw_job_t *job) {
  tg_fw_retry_timer(job, BACK_MS);
  return ask_back(job, job->preferred ? TG_FW_STEP_PREFER : TG_FW_STEP_TRIGGER);
}

tg_fw_state_t tg_fw_phase_move_back_answer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  bool done = news->result->state == TG_COMMAND_DONE;
  if (done && news->step == TG_FW_STEP_PREFER) return ask_back(job, TG_FW_STEP_UPDATE_REQUEST);
  bool refused = !done && tg_fw_ask_is_answer(news->result);
  if (refused && news->step == TG_FW_STEP_TRIGGER) return ask_back(job, TG_FW_STEP_PREFER);
  return job->row.verdict;
}

void tg_fw_phase_move_resume(tg_fw_job_t *job) {
  int64_t left_ms = job->row.changed_ms + MOVE_MS - tg_wheel_unix(job->firmware->config.wheel);
  job->row.moved = true;                    /* the row was written before it was asked */
  job->move_again = true;                   /* harmless where it comes anyway */
  if (left_ms > MOVE_MS) left_ms = MOVE_MS; /* the clock was set back */
  if (left_ms > 0) may_move(job, tg_wheel_now(job->firmware->config.wheel) + (uint64_t)left_ms);
}

tg_fw_state_t tg_fw_phase_move_back_again(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  if (is_on_first_link(job)) return job->row.verdict; /* whatever comes of the request */
  if (!job->recheck) return TG_FW_RETURNING;
  if (!tg_fw_ask_is_usable(job)) return TG_FW_RETURNING;
  job->recheck = false;
  return job->firmware->config.move_back ? tg_fw_phase_move_back(job) : job->row.verdict;
}

/* Whether the earlier process's request arrived nobody knows; to ask twice does no harm. */
tg_fw_state_t tg_fw_phase_move_back_late(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (!job->recheck || job->polls++) return job->row.verdict;
  tg_fw_retry_timer(job, MOVE_MS); /* for a device that is not there, or sleeps */
  return tg_fw_phase_move_back_again(job, news);
}

tg_fw_state_t tg_fw_phase_move_end(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  return job->row.verdict;
}
