/* SPDX-License-Identifier: Apache-2.0 */
/* The row of the store that says how old outbox messages are: what is taken is written again to the same bytes, and marks can go on from there. */

#include <stdlib.h>

#include "core/store/store_age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t memory[4096];
  tg_buf_t out;
  tg_store_age_t age = {.max_ms = 64000};
  tg_store_age_decode(&age, tg_slice(data, size));
  require(age.count <= TG_COUNT(age.marks));
  if (age.count) {
    tg_buf_init(&out, memory, sizeof memory);
    tg_store_age_encode(&age, age.ran_ms, &out);
    require(out.rc == TG_OK && tg_slice_eq(tg_buf_slice(&out), tg_slice(data, size)));
  }
  uint64_t before = 0;
  for (uint64_t i = 0; i < 200; i++) {
    uint64_t ran = age.ran_ms + i * 1000;
    tg_store_age_mark(&age, i + 1, ran);
    uint64_t limit = tg_store_age_limit(&age, ran);
    require(age.count <= TG_COUNT(age.marks) && limit >= before);
    before = limit;
  }
  return 0;
}
