/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A campaign at work. Events only change numbers and wake the timer; what is to be done is done there, so that nothing here runs inside
 * a call of the updates. Called by campaigns.c. See campaign_run.h.
 */

#include "core/firmware/campaign_run.h"

#include <stdio.h>

#include "core/firmware/campaign_device.h"
#include "core/firmware/campaign_look.h"

enum { BEGIN_MAX = 32, SWEEP_MAX = 128, PARALLEL_DEFAULT = 64, PERCENT_LEAST = 10, ROW_MAX = 8192 };
enum { LOOK_AGAIN_MS = 60 * 1000, RETRY_MS = 5000, TELL_MS = 1000 };

static uint64_t now_of(const tg_campaign_one_t *campaign) {
  return tg_wheel_now(campaign->all->wheel);
}

static uint32_t running_of(const tg_campaign_one_t *campaign) {
  return campaign->row.count[TG_CAMPAIGN_DEVICE_RUNNING];
}

/* As the stop rule counts: what became of an update that nobody knows of is no success. */
static uint32_t failed_of(const tg_campaign_one_t *campaign) {
  return campaign->row.count[TG_CAMPAIGN_DEVICE_FAILED] + campaign->row.count[TG_CAMPAIGN_DEVICE_UNKNOWN];
}

static uint32_t ended_of(const tg_campaign_one_t *campaign) {
  return campaign->row.count[TG_CAMPAIGN_DEVICE_DONE] + failed_of(campaign);
}

static void persist(const tg_campaign_one_t *campaign) {
  if (!campaign->all->store) return;
  uint8_t memory[ROW_MAX];
  tg_buf_t bytes;
  tg_buf_init(&bytes, memory, sizeof memory);
  tg_campaign_row_encode(&campaign->row, &bytes);
  tg_rc_t rc = bytes.rc;
  if (rc == TG_OK)
    rc = tg_store_put(campaign->all->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str(campaign->row.spec.name),
                      tg_buf_slice(&bytes));
  if (rc != TG_OK)
    tg_log("firmware", TG_LOG_ERROR, "campaign_not_kept campaign=%s rc=%s", campaign->row.spec.name, tg_rc_name(rc));
}

void tg_campaign_run_enter(tg_campaign_one_t *campaign, tg_campaign_state_t state, const char *cause) {
  campaign->row.state = state;
  (void)snprintf(campaign->cause, sizeof campaign->cause, "%s", cause);
  campaign->row.cause = campaign->cause;
  campaign->row.changed_ms = tg_wheel_unix(campaign->all->wheel);
  campaign->is_changed = campaign->is_urgent = true;
  persist(campaign);
  if (tg_campaign_state_ended(campaign)) tg_campaign_look_end(campaign);
  tg_log("firmware", TG_LOG_INFO, "campaign campaign=%s state=%s cause=\"%s\"", campaign->row.spec.name,
         tg_campaigns_state_name(state), campaign->cause);
  tg_campaign_state_wake(campaign, now_of(campaign));
}

void tg_campaign_run_view(const tg_campaign_one_t *campaign, tg_campaign_t *view) {
  const uint32_t *count = campaign->row.count;
  *view = (tg_campaign_t){.spec = &campaign->row.spec,
                          .state = campaign->row.state,
                          .cause = campaign->row.cause,
                          .wave = campaign->row.wave,
                          .running = count[TG_CAMPAIGN_DEVICE_RUNNING],
                          .done = count[TG_CAMPAIGN_DEVICE_DONE],
                          .failed = count[TG_CAMPAIGN_DEVICE_FAILED],
                          .cancelled = count[TG_CAMPAIGN_DEVICE_CANCELLED],
                          .unknown = count[TG_CAMPAIGN_DEVICE_UNKNOWN],
                          .left = tg_campaign_state_ended(campaign) ? 0 : campaign->left + campaign->queued,
                          .begun_ms = campaign->row.begun_ms,
                          .changed_ms = campaign->row.changed_ms};
}

/* Numbers at most once a second, states at once. */
static void tell(tg_campaign_one_t *campaign) {
  uint64_t now = now_of(campaign);
  if (!campaign->is_changed) return;
  if (!campaign->is_urgent && now - campaign->told_ms < TELL_MS) {
    tg_campaign_state_wake(campaign, campaign->told_ms + TELL_MS);
    return;
  }
  campaign->is_changed = campaign->is_urgent = false;
  campaign->told_ms = now;
  tg_campaign_t view;
  tg_campaign_run_view(campaign, &view);
  for (size_t i = 0; i < TG_CAMPAIGN_LISTENERS_MAX; i++) {
    tg_campaign_listener_t listener = campaign->all->listeners[i];
    if (listener.fn) listener.fn(listener.ud, &view);
  }
}

static tg_campaign_device_state_t state_of(tg_fw_state_t state) {
  switch (state) {
  case TG_FW_DONE: return TG_CAMPAIGN_DEVICE_DONE;
  case TG_FW_FAILED: return TG_CAMPAIGN_DEVICE_FAILED;
  case TG_FW_CANCELLED: return TG_CAMPAIGN_DEVICE_CANCELLED;
  case TG_FW_UNKNOWN: return TG_CAMPAIGN_DEVICE_UNKNOWN;
  case TG_FW_WAITING:
  case TG_FW_ASKING:
  case TG_FW_MOVING:
  case TG_FW_TRANSFERRING:
  case TG_FW_READY:
  case TG_FW_APPLYING:
  case TG_FW_RETURNING:
  case TG_FW_STATE_COUNT: break;
  }
  return TG_CAMPAIGN_DEVICE_RUNNING;
}

void tg_campaign_run_update(tg_campaign_one_t *campaign, const tg_fw_update_t *update) {
  tg_campaign_device_t *device = tg_campaign_device_find(campaign, tg_slice_str(update->ep));
  if (!device || device->update != update->id) return;
  tg_campaign_device_state_t state = state_of(update->state);
  if (device->state == (uint8_t)state) return;
  tg_campaign_device_set(campaign, device, state);
  tg_campaign_device_put(campaign, device);
  campaign->has_ended = campaign->has_ended || state != TG_CAMPAIGN_DEVICE_RUNNING;
  tg_campaign_state_wake(campaign, now_of(campaign));
}

/* Stopping ------------------------------------------------------------------------------------------------------------- */

static bool is_wave_over(const tg_campaign_one_t *campaign) {
  return campaign->queued == 0 && running_of(campaign) == 0;
}

static bool must_stop(const tg_campaign_one_t *campaign, char *why, size_t size) {
  const tg_campaign_spec_t *spec = &campaign->row.spec;
  uint32_t failed = failed_of(campaign) - campaign->row.failed_before;
  uint32_t ended = ended_of(campaign) - campaign->row.ended_before;
  if (spec->stop_failures && failed >= spec->stop_failures) {
    (void)snprintf(why, size, "%u of %u updates failed; it stops at %u", failed, ended, spec->stop_failures);
    return true;
  }
  bool are_enough = ended >= PERCENT_LEAST || (ended && is_wave_over(campaign));
  if (!spec->stop_percent || !failed || !are_enough) return false;
  (void)snprintf(why, size, "%u of %u updates failed; it stops at %u %%", failed, ended, spec->stop_percent);
  return (uint64_t)failed * 100 >= (uint64_t)ended * spec->stop_percent;
}

/* Beginning ------------------------------------------------------------------------------------------------------------ */

/* The next one whose link has room: its place in the table, or UINT32_MAX. */
static uint32_t take_next(tg_campaign_one_t *campaign) {
  for (size_t i = 0; i < TG_CAMPAIGN_QUEUES; i++) {
    tg_campaign_queue_t *queue = &campaign->queues[i];
    bool has_room = i == TG_CAMPAIGN_NO_LIMIT || queue->running < campaign->row.limits[i].parallel;
    if (queue->first == UINT32_MAX || !has_room) continue;
    uint32_t at = queue->first;
    queue->first = campaign->devices[at].next;
    campaign->devices[at].next = UINT32_MAX;
    campaign->queued--;
    return at;
  }
  return UINT32_MAX;
}

/* Back out of the wave: it is looked for again. */
static void give_back(tg_campaign_one_t *campaign, tg_campaign_device_t *device) {
  device->state = TG_CAMPAIGN_DEVICE_OPEN;
  campaign->in_wave--;
  campaign->left++;
}

static void begun(tg_campaign_one_t *campaign, uint32_t at, uint64_t id) {
  tg_campaign_device_t *device = &campaign->devices[at];
  device->update = id;
  device->wave = campaign->row.wave;
  tg_fw_update_t update = {.state = id ? TG_FW_WAITING : TG_FW_FAILED};
  if (id && !tg_firmware_find(campaign->all->firmware, id, &update)) update.state = TG_FW_UNKNOWN;
  tg_campaign_device_set(campaign, device, state_of(update.state)); /* it may have ended inside the call */
  campaign->has_ended = campaign->has_ended || device->state != TG_CAMPAIGN_DEVICE_RUNNING;
  tg_campaign_device_put(campaign, device);
}

/* Somebody has removed the image since, and perhaps put another one under its name: nobody else gets that. */
static bool has_image(tg_campaign_one_t *campaign) {
  tg_fw_image_t image;
  char why[TG_FW_CAUSE_MAX];
  bool is_there = tg_firmware_image(campaign->all->firmware, tg_slice_str(campaign->row.spec.image), &image);
  if (is_there && memcmp(image.sha256, campaign->row.sha256, sizeof image.sha256) == 0) return true;
  (void)snprintf(why, sizeof why, "image %s is %s", campaign->row.spec.image, is_there ? "another one now" : "gone");
  tg_campaign_run_enter(campaign, TG_CAMPAIGN_STOPPED, why);
  return false;
}

/* @return whether the next one may follow now */
static bool begin(tg_campaign_one_t *campaign, uint32_t at) {
  const tg_campaign_spec_t *spec = &campaign->row.spec;
  tg_campaign_device_t *device = &campaign->devices[at];
  const tg_fw_request_t request = {.ep = tg_slice_str(device->ep),
                                   .image = tg_slice_str(spec->image),
                                   .method = spec->method,
                                   .severity = spec->severity,
                                   .defer_s = spec->defer_s,
                                   .expiry_s = spec->update_expiry_s,
                                   .campaign = tg_slice_str(spec->name)};
  uint64_t id = 0;
  tg_rc_t rc = tg_firmware_update(campaign->all->firmware, &request, &id);
  if (rc == TG_OK || rc == TG_E_ARG) {
    begun(campaign, at, rc == TG_OK ? id : 0);
    return true;
  }
  give_back(campaign, device);
  campaign->look_ms = now_of(campaign) + (rc == TG_E_EXISTS ? LOOK_AGAIN_MS : RETRY_MS);
  return rc == TG_E_EXISTS;
}

/* @return whether more could begin now */
static bool begin_some(tg_campaign_one_t *campaign) {
  uint32_t parallel = campaign->row.spec.parallel ? campaign->row.spec.parallel : PARALLEL_DEFAULT;
  for (int i = 0; i < BEGIN_MAX; i++) {
    if (!campaign->queued || running_of(campaign) >= parallel || !has_image(campaign)) return false;
    uint32_t at = take_next(campaign);
    if (at == UINT32_MAX) return false; /* all wait for room on their links */
    if (!begin(campaign, at)) return false;
  }
  return true;
}

/* Waves ---------------------------------------------------------------------------------------------------------------- */

static uint32_t next_size(const tg_campaign_row_t *row) {
  uint64_t size = row->spec.wave ? row->spec.wave : UINT32_MAX;
  if (row->wave && row->spec.wave) size = row->wave_size + (uint64_t)row->wave_size * row->spec.wave_growth / 100;
  return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static void wave_begun(tg_campaign_one_t *campaign) {
  char cause[TG_FW_CAUSE_MAX];
  campaign->row.wave++;
  campaign->row.wave_size = campaign->walk.wave_size;
  (void)snprintf(cause, sizeof cause, "wave %u begins with %u device%s", campaign->row.wave, campaign->queued,
                 campaign->queued == 1 ? "" : "s");
  tg_campaign_run_enter(campaign, TG_CAMPAIGN_RUNNING, cause);
}

/* Nobody could be found for now. */
static void found_nobody(tg_campaign_one_t *campaign) {
  bool is_open = campaign->left || campaign->unsure || campaign->asking;
  if (is_open || !is_wave_over(campaign)) return;
  const uint32_t *count = campaign->row.count;
  bool any = ended_of(campaign) || count[TG_CAMPAIGN_DEVICE_CANCELLED];
  tg_campaign_run_enter(campaign, TG_CAMPAIGN_DONE,
                        any ? "every device it is for has ended" : "no device that is known is one it is for");
}

/* Whether it is time to look at the devices; begins it. */
static bool begin_look(tg_campaign_one_t *campaign) {
  bool is_full = campaign->in_wave >= campaign->row.wave_size;
  bool is_new = campaign->row.wave == 0 || (is_full && is_wave_over(campaign));
  bool is_time = now_of(campaign) >= campaign->look_ms || (campaign->has_ended && is_wave_over(campaign));
  if (campaign->queued || (is_full && !is_new) || !is_time) return false;
  campaign->has_ended = false;
  campaign->look_ms = now_of(campaign) + LOOK_AGAIN_MS;
  tg_campaign_look_begin(campaign, is_new, is_new ? next_size(&campaign->row) : campaign->row.wave_size);
  return true;
}

/* A part of the devices; what follows from the look follows at its end. */
static void look(tg_campaign_one_t *campaign) {
  if (!campaign->walk.is_on && !begin_look(campaign)) return;
  tg_rc_t rc = tg_campaign_look(campaign);
  if (campaign->walk.is_on) return;
  if (rc != TG_OK) campaign->look_ms = now_of(campaign) + RETRY_MS;
  if (campaign->queued) {
    campaign->in_wave = campaign->walk.in_wave;
    if (campaign->walk.is_new) wave_begun(campaign);
  } else if (rc == TG_OK) {
    found_nobody(campaign);
  }
}

static void work(tg_campaign_one_t *campaign) {
  char why[TG_FW_CAUSE_MAX];
  if (must_stop(campaign, why, sizeof why)) {
    tg_campaign_run_enter(campaign, TG_CAMPAIGN_STOPPED, why);
    return;
  }
  look(campaign);
  if (campaign->row.state != TG_CAMPAIGN_RUNNING) return;
  uint64_t soon = now_of(campaign) + 1; /* not within this turn: others want theirs */
  bool is_more = campaign->walk.is_on || begin_some(campaign) || (campaign->has_ended && is_wave_over(campaign));
  uint64_t later = campaign->look_ms > soon ? campaign->look_ms : now_of(campaign) + LOOK_AGAIN_MS;
  if (campaign->row.state == TG_CAMPAIGN_RUNNING) tg_campaign_state_wake(campaign, is_more ? soon : later);
}

/* The numbers are final when the last update of one that has ended has ended: then rows of devices may go. */
static void sweep(tg_campaign_one_t *campaign) {
  if (running_of(campaign)) return;
  if (!campaign->row.counted) {
    campaign->row.counted = true;
    persist(campaign);
  }
  if (tg_campaign_device_sweep(campaign, SWEEP_MAX)) tg_campaign_state_wake(campaign, now_of(campaign) + TELL_MS / 10);
}

/* After a restart: over which links those go that had been begun. */
static void find_links(tg_campaign_one_t *campaign) {
  for (uint32_t i = 0; i < campaign->device_count; i++) {
    tg_campaign_device_t *device = &campaign->devices[i];
    const tg_device_t *known = tg_twin_find_ep(campaign->all->twin, tg_slice_str(device->ep));
    if (device->state != TG_CAMPAIGN_DEVICE_RUNNING || !known) continue;
    campaign->queues[device->queue].running--;
    device->queue = tg_campaign_look_queue(campaign, known->link);
    campaign->queues[device->queue].running++;
  }
  campaign->is_restored = false;
}

void tg_campaign_run_tick(tg_timer_t *timer, void *ud) {
  tg_campaign_one_t *campaign = ud;
  (void)timer;
  if (campaign->is_restored) find_links(campaign);
  if (campaign->row.state == TG_CAMPAIGN_RUNNING) work(campaign);
  if (tg_campaign_state_ended(campaign)) sweep(campaign);
  tell(campaign);
}
