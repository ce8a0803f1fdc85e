/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_GATEWAY_TURN_H
#define TG_CORE_GATEWAY_TURN_H

/** What happens at the end of a loop turn, and when answers that wait for the disk may go. */

#include "core/gateway/gateway.h"

/** `{0}` to begin; private members. */
typedef struct tg_gateway_turn {
  uint64_t ended;          /* last ticket of which all turns so far have ended */
  uint64_t waiting;        /* last ticket that holds durable messages */
  uint64_t committed;      /* last ticket known to be on disk */
  uint64_t slowed_since;   /* monotonic ms at which answers began to wait for the brokers; 0 = they don't */
  tg_timer_t slowed_until; /* makes a turn when that has been long enough */
} tg_gateway_turn_t;

/**
 * Drains events into rules, closes the turn's ticket, lets answers go that need not wait, hands messages to brokers, flushes links.
 * Where a message found no room in the outbox, the turn's answers (those to reports, where it was telemetry) become 5.03: the devices keep what they said and come again.
 * While a connected broker is far behind, answers wait a little, so that devices don't outrun it; never long, and never for one that is away.
 */
void tg_gateway_turn_end(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts);

/** Stops the timer; before the loop goes. */
void tg_gateway_turn_fini(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts);

/** The store told of a commit (or of a failed one): lets the answers of these tickets go, or refuses them. */
void tg_gateway_turn_committed(tg_gateway_turn_t *turn, tg_gateway_parts_t *parts, uint64_t ticket, tg_rc_t rc);

/** How links keep what must survive a restart: rows of bucket `link` in the store @p ud. Appends the value; TG_E_NOT_FOUND. */
tg_rc_t tg_gateway_turn_load(void *ud, tg_slice_t key, tg_buf_t *value);

/** Writes such a row; the empty value removes it. */
void tg_gateway_turn_save(void *ud, tg_slice_t key, tg_slice_t value);

#endif
