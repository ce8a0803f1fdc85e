/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_PAYLOAD_FUZZ_H
#define TG_TESTS_FUZZ_PAYLOAD_FUZZ_H

/**
 * What the fuzz targets of payload formats share. The first byte of an input says how the rest is read: at which base, with or without
 * object definitions, for which use. What decodes is encoded, and must decode to the same.
 */

#include "core/codec/codec.h"
#include "tests/fuzz/fuzz.h"

enum { PAYLOAD_FUZZ_RECORDS = 1024 };

static inline void payload_fuzz_add(tg_objdef_t *def, uint16_t rid, tg_type_t type, bool multiple) {
  tg_resdef_t res = {.id = rid, .type = (uint8_t)type, .multiple = multiple, .name = "r"};
  fuzz_require(tg_objdef_add(def, &res) == TG_OK);
}

/** Object 3 has every type at ids 0 to 8 (single) and 10 to 18 (multiple), an executable at 9, a range at 20. Made once. */
static inline const tg_model_t *payload_fuzz_model(void) {
  static tg_model_t model;
  static const tg_type_t types[] = {TG_TYPE_STRING, TG_TYPE_INTEGER, TG_TYPE_UNSIGNED, TG_TYPE_FLOAT,  TG_TYPE_BOOLEAN,
                                    TG_TYPE_OPAQUE, TG_TYPE_TIME,    TG_TYPE_OBJLNK,   TG_TYPE_CORELNK};
  if (model.registry) return &model;
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = 3, .version = TG_VERSION_1_0});
  fuzz_require(registry && def);
  for (uint16_t i = 0; i < TG_COUNT(types); i++) {
    payload_fuzz_add(def, i, types[i], false);
    payload_fuzz_add(def, (uint16_t)(10 + i), types[i], true);
  }
  payload_fuzz_add(def, 9, TG_TYPE_NONE, false);
  tg_resdef_t ranged = {.id = 20, .type = TG_TYPE_INTEGER, .has_range = true, .max = 255, .name = "r"};
  fuzz_require(tg_objdef_add(def, &ranged) == TG_OK && tg_registry_add(registry, def) == TG_OK);
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
    if (rc == TG_OK) fuzz_require((*count)++ < PAYLOAD_FUZZ_RECORDS);
  }
  fuzz_require(rc != TG_E_INTERNAL && rc < TG_RC_COUNT);
  return rc == TG_END ? TG_OK : rc;
}

static inline void payload_fuzz_compare(const tg_record_t *a, const tg_record_t *b) {
  fuzz_require(tg_path_eq(&a->path, &b->path));
  fuzz_require(tg_value_eq(&a->value, &b->value));
  if (a->time_source == TG_TIME_DEVICE && b->time_source == TG_TIME_DEVICE) fuzz_require(a->time_ms == b->time_ms);
}

/** Writes records in @p format; @p input says the rest. Lent until the next call. */
static inline tg_rc_t payload_fuzz_encode(const tg_codec_input_t *input, int format, const tg_record_t *records,
                                          size_t count, tg_slice_t *encoded) {
  static uint8_t memory[1 << 20];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_codec_output_t output = {.content_format = format,
                              .base = input->base,
                              .records = records,
                              .count = count,
                              .model = input->model,
                              .use = input->use};
  tg_rc_t rc = tg_codec_encode(&output, &out);
  *encoded = tg_buf_slice(&out);
  return rc;
}

/** Reads @p payload as @p format, else as @p like says; values are lent until the next call. */
static inline tg_rc_t payload_fuzz_decode_as(const tg_codec_input_t *like, int format, tg_slice_t payload,
                                             tg_record_t *records, size_t *count) {
  static uint8_t memory[1 << 20];
  tg_buf_t scratch;
  tg_buf_init(&scratch, memory, sizeof memory);
  tg_codec_input_t input = *like;
  input.content_format = format;
  input.payload = payload;
  input.scratch = &scratch;
  return payload_fuzz_decode(&input, records, count);
}

/** Encodes records in @p format and checks that they come back; those that it can't carry are the business of payload_pairs_fuzz.c. */
static inline void payload_fuzz_round(const tg_codec_input_t *input, int format, const tg_record_t *records,
                                      size_t count) {
  static tg_record_t again[PAYLOAD_FUZZ_RECORDS];
  tg_slice_t encoded;
  size_t again_count;
  if (payload_fuzz_encode(input, format, records, count, &encoded) != TG_OK) return;
  fuzz_require(payload_fuzz_decode_as(input, format, encoded, again, &again_count) == TG_OK);
  fuzz_require(again_count == count);
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

/** How the first byte says that the rest is read, @p uses of which there are @p use_count. The scratch buffer is the caller's to free. */
static inline void payload_fuzz_input(tg_slice_t *in, int format, const tg_codec_use_t *uses, size_t use_count,
                                      tg_codec_input_t *input, tg_buf_t *scratch) {
  static const tg_path_t bases[] = {{{0}, 0},           {{3}, 1},       {{3, 0}, 2},    {{3, 0, 1}, 3},
                                    {{3, 0, 11, 0}, 4}, {{3, 0, 3}, 3}, {{3, 0, 5}, 3}, {{3, 0, 6}, 3},
                                    {{3, 0, 4}, 3},     {{3, 0, 7}, 3}, {{3, 0, 2}, 3}, {{9, 0, 0}, 3}};
  size_t how = fuzz_byte(in);
  tg_buf_init_growing(scratch, 1 << 20);
  *input = (tg_codec_input_t){.content_format = format,
                              .base = bases[how % TG_COUNT(bases)],
                              .model = how / TG_COUNT(bases) % 2 ? payload_fuzz_model() : NULL,
                              .payload = *in,
                              .now_ms = INT64_C(1800000000000),
                              .scratch = scratch,
                              .unsigned_tlv = in->len % 2 != 0,
                              .use = uses[how / (TG_COUNT(bases) * 2) % use_count]};
  if (how < 240) return;
  input->base = tg_path(TG_PATH_RESOURCE, 3, 0, how % 2 ? 0 : 8); /* text, links */
  input->model = payload_fuzz_model();
}

/** Runs an input as @p format for one of @p uses; what decodes is written in each of @p formats (ended by -1) and read back. */
static inline void payload_fuzz_run_for(const tg_codec_use_t *uses, size_t use_count, int format, tg_slice_t in,
                                        const int *formats) {
  static tg_record_t records[PAYLOAD_FUZZ_RECORDS];
  tg_codec_input_t input;
  tg_buf_t scratch;
  size_t count;
  payload_fuzz_input(&in, format, uses, use_count, &input, &scratch);
  if (payload_fuzz_decode(&input, records, &count) == TG_OK && payload_fuzz_in_range(input.model, records, count)) {
    input.unsigned_tlv = false;
    for (const int *to = formats; *to >= 0; to++) payload_fuzz_round(&input, *to, records, count);
  }
  tg_buf_fini(&scratch);
}

/** The same for reports. */
static inline void payload_fuzz_run(int format, tg_slice_t in, const int *formats) {
  static const tg_codec_use_t report = TG_CODEC_USE_REPORT;
  payload_fuzz_run_for(&report, 1, format, in, formats);
}

#endif
