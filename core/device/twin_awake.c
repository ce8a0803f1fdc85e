/* SPDX-License-Identifier: Apache-2.0 */
/* Queue mode: when a device listens (LwM2M Core 1.1 §6.5). The window moves with every message, its timer only when it fires; see device.h. */

#include "core/base/alloc.h"
#include "core/device/twin.h"

void tg_twin_wake_free(tg_twin_t *twin, tg_twin_device_t *device) {
  if (!device->wake) return;
  tg_wheel_del(twin->config.wheel, &device->wake->timer);
  tg_alloc_free(device->wake);
  device->wake = NULL;
}

static void fall_asleep(tg_twin_t *twin, tg_twin_device_t *device) {
  if (device->wake) tg_wheel_del(twin->config.wheel, &device->wake->timer);
  if (!device->pub.queue_mode || !device->pub.awake) return;
  device->pub.awake = false;
  if (!device->pub.online) return;
  tg_event_t event = {.type = TG_EVENT_ASLEEP};
  tg_twin_emit_or_log(twin, device, &event);
}

static void on_window_end(tg_timer_t *timer, void *ud) {
  tg_twin_wake_t *wake = ud;
  if (wake->until_ms > tg_wheel_now(wake->twin->config.wheel)) {
    if (wake->until_ms != UINT64_MAX) tg_wheel_add(wake->twin->config.wheel, timer, wake->until_ms);
    return;
  }
  fall_asleep(wake->twin, wake->device);
}

/* Without memory for a window the device stays awake until a request times out. */
static void move_window(tg_twin_t *twin, tg_twin_device_t *device, uint64_t until_ms) {
  tg_twin_wake_t *wake = device->wake;
  if (!wake) {
    wake = tg_alloc_array(1, sizeof *wake);
    if (!wake) return;
    *wake = (tg_twin_wake_t){.timer = {.fn = on_window_end, .ud = wake}, .twin = twin, .device = device};
    device->wake = wake;
  }
  wake->until_ms = until_ms;
  if (until_ms == UINT64_MAX) return;
  if (!tg_timer_active(&wake->timer) || wake->timer.due_ms > until_ms) {
    tg_wheel_add(twin->config.wheel, &wake->timer, until_ms);
  }
}

void tg_twin_awake(tg_twin_t *twin, tg_id_t id, uint64_t until_ms) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.queue_mode || !device->pub.online) return;
  move_window(twin, device, until_ms);
  if (!device->pub.awake) {
    device->pub.awake = true;
    tg_event_t event = {.type = TG_EVENT_AWAKE};
    tg_twin_emit_or_log(twin, device, &event);
  }
  if (device->queue) tg_twin_pump(twin, device);
}

void tg_twin_asleep(tg_twin_t *twin, tg_id_t id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (device) fall_asleep(twin, device);
}
