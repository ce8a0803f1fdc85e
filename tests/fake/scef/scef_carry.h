/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_CARRY_H
#define TG_TESTS_FAKE_SCEF_CARRY_H

/** What the network does with downlink data: deliver now, hold, refuse; and what becomes of what it holds. */

#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_state.h"

/** What became of one downlink. */
typedef struct tg_scef_fate {
  enum { TG_SCEF_SENT, TG_SCEF_HELD, TG_SCEF_REFUSED } kind;
  const char *word;             /* DeliveryStatus, or the cause of a refusal; lent by the device or static */
  int status;                   /* HTTP status of a refusal */
  tg_scef_delivery_t *delivery; /* the resource of held data, lent */
} tg_scef_fate_t;

/** Takes up a NiddDownlinkDataTransfer (borrowed, checked) and tells what the behaviour made of it. */
tg_scef_fate_t tg_scef_carry_take(tg_scef_config_t *config, struct json_object *transfer);

/** Gives a held delivery another transfer (borrowed, checked). */
void tg_scef_carry_replace(tg_scef_delivery_t *delivery, struct json_object *transfer);

/** A transfer without the readOnly members that a client may have sent; the caller takes it. */
struct json_object *tg_scef_carry_clean(struct json_object *transfer);

/** A delivery as it is answered, with self and deliveryStatus; the caller takes it. */
struct json_object *tg_scef_carry_show(const tg_scef_delivery_t *delivery);

/** URI of a delivery; the caller takes it. */
char *tg_scef_carry_link(const tg_scef_delivery_t *delivery);

/** The pending deliveries as an array; the caller takes it. */
struct json_object *tg_scef_carry_pending(tg_scef_config_t *config);

/** Adds `requestedRetransmissionTime`, @p ms from now, to @p object; nothing where @p ms is negative. */
void tg_scef_carry_put_retry(struct json_object *object, int64_t ms);

/**
 * Finishes every pending delivery of the configuration in order and notifies its status. A detached device's data goes
 * on waiting unless it fails.
 *
 * @param status  DeliveryStatus (borrowed), NULL for the device's behaviour; with FAILURE… nothing is sent
 * @return how many were finished
 */
size_t tg_scef_carry_release(tg_scef_config_t *config, const char *status);

/** The device was heard: sends what waited for that. */
void tg_scef_carry_on_uplink(tg_scef_config_t *config);

#endif
