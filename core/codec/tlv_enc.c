/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLV, records to bytes (content format 11542, LwM2M Core 1.1 §7.4.4). Lengths stand before contents, so each group of records
 * (those of an instance, those of a multiple resource) is measured before it is written. Called through the table in codec.c.
 */

#include <math.h>

#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

enum { KIND_INSTANCE = 0, KIND_RESOURCE_INSTANCE = 1, KIND_MULTIPLE = 2, KIND_RESOURCE = 3 };
enum { INLINE_MAX = 7, LEN_MAX = 0xFFFFFF };

/* One value's bytes: borrowed from the record, or made here. */
typedef struct bytes {
  uint8_t made[8];
  tg_slice_t s;
} bytes_t;

/* Records from..to of the output. */
typedef struct span {
  const tg_codec_output_t *output;
  size_t from;
  size_t to;
} span_t;

static void make_be(bytes_t *bytes, uint64_t n, size_t width) {
  for (size_t i = width; i-- > 0; n >>= 8) bytes->made[i] = (uint8_t)n;
  bytes->s = tg_slice(bytes->made, width);
}

static void make_signed(bytes_t *bytes, int64_t i) {
  size_t width = i >= INT8_MIN && i <= INT8_MAX     ? 1
                 : i >= INT16_MIN && i <= INT16_MAX ? 2
                 : i >= INT32_MIN && i <= INT32_MAX ? 4
                                                    : 8;
  make_be(bytes, (uint64_t)i, width);
}

/* Some peers read every integer as signed, so the top bit stays clear wherever a wider form can do that. */
static void make_unsigned(bytes_t *bytes, uint64_t u) {
  make_be(bytes, u, u <= INT8_MAX ? 1 : u <= INT16_MAX ? 2 : u <= INT32_MAX ? 4 : 8);
}

static void make_float(bytes_t *bytes, double f) {
  bool may_narrow = !isfinite(f) || fabs(f) <= 3.4028234663852886e38;
  float single = may_narrow ? (float)f : 0.0F;
  if (may_narrow && (isnan(f) || ((double)single >= f && (double)single <= f))) {
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    make_be(bytes, bits, 4);
  } else {
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    make_be(bytes, bits, 8);
  }
}

static tg_rc_t make_value(const tg_codec_output_t *output, const tg_record_t *record, bytes_t *bytes) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_value(output, record, &value);
  if (rc != TG_OK) return rc;
  switch (value.type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: make_signed(bytes, value.i); return TG_OK;
  case TG_TYPE_UNSIGNED: make_unsigned(bytes, value.u); return TG_OK;
  case TG_TYPE_FLOAT: make_float(bytes, value.f); return TG_OK;
  case TG_TYPE_BOOLEAN: make_be(bytes, value.b, 1); return TG_OK;
  case TG_TYPE_OBJLNK: make_be(bytes, (uint32_t)value.link.oid << 16 | value.link.iid, 4); return TG_OK;
  case TG_TYPE_STRING:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_CORELNK: bytes->s = value.s; return TG_OK;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
  return TG_E_TYPE;
}

static size_t head_size(uint16_t id, size_t len) {
  size_t len_width = len <= INLINE_MAX ? 0 : len <= UINT8_MAX ? 1 : len <= UINT16_MAX ? 2 : 3;
  return 1 + (size_t)(id > UINT8_MAX ? 2 : 1) + len_width;
}

static void put_head(tg_buf_t *out, uint8_t kind, uint16_t id, size_t len) {
  size_t id_width = id > UINT8_MAX ? 2 : 1, len_width = head_size(id, len) - 1 - id_width;
  uint8_t type = (uint8_t)((unsigned)kind << 6 | (id_width == 2 ? 0x20U : 0U) | (unsigned)len_width << 3 |
                           (len_width ? 0U : (unsigned)len));
  tg_buf_put_u8(out, type);
  tg_buf_put_be(out, id, id_width);
  tg_buf_put_be(out, len, len_width);
}

/* The end of the records that share the first @p depth ids with the one at @p from. */
static size_t group_end(span_t span, uint16_t depth) {
  const tg_record_t *records = span.output->records;
  tg_path_t prefix = records[span.from].path;
  if (prefix.len < depth) return span.from + 1;
  prefix.len = depth;
  size_t i = span.from + 1;
  while (i < span.to && tg_path_covers(&prefix, &records[i].path)) i++;
  return i;
}

/* A resource without value is an empty multiple one; one with resource instances is a multiple one. */
static bool is_multiple(const tg_record_t *record) {
  return record->path.len == TG_PATH_RESOURCE_INSTANCE ||
         (record->path.len == TG_PATH_RESOURCE && record->value.type == TG_TYPE_NONE);
}

/* Size of the children of a multiple resource, and writes them where @p out is given. */
static tg_rc_t pass_resource_instances(span_t span, tg_buf_t *out, size_t *size) {
  *size = 0;
  for (size_t i = span.from; i < span.to; i++) {
    const tg_record_t *record = span.output->records + i;
    if (record->path.len == TG_PATH_RESOURCE && span.to - span.from == 1) return TG_OK;
    if (record->path.len != TG_PATH_RESOURCE_INSTANCE) return TG_E_ARG;
    bytes_t bytes;
    tg_rc_t rc = make_value(span.output, record, &bytes);
    if (rc != TG_OK) return rc;
    if (bytes.s.len > LEN_MAX) return TG_E_TOO_LONG;
    *size += head_size(record->path.id[3], bytes.s.len) + bytes.s.len;
    if (!out) continue;
    put_head(out, KIND_RESOURCE_INSTANCE, record->path.id[3], bytes.s.len);
    tg_buf_put(out, bytes.s);
  }
  return TG_OK;
}

static tg_rc_t pass_multiple(span_t span, tg_buf_t *out, size_t *size) {
  uint16_t rid = span.output->records[span.from].path.id[2];
  size_t inner = 0;
  tg_rc_t rc = pass_resource_instances(span, NULL, &inner);
  if (rc != TG_OK) return rc;
  if (inner > LEN_MAX) return TG_E_TOO_LONG;
  *size = head_size(rid, inner) + inner;
  if (!out) return TG_OK;
  put_head(out, KIND_MULTIPLE, rid, inner);
  return pass_resource_instances(span, out, &inner);
}

static tg_rc_t pass_single(const span_t *span, tg_buf_t *out, size_t *size) {
  const tg_record_t *record = span->output->records + span->from;
  bytes_t bytes;
  tg_rc_t rc = make_value(span->output, record, &bytes);
  if (rc != TG_OK) return rc;
  if (bytes.s.len > LEN_MAX) return TG_E_TOO_LONG;
  *size = head_size(record->path.id[2], bytes.s.len) + bytes.s.len;
  if (!out) return TG_OK;
  put_head(out, KIND_RESOURCE, record->path.id[2], bytes.s.len);
  tg_buf_put(out, bytes.s);
  return TG_OK;
}

/* The resources of one instance. */
static tg_rc_t pass_resources(span_t span, tg_buf_t *out, size_t *size) {
  *size = 0;
  for (span_t group = span; group.from < span.to; group.from = group.to) {
    const tg_record_t *record = span.output->records + group.from;
    group.to = span.to;
    group.to = group_end(group, TG_PATH_RESOURCE);
    if (record->path.len < TG_PATH_RESOURCE) {
      if (span.to - span.from == 1) return TG_OK; /* an empty instance */
      return TG_E_ARG;
    }
    size_t one = 0;
    bool multiple = is_multiple(record) || group.to - group.from > 1;
    tg_rc_t rc = multiple ? pass_multiple(group, out, &one) : pass_single(&group, out, &one);
    if (rc != TG_OK) return rc;
    *size += one;
  }
  return TG_OK;
}

static tg_rc_t put_instances(const tg_codec_output_t *output, tg_buf_t *out) {
  for (span_t group = {output, 0, 0}; group.from < output->count; group.from = group.to) {
    const tg_path_t *path = &output->records[group.from].path;
    if (path->len < TG_PATH_INSTANCE) return TG_E_ARG;
    group.to = output->count;
    group.to = group_end(group, TG_PATH_INSTANCE);
    size_t size;
    tg_rc_t rc = pass_resources(group, NULL, &size);
    if (rc != TG_OK) return rc;
    if (size > LEN_MAX) return TG_E_TOO_LONG;
    put_head(out, KIND_INSTANCE, path->id[1], size);
    rc = pass_resources(group, out, &size);
    if (rc != TG_OK) return rc;
  }
  return TG_OK;
}

tg_rc_t tg_tlv_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  if (output->base.len < TG_PATH_OBJECT) return TG_E_FORMAT;
  tg_rc_t rc = tg_codec_out_check(output, true);
  if (rc != TG_OK) return rc;
  const span_t all = {output, 0, output->count};
  size_t size;
  if (output->base.len == TG_PATH_OBJECT) rc = put_instances(output, out);
  else if (output->base.len == TG_PATH_RESOURCE_INSTANCE) rc = pass_resource_instances(all, out, &size); /* unwrapped */
  else rc = pass_resources(all, out, &size);
  return rc != TG_OK ? rc : out->rc;
}
