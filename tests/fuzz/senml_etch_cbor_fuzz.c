/* SPDX-License-Identifier: Apache-2.0 */
/* SenML-ETCH CBOR, as a list of names and as changes; what decodes must come back from both ETCH formats. */

#include "tests/fuzz/payload_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int formats[] = {TG_CF_ETCH_CBOR, TG_CF_ETCH_JSON, -1};
  static const tg_codec_use_t uses[] = {TG_CODEC_USE_FETCH, TG_CODEC_USE_PATCH};
  payload_fuzz_run_for(uses, TG_COUNT(uses), TG_CF_ETCH_CBOR, tg_slice(data, size), formats);
  return 0;
}
