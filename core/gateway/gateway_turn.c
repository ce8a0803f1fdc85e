/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a loop turn: events to rules, messages to the store, answers to devices, in this order.
 */

#include "core/gateway/gateway_turn.h"

#include "core/base/crash.h"
#include "core/base/log.h"

enum { BACKLOG_MAX = 1024, SLOW_MS = 100 };

static void on_slowed(tg_timer_t *timer, void *ud) {
  (void)timer;
  (void)ud; /* its work was to make a turn */
}

/* Closed loops settle at the broker's pace instead of filling the outbox; an open one is stopped by the outbox's maximum. */
static bool is_slowed(tg_gateway_turn_t *turn, const tg_gateway_parts_t *parts) {
  if (!parts->mqtt || tg_mqtt_backlog(parts->mqtt) <= BACKLOG_MAX) {
    turn->slowed_since = 0;
    return false;
  }
  uint64_t now = tg_loop_now(parts->loop);
  if (!turn->slowed_since) turn->slowed_since = now;
  if (now - turn->slowed_since >= SLOW_MS) {
    turn->slowed_since = now;
    return false;
  }
  turn->slowed_until.fn = on_slowed;
  if (!tg_timer_active(&turn->slowed_until))
    tg_wheel_add(tg_loop_wheel(parts->loop), &turn->slowed_until, turn->slowed_since + SLOW_MS);
  return true;
}

/* An answer whose messages need no disk may go only if no earlier turn still waits: release is "up to". */
static void let_go(tg_gateway_turn_t *turn, const tg_gateway_parts_t *parts) {
  if (is_slowed(turn, parts)) return;
  tg_coap_release(parts->coap, turn->committed >= turn->waiting ? turn->ended : turn->committed, TG_OK);
}

/*
 * Messages of the turn's events that found no room: then the devices that sent what they were about keep it. Where only telemetry did
 * not, that is those that reported; registrations stand. A result of a command is nobody's to send again: whoever publishes it minds it.
 */
static void refuse_what_was_shed(const tg_gateway_parts_t *parts, uint64_t ticket, const tg_store_stats_t *before) {
  tg_store_stats_t now;
  tg_store_stats(parts->store, &now);
  if (now.outbox_refused == before->outbox_refused) return;
  const uint64_t *by = now.outbox_refused_by, *was = before->outbox_refused_by;
  bool all = by[TG_STORE_EVENT] != was[TG_STORE_EVENT] || by[TG_STORE_STATE] != was[TG_STORE_STATE];
  if (all || by[TG_STORE_TELEMETRY] != was[TG_STORE_TELEMETRY]) tg_coap_refuse(parts->coap, ticket, TG_E_FULL, all);
}

void tg_gateway_turn_end(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts) {
  uint64_t ticket = tg_store_ticket(parts->store);
  tg_store_stats_t before;
  tg_store_stats(parts->store, &before);
  (void)tg_event_drain(parts->events);
  refuse_what_was_shed(parts, ticket, &before);
  bool durable = tg_store_end_turn(parts->store);
  turn->ended = ticket;
  if (durable) turn->waiting = ticket;
  let_go(turn, parts);
  /* A ticket under which nothing was written stays open: the next turn's answers wait under it, too, and a commit that is told in the
     middle of that turn must not let them go. */
  turn->ended = tg_store_ticket(parts->store) - 1;
  if (parts->mqtt) tg_mqtt_pump(parts->mqtt);
  tg_coap_flush(parts->coap);
}

void tg_gateway_turn_fini(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts) {
  tg_wheel_del(tg_loop_wheel(parts->loop), &turn->slowed_until);
}

void tg_gateway_turn_committed(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts, uint64_t ticket, tg_rc_t rc) {
  if (!parts->coap) return; /* while opening or closing */
  if (rc != TG_OK) {
    tg_log("gateway", TG_LOG_ERROR, "commit_failed ticket=%llu error=%s", (unsigned long long)ticket, tg_rc_name(rc));
    tg_coap_release(parts->coap, turn->committed, TG_OK); /* what the brokers' pace still held back */
    tg_coap_release(parts->coap, ticket, rc);
  }
  turn->committed = ticket;
  TG_CRASH_PASS(ANSWER_BEFORE);
  let_go(turn, parts);
  if (parts->mqtt) tg_mqtt_pump(parts->mqtt);
  tg_coap_flush(parts->coap);
  TG_CRASH_PASS(ANSWER_AFTER);
}

tg_rc_t tg_gateway_turn_load(void *ud, tg_slice_t key, tg_buf_t *value) {
  return tg_store_get(ud, "link", key, value);
}

void tg_gateway_turn_save(void *ud, tg_slice_t key, tg_slice_t value) {
  tg_rc_t rc = value.len ? tg_store_put(ud, "link", key, value) : tg_store_del(ud, "link", key);
  if (rc != TG_OK) tg_log("gateway", TG_LOG_ERROR, "link_state_not_kept error=%s", tg_rc_name(rc));
}
