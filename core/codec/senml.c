/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: the meaning of SenML records, without their spelling. Called by the SenML JSON and CBOR codecs and json_dec.c. See senml.h. */

#include "core/codec/senml.h"

#include <math.h>

#include "core/base/base64.h"
#include "core/codec/senml_etch.h"

enum { SENML_VERSION = 10 };

/* Times below 2^28 seconds are relative to now (RFC 8428 §4.5.3). */
#define RELATIVE_BELOW_MS (INT64_C(268435456) * 1000)

/* The last date that has four digits: sums of a few such times don't overflow, and a double still holds their milliseconds. */
#define TIME_MAX_MS INT64_C(253402300799999)

#define BIT(label) (UINT32_C(1) << (label))
static const uint32_t value_labels =
    BIT(TG_SENML_V) | BIT(TG_SENML_VS) | BIT(TG_SENML_VB) | BIT(TG_SENML_VD) | BIT(TG_SENML_VLO);

void tg_senml_init(tg_senml_t *pack, const tg_codec_input_t *input) {
  tg_codec_in_init(&pack->in, input);
  pack->bn_len = 0;
  pack->bt_ms = 0;
  pack->has_bt = false;
  pack->is_lwm2m_json = false;
  pack->is_bn_path = false;
}

tg_rc_t tg_senml_label_of(tg_slice_t text, tg_senml_label_t *label) {
  static const struct {
    char text[5];
    uint8_t label;
  } rows[] = {{"n", TG_SENML_N},        {"v", TG_SENML_V},       {"vs", TG_SENML_VS},     {"vb", TG_SENML_VB},
              {"vd", TG_SENML_VD},      {"t", TG_SENML_T},       {"vlo", TG_SENML_VLO},   {"bn", TG_SENML_BN},
              {"bt", TG_SENML_BT},      {"bv", TG_SENML_BV},     {"bver", TG_SENML_BVER}, {"bu", TG_SENML_IGNORED},
              {"bs", TG_SENML_IGNORED}, {"u", TG_SENML_IGNORED}, {"s", TG_SENML_IGNORED}, {"ut", TG_SENML_IGNORED}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    if (!tg_slice_is(text, rows[i].text)) continue;
    *label = (tg_senml_label_t)rows[i].label;
    return TG_OK;
  }
  return text.len && text.p[text.len - 1] == '_' ? TG_E_SYNTAX : TG_E_NOT_FOUND;
}

void tg_senml_begin(tg_senml_fields_t *fields) {
  *fields = (tg_senml_fields_t){0};
}

/* Seconds, whole or not, to milliseconds. */
static tg_rc_t time_of(const tg_value_t *wire, int64_t *ms) {
  if (wire->type == TG_TYPE_INTEGER) {
    if (wire->i > TIME_MAX_MS / 1000 || wire->i < -TIME_MAX_MS / 1000) return TG_E_RANGE;
    *ms = wire->i * 1000;
    return TG_OK;
  }
  if (wire->type == TG_TYPE_UNSIGNED) return TG_E_RANGE;
  if (wire->type != TG_TYPE_FLOAT) return TG_E_TYPE;
  if (!(fabs(wire->f) <= (double)(TIME_MAX_MS / 1000))) return TG_E_RANGE;
  *ms = (int64_t)llround(wire->f * 1000.0);
  return TG_OK;
}

static bool is_number(const tg_value_t *wire) {
  return wire->type == TG_TYPE_INTEGER || wire->type == TG_TYPE_UNSIGNED || wire->type == TG_TYPE_FLOAT;
}

static bool is_zero(const tg_value_t *wire) {
  return (wire->type == TG_TYPE_INTEGER && wire->i == 0) || (wire->type == TG_TYPE_FLOAT && fabs(wire->f) <= 0.0);
}

/* Whether a base name is a path and a slash: then it is read once, not again with each name. */
static bool read_bn_path(tg_slice_t bn, tg_path_t *path) {
  if (!bn.len || bn.p[bn.len - 1] != '/') return false;
  if (tg_path_parse(tg_slice(bn.p, bn.len - 1), path) != TG_OK) return false;
  return path->len > 0 || bn.len == 1;
}

static tg_rc_t put_base_name(tg_senml_t *pack, const tg_value_t *wire) {
  if (wire->type != TG_TYPE_STRING) return TG_E_TYPE;
  if (wire->s.len > sizeof pack->bn) return TG_E_TOO_LONG;
  if (wire->s.len) memcpy(pack->bn, wire->s.p, wire->s.len);
  pack->bn_len = wire->s.len;
  pack->is_bn_path = read_bn_path(wire->s, &pack->bn_path);
  return TG_OK;
}

static TG_NOINLINE tg_rc_t put_link(tg_senml_fields_t *fields, const tg_value_t *wire) {
  return tg_value_convert(wire, TG_TYPE_OBJLNK, &fields->value);
}

/* A value under a label that names its type. */
static tg_rc_t put_value(tg_senml_fields_t *fields, tg_senml_label_t label, const tg_value_t *wire) {
  static const uint8_t types[] = {[TG_SENML_VS] = TG_TYPE_STRING,
                                  [TG_SENML_VB] = TG_TYPE_BOOLEAN,
                                  [TG_SENML_VD] = TG_TYPE_OPAQUE,
                                  [TG_SENML_VLO] = TG_TYPE_STRING};
  if (fields->seen & value_labels & ~BIT(label)) return TG_E_SYNTAX;
  fields->value = *wire;
  if (wire->type == TG_TYPE_NONE) return TG_OK; /* null: the resource instance goes (RFC 8790 §3.1) */
  if (label == TG_SENML_V) return is_number(wire) ? TG_OK : TG_E_TYPE;
  if (wire->type != types[label]) return TG_E_TYPE;
  return label == TG_SENML_VLO ? put_link(fields, wire) : TG_OK;
}

/* What few records have. */
static TG_NOINLINE tg_rc_t put_other(tg_senml_t *pack, tg_senml_fields_t *fields, tg_senml_label_t label,
                                     const tg_value_t *wire) {
  switch (label) {
  case TG_SENML_BVER: return wire->type == TG_TYPE_INTEGER && wire->i == SENML_VERSION ? TG_OK : TG_E_SYNTAX;
  case TG_SENML_BN: return put_base_name(pack, wire);
  case TG_SENML_BT: pack->has_bt = true; return time_of(wire, &pack->bt_ms);
  case TG_SENML_BV: return is_zero(wire) ? TG_OK : TG_E_SYNTAX; /* would have to be added to every value */
  case TG_SENML_T: return time_of(wire, &fields->t_ms);
  case TG_SENML_N: /* these are not among the few */
  case TG_SENML_V:
  case TG_SENML_VS:
  case TG_SENML_VB:
  case TG_SENML_VD:
  case TG_SENML_VLO:
  case TG_SENML_IGNORED:
  default: return TG_OK;
  }
}

tg_rc_t tg_senml_put(tg_senml_t *pack, tg_senml_fields_t *fields, tg_senml_label_t label, const tg_value_t *wire) {
  if (fields->seen & BIT(label) & ~BIT(TG_SENML_IGNORED)) return TG_E_DUPLICATE; /* several that are ignored may come */
  fields->seen |= BIT(label);
  if (BIT(label) & value_labels) return put_value(fields, label, wire);
  if (label != TG_SENML_N) return put_other(pack, fields, label, wire);
  fields->name = wire->s;
  return wire->type == TG_TYPE_STRING ? TG_OK : TG_E_TYPE;
}

/* coap-node leaves it out: base name /3311/0, name 5850. Nobody splits a number in LwM2M 1.0's JSON. */
static bool is_slash_missing(const tg_senml_t *pack, tg_slice_t name) {
  return pack->is_lwm2m_json && pack->bn_len && pack->bn[pack->bn_len - 1] != '/' && name.len && name.p[0] != '/';
}

/* One slash at the end means nothing: a base name stands for itself. */
static tg_slice_t without_slash(tg_slice_t text) {
  bool has_slash = text.len > 1 && text.p[text.len - 1] == '/';
  return tg_slice(text.p, text.len - (has_slash ? 1 : 0));
}

/* Without a base name @p name begins with no slash. Base name and name are one text before they are a path (RFC 8428 §4.5.1): /3/0/1 and 3 are /3/0/13. */
static TG_NOINLINE tg_rc_t join_name(const tg_senml_t *pack, tg_slice_t name, tg_path_t *path) {
  uint8_t memory[TG_PATH_TEXT_MAX + TG_SENML_NAME_MAX];
  tg_buf_t full;
  tg_buf_init(&full, memory, sizeof memory);
  if (pack->is_lwm2m_json && pack->bn_len == 0) {
    tg_path_put(&full, &pack->in.input->base);
    if (name.len && pack->in.input->base.len) tg_buf_put_u8(&full, '/');
  }
  tg_buf_put(&full, tg_slice(pack->bn, pack->bn_len));
  if (is_slash_missing(pack, name)) tg_buf_put_u8(&full, '/');
  tg_buf_put(&full, name);
  if (full.rc != TG_OK || full.len == 0) return TG_E_SYNTAX;
  return tg_path_parse(without_slash(tg_buf_slice(&full)), path);
}

static tg_rc_t resolve_name(const tg_senml_t *pack, tg_slice_t name, tg_path_t *path) {
  tg_rc_t rc;
  if (pack->is_bn_path) rc = tg_path_parse_below(&pack->bn_path, without_slash(name), path);
  else if (pack->bn_len == 0 && name.len && name.p[0] == '/') rc = tg_path_parse(without_slash(name), path);
  else rc = join_name(pack, name, path);
  return rc == TG_OK ? TG_OK : TG_E_SYNTAX;
}

/* Wakaama names a resource twice where it alone was asked for: base name /3/0/9/, name 9. Only an array can have such an instance. */
static void drop_repeated(tg_senml_t *pack, tg_path_t *path) {
  if (path->len != TG_PATH_RESOURCE_INSTANCE || path->id[3] != path->id[2]) return;
  const tg_resdef_t *res = tg_codec_in_resource(&pack->in, path);
  if (res && !res->multiple) *path = tg_path(TG_PATH_RESOURCE, path->id[0], path->id[1], path->id[2]);
}

static void resolve_time(const tg_senml_t *pack, const tg_senml_fields_t *fields, tg_record_t *record) {
  int64_t now_ms = pack->in.input->now_ms;
  record->time_ms = now_ms;
  record->time_source = TG_TIME_UNKNOWN;
  if (!pack->has_bt && !(fields->seen & BIT(TG_SENML_T))) return;
  int64_t sum = pack->bt_ms + fields->t_ms;
  record->time_ms = sum < RELATIVE_BELOW_MS ? now_ms + sum : sum;
  record->time_source = TG_TIME_DEVICE;
}

/* LwM2M 1.0's JSON has no label for bytes: they come as Base64 in a string. */
static tg_rc_t decode_bytes(tg_senml_t *pack, tg_record_t *record) {
  if (record->value.type != TG_TYPE_STRING) return TG_OK;
  if (tg_codec_in_type(&pack->in, &record->path) != TG_TYPE_OPAQUE) return TG_OK;
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(&pack->in, &scratch);
  if (rc != TG_OK) return rc;
  size_t start = scratch->len;
  rc = tg_base64_get_any(record->value.s, scratch);
  record->value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = tg_slice_from(tg_buf_slice(scratch), start)};
  return rc;
}

/* What only LwM2M 1.0's JSON means. */
static TG_NOINLINE tg_rc_t take_lwm2m_json(tg_senml_t *pack, tg_record_t *record) {
  drop_repeated(pack, &record->path);
  return decode_bytes(pack, record);
}

tg_rc_t tg_senml_finish(tg_senml_t *pack, const tg_senml_fields_t *fields, tg_record_t *record) {
  tg_rc_t rc = tg_senml_etch_take(pack->in.input, &fields->value, (fields->seen & value_labels) != 0);
  if (rc == TG_OK) rc = resolve_name(pack, fields->name, &record->path);
  if (rc != TG_OK) return rc;
  record->value = fields->value;
  resolve_time(pack, fields, record);
  if (pack->is_lwm2m_json) rc = take_lwm2m_json(pack, record);
  return rc != TG_OK ? rc : tg_codec_in_place(&pack->in, record);
}

/* Whether every record is exactly at base, or none is: only then a base name with a slash behind it serves all. */
static bool is_base_common(const tg_codec_output_t *output, bool *all_at_base) {
  size_t at_base = 0;
  for (size_t i = 0; i < output->count; i++) at_base += output->records[i].path.len == output->base.len;
  *all_at_base = output->count && at_base == output->count;
  return output->base.len > 0 && (at_base == 0 || *all_at_base);
}

tg_rc_t tg_senml_plan(const tg_codec_output_t *output, tg_senml_plan_t *plan) {
  tg_rc_t rc = tg_codec_out_check(output, false);
  if (rc == TG_OK) rc = tg_senml_etch_check(output);
  if (rc != TG_OK) return rc;
  bool has_null = output->use == TG_CODEC_USE_PATCH;
  *plan = (tg_senml_plan_t){.has_n = true, .has_bt = output->count > 0, .has_null = has_null};
  bool all_at_base;
  if (is_base_common(output, &all_at_base)) {
    tg_buf_t bn;
    tg_buf_init(&bn, plan->bn, sizeof plan->bn);
    tg_path_put(&bn, &output->base);
    plan->has_n = !all_at_base;
    if (plan->has_n) tg_buf_put_u8(&bn, '/');
    (void)tg_buf_cstr(&bn); /* any path, a slash and the NUL fit */
  }
  for (size_t i = 0; i < output->count; i++) {
    const tg_record_t *record = output->records + i;
    if (record->time_source != TG_TIME_DEVICE) plan->has_bt = false;
    else if (record->time_ms < RELATIVE_BELOW_MS || record->time_ms > TIME_MAX_MS) return TG_E_RANGE;
  }
  if (plan->has_bt) plan->bt_ms = output->records->time_ms;
  return TG_OK;
}

bool tg_senml_plan_time(const tg_senml_plan_t *plan, const tg_record_t *record, int64_t *t_ms) {
  if (record->time_source != TG_TIME_DEVICE) return false;
  *t_ms = record->time_ms - plan->bt_ms;
  return !plan->has_bt || *t_ms != 0;
}

tg_slice_t tg_senml_plan_name(const tg_senml_plan_t *plan, const tg_path_t *path, char text[TG_PATH_TEXT_MAX]) {
  if (!plan->has_n) return tg_slice(NULL, 0);
  return tg_slice_from(tg_slice_str(tg_path_text(path, text)), strlen(plan->bn));
}
