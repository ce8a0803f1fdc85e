/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text, one value to bytes (LwM2M Core 1.1 §7.4.1, Appendix C). Called through the table in codec.c. */

#include <math.h>

#include "core/base/base64.h"
#include "core/base/num.h"
#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

/* Not every peer reads an exponent, and none needs the hundreds of digits that the extremes have without one. */
static bool needs_exponent(double f) {
  double magnitude = fabs(f);
  return magnitude >= 1e40 || (magnitude > 0 && magnitude < 1e-20);
}

tg_rc_t tg_text_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_single(output, &value);
  if (rc != TG_OK) return rc;
  switch (value.type) {
  case TG_TYPE_FLOAT:
    if (!isfinite(value.f)) return TG_E_RANGE;
    tg_num_put_double(out, value.f, needs_exponent(value.f));
    break;
  case TG_TYPE_BOOLEAN: tg_buf_put_u8(out, value.b ? '1' : '0'); break;
  case TG_TYPE_OPAQUE: tg_base64_put(out, value.s); break;
  case TG_TYPE_TIME: /* people want a date there, devices the number */
    value.type = TG_TYPE_INTEGER;
    tg_value_put_text(out, &value);
    break;
  case TG_TYPE_STRING:
  case TG_TYPE_INTEGER:
  case TG_TYPE_UNSIGNED:
  case TG_TYPE_OBJLNK:
  case TG_TYPE_CORELNK: tg_value_put_text(out, &value); break;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: return TG_E_TYPE;
  }
  return out->rc;
}
