/* SPDX-License-Identifier: Apache-2.0 */
/* Single CBOR items; what decodes must come back from it and from SenML CBOR. */

#include "tests/fuzz/payload_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int formats[] = {TG_CF_CBOR, TG_CF_SENML_CBOR, -1};
  payload_fuzz_run(TG_CF_CBOR, tg_slice(data, size), formats);
  return 0;
}
