/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/t8_json_test.c: mirrors core/link/t8_json.c. */

#include "core/link/t8_json.h"
#include "tests/unit/check.h"

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

CHECK_SUITE(identities_are_external_identifiers_or_msisdns, packet_sizes_are_bits,
            requests_are_written_as_the_standard_wants, a_body_that_does_not_fit_is_an_error,
            configurations_are_read_with_what_is_there, failures_are_read_in_both_shapes,
            delivery_statuses_become_link_reports)
