/* SPDX-License-Identifier: Apache-2.0 */
/* The text beside a firmware image: what can be read means the same when it is written and read again. */

#include "core/firmware/fw_info.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char version[TG_FW_VERSION_MAX + 1], again[TG_FW_VERSION_MAX + 1];
  tg_fw_image_t image = {0}, second = {0};
  uint8_t memory[512];
  tg_buf_t out;
  if (tg_fw_info_decode(tg_slice(data, size), version, &image) != TG_OK) return 0;
  fuzz_require(tg_fw_info_is_version(tg_slice_str(version)));
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_info_encode(&image, &out);
  fuzz_require(out.rc == TG_OK && tg_fw_info_decode(tg_buf_slice(&out), again, &second) == TG_OK);
  fuzz_require(image.size == second.size && image.added_ms == second.added_ms && strcmp(version, again) == 0);
  fuzz_require(memcmp(image.sha256, second.sha256, TG_FW_SHA256) == 0);
  return 0;
}
