/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: links to CoRE link format. Called by the server, the client and the command line. See link_enc.h. */

#include "core/codec/link_enc.h"

#include <inttypes.h>

#include "core/base/num.h"

void tg_link_enc_begin(tg_link_enc_t *enc, tg_buf_t *out) {
  *enc = (tg_link_enc_t){out, false};
}

static void open_link(tg_link_enc_t *enc) {
  tg_buf_put_str(enc->out, enc->comma ? ",<" : "<");
  enc->comma = true;
}

void tg_link_enc_target(tg_link_enc_t *enc, tg_slice_t target) {
  open_link(enc);
  tg_buf_put(enc->out, target);
  tg_buf_put_u8(enc->out, '>');
}

void tg_link_enc_path(tg_link_enc_t *enc, tg_slice_t prefix, const tg_path_t *path) {
  open_link(enc);
  tg_buf_put(enc->out, prefix);
  if (path->len || prefix.len == 0) tg_path_put(enc->out, path);
  tg_buf_put_u8(enc->out, '>');
}

void tg_link_enc_flag(tg_link_enc_t *enc, const char *name) {
  tg_buf_put_u8(enc->out, ';');
  tg_buf_put_str(enc->out, name);
}

static void put_name(tg_link_enc_t *enc, const char *name) {
  tg_link_enc_flag(enc, name);
  tg_buf_put_u8(enc->out, '=');
}

void tg_link_enc_uint(tg_link_enc_t *enc, const char *name, uint64_t value) {
  put_name(enc, name);
  tg_buf_put_fmt(enc->out, "%" PRIu64, value);
}

void tg_link_enc_double(tg_link_enc_t *enc, const char *name, double value) {
  put_name(enc, name);
  tg_num_put_double(enc->out, value, false);
}

void tg_link_enc_token(tg_link_enc_t *enc, const char *name, tg_slice_t value) {
  put_name(enc, name);
  tg_buf_put(enc->out, value);
}

void tg_link_enc_text(tg_link_enc_t *enc, const char *name, tg_slice_t value) {
  put_name(enc, name);
  tg_buf_put_u8(enc->out, '"');
  for (size_t i = 0; i < value.len; i++) {
    if (value.p[i] == '"' || value.p[i] == '\\') tg_buf_put_u8(enc->out, '\\');
    tg_buf_put_u8(enc->out, value.p[i]);
  }
  tg_buf_put_u8(enc->out, '"');
}
