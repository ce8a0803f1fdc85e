/* SPDX-License-Identifier: Apache-2.0 */
/* CoRE link format: everything handed out lies inside the text, every call moves on, and clean links come back from the encoder. */

#include "core/codec/link_dec.h"
#include "core/codec/link_enc.h"
#include "tests/fuzz/fuzz.h"

static void require_inside(tg_slice_t part, tg_slice_t whole) {
  if (part.len)
    fuzz_require(part.p >= whole.p && part.len <= whole.len && (size_t)(part.p - whole.p) <= whole.len - part.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t memory[1 << 20];
  tg_slice_t text = tg_slice(data, size), name, value;
  tg_buf_t out;
  tg_link_enc_t enc;
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_rc_t rc;
  size_t links = 0, again = 0;
  tg_buf_init(&out, memory, sizeof memory);
  tg_link_enc_begin(&enc, &out);
  tg_link_dec_init(&dec, text);
  while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) {
    require_inside(link.target, text);
    require_inside(link.attrs, text);
    fuzz_require(++links <= size);
    tg_link_enc_target(&enc, link.target);
    for (size_t attrs = 0; tg_link_dec_attr(&dec, &link, &name, &value) == TG_OK;) {
      require_inside(name, text);
      require_inside(value, text);
      fuzz_require(name.len && ++attrs <= size);
      tg_link_enc_text(&enc, "a", value);
    }
  }
  fuzz_require(rc == TG_END || rc == TG_E_SYNTAX);
  if (dec.quirks || rc != TG_END) return 0;
  tg_link_dec_init(&dec, tg_buf_slice(&out));
  while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) again++;
  fuzz_require(rc == TG_END && again == links);
  return 0;
}
