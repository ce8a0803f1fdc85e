/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/t8_callback_test.c: mirrors core/link/t8_callback.c. */

#include "core/link/t8_callback.h"
#include "tests/unit/check.h"

static void notifications_are_told_apart_by_member(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
    tg_t8_callback_kind_t kind;
  } rows[] = {
      {"{\"niddConfiguration\":\"c\",\"externalId\":\"a@b\",\"data\":\"QQ==\"}", TG_OK, TG_T8_CALLBACK_UPLINK},
      {"{\"niddConfiguration\":\"c\",\"externalId\":\"a@b\",\"data\":\"\",\"status\":\"ACTIVE\"}", TG_OK,
       TG_T8_CALLBACK_UPLINK},
      {"{\"niddConfiguration\":\"c\",\"msisdn\":\"49170\",\"data\":\"QQ==\",\"managedPorts\":[]}", TG_OK,
       TG_T8_CALLBACK_UPLINK},
      {"{\"niddDownlinkDataTransfer\":\"d\",\"gmdResults\":[{}]}", TG_OK, TG_T8_CALLBACK_GROUP},
      {"{\"niddDownlinkDataTransfer\":\"d\",\"deliveryStatus\":\"SUCCESS\"}", TG_OK, TG_T8_CALLBACK_DELIVERY},
      {"{\"niddConfiguration\":\"c\",\"externalId\":\"a@b\",\"status\":\"TERMINATED\"}", TG_OK, TG_T8_CALLBACK_STATUS},
      {"{\"niddConfiguration\":\"c\",\"externalId\":\"a@b\",\"managedPorts\":[{}]}", TG_OK, TG_T8_CALLBACK_PORTS},
      {"{\"subscription\":\"c\"}", TG_OK, TG_T8_CALLBACK_TEST},
      {"{\"niddConfiguration\":\"c\",\"externalId\":\"a@b\"}", TG_E_TYPE, 0},
      {"{\"data\":null}", TG_E_TYPE, 0},
      {"{\"data\":[]}", TG_E_TYPE, 0},
      {"{\"externalId\":\"a@b\",\"msisdn\":\"49170\",\"data\":\"QQ==\"}", TG_E_TYPE, 0},
      {"[{\"data\":\"QQ==\"}]", TG_E_TYPE, 0},
      {"{\"data\":\"QQ==\",\"data\":\"QQ==\"}", TG_E_DUPLICATE, 0},
      {"{\"data\":\"QQ==\"", TG_E_SYNTAX, 0},
      {"", TG_E_SYNTAX, 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_t8_callback_t callback;
    check_rc(tg_t8_callback_read(tg_slice_str(rows[i].text), &callback), rows[i].rc);
    if (rows[i].rc == TG_OK) check_int(callback.kind, rows[i].kind);
    tg_t8_callback_free(&callback);
  }
}

static void deep_nesting_is_refused(void **state) {
  (void)state;
  static char text[5 * 5000];
  for (size_t i = 0; i < 5000; i++) memcpy(text + 5 * i, "{\"a\":", 5);
  tg_t8_callback_t callback;
  tg_rc_t rc = tg_t8_callback_read(tg_slice(text, sizeof text), &callback);
  assert_true(rc == TG_E_SYNTAX || rc == TG_E_TOO_LONG || rc == TG_E_RANGE);
}

CHECK_SUITE(notifications_are_told_apart_by_member, deep_nesting_is_refused)
