/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a loop turn: events to rules, messages to the store, answers to devices, in this order.
 */

#include "core/gateway/gateway_turn.h"

#include "core/base/log.h"

void tg_gateway_turn_end(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts) {
  uint64_t ticket = tg_store_ticket(parts->store);
  (void)tg_event_drain(parts->events);
  bool durable = tg_store_end_turn(parts->store);
  turn->ended = ticket;
  if (durable) turn->waiting = ticket;
  /* An answer of this turn may go at once only if no earlier turn still waits: release is "up to". */
  if (turn->committed >= turn->waiting) tg_coap_release(parts->coap, turn->ended, TG_OK);
  if (parts->mqtt) tg_mqtt_pump(parts->mqtt);
  tg_coap_flush(parts->coap);
}

void tg_gateway_turn_committed(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts, uint64_t ticket, tg_rc_t rc) {
  if (!parts->coap) return; /* while opening or closing */
  if (rc != TG_OK)
    tg_log("gateway", TG_LOG_ERROR, "commit_failed ticket=%llu error=%s", (unsigned long long)ticket, tg_rc_name(rc));
  turn->committed = ticket;
  tg_coap_release(parts->coap, ticket, rc);
  if (turn->committed >= turn->waiting) tg_coap_release(parts->coap, turn->ended, TG_OK);
  if (parts->mqtt) tg_mqtt_pump(parts->mqtt);
  tg_coap_flush(parts->coap);
}

tg_rc_t tg_gateway_turn_load(void *ud, tg_slice_t key, tg_buf_t *value) {
  return tg_store_get(ud, "link", key, value);
}

void tg_gateway_turn_save(void *ud, tg_slice_t key, tg_slice_t value) {
  tg_rc_t rc = value.len ? tg_store_put(ud, "link", key, value) : tg_store_del(ud, "link", key);
  if (rc != TG_OK) tg_log("gateway", TG_LOG_ERROR, "link_state_not_kept error=%s", tg_rc_name(rc));
}
