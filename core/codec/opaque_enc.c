/* SPDX-License-Identifier: Apache-2.0 */
/* Opaque, one value to bytes (LwM2M Core 1.1 §7.4.2). Called through the table in codec.c. */

#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

tg_rc_t tg_opaque_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_single(output, &value);
  if (rc != TG_OK) return rc;
  if (value.type != TG_TYPE_OPAQUE) return TG_E_TYPE;
  tg_buf_put(out, value.s);
  return out->rc;
}
