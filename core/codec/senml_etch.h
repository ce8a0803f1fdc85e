/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_SENML_ETCH_H
#define TG_CORE_CODEC_SENML_ETCH_H

/**
 * What SenML packs of FETCH and iPATCH may hold (RFC 8790 §3): names, or values and nulls. Their spelling is that of SenML, so they have
 * no reader and writer of their own; whether null is a value depends on the format (320 and 322 have it, 110 and 112 don't).
 */

#include "core/codec/codec.h"

/** Judges a record that was read: @p value is its value, @p has_value whether it had a label for one. TG_E_SYNTAX where the use of @p input has no such record. */
TG_MUST_CHECK tg_rc_t tg_senml_etch_take(const tg_codec_input_t *input, const tg_value_t *value, bool has_value);

/** Judges the records that are to be written. TG_E_ARG for a value in a list of names, TG_E_FORMAT for null in a format without it. */
TG_MUST_CHECK tg_rc_t tg_senml_etch_check(const tg_codec_output_t *output);

#endif
