/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_ROW_H
#define TG_CORE_FIRMWARE_FW_ROW_H

/** An update as it outlives the process, as a row of the store and back. Pure functions; the reader believes nothing. */

#include "core/firmware/firmware.h"

enum {
  TG_FW_EP_MAX = 255,
  TG_FW_TAG_MAX = 64,
  TG_FW_LINK_MAX = 63,
  TG_FW_TOKEN_MAX = 63,
  TG_FW_ROW_MAX = 2048 /* bytes of a row, at most */
};

/** What is kept of an update. Plain texts, NUL-terminated. */
typedef struct tg_fw_row {
  uint64_t id;
  tg_fw_state_t state;
  tg_fw_state_t verdict; /* of RETURNING: how it will end */
  tg_fw_method_t wanted;
  tg_fw_method_t method; /* chosen */
  bool hold;
  bool force;
  bool uri_written;     /* the device has been given the URI and said 2.04 */
  bool delivered;       /* the device has taken all of our image */
  bool answered;        /* Update was executed and the device said 2.04 */
  bool deferred;        /* and then that it defers the update */
  bool moved;           /* the device has been asked to come over another link */
  bool observes_state;  /* /5/0/3 is observed for this update, and by nobody before */
  bool observes_result; /* /5/0/5, likewise */
  int severity;         /* -1 to 2 */
  int64_t defer_s;      /* -1 = not written */
  int result;           /* -1 = none seen */
  uint32_t attempts;
  uint64_t sent;
  uint64_t total;
  int64_t begun_ms;
  int64_t changed_ms;
  int64_t expires_ms;
  char ep[TG_FW_EP_MAX + 1];
  char image[TG_FW_NAME_MAX + 1];
  char campaign[TG_FW_NAME_MAX + 1];
  char tag[TG_FW_TAG_MAX + 1];
  char link[TG_FW_LINK_MAX + 1];
  char token[TG_FW_TOKEN_MAX + 1]; /* last part of the path under which the device may fetch */
  char version_before[TG_FW_VERSION_MAX + 1];
  char version_after[TG_FW_VERSION_MAX + 1];
  char cause[TG_FW_CAUSE_MAX];
} tg_fw_row_t;

/** Appends @p row to @p out, whose `rc` tells of errors. */
void tg_fw_row_encode(const tg_fw_row_t *row, tg_buf_t *out);

/** Reads a row. TG_E_VERSION for one of a newer program; TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_fw_row_decode(tg_slice_t bytes, tg_fw_row_t *row);

/** Copies @p text into @p out of @p cap bytes, cut where it is too long, without what C strings and terminals take ill. */
void tg_fw_row_text(char *out, size_t cap, tg_slice_t text);

#endif
