/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two formats that can say the same thing must say it: what is read in one is written in the other, read there, written back and read
 * again. Input: the first byte chooses the two, the rest is as in payload_fuzz.h.
 *
 * Exactly this may differ:
 *   - the time, where the other format has none (single values, TLV, LwM2M CBOR);
 *   - without a definition, an object link is the text `oid:iid` in CBOR and LwM2M CBOR, and bytes are Base64 text in LwM2M 1.0's JSON;
 *   - formats without types (text, opaque, TLV) are compared for resources that are defined, in their ranges.
 * Nothing at all is not compared (an empty map of LwM2M CBOR is an empty array where a resource is written), nor are arrays without
 * members in TLV, which tells nothing of them.
 * Floats are the same bits but for NaN (any NaN) and TLV's and CBOR's narrower widths, which are only used where nothing is lost.
 * Exactly what may_refuse() lists can't be said in the other format; everything else must be taken.
 */

#include "core/base/base64.h"
#include "tests/fuzz/payload_fuzz.h"

typedef struct pair {
  int from, to;
} pair_t;

static const pair_t pairs[] = {
    {TG_CF_SENML_JSON, TG_CF_SENML_CBOR},
    {TG_CF_SENML_CBOR, TG_CF_SENML_JSON},
    {TG_CF_ETCH_JSON, TG_CF_ETCH_CBOR},
    {TG_CF_ETCH_CBOR, TG_CF_ETCH_JSON},
    {TG_CF_JSON, TG_CF_SENML_JSON},
    {TG_CF_SENML_JSON, TG_CF_JSON},
    {TG_CF_LWM2M_CBOR, TG_CF_SENML_CBOR},
    {TG_CF_SENML_CBOR, TG_CF_LWM2M_CBOR},
    {TG_CF_LWM2M_CBOR, TG_CF_ETCH_JSON},
    {TG_CF_TLV, TG_CF_SENML_CBOR},
    {TG_CF_SENML_CBOR, TG_CF_TLV},
    {TG_CF_TLV, TG_CF_LWM2M_CBOR},
    {TG_CF_LWM2M_CBOR, TG_CF_TLV},
    {TG_CF_TLV, TG_CF_SENML_JSON},
    {TG_CF_TEXT, TG_CF_CBOR},
    {TG_CF_CBOR, TG_CF_TEXT},
    {TG_CF_TEXT, TG_CF_SENML_JSON},
    {TG_CF_CBOR, TG_CF_SENML_CBOR},
    {TG_CF_OPAQUE, TG_CF_CBOR},
    {TG_CF_CBOR, TG_CF_OPAQUE},
    {TG_CF_OPAQUE, TG_CF_TEXT},
};

static bool is_single(int format) {
  return format == TG_CF_TEXT || format == TG_CF_CBOR || format == TG_CF_OPAQUE;
}

static bool has_types(int format) {
  return format != TG_CF_TEXT && format != TG_CF_OPAQUE && format != TG_CF_TLV;
}

static bool has_times(int format) {
  return !is_single(format) && format != TG_CF_TLV && format != TG_CF_LWM2M_CBOR;
}

static bool is_nested(int format) {
  return format == TG_CF_TLV || format == TG_CF_LWM2M_CBOR;
}

static const tg_resdef_t *definition(const tg_codec_input_t *input, const tg_record_t *record) {
  const tg_resdef_t *res = record->path.len >= TG_PATH_RESOURCE ? tg_model_resource(input->model, &record->path) : NULL;
  return res && res->type != TG_TYPE_NONE ? res : NULL;
}

static bool have_values(const tg_record_t *records, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (records[i].value.type == TG_TYPE_NONE) return false;
  }
  return true;
}

static bool are_defined(const tg_codec_input_t *input, const tg_record_t *records, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!definition(input, &records[i])) return false;
  }
  return true;
}

/* A name without a value is for the SenML formats, and where it stands for null for those that have it. */
static bool may_refuse_name(const tg_codec_input_t *input, int to, const tg_record_t *record) {
  if (to == TG_CF_LWM2M_CBOR) return record->path.len == TG_PATH_RESOURCE_INSTANCE || input->use != TG_CODEC_USE_PATCH;
  return to == TG_CF_TLV || to == TG_CF_JSON || is_single(to);
}

static bool may_refuse_record(const tg_codec_input_t *input, int to, const tg_record_t *record) {
  const tg_resdef_t *res = definition(input, record);
  const tg_value_t *value = &record->value;
  bool is_number = value->type == TG_TYPE_FLOAT && (value->f - value->f < 0 || value->f - value->f > -1);
  if (value->type == TG_TYPE_NONE) return may_refuse_name(input, to, record);
  if (value->type == TG_TYPE_FLOAT && !is_number && to != TG_CF_TLV) return true; /* infinite, or no number */
  if (res && res->multiple && record->path.len == TG_PATH_RESOURCE) return true;
  return to == TG_CF_OPAQUE && value->type != TG_TYPE_OPAQUE;
}

/* Times from 1978 to 9999 are absolute; others are relative and can't be written as such. */
static bool may_refuse_time(int to, const tg_record_t *record) {
  bool is_absolute = record->time_ms >= INT64_C(268435456000) && record->time_ms <= INT64_C(253402300799999);
  return has_times(to) && record->time_source == TG_TIME_DEVICE && !is_absolute;
}

static bool may_refuse(const tg_codec_input_t *input, int to, const tg_record_t *records, size_t count) {
  if (is_single(to) && (count != 1 || records->path.len < TG_PATH_RESOURCE)) return true;
  if (to == TG_CF_TLV && input->base.len == 0) return true;
  for (size_t i = 0; i < count; i++) {
    if (may_refuse_record(input, to, &records[i]) || may_refuse_time(to, &records[i])) return true;
    bool ascends = i == 0 || tg_path_cmp(&records[i - 1].path, &records[i].path) < 0;
    bool covers = i > 0 && tg_path_covers(&records[i - 1].path, &records[i].path);
    if (is_nested(to) && (!ascends || covers || records[i].path.len <= input->base.len)) return true;
  }
  return false;
}

/* What @p record is once it was in @p format; bytes go to @p text. */
static tg_record_t said_in(const tg_codec_input_t *input, int format, const tg_record_t *record, tg_buf_t *text) {
  tg_record_t said = *record;
  bool is_text = format == TG_CF_CBOR || format == TG_CF_LWM2M_CBOR;
  size_t start = text->len;
  if (!has_times(format)) said.time_source = TG_TIME_UNKNOWN;
  if (definition(input, record)) return said;
  if (record->value.type == TG_TYPE_OBJLNK && is_text) tg_value_put_text(text, &record->value);
  else if (record->value.type == TG_TYPE_OPAQUE && format == TG_CF_JSON) tg_base64_put(text, record->value.s);
  else return said;
  fuzz_require(text->rc == TG_OK);
  said.value = (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_from(tg_buf_slice(text), start)};
  return said;
}

static void compare(const tg_record_t *want, const tg_record_t *got) {
  fuzz_require(tg_path_eq(&want->path, &got->path));
  fuzz_require(tg_value_eq(&want->value, &got->value));
  fuzz_require((want->time_source == TG_TIME_DEVICE) == (got->time_source == TG_TIME_DEVICE));
  if (want->time_source == TG_TIME_DEVICE) fuzz_require(want->time_ms == got->time_ms);
}

/* Through @p to: @p records become what they are there. False where that can't be said. */
static bool pass(const tg_codec_input_t *input, int to, tg_record_t *records, size_t count, tg_buf_t *text) {
  static tg_record_t got[PAYLOAD_FUZZ_RECORDS];
  tg_slice_t encoded;
  size_t got_count;
  if (payload_fuzz_encode(input, to, records, count, &encoded) != TG_OK) {
    fuzz_require(may_refuse(input, to, records, count));
    return false;
  }
  fuzz_require(payload_fuzz_decode_as(input, to, encoded, got, &got_count) == TG_OK);
  fuzz_require(got_count == count);
  for (size_t i = 0; i < count; i++) {
    records[i] = said_in(input, to, &records[i], text);
    compare(&records[i], &got[i]);
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const tg_codec_use_t report[] = {TG_CODEC_USE_REPORT}, write[] = {TG_CODEC_USE_REPORT, TG_CODEC_USE_WRITE},
                              lists[] = {TG_CODEC_USE_PATCH, TG_CODEC_USE_FETCH, TG_CODEC_USE_REPORT};
  static tg_record_t records[PAYLOAD_FUZZ_RECORDS];
  static uint8_t memory[1 << 21];
  tg_slice_t in = tg_slice(data, size);
  pair_t pair = pairs[fuzz_byte(&in) % TG_COUNT(pairs)];
  bool is_list = pair.to == TG_CF_ETCH_JSON || pair.to == TG_CF_ETCH_CBOR;
  bool is_tree = pair.to == TG_CF_LWM2M_CBOR || pair.from == TG_CF_LWM2M_CBOR;
  const tg_codec_use_t *uses = is_list ? lists : is_tree ? write : report;
  size_t use_count = is_list ? TG_COUNT(lists) : is_tree ? TG_COUNT(write) : TG_COUNT(report), count;
  tg_codec_input_t input;
  tg_buf_t scratch, text;
  tg_buf_init(&text, memory, sizeof memory);
  payload_fuzz_input(&in, pair.from, uses, use_count, &input, &scratch);
  bool fits = payload_fuzz_decode(&input, records, &count) == TG_OK && count > 0 &&
              payload_fuzz_in_range(input.model, records, count) &&
              (pair.to != TG_CF_TLV || have_values(records, count)) &&
              ((has_types(pair.from) && has_types(pair.to)) || are_defined(&input, records, count));
  input.unsigned_tlv = false;
  if (fits && pass(&input, pair.to, records, count, &text)) (void)pass(&input, pair.from, records, count, &text);
  tg_buf_fini(&scratch);
  return 0;
}
