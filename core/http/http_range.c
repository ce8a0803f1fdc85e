/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/http: see http_range.h. Called by handlers that serve files. */

#include "core/http/http_range.h"

#include "core/base/num.h"

tg_rc_t tg_http_range_get(tg_slice_t header, uint64_t size, uint64_t *from, uint64_t *len) {
  static const char unit[] = "bytes=";
  tg_slice_t rest = tg_slice_from(header, sizeof unit - 1);
  if (!tg_slice_begins(header, tg_slice_str(unit)) || tg_slice_find(rest, '-') == rest.len) return TG_E_NOT_FOUND;
  tg_slice_t first = tg_slice_take(&rest, '-');
  uint64_t low = 0, high = UINT64_MAX;
  if (first.len && tg_num_parse_u64(first, INT64_MAX, &low) != TG_OK) return TG_E_NOT_FOUND;
  if (rest.len && tg_num_parse_u64(rest, INT64_MAX, &high) != TG_OK) return TG_E_NOT_FOUND;
  if (!first.len && !rest.len) return TG_E_NOT_FOUND;
  if (!first.len) { /* the last so many bytes */
    if (high == 0) return TG_E_RANGE;
    low = high < size ? size - high : 0;
    high = UINT64_MAX;
  }
  if (high < low) return TG_E_NOT_FOUND;
  if (low >= size) return TG_E_RANGE;
  *from = low;
  *len = high < size - 1 ? high - low + 1 : size - low;
  return TG_OK;
}
