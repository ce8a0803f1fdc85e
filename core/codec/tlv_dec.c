/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLV, bytes to records (content format 11542, LwM2M Core 1.1 §7.4.4). Three levels at most (instance, multiple resource, resource
 * instance), so the place in them is a few offsets. Types come from the definitions; unknown resources are opaque bytes. Called
 * through the table in codec.c.
 */

#include "core/codec/codec_format.h"
#include "core/codec/codec_in.h"

enum { KIND_INSTANCE = 0, KIND_RESOURCE_INSTANCE = 1, KIND_MULTIPLE = 2, KIND_RESOURCE = 3, ID_MAX = 65534 };

typedef struct tlv_state {
  tg_codec_in_t in;
  const uint8_t *at;
  const uint8_t *end;
  const uint8_t *instance_end; /* NULL outside of one */
  const uint8_t *multiple_end;
  tg_path_t path; /* instance and resource that are open */
} tlv_state_t;

_Static_assert(sizeof(tlv_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

typedef struct head {
  uint8_t kind;
  uint16_t id;
  tg_slice_t value;
} head_t;

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  tlv_state_t *tlv = state;
  tg_codec_in_init(&tlv->in, input);
  tlv->at = input->payload.p;
  tlv->end = input->payload.len ? tlv->at + input->payload.len : tlv->at;
  tlv->instance_end = NULL;
  tlv->multiple_end = NULL;
  tlv->path = input->base;
  return input->base.len < TG_PATH_OBJECT ? TG_E_FORMAT : TG_OK;
}

/* The end of the innermost thing that is open. */
static const uint8_t *limit_of(const tlv_state_t *tlv) {
  if (tlv->multiple_end) return tlv->multiple_end;
  return tlv->instance_end ? tlv->instance_end : tlv->end;
}

/* Leaves what has been read to its end. */
static void leave(tlv_state_t *tlv) {
  if (tlv->multiple_end == tlv->at) tlv->multiple_end = NULL;
  if (!tlv->multiple_end && tlv->instance_end == tlv->at) tlv->instance_end = NULL;
}

static uint32_t number_at(const uint8_t *p, size_t width) {
  uint32_t n = 0;
  for (size_t i = 0; i < width; i++) n = n << 8 | p[i];
  return n;
}

static tg_rc_t take_head(tlv_state_t *tlv, head_t *head) {
  size_t left = (size_t)(limit_of(tlv) - tlv->at);
  uint8_t type = tlv->at[0];
  size_t id_width = type & 0x20 ? 2 : 1, len_width = type >> 3 & 3;
  if (left < 1 + id_width + len_width) return TG_E_TRUNCATED;
  uint32_t id = number_at(tlv->at + 1, id_width);
  size_t len = len_width ? number_at(tlv->at + 1 + id_width, len_width) : (size_t)(type & 7);
  size_t head_len = 1 + id_width + len_width;
  if (id > ID_MAX) return TG_E_RANGE;
  if (len > left - head_len) return TG_E_TRUNCATED;
  *head = (head_t){type >> 6, (uint16_t)id, tg_slice(tlv->at + head_len, len)};
  tlv->at += head_len;
  return TG_OK;
}

/* Sets the id at @p level of the open path; where base names one, it must be that one. */
static tg_rc_t descend(tlv_state_t *tlv, uint16_t level, uint16_t id) {
  const tg_path_t *base = &tlv->in.input->base;
  if (base->len > level && base->id[level] != id) return TG_E_DENIED;
  for (size_t i = level; i < TG_COUNT(tlv->path.id); i++) tlv->path.id[i] = 0;
  tlv->path.id[level] = id;
  tlv->path.len = (uint16_t)(level + 1);
  return TG_OK;
}

static int64_t sign_extend(tg_slice_t bytes) {
  uint64_t n = bytes.p[0] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = 0; i < bytes.len; i++) n = n << 8 | bytes.p[i];
  int64_t i;
  memcpy(&i, &n, sizeof i);
  return i;
}

static uint64_t zero_extend(tg_slice_t bytes) {
  uint64_t n = 0;
  for (size_t i = 0; i < bytes.len; i++) n = n << 8 | bytes.p[i];
  return n;
}

static bool is_integer_width(size_t len) {
  return len == 1 || len == 2 || len == 4 || len == 8;
}

/*
 * Devices that know only unsigned numbers write 129 in one byte. It is taken as such by the device's quirk, or where the
 * definition's range leaves no room for the negative reading but for the other.
 */
static tg_rc_t read_signed(const tlv_state_t *tlv, const tg_resdef_t *res, tg_slice_t bytes, int64_t *i) {
  *i = sign_extend(bytes);
  if (*i >= 0) return TG_OK;
  uint64_t u = zero_extend(bytes);
  bool by_range = res->has_range && res->min >= 0 && (double)u <= res->max;
  if (!tlv->in.input->unsigned_tlv && !by_range) return TG_OK;
  if (u > INT64_MAX) return TG_E_RANGE;
  *i = (int64_t)u;
  return TG_OK;
}

static tg_rc_t read_float(tg_slice_t bytes, double *f) {
  uint64_t bits = zero_extend(bytes);
  if (bytes.len == 8) {
    memcpy(f, &bits, sizeof *f);
    return TG_OK;
  }
  if (bytes.len != 4) return TG_E_TYPE;
  uint32_t half = (uint32_t)bits;
  float single;
  memcpy(&single, &half, sizeof single);
  *f = (double)single;
  return TG_OK;
}

static tg_rc_t read_boolean(tg_slice_t bytes, bool *b) {
  if (bytes.len != 1) return TG_E_TYPE;
  *b = bytes.p[0] == 1;
  return bytes.p[0] <= 1 ? TG_OK : TG_E_RANGE;
}

static tg_rc_t read_value(tlv_state_t *tlv, const tg_path_t *path, tg_slice_t bytes, tg_value_t *value) {
  const tg_resdef_t *res = tg_codec_in_resource(&tlv->in, path);
  tg_type_t type = res ? (tg_type_t)res->type : TG_TYPE_NONE;
  value->type = type;
  switch (type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: return is_integer_width(bytes.len) ? read_signed(tlv, res, bytes, &value->i) : TG_E_TYPE;
  case TG_TYPE_UNSIGNED:
    if (!is_integer_width(bytes.len)) return TG_E_TYPE;
    value->u = zero_extend(bytes);
    return TG_OK;
  case TG_TYPE_FLOAT: return read_float(bytes, &value->f);
  case TG_TYPE_BOOLEAN: return read_boolean(bytes, &value->b);
  case TG_TYPE_OBJLNK:
    if (bytes.len != 4) return TG_E_TYPE;
    value->link = (tg_objlnk_t){(uint16_t)number_at(bytes.p, 2), (uint16_t)number_at(bytes.p + 2, 2)};
    return TG_OK;
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK:
  case TG_TYPE_OPAQUE: value->s = bytes; return TG_OK;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT:
  default: *value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = bytes}; return TG_OK;
  }
}

/* A value at @p level of the open path. */
static tg_rc_t take_value(tlv_state_t *tlv, uint16_t level, const head_t *head, tg_record_t *record) {
  tg_rc_t rc = descend(tlv, level, head->id);
  if (rc != TG_OK) return rc;
  *record = (tg_record_t){.path = tlv->path, .time_ms = tlv->in.input->now_ms};
  rc = read_value(tlv, &record->path, head->value, &record->value);
  if (rc != TG_OK) return rc;
  tlv->at += head->value.len;
  return tg_codec_in_place(&tlv->in, record);
}

/* One element: opens what has children (TG_END: go on) or gives the record that it is. */
static tg_rc_t take_element(tlv_state_t *tlv, const head_t *head, tg_record_t *record) {
  bool has_instance = tlv->instance_end || tlv->in.input->base.len >= TG_PATH_INSTANCE;
  bool is_top = !tlv->instance_end && !tlv->multiple_end;
  tg_rc_t rc;
  switch (head->kind) {
  case KIND_INSTANCE:
    if (!is_top) return TG_E_SYNTAX;
    rc = descend(tlv, 1, head->id);
    tlv->instance_end = tlv->at + head->value.len;
    return rc == TG_OK ? TG_END : rc;
  case KIND_MULTIPLE:
    if (tlv->multiple_end || !has_instance) return TG_E_SYNTAX;
    rc = descend(tlv, 2, head->id);
    tlv->multiple_end = tlv->at + head->value.len;
    return rc == TG_OK ? TG_END : rc;
  case KIND_RESOURCE:
    if (tlv->multiple_end || !has_instance) return TG_E_SYNTAX;
    return take_value(tlv, 2, head, record);
  case KIND_RESOURCE_INSTANCE:
  default:
    if (!tlv->multiple_end && !(is_top && tlv->in.input->base.len == TG_PATH_RESOURCE_INSTANCE)) return TG_E_SYNTAX;
    return take_value(tlv, 3, head, record);
  }
}

static tg_rc_t next(void *state, tg_record_t *record) {
  tlv_state_t *tlv = state;
  for (;;) {
    leave(tlv);
    if (tlv->at == tlv->end) return TG_END;
    head_t head;
    tg_rc_t rc = take_head(tlv, &head);
    if (rc == TG_OK) rc = take_element(tlv, &head, record);
    if (rc == TG_OK) return TG_OK;
    if (rc != TG_END) {
      tlv->at = tlv->end; /* nothing after an error makes sense */
      tlv->instance_end = NULL;
      tlv->multiple_end = NULL;
      return rc;
    }
  }
}

const tg_codec_reader_t tg_tlv_dec_reader = {sizeof(tlv_state_t), init, next};
