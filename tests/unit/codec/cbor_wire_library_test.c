/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/cbor_wire_library_test.c: core/codec/cbor_wire.c where the library below it lies: its decoder is replaced by one that says what a row has. */

#include <cbor.h>

#include "core/codec/cbor_wire.h"
#include "tests/unit/check.h"

/* What the library claims to have read, and the string that it hands out, in bytes from the first of the input. */
typedef struct claim {
  enum cbor_decoder_status status;
  size_t read;
  ptrdiff_t begins;
  uint64_t len;
} claim_t;

static claim_t now;

struct cbor_decoder_result cbor_stream_decode(cbor_data source, size_t source_size,
                                              const struct cbor_callbacks *callbacks, void *context) {
  (void)source_size;
  callbacks->byte_string(context, source + now.begins, now.len);
  return (struct cbor_decoder_result){.read = now.read, .status = now.status};
}

enum { BEFORE = 8, INPUT = 16 };

static void a_library_that_goes_beyond_the_input_is_not_believed(void **state) {
  (void)state;
  static const struct {
    claim_t claim;
    tg_rc_t rc;
  } rows[] = {
      {{CBOR_DECODER_FINISHED, 4, 1, 3}, TG_OK},
      {{CBOR_DECODER_FINISHED, INPUT, 1, INPUT - 1}, TG_OK},
      {{CBOR_DECODER_FINISHED, 4, INPUT, 0}, TG_OK}, /* of an empty string nothing is read, wherever it lies */
      {{CBOR_DECODER_NEDATA, 0, 1, 3}, TG_E_TRUNCATED},
      {{CBOR_DECODER_ERROR, 0, 1, 3}, TG_E_SYNTAX},
      {{CBOR_DECODER_FINISHED, 0, 1, 3}, TG_E_SYNTAX}, /* would be read for ever */
      {{CBOR_DECODER_FINISHED, INPUT + 1, 1, 3}, TG_E_SYNTAX},
      {{CBOR_DECODER_FINISHED, 4, -1, 3}, TG_E_TRUNCATED},
      {{CBOR_DECODER_FINISHED, 4, 1, INPUT}, TG_E_TRUNCATED},
      {{CBOR_DECODER_FINISHED, 4, 1, SIZE_MAX - 2}, TG_E_TRUNCATED},
      {{CBOR_DECODER_FINISHED, 4, INPUT - 2, 3}, TG_E_TRUNCATED},
  };
  static const uint8_t memory[BEFORE + INPUT] = {[BEFORE] = 0x5B}; /* a head that is left to the library */
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_slice_t rest = tg_slice(memory + BEFORE, INPUT);
    tg_cbor_item_t item;
    now = rows[i].claim;
    tg_rc_t rc = tg_cbor_wire_next(&rest, &item);
    if (rc != rows[i].rc) print_error("row %zu\n", i);
    check_rc(rc, rows[i].rc);
    check_int(rest.len, rc == TG_OK ? INPUT - now.read : INPUT);
  }
}

CHECK_SUITE(a_library_that_goes_beyond_the_input_is_not_believed)
