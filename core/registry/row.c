/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry, for the rows of registrations and of commands; see row.h. */

#include "core/registry/row.h"

void tg_row_put_text(tg_buf_t *out, tg_slice_t text) {
  tg_buf_put_u8(out, (uint8_t)text.len);
  tg_buf_put(out, text);
}

void tg_row_put_path(tg_buf_t *out, const tg_path_t *path) {
  tg_buf_put_u8(out, (uint8_t)path->len);
  for (size_t i = 0; i < path->len; i++) tg_buf_put_be16(out, path->id[i]);
}

tg_slice_t tg_row_get_bytes(tg_row_t *row, size_t len) {
  if (row->bad || row->rest.len < len) {
    row->bad = true;
    return tg_slice(NULL, 0);
  }
  tg_slice_t bytes = tg_slice(row->rest.p, len);
  row->rest = tg_slice_from(row->rest, len);
  return bytes;
}

uint64_t tg_row_get(tg_row_t *row, size_t width) {
  tg_slice_t bytes = tg_row_get_bytes(row, width);
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.len; i++) value = value << 8 | bytes.p[i];
  return value;
}

uint64_t tg_row_get_max(tg_row_t *row, size_t width, uint64_t max) {
  uint64_t value = tg_row_get(row, width);
  if (value > max) row->bad = true;
  return row->bad ? 0 : value;
}

tg_slice_t tg_row_get_text(tg_row_t *row) {
  return tg_row_get_bytes(row, (size_t)tg_row_get(row, 1));
}

tg_path_t tg_row_get_path(tg_row_t *row) {
  tg_path_t path = {.len = (uint16_t)tg_row_get_max(row, 1, TG_PATH_RESOURCE_INSTANCE)};
  for (size_t i = 0; i < path.len; i++) path.id[i] = (uint16_t)tg_row_get(row, 2);
  return row->bad ? (tg_path_t){0} : path;
}
