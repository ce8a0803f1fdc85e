/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_ingress_test.c: mirrors core/coap/coap_ingress.c. */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void a_ping_is_answered_with_a_reset(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40007d0c");
  assert_string_equal(wire_out(wire), "70007d0c");
  assert_string_equal(wire_out(wire), "");
  check_int(wire_stats(wire).peers, 0);
  wire_close(wire);
}

/* What comes in, what goes out; the ones that are no CoAP leave no peer behind. */
static void each_kind_of_bad_message_gets_its_reset_or_silence(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"", ""},                                   /* nothing at all */
      {"40", ""},                                 /* no message id */
      {"80017d02", ""},                           /* version 2 */
      {"49017d04010203040506070809", "70007d04"}, /* token of 9 bytes */
      {"48017d06010203", "70007d06"},             /* token cut off */
      {"58017d06010203", ""},                     /* the same, not confirmable */
      {"41007d0aaa", "70007d0a"},                 /* Empty with a token */
      {"40017d1fd0", "70007d1f"},                 /* option delta cut off */
      {"50017d1fd0", ""},                         /* the same, not confirmable */
      {"60017d1fd0", ""},                         /* the same in an ACK */
      {"42207d124a01", "70007d12"},               /* class 1 */
      {"42607d124a01", "70007d12"},               /* class 3 */
      {"42e17d144a01", "70007d14"},               /* class 7 */
      {"52e17d144a01", ""},                       /* class 7, not confirmable */
      {"62017d104a01b161", ""},                   /* a request in an ACK */
      {"72017d104a01b161", ""},                   /* a request in an RST */
      {"60007d0e", ""},                           /* an ACK for nothing */
      {"70007d0e", ""},                           /* an RST for nothing */
      {"50007d0e", ""},                           /* Empty, not confirmable */
      {"44457d16deadbeefff31", "70007d16"},       /* a response to nothing */
      {"54457d16deadbeefff31", ""},               /* the same, not confirmable */
      {"64457d16deadbeefff31", ""},               /* the same, piggybacked */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    wire_in(wire, "%s", rows[i].in);
    assert_string_equal(wire_out(wire), rows[i].out);
    assert_string_equal(wire_out(wire), "");
    check_int(wire->requests, 0);
    check_int(wire_stats(wire).peers, 0);
    wire_close(wire);
  }
}

static void more_than_64_options_are_a_bad_option(void **state) {
  (void)state;
  char options[133];
  memset(options, 0, sizeof options);
  for (size_t i = 0; i < 66; i++) memcpy(options + 2 * i, i ? "00" : "40", 2); /* ETags */
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41017d0caa%s", options);
  assert_string_equal(wire_out(wire), "61827d0caa");
  wire_in(wire, "51017d0daa%s", options);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "41457d0eaa%s", options); /* a response is no request */
  assert_string_equal(wire_out(wire), "70007d0e");
  memcpy(options, "b0", 2); /* path segments */
  wire_in(wire, "41017d0faa%s", options);
  assert_string_equal(wire_out(wire), "61847d0faa");
  check_int(wire->requests, 0);
  wire_close(wire);
}

static void an_unknown_method_is_refused_before_the_handler(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "421f7d184a01b27264"); /* 0.31 */
  assert_string_equal(wire_out(wire), "62857d184a01");
  wire_in(wire, "42087d194a01b27264"); /* 0.08 */
  assert_string_equal(wire_out(wire), "62857d194a01");
  wire_in(wire, "52087d1a4a01b27264"); /* in a NON */
  assert_memory_equal(wire_out(wire), "5285", 4);
  check_int(wire->requests, 0);
  wire_close(wire);
}

CHECK_SUITE(a_ping_is_answered_with_a_reset, each_kind_of_bad_message_gets_its_reset_or_silence,
            more_than_64_options_are_a_bad_option, an_unknown_method_is_refused_before_the_handler)
