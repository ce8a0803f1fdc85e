/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the NIDD link: destinations and callback paths. See link_nidd_find.h. */

#include "core/link/link_nidd_find.h"

/* What follows @p base and a slash; empty when @p text does not begin so. */
static tg_slice_t after(tg_slice_t text, const char *base) {
  tg_slice_t head = tg_slice_str(base);
  if (!tg_slice_begins(text, head) || text.len == head.len || text.p[head.len] != '/') return tg_slice(NULL, 0);
  return tg_slice_from(text, head.len + 1);
}

bool tg_link_nidd_find_is_ours(const tg_link_nidd_t *nidd, tg_slice_t destination) {
  tg_slice_t token = after(destination, nidd->notify_url);
  return token.len > 0 && tg_slice_find(token, '/') == token.len;
}

bool tg_link_nidd_find_is_destination(const tg_link_nidd_device_t *device, tg_slice_t destination) {
  return tg_slice_is(after(destination, device->nidd->notify_url), device->token);
}

tg_link_nidd_device_t *tg_link_nidd_find_by_path(const tg_link_nidd_t *nidd, tg_slice_t path) {
  tg_slice_t token = after(path, nidd->notify_path);
  return token.len == TG_LINK_NIDD_TOKEN ? tg_link_nidd_state_find_token(nidd, token) : NULL;
}
