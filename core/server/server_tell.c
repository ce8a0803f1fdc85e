/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: what all its files do to tell people something and to hold answers; see server_state.h. */

#include "core/base/clock.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { REFUSED_PER_MINUTE = 60, NOTE_MAX = 256 };

static void emit(tg_server_t *server, const tg_event_t *event) {
  tg_rc_t rc = tg_event_emit(server->config.events, event);
  if (rc == TG_OK) return;
  tg_log("server", TG_LOG_DEBUG, "event_lost type=%s rc=%s", tg_event_type_name(event->type), tg_rc_name(rc));
}

void tg_server_refuse(tg_server_t *server, tg_id_t device, tg_slice_t ep, const char *why) {
  server->stats.refused++;
  if (!tg_log_allow(&server->refuse_limit, tg_wheel_now(server->config.wheel), REFUSED_PER_MINUTE)) return;
  char text[128], quoted[160];
  tg_log("server", TG_LOG_INFO, "refused ep=%s why=%s suppressed=%u", tg_log_text(ep, text, sizeof text),
         tg_log_quote(tg_slice_str(why), quoted, sizeof quoted), server->refuse_limit.suppressed);
  tg_event_t event = {
      .type = TG_EVENT_REFUSED, .device = device, .ep = ep, .time_ms = tg_clock_wall_ms(), .note = tg_slice_str(why)};
  emit(server, &event);
}

void tg_server_tell(tg_server_t *server, const tg_reg_t *reg, tg_event_type_t type, tg_slice_t note) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device) return;
  tg_event_t event = {
      .type = type, .device = device->id, .ep = tg_slice_str(device->ep), .time_ms = tg_clock_wall_ms(), .note = note};
  emit(server, &event);
}

void tg_server_tolerate(tg_server_t *server, const tg_reg_t *reg, uint32_t quirks) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device || !quirks) return;
  uint32_t fresh = quirks & ~device->quirks;
  tg_twin_quirks_count(server->config.twin, reg->device, quirks);
  if (!fresh) return;
  uint8_t memory[NOTE_MAX];
  tg_buf_t note;
  tg_buf_init(&note, memory, sizeof memory);
  tg_buf_put_str(&note, "tolerated:");
  for (unsigned i = 0; i < 32; i++) {
    if ((fresh >> i & 1) && tg_quirk_name(i)) tg_buf_put_fmt(&note, " %s", tg_quirk_name(i));
  }
  tg_server_tell(server, reg, TG_EVENT_UPDATED, tg_buf_slice(&note));
}

void tg_server_hold(const tg_server_t *server, tg_coap_reply_t *reply) {
  if (!server->config.store) return;
  reply->hold = true;
  reply->ticket = tg_store_ticket(server->config.store);
}

void tg_server_heard(tg_server_t *server, const tg_reg_t *reg) {
  tg_twin_seen(server->config.twin, reg->device);
  if (!reg->queue_mode) return;
  tg_twin_awake(server->config.twin, reg->device, tg_wheel_now(server->config.wheel) + server->config.awake_ms);
}
