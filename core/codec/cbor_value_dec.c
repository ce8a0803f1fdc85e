/* SPDX-License-Identifier: Apache-2.0 */
/* One CBOR item as one value, bytes to value (content format 60, LwM2M Core 1.1 §7.4.3). Called through the table in codec.c. */

#include "core/codec/cbor_scalar.h"
#include "core/codec/codec_format.h"

typedef struct cbor_value_state {
  tg_codec_in_t in;
  bool ended;
} cbor_value_state_t;

_Static_assert(sizeof(cbor_value_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  cbor_value_state_t *cbor = state;
  tg_codec_in_init(&cbor->in, input);
  cbor->ended = false;
  return input->base.len < TG_PATH_RESOURCE ? TG_E_FORMAT : TG_OK;
}

static tg_rc_t next(void *state, tg_record_t *record) {
  cbor_value_state_t *cbor = state;
  if (cbor->ended) return TG_END;
  cbor->ended = true;
  tg_slice_t rest = cbor->in.input->payload;
  tg_cbor_item_t item;
  tg_value_t value;
  tg_rc_t rc = tg_cbor_wire_next(&rest, &item);
  if (rc != TG_OK) return rc == TG_END ? TG_E_TRUNCATED : rc;
  rc = tg_cbor_scalar_take(&cbor->in, &rest, &item, &value);
  if (rc == TG_OK && rest.len) rc = TG_E_SYNTAX;
  if (rc == TG_OK && value.type == TG_TYPE_NONE) rc = TG_E_TYPE;
  return rc == TG_OK ? tg_codec_in_place_single(&cbor->in, &value, record) : rc;
}

const tg_codec_reader_t tg_cbor_value_dec_reader = {sizeof(cbor_value_state_t), init, next};
