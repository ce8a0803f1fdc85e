/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/coap/coap_observe.c: what an observation keeps of its request, short or long, and which notification is newer. */

#include "core/coap/coap_observe.h"

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static tg_coap_observed_t *add(wire_t *wire, const tg_coap_observation_t *from, tg_id_t *id) {
  tg_coap_observation_t obs = *from;
  obs.peer = wire_peer(wire, 'a');
  memcpy(obs.token, "12345678", sizeof obs.token);
  check_rc(tg_coap_observation_add(wire->coap, &obs, id), TG_OK);
  tg_coap_observed_t *observed = tg_coap_observe_find(wire->coap, tg_slice_str("12345678"));
  assert_non_null(observed);
  return observed;
}

static void names_are_kept_whether_they_fit_or_not(void **state) {
  (void)state;
  static const struct {
    tg_coap_observation_t obs;
    const char *kept;
  } rows[] = {
      {{.path = "/3303/0/5700"}, "/3303/0/5700"},
      {{.path = "/lwm2m/3303/0/57"}, "/lwm2m/3303/0/57"},   /* 16 bytes */
      {{.path = "/lwm2m/3303/0/570"}, "/lwm2m/3303/0/570"}, /* and one more */
      {{.path = "/3/0/9", .query = "pmin=1"}, "/3/0/9pmin=1"},
      {{.path = "/3303/0/5700", .query = "pmin=1&pmax=60"}, "/3303/0/5700pmin=1&pmax=60"},
      {{.path = "", .method = TG_COAP_FETCH, .payload = {(const uint8_t *)"short", 5}}, "short"},
      {{.path = "", .method = TG_COAP_FETCH, .payload = {(const uint8_t *)"names of many paths", 19}},
       "names of many paths"},
      {{.path = "/lwm2m", .query = "q", .method = TG_COAP_FETCH, .payload = {(const uint8_t *)"names of", 8}},
       "/lwm2mqnames of"},
      {{.path = "/a", .payload = {(const uint8_t *)"GET has none of it", 18}}, "/a"},
      {{.path = ""}, ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    tg_id_t id;
    const tg_coap_observed_t *observed = add(wire, &rows[i].obs, &id);
    check_true(observed->has_names);
    size_t len = (size_t)observed->path_len + observed->query_len + observed->payload_len;
    check_slice(tg_slice(tg_coap_observe_names(observed), len), rows[i].kept);
    check_int(observed->path_len, strlen(rows[i].obs.path));
    check_int(observed->method, rows[i].obs.method == TG_COAP_FETCH ? TG_COAP_FETCH : TG_COAP_GET);
    if (i % 2) tg_coap_observation_del(wire->coap, id); /* else the engine's end frees it */
    wire_close(wire);
  }
}

static void without_a_path_nothing_is_known(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  const tg_coap_observation_t obs = {.query = "q", .payload = {(const uint8_t *)"p", 1}};
  tg_id_t id;
  const tg_coap_observed_t *observed = add(wire, &obs, &id);
  check_false(observed->has_names);
  check_int(observed->path_len + observed->query_len, 0);
  tg_coap_observation_del(wire->coap, id);
  wire_close(wire);
}

static void the_newer_of_two_notifications_is_told(void **state) {
  (void)state;
  static const struct {
    uint32_t last, seq;
    uint64_t apart_ms;
    bool is_fresh;
  } rows
      [] =
          {
              {5, 6, 0, true},         {6, 5, 0, false},
              {5, 5, 0, false},        {0xFFFFFF, 0, 0, true}, /* it wraps */
              {0, 0xFFFFFF, 0, false}, {6, 5, 128000, false},
              {6, 5, 128001, true}, /* RFC 7641 §3.4: whatever the numbers say */
          };
  static const uint64_t begins[] = {1000, UINT32_MAX - 50}; /* also where the low half of the time wraps */
  for (size_t i = 0; i < TG_COUNT(rows) * TG_COUNT(begins); i++) {
    uint64_t begin = begins[i % TG_COUNT(begins)];
    size_t row = i / TG_COUNT(begins);
    tg_coap_observed_t observed = {0};
    check_true(tg_coap_observe_is_fresh(&observed, rows[row].last, begin));
    check_int(tg_coap_observe_is_fresh(&observed, rows[row].seq, begin + rows[row].apart_ms), rows[row].is_fresh);
    check_int(observed.last_seq, rows[row].is_fresh ? rows[row].seq : rows[row].last);
    tg_coap_observe_unsee(&observed, observed.last_seq);
    check_true(tg_coap_observe_is_fresh(&observed, rows[row].last, begin)); /* it comes again */
  }
}

CHECK_SUITE(names_are_kept_whether_they_fit_or_not, without_a_path_nothing_is_known,
            the_newer_of_two_notifications_is_told)
