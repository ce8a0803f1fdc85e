/* SPDX-License-Identifier: Apache-2.0 */
/* The device table: who is there, what it announced, when it was seen; see device.h. Values, commands and queue mode have files of their own. */

#include "core/device/twin.h"

#include "core/base/alloc.h"
#include "core/device/twin_announced.h"

enum { DEVICES_DEFAULT = 131072, COMMANDS_DEFAULT = 65536, VALUES_DEFAULT = 512, EP_MAX = 255 };
#define BYTES_DEFAULT   ((size_t)64 << 20)
#define OFFLINE_KEPT_MS (UINT64_C(24) * 3600 * 1000)

static void on_forget(tg_timer_t *timer, void *ud);

tg_twin_t *tg_twin_new(const tg_twin_config_t *config) {
  tg_twin_t *twin = tg_alloc_array(1, sizeof *twin);
  if (!twin) return NULL;
  twin->config = *config;
  if (!twin->config.devices_max) twin->config.devices_max = DEVICES_DEFAULT;
  if (!twin->config.commands_max) twin->config.commands_max = COMMANDS_DEFAULT;
  if (!twin->config.command_bytes_max) twin->config.command_bytes_max = BYTES_DEFAULT;
  if (!twin->config.values_max) twin->config.values_max = VALUES_DEFAULT;
  if (twin->config.values_max > UINT16_MAX) twin->config.values_max = UINT16_MAX;
  twin->config.random(twin->config.random_ud, &twin->key, sizeof twin->key);
  twin->forget = (tg_timer_t){.fn = on_forget, .ud = twin};
  tg_hidx_init(&twin->by_ep);
  tg_twin_command_init(twin);
  tg_rc_t rc = tg_pool_init(&twin->devices, sizeof(tg_twin_device_t), twin->config.devices_max);
  if (rc == TG_OK) rc = tg_pool_init(&twin->commands, sizeof(tg_twin_command_t), twin->config.commands_max);
  if (rc == TG_OK) return twin;
  tg_twin_free(twin);
  return NULL;
}

static void free_device(tg_twin_t *twin, tg_twin_device_t *device) {
  tg_twin_wake_free(twin, device);
  tg_twin_values_free(device);
  tg_twin_announced_give(&(tg_twin_announced_t){0}, device);
  /* the twin's own, lent to others as const */
  tg_alloc_free((void *)(uintptr_t)device->pub.ep);
  tg_alloc_free((void *)(uintptr_t)device->pub.quirk_counts);
}

void tg_twin_free(tg_twin_t *twin) {
  if (!twin) return;
  tg_twin_stop(twin);
  for (uint32_t slot = 0; slot < tg_pool_slots(&twin->devices); slot++) {
    tg_twin_device_t *device = tg_pool_at(&twin->devices, slot, NULL);
    if (device) free_device(twin, device);
  }
  tg_wheel_del(twin->config.wheel, &twin->pump);
  tg_wheel_del(twin->config.wheel, &twin->forget);
  tg_wheel_del(twin->config.wheel, &twin->retry);
  tg_pool_fini(&twin->devices);
  tg_pool_fini(&twin->commands);
  tg_hidx_fini(&twin->by_ep);
  tg_alloc_free(twin);
}

static bool has_ep(const void *table, uint32_t slot, const void *key) {
  const tg_twin_device_t *device = tg_pool_at(table, slot, NULL);
  const tg_slice_t *ep = key;
  return device && tg_slice_is(*ep, device->pub.ep);
}

static tg_twin_device_t *find_ep(const tg_twin_t *twin, tg_slice_t ep) {
  tg_hidx_query_t query = {.hash = tg_hash32(&twin->key, ep), .eq = has_ep, .table = &twin->devices, .key = &ep};
  uint32_t slot;
  return tg_hidx_find(&twin->by_ep, &query, &slot) ? tg_pool_at(&twin->devices, slot, NULL) : NULL;
}

static tg_twin_device_t *device_at(const tg_twin_t *twin, uint32_t ref) {
  return ref ? tg_pool_at(&twin->devices, ref - 1, NULL) : NULL;
}

/* When it is forgotten. */
static uint64_t forget_ms(const tg_twin_device_t *device) {
  return (uint64_t)device->offline_s * 1000 + OFFLINE_KEPT_MS;
}

static void offline_add(tg_twin_t *twin, tg_twin_device_t *device) {
  uint32_t ref = tg_id_slot(device->pub.id) + 1;
  device->offline_s = (uint32_t)((tg_wheel_now(twin->config.wheel) + 999) / 1000);
  device->newer_ref = 0;
  device->older_ref = twin->offline_last_ref;
  if (twin->offline_last_ref) device_at(twin, twin->offline_last_ref)->newer_ref = ref;
  else twin->offline_first_ref = ref;
  twin->offline_last_ref = ref;
  if (!tg_timer_active(&twin->forget)) tg_wheel_add(twin->config.wheel, &twin->forget, forget_ms(device));
}

static void offline_del(tg_twin_t *twin, tg_twin_device_t *device) {
  uint32_t ref = tg_id_slot(device->pub.id) + 1;
  if (device->older_ref) device_at(twin, device->older_ref)->newer_ref = device->newer_ref;
  else if (twin->offline_first_ref == ref) twin->offline_first_ref = device->newer_ref;
  if (device->newer_ref) device_at(twin, device->newer_ref)->older_ref = device->older_ref;
  else if (twin->offline_last_ref == ref) twin->offline_last_ref = device->older_ref;
  device->older_ref = device->newer_ref = 0;
}

static void forget(tg_twin_t *twin, tg_twin_device_t *device) {
  tg_twin_command_offline(twin, device, true);
  offline_del(twin, device);
  tg_hidx_del(&twin->by_ep, tg_hash32(&twin->key, tg_slice_str(device->pub.ep)), tg_id_slot(device->pub.id));
  tg_id_t id = device->pub.id;
  tg_twin_wake_forget(twin, device);
  free_device(twin, device);
  tg_pool_give(&twin->devices, id);
}

/* A device in the pump list is looked at within this turn; it can't go now, nor one for which durable commands wait. */
static bool forget_oldest(tg_twin_t *twin) {
  tg_twin_device_t *device = device_at(twin, twin->offline_first_ref);
  while (device && (device->pumping || device->journaled)) device = device_at(twin, device->newer_ref);
  if (!device) return false;
  forget(twin, device);
  return true;
}

static void on_forget(tg_timer_t *timer, void *ud) {
  tg_twin_t *twin = ud;
  uint64_t now = tg_wheel_now(twin->config.wheel);
  tg_twin_device_t *device;
  while ((device = device_at(twin, twin->offline_first_ref)) && forget_ms(device) <= now) {
    if (device->journaled) { /* as if it went now */
      offline_del(twin, device);
      offline_add(twin, device);
    } else if (!forget_oldest(twin)) {
      break;
    }
  }
  if (device) tg_wheel_add(twin->config.wheel, timer, forget_ms(device) > now ? forget_ms(device) : now + 1000);
}

static tg_rc_t make_device(tg_twin_t *twin, tg_slice_t ep, tg_twin_device_t **made) {
  tg_id_t id;
  tg_twin_device_t *device = tg_pool_take(&twin->devices, &id);
  if (!device && forget_oldest(twin)) device = tg_pool_take(&twin->devices, &id);
  if (!device) {
    twin->refused.devices++;
    return TG_E_FULL;
  }
  device->pub.id = id;
  device->pub.ep = tg_alloc_str(ep);
  if (!device->pub.ep || tg_hidx_add(&twin->by_ep, tg_hash32(&twin->key, ep), tg_id_slot(id)) != TG_OK) {
    free_device(twin, device);
    tg_pool_give(&twin->devices, id);
    return TG_E_NOMEM;
  }
  *made = device;
  return TG_OK;
}

tg_rc_t tg_twin_place(tg_twin_t *twin, tg_slice_t ep, tg_twin_device_t **device) {
  *device = find_ep(twin, ep);
  if (*device) return TG_OK;
  tg_rc_t rc = make_device(twin, ep, device);
  if (rc != TG_OK) return rc;
  (*device)->pub.queue_mode = true;
  offline_add(twin, *device);
  return TG_OK;
}

/* Everything that can't fail: the device is now what @p info says. */
static void commit(tg_twin_t *twin, tg_twin_device_t *device, const tg_device_info_t *info,
                   const tg_twin_announced_t *announced) {
  tg_device_t *pub = &device->pub;
  bool taken_over = pub->online && (pub->backend != info->backend || pub->backend_ud != info->backend_ud);
  if (taken_over) tg_twin_command_release(twin, device);
  if (!pub->online || taken_over) pub->since_ms = tg_twin_wall(twin);
  if (!pub->online) offline_del(twin, device);
  tg_twin_announced_give(announced, device);
  pub->backend = info->backend;
  pub->backend_ud = info->backend_ud;
  pub->backend_cookie = info->backend_cookie;
  pub->link = info->link;
  pub->lifetime_s = info->lifetime_s;
  pub->quirks = info->quirks;
  pub->enabler = info->enabler;
  pub->last_seen_ms = tg_twin_wall(twin);
  if (!info->queue_mode) tg_twin_wake_free(twin, device);
  pub->queue_mode = info->queue_mode;
  pub->online = true;
}

tg_rc_t tg_twin_online(tg_twin_t *twin, const tg_device_info_t *info, tg_event_type_t type, tg_id_t *id) {
  if (info->ep.len == 0 || info->ep.len > EP_MAX || tg_slice_find(info->ep, 0) != info->ep.len) return TG_E_ARG;
  tg_twin_announced_t announced;
  tg_rc_t rc = tg_twin_announced_make(info, &announced);
  if (rc != TG_OK) return rc;
  tg_twin_device_t *device = find_ep(twin, info->ep);
  bool fresh = !device;
  if (fresh) rc = make_device(twin, info->ep, &device);
  bool quiet = type == TG_EVENT_TYPE_COUNT;
  if (rc == TG_OK && !quiet) {
    tg_event_t event = {.type = type};
    rc = tg_twin_emit(twin, device, &event);
    if (rc != TG_OK && fresh) forget(twin, device);
  }
  if (rc != TG_OK) {
    tg_twin_announced_free(&announced);
    return rc;
  }
  bool was_awake = device->pub.online && device->pub.awake;
  commit(twin, device, info, &announced);
  device->pub.awake = !info->queue_mode || (quiet ? was_awake : true);
  device->pub.asleep_until_ms = 0;
  if (device->wake) device->wake->is_held = false;
  if (device->queue && device->pub.awake) tg_twin_pump(twin, device);
  *id = device->pub.id;
  return TG_OK;
}

void tg_twin_offline(tg_twin_t *twin, tg_id_t id, tg_event_type_t event, tg_slice_t note) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.online) return;
  device->pub.online = false;
  device->pub.awake = false;
  tg_twin_wake_stop(twin, device);
  offline_add(twin, device);
  tg_event_t told = {.type = event, .note = note};
  tg_twin_emit_or_log(twin, device, &told);
  tg_twin_command_offline(twin, device, false);
}

void tg_twin_seen(tg_twin_t *twin, tg_id_t id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (device) device->pub.last_seen_ms = tg_twin_wall(twin);
}

void tg_twin_may_move(tg_twin_t *twin, tg_id_t id, uint64_t until_ms) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (device) device->pub.may_move_until_ms = until_ms;
}

void tg_twin_moved(tg_twin_t *twin, tg_id_t id, const char *link) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (device) device->pub.link = link;
}

const tg_device_t *tg_twin_find(const tg_twin_t *twin, tg_id_t id) {
  const tg_twin_device_t *device = tg_twin_device_of(twin, id);
  return device ? &device->pub : NULL;
}

const tg_device_t *tg_twin_find_ep(const tg_twin_t *twin, tg_slice_t ep) {
  const tg_twin_device_t *device = find_ep(twin, ep);
  return device ? &device->pub : NULL;
}

void tg_twin_refused(const tg_twin_t *twin, tg_twin_refused_t *refused) {
  *refused = twin->refused;
}

uint32_t tg_twin_devices_max(const tg_twin_t *twin) {
  return twin->config.devices_max;
}

uint32_t tg_twin_commands_max(const tg_twin_t *twin) {
  return twin->config.commands_max;
}

size_t tg_twin_count(const tg_twin_t *twin) {
  return twin->devices.count;
}

bool tg_twin_each_part(const tg_twin_t *twin, uint32_t *at, uint32_t max,
                       bool (*fn)(void *ud, const tg_device_t *device), void *ud) {
  for (uint32_t left = max; left && *at < tg_pool_slots(&twin->devices); left--) {
    const tg_twin_device_t *device = tg_pool_at(&twin->devices, (*at)++, NULL);
    if (device && !fn(ud, &device->pub)) return false;
  }
  return *at < tg_pool_slots(&twin->devices);
}

void tg_twin_each(const tg_twin_t *twin, bool (*fn)(void *ud, const tg_device_t *device), void *ud) {
  uint32_t at = 0;
  (void)tg_twin_each_part(twin, &at, UINT32_MAX, fn, ud);
}

tg_model_t tg_twin_model(const tg_twin_t *twin, const tg_device_t *device) {
  return (tg_model_t){.registry = twin->config.registry,
                      .enabler = device->enabler,
                      .versions = device->versions,
                      .version_count = device->version_count};
}
