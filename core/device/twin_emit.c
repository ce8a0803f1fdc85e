/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device: what all files of the twin do to tell others something; see twin.h. */

#include "core/base/clock.h"
#include "core/device/twin.h"

enum { LOST_PER_MINUTE = 5 };

int64_t tg_twin_wall(tg_twin_t *twin) {
  uint64_t now = tg_wheel_now(twin->config.wheel);
  if (twin->wall_ms == 0 || now != twin->wall_at_ms) {
    twin->wall_ms = tg_clock_wall_ms();
    twin->wall_at_ms = now;
  }
  return twin->wall_ms;
}

tg_rc_t tg_twin_emit(tg_twin_t *twin, const tg_twin_device_t *device, tg_event_t *event) {
  event->device = device->pub.id;
  event->ep = tg_slice_str(device->pub.ep);
  event->time_ms = tg_twin_wall(twin);
  return tg_event_emit(twin->config.events, event);
}

void tg_twin_emit_or_log(tg_twin_t *twin, const tg_twin_device_t *device, tg_event_t *event) {
  tg_rc_t rc = tg_twin_emit(twin, device, event);
  if (rc == TG_OK || !tg_log_allow(&twin->lost, tg_wheel_now(twin->config.wheel), LOST_PER_MINUTE)) return;
  char ep[128];
  tg_log("device", TG_LOG_WARN, "event_lost type=%s ep=%s rc=%s suppressed=%u", tg_event_type_name(event->type),
         tg_log_text(event->ep, ep, sizeof ep), tg_rc_name(rc), twin->lost.suppressed);
}

void tg_twin_pump(tg_twin_t *twin, tg_twin_device_t *device) {
  if (device->pumping) return;
  device->pumping = true;
  device->pump_next = twin->pump_first;
  twin->pump_first = device;
  if (!tg_timer_active(&twin->pump)) tg_wheel_add(twin->config.wheel, &twin->pump, tg_wheel_now(twin->config.wheel));
}
