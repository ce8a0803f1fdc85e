/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the simulated device: the format of its firmware; see dev_image.h. */

#include "tests/fake/device/dev_image.h"

#include <stdio.h>

#include "core/base/hash.h"

enum { HEAD_MAX = 200, BAD_CHECKSUM = 5, BAD_TYPE = 6 };

static bool keep(tg_slice_t word, char *to) {
  if (!word.len || word.len >= TG_DEV_TEXT_MAX) return false;
  memcpy(to, word.p, word.len);
  to[word.len] = '\0';
  return true;
}

int tg_dev_image_read(tg_slice_t bytes, tg_dev_image_t *image) {
  tg_slice_t body = bytes, head = tg_slice_take(&body, '\n');
  char crc[9];
  if (head.len > HEAD_MAX || head.len == bytes.len || !tg_slice_is(tg_slice_take(&head, ' '), "TGFW")) return BAD_TYPE;
  if (!keep(tg_slice_take(&head, ' '), image->version) || !keep(tg_slice_take(&head, ' '), image->model))
    return BAD_TYPE;
  snprintf(crc, sizeof crc, "%08x", tg_hash_crc32(0, body));
  return tg_slice_is(head, crc) ? 0 : BAD_CHECKSUM;
}
