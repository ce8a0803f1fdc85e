/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M CBOR of reports, writes and changes; what decodes must come back from it, and from ETCH CBOR, which has names and null too. */

#include "tests/fuzz/payload_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int formats[] = {TG_CF_LWM2M_CBOR, TG_CF_ETCH_CBOR, -1};
  static const tg_codec_use_t uses[] = {TG_CODEC_USE_REPORT, TG_CODEC_USE_WRITE, TG_CODEC_USE_PATCH};
  payload_fuzz_run_for(uses, TG_COUNT(uses), TG_CF_LWM2M_CBOR, tg_slice(data, size), formats);
  return 0;
}
