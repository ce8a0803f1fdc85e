/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: rows of updates as bytes, big-endian, in the order below; see fw_row.h. Called by fw_table.c. */

#include "core/firmware/fw_row.h"

#include "core/firmware/fw_name.h"
#include "core/registry/row.h"

enum { ROW_VERSION = 1, SEVERITY_MAX = 2, NO_RESULT = 0xFF, FLAGS_MAX = 0x1FF, ATTEMPTS_MAX = 255 };

static unsigned flags_of(const tg_fw_row_t *row) {
  return (unsigned)row->hold | (unsigned)row->force << 1 | (unsigned)row->uri_written << 2 |
         (unsigned)row->delivered << 3 | (unsigned)row->answered << 4 | (unsigned)row->deferred << 5 |
         (unsigned)row->moved << 6 | (unsigned)row->observes_state << 7 | (unsigned)row->observes_result << 8;
}

static void set_flags(tg_fw_row_t *row, unsigned flags) {
  row->hold = flags & 1;
  row->force = flags >> 1 & 1;
  row->uri_written = flags >> 2 & 1;
  row->delivered = flags >> 3 & 1;
  row->answered = flags >> 4 & 1;
  row->deferred = flags >> 5 & 1;
  row->moved = flags >> 6 & 1;
  row->observes_state = flags >> 7 & 1;
  row->observes_result = flags >> 8 & 1;
}

void tg_fw_row_encode(const tg_fw_row_t *row, tg_buf_t *out) {
  tg_buf_put_u8(out, ROW_VERSION);
  tg_buf_put_be(out, row->id, 8);
  tg_buf_put_u8(out, (uint8_t)row->state);
  tg_buf_put_u8(out, (uint8_t)row->verdict);
  tg_buf_put_u8(out, (uint8_t)row->wanted);
  tg_buf_put_u8(out, (uint8_t)row->method);
  tg_buf_put_be(out, flags_of(row), 2);
  tg_buf_put_u8(out, (uint8_t)(row->severity + 1));
  tg_buf_put_u8(out, row->result < 0 ? NO_RESULT : (uint8_t)row->result);
  tg_buf_put_u8(out, row->attempts < ATTEMPTS_MAX ? (uint8_t)row->attempts : ATTEMPTS_MAX);
  tg_buf_put_be(out, (uint64_t)(row->defer_s + 1), 8);
  tg_buf_put_be(out, row->sent, 8);
  tg_buf_put_be(out, row->total, 8);
  tg_buf_put_be(out, (uint64_t)row->begun_ms, 8);
  tg_buf_put_be(out, (uint64_t)row->changed_ms, 8);
  tg_buf_put_be(out, (uint64_t)row->expires_ms, 8);
  const char *const texts[] = {row->ep,    row->image,          row->campaign,      row->tag,  row->link,
                               row->token, row->version_before, row->version_after, row->cause};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) tg_row_put_text(out, tg_slice_str(texts[i]));
}

/* A text of C without NUL inside, shorter than @p cap. */
static void get_text(tg_row_t *in, char *out, size_t cap) {
  tg_slice_t text = tg_row_get_text(in);
  if (text.len >= cap || tg_slice_find(text, 0) != text.len) in->bad = true;
  if (in->bad) return;
  if (text.len) memcpy(out, text.p, text.len);
  out[text.len] = '\0';
}

static void get_texts(tg_row_t *in, tg_fw_row_t *row) {
  get_text(in, row->ep, sizeof row->ep);
  get_text(in, row->image, sizeof row->image);
  get_text(in, row->campaign, sizeof row->campaign);
  get_text(in, row->tag, sizeof row->tag);
  get_text(in, row->link, sizeof row->link);
  get_text(in, row->token, sizeof row->token);
  get_text(in, row->version_before, sizeof row->version_before);
  get_text(in, row->version_after, sizeof row->version_after);
  get_text(in, row->cause, sizeof row->cause);
}

/* What no gateway writes. */
static bool makes_sense(const tg_fw_row_t *row) {
  bool verdict = row->verdict >= TG_FW_DONE ? row->state == TG_FW_RETURNING : row->verdict == TG_FW_WAITING;
  if (row->state == TG_FW_RETURNING && row->verdict < TG_FW_DONE) return false;
  return verdict && row->id && row->ep[0] && row->sent <= row->total && tg_fw_name_is_valid(tg_slice_str(row->image)) &&
         (!row->campaign[0] || tg_fw_name_is_valid(tg_slice_str(row->campaign)));
}

tg_rc_t tg_fw_row_decode(tg_slice_t bytes, tg_fw_row_t *row) {
  tg_row_t in = {.rest = bytes};
  *row = (tg_fw_row_t){0};
  if (tg_row_get(&in, 1) > ROW_VERSION) return TG_E_VERSION;
  if (bytes.len == 0 || bytes.p[0] != ROW_VERSION) return TG_E_CORRUPT;
  row->id = tg_row_get(&in, 8);
  row->state = (tg_fw_state_t)tg_row_get_max(&in, 1, TG_FW_STATE_COUNT - 1);
  row->verdict = (tg_fw_state_t)tg_row_get_max(&in, 1, TG_FW_STATE_COUNT - 1);
  row->wanted = (tg_fw_method_t)tg_row_get_max(&in, 1, TG_FW_METHOD_COUNT - 1);
  row->method = (tg_fw_method_t)tg_row_get_max(&in, 1, TG_FW_METHOD_COUNT - 1);
  set_flags(row, (unsigned)tg_row_get_max(&in, 2, FLAGS_MAX));
  row->severity = (int)tg_row_get_max(&in, 1, SEVERITY_MAX + 1) - 1;
  row->result = (int)tg_row_get(&in, 1);
  if (row->result == NO_RESULT) row->result = -1;
  row->attempts = (uint32_t)tg_row_get(&in, 1);
  row->defer_s = (int64_t)tg_row_get_max(&in, 8, (uint64_t)UINT32_MAX + 1) - 1;
  row->sent = tg_row_get(&in, 8);
  row->total = tg_row_get(&in, 8);
  row->begun_ms = (int64_t)tg_row_get(&in, 8);
  row->changed_ms = (int64_t)tg_row_get(&in, 8);
  row->expires_ms = (int64_t)tg_row_get(&in, 8);
  get_texts(&in, row);
  return in.bad || in.rest.len || !makes_sense(row) ? TG_E_CORRUPT : TG_OK;
}

void tg_fw_row_text(char *out, size_t cap, tg_slice_t text) {
  size_t len = 0;
  for (size_t i = 0; i < text.len && len + 1 < cap; i++) {
    if (text.p[i] >= 0x20 && text.p[i] != 0x7F) out[len++] = (char)text.p[i];
  }
  out[len] = '\0';
}
