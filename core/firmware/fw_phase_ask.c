/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WAITING for a device, and ASKING what it runs, holds and can; at the end of it stands how the image goes. Called by fw_machine.c; see
 * fw_phase.h.
 */

#include <stdio.h>

#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_phase.h"
#include "core/firmware/fw_plan.h"
#include "core/firmware/fw_reset.h"
#include "core/firmware/fw_retry.h"
#include "core/firmware/fw_table.h"

tg_fw_state_t tg_fw_phase_ask_wait(tg_fw_job_t *job) {
  tg_wheel_t *wheel = job->firmware->config.wheel;
  uint64_t now = tg_wheel_now(wheel);
  job->reset = false;
  tg_wheel_add(wheel, &job->timer, job->not_before_ms > now ? job->not_before_ms : now);
  return TG_FW_WAITING;
}

tg_fw_state_t tg_fw_phase_ask_gone(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  tg_fw_table_turn_give(job);
  if (job->row.state == TG_FW_WAITING) tg_fw_table_cause(job, "the device is not registered");
  return job->row.state;
}

tg_fw_state_t tg_fw_phase_ask_try(tg_fw_job_t *job, const tg_fw_news_t *news) {
  uint64_t now = tg_wheel_now(job->firmware->config.wheel);
  const tg_device_t *device = tg_fw_ask_device(job);
  if (!device || !device->online) return tg_fw_phase_ask_gone(job, news);
  if (news->cue == TG_FW_CUE_DEVICE || news->cue == TG_FW_CUE_REGISTERED) job->not_before_ms = 0;
  if (!device->awake || job->not_before_ms > now) {
    tg_fw_table_turn_give(job);
    if (!device->awake && job->row.state == TG_FW_WAITING) tg_fw_table_cause(job, "the device sleeps");
    return job->row.state;
  }
  if (tg_fw_table_turn_take(job)) {
    tg_fw_table_cause(job, "the device is asked what it runs and holds");
    return TG_FW_ASKING;
  }
  tg_fw_table_cause(job, "waits for its turn: %u transfers are under way", (unsigned)job->firmware->turns);
  return job->row.state;
}

tg_fw_state_t tg_fw_phase_ask_broken(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  tg_fw_table_cause(job, "the device went while it was asked");
  return TG_FW_WAITING;
}

/* Next command of ASKING. */
static tg_fw_state_t ask(tg_fw_job_t *job, tg_fw_step_t step) {
  tg_rc_t rc = tg_fw_ask(job, TG_FW_LANE_MAIN, step);
  if (rc == TG_OK) return TG_FW_ASKING;
  tg_fw_retry_explain_rc(job, step, rc);
  return tg_fw_retry_later(job);
}

tg_fw_state_t tg_fw_phase_ask_enter(tg_fw_job_t *job) {
  static const tg_path_t object = {{5, 0, 0, 0}, TG_PATH_OBJECT};
  const tg_device_t *device = tg_fw_ask_device(job);
  job->recheck = false;
  tg_fw_facts_init(&job->facts);
  if (!job->image) {
    tg_fw_table_cause(job, "image %s is not there any more", job->row.image);
    return TG_FW_FAILED;
  }
  if (device && device->object_count && !tg_fw_ask_announces(device, &object)) {
    tg_fw_table_cause(job, "the device announces no firmware update (object 5)");
    return TG_FW_FAILED;
  }
  return ask(job, TG_FW_STEP_READ_OBJECT);
}

/* The last thing ASKING does: from here the image goes. */
static tg_fw_state_t choose(tg_fw_job_t *job) {
  const tg_firmware_t *firmware = job->firmware;
  const tg_fw_plan_t plan = {.wanted = job->row.wanted,
                             .facts = &job->facts,
                             .size = job->row.total,
                             .serves_coap = firmware->config.coap_base != NULL,
                             .serves_http = firmware->http_base != NULL,
                             .https = firmware->http_base && strncmp(firmware->http_base, "https:", 6) == 0};
  tg_fw_method_t method = TG_FW_AUTO;
  if (tg_fw_plan_choose(&plan, &method, job->row.cause) != TG_OK) return TG_FW_FAILED;
  if (method != job->row.method) job->row.sent = 0;
  job->row.method = method;
  if (tg_fw_phase_move_wanted(job)) {
    tg_fw_table_cause(job, "%llu bytes are much for link %s: the device is asked to come over another",
                      (unsigned long long)job->row.total, firmware->config.move_from);
    return TG_FW_MOVING;
  }
  tg_fw_table_cause(job, job->row.sent ? "goes on at byte %llu, %s" : "from byte %llu, %s",
                    (unsigned long long)job->row.sent, tg_fw_name_method(method));
  return TG_FW_TRANSFERRING;
}

/* Severity and deferral where they are wanted and the device has them; a refusal of them stops nothing. */
static tg_fw_state_t tell_settings(tg_fw_job_t *job, tg_fw_step_t after) {
  bool severity = job->row.severity >= 0 && job->facts.has_severity;
  bool defer = job->row.defer_s >= 0 && job->facts.has_defer;
  if (severity && after != TG_FW_STEP_SEVERITY && after != TG_FW_STEP_DEFER) return ask(job, TG_FW_STEP_SEVERITY);
  if (defer && after != TG_FW_STEP_DEFER) return ask(job, TG_FW_STEP_DEFER);
  return choose(job);
}

static tg_fw_state_t after_reset(tg_fw_job_t *job, tg_fw_reset_t reset) {
  switch (reset) {
  case TG_FW_RESET_GOES_ON: return TG_FW_ASKING;
  case TG_FW_RESET_FREE: job->facts.state = TG_FW_IDLE; return tell_settings(job, TG_FW_STEP_NONE);
  case TG_FW_RESET_HELD:
    tg_fw_table_cause(job, "the device holds another image and does not let it go");
    return TG_FW_FAILED;
  case TG_FW_RESET_LOST: break;
  }
  tg_fw_table_cause(job, "no answer when the device was to let another image go");
  return tg_fw_retry_later(job);
}

/* Idle, though it has got something from us: why? */
static tg_fw_state_t take_stock(tg_fw_job_t *job) {
  int result = job->facts.result;
  bool given = job->row.uri_written || job->row.delivered;
  job->row.uri_written = false;
  job->row.delivered = false;
  if (given) job->row.sent = 0;
  if (given && result > TG_FW_RESULT_OK && result != TG_FW_RESULT_LINK_LOST) {
    tg_fw_table_cause(job, "the device says: %s (result %d)", tg_fw_name_result(result), result);
    return TG_FW_FAILED;
  }
  return tell_settings(job, TG_FW_STEP_NONE);
}

/* The device holds an image, or part of one. Ours? */
static tg_fw_state_t look_at_held(tg_fw_job_t *job) {
  bool downloaded = job->facts.state == TG_FW_DOWNLOADED;
  if (downloaded && (job->row.delivered || job->row.uri_written)) {
    job->row.delivered = true;
    job->row.sent = job->row.total;
    tg_fw_table_cause(job, "the device has the image");
    return TG_FW_READY;
  }
  if (!downloaded && job->row.uri_written) {
    tg_fw_table_cause(job, "the device goes on downloading");
    return TG_FW_TRANSFERRING;
  }
  if (!downloaded && job->row.method == TG_FW_PUSH && job->row.sent) return tell_settings(job, TG_FW_STEP_NONE);
  job->row.sent = 0;
  job->row.delivered = false;
  job->row.uri_written = false;
  return after_reset(job, tg_fw_reset_begin(job, TG_FW_LANE_MAIN));
}

static tg_fw_state_t decide(tg_fw_job_t *job) {
  if (job->facts.state == TG_FW_IDLE) return take_stock(job);
  return look_at_held(job);
}

/* What it runs, before anything is sent. */
static tg_fw_state_t check_version(tg_fw_job_t *job) {
  const char *ours = tg_fw_image_get(job->image)->version;
  const tg_fw_facts_t *facts = &job->facts;
  if (!job->row.version_before[0])
    (void)snprintf(job->row.version_before, sizeof job->row.version_before, "%s", facts->version);
  if (job->executed || job->row.answered) {
    tg_fw_table_cause(job, "what came of the update?");
    return TG_FW_APPLYING;
  }
  if (!job->row.force && ours[0] && strcmp(ours, facts->version) == 0) {
    (void)snprintf(job->row.version_after, sizeof job->row.version_after, "%s", facts->version);
    tg_fw_table_cause(job, "the device runs %s already", ours);
    return TG_FW_DONE;
  }
  if (facts->state != TG_FW_UPDATING) return ask(job, TG_FW_STEP_OBSERVE_STATE);
  if (job->row.delivered) {
    job->executed = true;
    tg_fw_table_cause(job, "the device applies the image of itself");
    return TG_FW_APPLYING;
  }
  tg_fw_table_cause(job, "the device is applying another image");
  return tg_fw_retry_after(job, TG_FW_POLL_MS);
}

static tg_fw_state_t take_object(tg_fw_job_t *job, const tg_command_result_t *result) {
  if (result->state != TG_COMMAND_DONE) return TG_FW_FAILED;
  (void)tg_fw_facts_take(&job->facts, result->records, result->record_count);
  job->row.result = job->facts.result;
  if (job->facts.state >= 0) return ask(job, TG_FW_STEP_READ_VERSION);
  tg_fw_table_cause(job, "the device does not tell its state (/5/0/3)");
  return TG_FW_FAILED;
}

tg_fw_state_t tg_fw_phase_ask_answer(tg_fw_job_t *job, const tg_fw_news_t *news) {
  bool done = news->result->state == TG_COMMAND_DONE;
  bool resets =
      news->step == TG_FW_STEP_CANCEL || news->step == TG_FW_STEP_EMPTY_URI || news->step == TG_FW_STEP_NUL_BYTE;
  if (resets) return after_reset(job, tg_fw_reset_answer(job, TG_FW_LANE_MAIN, news->step, news->result));
  bool is_observed =
      news->result->rc == TG_E_EXISTS; /* by somebody else: what comes is heard by all, and stays theirs */
  if (!done && !is_observed) tg_fw_retry_explain(job, news->step, news->result);
  if (!is_observed && !tg_fw_ask_is_answer(news->result)) return tg_fw_retry_later(job);
  switch ((int)news->step) {
  case TG_FW_STEP_READ_OBJECT: return take_object(job, news->result);
  case TG_FW_STEP_READ_VERSION: /* a device may have none */
    if (done) (void)tg_fw_facts_take(&job->facts, news->result->records, news->result->record_count);
    return check_version(job);
  case TG_FW_STEP_OBSERVE_STATE: job->row.observes_state |= done; return ask(job, TG_FW_STEP_OBSERVE_RESULT);
  case TG_FW_STEP_OBSERVE_RESULT: job->row.observes_result |= done; return decide(job);
  default: return tell_settings(job, news->step);
  }
}
