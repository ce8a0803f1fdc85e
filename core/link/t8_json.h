/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_T8_JSON_H
#define TG_CORE_LINK_T8_JSON_H

/** T8 NIDD bodies (TS 29.122 §5.6): what we write, and what we read of the answers. Members we don't use are skipped, unknown words kept. */

#include "core/base/buf.h"
#include "core/codec/json_read.h"
#include "core/link/link.h"

/** Whose data it is: an External Identifier (has an `@`) or an MSISDN. */
bool tg_t8_json_is_external(tg_slice_t id);

/** Whether @p id is `local@domain` without blanks and control characters, or 5 to 15 digits (E.164); at most TG_ADDR_MAX bytes. */
bool tg_t8_json_is_identity(tg_slice_t id);

/** Octets that fit into @p bits of maximumPacketSize; 0 for less than an octet. */
size_t tg_t8_json_octets(int64_t bits);

/** A NiddConfiguration to be created (§5.6.2.1.2); empty members are left out. */
typedef struct tg_t8_json_new {
  tg_slice_t id;
  tg_slice_t features;
  tg_slice_t provider;    /* mtcProviderId */
  tg_slice_t destination; /* notificationDestination */
  tg_slice_t pdn_option;
  int64_t expires_ms; /* wall clock; 0: no duration */
} tg_t8_json_new_t;

/** Appends the body of N2. */
void tg_t8_json_put_new(tg_buf_t *out, const tg_t8_json_new_t *conf);

/** Appends the merge patch of N4: the destination unless empty, the duration unless 0. */
void tg_t8_json_put_patch(tg_buf_t *out, tg_slice_t destination, int64_t expires_ms);

/** A NiddDownlinkDataTransfer to be sent (§5.6.2.1.3). */
typedef struct tg_t8_json_send {
  tg_slice_t id;
  tg_slice_t data;
  uint32_t max_latency_s;
  uint8_t priority;      /* 0: left out */
  tg_slice_t pdn_option; /* empty: left out */
} tg_t8_json_send_t;

/** Appends the body of N7. */
void tg_t8_json_put_send(tg_buf_t *out, const tg_t8_json_send_t *transfer);

/** What an answer says of a configuration; slices are lent by the document, empty when absent. */
typedef struct tg_t8_json_conf {
  tg_slice_t self;
  tg_slice_t id; /* External Identifier or MSISDN */
  tg_slice_t destination;
  tg_slice_t status;
  int64_t expires_ms; /* wall clock; 0: not said */
  size_t mtu;         /* octets; 0: not said */
} tg_t8_json_conf_t;

/** Reads a NiddConfiguration. TG_E_TYPE when @p node is no object. */
TG_MUST_CHECK tg_rc_t tg_t8_json_get_conf(const tg_json_node_t *node, tg_t8_json_conf_t *conf);

/** What is said of a delivery: an answer to N7, a failure, or a notification. */
typedef struct tg_t8_json_delivery {
  tg_slice_t self;
  tg_slice_t status; /* deliveryStatus */
  tg_slice_t cause;  /* of a ProblemDetails, also inside of problemDetail */
  int64_t retry_ms;  /* requestedRetransmissionTime, wall clock; 0: not said */
} tg_t8_json_delivery_t;

/** Reads a NiddDownlinkDataTransfer, a NiddDownlinkDataDeliveryFailure or a ProblemDetails; what is not there is empty. */
void tg_t8_json_get_delivery(const tg_json_node_t *node, tg_t8_json_delivery_t *delivery);

/** What a DeliveryStatus means to the exchange layer (non-ip.md §1.4): unknown words count as sent, since only an error status says otherwise. */
tg_link_tx_t tg_t8_json_tx(tg_slice_t status);

/** Whether a DeliveryStatus says that the data did not reach the device. */
bool tg_t8_json_is_unreached(tg_slice_t status);

#endif
