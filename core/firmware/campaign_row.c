/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: rows of campaigns and of their devices as bytes, big-endian, in the order below; see campaign_row.h. */

#include "core/firmware/campaign_row.h"

#include "core/firmware/fw_name.h"
#include "core/registry/row.h"

enum { ROW_VERSION = 1, DEVICE_VERSION = 1, SEVERITY_MAX = 2 };

/* With its NUL, so that whoever has read a row has C strings. */
static void put_text(tg_buf_t *out, const char *text) {
  tg_slice_t bytes = tg_slice_str(text ? text : "");
  if (bytes.len > TG_CAMPAIGN_ROW_TEXT_MAX) {
    if (out->rc == TG_OK) out->rc = TG_E_TOO_LONG;
    return;
  }
  tg_buf_put_u8(out, (uint8_t)(bytes.len + 1));
  tg_buf_put(out, bytes);
  tg_buf_put_u8(out, 0);
}

static void put_spec(tg_buf_t *out, const tg_campaign_spec_t *spec) {
  put_text(out, spec->name);
  put_text(out, spec->image);
  put_text(out, spec->ep);
  put_text(out, spec->link);
  put_text(out, spec->manufacturer);
  put_text(out, spec->model);
  put_text(out, spec->from_version);
  put_text(out, spec->tag);
  tg_buf_put_u8(out, (uint8_t)spec->method);
  tg_buf_put_u8(out, (uint8_t)(spec->severity + 1));
  tg_buf_put_be(out, (uint64_t)spec->defer_s, 8);
  tg_buf_put_be32(out, spec->wave);
  tg_buf_put_be32(out, spec->wave_growth);
  tg_buf_put_be32(out, spec->parallel);
  tg_buf_put_be32(out, spec->stop_failures);
  tg_buf_put_be32(out, spec->stop_percent);
  tg_buf_put_be32(out, spec->update_expiry_s);
  tg_buf_put_u8(out, (uint8_t)spec->limit_count);
  for (size_t i = 0; i < spec->limit_count; i++) {
    put_text(out, spec->limits[i].link);
    tg_buf_put_be32(out, spec->limits[i].parallel);
  }
}

void tg_campaign_row_encode(const tg_campaign_row_t *row, tg_buf_t *out) {
  tg_buf_put_u8(out, ROW_VERSION);
  tg_buf_put_u8(out, (uint8_t)row->state);
  tg_buf_put_be32(out, row->wave);
  tg_buf_put_be32(out, row->wave_size);
  tg_buf_put_be32(out, row->failed_before);
  tg_buf_put_be32(out, row->ended_before);
  tg_buf_put_u8(out, row->counted);
  for (int i = 0; i < TG_CAMPAIGN_DEVICE_STATES; i++) tg_buf_put_be32(out, row->count[i]);
  tg_buf_put(out, tg_slice(row->sha256, sizeof row->sha256));
  tg_buf_put_be(out, (uint64_t)row->begun_ms, 8);
  tg_buf_put_be(out, (uint64_t)row->changed_ms, 8);
  put_text(out, row->cause);
  put_spec(out, &row->spec);
}

static const char *get_text(tg_row_t *in) {
  tg_slice_t text = tg_row_get_text(in);
  if (text.len == 0 || tg_slice_find(text, 0) != text.len - 1) in->bad = true;
  return in->bad ? "" : (const char *)text.p;
}

static uint32_t get32(tg_row_t *in) {
  return (uint32_t)tg_row_get(in, 4);
}

static void get_spec(tg_row_t *in, tg_campaign_row_t *row) {
  tg_campaign_spec_t *spec = &row->spec;
  spec->name = get_text(in);
  spec->image = get_text(in);
  spec->ep = get_text(in);
  spec->link = get_text(in);
  spec->manufacturer = get_text(in);
  spec->model = get_text(in);
  spec->from_version = get_text(in);
  spec->tag = get_text(in);
  spec->method = (tg_fw_method_t)tg_row_get_max(in, 1, TG_FW_METHOD_COUNT - 1);
  spec->severity = (int)tg_row_get_max(in, 1, SEVERITY_MAX + 1) - 1;
  spec->defer_s = (int64_t)tg_row_get(in, 8);
  spec->wave = get32(in);
  spec->wave_growth = get32(in);
  spec->parallel = get32(in);
  spec->stop_failures = get32(in);
  spec->stop_percent = get32(in);
  spec->update_expiry_s = get32(in);
  spec->limit_count = (size_t)tg_row_get_max(in, 1, TG_CAMPAIGN_LIMITS_MAX);
  spec->limits = row->limits;
  for (size_t i = 0; !in->bad && i < spec->limit_count; i++) {
    row->limits[i].link = get_text(in);
    row->limits[i].parallel = get32(in);
  }
}

tg_rc_t tg_campaign_row_decode(tg_slice_t bytes, tg_campaign_row_t *row) {
  tg_row_t in = {.rest = bytes};
  *row = (tg_campaign_row_t){.cause = ""};
  uint64_t version = tg_row_get(&in, 1);
  if (version > ROW_VERSION) return TG_E_VERSION;
  if (version != ROW_VERSION) return TG_E_CORRUPT;
  row->state = (tg_campaign_state_t)tg_row_get_max(&in, 1, TG_CAMPAIGN_STATE_COUNT - 1);
  row->wave = get32(&in);
  row->wave_size = get32(&in);
  row->failed_before = get32(&in);
  row->ended_before = get32(&in);
  row->counted = tg_row_get_max(&in, 1, 1) != 0;
  for (int i = 0; i < TG_CAMPAIGN_DEVICE_STATES; i++) row->count[i] = get32(&in);
  tg_slice_t sha256 = tg_row_get_bytes(&in, sizeof row->sha256);
  if (sha256.len == sizeof row->sha256) memcpy(row->sha256, sha256.p, sizeof row->sha256);
  row->begun_ms = (int64_t)tg_row_get(&in, 8);
  row->changed_ms = (int64_t)tg_row_get(&in, 8);
  row->cause = get_text(&in);
  get_spec(&in, row);
  bool named = tg_fw_name_is_valid(tg_slice_str(row->spec.name)) && tg_fw_name_is_valid(tg_slice_str(row->spec.image));
  return in.bad || in.rest.len || !named || strlen(row->cause) >= TG_FW_CAUSE_MAX || row->spec.defer_s < -1
             ? TG_E_CORRUPT
             : TG_OK;
}

void tg_campaign_row_encode_device(const tg_campaign_row_device_t *row, tg_buf_t *out) {
  tg_buf_put_u8(out, DEVICE_VERSION);
  tg_buf_put_u8(out, (uint8_t)row->state);
  tg_buf_put_be32(out, row->wave);
  tg_buf_put_be(out, row->update, 8);
}

tg_rc_t tg_campaign_row_decode_device(tg_slice_t bytes, tg_campaign_row_device_t *row) {
  tg_row_t in = {.rest = bytes};
  *row = (tg_campaign_row_device_t){0};
  uint64_t version = tg_row_get(&in, 1);
  if (version > DEVICE_VERSION) return TG_E_VERSION;
  row->state = (tg_campaign_device_state_t)tg_row_get_max(&in, 1, TG_CAMPAIGN_DEVICE_STATES - 1);
  row->wave = get32(&in);
  row->update = tg_row_get(&in, 8);
  return in.bad || in.rest.len || version != DEVICE_VERSION ? TG_E_CORRUPT : TG_OK;
}
