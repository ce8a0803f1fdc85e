/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the control socket: answers as JSON lines. See control_reply.h. */

#include "bindings/host/control_reply.h"

enum { REPLY_MAX = 4 << 20 };

void tg_control_reply_begin(tg_control_reply_t *reply, const tg_control_tag_t *tag) {
  tg_buf_init_growing(&reply->line, REPLY_MAX);
  tg_json_write_begin(&reply->json, &reply->line);
  tg_json_write_open(&reply->json, '{');
  if (tag && tag->len) tg_control_reply_str(reply, "id", tg_slice(tag->b, tag->len));
}

void tg_control_reply_str(tg_control_reply_t *reply, const char *key, tg_slice_t text) {
  tg_json_write_key(&reply->json, key);
  tg_json_write_str(&reply->json, text);
}

void tg_control_reply_text(tg_control_reply_t *reply, const char *key, const char *text) {
  tg_control_reply_str(reply, key, tg_slice_str(text));
}

void tg_control_reply_int(tg_control_reply_t *reply, const char *key, int64_t value) {
  tg_json_write_key(&reply->json, key);
  tg_json_write_int(&reply->json, value);
}

void tg_control_reply_bool(tg_control_reply_t *reply, const char *key, bool value) {
  tg_json_write_key(&reply->json, key);
  tg_json_write_bool(&reply->json, value);
}

void tg_control_reply_record(tg_control_reply_t *reply, const tg_model_t *model, const tg_record_t *record) {
  char path[TG_PATH_TEXT_MAX];
  const tg_resdef_t *def = model ? tg_model_resource(model, &record->path) : NULL;
  tg_control_reply_text(reply, "path", tg_path_text(&record->path, path));
  if (def && def->sensitive) {
    tg_control_reply_bool(reply, "hidden", true);
  } else {
    tg_json_write_key(&reply->json, "value");
    tg_json_write_value(&reply->json, &record->value);
    tg_control_reply_text(reply, "type", tg_value_type_name(record->value.type));
  }
  if (record->time_ms) {
    tg_json_write_key(&reply->json, "t");
    tg_json_write_double(&reply->json, (double)record->time_ms / 1000);
  }
  if (def && def->name) tg_control_reply_text(reply, "name", def->name);
  if (def && def->unit && *def->unit) tg_control_reply_text(reply, "unit", def->unit);
}

tg_slice_t tg_control_reply_line(tg_control_reply_t *reply, bool last) {
  if (last) tg_control_reply_bool(reply, "end", true);
  tg_json_write_close(&reply->json, '}');
  tg_buf_put_u8(&reply->line, '\n');
  return reply->line.rc == TG_OK ? tg_buf_slice(&reply->line) : tg_slice(NULL, 0);
}

void tg_control_reply_fini(tg_control_reply_t *reply) {
  tg_buf_fini(&reply->line);
}

void tg_control_reply_send(tg_control_reply_t *reply, tg_control_conn_t *conn, bool last) {
  tg_slice_t line = tg_control_reply_line(reply, last);
  /* Without memory for the line the asker still learns that its answer is over. */
  if (line.len == 0)
    line = tg_slice_str("{\"error\":\"no_memory\",\"message\":\"the answer does not fit\",\"end\":true}\n");
  tg_control_conn_send(conn, line);
  tg_control_reply_fini(reply);
}

void tg_control_reply_error(tg_control_conn_t *conn, const tg_control_tag_t *tag, tg_rc_t rc, const char *message) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, tag);
  tg_control_reply_text(&reply, "error", tg_rc_name(rc));
  tg_control_reply_text(&reply, "message", message ? message : tg_rc_text(rc));
  tg_control_reply_send(&reply, conn, true);
}
