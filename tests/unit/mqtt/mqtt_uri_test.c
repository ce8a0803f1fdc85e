/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/mqtt/mqtt_uri.c. */

#include "core/mqtt/mqtt_uri.h"

#include "tests/unit/check.h"

static void what_people_write_is_what_paho_takes(void **state) {
  (void)state;
  static const struct {
    const char *uri;
    const char *server;
    bool is_address;
  } rows[] = {
      {"mqtt://broker", "tcp://broker:1883", false},
      {"mqtts://broker.example", "ssl://broker.example:8883", false},
      {"mqtt://broker:1884", "tcp://broker:1884", false},
      {"mqtt://192.0.2.7", "tcp://192.0.2.7:1883", true},
      {"mqtts://192.0.2.7:1", "ssl://192.0.2.7:1", true},
      {"mqtt://192.0.2.700", "tcp://192.0.2.700:1883", false},
      {"mqtt://[2001:db8::1]", "tcp://[2001:db8::1]:1883", true},
      {"mqtts://[fe80::1%eth0]:99", "ssl://[fe80::1%eth0]:99", true},
      {"mqtt://a-name-that-is-longer-than-any-address-of-ipv4",
       "tcp://a-name-that-is-longer-than-any-address-of-ipv4:1883", false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_mqtt_uri_t uri;
    tg_diag_t diag = {0};
    check_rc(tg_mqtt_uri_read(rows[i].uri, &uri, &diag), TG_OK);
    uint8_t memory[128];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    assert_string_equal(tg_mqtt_uri_put(&out, &uri), rows[i].server);
    check_int(tg_mqtt_uri_is_address(&uri), rows[i].is_address);
  }
}

static void what_names_no_broker_is_refused(void **state) {
  (void)state;
  static const char *const rows[] = {"", "broker", "http://broker", "mqtt://", "mqtts://"};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_mqtt_uri_t uri;
    tg_diag_t diag = {0};
    check_rc(tg_mqtt_uri_read(rows[i], &uri, &diag), TG_E_CONFIG);
    assert_non_null(strstr(diag.message, "broker uri"));
  }
}

static void a_server_that_does_not_fit_is_none(void **state) {
  (void)state;
  tg_mqtt_uri_t uri;
  tg_diag_t diag = {0};
  check_rc(tg_mqtt_uri_read("mqtt://broker", &uri, &diag), TG_OK);
  uint8_t memory[17]; /* tcp://broker:1883 and a NUL */
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  assert_null(tg_mqtt_uri_put(&out, &uri));
}

CHECK_SUITE(what_people_write_is_what_paho_takes, what_names_no_broker_is_refused, a_server_that_does_not_fit_is_none)
