/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware updates as others see them: images, updates, and what the twin's events mean for them. Called by the gateway, the bindings and the
 * event bus; see firmware.h.
 */

#include "core/firmware/firmware.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/firmware/fw_add.h"
#include "core/firmware/fw_http.h"
#include "core/firmware/fw_machine.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_serve.h"
#include "core/firmware/fw_table.h"

enum { PARALLEL = 64, EXPIRY_S = 7 * 24 * 3600, ETAG = 8, SEVERITY_MAX = 2 };
#define IMAGE_MAX ((uint64_t)64 << 20)
#define MASK                                                                                                           \
  (1u << TG_EVENT_REGISTERED | 1u << TG_EVENT_UPDATED | 1u << TG_EVENT_DEREGISTERED | 1u << TG_EVENT_EXPIRED |         \
   1u << TG_EVENT_AWAKE | 1u << TG_EVENT_MOVED | 1u << TG_EVENT_RECORDS)

static void on_event(void *ud, const tg_event_t *event) {
  tg_firmware_t *firmware = ud;
  tg_fw_job_t *job = tg_fw_table_find_ep(firmware, event->ep);
  if (!job || tg_fw_job_has_ended(job)) return;
  tg_fw_news_t news = {.cue = TG_FW_CUE_DEVICE};
  switch ((int)event->type) {
  case TG_EVENT_RECORDS: /* what was asked for comes with the command's end */
    if (event->records.source == TG_SOURCE_READ) return;
    tg_fw_machine_records(job, &event->records);
    return;
  case TG_EVENT_REGISTERED: news.cue = TG_FW_CUE_REGISTERED; break;
  case TG_EVENT_DEREGISTERED:
  case TG_EVENT_EXPIRED: news.cue = TG_FW_CUE_GONE; break;
  default: break;
  }
  tg_fw_machine_fire(job, &news);
}

tg_rc_t tg_firmware_file(tg_firmware_t *firmware, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  tg_fw_job_t *job = tg_fw_serve_find(firmware, path);
  if (!job) return TG_E_NOT_FOUND;
  tg_rc_t rc = tg_fw_image_bytes(firmware->images, job->image, body);
  if (rc != TG_OK) return rc;
  *etag = tg_slice(tg_fw_image_get(job->image)->sha256, ETAG);
  tg_fw_serve_fetched(job, asked);
  return TG_OK;
}

/* Those that had not ended go on. */
static void resume(tg_firmware_t *firmware) {
  for (tg_fw_job_t *job = firmware->oldest; job; job = job->newer) {
    if (tg_fw_job_has_ended(job)) continue;
    job->image = tg_fw_image_find(firmware->images, tg_slice_str(job->row.image));
    if (job->image && tg_fw_image_get(job->image)->size != job->row.total) job->image = NULL; /* another of that name */
    if (job->image) tg_fw_image_use(job->image, 1);
    tg_fw_machine_resume(job);
  }
}

static void take_config(tg_firmware_t *firmware, const tg_firmware_config_t *config) {
  firmware->config = *config;
  if (!firmware->config.image_max) firmware->config.image_max = IMAGE_MAX;
  if (!firmware->config.parallel) firmware->config.parallel = PARALLEL;
  if (!firmware->config.move_to) firmware->config.move_to = "U";
}

static tg_rc_t open_parts(tg_firmware_t *firmware, tg_diag_t *diag) {
  const tg_firmware_config_t *config = &firmware->config;
  tg_fw_machine_init(firmware);
  tg_rc_t rc = tg_fw_table_init(firmware);
  if (rc == TG_OK) rc = tg_fw_image_open(config->folder, config->image_max, diag, &firmware->images);
  if (rc == TG_OK) firmware->adder = tg_fw_add_new(config->loop, firmware->images);
  if (rc == TG_OK && !firmware->adder) rc = TG_E_NOMEM;
  if (rc == TG_OK) rc = tg_fw_serve_open(firmware, diag);
  if (rc == TG_OK) rc = tg_fw_table_restore(firmware);
  if (rc != TG_OK) return rc;
  resume(firmware);
  return tg_event_subscribe(config->events, MASK, on_event, firmware);
}

tg_rc_t tg_firmware_open(const tg_firmware_config_t *config, tg_diag_t *diag, tg_firmware_t **out) {
  tg_firmware_t *firmware = tg_alloc_array(1, sizeof *firmware);
  if (!firmware) return TG_E_NOMEM;
  take_config(firmware, config);
  tg_rc_t rc = open_parts(firmware, diag);
  if (rc == TG_OK) *out = firmware;
  else tg_firmware_close(firmware);
  return rc;
}

void tg_firmware_stop(tg_firmware_t *firmware) {
  if (firmware) firmware->closing = true;
}

void tg_firmware_close(tg_firmware_t *firmware) {
  if (!firmware) return;
  tg_firmware_stop(firmware);
  tg_event_unsubscribe(firmware->config.events, on_event, firmware);
  tg_fw_http_close(firmware->http);
  for (tg_fw_job_t *job = firmware->oldest; job; job = job->newer) {
    if (!tg_fw_job_has_ended(job) && job->row.sent != job->saved_sent) (void)tg_fw_table_save(job);
    tg_fw_machine_halt(job);
  }
  tg_wheel_del(firmware->config.wheel, &firmware->kick);
  tg_fw_table_fini(firmware);
  tg_fw_add_free(firmware->adder);
  tg_fw_image_close(firmware->images);
  tg_alloc_free(firmware->http_base);
  tg_alloc_free(firmware);
}

void tg_firmware_committed(tg_firmware_t *firmware, uint64_t ticket, tg_rc_t rc) {
  tg_fw_machine_committed(firmware, ticket, rc);
}

uint16_t tg_firmware_http_port(const tg_firmware_t *firmware) {
  return tg_fw_http_port(firmware->http);
}

tg_rc_t tg_firmware_listen(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  for (size_t i = 0; i < TG_FW_LISTENERS_MAX; i++) {
    if (firmware->listeners[i].fn) continue;
    firmware->listeners[i].fn = fn;
    firmware->listeners[i].ud = ud;
    return TG_OK;
  }
  return TG_E_FULL;
}

void tg_firmware_unlisten(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  for (size_t i = 0; i < TG_FW_LISTENERS_MAX; i++) {
    if (firmware->listeners[i].fn == fn && firmware->listeners[i].ud == ud) firmware->listeners[i].fn = NULL;
  }
}

tg_rc_t tg_firmware_image_add(tg_firmware_t *firmware, const tg_fw_addition_t *addition, tg_diag_t *diag) {
  return tg_fw_add(firmware->adder, addition, diag);
}

void tg_firmware_image_forget(tg_firmware_t *firmware, const void *ud) {
  tg_fw_add_forget(firmware->adder, ud);
}

tg_rc_t tg_firmware_image_del(tg_firmware_t *firmware, tg_slice_t name) {
  return tg_fw_image_del(firmware->images, name);
}

bool tg_firmware_image(const tg_firmware_t *firmware, tg_slice_t name, tg_fw_image_t *image) {
  const tg_fw_image_slot_t *slot = tg_fw_image_find(firmware->images, name);
  if (slot) *image = *tg_fw_image_get(slot);
  return slot != NULL;
}

void tg_firmware_images(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud) {
  tg_fw_image_each(firmware->images, fn, ud);
}

static bool is_fit(const tg_fw_request_t *request) {
  bool ep = request->ep.len > 0 && request->ep.len <= TG_FW_EP_MAX && tg_slice_find(request->ep, 0) == request->ep.len;
  bool tag = request->tag.len <= TG_FW_TAG_MAX && tg_slice_find(request->tag, 0) == request->tag.len;
  bool campaign = !request->campaign.len || tg_fw_name_is_valid(request->campaign);
  bool numbers = request->severity >= -1 && request->severity <= SEVERITY_MAX && request->defer_s >= -1 &&
                 request->defer_s <= UINT32_MAX;
  return ep && tag && campaign && numbers && (unsigned)request->method < TG_FW_METHOD_COUNT;
}

static void fill_row(tg_firmware_t *firmware, const tg_fw_request_t *request, const tg_fw_image_t *image,
                     tg_fw_row_t *row) {
  uint32_t expiry_s = request->expiry_s ? request->expiry_s : EXPIRY_S;
  *row = (tg_fw_row_t){.wanted = request->method,
                       .hold = request->hold,
                       .force = request->force,
                       .severity = request->severity,
                       .defer_s = request->defer_s,
                       .result = -1,
                       .total = image->size,
                       .begun_ms = tg_wheel_unix(firmware->config.wheel)};
  row->changed_ms = row->begun_ms;
  row->expires_ms = row->begun_ms + (int64_t)expiry_s * 1000;
  memcpy(row->ep, request->ep.p, request->ep.len);
  if (request->tag.len) memcpy(row->tag, request->tag.p, request->tag.len);
  tg_fw_row_text(row->image, sizeof row->image, request->image);
  tg_fw_row_text(row->campaign, sizeof row->campaign, request->campaign);
  (void)snprintf(row->cause, sizeof row->cause, "begun");
  tg_fw_serve_token(firmware, row, firmware->next_id);
}

tg_rc_t tg_firmware_update(tg_firmware_t *firmware, const tg_fw_request_t *request, uint64_t *id) {
  if (!is_fit(request)) return TG_E_ARG;
  tg_fw_image_slot_t *image = tg_fw_image_find(firmware->images, request->image);
  if (!image) return TG_E_NOT_FOUND;
  tg_fw_job_t *job = tg_fw_table_find_ep(firmware, request->ep);
  if (job && !tg_fw_job_has_ended(job)) {
    *id = job->row.id;
    return TG_E_EXISTS;
  }
  tg_fw_row_t row;
  fill_row(firmware, request, tg_fw_image_get(image), &row);
  tg_rc_t rc = tg_fw_table_add(firmware, &row, &job);
  if (rc != TG_OK) return rc;
  rc = tg_fw_table_save(job);
  if (rc != TG_OK) {
    tg_fw_table_drop(job);
    return rc;
  }
  job->image = image;
  tg_fw_image_use(image, 1);
  *id = job->row.id;
  tg_fw_machine_begin(job);
  return TG_OK;
}

static tg_rc_t fire(tg_firmware_t *firmware, uint64_t id, tg_fw_cue_t cue) {
  tg_fw_job_t *job = tg_fw_table_find(firmware, id);
  if (!job) return TG_E_NOT_FOUND;
  if (!tg_fw_machine_takes(job->row.state, cue)) return TG_E_STATE;
  tg_fw_machine_fire(job, &(tg_fw_news_t){.cue = cue});
  return TG_OK;
}

tg_rc_t tg_firmware_cancel(tg_firmware_t *firmware, uint64_t id) {
  return fire(firmware, id, TG_FW_CUE_CANCEL);
}

tg_rc_t tg_firmware_apply(tg_firmware_t *firmware, uint64_t id) {
  return fire(firmware, id, TG_FW_CUE_APPLY);
}

bool tg_firmware_find(const tg_firmware_t *firmware, uint64_t id, tg_fw_update_t *update) {
  const tg_fw_job_t *job = tg_fw_table_find(firmware, id);
  if (job) *update = tg_fw_table_public(job);
  return job != NULL;
}

bool tg_firmware_find_ep(const tg_firmware_t *firmware, tg_slice_t ep, tg_fw_update_t *update) {
  const tg_fw_job_t *job = tg_fw_table_find_ep(firmware, ep);
  if (job) *update = tg_fw_table_public(job);
  return job != NULL;
}

void tg_firmware_updates(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_update_t *update), void *ud) {
  for (const tg_fw_job_t *job = firmware->newest; job; job = job->older) {
    tg_fw_update_t update = tg_fw_table_public(job);
    if (!fn(ud, &update)) return;
  }
}

const char *tg_firmware_state_name(tg_fw_state_t state) {
  return tg_fw_name_state(state);
}

bool tg_firmware_state_ends(tg_fw_state_t state) {
  return state >= TG_FW_DONE && state < TG_FW_STATE_COUNT;
}

const char *tg_firmware_method_name(tg_fw_method_t method) {
  return tg_fw_name_method(method);
}

tg_rc_t tg_firmware_method_of(tg_slice_t name, tg_fw_method_t *method) {
  return tg_fw_name_method_of(name, method);
}
