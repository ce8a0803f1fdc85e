/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_ROW_H
#define TG_CORE_FIRMWARE_CAMPAIGN_ROW_H

/** A campaign, and a device in one, as rows of the store, and back. Pure functions; the readers believe nothing. */

#include "core/base/buf.h"
#include "core/firmware/campaign.h"

enum { TG_CAMPAIGN_ROW_TEXT_MAX = 254, TG_CAMPAIGN_ROW_EP_MAX = 255 };

/** How a device stands in a campaign. */
typedef enum tg_campaign_device_state {
  TG_CAMPAIGN_DEVICE_RUNNING,
  TG_CAMPAIGN_DEVICE_DONE,
  TG_CAMPAIGN_DEVICE_FAILED,
  TG_CAMPAIGN_DEVICE_CANCELLED,
  TG_CAMPAIGN_DEVICE_UNKNOWN,
  TG_CAMPAIGN_DEVICE_STATES /* so many are written; those behind it live in memory only */
} tg_campaign_device_state_t;

/** What a campaign's row says. */
typedef struct tg_campaign_row {
  tg_campaign_spec_t spec; /* its limits are those below */
  tg_campaign_limit_t limits[TG_CAMPAIGN_LIMITS_MAX];
  tg_campaign_state_t state;
  uint32_t wave;                        /* number of the present one; 0 = none has begun */
  uint32_t wave_size;                   /* devices it may have; UINT32_MAX = all */
  uint32_t failed_before, ended_before; /* what the stop rule does not count: from before it was resumed */
  bool counted;                         /* it has ended: the numbers below are final, its devices' rows may be gone */
  uint32_t count[TG_CAMPAIGN_DEVICE_STATES]; /* by state */
  uint8_t sha256[TG_FW_SHA256]; /* of the image it was begun with: another one under its name is not sent */
  int64_t begun_ms;
  int64_t changed_ms;
  const char *cause;
} tg_campaign_row_t;

/** What a device's row says; its ep is in the row's key. */
typedef struct tg_campaign_row_device {
  tg_campaign_device_state_t state;
  uint32_t wave;
  uint64_t update; /* id of the update; 0 = it could not be begun */
} tg_campaign_row_device_t;

/** Appends @p row (borrowed) to @p out, whose `rc` tells of errors. Texts have at most TG_CAMPAIGN_ROW_TEXT_MAX bytes. */
void tg_campaign_row_encode(const tg_campaign_row_t *row, tg_buf_t *out);

/** Reads a campaign's row; its strings borrow from @p bytes, spec.limits is row->limits. TG_E_VERSION for a row of a newer program; TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_campaign_row_decode(tg_slice_t bytes, tg_campaign_row_t *row);

/** Appends a device's row. */
void tg_campaign_row_encode_device(const tg_campaign_row_device_t *row, tg_buf_t *out);

/** Reads a device's row. TG_E_VERSION, TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_campaign_row_decode_device(tg_slice_t bytes, tg_campaign_row_device_t *row);

#endif
