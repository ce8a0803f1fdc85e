/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: the text beside an image; see fw_info.h. Called by fw_image.c. */

#include "core/firmware/fw_info.h"

#include <inttypes.h>

#include "core/base/hex.h"
#include "core/base/num.h"

static const char head[] = "tidegate-image 1\n";

bool tg_fw_info_is_version(tg_slice_t version) {
  if (version.len > TG_FW_VERSION_MAX) return false;
  for (size_t i = 0; i < version.len; i++) {
    if (version.p[i] < 0x20 || version.p[i] == 0x7F) return false;
  }
  return true;
}

void tg_fw_info_encode(const tg_fw_image_t *image, tg_buf_t *out) {
  tg_buf_put_str(out, head);
  tg_buf_put_fmt(out, "size %" PRIu64 "\nsha256 ", image->size);
  tg_hex_put(out, tg_slice(image->sha256, TG_FW_SHA256));
  tg_buf_put_fmt(out, "\nadded %" PRId64 "\nversion %s\n", image->added_ms, image->version);
}

/* Takes `key value\n` off the front; an empty slice with *bad set where it is something else. */
static tg_slice_t take(tg_slice_t *rest, const char *key, bool *bad) {
  tg_slice_t name = tg_slice_str(key);
  if (tg_slice_find(*rest, '\n') == rest->len || !tg_slice_begins(*rest, name)) *bad = true;
  tg_slice_t line = tg_slice_take(rest, '\n');
  return *bad ? tg_slice(NULL, 0) : tg_slice_from(line, name.len);
}

tg_rc_t tg_fw_info_decode(tg_slice_t text, char version[TG_FW_VERSION_MAX + 1], tg_fw_image_t *image) {
  bool bad = !tg_slice_begins(text, tg_slice_str(head));
  tg_slice_t rest = tg_slice_from(text, sizeof head - 1);
  tg_slice_t size = take(&rest, "size ", &bad);
  tg_slice_t digest = take(&rest, "sha256 ", &bad);
  tg_slice_t added = take(&rest, "added ", &bad);
  tg_slice_t says = take(&rest, "version ", &bad);
  tg_buf_t hash;
  tg_buf_init(&hash, image->sha256, TG_FW_SHA256);
  if (bad || rest.len || !tg_fw_info_is_version(says)) return TG_E_CORRUPT;
  if (tg_num_parse_u64(size, INT64_MAX, &image->size) != TG_OK) return TG_E_CORRUPT;
  if (tg_hex_get(digest, &hash) != TG_OK || hash.len != TG_FW_SHA256) return TG_E_CORRUPT;
  if (tg_num_parse_i64(added, &image->added_ms) != TG_OK) return TG_E_CORRUPT;
  if (says.len) memcpy(version, says.p, says.len);
  version[says.len] = '\0';
  image->version = version;
  return TG_OK;
}
