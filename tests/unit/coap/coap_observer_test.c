/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_observer_test.c: mirrors core/coap/coap_observer.c: resources of ours that others observe (RFC 7641 §4): what founds and ends an observation, what is told. */

#include "tests/unit/coap/observer_bench.h"

static void an_observer_is_told_of_each_change_in_order(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  check_int(notify(wire, "x", false), 0);
  observe(wire, 'a');
  check_int(wire->request.observe, 0);
  check_int(notify(wire, "x", false), 1);
  assert_memory_equal(wire_out(wire), "5145", 4);
  uint16_t mid = wire->mid;
  check_int(notify(wire, "y", true), 1);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4145", 4);
  assert_string_equal(out + 8, "4a6103ff79");
  check_int(wire->mid, (uint16_t)(mid + 1));
  wire_in(wire, "6000%04x", wire->mid);
  check_true(tg_wheel_next(wire->wheel) == UINT64_MAX);
  check_int(wire_stats(wire).observers, 1);
  wire_close(wire);
}

/* The option's value, the method, another option: whether it is an observation. */
static void only_reads_with_observe_0_found_an_observation(void **state) {
  (void)state;
  static const struct {
    const char *in;
    int observe;
    unsigned observers;
  } rows[] = {
      {"41010001 4a 60 5161", 0, 1},       {"41050001 4a 60 5161 ff 31", 0, 1}, /* FETCH (RFC 8132 §2.4) */
      {"41020001 4a 60 5161", -1, 0},                                           /* POST: elective, ignored */
      {"41010001 4a 6102 5161", -1, 0},                                         /* a value without a meaning */
      {"41010001 4a 6101 5161", 1, 0},     {"41010001 4a b161", -1, 0},
      {"41010001 4a 60 5161 c110", -1, 0}, /* a later block is a plain read */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = open_observable(NULL);
    wire_in(wire, "%s", rows[i].in);
    if (wire->request.observe != rows[i].observe) print_error("row %zu\n", i);
    check_int(wire->request.observe, rows[i].observe);
    check_int(wire_stats(wire).observers, rows[i].observers);
    wire_close(wire);
  }
}

static void a_refusal_or_a_resource_that_cannot_be_observed_founds_none(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  wire->reply.code = TG_COAP_404;
  wire_in(wire, "41010001 4a 60 5161");
  assert_string_equal(wire_out(wire), "618400014aff6f6b");
  wire->reply.code = TG_COAP_205;
  wire->reply.observed = 0;
  wire_in(wire, "41010002 4a 60 5161");
  assert_string_equal(wire_out(wire), "614500024aff6f6b");
  check_int(wire_stats(wire).observers, 0);
  wire_close(wire);
}

static void the_same_token_renews_and_observe_1_cancels(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  observe(wire, 'a');
  wire_in(wire, "41010010 4a 60 5161");
  assert_memory_equal(wire_out(wire) + 8, "4a6102", 6); /* the sequence goes on */
  check_int(wire_stats(wire).observers, 1);
  wire_in(wire, "41010011 4b 6101 5161"); /* another token: nothing of it */
  check_int(wire_stats(wire).observers, 1);
  wire_in_from(wire, 'b', "41010012 4a 6101 5161"); /* another peer's */
  check_int(wire_stats(wire).observers, 1);
  wire_in(wire, "41010013 4a 6101 5161");
  check_int(wire_stats(wire).observers, 0);
  while (*wire_out(wire)) continue;
  check_int(notify(wire, "x", false), 0);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

static void a_reset_ends_it_whatever_the_notification_was(void **state) {
  (void)state;
  for (int confirmable = 0; confirmable < 2; confirmable++) {
    wire_t *wire = open_observable(NULL);
    observe(wire, 'a');
    notify(wire, "x", confirmable);
    (void)wire_out(wire);
    wire_in_from(wire, 'b', "7000%04x", wire->mid); /* somebody else's */
    wire_in(wire, "7000%04x", wire->mid + 1u);
    check_int(wire_stats(wire).observers, 1);
    wire_in(wire, "7000%04x", wire->mid);
    check_int(wire_stats(wire).observers, 0);
    check_int(wire_stats(wire).resets, 1);
    check_true(tg_wheel_next(wire->wheel) == UINT64_MAX);
    wire_close(wire);
  }
}

/* RFC 7641 §4.2: without the option, and the last. */
static void an_error_is_the_last_notification(void **state) {
  (void)state;
  for (int confirmable = 0; confirmable < 2; confirmable++) {
    wire_t *wire = open_observable(NULL);
    tg_coap_reply_t gone = {.code = TG_COAP_404, .content_format = TG_CF_NONE};
    observe(wire, 'a');
    observe(wire, 'b');
    check_int(tg_coap_observer_notify(wire->coap, RESOURCE, &gone, confirmable), 2);
    for (int i = 0; i < 2; i++) {
      const wire_datagram_t *sent = wire_out_bytes(wire);
      check_int(sent->len, 5);
      check_int(sent->bytes[1], TG_COAP_404);
      if (!confirmable) continue;
      check_int(notify(wire, "late", true), 2 - (unsigned)i); /* goes to nobody */
      wire_in_from(wire, (char)sent->to.b[0], "6000%02x%02x", sent->bytes[2], sent->bytes[3]);
    }
    check_int(wire_stats(wire).observers, 0);
    assert_string_equal(wire_out(wire), "");
    wire_close(wire);
  }
}

static void the_rest_of_a_long_notification_can_be_read(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = open_observable(&options);
  observe(wire, 'a');
  notify(wire, "0123456789abcdefG", false);
  const char *out = wire_out(wire);
  assert_memory_equal(out + 10, "48", 2); /* an ETag of 8 bytes, then Observe, Block2 0 with more, Size2 */
  assert_memory_equal(out + 28, "2102d10408", 10);
  assert_non_null(strstr(out, "ff30313233343536373839616263646566"));
  wire_in(wire, "41010020 4c b161 c110");
  assert_non_null(strstr(wire_out(wire), "ff47"));
  check_int(wire->requests, 1);
  wire_close(wire);
}

static void caps_make_it_a_plain_read(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.observers = 1}};
  wire_t *wire = open_observable(&options);
  observe(wire, 'a');
  wire_in_from(wire, 'b', "41010001 4a 60 5161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_close(wire);
  wire = open_observable(NULL);
  for (unsigned i = 0; i <= TG_COAP_OBSERVERS_PER_PEER; i++) {
    wire_in(wire, "4201%04x %04x 60 5161", i, i);
    (void)wire_out(wire);
  }
  check_int(wire_stats(wire).observers, TG_COAP_OBSERVERS_PER_PEER);
  wire_close(wire);
  options = (wire_options_t){.limits = {.amplification = 3}};
  wire = open_observable(&options); /* an unproved address is sent nothing later */
  wire_in(wire, "41010001 4a 60 5161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_close(wire);
}

static void forgetting_the_peer_or_freeing_the_engine_ends_it(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  observe(wire, 'a');
  observe(wire, 'b');
  notify(wire, "x", true);
  tg_coap_peer_forget(wire->coap, wire_peer(wire, 'a'));
  check_int(wire_stats(wire).observers, 1);
  check_int(notify(wire, "this one is longer than what stands in the observer itself, so it is on the heap", true), 1);
  tg_coap_free(wire->coap);
  wire->coap = NULL;
  check_true(tg_wheel_next(wire->wheel) == UINT64_MAX);
  wire_close(wire);
}

CHECK_SUITE(an_observer_is_told_of_each_change_in_order, only_reads_with_observe_0_found_an_observation,
            a_refusal_or_a_resource_that_cannot_be_observed_founds_none, the_same_token_renews_and_observe_1_cancels,
            a_reset_ends_it_whatever_the_notification_was, an_error_is_the_last_notification,
            the_rest_of_a_long_notification_can_be_read, caps_make_it_a_plain_read,
            forgetting_the_peer_or_freeing_the_engine_ends_it)
