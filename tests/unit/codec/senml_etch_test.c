/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/senml_etch_test.c: mirrors core/codec/senml_etch.c, in both spellings (content formats 320 and 322). */

#include "tests/unit/codec/payload.h"

static const payload_row_t json_fetches[] = {
    /* after RFC 8790 §3.1 */
    {"/", "[{\"bn\":\"/3306/0/\",\"n\":\"5850\"},{\"n\":\"5851\"}]", "/3306/0/5850\n/3306/0/5851", TG_OK},
    {"/", "[{\"n\":\"/3/0/0\"},{\"n\":\"/1/0/1\"}]", "/3/0/0\n/1/0/1", TG_OK},
    {"/", "[{\"bn\":\"/3/0\"}]", "/3/0", TG_OK},
    {"/", "[{\"n\":\"/\"}]", "/", TG_OK},
    {"/", "[]", "", TG_OK},
    {"/", "[{\"n\":\"/3/0/9\",\"u\":\"%\"}]", "/3/0/9", TG_OK},
    {"/", "[{\"n\":\"/3/0/9\",\"v\":1}]", NULL, TG_E_SYNTAX},
    {"/", "[{\"n\":\"/3/0/9\",\"v\":null}]", NULL, TG_E_SYNTAX},
    {"/", "[{\"n\":\"/3/0/9\"},{\"n\":\"/3/0/0\",\"vs\":\"x\"}]", NULL, TG_E_SYNTAX},
};

static const payload_row_t cbor_fetches[] = {
    {"/", "82 A1 00 66 2F332F302F30 A1 00 66 2F312F302F31", "/3/0/0\n/1/0/1", TG_OK},
    {"/", "82 A2 21 68 2F333330362F302F 00 64 35383530 A1 00 64 35383531", "/3306/0/5850\n/3306/0/5851", TG_OK},
    {"/", "81 A1 21 64 2F332F30", "/3/0", TG_OK},
    {"/", "81 A2 00 66 2F332F302F39 02 01", NULL, TG_E_SYNTAX},
    {"/", "81 A2 00 66 2F332F302F39 02 F6", NULL, TG_E_SYNTAX},
};

static const payload_row_t json_patches[] = {
    /* after RFC 8790 §3.2 */
    {"/", "[{\"bn\":\"/3306/0/\",\"n\":\"5850\",\"vb\":false},{\"n\":\"5851\",\"v\":10}]",
     "/3306/0/5850=boolean:false\n/3306/0/5851=integer:10", TG_OK},
    {"/", "[{\"n\":\"/3/0/11/2\",\"v\":null},{\"n\":\"/3/0/11/3\",\"v\":7}]", "/3/0/11/2\n/3/0/11/3=integer:7", TG_OK},
    {"/", "[{\"n\":\"/30000/0/10/1\",\"vs\":null},{\"n\":\"/30000/0/15/1\",\"vd\":null}]",
     "/30000/0/10/1\n/30000/0/15/1", TG_OK},
    {"/", "[{\"n\":\"/3/0/9\"}]", NULL, TG_E_SYNTAX},
    {"/", "[{\"n\":\"/3/0/11/2\",\"v\":null,\"vs\":\"x\"}]", NULL, TG_E_SYNTAX},
    {"/", "[{\"n\":\"/3/0/11/2\",\"v\":null,\"v\":1}]", NULL, TG_E_DUPLICATE},
    {"/3", "[{\"n\":\"/4/0/11/2\",\"v\":null}]", NULL, TG_E_DENIED},
    {"/", "[{\"v\":null}]", NULL, TG_E_SYNTAX},
};

static const payload_row_t cbor_patches[] = {
    {"/", "81 A2 00 69 2F332F302F31312F32 02 F6", "/3/0/11/2", TG_OK}, /* lwm2m.md 2.6 */
    {"/", "83 A3 21 61 2F 00 65 312F302F32 02 18 65 A2 00 65 312F302F36 04 F5 A2 00 66 332F302F3133 02 00",
     "/1/0/2=integer:101\n/1/0/6=boolean:true\n/3/0/13=time:0", TG_OK}, /* int-257 */
    {"/", "82 A2 00 69 2F332F302F31312F32 02 F6 A2 00 69 2F332F302F31312F33 02 07", "/3/0/11/2\n/3/0/11/3=integer:7",
     TG_OK},
    {"/", "81 A1 00 69 2F332F302F31312F32", NULL, TG_E_SYNTAX},
    {"/", "81 A2 00 69 2F332F302F31312F32 02 F7", NULL, TG_E_SYNTAX}, /* undefined is not null */
};

static void reads_lists_of_names(void **state) {
  (void)state;
  payload_use = TG_CODEC_USE_FETCH;
  payload_check_rows(TG_CF_ETCH_JSON, false, json_fetches, TG_COUNT(json_fetches));
  payload_check_rows(TG_CF_ETCH_CBOR, true, cbor_fetches, TG_COUNT(cbor_fetches));
  /* plain SenML carries them too (LwM2M 1.1 §6.3.8) */
  payload_check_rows(TG_CF_SENML_JSON, false, json_fetches, TG_COUNT(json_fetches));
  payload_check_rows(TG_CF_SENML_CBOR, true, cbor_fetches, TG_COUNT(cbor_fetches));
  payload_check_prefixes(TG_CF_ETCH_JSON, false, json_fetches, TG_COUNT(json_fetches));
  payload_check_prefixes(TG_CF_ETCH_CBOR, true, cbor_fetches, TG_COUNT(cbor_fetches));
  payload_use = TG_CODEC_USE_REPORT;
}

static void reads_values_and_nulls(void **state) {
  (void)state;
  payload_use = TG_CODEC_USE_PATCH;
  payload_check_rows(TG_CF_ETCH_JSON, false, json_patches, TG_COUNT(json_patches));
  payload_check_rows(TG_CF_ETCH_CBOR, true, cbor_patches, TG_COUNT(cbor_patches));
  payload_check_prefixes(TG_CF_ETCH_JSON, false, json_patches, TG_COUNT(json_patches));
  payload_check_prefixes(TG_CF_ETCH_CBOR, true, cbor_patches, TG_COUNT(cbor_patches));
  payload_use = TG_CODEC_USE_REPORT;
}

static void plain_senml_has_no_null(void **state) {
  (void)state;
  static const payload_row_t json[] = {{"/", "[{\"n\":\"/3/0/11/2\",\"v\":null}]", NULL, TG_E_SYNTAX},
                                       {"/", "[{\"n\":\"/3/0/9\",\"v\":7}]", "/3/0/9=integer:7", TG_OK}},
                             cbor[] = {{"/", "81 A2 00 69 2F332F302F31312F32 02 F6", NULL, TG_E_SYNTAX},
                                       {"/", "81 A2 00 66 2F332F302F39 02 07", "/3/0/9=integer:7", TG_OK}};
  payload_use = TG_CODEC_USE_PATCH;
  payload_check_rows(TG_CF_SENML_JSON, false, json, TG_COUNT(json));
  payload_check_rows(TG_CF_SENML_CBOR, true, cbor, TG_COUNT(cbor));
  payload_use = TG_CODEC_USE_REPORT;
}

static void check_text(const tg_record_t *records, size_t count, const char *want) {
  char memory[512];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(payload_encode(TG_CF_ETCH_JSON, "/", records, count, &out), TG_OK);
  check_slice(tg_buf_slice(&out), want);
}

static void writes_names_or_nulls_as_the_use_has_it(void **state) {
  (void)state;
  static const tg_record_t names[] = {PAYLOAD_NAME(PATH3(3, 0, 0)), PAYLOAD_NAME(PATH3(1, 0, 1))},
                           changes[] = {PAYLOAD_NAME(PATH4(3, 0, 11, 2)), PAYLOAD_INT(PATH4(3, 0, 11, 3), 7)};
  payload_use = TG_CODEC_USE_FETCH;
  check_text(names, 2, "[{\"n\":\"/3/0/0\"},{\"n\":\"/1/0/1\"}]");
  payload_check_encoded(TG_CF_ETCH_CBOR, "/", names, 2, cbor_fetches[0].bytes);
  payload_use = TG_CODEC_USE_PATCH;
  check_text(changes, 2, "[{\"n\":\"/3/0/11/2\",\"v\":null},{\"n\":\"/3/0/11/3\",\"v\":7}]");
  payload_check_encoded(TG_CF_ETCH_CBOR, "/", changes, 1, cbor_patches[0].bytes);
  payload_check_encoded(TG_CF_ETCH_CBOR, "/", changes, 2, cbor_patches[2].bytes);
  payload_use = TG_CODEC_USE_REPORT;
  payload_check_encoded(TG_CF_ETCH_CBOR, "/", names, 2, cbor_fetches[0].bytes);
}

static void refuses_records_that_the_use_has_not(void **state) {
  (void)state;
  static const tg_record_t value = PAYLOAD_INT(PATH3(3, 0, 9), 1), null = PAYLOAD_NAME(PATH4(3, 0, 11, 2));
  static const struct {
    int format;
    tg_codec_use_t use;
    const tg_record_t *record;
    tg_rc_t rc;
  } rows[] = {{TG_CF_ETCH_JSON, TG_CODEC_USE_FETCH, &value, TG_E_ARG},
              {TG_CF_ETCH_CBOR, TG_CODEC_USE_FETCH, &value, TG_E_ARG},
              {TG_CF_SENML_JSON, TG_CODEC_USE_FETCH, &value, TG_E_ARG},
              {TG_CF_SENML_JSON, TG_CODEC_USE_PATCH, &null, TG_E_FORMAT},
              {TG_CF_SENML_CBOR, TG_CODEC_USE_PATCH, &null, TG_E_FORMAT}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[128];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    payload_use = rows[i].use;
    check_rc(payload_encode(rows[i].format, "/", rows[i].record, 1, &out), rows[i].rc);
  }
  payload_use = TG_CODEC_USE_REPORT;
}

CHECK_SUITE(reads_lists_of_names, reads_values_and_nulls, plain_senml_has_no_null,
            writes_names_or_nulls_as_the_use_has_it, refuses_records_that_the_use_has_not)
