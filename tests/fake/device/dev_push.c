/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of the Package; see dev_push.h. A block that does not begin where the image ends is 4.08, one that is there already with the
 * same bytes is answered again. A gateway that comes back after a while may go on where it was. Called by dev_serve.c.
 */

#include "tests/fake/device/dev_push.h"

#include "tests/fake/device/dev_fw.h"

typedef struct block {
  bool there;
  bool more;
  uint8_t szx;
  uint32_t num;
  size_t at; /* bytes before it */
  tg_slice_t bytes;
} block_t;

static size_t size_of(unsigned szx) {
  return (size_t)16 << szx;
}

static bool read_block(const tg_coap_msg_t *request, block_t *block) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(request, TG_OPT_BLOCK1);
  uint32_t value = 0;
  *block = (block_t){.there = opt != NULL, .bytes = request->payload};
  if (!opt) return true;
  if (tg_coap_msg_uint(opt, &value) != TG_OK || (value & 7) == 7 || value >> 24) return false;
  block->szx = value & 7;
  block->more = (value & 8) != 0;
  block->num = value >> 4;
  block->at = block->num * size_of(block->szx);
  size_t size = size_of(block->szx);
  return block->more ? block->bytes.len == size : block->bytes.len <= size;
}

/* The first answer asks for our block size where the other side's is larger (RFC 7959 §2.5). */
static int64_t reply_block(const tg_dev_t *dev, const block_t *block) {
  unsigned szx = block->szx;
  while (block->num == 0 && szx > 0 && size_of(szx) > dev->config->fw.block) szx--;
  return block->there ? (int64_t)(block->num << 4 | (block->more ? 8U : 0U) | szx) : -1;
}

static bool is_reset(const block_t *block) {
  return block->num == 0 && !block->more &&
         (block->bytes.len == 0 || (block->bytes.len == 1 && block->bytes.p[0] == 0));
}

/* Another Request-Tag says another body (RFC 9175 §3.2); most devices do not look. */
static bool is_same_body(const tg_dev_t *dev, const tg_coap_msg_t *request) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(request, TG_OPT_REQUEST_TAG);
  tg_slice_t tag = opt ? tg_coap_msg_value(opt) : tg_slice(NULL, 0);
  return !dev->config->fw.strict_tag || tg_slice_eq(tag, tg_slice(dev->push_tag, dev->push_tag_len));
}

static void keep_tag(tg_dev_t *dev, const tg_coap_msg_t *request) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(request, TG_OPT_REQUEST_TAG);
  dev->push_tag_len = opt && opt->len <= sizeof dev->push_tag ? (uint8_t)opt->len : 0;
  if (dev->push_tag_len) memcpy(dev->push_tag, opt->p, dev->push_tag_len);
}

static bool is_there_already(const tg_dev_t *dev, const block_t *block) {
  tg_slice_t image = tg_dev_fw_image(dev);
  size_t end = block->at + block->bytes.len;
  return end <= image.len && block->more == (end < image.len || tg_dev_fw_state(dev) == TG_DEV_FW_DOWNLOADING) &&
         tg_slice_eq(block->bytes, tg_slice(image.p + block->at, block->bytes.len));
}

static uint8_t take(tg_dev_t *dev, const block_t *block) {
  tg_rc_t rc = tg_dev_fw_append(dev, block->bytes);
  if (rc == TG_E_TOO_LONG) return TG_COAP_413;
  if (rc != TG_OK) return TG_COAP_500;
  if (block->more) return TG_COAP_231;
  tg_dev_fw_complete(dev);
  return TG_COAP_204;
}

/* By the state: 4.05 where no push may begin or go on, 4.08 for a block that does not fit (Core 1.1 Appendix E.6). */
static uint8_t judge(tg_dev_t *dev, const tg_coap_msg_t *request, const block_t *block) {
  int state = tg_dev_fw_state(dev);
  if (is_reset(block)) {
    if (state == TG_DEV_FW_UPDATING) return TG_COAP_405;
    tg_dev_fw_reset(dev);
    return TG_COAP_204;
  }
  bool known = block->there && is_same_body(dev, request) && is_there_already(dev, block);
  if (state == TG_DEV_FW_DOWNLOADED && known) return block->more ? TG_COAP_231 : TG_COAP_204;
  if (state >= TG_DEV_FW_DOWNLOADED || tg_dev_fw_is_pulling(dev)) return TG_COAP_405;
  if (block->num == 0) {
    tg_dev_fw_begin(dev);
    keep_tag(dev, request);
    return take(dev, block);
  }
  if (state != TG_DEV_FW_DOWNLOADING || !is_same_body(dev, request)) return TG_COAP_408;
  if (known) return TG_COAP_231;
  return block->at == tg_dev_fw_image(dev).len ? take(dev, block) : TG_COAP_408;
}

uint8_t tg_dev_push_take(tg_dev_t *dev, const tg_coap_msg_t *request, int64_t *block1) {
  const tg_coap_opt_t *format = tg_coap_msg_find(request, TG_OPT_CONTENT_FORMAT);
  uint32_t number = TG_CF_OPAQUE;
  block_t block;
  *block1 = -1;
  if (format && (tg_coap_msg_uint(format, &number) != TG_OK || number != TG_CF_OPAQUE)) return TG_COAP_415;
  if (!read_block(request, &block)) return TG_COAP_400;
  if (dev->config->fw.method == TG_DEV_PULL) return TG_COAP_405;
  uint8_t code = judge(dev, request, &block);
  *block1 = reply_block(dev, &block);
  return code;
}
