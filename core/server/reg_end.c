/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a registration, whatever brings it: de-registration, the lifetime, a new Register. See reg.h. */

#include "core/server/server_state.h"

enum { ENDS_A_MS = 8 };

void tg_reg_end(tg_server_t *server, tg_reg_t *reg, tg_event_type_t type, const char *note) {
  bool replaced = type == TG_EVENT_TYPE_COUNT;
  if (replaced) {
    tg_command_drop(server, reg);
    const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
    tg_reg_t *heir = device ? tg_reg_table_get(server, device->backend_cookie) : NULL;
    if (heir && heir != reg) tg_takeover_inherit(server, heir, reg);
    tg_reobserve_all(server, reg);
  } else {
    tg_reg_store_del(server, reg);
    tg_twin_offline(server->config.twin, reg->device, type, tg_slice_str(note)); /* stops its command at the backend */
  }
  tg_observe_drop(server, reg);
  tg_reg_table_del(server, reg);
}

/* A gateway that was away for long finds the lifetimes of all its devices over at once, and the ring of events is bounded: an end that
   finds no room there would never be told. */
static bool waits_for_turn(tg_server_t *server, tg_reg_t *reg) {
  uint64_t now = tg_wheel_now(server->config.wheel);
  tg_reg_turn_t *turn = &server->end_turn;
  if (turn->at_ms < now) *turn = (tg_reg_turn_t){.at_ms = now};
  if (turn->taken == ENDS_A_MS) *turn = (tg_reg_turn_t){.at_ms = turn->at_ms + 1};
  turn->taken++;
  reg->ends_next = turn->at_ms > now;
  if (reg->ends_next) tg_wheel_add(server->config.wheel, &reg->timer, turn->at_ms);
  return reg->ends_next;
}

void tg_reg_end_on_lifetime(tg_timer_t *timer, void *ud) {
  tg_server_t *server = ud;
  tg_reg_t *reg = (tg_reg_t *)(void *)((char *)timer - offsetof(tg_reg_t, timer));
  if (reg->due_ms > tg_wheel_now(server->config.wheel)) {
    reg->ends_next = false;
    if (reg->due_ms != UINT64_MAX) tg_wheel_add(server->config.wheel, timer, reg->due_ms);
    return;
  }
  if (!reg->ends_next && waits_for_turn(server, reg)) return;
  server->stats.expired++;
  tg_reg_end(server, reg, TG_EVENT_EXPIRED, "lifetime over");
}
