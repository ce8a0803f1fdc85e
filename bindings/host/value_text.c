/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under control_command.c: typed text to values. See value_text.h. */

#include "bindings/host/value_text.h"

#include <stdio.h>
#include <time.h>

#include "core/base/base64.h"
#include "core/base/hex.h"
#include "core/base/num.h"

static tg_rc_t parse_boolean(tg_slice_t text, bool *value) {
  if (tg_slice_is(text, "true") || tg_slice_is(text, "1")) *value = true;
  else if (tg_slice_is(text, "false") || tg_slice_is(text, "0")) *value = false;
  else return TG_E_SYNTAX;
  return TG_OK;
}

static tg_rc_t parse_opaque(tg_slice_t text, tg_buf_t *scratch, tg_slice_t *bytes) {
  static const char prefix[] = "base64:";
  bool base64 = tg_slice_begins(text, tg_slice_str(prefix));
  size_t start = scratch->len;
  tg_rc_t rc = base64 ? tg_base64_get_any(tg_slice_from(text, sizeof prefix - 1), scratch) : tg_hex_get(text, scratch);
  if (rc == TG_OK) *bytes = tg_slice_from(tg_buf_slice(scratch), start);
  return rc;
}

static tg_rc_t parse_time(tg_slice_t text, int64_t *seconds) {
  if (tg_num_parse_i64(text, seconds) == TG_OK) return TG_OK;
  char copy[32];
  if (text.len != 20) return TG_E_SYNTAX;
  memcpy(copy, text.p, text.len);
  copy[text.len] = '\0';
  struct tm tm = {0};
  const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (!rest || *rest) return TG_E_SYNTAX;
  *seconds = timegm(&tm);
  return TG_OK;
}

tg_rc_t tg_value_text_parse(tg_type_t type, tg_slice_t text, tg_buf_t *scratch, tg_value_t *value) {
  *value = (tg_value_t){.type = type};
  switch (type) {
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: value->s = text; return TG_OK;
  case TG_TYPE_INTEGER: return tg_num_parse_i64(text, &value->i);
  case TG_TYPE_UNSIGNED: return tg_num_parse_u64(text, UINT64_MAX, &value->u);
  case TG_TYPE_FLOAT: return tg_num_parse_double(text, &value->f);
  case TG_TYPE_BOOLEAN: return parse_boolean(text, &value->b);
  case TG_TYPE_OPAQUE: return parse_opaque(text, scratch, &value->s);
  case TG_TYPE_TIME: return parse_time(text, &value->i);
  case TG_TYPE_OBJLNK: return tg_value_parse_objlnk(text, &value->link);
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
  return TG_E_TYPE;
}
