/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_T8_CALLBACK_H
#define TG_CORE_LINK_T8_CALLBACK_H

/**
 * What an SCEF posts to a notificationDestination. Six kinds arrive at one URI without a discriminator, and the schemas overlap (a
 * correct uplink also satisfies ManagePortNotification), so the kind is told by member, in a fixed order (non-ip.md §1.6).
 */

#include "core/codec/json_read.h"
#include "core/link/t8_json.h"

typedef enum tg_t8_callback_kind {
  TG_T8_CALLBACK_UPLINK,   /* NiddUplinkDataNotification: `data` */
  TG_T8_CALLBACK_GROUP,    /* GmdNiddDownlinkDataDeliveryNotification: `gmdResults` */
  TG_T8_CALLBACK_DELIVERY, /* NiddDownlinkDataDeliveryStatusNotification: `deliveryStatus` */
  TG_T8_CALLBACK_STATUS,   /* NiddConfigurationStatusNotification: `status` */
  TG_T8_CALLBACK_PORTS,    /* ManagePortNotification: `managedPorts` */
  TG_T8_CALLBACK_TEST,     /* TestNotification: `subscription` */
} tg_t8_callback_kind_t;

/** One notification; slices are lent by its document, empty when absent. */
typedef struct tg_t8_callback {
  tg_json_t *doc;
  tg_t8_callback_kind_t kind;
  tg_slice_t configuration; /* niddConfiguration */
  tg_slice_t transfer;      /* niddDownlinkDataTransfer */
  tg_slice_t id;            /* externalId or msisdn */
  tg_slice_t data;          /* base64 */
  tg_slice_t status;        /* NiddStatus */
  tg_t8_json_delivery_t delivery;
} tg_t8_callback_t;

/** Reads a notification. On TG_OK free it with tg_t8_callback_free(). TG_E_SYNTAX, TG_E_ENCODING, TG_E_DUPLICATE, TG_E_TOO_LONG from JSON; TG_E_TYPE when it is none of the six, or names two devices. */
TG_MUST_CHECK tg_rc_t tg_t8_callback_read(tg_slice_t text, tg_t8_callback_t *callback);

/** Frees the document; harmless on `{0}`. */
void tg_t8_callback_free(tg_t8_callback_t *callback);

#endif
