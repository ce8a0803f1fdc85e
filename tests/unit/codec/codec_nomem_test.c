/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/codec_nomem_test.c: core/codec when an allocation fails: whole documents, and the buffer that decoded bytes go to. */

#include "core/codec/json_read.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/codec/payload.h"

static bool read_document(void *ud) {
  (void)ud;
  tg_json_t *doc = NULL;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_json_read(tg_slice_str("{\"a\":[1]}"), 64, &diag, &doc);
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    assert_non_null(strstr(diag.message, "out of memory"));
    assert_null(doc);
    return false;
  }
  check_int(tg_json_read_count(tg_json_read_get(tg_json_read_root(doc), "a")), 1);
  tg_json_read_free(doc);
  return true;
}

static void a_document_without_memory_says_so(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(read_document, NULL) >= 1);
}

/* A payload with bytes that must be decoded. */
typedef struct sample {
  int format;
  const char *base;
  tg_slice_t payload;
  const char *want;
} sample_t;

static bool decode(void *ud) {
  const sample_t *sample = ud;
  char text[64];
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  tg_rc_t rc = payload_decode(sample->format, sample->base, sample->payload, &out);
  if (rc == TG_OK) check_slice(tg_buf_slice(&out), sample->want);
  else check_rc(rc, TG_E_NOMEM);
  return rc == TG_OK;
}

static void bytes_that_find_no_room_are_not_handed_out(void **state) {
  (void)state;
  static const char etch[] = "[{\"n\":\"/30000/0/5\",\"vd\":\"AAEC\"}]",
                    json[] = "{\"e\":[{\"n\":\"5\",\"sv\":\"AAEC\"}]}";
  static const uint8_t pieces[] = {0x5F, 0x42, 0x00, 0x01, 0x41, 0x02, 0xFF};
  static const uint8_t pack[] = "\x81\xA2\x00\x6A/30000/0/5\x08\x5F\x42\x00\x01\x41\x02\xFF";
  const sample_t samples[] = {
      {TG_CF_TEXT, "/30000/0/5", tg_slice_str("AAEC"), "/30000/0/5=opaque:000102"},
      {TG_CF_CBOR, "/30000/0/5", tg_slice(pieces, sizeof pieces), "/30000/0/5=opaque:000102"},
      {TG_CF_SENML_JSON, "/30000/0", tg_slice_str(etch), "/30000/0/5=opaque:000102"},
      {TG_CF_SENML_CBOR, "/30000/0", tg_slice(pack, sizeof pack - 1), "/30000/0/5=opaque:000102"},
      {TG_CF_JSON, "/30000/0", tg_slice_str(json), "/30000/0/5=opaque:000102"},
  };
  (void)payload_model(); /* made before anything fails */
  for (size_t i = 0; i < TG_COUNT(samples); i++) {
    sample_t sample = samples[i];
    check_int(alloc_harness_each_failure(decode, &sample), 1);
  }
}

CHECK_SUITE(a_document_without_memory_says_so, bytes_that_find_no_room_are_not_handed_out)
