/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M 1.0's JSON; what decodes must come back from it and from SenML JSON. */

#include "tests/fuzz/payload_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int formats[] = {TG_CF_JSON, TG_CF_SENML_JSON, -1};
  payload_fuzz_run(TG_CF_JSON, tg_slice(data, size), formats);
  return 0;
}
