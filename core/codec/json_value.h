/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_JSON_VALUE_H
#define TG_CORE_CODEC_JSON_VALUE_H

/** The value of a record as both JSON formats of LwM2M write it; they differ in their labels and in the alphabet of Base64. */

#include "core/codec/json_write.h"
#include "core/registry/value.h"

/** Labels by what they are for; a number's is `v` in both. */
typedef struct tg_json_labels {
  const char *text, *boolean, *link, *bytes;
  void (*put_base64)(tg_buf_t *out, tg_slice_t bytes);
} tg_json_labels_t;

/** Writes label and value. TG_E_RANGE for a float that is not finite; TG_E_TYPE for none at all. */
TG_MUST_CHECK tg_rc_t tg_json_value_put(tg_json_out_t *json, const tg_json_labels_t *labels, const tg_value_t *value);

#endif
