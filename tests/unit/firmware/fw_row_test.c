/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_row.c: what is written can be read, and nothing else can. */

#include "core/firmware/fw_row.h"
#include "tests/unit/check.h"

static uint8_t memory[TG_FW_ROW_MAX];

static tg_fw_row_t sample(void) {
  tg_fw_row_t row = {.id = 7,
                     .state = TG_FW_TRANSFERRING,
                     .wanted = TG_FW_AUTO,
                     .method = TG_FW_PULL_HTTP,
                     .hold = true,
                     .uri_written = true,
                     .moved = true,
                     .observes_state = true,
                     .severity = 2,
                     .defer_s = 3600,
                     .result = -1,
                     .attempts = 3,
                     .sent = 4096,
                     .total = 1 << 20,
                     .begun_ms = 1700000000000,
                     .changed_ms = 1700000001000,
                     .expires_ms = 1700600000000};
  strcpy(row.ep, "urn:dev:1");
  strcpy(row.image, "app-2.0");
  strcpy(row.campaign, "spring");
  strcpy(row.tag, "t1");
  strcpy(row.link, "udp0");
  strcpy(row.token, "7.00112233445566778899aabbccddeeff");
  strcpy(row.version_before, "1.0");
  strcpy(row.cause, "from byte 0, pull-http");
  return row;
}

static tg_slice_t encode(const tg_fw_row_t *row) {
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_row_encode(row, &out);
  check_rc(out.rc, TG_OK);
  return tg_buf_slice(&out);
}

static void what_is_written_is_read(void **state) {
  (void)state;
  tg_fw_row_t row = sample(), got;
  check_rc(tg_fw_row_decode(encode(&row), &got), TG_OK);
  check_int(got.id, 7);
  check_int(got.state, TG_FW_TRANSFERRING);
  check_int(got.method, TG_FW_PULL_HTTP);
  check_true(got.hold && got.uri_written && got.moved);
  check_true(got.observes_state && !got.observes_result);
  check_false(got.force || got.delivered || got.answered || got.deferred);
  check_int(got.severity, 2);
  check_int(got.defer_s, 3600);
  check_int(got.result, -1);
  check_int(got.attempts, 3);
  check_int(got.sent, 4096);
  check_int(got.expires_ms, 1700600000000);
  assert_string_equal(got.ep, row.ep);
  assert_string_equal(got.token, row.token);
  assert_string_equal(got.version_before, "1.0");
  assert_string_equal(got.version_after, "");
  assert_string_equal(got.cause, row.cause);
}

static void the_longest_row_fits(void **state) {
  (void)state;
  tg_fw_row_t row = sample(), got;
  memset(row.ep, 'e', sizeof row.ep - 1);
  memset(row.image, 'i', sizeof row.image - 1);
  memset(row.campaign, 'c', sizeof row.campaign - 1);
  memset(row.tag, 't', sizeof row.tag - 1);
  memset(row.link, 'l', sizeof row.link - 1);
  memset(row.token, 'k', sizeof row.token - 1);
  memset(row.version_before, 'b', sizeof row.version_before - 1);
  memset(row.version_after, 'a', sizeof row.version_after - 1);
  memset(row.cause, 'w', sizeof row.cause - 1);
  row.severity = -1;
  row.defer_s = -1;
  row.result = 254;
  row.state = TG_FW_RETURNING;
  row.verdict = TG_FW_FAILED;
  check_rc(tg_fw_row_decode(encode(&row), &got), TG_OK);
  check_int(strlen(got.ep), TG_FW_EP_MAX);
  check_int(got.severity, -1);
  check_int(got.defer_s, -1);
  check_int(got.result, 254);
  check_int(got.verdict, TG_FW_FAILED);
}

static void no_part_of_a_row_is_a_row(void **state) {
  (void)state;
  tg_fw_row_t row = sample(), got;
  tg_slice_t whole = encode(&row);
  for (size_t len = 0; len < whole.len; len++) check_true(tg_fw_row_decode(tg_slice(whole.p, len), &got) != TG_OK);
  memory[whole.len] = 0;
  check_rc(tg_fw_row_decode(tg_slice(whole.p, whole.len + 1), &got), TG_E_CORRUPT);
}

static void what_no_gateway_writes_is_not_believed(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint8_t value;
    tg_rc_t rc;
  } rows[] = {
      {0, 2, TG_E_VERSION},                 /* of a newer program */
      {0, 0, TG_E_CORRUPT},                 /* of none */
      {8, 0, TG_E_CORRUPT},                 /* id 0 */
      {9, TG_FW_STATE_COUNT, TG_E_CORRUPT}, /* no state */
      {9, TG_FW_RETURNING, TG_E_CORRUPT},   /* to what? */
      {10, TG_FW_DONE, TG_E_CORRUPT},       /* a verdict before its time */
      {10, TG_FW_READY, TG_E_CORRUPT},      /* which is none */
      {11, TG_FW_METHOD_COUNT, TG_E_CORRUPT},
      {12, TG_FW_METHOD_COUNT, TG_E_CORRUPT},
      {13, 0x02, TG_E_CORRUPT}, /* an unknown flag */
      {15, 4, TG_E_CORRUPT},    /* severity 3 */
      {18, 1, TG_E_CORRUPT},    /* defers for ever */
      {26, 1, TG_E_CORRUPT},    /* more sent than there is */
      {66, 0, TG_E_CORRUPT},    /* length of the name of a device */
      {67, 0, TG_E_CORRUPT},    /* NUL in it */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_fw_row_t row = sample(), got;
    tg_slice_t whole = encode(&row);
    memory[rows[i].at] = rows[i].value;
    if (tg_fw_row_decode(whole, &got) != rows[i].rc) print_error("row %zu\n", i);
    check_rc(tg_fw_row_decode(whole, &got), rows[i].rc);
  }
  tg_fw_row_t row = sample(), got;
  strcpy(row.image, "a/b");
  check_rc(tg_fw_row_decode(encode(&row), &got), TG_E_CORRUPT);
  row = sample();
  strcpy(row.campaign, "a b");
  check_rc(tg_fw_row_decode(encode(&row), &got), TG_E_CORRUPT);
}

static void foreign_text_is_made_fit(void **state) {
  (void)state;
  char out[6];
  tg_fw_row_text(out, sizeof out,
                 tg_slice("a\0b\n\x7f"
                          "cdefgh",
                          11));
  assert_string_equal(out, "abcde");
  tg_fw_row_text(out, sizeof out, tg_slice(NULL, 0));
  assert_string_equal(out, "");
}

CHECK_SUITE(what_is_written_is_read, the_longest_row_fits, no_part_of_a_row_is_a_row,
            what_no_gateway_writes_is_not_believed, foreign_text_is_made_fit)
