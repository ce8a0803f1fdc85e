/* SPDX-License-Identifier: Apache-2.0 */
/* Campaigns as their askers see them: begun, paused, ended, listed. What they do is in campaign_run.c. See campaign.h. */

#include "core/base/alloc.h"
#include "core/base/random.h"
#include "core/firmware/campaign_device.h"
#include "core/firmware/campaign_look.h"
#include "core/firmware/campaign_restore.h"
#include "core/firmware/campaign_run.h"
#include "core/firmware/fw_name.h"

enum { ROW_MAX = 8192, PERCENT_MAX = 100, SEVERITY_MAX = 2, GROWTH_MAX = 10000 };

static void on_update(void *ud, const tg_fw_update_t *update) {
  const tg_campaigns_t *campaigns = ud;
  if (!*update->campaign) return;
  tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, tg_slice_str(update->campaign));
  if (one) tg_campaign_run_update(one, update);
}

tg_rc_t tg_campaigns_open(tg_firmware_t *firmware, tg_twin_t *twin, tg_wheel_t *wheel, tg_store_t *store,
                          tg_campaigns_t **out) {
  tg_campaigns_t *campaigns = tg_alloc_array(1, sizeof *campaigns);
  if (!campaigns) return TG_E_NOMEM;
  campaigns->firmware = firmware;
  campaigns->twin = twin;
  campaigns->wheel = wheel;
  campaigns->store = store;
  tg_random_fill(NULL, &campaigns->key, sizeof campaigns->key);
  tg_rc_t rc = store ? tg_campaign_restore(campaigns) : TG_OK;
  if (rc == TG_OK) rc = tg_firmware_listen(firmware, on_update, campaigns);
  if (rc != TG_OK) {
    tg_campaigns_close(campaigns);
    return rc;
  }
  *out = campaigns;
  return TG_OK;
}

void tg_campaigns_close(tg_campaigns_t *campaigns) {
  if (!campaigns) return;
  tg_firmware_unlisten(campaigns->firmware, on_update, campaigns);
  for (size_t i = 0; i < campaigns->count; i++) {
    tg_campaign_look_end(campaigns->list[i]);
    tg_campaign_restore_free(campaigns->list[i]);
  }
  tg_alloc_free(campaigns);
}

tg_rc_t tg_campaigns_listen(tg_campaigns_t *campaigns, tg_campaign_changed_fn fn, void *ud) {
  for (size_t i = 0; i < TG_CAMPAIGN_LISTENERS_MAX; i++) {
    if (campaigns->listeners[i].fn) continue;
    campaigns->listeners[i] = (tg_campaign_listener_t){fn, ud};
    return TG_OK;
  }
  return TG_E_FULL;
}

void tg_campaigns_unlisten(tg_campaigns_t *campaigns, tg_campaign_changed_fn fn, void *ud) {
  for (size_t i = 0; i < TG_CAMPAIGN_LISTENERS_MAX; i++) {
    tg_campaign_listener_t *listener = &campaigns->listeners[i];
    if (listener->fn == fn && listener->ud == ud) *listener = (tg_campaign_listener_t){0};
  }
}

/* Starting ------------------------------------------------------------------------------------------------------------- */

static bool is_short(const char *text) {
  return !text || strlen(text) <= TG_CAMPAIGN_ROW_TEXT_MAX;
}

static tg_rc_t refuse(tg_diag_t *diag, tg_rc_t rc, const char *why) {
  tg_diag_set(diag, NULL, 0, "%s", why);
  return rc;
}

static tg_rc_t check_limits(const tg_campaign_spec_t *spec, tg_diag_t *diag) {
  if (spec->limit_count > TG_CAMPAIGN_LIMITS_MAX) return refuse(diag, TG_E_ARG, "at most 8 links may have a limit");
  for (size_t i = 0; i < spec->limit_count; i++) {
    const char *link = spec->limits[i].link;
    if (!link || !*link || !is_short(link)) return refuse(diag, TG_E_ARG, "a limit names a link");
    if (!spec->limits[i].parallel) return refuse(diag, TG_E_ARG, "a limit is at least 1");
    for (size_t j = 0; j < i; j++) {
      if (strcmp(link, spec->limits[j].link) == 0) return refuse(diag, TG_E_ARG, "two limits for the same link");
    }
  }
  return TG_OK;
}

static tg_rc_t check(const tg_campaigns_t *campaigns, const tg_campaign_spec_t *spec, tg_fw_image_t *image,
                     tg_diag_t *diag) {
  if (!tg_fw_name_is_valid(tg_slice_str(spec->name)))
    return refuse(diag, TG_E_ARG, "a campaign's name has 1 to 64 letters, digits, dots, dashes and underscores");
  if (tg_campaign_restore_find(campaigns, tg_slice_str(spec->name)))
    return refuse(diag, TG_E_EXISTS, "there is a campaign of this name, or there was one; choose another name");
  if (!spec->image || !tg_firmware_image(campaigns->firmware, tg_slice_str(spec->image), image))
    return refuse(diag, TG_E_NOT_FOUND, "no image of this name; `tidegate firmware images` lists them");
  if (!is_short(spec->ep) || !is_short(spec->link) || !is_short(spec->manufacturer) || !is_short(spec->model) ||
      !is_short(spec->from_version) || !is_short(spec->tag))
    return refuse(diag, TG_E_ARG, "a text is longer than 254 bytes");
  if (spec->tag && strpbrk(spec->tag, " \t\r\n")) return refuse(diag, TG_E_ARG, "a tag is one word");
  if ((unsigned)spec->method >= TG_FW_METHOD_COUNT) return refuse(diag, TG_E_ARG, "no such method");
  if (spec->severity < -1 || spec->severity > SEVERITY_MAX)
    return refuse(diag, TG_E_ARG, "severity is 0 (critical) to 2 (optional)");
  if (spec->defer_s < -1) return refuse(diag, TG_E_ARG, "defer is a number of seconds");
  if (spec->stop_percent > PERCENT_MAX) return refuse(diag, TG_E_ARG, "stop_percent is at most 100");
  if (spec->wave_growth > GROWTH_MAX) return refuse(diag, TG_E_ARG, "growth is at most 10000 per cent");
  return check_limits(spec, diag);
}

/* Room for one more: the oldest that has ended goes. */
static tg_rc_t make_room(tg_campaigns_t *campaigns) {
  size_t open = 0;
  for (size_t i = 0; i < campaigns->count; i++) open += tg_campaign_state_ended(campaigns->list[i]) ? 0 : 1;
  if (open >= TG_CAMPAIGN_OPEN_MAX) return TG_E_FULL;
  if (campaigns->count < TG_CAMPAIGN_KEPT_MAX) return TG_OK;
  size_t at = 0;
  while (at < campaigns->count && !(campaigns->list[at]->row.counted && campaigns->list[at]->device_count == 0)) at++;
  if (at == campaigns->count) return TG_E_FULL;
  tg_campaign_one_t *one = campaigns->list[at];
  tg_rc_t rc = campaigns->store
                   ? tg_store_del(campaigns->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str(one->row.spec.name))
                   : TG_OK;
  if (rc != TG_OK) return rc;
  tg_campaign_restore_free(one);
  campaigns->count--;
  memmove(&campaigns->list[at], &campaigns->list[at + 1], (campaigns->count - at) * sizeof(tg_campaign_one_t *));
  return TG_OK;
}

tg_rc_t tg_campaigns_start(tg_campaigns_t *campaigns, const tg_campaign_spec_t *spec, tg_diag_t *diag) {
  tg_fw_image_t image = {0};
  tg_rc_t rc = check(campaigns, spec, &image, diag);
  if (rc != TG_OK) return rc;
  rc = make_room(campaigns);
  if (rc == TG_E_FULL) tg_diag_set(diag, NULL, 0, "32 campaigns have not ended");
  if (rc != TG_OK) return rc;
  tg_campaign_row_t row = {.spec = *spec, .cause = "", .begun_ms = tg_wheel_unix(campaigns->wheel)};
  memcpy(row.sha256, image.sha256, sizeof row.sha256);
  uint8_t memory[ROW_MAX];
  tg_buf_t bytes;
  tg_buf_init(&bytes, memory, sizeof memory);
  tg_campaign_row_encode(&row, &bytes);
  tg_campaign_one_t *one = NULL;
  rc = bytes.rc == TG_OK ? tg_campaign_restore_add(campaigns, tg_buf_slice(&bytes), &one) : bytes.rc;
  if (rc == TG_OK) tg_campaign_run_enter(one, TG_CAMPAIGN_RUNNING, "it begins");
  return rc;
}

/* Afterwards ----------------------------------------------------------------------------------------------------------- */

tg_rc_t tg_campaigns_pause(tg_campaigns_t *campaigns, tg_slice_t name) {
  tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, name);
  if (!one) return TG_E_NOT_FOUND;
  if (one->row.state != TG_CAMPAIGN_RUNNING) return TG_E_STATE;
  tg_campaign_run_enter(one, TG_CAMPAIGN_PAUSED, "somebody paused it");
  return TG_OK;
}

tg_rc_t tg_campaigns_resume(tg_campaigns_t *campaigns, tg_slice_t name) {
  tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, name);
  if (!one) return TG_E_NOT_FOUND;
  tg_campaign_row_t *row = &one->row;
  if (row->state != TG_CAMPAIGN_PAUSED && row->state != TG_CAMPAIGN_STOPPED) return TG_E_STATE;
  if (row->state == TG_CAMPAIGN_STOPPED) {
    row->failed_before = row->count[TG_CAMPAIGN_DEVICE_FAILED] + row->count[TG_CAMPAIGN_DEVICE_UNKNOWN];
    row->ended_before = row->failed_before + row->count[TG_CAMPAIGN_DEVICE_DONE];
  }
  one->look_ms = tg_wheel_now(campaigns->wheel);
  tg_campaign_run_enter(one, TG_CAMPAIGN_RUNNING, "somebody let it go on");
  return TG_OK;
}

tg_rc_t tg_campaigns_cancel(tg_campaigns_t *campaigns, tg_slice_t name) {
  tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, name);
  if (!one) return TG_E_NOT_FOUND;
  if (tg_campaign_state_ended(one)) return TG_E_STATE;
  tg_campaign_run_enter(one, TG_CAMPAIGN_CANCELLED, "somebody cancelled it");
  for (uint32_t i = 0; i < one->device_count; i++) {
    /* One that is being applied can't be cancelled: it ends by itself, and is counted then. */
    if (one->devices[i].state == TG_CAMPAIGN_DEVICE_RUNNING)
      (void)!tg_firmware_cancel(campaigns->firmware, one->devices[i].update);
  }
  return TG_OK;
}

bool tg_campaigns_find(const tg_campaigns_t *campaigns, tg_slice_t name, tg_campaign_t *campaign) {
  const tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, name);
  if (one) tg_campaign_run_view(one, campaign);
  return one != NULL;
}

void tg_campaigns_each(const tg_campaigns_t *campaigns, bool (*fn)(void *ud, const tg_campaign_t *campaign), void *ud) {
  for (size_t i = campaigns->count; i > 0; i--) {
    tg_campaign_t view;
    tg_campaign_run_view(campaigns->list[i - 1], &view);
    if (!fn(ud, &view)) return;
  }
}
