/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of campaigns: which devices are in one, and how they stand; called by campaign_look.c, campaign_run.c and campaigns.c. See campaign_device.h. */

#include "core/firmware/campaign_device.h"

#include "core/base/alloc.h"

enum { FIRST_CAP = 16, KEY_MAX = TG_FW_NAME_MAX + 1 + TG_CAMPAIGN_ROW_EP_MAX, ROW_MAX = 32 };

static bool has_ep(const void *table, uint32_t slot, const void *key) {
  const tg_campaign_one_t *campaign = table;
  const tg_slice_t *ep = key;
  return tg_slice_is(*ep, campaign->devices[slot].ep);
}

tg_campaign_device_t *tg_campaign_device_find(const tg_campaign_one_t *campaign, tg_slice_t ep) {
  uint32_t slot;
  const tg_hidx_query_t query = {
      .hash = tg_hash32(&campaign->all->key, ep), .eq = has_ep, .table = campaign, .key = &ep};
  return tg_hidx_find(&campaign->by_ep, &query, &slot) ? &campaign->devices[slot] : NULL;
}

static bool grow(tg_campaign_one_t *campaign) {
  if (campaign->device_count < campaign->device_cap) return true;
  if (campaign->device_cap >= UINT32_MAX / 2) return false;
  uint32_t cap = campaign->device_cap ? campaign->device_cap * 2 : FIRST_CAP;
  tg_campaign_device_t *devices = tg_alloc_resize(campaign->devices, cap, sizeof *devices);
  if (!devices) return false;
  campaign->devices = devices;
  campaign->device_cap = cap;
  return true;
}

tg_campaign_device_t *tg_campaign_device_add(tg_campaign_one_t *campaign, tg_slice_t ep) {
  char *name = grow(campaign) ? tg_alloc_str(ep) : NULL;
  if (!name) return NULL;
  uint32_t slot = campaign->device_count;
  if (tg_hidx_add(&campaign->by_ep, tg_hash32(&campaign->all->key, ep), slot) != TG_OK) {
    tg_alloc_free(name);
    return NULL;
  }
  campaign->devices[slot] = (tg_campaign_device_t){
      .ep = name, .next = UINT32_MAX, .state = TG_CAMPAIGN_DEVICE_OPEN, .queue = TG_CAMPAIGN_NO_LIMIT};
  campaign->device_count++;
  return &campaign->devices[slot];
}

void tg_campaign_device_set(tg_campaign_one_t *campaign, tg_campaign_device_t *device,
                            tg_campaign_device_state_t state) {
  if (device->state < TG_CAMPAIGN_DEVICE_STATES) campaign->row.count[device->state]--;
  if (device->state == TG_CAMPAIGN_DEVICE_RUNNING) campaign->queues[device->queue].running--;
  device->state = (uint8_t)state;
  campaign->row.count[state]++;
  if (state == TG_CAMPAIGN_DEVICE_RUNNING) campaign->queues[device->queue].running++;
  campaign->is_changed = true;
}

static tg_slice_t key_of(const tg_campaign_one_t *campaign, const tg_campaign_device_t *device, tg_buf_t *key) {
  tg_buf_put_str(key, campaign->row.spec.name);
  tg_buf_put_u8(key, '/');
  tg_buf_put_str(key, device->ep);
  return tg_buf_slice(key);
}

void tg_campaign_device_put(const tg_campaign_one_t *campaign, const tg_campaign_device_t *device) {
  if (!campaign->all->store) return;
  uint8_t key_memory[KEY_MAX], memory[ROW_MAX];
  tg_buf_t key, bytes;
  tg_buf_init(&key, key_memory, sizeof key_memory);
  tg_buf_init(&bytes, memory, sizeof memory);
  const tg_campaign_row_device_t row = {(tg_campaign_device_state_t)device->state, device->wave, device->update};
  tg_campaign_row_encode_device(&row, &bytes);
  tg_rc_t rc = tg_store_put(campaign->all->store, TG_CAMPAIGN_DEVICE_BUCKET, key_of(campaign, device, &key),
                            tg_buf_slice(&bytes));
  if (rc != TG_OK && tg_log_allow(&campaign->all->limit, tg_wheel_now(campaign->all->wheel), 6))
    tg_log("firmware", TG_LOG_ERROR, "campaign_row_not_kept campaign=%s rc=%s", campaign->row.spec.name,
           tg_rc_name(rc));
}

bool tg_campaign_device_sweep(tg_campaign_one_t *campaign, uint32_t max) {
  while (campaign->device_count && max--) {
    tg_campaign_device_t *device = &campaign->devices[campaign->device_count - 1];
    uint8_t memory[KEY_MAX];
    tg_buf_t key;
    tg_buf_init(&key, memory, sizeof memory);
    if (campaign->all->store && device->wave &&
        tg_store_del(campaign->all->store, TG_CAMPAIGN_DEVICE_BUCKET, key_of(campaign, device, &key)) != TG_OK)
      return true; /* too much is queued: later */
    tg_hidx_del(&campaign->by_ep, tg_hash32(&campaign->all->key, tg_slice_str(device->ep)), campaign->device_count - 1);
    tg_alloc_free(device->ep);
    campaign->device_count--;
  }
  return campaign->device_count > 0;
}

void tg_campaign_device_fini(tg_campaign_one_t *campaign) {
  for (uint32_t i = 0; i < campaign->device_count; i++) tg_alloc_free(campaign->devices[i].ep);
  tg_alloc_free(campaign->devices);
  tg_hidx_fini(&campaign->by_ep);
}
