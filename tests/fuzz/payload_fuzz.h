/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_PAYLOAD_FUZZ_H
#define TG_TESTS_FUZZ_PAYLOAD_FUZZ_H

/** What the fuzz targets of payload formats share: decode at several bases; what decodes is encoded and must decode to the same. */

#include <stdlib.h>

#include "core/codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAYLOAD_FUZZ_RECORDS = 1024 };

static inline void payload_fuzz_require(bool condition) {
  if (!condition) abort();
}

static inline void payload_fuzz_add(tg_objdef_t *def, uint16_t rid, tg_type_t type, bool multiple) {
  tg_resdef_t res = {.id = rid, .type = (uint8_t)type, .multiple = multiple, .name = "r"};
  payload_fuzz_require(tg_objdef_add(def, &res) == TG_OK);
}

/** Object 3 has every type at ids 0 to 8 (single) and 10 to 18 (multiple), an executable at 9, a range at 20. Made once. */
static inline const tg_model_t *payload_fuzz_model(void) {
  static tg_model_t model;
  static const tg_type_t types[] = {TG_TYPE_STRING, TG_TYPE_INTEGER, TG_TYPE_UNSIGNED, TG_TYPE_FLOAT,  TG_TYPE_BOOLEAN,
                                    TG_TYPE_OPAQUE, TG_TYPE_TIME,    TG_TYPE_OBJLNK,   TG_TYPE_CORELNK};
  if (model.registry) return &model;
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = 3, .version = TG_VERSION_1_0});
  payload_fuzz_require(registry && def);
  for (uint16_t i = 0; i < TG_COUNT(types); i++) {
    payload_fuzz_add(def, i, types[i], false);
    payload_fuzz_add(def, (uint16_t)(10 + i), types[i], true);
  }
  payload_fuzz_add(def, 9, TG_TYPE_NONE, false);
  tg_resdef_t ranged = {.id = 20, .type = TG_TYPE_INTEGER, .has_range = true, .max = 255, .name = "r"};
  payload_fuzz_require(tg_objdef_add(def, &ranged) == TG_OK && tg_registry_add(registry, def) == TG_OK);
  model = (tg_model_t){.registry = registry, .enabler = TG_VERSION_1_0};
  return &model;
}

/** Decodes all records, or tells why not. */
static inline tg_rc_t payload_fuzz_decode(const tg_codec_input_t *input, tg_record_t *records, size_t *count) {
  tg_codec_dec_t dec;
  tg_rc_t rc = tg_codec_dec_init(&dec, input);
  *count = 0;
  while (rc == TG_OK) {
    tg_record_t extra;
    rc = tg_codec_dec_next(&dec, *count < PAYLOAD_FUZZ_RECORDS ? &records[*count] : &extra);
    if (rc == TG_OK) payload_fuzz_require((*count)++ < PAYLOAD_FUZZ_RECORDS);
  }
  payload_fuzz_require(rc != TG_E_INTERNAL && rc < TG_RC_COUNT);
  return rc == TG_END ? TG_OK : rc;
}

static inline void payload_fuzz_compare(const tg_record_t *a, const tg_record_t *b) {
  payload_fuzz_require(tg_path_eq(&a->path, &b->path));
  payload_fuzz_require(tg_value_eq(&a->value, &b->value));
  if (a->time_source == TG_TIME_DEVICE && b->time_source == TG_TIME_DEVICE)
    payload_fuzz_require(a->time_ms == b->time_ms);
}

/** Encodes records in @p format and checks that they come back; records that this format can't carry are none of our business. */
static inline void payload_fuzz_round(const tg_codec_input_t *input, int format, const tg_record_t *records,
                                      size_t count) {
  static uint8_t encoded[1 << 20], decoded[1 << 20];
  static tg_record_t again[PAYLOAD_FUZZ_RECORDS];
  tg_buf_t out, scratch;
  tg_buf_init(&out, encoded, sizeof encoded);
  tg_buf_init(&scratch, decoded, sizeof decoded);
  tg_codec_output_t output = {.content_format = format,
                              .base = input->base,
                              .records = records,
                              .count = count,
                              .model = input->model,
                              .use = input->use};
  if (tg_codec_encode(&output, &out) != TG_OK) return;
  tg_codec_input_t back = *input;
  back.content_format = format;
  back.payload = tg_buf_slice(&out);
  back.scratch = &scratch;
  size_t again_count;
  payload_fuzz_require(payload_fuzz_decode(&back, again, &again_count) == TG_OK);
  payload_fuzz_require(again_count == count);
  for (size_t i = 0; i < count; i++) payload_fuzz_compare(records + i, again + i);
}

/** Whether all values lie in their definitions' ranges: only such ones are ever written, and in TLV one byte below 0 reads as above 127 where a range says so. */
static inline bool payload_fuzz_in_range(const tg_model_t *model, const tg_record_t *records, size_t count) {
  for (size_t i = 0; model && i < count; i++) {
    const tg_resdef_t *res = tg_model_resource(model, &records[i].path);
    tg_value_t checked;
    if (res && res->has_range && tg_objdef_check(res, &records[i].value, &checked) != TG_OK) return false;
  }
  return true;
}

/** Runs @p payload as @p format for @p use at each of the bases; what decodes is written in each of @p formats (ended by -1) and read back. */
static inline void payload_fuzz_run_for(tg_codec_use_t use, int format, tg_slice_t payload, const int *formats) {
  static const tg_path_t bases[] = {{{0}, 0},           {{3}, 1},       {{3, 0}, 2},    {{3, 0, 1}, 3},
                                    {{3, 0, 11, 0}, 4}, {{3, 0, 3}, 3}, {{3, 0, 5}, 3}, {{3, 0, 6}, 3},
                                    {{3, 0, 4}, 3},     {{3, 0, 7}, 3}, {{3, 0, 2}, 3}, {{9, 0, 0}, 3}};
  static tg_record_t records[PAYLOAD_FUZZ_RECORDS];
  for (size_t i = 0; i < TG_COUNT(bases) * 2; i++) {
    tg_buf_t scratch;
    tg_buf_init_growing(&scratch, 1 << 20);
    tg_codec_input_t input = {.content_format = format,
                              .base = bases[i / 2],
                              .model = i % 2 ? payload_fuzz_model() : NULL,
                              .payload = payload,
                              .now_ms = INT64_C(1800000000000),
                              .scratch = &scratch,
                              .unsigned_tlv = payload.len % 2 != 0,
                              .use = use};
    size_t count;
    if (payload_fuzz_decode(&input, records, &count) == TG_OK && payload_fuzz_in_range(input.model, records, count)) {
      input.unsigned_tlv = false;
      for (const int *to = formats; *to >= 0; to++) payload_fuzz_round(&input, *to, records, count);
    }
    tg_buf_fini(&scratch);
  }
}

/** The same for reports. */
static inline void payload_fuzz_run(int format, tg_slice_t payload, const int *formats) {
  payload_fuzz_run_for(TG_CODEC_USE_REPORT, format, payload, formats);
}

#endif
