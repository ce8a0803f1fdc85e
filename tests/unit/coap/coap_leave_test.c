/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_leave_test.c: mirrors tg_coap_leave() of core/coap/coap_exchange.c: the end of requests to where a device was. */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { GRACE = 5000, LONG = 300000 };

static tg_id_t send_path(wire_t *wire, const char *path) {
  tg_coap_call_t call = wire_call(wire);
  tg_id_t id = TG_ID_NONE;
  call.path = path;
  check_rc(tg_coap_send(wire->coap, &call, &id), TG_OK);
  return id;
}

static void check_left(const wire_t *wire, bool unsent) {
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_CANCELLED);
  check_int(wire->result.unsent, unsent);
}

static void without_grace_it_ends_at_once_and_others_go(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_id_t first = send_path(wire, "/a");
  send_path(wire, "/b");
  assert_string_equal(wire_out(wire) + 24, "b161");
  assert_string_equal(wire_out(wire), ""); /* the second waits behind the first */
  tg_coap_leave(wire->coap, first, 0);
  check_left(wire, false);
  assert_string_equal(wire_out(wire) + 24, "b162");
  tg_coap_leave(wire->coap, first, GRACE); /* stale */
  check_int(wire->dones, 1);
  check_int(wire_stats(wire).exchanges, 1);
  wire_close(wire);
}

static void what_has_not_gone_ends_at_once_and_says_so(void **state) {
  (void)state;
  for (int cancels = 0; cancels < 2; cancels++) {
    wire_t *wire = wire_open(NULL);
    send_path(wire, "/a");
    (void)wire_out(wire);
    tg_id_t second = send_path(wire, "/b");
    if (cancels) tg_coap_cancel(wire->coap, second);
    else tg_coap_leave(wire->coap, second, GRACE);
    check_left(wire, true);
    assert_string_equal(wire_out(wire), "");
    wire_close(wire);
  }
}

/* Whom the bearer can't reach has had nothing either. */
static void what_waits_for_its_bearer_has_not_gone(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  (void)wire_peer(wire, 'a');
  tg_addr_t to = wire_addr('a');
  wire->link.events->reach(wire->link.events_ud, &wire->link, &to, TG_LINK_DOWN, 0);
  tg_id_t id = send_path(wire, "/a");
  assert_string_equal(wire_out(wire), "");
  tg_coap_leave(wire->coap, id, GRACE);
  check_left(wire, true);
  wire->link.events->reach(wire->link.events_ud, &wire->link, &to, TG_LINK_UP, 0);
  wire->dones = 0;
  id = send_path(wire, "/a");
  check_true(*wire_out(wire));
  wire->link.events->reach(wire->link.events_ud, &wire->link, &to, TG_LINK_DOWN, 0);
  wire_wait(wire, 4000); /* the next time it would have gone has passed */
  assert_string_equal(wire_out(wire), "");
  tg_coap_leave(wire->coap, id, 0);
  check_left(wire, false); /* once it has */
  wire_close(wire);
}

static void in_its_grace_nothing_more_is_sent_and_nobody_waits(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_id_t id = send_path(wire, "/a");
  check_true(*wire_out(wire));
  wire_wait(wire, 4000);
  check_true(*wire_out(wire)); /* sent again so far */
  tg_coap_leave(wire->coap, id, GRACE);
  tg_coap_leave(wire->coap, id, LONG); /* it has its time already */
  check_int(wire->dones, 0);
  send_path(wire, "/b");
  assert_string_equal(wire_out(wire) + 24, "b162");
  wire_in(wire, "6845%04x%s ff 31", wire->mid, wire->token);
  check_int(wire->dones, 1);
  wire->dones = 0;
  wire_wait(wire, GRACE - 4);
  check_int(wire->dones, 0);
  wire_wait(wire, 8);
  check_left(wire, false);
  assert_string_equal(wire_out(wire), "");
  check_int(wire_stats(wire).timeouts, 0);
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

/* How the answer comes, the bytes in hexadecimal behind id and token; what it ends with. */
static void an_answer_in_its_grace_is_the_end(void **state) {
  (void)state;
  static const struct {
    const char *head, *tail;
    bool with_token;
    tg_rc_t rc;
    uint8_t code;
  } rows[] = {{"6844", "", true, TG_OK, TG_COAP_204},
              {"4844", "", true, TG_OK, TG_COAP_204},
              {"5884", "", true, TG_OK, TG_COAP_404},
              {"7000", "", false, TG_E_RESET, 0},
              /* a block of more: the rest of it is not to be had there any more */
              {"6845", "d10a08 ff 30313233343536373839616263646566", true, TG_E_CANCELLED, 0}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    for (int acked = 0; acked < 2; acked++) {
      wire_t *wire = wire_open(NULL);
      tg_id_t id = send_path(wire, "/a");
      (void)wire_out(wire);
      unsigned mid = wire->mid;
      bool is_piggybacked = rows[i].head[0] == '6' || rows[i].head[0] == '7';
      if (acked && is_piggybacked) {
        wire_close(wire);
        continue;
      }
      tg_coap_leave(wire->coap, id, GRACE);
      if (acked) wire_in(wire, "6000%04x", mid); /* a separate answer is to come, but not for as long as else */
      check_int(wire->dones, 0);
      wire_in(wire, "%s%04x%s%s", rows[i].head, is_piggybacked ? mid : 77, rows[i].with_token ? wire->token : "",
              rows[i].tail);
      if (wire->result.rc != rows[i].rc) print_error("row %zu\n", i);
      check_int(wire->dones, 1);
      check_rc(wire->result.rc, rows[i].rc);
      check_int(wire->result.code, rows[i].code);
      check_int(wire_stats(wire).exchanges, 0);
      wire_close(wire);
    }
  }
}

static void an_empty_ack_does_not_lengthen_its_grace(void **state) {
  (void)state;
  for (int before = 0; before < 2; before++) {
    wire_t *wire = wire_open(NULL);
    tg_id_t id = send_path(wire, "/a");
    (void)wire_out(wire);
    if (before) wire_in(wire, "6000%04x", wire->mid);
    tg_coap_leave(wire->coap, id, GRACE);
    if (!before) wire_in(wire, "6000%04x", wire->mid);
    wire_wait(wire, GRACE + 4);
    check_left(wire, false);
    wire_close(wire);
  }
}

static void what_comes_after_its_grace_is_nobodys(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_id_t id = send_path(wire, "/a");
  (void)wire_out(wire);
  tg_coap_leave(wire->coap, id, GRACE);
  wire_wait(wire, GRACE + 4);
  wire_in(wire, "6844%04x%s", wire->mid, wire->token);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "48440007%s", wire->token);
  assert_string_equal(wire_out(wire), "70000007"); /* a confirmable one is reset */
  check_int(wire->dones, 1);
  check_int(wire_stats(wire).rx_unmatched, 2);
  wire_close(wire);
}

static void what_a_bearer_keeps_is_taken_back(void **state) {
  (void)state;
  wire_options_t options = {.reports_tx = true};
  wire_t *wire = wire_open(&options);
  tg_id_t id = send_path(wire, "/a");
  const wire_datagram_t *out = wire_out_bytes(wire);
  assert_non_null(out);
  uint64_t handle = out->handle;
  wire->link.events->tx(wire->link.events_ud, &wire->link, handle, TG_LINK_TX_BUFFERED, 0);
  tg_coap_leave(wire->coap, id, GRACE);
  assert_true(wire->cancelled == handle);
  wire->link.events->tx(wire->link.events_ud, &wire->link, handle, TG_LINK_TX_FAILED, tg_wheel_now(wire->wheel) + 10);
  wire_wait(wire, GRACE + 4); /* it says that it would try again: nobody hears that */
  assert_null(wire_out_bytes(wire));
  check_left(wire, false);
  wire_close(wire);
}

/* The next block of a request waits for its turn when the device leaves: there is no answer to wait for. */
static void between_two_blocks_it_ends_at_once(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 128};
  wire_t *wire = wire_open(&options);
  static const char body[200];
  tg_coap_call_t call = wire_call(wire);
  tg_id_t id = TG_ID_NONE;
  call.method = TG_COAP_PUT;
  call.payload = tg_slice((const uint8_t *)body, sizeof body);
  check_rc(tg_coap_send(wire->coap, &call, &id), TG_OK);
  check_true(*wire_out(wire));
  unsigned mid = wire->mid;
  char token[17];
  strcpy(token, wire->token);
  call.priority = 3;
  call.path = "/b";
  call.payload = tg_slice(NULL, 0);
  call.method = TG_COAP_GET;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_in(wire, "685f%04x%s d10e0a", mid, token); /* 2.31, Block1 0/1/64: the urgent one passes */
  assert_memory_equal(wire_out(wire) + 24, "b162", 4);
  tg_coap_leave(wire->coap, id, GRACE);
  check_left(wire, false);
  wire_in(wire, "6845%04x%s ff 31", wire->mid, wire->token);
  check_int(wire->dones, 2);
  assert_string_equal(wire_out(wire), ""); /* no block more */
  wire_close(wire);
}

CHECK_SUITE(without_grace_it_ends_at_once_and_others_go, what_has_not_gone_ends_at_once_and_says_so,
            what_waits_for_its_bearer_has_not_gone, in_its_grace_nothing_more_is_sent_and_nobody_waits,
            an_answer_in_its_grace_is_the_end, an_empty_ack_does_not_lengthen_its_grace,
            what_comes_after_its_grace_is_nobodys, what_a_bearer_keeps_is_taken_back,
            between_two_blocks_it_ends_at_once)
