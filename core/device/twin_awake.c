/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a device listens: the window after its messages in queue mode (LwM2M Core 1.1 §6.5), or what its bearer says. The window
 * moves with every message, its timer only when it fires; how long it is, is learned in twin_window.c. See device.h.
 */

#include "core/base/alloc.h"
#include "core/device/twin.h"

enum { SAVED_EIGHTHS = 8 };

static void stop(tg_twin_t *twin, tg_twin_device_t *device) {
  if (!device->wake) return;
  tg_wheel_del(twin->config.wheel, &device->wake->timer);
  device->wake->is_held = false;
  device->wake->heard_ms = 0;
}

void tg_twin_wake_free(tg_twin_t *twin, tg_twin_device_t *device) {
  stop(twin, device);
  tg_alloc_free(device->wake);
  device->wake = NULL;
  device->pub.awake_window_ms = 0;
}

void tg_twin_wake_stop(tg_twin_t *twin, tg_twin_device_t *device) {
  const tg_twin_wake_t *wake = device->wake;
  if (wake && (wake->window.longest_ms || wake->window.shortest_ms)) stop(twin, device);
  else tg_twin_wake_free(twin, device);
}

static void fall_asleep(tg_twin_t *twin, tg_twin_device_t *device) {
  if (device->wake) tg_wheel_del(twin->config.wheel, &device->wake->timer);
  if (!device->pub.awake) return;
  device->pub.awake = false;
  if (!device->pub.online) return;
  tg_event_t event = {.type = TG_EVENT_ASLEEP};
  tg_twin_emit_or_log(twin, device, &event);
}

static void wake_up(tg_twin_t *twin, tg_twin_device_t *device) {
  device->pub.asleep_until_ms = 0;
  if (!device->pub.awake) {
    device->pub.awake = true;
    tg_event_t event = {.type = TG_EVENT_AWAKE};
    tg_twin_emit_or_log(twin, device, &event);
  }
  if (device->queue) tg_twin_pump(twin, device);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  tg_twin_wake_t *wake = ud;
  if (wake->until_ms > tg_wheel_now(wake->twin->config.wheel)) {
    if (wake->until_ms != UINT64_MAX) tg_wheel_add(wake->twin->config.wheel, timer, wake->until_ms);
  } else if (wake->is_held) {
    wake->is_held = false;
    wake->until_ms = UINT64_MAX; /* until the bearer says otherwise */
    wake_up(wake->twin, wake->device);
  } else {
    fall_asleep(wake->twin, wake->device);
  }
}

static tg_twin_wake_t *make_wake(tg_twin_t *twin, tg_twin_device_t *device) {
  if (device->wake) return device->wake;
  tg_twin_wake_t *wake = tg_alloc_array(1, sizeof *wake);
  if (!wake) return NULL;
  *wake = (tg_twin_wake_t){.timer = {.fn = on_timer, .ud = wake}, .twin = twin, .device = device};
  device->wake = wake;
  return wake;
}

/* Without memory for a window the device stays awake until a request times out. */
static void move_end(tg_twin_t *twin, tg_twin_device_t *device, uint64_t until_ms) {
  tg_twin_wake_t *wake = make_wake(twin, device);
  if (!wake) return;
  wake->until_ms = until_ms;
  if (until_ms == UINT64_MAX) return;
  if (!tg_timer_active(&wake->timer) || wake->timer.due_ms > until_ms) {
    tg_wheel_add(twin->config.wheel, &wake->timer, until_ms);
  }
}

void tg_twin_awake(tg_twin_t *twin, tg_id_t id, uint64_t until_ms) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.online) return;
  bool is_held = device->wake && device->wake->is_held;
  if (is_held) device->wake->is_held = false;
  if (device->pub.queue_mode) move_end(twin, device, until_ms);
  else if (!is_held) return;
  else tg_wheel_del(twin->config.wheel, &device->wake->timer);
  wake_up(twin, device);
}

void tg_twin_asleep(tg_twin_t *twin, tg_id_t id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.queue_mode || (device->wake && device->wake->is_held)) return;
  fall_asleep(twin, device);
}

void tg_twin_held(tg_twin_t *twin, tg_id_t id, uint64_t until_ms) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.online) return;
  tg_twin_wake_t *wake = make_wake(twin, device);
  if (!wake) return; /* it stays awake: what is sent is held by the bearer all the same */
  uint64_t now = tg_wheel_now(twin->config.wheel);
  fall_asleep(twin, device);
  wake->is_held = true;
  wake->until_ms = until_ms ? until_ms : UINT64_MAX;
  device->pub.asleep_until_ms = until_ms > now ? tg_twin_wall(twin) + (int64_t)(until_ms - now) : 0;
  if (until_ms) tg_wheel_add(twin->config.wheel, &wake->timer, until_ms);
}

/* ---- what it shows ---- */

/* A window that has hardly changed is not worth a write. */
static void save(tg_twin_wake_t *wake, uint32_t window_ms) {
  tg_twin_t *twin = wake->twin;
  uint32_t apart = window_ms > wake->saved_ms ? window_ms - wake->saved_ms : wake->saved_ms - window_ms;
  if (!twin->config.store || apart <= wake->saved_ms / SAVED_EIGHTHS) return;
  uint8_t memory[TG_TWIN_WINDOW_ROW_MAX];
  tg_buf_t row;
  tg_buf_init(&row, memory, sizeof memory);
  tg_twin_window_encode(&wake->window, &row);
  tg_rc_t rc =
      tg_store_put(twin->config.store, TG_TWIN_WAKE_BUCKET, tg_slice_str(wake->device->pub.ep), tg_buf_slice(&row));
  if (rc == TG_OK) wake->saved_ms = window_ms;
  else tg_log("device", TG_LOG_DEBUG, "window_not_saved rc=%s", tg_rc_name(rc)); /* it shows it again */
}

void tg_twin_wake_forget(tg_twin_t *twin, tg_twin_device_t *device) {
  const tg_twin_wake_t *wake = device->wake;
  if (!wake || !twin->config.store || (!wake->window.longest_ms && !wake->window.shortest_ms)) return;
  tg_rc_t rc = tg_store_del(twin->config.store, TG_TWIN_WAKE_BUCKET, tg_slice_str(device->pub.ep));
  if (rc != TG_OK) tg_log("device", TG_LOG_DEBUG, "window_not_removed rc=%s", tg_rc_name(rc)); /* the next start does */
}

tg_rc_t tg_twin_wake_restore(tg_twin_t *twin, tg_twin_device_t *device, tg_slice_t bytes) {
  tg_twin_window_t window;
  tg_rc_t rc = tg_twin_window_decode(bytes, &window);
  if (rc != TG_OK) return rc;
  tg_twin_wake_t *wake = make_wake(twin, device);
  if (!wake) return TG_E_NOMEM;
  wake->window = window;
  return TG_OK;
}

/* Its wake where a request can show something. */
static tg_twin_wake_t *learner(const tg_twin_t *twin, tg_id_t id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  bool learns = device && device->wake && device->wake->heard_ms && device->pub.queue_mode;
  return learns && !twin->config.fixed_windows ? device->wake : NULL;
}

void tg_twin_asked(tg_twin_t *twin, tg_id_t id) {
  tg_twin_wake_t *wake = learner(twin, id);
  if (!wake) return;
  wake->asked_ms = tg_wheel_now(twin->config.wheel);
  wake->silent_ms = wake->heard_ms;
}

void tg_twin_answered(tg_twin_t *twin, tg_id_t id, bool is_short) {
  tg_twin_wake_t *wake = learner(twin, id);
  if (!wake || (!is_short && wake->heard_ms != wake->silent_ms)) return;
  uint64_t listened_ms = is_short ? tg_wheel_now(twin->config.wheel) : wake->asked_ms;
  tg_twin_window_answered(&wake->window, listened_ms - wake->heard_ms);
}

void tg_twin_missed(tg_twin_t *twin, tg_id_t id) {
  tg_twin_wake_t *wake = learner(twin, id);
  if (!wake || wake->heard_ms != wake->silent_ms) return;
  tg_twin_window_missed(&wake->window, wake->asked_ms - wake->silent_ms, tg_wheel_unix(twin->config.wheel));
}

void tg_twin_heard(tg_twin_t *twin, tg_id_t id, uint32_t window_ms) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->pub.queue_mode || !device->pub.online) return;
  uint64_t now = tg_wheel_now(twin->config.wheel);
  tg_twin_wake_t *wake = make_wake(twin, device);
  uint32_t listens_ms = window_ms;
  if (wake) {
    if (!twin->config.fixed_windows)
      listens_ms = tg_twin_window_ms(&wake->window, window_ms, tg_wheel_unix(twin->config.wheel));
    if (!wake->saved_ms) wake->saved_ms = window_ms;
    if (listens_ms != wake->saved_ms) save(wake, listens_ms);
    wake->heard_ms = now;
  }
  device->pub.awake_window_ms = listens_ms;
  tg_twin_awake(twin, id, now + listens_ms);
}
