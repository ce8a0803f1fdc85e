/* SPDX-License-Identifier: Apache-2.0 */
/* JSON documents: what is read can be walked, written by our writer and read again. */

#include "core/codec/json_read.h"
#include "core/codec/json_write.h"
#include "tests/fuzz/fuzz.h"

static void write_node(tg_json_out_t *out, const tg_json_node_t *node);

static bool write_member(void *ud, tg_slice_t name, const tg_json_node_t *value) {
  tg_json_out_t *out = ud;
  tg_json_write_str(out, name);
  tg_buf_put_u8(out->out, ':');
  out->comma = false;
  write_node(out, value);
  return true;
}

/* Recursion is bounded by the reader's own depth of 16. */
static void write_node(tg_json_out_t *out, const tg_json_node_t *node) {
  int64_t i;
  uint64_t u;
  double d;
  bool b;
  switch (tg_json_read_kind(node)) {
  case TG_JSON_NULL: tg_json_write_null(out); break;
  case TG_JSON_BOOL:
    fuzz_require(tg_json_read_bool(node, &b) == TG_OK);
    tg_json_write_bool(out, b);
    break;
  case TG_JSON_INT:
    fuzz_require(tg_json_read_int(node, &i) == TG_OK);
    tg_json_write_int(out, i);
    break;
  case TG_JSON_UINT:
    fuzz_require(tg_json_read_uint(node, &u) == TG_OK && tg_json_read_int(node, &i) == TG_E_RANGE);
    tg_json_write_uint(out, u);
    break;
  case TG_JSON_DOUBLE:
    fuzz_require(tg_json_read_double(node, &d) == TG_OK);
    tg_json_write_double(out, d);
    break;
  case TG_JSON_STRING: tg_json_write_str(out, tg_json_read_str(node)); break;
  case TG_JSON_ARRAY:
    tg_json_write_open(out, '[');
    for (size_t at = 0; at < tg_json_read_count(node); at++) write_node(out, tg_json_read_at(node, at));
    tg_json_write_close(out, ']');
    break;
  case TG_JSON_OBJECT:
    tg_json_write_open(out, '{');
    tg_json_read_each(node, write_member, out);
    tg_json_write_close(out, '}');
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t first[1 << 20], second[1 << 20];
  tg_json_t *doc = NULL, *again = NULL;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_json_read(tg_slice(data, size), 65536, &diag, &doc);
  fuzz_require((rc == TG_OK) == (diag.message[0] == '\0'));
  if (rc != TG_OK) return 0;
  tg_buf_t out, out_again;
  tg_json_out_t json;
  tg_buf_init(&out, first, sizeof first);
  tg_json_write_begin(&json, &out);
  write_node(&json, tg_json_read_root(doc));
  fuzz_require(tg_json_read(tg_buf_slice(&out), sizeof first, NULL, &again) == TG_OK);
  tg_buf_init(&out_again, second, sizeof second);
  tg_json_write_begin(&json, &out_again);
  write_node(&json, tg_json_read_root(again));
  fuzz_require(tg_slice_eq(tg_buf_slice(&out), tg_buf_slice(&out_again)));
  tg_json_read_free(doc);
  tg_json_read_free(again);
  return 0;
}
