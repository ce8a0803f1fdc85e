/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of states and cues, and the one place where a state changes: written to the store, told, then its effect. Called by firmware.c;
 * see fw_machine.h.
 */

#include "core/firmware/fw_machine.h"

#include "core/firmware/fw_ask.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_phase.h"
#include "core/firmware/fw_reset.h"
#include "core/firmware/fw_retry.h"
#include "core/firmware/fw_table.h"

enum { CHANGES_MAX = 16, POLL_AGAIN_MS = 10000 };

typedef tg_fw_state_t (*handler_fn)(tg_fw_job_t *job, const tg_fw_news_t *news);
typedef tg_fw_state_t (*enter_fn)(tg_fw_job_t *job);

static tg_fw_state_t cancel(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  job->given_up = true;
  tg_fw_table_cause(job, "cancelled");
  return TG_FW_CANCELLED;
}

static tg_fw_state_t expire(tg_fw_job_t *job, const tg_fw_news_t *news) {
  (void)news;
  char before[TG_FW_CAUSE_MAX];
  memcpy(before, job->row.cause, sizeof before);
  job->given_up = true;
  tg_fw_table_cause(job, "the time for the update is over; at last: %.100s", before);
  return TG_FW_FAILED;
}

static const enter_fn enter[TG_FW_STATE_COUNT] = {
    [TG_FW_WAITING] = tg_fw_phase_ask_wait,    [TG_FW_ASKING] = tg_fw_phase_ask_enter,
    [TG_FW_MOVING] = tg_fw_phase_move_enter,   [TG_FW_TRANSFERRING] = tg_fw_phase_transfer_enter,
    [TG_FW_READY] = tg_fw_phase_apply_ready,   [TG_FW_APPLYING] = tg_fw_phase_apply_enter,
    [TG_FW_RETURNING] = tg_fw_phase_move_back,
};

/* What is not here means nothing there. */
static const handler_fn table[TG_FW_DONE][TG_FW_CUE_COUNT] = {
    [TG_FW_WAITING] =
        {
            [TG_FW_CUE_DEVICE] = tg_fw_phase_ask_try,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_ask_try,
            [TG_FW_CUE_GONE] = tg_fw_phase_ask_gone,
            [TG_FW_CUE_TURN] = tg_fw_phase_ask_try,
            [TG_FW_CUE_TIMER] = tg_fw_phase_ask_try,
            [TG_FW_CUE_CANCEL] = cancel,
            [TG_FW_CUE_EXPIRED] = expire,
        },
    [TG_FW_ASKING] =
        {
            [TG_FW_CUE_ANSWER] = tg_fw_phase_ask_answer,
            [TG_FW_CUE_GONE] = tg_fw_phase_ask_broken,
            [TG_FW_CUE_CANCEL] = cancel,
            [TG_FW_CUE_EXPIRED] = expire,
        },
    [TG_FW_MOVING] =
        {
            [TG_FW_CUE_ANSWER] = tg_fw_phase_move_answer,
            [TG_FW_CUE_DEVICE] = tg_fw_phase_move_device,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_move_device,
            [TG_FW_CUE_TIMER] = tg_fw_phase_move_late,
            [TG_FW_CUE_CANCEL] = cancel,
            [TG_FW_CUE_EXPIRED] = expire,
        },
    [TG_FW_TRANSFERRING] =
        {
            [TG_FW_CUE_ANSWER] = tg_fw_phase_transfer_answer,
            [TG_FW_CUE_REPORT] = tg_fw_phase_transfer_report,
            [TG_FW_CUE_TIMER] = tg_fw_phase_transfer_timer,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_transfer_again,
            [TG_FW_CUE_GONE] = tg_fw_phase_transfer_gone,
            [TG_FW_CUE_CANCEL] = cancel,
            [TG_FW_CUE_EXPIRED] = expire,
        },
    [TG_FW_READY] =
        {
            [TG_FW_CUE_APPLY] = tg_fw_phase_apply_allow,
            [TG_FW_CUE_DEVICE] = tg_fw_phase_apply_go,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_apply_go,
            [TG_FW_CUE_TURN] = tg_fw_phase_apply_go,
            [TG_FW_CUE_GONE] = tg_fw_phase_ask_gone,
            [TG_FW_CUE_REPORT] = tg_fw_phase_apply_held,
            [TG_FW_CUE_TIMER] = tg_fw_phase_apply_look,
            [TG_FW_CUE_CANCEL] = cancel,
            [TG_FW_CUE_EXPIRED] = expire,
        },
    [TG_FW_APPLYING] =
        {
            [TG_FW_CUE_COMMITTED] = tg_fw_phase_apply_committed,
            [TG_FW_CUE_ANSWER] = tg_fw_phase_apply_answer,
            [TG_FW_CUE_REPORT] = tg_fw_phase_apply_report,
            [TG_FW_CUE_DEVICE] = tg_fw_phase_apply_ask,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_apply_ask,
            [TG_FW_CUE_TIMER] = tg_fw_phase_apply_ask,
            [TG_FW_CUE_EXPIRED] = tg_fw_phase_apply_expired,
        },
    [TG_FW_RETURNING] =
        {
            [TG_FW_CUE_ANSWER] = tg_fw_phase_move_back_answer,
            [TG_FW_CUE_DEVICE] = tg_fw_phase_move_back_again,
            [TG_FW_CUE_REGISTERED] = tg_fw_phase_move_back_again,
            [TG_FW_CUE_TIMER] = tg_fw_phase_move_back_late,
            [TG_FW_CUE_GONE] = tg_fw_phase_move_end,
            [TG_FW_CUE_EXPIRED] = tg_fw_phase_move_end,
        },
};

bool tg_fw_machine_takes(tg_fw_state_t state, tg_fw_cue_t cue) {
  return state < TG_FW_DONE && table[state][cue];
}

static bool has_place(tg_fw_state_t state) {
  return state == TG_FW_ASKING || state == TG_FW_MOVING || state == TG_FW_TRANSFERRING;
}

/* Told to the device in lane SIDE, in this order: let our image go, nobody wants to hear of it any more. Nothing depends on it. */
static void say_goodbye(tg_fw_job_t *job, tg_fw_step_t after) {
  bool holds = job->row.uri_written || job->row.sent || job->row.delivered;
  if (after == TG_FW_STEP_NONE && holds && job->given_up && tg_fw_ask_is_usable(job) &&
      tg_fw_reset_begin(job, TG_FW_LANE_SIDE) == TG_FW_RESET_GOES_ON)
    return;
  if (after == TG_FW_STEP_FORGET_RESULT) return;
  bool state = job->row.observes_state && after != TG_FW_STEP_FORGET_STATE;
  if (!state && !job->row.observes_result) return;
  tg_rc_t rc = tg_fw_ask(job, TG_FW_LANE_SIDE, state ? TG_FW_STEP_FORGET_STATE : TG_FW_STEP_FORGET_RESULT);
  if (rc != TG_OK) tg_log("firmware", TG_LOG_DEBUG, "observation_left ep=%s error=%s", job->row.ep, tg_rc_name(rc));
}

static void leave(tg_fw_job_t *job, tg_fw_state_t next) {
  if (job->row.state == TG_FW_MOVING) tg_fw_phase_move_leave(job);
  tg_fw_ask_drop(job, TG_FW_LANE_MAIN);
  tg_fw_ask_drop(job, TG_FW_LANE_POLL);
  tg_wheel_del(job->firmware->config.wheel, &job->timer);
  if (!has_place(next)) tg_fw_table_turn_give(job);
  tg_fw_table_hold_end(job);
}

static void keep(tg_fw_job_t *job) {
  tg_firmware_t *firmware = job->firmware;
  tg_rc_t rc = tg_fw_table_save(job);
  bool waits = job->row.state == TG_FW_APPLYING && !job->executed && !job->row.answered && firmware->config.store;
  if (waits && rc == TG_OK) tg_fw_table_hold(job, tg_store_ticket(firmware->config.store));
}

static void log_change(const tg_fw_job_t *job) {
  char ep[TG_FW_EP_MAX * 4 + 1], cause[TG_FW_CAUSE_MAX * 4];
  const tg_fw_row_t *row = &job->row;
  tg_log("firmware", row->state == TG_FW_FAILED || row->state == TG_FW_UNKNOWN ? TG_LOG_WARN : TG_LOG_INFO,
         "update id=%llu ep=%s image=%s state=%s cause=%s", (unsigned long long)row->id,
         tg_log_text(tg_slice_str(row->ep), ep, sizeof ep), row->image, tg_fw_name_state(row->state),
         tg_log_quote(tg_slice_str(row->cause), cause, sizeof cause));
}

/* Into @p next, and into what follows from that at once. A listener may do anything, also to this update. */
static void change(tg_fw_job_t *job, tg_fw_state_t next) {
  for (int i = 0; next != job->row.state && i < CHANGES_MAX; i++) {
    if (next >= TG_FW_DONE && job->row.state != TG_FW_RETURNING && tg_fw_phase_move_back_wanted(job)) {
      job->row.verdict = next;
      next = TG_FW_RETURNING;
    }
    leave(job, next);
    job->row.state = next;
    if (next >= TG_FW_DONE) job->row.verdict = TG_FW_WAITING;
    job->row.changed_ms = tg_wheel_unix(job->firmware->config.wheel);
    keep(job);
    log_change(job);
    if (next >= TG_FW_DONE) {
      say_goodbye(job, TG_FW_STEP_NONE);
      tg_fw_table_ended(job);
    }
    tg_fw_table_tell(job);
    if (next >= TG_FW_DONE || job->row.state != next) return;
    next = enter[next](job);
  }
}

void tg_fw_machine_fire(tg_fw_job_t *job, const tg_fw_news_t *news) {
  tg_fw_state_t state = job->row.state;
  if (!tg_fw_machine_takes(state, news->cue) || job->firmware->closing) return;
  char cause[TG_FW_CAUSE_MAX];
  memcpy(cause, job->row.cause, sizeof cause);
  tg_fw_state_t next = table[state][news->cue](job, news);
  if (next != state) change(job, next);
  else if (strcmp(cause, job->row.cause) != 0) tg_fw_table_tell(job);
}

void tg_fw_machine_records(tg_fw_job_t *job, const tg_event_records_t *records) {
  if (!tg_fw_machine_takes(job->row.state, TG_FW_CUE_REPORT)) return;
  if (!tg_fw_facts_take(&job->facts, records->items, records->count)) return;
  if (job->facts.result >= 0) job->row.result = job->facts.result;
  tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = TG_FW_CUE_REPORT});
}

/* APPLYING wants the version as well; a device need not have one. */
static void take_poll(tg_fw_job_t *job, tg_fw_step_t step, const tg_command_result_t *result) {
  bool answered = tg_fw_ask_is_answer(result);
  if (!answered && !job->refused) { /* the timer asks again: soon where a restart ends just now */
    if (job->row.state == TG_FW_APPLYING) tg_fw_retry_timer(job, POLL_AGAIN_MS);
    return;
  }
  if (step == TG_FW_STEP_READ_OBJECT) job->facts.state = job->facts.result = -1;
  if (step == TG_FW_STEP_READ_VERSION) job->facts.version[0] = '\0';
  if (result->state == TG_COMMAND_DONE) (void)tg_fw_facts_take(&job->facts, result->records, result->record_count);
  if (job->facts.result >= 0) job->row.result = job->facts.result;
  bool more = step == TG_FW_STEP_READ_OBJECT && job->row.state == TG_FW_APPLYING && job->facts.state >= 0;
  if (more && tg_fw_ask(job, TG_FW_LANE_POLL, TG_FW_STEP_READ_VERSION) == TG_OK) return;
  tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = TG_FW_CUE_REPORT, .polled = true});
}

static void take_side(tg_fw_job_t *job, tg_fw_step_t step, const tg_command_result_t *result) {
  bool resets = step != TG_FW_STEP_FORGET_STATE && step != TG_FW_STEP_FORGET_RESULT;
  if (resets && tg_fw_reset_answer(job, TG_FW_LANE_SIDE, step, result) == TG_FW_RESET_GOES_ON) return;
  say_goodbye(job, step);
}

static void on_answer(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step, const tg_command_result_t *result) {
  if (job->firmware->closing) return;
  if (lane == TG_FW_LANE_POLL) take_poll(job, step, result);
  else if (lane == TG_FW_LANE_SIDE) take_side(job, step, result);
  else tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = TG_FW_CUE_ANSWER, .step = step, .result = result});
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_fw_machine_fire(ud, &(tg_fw_news_t){.cue = TG_FW_CUE_TIMER});
}

static void on_expiry(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_fw_machine_fire(ud, &(tg_fw_news_t){.cue = TG_FW_CUE_EXPIRED});
}

void tg_fw_machine_committed(tg_firmware_t *firmware, uint64_t ticket, tg_rc_t rc) {
  for (tg_fw_job_t *job = firmware->held_first; job;) {
    tg_fw_job_t *next = job->next_held;
    if (job->ticket <= ticket) {
      tg_fw_table_hold_end(job);
      tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = TG_FW_CUE_COMMITTED, .rc = rc});
      next = firmware->held_first; /* anything may have happened; those that stay wait for a later ticket */
      while (next && next->ticket > ticket) next = next->next_held;
    }
    job = next;
  }
}

/* Who can't use the place any more loses its number: the next one is asked. */
static void on_kick(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_firmware_t *firmware = ud;
  while (firmware->turns < firmware->config.parallel && firmware->turn_first) {
    tg_fw_job_t *job = firmware->turn_first;
    tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = TG_FW_CUE_TURN});
    if (firmware->turn_first == job) tg_fw_table_turn_give(job);
  }
}

void tg_fw_machine_init(tg_firmware_t *firmware) {
  firmware->answer = on_answer;
  firmware->kick = (tg_timer_t){.fn = on_kick, .ud = firmware};
}

static void arm(tg_fw_job_t *job) {
  tg_wheel_t *wheel = job->firmware->config.wheel;
  uint64_t now = tg_wheel_now(wheel);
  int64_t left = job->row.expires_ms - tg_wheel_unix(wheel);
  job->timer = (tg_timer_t){.fn = on_timer, .ud = job};
  job->expiry = (tg_timer_t){.fn = on_expiry, .ud = job};
  tg_wheel_add(wheel, &job->expiry, now + (left > 0 ? (uint64_t)left : 0));
  tg_wheel_add(wheel, &job->timer, now);
}

void tg_fw_machine_begin(tg_fw_job_t *job) {
  arm(job);
  log_change(job);
  tg_fw_table_tell(job);
}

void tg_fw_machine_resume(tg_fw_job_t *job) {
  tg_fw_row_t *row = &job->row;
  job->best = row->sent;
  arm(job);
  if (row->state == TG_FW_READY || row->state == TG_FW_RETURNING) job->recheck = true;
  if (row->state == TG_FW_APPLYING) job->executed = true; /* nobody knows: it is not sent again */
  if (row->state >= TG_FW_READY) return;
  if (row->state == TG_FW_MOVING) tg_fw_phase_move_resume(job);
  if (row->state != TG_FW_WAITING)
    tg_fw_table_cause(job, "the gateway was started anew while %s", tg_fw_name_state(row->state));
  row->state = TG_FW_WAITING;
}

void tg_fw_machine_halt(tg_fw_job_t *job) {
  for (int lane = 0; lane < TG_FW_LANE_COUNT; lane++) tg_fw_ask_drop(job, (tg_fw_lane_t)lane);
}
