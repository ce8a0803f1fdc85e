/* SPDX-License-Identifier: Apache-2.0 */
/* One value as one CBOR item (content format 60, LwM2M Core 1.1 §7.4.3). Called through the table in codec.c. */

#include "core/codec/cbor_scalar.h"
#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

enum { TAG_TIME = 1 };

tg_rc_t tg_cbor_value_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_single(output, &value);
  if (rc != TG_OK) return rc;
  if (value.type == TG_TYPE_TIME) tg_cbor_wire_put_tag(out, TAG_TIME);
  rc = tg_cbor_scalar_put(out, &value);
  return rc == TG_OK ? out->rc : rc;
}
