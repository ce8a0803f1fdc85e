/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/http/http_range.c: which bytes a Range header means (RFC 9110 §14). */

#include "core/http/http_range.h"
#include "tests/unit/check.h"

static void ranges_are_understood(void **state) {
  (void)state;
  static const struct {
    const char *header;
    uint64_t size;
    tg_rc_t rc;
    uint64_t from, len;
  } rows[] = {
      {"bytes=0-0", 10, TG_OK, 0, 1},
      {"bytes=0-9", 10, TG_OK, 0, 10},
      {"bytes=3-", 10, TG_OK, 3, 7},
      {"bytes=3-5", 10, TG_OK, 3, 3},
      {"bytes=3-99", 10, TG_OK, 3, 7},
      {"bytes=-4", 10, TG_OK, 6, 4},
      {"bytes=-99", 10, TG_OK, 0, 10},
      {"bytes=9-9", 10, TG_OK, 9, 1},
      {"bytes=10-", 10, TG_E_RANGE, 0, 0},
      {"bytes=10-20", 10, TG_E_RANGE, 0, 0},
      {"bytes=-0", 10, TG_E_RANGE, 0, 0},
      {"bytes=0-9223372036854775807", 10, TG_OK, 0, 10},
      {"bytes=0-18446744073709551615", 10, TG_E_NOT_FOUND, 0, 0}, /* what can't be read is as if it were not there */
      {"bytes=5-3", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=-", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=1", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=1-2,4-5", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes= 1-2", 10, TG_E_NOT_FOUND, 0, 0},
      {"lines=1-2", 10, TG_E_NOT_FOUND, 0, 0},
      {"", 10, TG_E_NOT_FOUND, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t from = 0, len = 0;
    tg_rc_t rc = tg_http_range_get(tg_slice_str(rows[i].header), rows[i].size, &from, &len);
    if (rc != rows[i].rc || from != rows[i].from || len != rows[i].len) print_error("%s\n", rows[i].header);
    check_rc(rc, rows[i].rc);
    check_int(from, rows[i].from);
    check_int(len, rows[i].len);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_understood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
