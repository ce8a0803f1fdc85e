/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/rc_test.c: mirrors core/base/rc.c. */

#include "core/base/rc.h"

#include "tests/unit/check.h"

static void every_result_has_a_name_of_its_own_and_a_sentence(void **state) {
  (void)state;
  for (int i = 0; i < TG_RC_COUNT; i++) {
    check_true(strlen(tg_rc_name((tg_rc_t)i)) > 0);
    check_true(strlen(tg_rc_text((tg_rc_t)i)) > 0);
    for (int k = 0; k < i; k++) assert_string_not_equal(tg_rc_name((tg_rc_t)i), tg_rc_name((tg_rc_t)k));
  }
}

static void errors_are_told_to_peers_as_client_or_server_errors(void **state) {
  (void)state;
  for (int i = TG_E_NOMEM; i < TG_RC_COUNT; i++) {
    unsigned class = tg_rc_coap((tg_rc_t)i) >> 5;
    check_true(class == 4 || class == 5);
  }
  check_int(tg_rc_coap(TG_OK) >> 5, 2);
  check_int(tg_rc_coap(TG_E_NOT_FOUND), 4 << 5 | 4);
  check_int(tg_rc_coap(TG_E_FULL), 5 << 5 | 3);
}

static void a_number_outside_the_list_is_unknown(void **state) {
  (void)state;
  assert_string_equal(tg_rc_name(TG_RC_COUNT), "unknown");
  check_int(tg_rc_coap(TG_RC_COUNT), 5 << 5);
  assert_string_equal(tg_rc_name(TG_E_NOT_FOUND), "not_found");
}

CHECK_SUITE(every_result_has_a_name_of_its_own_and_a_sentence, errors_are_told_to_peers_as_client_or_server_errors,
            a_number_outside_the_list_is_unknown)
