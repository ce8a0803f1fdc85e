/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the control socket: members of requests. See control_fields.h. */

#include "bindings/host/control_fields.h"

#include <stdio.h>

void tg_control_fields_init(tg_control_fields_t *fields, const tg_control_request_t *request) {
  *fields = (tg_control_fields_t){.body = request->body, .rc = TG_OK};
}

void tg_control_fields_fail(tg_control_fields_t *fields, tg_rc_t rc, const char *why) {
  if (fields->rc != TG_OK) return;
  fields->rc = rc;
  (void)snprintf(fields->why, sizeof fields->why, "%s", why);
}

static void fail(tg_control_fields_t *fields, tg_rc_t rc, const char *name, const char *what) {
  char why[sizeof fields->why];
  (void)snprintf(why, sizeof why, "%s %s", name, what);
  tg_control_fields_fail(fields, rc, why);
}

tg_slice_t tg_control_fields_text(tg_control_fields_t *fields, const char *name) {
  const tg_json_node_t *node = tg_json_read_get(fields->body, name);
  if (node && tg_json_read_kind(node) != TG_JSON_STRING) fail(fields, TG_E_TYPE, name, "is text");
  return tg_json_read_str(node);
}

tg_slice_t tg_control_fields_need(tg_control_fields_t *fields, const char *name) {
  tg_slice_t text = tg_control_fields_text(fields, name);
  if (!text.len) fail(fields, TG_E_ARG, name, "is missing");
  return text;
}

const char *tg_control_fields_cstr(tg_control_fields_t *fields, const char *name, char *out, size_t cap) {
  tg_slice_t text = tg_control_fields_text(fields, name);
  out[0] = '\0';
  if (text.len >= cap) fail(fields, TG_E_TOO_LONG, name, "is too long");
  else if (tg_slice_find(text, 0) < text.len) fail(fields, TG_E_ARG, name, "has a NUL in it");
  else if (text.len) {
    memcpy(out, text.p, text.len);
    out[text.len] = '\0';
  }
  return out;
}

int64_t tg_control_fields_int(tg_control_fields_t *fields, const char *name, int64_t least, int64_t most,
                              int64_t otherwise) {
  const tg_json_node_t *node = tg_json_read_get(fields->body, name);
  double value = 0;
  if (!node) return otherwise;
  bool is_fine = tg_json_read_double(node, &value) == TG_OK && value >= (double)least && value <= (double)most;
  if (is_fine && (double)(int64_t)value == value) return (int64_t)value;
  char what[64];
  (void)snprintf(what, sizeof what, "is a whole number from %lld to %lld", (long long)least, (long long)most);
  fail(fields, TG_E_RANGE, name, what);
  return otherwise;
}

bool tg_control_fields_bool(tg_control_fields_t *fields, const char *name) {
  const tg_json_node_t *node = tg_json_read_get(fields->body, name);
  bool value = false;
  if (node && tg_json_read_bool(node, &value) != TG_OK) fail(fields, TG_E_TYPE, name, "is true or false");
  return value;
}

tg_fw_method_t tg_control_fields_method(tg_control_fields_t *fields) {
  tg_fw_method_t method = TG_FW_AUTO;
  tg_slice_t text = tg_control_fields_text(fields, "method");
  if (text.len && tg_firmware_method_of(text, &method) != TG_OK)
    fail(fields, TG_E_ARG, "method", "is one of push pull-coap pull-http auto");
  return method;
}

bool tg_control_fields_refused(const tg_control_fields_t *fields, const tg_control_request_t *request) {
  if (fields->rc != TG_OK) tg_control_reply_error(request->conn, &request->tag, fields->rc, fields->why);
  return fields->rc != TG_OK;
}
