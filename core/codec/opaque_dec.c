/* SPDX-License-Identifier: Apache-2.0 */
/* Opaque, bytes to one value (LwM2M Core 1.1 §7.4.2). Called through the table in codec.c. */

#include "core/codec/codec_format.h"
#include "core/codec/codec_in.h"

typedef struct opaque_state {
  tg_codec_in_t in;
  bool ended;
} opaque_state_t;

_Static_assert(sizeof(opaque_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  opaque_state_t *opaque = state;
  tg_codec_in_init(&opaque->in, input);
  opaque->ended = false;
  return input->base.len < TG_PATH_RESOURCE ? TG_E_FORMAT : TG_OK;
}

static tg_rc_t next(void *state, tg_record_t *record) {
  opaque_state_t *opaque = state;
  if (opaque->ended) return TG_END;
  opaque->ended = true;
  tg_value_t value = {.type = TG_TYPE_OPAQUE, .s = opaque->in.input->payload};
  return tg_codec_in_place_single(&opaque->in, &value, record);
}

const tg_codec_reader_t tg_opaque_dec_reader = {sizeof(opaque_state_t), init, next};
