/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CODEC_OUT_H
#define TG_CORE_CODEC_CODEC_OUT_H

/** What every encoder of records shares: where a record may lie and which type the other side expects. */

#include "core/codec/codec.h"

/** Checks all records: at or below base, with a value only at a resource; with @p ascending also in order. TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_codec_out_check(const tg_codec_output_t *output, bool ascending);

/**
 * The value of @p record as its definition wants it; as it is when the resource is unknown. TG_E_TYPE (also for a value at a
 * multiple resource instead of at its instances), TG_E_RANGE, TG_E_ENCODING for text that is not UTF-8.
 */
TG_MUST_CHECK tg_rc_t tg_codec_out_value(const tg_codec_output_t *output, const tg_record_t *record, tg_value_t *value);

/** The same for a format that carries one value: TG_E_FORMAT unless there is exactly one record, and it is a resource. TG_E_TYPE without a value. */
TG_MUST_CHECK tg_rc_t tg_codec_out_single(const tg_codec_output_t *output, tg_value_t *value);

#endif
