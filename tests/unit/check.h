/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_CHECK_H
#define TG_TESTS_UNIT_CHECK_H

/**
 * What every unit test uses: cmocka, checks in the words of the product, and CHECK_SUITE() that makes a program of a list of tests.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/rc.h"
#include "core/base/slice.h"

/** Fails unless @p got is @p want; prints both by name. */
#define check_rc(got, want) check_rc_at((got), (want), __FILE__, __LINE__)
static inline void check_rc_at(tg_rc_t got, tg_rc_t want, const char *file, int line) {
  if (got == want) return;
  print_error("%s:%d: got %s, want %s\n", file, line, tg_rc_name(got), tg_rc_name(want));
  _fail(file, line);
}

/** Fails unless the bytes of @p got are those of the C string @p want. */
#define check_slice(got, want) check_bytes_at((got), tg_slice_str(want), __FILE__, __LINE__)
/** Fails unless two slices hold the same bytes. */
#define check_bytes(got, want) check_bytes_at((got), (want), __FILE__, __LINE__)
static inline void check_bytes_at(tg_slice_t got, tg_slice_t want, const char *file, int line) {
  if (got.len == want.len && (got.len == 0 || memcmp(got.p, want.p, got.len) == 0)) return;
  print_error("%s:%d: got %zu bytes \"%.*s\", want %zu bytes \"%.*s\"\n", file, line, got.len, (int)got.len,
              (const char *)got.p, want.len, (int)want.len, (const char *)want.p);
  _fail(file, line);
}

#define check_true(condition)  assert_true(condition)
#define check_false(condition) assert_false(condition)
#define check_int(got, want)   assert_int_equal((got), (want))

#define CHECK_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21,     \
                   _22, _23, _24, NAME, ...)                                                                           \
  NAME
#define CHECK_U(test)    cmocka_unit_test(test)
#define CHECK_1(a)       CHECK_U(a)
#define CHECK_2(a, ...)  CHECK_U(a), CHECK_1(__VA_ARGS__)
#define CHECK_3(a, ...)  CHECK_U(a), CHECK_2(__VA_ARGS__)
#define CHECK_4(a, ...)  CHECK_U(a), CHECK_3(__VA_ARGS__)
#define CHECK_5(a, ...)  CHECK_U(a), CHECK_4(__VA_ARGS__)
#define CHECK_6(a, ...)  CHECK_U(a), CHECK_5(__VA_ARGS__)
#define CHECK_7(a, ...)  CHECK_U(a), CHECK_6(__VA_ARGS__)
#define CHECK_8(a, ...)  CHECK_U(a), CHECK_7(__VA_ARGS__)
#define CHECK_9(a, ...)  CHECK_U(a), CHECK_8(__VA_ARGS__)
#define CHECK_10(a, ...) CHECK_U(a), CHECK_9(__VA_ARGS__)
#define CHECK_11(a, ...) CHECK_U(a), CHECK_10(__VA_ARGS__)
#define CHECK_12(a, ...) CHECK_U(a), CHECK_11(__VA_ARGS__)
#define CHECK_13(a, ...) CHECK_U(a), CHECK_12(__VA_ARGS__)
#define CHECK_14(a, ...) CHECK_U(a), CHECK_13(__VA_ARGS__)
#define CHECK_15(a, ...) CHECK_U(a), CHECK_14(__VA_ARGS__)
#define CHECK_16(a, ...) CHECK_U(a), CHECK_15(__VA_ARGS__)
#define CHECK_17(a, ...) CHECK_U(a), CHECK_16(__VA_ARGS__)
#define CHECK_18(a, ...) CHECK_U(a), CHECK_17(__VA_ARGS__)
#define CHECK_19(a, ...) CHECK_U(a), CHECK_18(__VA_ARGS__)
#define CHECK_20(a, ...) CHECK_U(a), CHECK_19(__VA_ARGS__)
#define CHECK_21(a, ...) CHECK_U(a), CHECK_20(__VA_ARGS__)
#define CHECK_22(a, ...) CHECK_U(a), CHECK_21(__VA_ARGS__)
#define CHECK_23(a, ...) CHECK_U(a), CHECK_22(__VA_ARGS__)
#define CHECK_24(a, ...) CHECK_U(a), CHECK_23(__VA_ARGS__)
#define CHECK_EACH(...)                                                                                                \
  CHECK_PICK(__VA_ARGS__, CHECK_24, CHECK_23, CHECK_22, CHECK_21, CHECK_20, CHECK_19, CHECK_18, CHECK_17, CHECK_16,    \
             CHECK_15, CHECK_14, CHECK_13, CHECK_12, CHECK_11, CHECK_10, CHECK_9, CHECK_8, CHECK_7, CHECK_6, CHECK_5,  \
             CHECK_4, CHECK_3, CHECK_2, CHECK_1, CHECK_0)                                                              \
  (__VA_ARGS__)

/** The program: up to 24 tests, run in order. A test is `static void name_as_a_sentence(void **state)`. */
#define CHECK_SUITE(...)                                                                                               \
  int main(void) {                                                                                                     \
    const struct CMUnitTest tests[] = {CHECK_EACH(__VA_ARGS__)};                                                       \
    return cmocka_run_group_tests(tests, NULL, NULL);                                                                  \
  }

#endif
