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

/* What can't be read at all would not be better the next time. */
void tg_server_hold_values(const tg_server_t *server, tg_coap_reply_t *reply, tg_rc_t rc) {
  if (!reply) return;
  if (rc == TG_OK) tg_server_hold(server, reply);
  else if (rc == TG_E_FULL || rc == TG_E_NOMEM) reply->code = tg_rc_coap(rc);
}

/* A bearer that reports what becomes of datagrams, so that no window need be guessed. */
static bool is_told(const tg_server_t *server, const tg_reg_t *reg) {
  tg_link_t *link;
  const tg_addr_t *addr;
  return tg_coap_peer_addr(server->coap, reg->peer, &link, &addr) && link->reports_tx;
}

void tg_server_heard(tg_server_t *server, const tg_reg_t *reg) {
  tg_twin_t *twin = server->config.twin;
  tg_twin_seen(twin, reg->device);
  if (!reg->queue_mode) return; /* one that was held has been told of by its bearer */
  if (is_told(server, reg)) tg_twin_awake(twin, reg->device, UINT64_MAX);
  else tg_twin_heard(twin, reg->device, server->config.awake_ms);
}

void tg_server_asked(tg_server_t *server, const tg_reg_t *reg) {
  if (reg->queue_mode && !is_told(server, reg)) tg_twin_asked(server->config.twin, reg->device);
}

void tg_server_answered(tg_server_t *server, const tg_reg_t *reg, tg_rc_t rc, bool is_short) {
  tg_twin_t *twin = server->config.twin;
  bool learns = reg->queue_mode && !is_told(server, reg);
  if (rc == TG_OK) {
    if (learns) tg_twin_answered(twin, reg->device, is_short);
    tg_server_heard(server, reg);
  } else if (rc == TG_E_TIMEOUT && learns) {
    tg_twin_missed(twin, reg->device);
  } else if (!reg->queue_mode) {
    tg_twin_awake(twin, reg->device, UINT64_MAX); /* nothing is held for it any more: the next one is tried */
  }
}

/* Without queue mode only a command that is under way makes a device sleep: it is awake again when that has ended. */
static bool may_be_held(const tg_server_t *server, const tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  return reg->queue_mode || (device && device->active > 0);
}

void tg_server_on_reach(void *ud, tg_id_t peer, tg_link_reach_t reach, uint64_t until_ms) {
  tg_server_t *server = ud;
  const tg_reg_t *reg = tg_reg_table_of_peer(server, peer);
  if (!reg) return;
  switch (reach) {
  case TG_LINK_UP: tg_twin_awake(server->config.twin, reg->device, UINT64_MAX); break;
  case TG_LINK_WINDOW: tg_twin_awake(server->config.twin, reg->device, until_ms); break;
  case TG_LINK_HELD:
  case TG_LINK_DOWN:
    if (may_be_held(server, reg)) tg_twin_held(server->config.twin, reg->device, until_ms);
    break;
  }
}
