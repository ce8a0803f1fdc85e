/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CBOR_SCALAR_H
#define TG_CORE_CODEC_CBOR_SCALAR_H

/** One value as one CBOR item, where the item itself tells the type (LwM2M Core 1.1 §7.4.3): used by CBOR (60) and LwM2M CBOR. */

#include "core/codec/cbor_wire.h"
#include "core/codec/codec_in.h"

/**
 * The value that begins with the item @p item, whose head has been taken off @p rest: behind a tag of a time, strings in one piece (lent
 * from the payload or from scratch), NONE for null. TG_E_TRUNCATED, TG_E_SYNTAX for containers and other tags, TG_E_RANGE, the scratch
 * buffer's error.
 */
TG_MUST_CHECK tg_rc_t tg_cbor_scalar_take(const tg_codec_in_t *in, tg_slice_t *rest, tg_cbor_item_t *item,
                                          tg_value_t *value);

/** Appends @p value: a time as a plain integer, an object link as text, NONE as null. TG_E_RANGE for a float that is not finite, TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_cbor_scalar_put(tg_buf_t *out, const tg_value_t *value);

#endif
