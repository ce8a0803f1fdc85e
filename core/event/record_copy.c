/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/event: the records first, their bytes behind them; see record_copy.h. */

#include "core/event/record_copy.h"

size_t tg_record_copy_size(const tg_record_t *items, size_t count) {
  size_t size = count * sizeof *items;
  for (size_t i = 0; i < count; i++) {
    if (tg_record_copy_has_bytes(items[i].value.type)) size += items[i].value.s.len;
  }
  return (size + 7) / 8 * 8;
}

tg_record_t *tg_record_copy(const tg_record_t *items, size_t count, void *memory) {
  if (count == 0) return NULL;
  tg_record_t *copy = memory;
  memcpy(copy, items, count * sizeof *items);
  uint8_t *bytes = (uint8_t *)(copy + count);
  for (size_t i = 0; i < count; i++) {
    if (!tg_record_copy_has_bytes(copy[i].value.type)) continue;
    tg_slice_t from = copy[i].value.s;
    if (from.len) memcpy(bytes, from.p, from.len);
    copy[i].value.s = tg_slice(bytes, from.len);
    bytes += from.len;
  }
  return copy;
}
