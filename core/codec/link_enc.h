/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_LINK_ENC_H
#define TG_CORE_CODEC_LINK_ENC_H

/** Writes CoRE link format (RFC 6690): `/.well-known/core`, object lists, Discover. Commas are its business; errors are sticky in the buffer. */

#include "core/base/buf.h"
#include "core/registry/path.h"

/** Caller's memory. */
typedef struct tg_link_enc {
  tg_buf_t *out;
  bool comma; /* the next link needs a comma before it */
} tg_link_enc_t;

/** Begins at the end of @p out (kept). */
void tg_link_enc_begin(tg_link_enc_t *enc, tg_buf_t *out);

/** A link to @p target, written as it is; it must not hold `>`. */
void tg_link_enc_target(tg_link_enc_t *enc, tg_slice_t target);

/** A link to an LwM2M path below @p prefix (an alternate path or a gateway's device, such as `/dev0`; empty for none). */
void tg_link_enc_path(tg_link_enc_t *enc, tg_slice_t prefix, const tg_path_t *path);

/** An attribute of the last link without a value: `;obs`. */
void tg_link_enc_flag(tg_link_enc_t *enc, const char *name);

/** An attribute with a number: `;dim=2`. */
void tg_link_enc_uint(tg_link_enc_t *enc, const char *name, uint64_t value);

/** An attribute with a decimal number without exponent: `;gt=42.2`. */
void tg_link_enc_double(tg_link_enc_t *enc, const char *name, double value);

/** An attribute with a bare value such as a version: `;ver=1.1`. @p value must be a token of RFC 6690. */
void tg_link_enc_token(tg_link_enc_t *enc, const char *name, tg_slice_t value);

/** An attribute with a quoted value: `;rt="oma.lwm2m"`; quotes and backslashes are escaped. */
void tg_link_enc_text(tg_link_enc_t *enc, const char *name, tg_slice_t value);

#endif
