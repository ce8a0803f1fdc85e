/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/t8_uri_test.c: mirrors core/link/t8_uri.c. */

#include "core/link/t8_uri.h"
#include "tests/unit/check.h"

static void resources_are_compared_by_path(void **state) {
  (void)state;
  static const struct {
    const char *uri, *path;
  } rows[] = {
      {"https://scef.example.net/3gpp-nidd/v1/a/configurations/c-1", "/3gpp-nidd/v1/a/configurations/c-1"},
      {"http://10.0.0.1:8080/x/?a=b", "/x"},
      {"http://h/x#frag", "/x"},
      {"/x/y/", "/x/y"},
      {"https://h", ""},
      {"https://", ""},
      {"", ""},
      {"https://h/?q=/a/b", ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_slice(tg_t8_uri_path(tg_slice_str(rows[i].uri)), rows[i].path);
  assert_true(tg_t8_uri_same(tg_slice_str("https://a/x/y"), tg_slice_str("http://b:1/x/y/")));
  assert_false(tg_t8_uri_same(tg_slice_str("https://a/x/y"), tg_slice_str("https://a/x/z")));
  assert_false(tg_t8_uri_same(tg_slice_str("https://a"), tg_slice_str("https://a"))); /* no path names no resource */
}

static void a_permanent_move_keeps_what_follows_the_base(void **state) {
  (void)state;
  static const struct {
    const char *base, *asked, *got, *moved;
  } rows[] = {
      {"http://a/v1/x", "http://a/v1/x/c/1", "https://b/api/v1/x/c/1", "https://b/api/v1/x"},
      {"http://a/v1/x", "http://a/v1/x", "https://b/y", "https://b/y"},
      {"http://a/v1/x", "http://a/v1/x/c/1", "https://b/else", ""},
      {"http://a/v1/x", "http://other/c/1", "https://b/c/1", ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_slice_t moved =
        tg_t8_uri_moved(tg_slice_str(rows[i].base), tg_slice_str(rows[i].asked), tg_slice_str(rows[i].got));
    check_slice(moved, rows[i].moved);
  }
}

static void segments_are_percent_encoded(void **state) {
  (void)state;
  uint8_t memory[64];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_t8_uri_put_segment(&out, tg_slice_str("a b/c?\xc3\xa4@x-1_.~:%"));
  check_slice(tg_buf_slice(&out), "a%20b%2Fc%3F%C3%A4@x-1_.~:%25");
}

CHECK_SUITE(resources_are_compared_by_path, a_permanent_move_keeps_what_follows_the_base, segments_are_percent_encoded)
