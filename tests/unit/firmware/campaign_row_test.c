/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaign_row.c: what is written is read again, and nothing else is believed. */

#include "core/firmware/campaign_row.h"

#include "tests/unit/check.h"

static uint8_t memory[4096];

static tg_campaign_row_t full_row(void) {
  static const tg_campaign_limit_t limits[] = {{"nb", 2}, {"udp0", 40}};
  return (tg_campaign_row_t){.spec = {.name = "spring",
                                      .image = "fw2",
                                      .ep = "meter-*",
                                      .link = "nb",
                                      .manufacturer = "Acme",
                                      .model = "M1",
                                      .from_version = "1.*",
                                      .tag = "pilot",
                                      .method = TG_FW_PULL_COAP,
                                      .severity = 2,
                                      .defer_s = INT64_C(1) << 40,
                                      .wave = 10,
                                      .wave_growth = 100,
                                      .parallel = 5,
                                      .stop_failures = 3,
                                      .stop_percent = 20,
                                      .update_expiry_s = 3600,
                                      .limits = limits,
                                      .limit_count = 2},
                             .state = TG_CAMPAIGN_STOPPED,
                             .wave = 3,
                             .wave_size = 40,
                             .failed_before = 1,
                             .ended_before = 12,
                             .counted = true,
                             .count = {0, 50, 4, 2, 1},
                             .sha256 = {0xAB, 0xCD, [TG_FW_SHA256 - 1] = 0xEF},
                             .begun_ms = 1795764086498,
                             .changed_ms = 1795764099999,
                             .cause = "4 of 20 updates failed"};
}

static tg_slice_t encode(const tg_campaign_row_t *row) {
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_campaign_row_encode(row, &out);
  check_rc(out.rc, TG_OK);
  return tg_buf_slice(&out);
}

static void a_campaign_comes_back_as_it_was(void **state) {
  (void)state;
  tg_campaign_row_t row = full_row(), got;
  check_rc(tg_campaign_row_decode(encode(&row), &got), TG_OK);
  assert_string_equal(got.spec.name, "spring");
  assert_string_equal(got.spec.image, "fw2");
  assert_string_equal(got.spec.ep, "meter-*");
  assert_string_equal(got.spec.link, "nb");
  assert_string_equal(got.spec.manufacturer, "Acme");
  assert_string_equal(got.spec.model, "M1");
  assert_string_equal(got.spec.from_version, "1.*");
  assert_string_equal(got.spec.tag, "pilot");
  assert_string_equal(got.cause, row.cause);
  check_int(got.spec.method, TG_FW_PULL_COAP);
  check_int(got.spec.severity, 2);
  check_true(got.spec.defer_s == row.spec.defer_s);
  check_int(got.spec.wave, 10);
  check_int(got.spec.wave_growth, 100);
  check_int(got.spec.parallel, 5);
  check_int(got.spec.stop_failures, 3);
  check_int(got.spec.stop_percent, 20);
  check_int(got.spec.update_expiry_s, 3600);
  check_int(got.spec.limit_count, 2);
  check_true(got.spec.limits == got.limits);
  assert_string_equal(got.limits[0].link, "nb");
  check_int(got.limits[1].parallel, 40);
  check_int(got.state, TG_CAMPAIGN_STOPPED);
  check_int(got.wave, 3);
  check_int(got.wave_size, 40);
  check_int(got.failed_before, 1);
  check_int(got.ended_before, 12);
  check_true(got.counted);
  assert_memory_equal(got.count, row.count, sizeof row.count);
  assert_memory_equal(got.sha256, row.sha256, sizeof row.sha256);
  check_true(got.begun_ms == row.begun_ms && got.changed_ms == row.changed_ms);
}

static void what_was_not_given_is_empty(void **state) {
  (void)state;
  tg_campaign_row_t row = {.spec = {.name = "a", .image = "b", .severity = -1, .defer_s = -1}}, got;
  check_rc(tg_campaign_row_decode(encode(&row), &got), TG_OK);
  assert_string_equal(got.spec.ep, "");
  assert_string_equal(got.cause, "");
  check_int(got.spec.severity, -1);
  check_true(got.spec.defer_s == -1);
  check_int(got.spec.limit_count, 0);
}

static void a_row_that_is_cut_or_too_long_is_corrupt(void **state) {
  (void)state;
  tg_campaign_row_t row = full_row(), got;
  tg_slice_t bytes = encode(&row);
  for (size_t len = 0; len < bytes.len; len++)
    check_rc(tg_campaign_row_decode(tg_slice(bytes.p, len), &got), TG_E_CORRUPT);
  check_rc(tg_campaign_row_decode(tg_slice(memory, bytes.len + 1), &got), TG_E_CORRUPT);
}

static void every_byte_may_be_wrong(void **state) {
  (void)state;
  tg_campaign_row_t row = full_row(), got;
  size_t len = encode(&row).len, good = 0;
  for (size_t at = 0; at < len; at++) {
    for (unsigned wrong = 0; wrong < 256; wrong += 5) {
      uint8_t right = memory[at];
      memory[at] = (uint8_t)wrong;
      tg_rc_t rc = tg_campaign_row_decode(tg_slice(memory, len), &got);
      good += rc == TG_OK;
      if (rc == TG_OK)
        check_true(strlen(got.spec.name) <= TG_FW_NAME_MAX && (unsigned)got.state < TG_CAMPAIGN_STATE_COUNT);
      memory[at] = right;
    }
  }
  check_true(good > 0); /* numbers may be any */
  check_rc(tg_campaign_row_decode(tg_slice(memory, len), &got), TG_OK);
}

static void a_newer_programs_row_is_told_from_a_broken_one(void **state) {
  (void)state;
  tg_campaign_row_t row = full_row(), got;
  tg_slice_t bytes = encode(&row);
  memory[0] = 2;
  check_rc(tg_campaign_row_decode(bytes, &got), TG_E_VERSION);
  memory[0] = 0;
  check_rc(tg_campaign_row_decode(bytes, &got), TG_E_CORRUPT);
}

static void names_that_nobody_may_give_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"", "a/b", "a b", "\xc3\xa4"};
  tg_campaign_row_t got;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    tg_campaign_row_t row = full_row();
    row.spec.name = names[i];
    check_rc(tg_campaign_row_decode(encode(&row), &got), TG_E_CORRUPT);
    row = full_row();
    row.spec.image = names[i];
    check_rc(tg_campaign_row_decode(encode(&row), &got), TG_E_CORRUPT);
  }
}

static void a_text_that_is_too_long_is_an_error_of_the_writer(void **state) {
  (void)state;
  static char text[TG_CAMPAIGN_ROW_TEXT_MAX + 2];
  tg_campaign_row_t row = full_row();
  tg_buf_t out;
  memset(text, 'x', sizeof text - 1);
  row.spec.ep = text;
  tg_buf_init(&out, memory, sizeof memory);
  tg_campaign_row_encode(&row, &out);
  check_rc(out.rc, TG_E_TOO_LONG);
  text[TG_CAMPAIGN_ROW_TEXT_MAX] = '\0';
  tg_campaign_row_t got;
  check_rc(tg_campaign_row_decode(encode(&row), &got), TG_OK);
  assert_string_equal(got.spec.ep, text);
}

static void a_device_comes_back_as_it_was(void **state) {
  (void)state;
  for (int i = 0; i < TG_CAMPAIGN_DEVICE_STATES; i++) {
    const tg_campaign_row_device_t row = {(tg_campaign_device_state_t)i, 7, UINT64_C(1) << 40};
    tg_campaign_row_device_t got;
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_campaign_row_encode_device(&row, &out);
    check_rc(tg_campaign_row_decode_device(tg_buf_slice(&out), &got), TG_OK);
    check_true(got.state == row.state && got.wave == 7 && got.update == row.update);
    for (size_t len = 0; len < out.len; len++)
      check_rc(tg_campaign_row_decode_device(tg_slice(memory, len), &got), TG_E_CORRUPT);
    check_rc(tg_campaign_row_decode_device(tg_slice(memory, out.len + 1), &got), TG_E_CORRUPT);
    memory[1] = TG_CAMPAIGN_DEVICE_STATES;
    check_rc(tg_campaign_row_decode_device(tg_slice(memory, out.len), &got), TG_E_CORRUPT);
    memory[0] = 9;
    check_rc(tg_campaign_row_decode_device(tg_slice(memory, out.len), &got), TG_E_VERSION);
  }
}

CHECK_SUITE(a_campaign_comes_back_as_it_was, what_was_not_given_is_empty, a_row_that_is_cut_or_too_long_is_corrupt,
            every_byte_may_be_wrong, a_newer_programs_row_is_told_from_a_broken_one,
            names_that_nobody_may_give_are_refused, a_text_that_is_too_long_is_an_error_of_the_writer,
            a_device_comes_back_as_it_was)
