/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/t8_test.c: mirrors core/link/t8_time.c, t8_uri.c, t8_json.c and t8_callback.c. */

#include "core/link/t8_callback.h"
#include "core/link/t8_json.h"
#include "core/link/t8_time.h"
#include "core/link/t8_uri.h"
#include "tests/unit/check.h"

static void date_times_become_milliseconds(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-22T20:00:00Z", INT64_C(1795377600000)},
      {"2026-11-22t20:00:00z", INT64_C(1795377600000)},
      {"2026-11-22T20:00:00.5Z", INT64_C(1795377600500)},
      {"2026-11-22T20:00:00.123456789Z", INT64_C(1795377600123)},
      {"2026-11-22T21:30:00+01:30", INT64_C(1795377600000)},
      {"2026-11-22T15:00:00-05:00", INT64_C(1795377600000)},
      {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
      {"1969-12-31T23:59:59Z", -1000},
      {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
      {"9999-12-31T23:59:59Z", INT64_C(253402300799000)},
      {"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int64_t ms = -2;
    check_rc(tg_t8_time_parse(tg_slice_str(rows[i].text), &ms), TG_OK);
    assert_true(ms == rows[i].ms);
  }
}

static void what_is_no_date_time_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"", TG_E_SYNTAX},
      {"tomorrow", TG_E_SYNTAX},
      {"2026-11-22", TG_E_SYNTAX},
      {"2026-11-22T20:00:00", TG_E_SYNTAX},
      {"2026-11-22 20:00:00Z", TG_E_SYNTAX},
      {"2026-11-22T20:00Z", TG_E_SYNTAX},
      {"2026-11-22T20:00:00.Z", TG_E_SYNTAX},
      {"2026-11-22T20:00:00+0100", TG_E_SYNTAX},
      {"2026-11-22T20:00:00Zx", TG_E_SYNTAX},
      {"+026-11-22T20:00:00Z", TG_E_SYNTAX},
      {"2026-13-01T00:00:00Z", TG_E_RANGE},
      {"2026-00-01T00:00:00Z", TG_E_RANGE},
      {"2026-02-29T00:00:00Z", TG_E_RANGE},
      {"2100-02-29T00:00:00Z", TG_E_RANGE},
      {"2026-04-31T00:00:00Z", TG_E_RANGE},
      {"2026-11-22T24:00:00Z", TG_E_RANGE},
      {"2026-11-22T20:60:00Z", TG_E_RANGE},
      {"2026-11-22T20:00:61Z", TG_E_RANGE},
      {"2026-11-22T20:00:00+24:00", TG_E_RANGE},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int64_t ms;
    check_rc(tg_t8_time_parse(tg_slice_str(rows[i].text), &ms), rows[i].rc);
  }
}

static void every_written_time_reads_back(void **state) {
  (void)state;
  int64_t step = INT64_C(86400000) * 13 + 3661000;
  for (int64_t ms = 0; ms < INT64_C(253402300800000); ms += step) {
    uint8_t memory[32];
    tg_buf_t text;
    int64_t back;
    tg_buf_init(&text, memory, sizeof memory);
    tg_t8_time_put(&text, ms);
    check_int(text.len, 20);
    check_rc(tg_t8_time_parse(tg_buf_slice(&text), &back), TG_OK);
    assert_true(back == ms);
  }
}

static void a_written_time_is_never_too_early(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    const char *text;
  } rows[] = {
      {1, "1970-01-01T00:00:01Z"},
      {-5, "1970-01-01T00:00:00Z"},
      {INT64_C(1795377599001), "2026-11-22T20:00:00Z"},
      {INT64_C(951782399999), "2000-02-29T00:00:00Z"},
      {INT64_MAX, "9999-12-31T23:59:59Z"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[32];
    tg_buf_t text;
    tg_buf_init(&text, memory, sizeof memory);
    tg_t8_time_put(&text, rows[i].ms);
    check_slice(tg_buf_slice(&text), rows[i].text);
  }
}

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

static void identities_are_external_identifiers_or_msisdns(void **state) {
  (void)state;
  static const struct {
    const char *id;
    bool good;
  } rows[] = {
      {"meter1@iot.example.com", true},
      {"a@b", true},
      {"4917012345678", true},
      {"12345", true},
      {"", false},
      {"@b", false},
      {"a@", false},
      {"a@b@c", false},
      {"a b@c", false},
      {"a@b\n", false},
      {"1234", false},
      {"+4917", false},
      {"1234567890123456", false},
      {"meter1", false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_int(tg_t8_json_is_identity(tg_slice_str(rows[i].id)), rows[i].good);
  char longest[TG_ADDR_MAX + 2];
  memset(longest, 'a', sizeof longest);
  longest[1] = '@';
  assert_true(tg_t8_json_is_identity(tg_slice(longest, TG_ADDR_MAX)));
  assert_false(tg_t8_json_is_identity(tg_slice(longest, TG_ADDR_MAX + 1)));
}

static void packet_sizes_are_bits(void **state) {
  (void)state;
  static const struct {
    int64_t bits;
    size_t octets;
  } rows[] = {{10864, 1358}, {8, 1}, {7, 0}, {0, 0}, {-8, 0}, {INT64_MIN, 0}, {1023, 127}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_int(tg_t8_json_octets(rows[i].bits), rows[i].octets);
}

static void requests_are_written_as_the_standard_wants(void **state) {
  (void)state;
  tg_buf_t out;
  tg_buf_init_growing(&out, 4096);
  tg_t8_json_new_t conf = {.id = tg_slice_str("meter1@iot.example.com"),
                           .features = tg_slice_str("0"),
                           .provider = tg_slice_str("plant \"7\""),
                           .destination = tg_slice_str("https://gw7.example.org:8443/t8/nidd/4f1c9a"),
                           .pdn_option = tg_slice_str("WAIT_FOR_UE"),
                           .expires_ms = INT64_C(1830297599000)};
  tg_t8_json_put_new(&out, &conf);
  check_slice(
      tg_buf_slice(&out),
      "{\"supportedFeatures\":\"0\",\"mtcProviderId\":\"plant \\\"7\\\"\",\"externalId\":\"meter1@iot.example.com\","
      "\"duration\":\"2027-12-31T23:59:59Z\",\"pdnEstablishmentOption\":\"WAIT_FOR_UE\","
      "\"notificationDestination\":\"https://gw7.example.org:8443/t8/nidd/4f1c9a\"}");
  tg_buf_clear(&out);
  tg_t8_json_put_new(
      &out, &(tg_t8_json_new_t){.id = tg_slice_str("4917012345678"), .destination = tg_slice_str("http://h/x")});
  check_slice(tg_buf_slice(&out), "{\"msisdn\":\"4917012345678\",\"notificationDestination\":\"http://h/x\"}");
  tg_buf_clear(&out);
  tg_t8_json_put_patch(&out, tg_slice_str("http://h/y"), 1000);
  check_slice(tg_buf_slice(&out), "{\"duration\":\"1970-01-01T00:00:01Z\",\"notificationDestination\":\"http://h/y\"}");
  tg_buf_clear(&out);
  tg_t8_json_send_t send = {.id = tg_slice_str("meter1@iot.example.com"),
                            .data = tg_slice("\x61\x41\x00\x01\xa1\x82\x72\x64\x04\x35\x61\x33\x66", 13),
                            .max_latency_s = 30,
                            .pdn_option = tg_slice_str("INDICATE_ERROR")};
  tg_t8_json_put_send(&out, &send);
  check_slice(tg_buf_slice(&out),
              "{\"externalId\":\"meter1@iot.example.com\",\"data\":\"YUEAAaGCcmQENWEzZg==\",\"maximumLatency\":30,"
              "\"pdnEstablishmentOption\":\"INDICATE_ERROR\"}");
  tg_buf_fini(&out);
}

static void a_body_that_does_not_fit_is_an_error(void **state) {
  (void)state;
  static uint8_t data[100 * 1024];
  tg_buf_t out;
  tg_buf_init_growing(&out, 1 << 20);
  tg_t8_json_put_send(&out, &(tg_t8_json_send_t){.id = tg_slice_str("a@b"), .data = tg_slice(data, sizeof data)});
  check_rc(out.rc, TG_E_TOO_LONG);
  tg_buf_fini(&out);
}

static void configurations_are_read_with_what_is_there(void **state) {
  (void)state;
  tg_json_t *doc;
  tg_t8_json_conf_t conf;
  tg_slice_t text = tg_slice_str(
      "{\"self\":\"http://s/c-1\",\"externalId\":\"a@b\",\"duration\":\"1970-01-01T00:00:09Z\","
      "\"notificationDestination\":\"http://h/x\",\"maximumPacketSize\":10864,\"status\":\"ACTIVE\",\"x\":[{}]}");
  check_rc(tg_json_read(text, 4096, NULL, &doc), TG_OK);
  check_rc(tg_t8_json_get_conf(tg_json_read_root(doc), &conf), TG_OK);
  check_slice(conf.self, "http://s/c-1");
  check_slice(conf.id, "a@b");
  check_slice(conf.destination, "http://h/x");
  check_slice(conf.status, "ACTIVE");
  check_int(conf.expires_ms, 9000);
  check_int(conf.mtu, 1358);
  tg_json_read_free(doc);
  check_rc(
      tg_json_read(tg_slice_str("{\"msisdn\":\"49170\",\"duration\":\"soon\",\"maximumPacketSize\":\"10\",\"self\":7}"),
                   4096, NULL, &doc),
      TG_OK);
  check_rc(tg_t8_json_get_conf(tg_json_read_root(doc), &conf), TG_OK);
  check_slice(conf.id, "49170");
  check_int(conf.expires_ms, 0);
  check_int(conf.mtu, 0);
  check_int(conf.self.len, 0);
  tg_json_read_free(doc);
  check_rc(tg_json_read(tg_slice_str("[]"), 4096, NULL, &doc), TG_OK);
  check_rc(tg_t8_json_get_conf(tg_json_read_root(doc), &conf), TG_E_TYPE);
  tg_json_read_free(doc);
}

static void failures_are_read_in_both_shapes(void **state) {
  (void)state;
  static const struct {
    const char *text, *cause;
    int64_t retry_ms;
  } rows[] = {
      {"{\"problemDetail\":{\"status\":500,\"cause\":\"TEMPORARILY_NOT_REACHABLE\"},\"requestedRetransmissionTime\":\"1970-01-01T00:01:00Z\"}",
       "TEMPORARILY_NOT_REACHABLE", 60000},
      {"{\"status\":403,\"cause\":\"DATA_TOO_LARGE\"}", "DATA_TOO_LARGE", 0},
      {"{\"cause\":{}}", "", 0},
      {"\"oops\"", "", 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_json_t *doc;
    tg_t8_json_delivery_t delivery;
    check_rc(tg_json_read(tg_slice_str(rows[i].text), 4096, NULL, &doc), TG_OK);
    tg_t8_json_get_delivery(tg_json_read_root(doc), &delivery);
    check_slice(delivery.cause, rows[i].cause);
    check_int(delivery.retry_ms, rows[i].retry_ms);
    tg_json_read_free(doc);
  }
}

static void delivery_statuses_become_link_reports(void **state) {
  (void)state;
  static const struct {
    const char *status;
    tg_link_tx_t tx;
  } rows[] = {
      {"SUCCESS", TG_LINK_TX_SENT},
      {"SUCCESS_NEXT_HOP_ACKNOWLEDGED", TG_LINK_TX_SENT},
      {"SUCCESS_NEXT_HOP_UNACKNOWLEDGED", TG_LINK_TX_SENT},
      {"SUCCESS_ACKNOWLEDGED", TG_LINK_TX_ACKED},
      {"SUCCESS_UNACKNOWLEDGED", TG_LINK_TX_SENT},
      {"TRIGGERED", TG_LINK_TX_BUFFERED},
      {"BUFFERING", TG_LINK_TX_BUFFERED},
      {"BUFFERING_TEMPORARILY_NOT_REACHABLE", TG_LINK_TX_BUFFERED},
      {"SENDING", TG_LINK_TX_BUFFERED},
      {"FAILURE", TG_LINK_TX_FAILED},
      {"FAILURE_RDS_DISABLED", TG_LINK_TX_FAILED},
      {"FAILURE_NEXT_HOP", TG_LINK_TX_FAILED},
      {"FAILURE_TIMEOUT", TG_LINK_TX_FAILED},
      {"FAILURE_TEMPORARILY_NOT_REACHABLE", TG_LINK_TX_FAILED},
      {"SOMETHING_NEW", TG_LINK_TX_SENT},
      {"", TG_LINK_TX_SENT},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_int(tg_t8_json_tx(tg_slice_str(rows[i].status)), rows[i].tx);
}

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

CHECK_SUITE(date_times_become_milliseconds, what_is_no_date_time_is_refused, every_written_time_reads_back,
            a_written_time_is_never_too_early, resources_are_compared_by_path,
            a_permanent_move_keeps_what_follows_the_base, segments_are_percent_encoded,
            identities_are_external_identifiers_or_msisdns, packet_sizes_are_bits,
            requests_are_written_as_the_standard_wants, a_body_that_does_not_fit_is_an_error,
            configurations_are_read_with_what_is_there, failures_are_read_in_both_shapes,
            delivery_statuses_become_link_reports, notifications_are_told_apart_by_member, deep_nesting_is_refused)
