/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/buf_test.c: mirrors core/base/buf.c. */

#include "core/base/buf.h"

#include "tests/unit/check.h"

static void writes_go_one_behind_the_other(void **state) {
  (void)state;
  uint8_t memory[32];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_buf_put_str(&buf, "ab");
  tg_buf_put_u8(&buf, 'c');
  tg_buf_put_be16(&buf, 0x6465);
  tg_buf_put_be32(&buf, 0x66676869);
  tg_buf_put_be(&buf, 0xFF6A6B, 2);
  tg_buf_put_fmt(&buf, "-%d", 42);
  tg_buf_put(&buf, tg_slice(NULL, 0));
  check_rc(buf.rc, TG_OK);
  check_slice(tg_buf_slice(&buf), "abcdefghijk-42");
}

static void a_number_of_any_width_is_written_most_significant_byte_first(void **state) {
  (void)state;
  static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (size_t width = 0; width <= 8; width++) {
    uint8_t memory[8];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    tg_buf_put_be(&buf, UINT64_C(0x0102030405060708), width);
    check_bytes(tg_buf_slice(&buf), tg_slice(want + 8 - width, width));
  }
}

static void what_does_not_fit_is_not_written_nor_what_follows(void **state) {
  (void)state;
  uint8_t memory[8] = {0};
  tg_buf_t buf;
  tg_buf_init(&buf, memory, 4);
  tg_buf_put_str(&buf, "abc");
  tg_buf_put_be16(&buf, 1);
  check_rc(buf.rc, TG_E_TOO_LONG);
  tg_buf_put_u8(&buf, 'd'); /* would fit */
  check_slice(tg_buf_slice(&buf), "abc");
  check_int(memory[3], 0);
  tg_buf_clear(&buf);
  check_rc(buf.rc, TG_OK);
  tg_buf_put_str(&buf, "wxyz");
  check_slice(tg_buf_slice(&buf), "wxyz");
}

static void a_growing_buffer_reaches_exactly_its_maximum(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_buf_init_growing(&buf, 1000);
  for (int i = 0; i < 1000; i++) tg_buf_put_u8(&buf, (uint8_t)i);
  check_rc(buf.rc, TG_OK);
  check_int(buf.len, 1000);
  for (int i = 0; i < 1000; i++) check_int(buf.p[i], (uint8_t)i);
  tg_buf_put_u8(&buf, 0);
  check_rc(buf.rc, TG_E_TOO_LONG);
  check_int(buf.len, 1000);
  tg_buf_fini(&buf);
  tg_buf_put_str(&buf, "again");
  check_slice(tg_buf_slice(&buf), "again");
  tg_buf_fini(&buf);
}

static void a_length_that_overflows_is_too_long(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_buf_init_growing(&buf, SIZE_MAX);
  tg_buf_put_u8(&buf, 1);
  assert_null(tg_buf_reserve(&buf, SIZE_MAX));
  check_rc(buf.rc, TG_E_TOO_LONG);
  tg_buf_fini(&buf);
}

static void formatted_text_longer_than_the_stack_buffer_arrives_whole(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_buf_init_growing(&buf, 4096);
  tg_buf_put_fmt(&buf, "%0*d|", 2000, 7);
  check_int(buf.len, 2001);
  check_int(buf.p[1999], '7');
  check_int(buf.p[2000], '|');
  tg_buf_fini(&buf);
}

static void reserved_bytes_belong_to_the_content(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_buf_init_growing(&buf, 16);
  uint8_t *at = tg_buf_reserve(&buf, 3);
  assert_non_null(at);
  memcpy(at, "xyz", 3);
  check_slice(tg_buf_slice(&buf), "xyz");
  assert_null(tg_buf_reserve(&buf, 14));
  tg_buf_fini(&buf);
}

static void the_front_can_be_dropped(void **state) {
  (void)state;
  uint8_t memory[8];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_buf_put_str(&buf, "abcdef");
  tg_buf_drop_front(&buf, 2);
  check_slice(tg_buf_slice(&buf), "cdef");
  tg_buf_drop_front(&buf, 100);
  check_int(buf.len, 0);
}

static void a_c_string_view_needs_room_for_its_nul(void **state) {
  (void)state;
  char memory[4];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_buf_put_str(&buf, "abc");
  assert_string_equal(tg_buf_cstr(&buf), "abc");
  check_int(buf.len, 3);
  tg_buf_put_u8(&buf, 'd');
  assert_null(tg_buf_cstr(&buf));
}

static void an_empty_fixed_buffer_takes_nothing(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_buf_init(&buf, NULL, 0);
  tg_buf_put_str(&buf, "");
  check_rc(buf.rc, TG_OK);
  tg_buf_put_str(&buf, "a");
  check_rc(buf.rc, TG_E_TOO_LONG);
  tg_buf_fini(&buf);
}

CHECK_SUITE(writes_go_one_behind_the_other, a_number_of_any_width_is_written_most_significant_byte_first,
            what_does_not_fit_is_not_written_nor_what_follows, a_growing_buffer_reaches_exactly_its_maximum,
            a_length_that_overflows_is_too_long, formatted_text_longer_than_the_stack_buffer_arrives_whole,
            reserved_bytes_belong_to_the_content, the_front_can_be_dropped, a_c_string_view_needs_room_for_its_nul,
            an_empty_fixed_buffer_takes_nothing)
