/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a campaign is for. What a device says of itself (/3/0/0, /3/0/1, /3/0/3) is taken from its last values; where a campaign wants to
 * know and nobody has read them, they are read, a few devices at a time. Called by campaign_run.c. See campaign_look.h.
 */

#include "core/firmware/campaign_look.h"

#include <fnmatch.h>

#include "core/base/alloc.h"
#include "core/firmware/campaign_device.h"

enum { OBJECT_DEVICE = 3, OBJECT_FIRMWARE = 5, RES_MANUFACTURER = 0, RES_MODEL = 1, RES_VERSION = 3 };
enum { PART = 2000 /* devices a turn: 2 ms or so */ };
enum { ASKING_MAX = 64, ASKS_MAX = 3, ASK_AGAIN_MS = 3600 * 1000, VALUE_MAX = 255 };

typedef enum fit { FIT_NO, FIT_YES, FIT_UNSURE } fit_t;

/* What a walk hands from device to device. */
typedef struct walk {
  tg_campaign_one_t *campaign;
  tg_rc_t rc;
} walk_t;

static bool has_object(const tg_device_t *device, uint16_t oid) {
  for (size_t i = 0; i < device->object_count; i++) {
    if (device->objects[i].id[0] == oid) return true;
  }
  return false;
}

/* What it said last in /3/0/@p resource, against @p wanted; anything fits where nothing is wanted. */
static fit_t fits(const tg_twin_t *twin, const tg_device_t *device, uint16_t resource, const char *wanted) {
  if (!wanted || !*wanted) return FIT_YES;
  tg_path_t path = tg_path(TG_PATH_RESOURCE, OBJECT_DEVICE, 0, resource);
  tg_record_t record;
  if (tg_twin_value(twin, device->id, &path, &record) != TG_OK) return FIT_UNSURE;
  if (record.value.type != TG_TYPE_STRING || record.value.s.len > VALUE_MAX) return FIT_NO;
  char text[VALUE_MAX + 1];
  if (record.value.s.len) memcpy(text, record.value.s.p, record.value.s.len);
  text[record.value.s.len] = '\0';
  bool is_it = resource == RES_VERSION ? fnmatch(wanted, text, 0) == 0 : strcmp(wanted, text) == 0;
  return is_it ? FIT_YES : FIT_NO;
}

/* @p tags are words with blanks between them; one fits. */
static bool has_tag(const char *tags, const char *wanted) {
  for (const char *at = tags ? tags : ""; *at;) {
    char word[VALUE_MAX + 1];
    size_t len = strcspn(at, " ");
    if (len && len <= VALUE_MAX) {
      memcpy(word, at, len);
      word[len] = '\0';
      if (fnmatch(wanted, word, 0) == 0) return true;
    }
    at += len + strspn(at + len, " ");
  }
  return false;
}

static fit_t is_for(const tg_campaign_one_t *campaign, const tg_device_t *device) {
  const tg_campaign_spec_t *spec = &campaign->row.spec;
  const tg_twin_t *twin = campaign->all->twin;
  if (!has_object(device, OBJECT_FIRMWARE)) return FIT_NO;
  if (*spec->ep && fnmatch(spec->ep, device->ep, 0) != 0) return FIT_NO;
  if (*spec->link && (!device->link || strcmp(spec->link, device->link) != 0)) return FIT_NO;
  if (*spec->tag && !has_tag(device->tags, spec->tag)) return FIT_NO;
  const fit_t each[] = {fits(twin, device, RES_MANUFACTURER, spec->manufacturer),
                        fits(twin, device, RES_MODEL, spec->model),
                        fits(twin, device, RES_VERSION, spec->from_version)};
  fit_t fit = FIT_YES;
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
    if (each[i] == FIT_NO) return FIT_NO;
    if (each[i] == FIT_UNSURE) fit = FIT_UNSURE;
  }
  return fit;
}

static void unlink_ask(tg_campaigns_t *all, tg_campaign_ask_t *ask) {
  tg_campaign_ask_t **at = &all->asks;
  while (*at && *at != ask) at = &(*at)->next;
  if (*at) *at = ask->next;
}

/* Seam tg_command_done_fn. */
static void on_answer(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  tg_campaign_ask_t *ask = ud;
  (void)command;
  tg_campaign_one_t *campaign = ask->campaign;
  if (campaign) {
    tg_campaign_device_t *device = &campaign->devices[ask->device];
    bool answered = result->state == TG_COMMAND_DONE || result->code != 0;
    device->state = answered ? TG_CAMPAIGN_DEVICE_KNOWN : TG_CAMPAIGN_DEVICE_ASKED;
    device->asks = answered ? 0 : (uint8_t)(device->asks + 1);
    campaign->asking--;
    campaign->look_ms = tg_wheel_now(campaign->all->wheel); /* now it is known */
    tg_campaign_state_wake(campaign, campaign->look_ms);
    unlink_ask(campaign->all, ask);
  }
  tg_alloc_free(ask);
}

static bool is_due(const tg_campaign_one_t *campaign, const tg_campaign_device_t *known) {
  if (campaign->asking >= ASKING_MAX) return false;
  return !known || known->state == TG_CAMPAIGN_DEVICE_OPEN ||
         tg_wheel_now(campaign->all->wheel) - known->asked_ms >= ASK_AGAIN_MS;
}

static tg_rc_t ask(tg_campaign_one_t *campaign, const tg_device_t *device, tg_campaign_device_t *known) {
  tg_campaigns_t *all = campaign->all;
  if (!known) known = tg_campaign_device_add(campaign, tg_slice_str(device->ep));
  tg_campaign_ask_t *asked = known ? tg_alloc_array(1, sizeof *asked) : NULL;
  if (!asked) return TG_E_NOMEM;
  *asked = (tg_campaign_ask_t){all->asks, campaign, (uint32_t)(known - campaign->devices), TG_ID_NONE};
  const tg_command_t command = {.device = device->id,
                                .op = TG_OP_READ,
                                .path = tg_path(TG_PATH_INSTANCE, OBJECT_DEVICE, 0, 0),
                                .content_format = -1};
  known->asked_ms = tg_wheel_now(all->wheel);
  known->state = TG_CAMPAIGN_DEVICE_ASKED;
  if (tg_twin_submit(all->twin, &command, on_answer, asked, &asked->command) != TG_OK) {
    known->asks++;
    tg_alloc_free(asked);
    return TG_OK; /* its queue is full, or it has just gone: later */
  }
  known->state = TG_CAMPAIGN_DEVICE_ASKING;
  campaign->asking++;
  all->asks = asked;
  return TG_OK;
}

/* It may be one of them; who has been asked often enough without an answer is none. */
static tg_rc_t find_out(tg_campaign_one_t *campaign, const tg_device_t *device, tg_campaign_device_t *known) {
  if (known && (known->state == TG_CAMPAIGN_DEVICE_KNOWN || known->asks >= ASKS_MAX)) return TG_OK;
  campaign->walk.unsure++;
  if (known && known->state == TG_CAMPAIGN_DEVICE_ASKING) return TG_OK;
  return device->online && is_due(campaign, known) ? ask(campaign, device, known) : TG_OK;
}

uint8_t tg_campaign_look_queue(const tg_campaign_one_t *campaign, const char *link) {
  for (size_t i = 0; link && i < campaign->row.spec.limit_count; i++) {
    if (strcmp(link, campaign->row.limits[i].link) == 0) return (uint8_t)i;
  }
  return TG_CAMPAIGN_NO_LIMIT;
}

static tg_rc_t enqueue(tg_campaign_one_t *campaign, const tg_device_t *device, tg_campaign_device_t *known) {
  if (!known) known = tg_campaign_device_add(campaign, tg_slice_str(device->ep));
  if (!known) return TG_E_NOMEM;
  uint32_t at = (uint32_t)(known - campaign->devices);
  known->queue = tg_campaign_look_queue(campaign, device->link);
  known->state = TG_CAMPAIGN_DEVICE_QUEUED;
  known->next = UINT32_MAX;
  tg_campaign_queue_t *queue = &campaign->queues[known->queue];
  if (queue->first == UINT32_MAX) queue->first = at;
  else campaign->devices[queue->last].next = at;
  queue->last = at;
  campaign->queued++;
  campaign->walk.in_wave++;
  return TG_OK;
}

static bool on_device(void *ud, const tg_device_t *device) {
  walk_t *walk = ud;
  tg_campaign_one_t *campaign = walk->campaign;
  tg_campaign_device_t *known = tg_campaign_device_find(campaign, tg_slice_str(device->ep));
  if (known && known->state <= TG_CAMPAIGN_DEVICE_QUEUED) return true;
  fit_t fit = is_for(campaign, device);
  if (fit == FIT_UNSURE) walk->rc = find_out(campaign, device, known);
  if (fit != FIT_YES) return walk->rc == TG_OK;
  bool is_asking = known && known->state == TG_CAMPAIGN_DEVICE_ASKING; /* its answer has come already, its end not */
  if (device->online && !is_asking && campaign->walk.in_wave < campaign->walk.wave_size)
    walk->rc = enqueue(campaign, device, known);
  else campaign->walk.left++;
  return walk->rc == TG_OK;
}

void tg_campaign_look_begin(tg_campaign_one_t *campaign, bool is_new, uint32_t wave_size) {
  campaign->walk = (tg_campaign_walk_t){
      .is_on = true, .is_new = is_new, .wave_size = wave_size, .in_wave = is_new ? 0 : campaign->in_wave};
}

tg_rc_t tg_campaign_look(tg_campaign_one_t *campaign) {
  walk_t walk = {.campaign = campaign, .rc = TG_OK};
  campaign->walk.is_on = tg_twin_each_part(campaign->all->twin, &campaign->walk.at, PART, on_device, &walk);
  if (campaign->walk.is_on) return TG_OK;
  campaign->left = campaign->walk.left;
  campaign->unsure = campaign->walk.unsure;
  campaign->is_changed = true;
  return walk.rc;
}

void tg_campaign_look_end(tg_campaign_one_t *campaign) {
  tg_campaigns_t *all = campaign->all;
  for (tg_campaign_ask_t *asked = all->asks, *next; asked; asked = next) {
    next = asked->next;
    if (asked->campaign != campaign) continue;
    unlink_ask(all, asked);
    asked->campaign = NULL;
    (void)!tg_twin_cancel(all->twin, asked->command); /* on_answer() frees it, now or later */
    next = all->asks;
  }
  campaign->asking = 0;
}
