/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device: rows of the command journal as bytes, big-endian, in the order below; see journal_row.h. */

#include "core/device/journal_row.h"

#include "core/registry/row.h"

enum {
  ROW_VERSION = 1,
  FLAG_SENT = 1,
  FLAG_RETRY = 2,
  FLAGS_MAX = 3,
  PRIORITY_MAX = 3,
  TAG_MAX = 64,
  TEXT_MAX = 4096,
  FORMAT_NONE = 0xFFFF
};

static void put_value(tg_buf_t *out, const tg_value_t *value) {
  uint64_t bits;
  tg_buf_put_u8(out, (uint8_t)value->type);
  switch (value->type) {
  case TG_TYPE_STRING:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_CORELNK:
    tg_buf_put_be32(out, (uint32_t)value->s.len);
    tg_buf_put(out, value->s);
    break;
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: tg_buf_put_be(out, (uint64_t)value->i, 8); break;
  case TG_TYPE_UNSIGNED: tg_buf_put_be(out, value->u, 8); break;
  case TG_TYPE_FLOAT:
    memcpy(&bits, &value->f, sizeof bits);
    tg_buf_put_be(out, bits, 8);
    break;
  case TG_TYPE_BOOLEAN: tg_buf_put_u8(out, value->b); break;
  case TG_TYPE_OBJLNK:
    tg_buf_put_be16(out, value->link.oid);
    tg_buf_put_be16(out, value->link.iid);
    break;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
}

void tg_journal_row_encode(const tg_journal_row_t *row, tg_buf_t *out) {
  const tg_command_t *command = &row->command;
  int format = command->content_format;
  tg_buf_put_u8(out, ROW_VERSION);
  tg_buf_put_u8(out, (uint8_t)((row->sent ? FLAG_SENT : 0) | (command->retry ? FLAG_RETRY : 0)));
  tg_buf_put_u8(out, (uint8_t)command->op);
  tg_buf_put_u8(out, command->priority);
  tg_buf_put_be16(out, format < 0 ? (uint16_t)FORMAT_NONE : (uint16_t)format);
  tg_buf_put_be(out, (uint64_t)command->deadline_ms, 8);
  tg_row_put_path(out, &command->path);
  tg_row_put_text(out, row->ep);
  tg_row_put_text(out, command->tag);
  tg_row_put_text(out, command->replace_key);
  tg_row_put_text(out, command->owner);
  tg_buf_put_be16(out, (uint16_t)command->text.len);
  tg_buf_put(out, command->text);
  tg_buf_put_be16(out, (uint16_t)command->record_count);
  for (size_t i = 0; i < command->record_count; i++) {
    const tg_record_t *record = &command->records[i];
    tg_row_put_path(out, &record->path);
    tg_buf_put_u8(out, (uint8_t)record->time_source);
    tg_buf_put_be(out, (uint64_t)record->time_ms, 8);
    put_value(out, &record->value);
  }
}

static void get_value(tg_row_t *in, tg_value_t *value) {
  uint64_t bits;
  value->type = (tg_type_t)tg_row_get_max(in, 1, TG_TYPE_COUNT - 1);
  switch (value->type) {
  case TG_TYPE_STRING:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_CORELNK: value->s = tg_row_get_bytes(in, (size_t)tg_row_get(in, 4)); break;
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: value->i = (int64_t)tg_row_get(in, 8); break;
  case TG_TYPE_UNSIGNED: value->u = tg_row_get(in, 8); break;
  case TG_TYPE_FLOAT:
    bits = tg_row_get(in, 8);
    memcpy(&value->f, &bits, sizeof bits);
    break;
  case TG_TYPE_BOOLEAN: value->b = tg_row_get_max(in, 1, 1) != 0; break;
  case TG_TYPE_OBJLNK:
    value->link.oid = (uint16_t)tg_row_get(in, 2);
    value->link.iid = (uint16_t)tg_row_get(in, 2);
    break;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
}

static void get_records(tg_row_t *in, tg_record_t *records, tg_command_t *command) {
  command->records = records;
  command->record_count = (size_t)tg_row_get_max(in, 2, TG_JOURNAL_ROW_RECORDS_MAX);
  for (size_t i = 0; !in->bad && i < command->record_count; i++) {
    tg_record_t *record = &records[i];
    *record = (tg_record_t){.path = tg_row_get_path(in)};
    record->time_source = (tg_time_source_t)tg_row_get_max(in, 1, TG_TIME_DEVICE);
    record->time_ms = (int64_t)tg_row_get(in, 8);
    get_value(in, &record->value);
    if (!tg_twin_op_reaches(command, &record->path)) in->bad = true;
  }
}

tg_rc_t tg_journal_row_decode(tg_slice_t bytes, tg_record_t *records, tg_journal_row_t *row) {
  tg_row_t in = {.rest = bytes};
  *row = (tg_journal_row_t){0};
  tg_command_t *command = &row->command;
  if (tg_row_get(&in, 1) > ROW_VERSION) return TG_E_VERSION;
  if (bytes.len == 0 || bytes.p[0] != ROW_VERSION) return TG_E_CORRUPT;
  unsigned flags = (unsigned)tg_row_get_max(&in, 1, FLAGS_MAX);
  row->sent = (flags & FLAG_SENT) != 0;
  command->retry = (flags & FLAG_RETRY) != 0;
  command->op = (tg_op_t)tg_row_get_max(&in, 1, TG_OP_COUNT - 1);
  command->priority = (uint8_t)tg_row_get_max(&in, 1, PRIORITY_MAX);
  command->content_format = (int)tg_row_get(&in, 2);
  if (command->content_format == FORMAT_NONE) command->content_format = -1;
  command->deadline_ms = (int64_t)tg_row_get(&in, 8);
  command->path = tg_row_get_path(&in);
  row->ep = tg_row_get_bytes(&in, (size_t)tg_row_get_max(&in, 1, TG_JOURNAL_ROW_EP_MAX));
  command->tag = tg_row_get_bytes(&in, (size_t)tg_row_get_max(&in, 1, TAG_MAX));
  command->replace_key = tg_row_get_bytes(&in, (size_t)tg_row_get_max(&in, 1, TG_JOURNAL_ROW_KEY_MAX));
  command->owner = tg_row_get_bytes(&in, (size_t)tg_row_get_max(&in, 1, TAG_MAX));
  command->text = tg_row_get_bytes(&in, (size_t)tg_row_get_max(&in, 2, TEXT_MAX));
  get_records(&in, records, command);
  command->durable = true;
  bool is_name = row->ep.len > 0 && tg_slice_find(row->ep, 0) == row->ep.len;
  return in.bad || in.rest.len || !is_name ? TG_E_CORRUPT : TG_OK;
}
