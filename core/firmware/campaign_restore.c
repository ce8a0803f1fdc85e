/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Campaigns out of the store. A device has been begun when its row says so or when an update names the campaign: a row and an update
 * that were written in one turn may be torn apart by a power cut, and no device may get the image twice. Called by campaigns.c.
 */

#include "core/firmware/campaign_restore.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/firmware/campaign_device.h"
#include "core/firmware/campaign_run.h"
#include "core/firmware/fw_name.h"

enum { FIRST_LOOK_MS = 5000 };

tg_campaign_one_t *tg_campaign_restore_find(const tg_campaigns_t *campaigns, tg_slice_t name) {
  for (size_t i = 0; i < campaigns->count; i++) {
    if (tg_slice_is(name, campaigns->list[i]->row.spec.name)) return campaigns->list[i];
  }
  return NULL;
}

static tg_rc_t fill(tg_campaign_one_t *one, tg_slice_t bytes) {
  one->bytes = tg_alloc(bytes.len);
  if (!one->bytes) return TG_E_NOMEM;
  if (bytes.len) memcpy(one->bytes, bytes.p, bytes.len);
  tg_rc_t rc = tg_campaign_row_decode(tg_slice(one->bytes, bytes.len), &one->row);
  if (rc != TG_OK) return rc;
  memcpy(one->cause, one->row.cause, strlen(one->row.cause) + 1);
  one->row.cause = one->cause;
  return TG_OK;
}

tg_rc_t tg_campaign_restore_add(tg_campaigns_t *campaigns, tg_slice_t bytes, tg_campaign_one_t **out) {
  if (campaigns->count == TG_CAMPAIGN_KEPT_MAX) return TG_E_FULL;
  tg_campaign_one_t *one = tg_alloc_array(1, sizeof *one);
  if (!one) return TG_E_NOMEM;
  one->all = campaigns;
  one->tick = (tg_timer_t){.fn = tg_campaign_run_tick, .ud = one};
  tg_hidx_init(&one->by_ep);
  for (size_t i = 0; i < TG_CAMPAIGN_QUEUES; i++) one->queues[i] = (tg_campaign_queue_t){UINT32_MAX, UINT32_MAX, 0};
  tg_rc_t rc = fill(one, bytes);
  if (rc != TG_OK) {
    tg_campaign_restore_free(one);
    return rc;
  }
  campaigns->list[campaigns->count++] = one;
  *out = one;
  return TG_OK;
}

void tg_campaign_restore_free(tg_campaign_one_t *campaign) {
  tg_wheel_del(campaign->all->wheel, &campaign->tick);
  tg_campaign_device_fini(campaign);
  tg_alloc_free(campaign->bytes);
  tg_alloc_free(campaign);
}

/* What reading hands from row to row. */
typedef struct reading {
  tg_campaigns_t *campaigns;
  tg_rc_t rc; /* TG_E_NOMEM ends it */
} reading_t;

static tg_rc_t read_device(tg_campaigns_t *campaigns, tg_slice_t name, tg_slice_t ep, tg_slice_t value) {
  tg_campaign_one_t *one = tg_campaign_restore_find(campaigns, name);
  tg_campaign_row_device_t row;
  if (!one) return TG_E_NOT_FOUND;
  tg_rc_t rc = tg_campaign_row_decode_device(value, &row);
  bool is_name = ep.len > 0 && ep.len <= TG_CAMPAIGN_ROW_EP_MAX && tg_slice_find(ep, 0) == ep.len;
  if (rc != TG_OK || !is_name || row.wave == 0) return rc != TG_OK ? rc : TG_E_CORRUPT;
  tg_campaign_device_t *device = tg_campaign_device_add(one, ep);
  if (!device) return TG_E_NOMEM;
  device->wave = row.wave;
  device->update = row.update;
  if (one->row.counted) device->state = TG_CAMPAIGN_DEVICE_OPEN; /* counted before; on its way out */
  else tg_campaign_device_set(one, device, row.state);
  if (row.wave == one->row.wave) one->in_wave++;
  return TG_OK;
}

static tg_rc_t read_campaign(tg_campaigns_t *campaigns, tg_slice_t name, tg_slice_t value) {
  tg_campaign_one_t *one = NULL;
  if (!tg_fw_name_is_valid(name) || tg_campaign_restore_find(campaigns, name)) return TG_E_CORRUPT;
  tg_rc_t rc = tg_campaign_restore_add(campaigns, value, &one);
  if (rc != TG_OK) return rc;
  one->is_restored = true;
  if (!one->row.counted) memset(one->row.count, 0, sizeof one->row.count); /* the devices' rows say it */
  if (tg_slice_is(name, one->row.spec.name)) return TG_OK;
  campaigns->count--;
  tg_campaign_restore_free(one);
  return TG_E_CORRUPT;
}

static bool on_row(void *ud, tg_slice_t key, tg_slice_t value) {
  reading_t *reading = ud;
  size_t slash = tg_slice_find(key, '/');
  tg_slice_t name = tg_slice(key.p, slash);
  tg_rc_t rc = slash == key.len ? read_campaign(reading->campaigns, name, value)
                                : read_device(reading->campaigns, name, tg_slice_from(key, slash + 1), value);
  if (rc == TG_E_NOMEM) reading->rc = rc;
  if (rc == TG_OK || rc == TG_E_NOMEM) return rc == TG_OK;
  char text[128];
  tg_log("firmware", TG_LOG_WARN, "campaign_not_restored row=%s rc=%s", tg_log_text(key, text, sizeof text),
         tg_rc_name(rc));
  return true;
}

/* The newest update of a device comes first. */
static bool on_update(void *ud, const tg_fw_update_t *update) {
  reading_t *reading = ud;
  tg_campaign_one_t *one =
      *update->campaign ? tg_campaign_restore_find(reading->campaigns, tg_slice_str(update->campaign)) : NULL;
  if (!one || one->row.counted || update->begun_ms < one->row.begun_ms) return true;
  tg_campaign_device_t *device = tg_campaign_device_find(one, tg_slice_str(update->ep));
  if (!device) {
    device = tg_campaign_device_add(one, tg_slice_str(update->ep));
    if (!device) {
      reading->rc = TG_E_NOMEM;
      return false;
    }
    if (!one->row.wave) { /* its row is older than the update: from before the first wave */
      one->row.wave = 1;
      one->row.wave_size = one->row.spec.wave ? one->row.spec.wave : UINT32_MAX;
    }
    device->wave = one->row.wave;
    device->update = update->id;
    one->in_wave++;
    tg_campaign_device_set(one, device, TG_CAMPAIGN_DEVICE_RUNNING);
    tg_campaign_device_put(one, device);
  }
  tg_campaign_run_update(one, update);
  return true;
}

/* An update that nobody has heard of was begun, or nearly: nobody begins it again. */
static void settle(tg_campaign_one_t *one) {
  for (uint32_t i = 0; i < one->device_count; i++) {
    tg_campaign_device_t *device = &one->devices[i];
    tg_fw_update_t update;
    if (device->state != TG_CAMPAIGN_DEVICE_RUNNING || tg_firmware_find(one->all->firmware, device->update, &update))
      continue;
    tg_campaign_device_set(one, device, TG_CAMPAIGN_DEVICE_UNKNOWN);
    tg_campaign_device_put(one, device);
  }
}

static int by_time(const void *a, const void *b) {
  const tg_campaign_one_t *const *one = a, *const *other = b;
  int64_t x = (*one)->row.begun_ms, y = (*other)->row.begun_ms;
  return x < y ? -1 : x > y;
}

tg_rc_t tg_campaign_restore(tg_campaigns_t *campaigns) {
  reading_t reading = {.campaigns = campaigns, .rc = TG_OK};
  tg_rc_t rc = tg_store_each(campaigns->store, TG_CAMPAIGN_DEVICE_BUCKET, on_row, &reading);
  if (rc == TG_OK) rc = reading.rc;
  if (rc != TG_OK) return rc;
  tg_firmware_updates(campaigns->firmware, on_update, &reading);
  qsort(campaigns->list, campaigns->count, sizeof(tg_campaign_one_t *), by_time);
  uint64_t now = tg_wheel_now(campaigns->wheel);
  for (size_t i = 0; i < campaigns->count; i++) {
    tg_campaign_one_t *one = campaigns->list[i];
    settle(one);
    /* Devices of the earlier process are there by then. */
    one->look_ms = now + FIRST_LOOK_MS;
    if (!one->row.counted || one->device_count) tg_wheel_add(campaigns->wheel, &one->tick, one->look_ms);
  }
  return reading.rc;
}
