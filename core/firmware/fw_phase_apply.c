/* SPDX-License-Identifier: Apache-2.0 */
/*
 * READY and APPLYING. Update (/5/0/2) is executed once: the row says APPLYING, and is on disk, before it is sent. What came of it is read from
 * the device (/5/0/3, /5/0/5, /3/0/3); where that decides nothing the update ends as UNKNOWN. Called by fw_machine.c; see fw_phase.h.
 */

#include <stdio.h>

#include "core/base/crash.h"
#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_phase.h"
#include "core/firmware/fw_retry.h"
#include "core/firmware/fw_table.h"

enum { FIRST_POLL_MS = 10000, DEFERRED_POLL_MS = 600000, POLLS_MAX = 5, IDLE_MAX_MS = 3600000 };

static bool may_go(const tg_fw_job_t *job) {
  return !job->row.hold && !job->row.deferred && !job->recheck;
}

static tg_fw_state_t apply(tg_fw_job_t *job) {
  tg_fw_table_cause(job, "Update is executed");
  return TG_FW_APPLYING;
}

tg_fw_state_t tg_fw_phase_apply_ready(tg_fw_job_t *job) {
  if (job->row.deferred) tg_fw_retry_timer(job, DEFERRED_POLL_MS);
  if (job->recheck) tg_fw_retry_timer(job, TG_FW_POLL_MS);
  return may_go(job) && tg_fw_ask_is_usable(job) ? apply(job) : TG_FW_READY;
}

tg_fw_state_t tg_fw_phase_apply_go(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (job->recheck || news->cue == TG_FW_CUE_REGISTERED || news->cue == TG_FW_CUE_TURN) {
    job->recheck = true; /* it has restarted, or we have: does it hold the image still? */
    return tg_fw_phase_ask_try(job, news);
  }
  return may_go(job) && tg_fw_ask_is_usable(job) ? apply(job) : TG_FW_READY;
}

tg_fw_state_t tg_fw_phase_apply_allow(tg_fw_job_t *job, const tg_fw_news_t *news) {
  job->row.hold = false;
  job->row.deferred = false;
  job->row.answered = false; /* a person asks for Update once more after a deferral */
  job->executed = false;
  (void)tg_fw_table_save(job);
  return tg_fw_phase_apply_go(job, news);
}

tg_fw_state_t tg_fw_phase_apply_look(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (job->recheck) return tg_fw_phase_ask_try(job, news);
  if (job->row.deferred) {
    tg_fw_retry_poll(job);
    tg_fw_retry_timer(job, DEFERRED_POLL_MS);
    return TG_FW_READY;
  }
  return tg_fw_phase_apply_go(job, news);
}

tg_fw_state_t tg_fw_phase_apply_held(tg_fw_job_t *job, const tg_fw_news_t *news) {
  int state = job->facts.state, result = job->facts.result;
  if (state == TG_FW_DOWNLOADED || state < 0) return TG_FW_READY;
  if (state != TG_FW_UPDATING && !news->polled) {
    tg_fw_retry_poll(job);
    return TG_FW_READY;
  }
  if (state == TG_FW_UPDATING || result == TG_FW_RESULT_OK) {
    job->executed = true;
    tg_fw_table_cause(job, "the device applies the image of itself");
    return TG_FW_APPLYING;
  }
  job->row.delivered = false;
  tg_fw_table_cause(job, "the device does not hold the image any more: %s (result %d)", tg_fw_name_result(result),
                    result);
  return TG_FW_FAILED;
}

tg_fw_state_t tg_fw_phase_apply_enter(tg_fw_job_t *job) {
  job->polls = job->refused = 0;
  job->idle_ms = 0;
  job->result_before = job->facts.result;
  if (job->executed || job->row.answered) {
    job->executed = true;
    tg_fw_retry_timer(job, FIRST_POLL_MS);
    tg_fw_retry_poll(job);
    return TG_FW_APPLYING;
  }
  if (!job->firmware->config.store) return tg_fw_phase_apply_committed(job, &(tg_fw_news_t){.rc = TG_OK});
  if (job->ticket) return TG_FW_APPLYING; /* tg_firmware_committed() goes on */
  return tg_fw_phase_apply_committed(job, &(tg_fw_news_t){.rc = TG_E_STORE});
}

/* Surely not sent: Update may be tried again. */
static tg_fw_state_t not_yet(tg_fw_job_t *job, const char *why) {
  job->executed = false;
  tg_fw_table_cause(job, "Update was not sent: %s", why);
  job->recheck = true; /* no loop without the device in it */
  return TG_FW_READY;
}

tg_fw_state_t tg_fw_phase_apply_committed(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (news->rc != TG_OK) return not_yet(job, "the store does not take it");
  if (!tg_fw_ask_is_usable(job)) return not_yet(job, "the device is not there");
  TG_CRASH_PASS(FIRMWARE_EXECUTE_BEFORE);
  tg_rc_t rc = tg_fw_ask(job, TG_FW_LANE_MAIN, TG_FW_STEP_UPDATE);
  TG_CRASH_PASS(FIRMWARE_EXECUTE_AFTER);
  if (rc != TG_OK) return not_yet(job, tg_rc_text(rc));
  job->executed = true;
  tg_fw_retry_timer(job, TG_FW_POLL_MS);
  return TG_FW_APPLYING;
}

tg_fw_state_t tg_fw_phase_apply_answer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (news->result->state == TG_COMMAND_EXPIRED) return not_yet(job, "the device did not wake in time");
  tg_fw_retry_timer(job, FIRST_POLL_MS);
  if (news->result->state == TG_COMMAND_DONE) {
    job->row.answered = true;
    tg_fw_table_cause(job, "the device has taken Update");
    (void)tg_fw_table_save(job);
    return TG_FW_APPLYING;
  }
  tg_fw_retry_explain(job, news->step, news->result);
  if (tg_fw_ask_is_answer(news->result)) job->refused = news->result->code;
  tg_fw_retry_poll(job);
  return TG_FW_APPLYING;
}

static tg_fw_state_t done(tg_fw_job_t *job, const char *how) {
  tg_fw_table_cause(job, "the device runs %s%s", job->row.version_after[0] ? job->row.version_after : "the image", how);
  return TG_FW_DONE;
}

static tg_fw_state_t unknown(tg_fw_job_t *job, const char *what) {
  tg_fw_table_cause(job, "Update was executed once, and %s", what);
  return TG_FW_UNKNOWN;
}

/* The device says that it went well; does it run what it should? */
static tg_fw_state_t check_version(tg_fw_job_t *job) {
  const char *ours = job->image ? tg_fw_image_get(job->image)->version : "";
  const tg_fw_facts_t *facts = &job->facts;
  if (!ours[0]) return done(job, "");
  if (strcmp(facts->version, ours) == 0) return done(job, "");
  if (strcmp(facts->pkg_version, ours) == 0) {
    (void)snprintf(job->row.version_after, sizeof job->row.version_after, "%s", facts->pkg_version);
    return done(job, " (/5/0/7)");
  }
  tg_fw_table_cause(job, "the device says that it was updated, but runs \"%s\", not \"%s\"", facts->version, ours);
  return TG_FW_FAILED;
}

/* Idle, and without a result: a restart may have lost it. */
static tg_fw_state_t look_at_version(tg_fw_job_t *job) {
  const char *ours = job->image ? tg_fw_image_get(job->image)->version : "";
  bool changed = job->facts.version[0] && strcmp(job->facts.version, job->row.version_before) != 0;
  if (changed && (!ours[0] || strcmp(job->facts.version, ours) == 0)) return done(job, ", though it gives no result");
  if (changed) return check_version(job);
  if (++job->polls < POLLS_MAX) return TG_FW_APPLYING;
  return unknown(job, "the device tells neither success nor failure");
}

/* It was asked time and again, and said the same for an hour: nothing will come. While it is not heard the hour does not begin. */
static bool is_idle_too_long(tg_fw_job_t *job) {
  uint64_t now = tg_wheel_now(job->firmware->config.wheel);
  if (!job->idle_ms || job->idle_state != job->facts.state) {
    job->idle_ms = now;
    job->idle_state = job->facts.state;
  }
  return now - job->idle_ms >= IDLE_MAX_MS;
}

static tg_fw_state_t still_updating(tg_fw_job_t *job) {
  if (!is_idle_too_long(job)) return TG_FW_APPLYING;
  return unknown(job, "the device has said for an hour that it applies the image");
}

static tg_fw_state_t still_held(tg_fw_job_t *job) {
  if (job->row.answered && is_idle_too_long(job))
    return unknown(job, "the device took it, but has done nothing with the image for an hour");
  if (job->row.answered || ++job->polls < POLLS_MAX) return TG_FW_APPLYING;
  return unknown(job, "no answer came; the device still holds the image");
}

/* All three resources were read just now. */
static tg_fw_state_t verdict(tg_fw_job_t *job) {
  const tg_fw_facts_t *facts = &job->facts;
  if (facts->version[0]) (void)snprintf(job->row.version_after, sizeof job->row.version_after, "%s", facts->version);
  if (facts->state < 0) return TG_FW_APPLYING;
  if (facts->state == TG_FW_UPDATING) return still_updating(job);
  if (facts->result == TG_FW_RESULT_DEFERRED && facts->state == TG_FW_DOWNLOADED) {
    job->row.deferred = true;
    job->row.answered = true; /* that is an answer to Update */
    tg_fw_table_cause(job, "the device defers the update (result 11)");
    return TG_FW_READY;
  }
  bool news = facts->state != TG_FW_DOWNLOADED || facts->result != job->result_before;
  if (facts->result > TG_FW_RESULT_OK && news) {
    tg_fw_table_cause(job, "the device says: %s (result %d)", tg_fw_name_result(facts->result), facts->result);
    return TG_FW_FAILED;
  }
  if (job->refused && facts->result != TG_FW_RESULT_OK) return TG_FW_FAILED; /* the cause tells its code */
  if (facts->state == TG_FW_DOWNLOADED) return still_held(job);
  return facts->result == TG_FW_RESULT_OK ? check_version(job) : look_at_version(job);
}

tg_fw_state_t tg_fw_phase_apply_report(tg_fw_job_t *job, const tg_fw_news_t *news) {
  if (job->lane[TG_FW_LANE_MAIN] != TG_ID_NONE || !job->executed) return TG_FW_APPLYING; /* the answer comes first */
  if (news->polled) return verdict(job);
  if (job->facts.state != TG_FW_UPDATING) tg_fw_retry_poll(job);
  return TG_FW_APPLYING;
}

tg_fw_state_t tg_fw_phase_apply_ask(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  if (!job->executed) return TG_FW_APPLYING; /* its row is on the way to the disk */
  tg_fw_retry_poll(job);
  tg_fw_retry_timer(job, TG_FW_POLL_MS);
  return TG_FW_APPLYING;
}

tg_fw_state_t tg_fw_phase_apply_expired(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  if (!job->executed) {
    tg_fw_table_cause(job, "the time for the update is over");
    return TG_FW_FAILED;
  }
  return unknown(job, "the time for the update is over");
}
