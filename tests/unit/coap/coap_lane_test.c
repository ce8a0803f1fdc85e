/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_lane_test.c: who goes first behind NSTART while a transfer is under way; mirrors core/coap/coap_exchange.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

/* A push of four blocks at priority 0; a read at priority 3 comes while the first is in flight, one at 0 waits for the end. */
static void an_urgent_read_passes_a_transfer_between_two_blocks(void **state) {
  (void)state;
  static const char order[] = "prpppr"; /* push, read */
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t push = wire_call(wire), read = wire_call(wire), late = wire_call(wire);
  push.method = TG_COAP_PUT;
  push.payload = tg_slice_str("0123456789abcdef0123456789ABCDEF0123456789abcdef01");
  check_rc(tg_coap_send(wire->coap, &push, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &late, NULL), TG_OK);
  read.priority = 3;
  check_rc(tg_coap_send(wire->coap, &read, NULL), TG_OK);
  for (unsigned i = 0, block = 0; i < sizeof order - 1; i++) {
    const char *out = wire_out(wire);
    bool is_push = order[i] == 'p', is_last = block == 3;
    assert_memory_equal(out, is_push ? "4803" : "4801", 4);
    char mid[5] = {out[4], out[5], out[6], out[7]};
    char token[17];
    snprintf(token, sizeof token, "%s", wire->token);
    assert_string_equal(wire_out(wire), ""); /* NSTART is 1 */
    if (is_push) wire_in(wire, "68%s%s%s d10e%x%x", is_last ? "44" : "5f", mid, token, block, is_last ? 0 : 8);
    else wire_in(wire, "6845%s%s ff 31", mid, token);
    block += is_push;
  }
  check_int(wire->dones, 3);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

/* The same on the way back: a long answer that is fetched in blocks. */
static void an_urgent_read_passes_the_blocks_of_an_answer(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t slow = wire_call(wire), urgent = wire_call(wire), equal = wire_call(wire);
  urgent.priority = 2;
  urgent.path = "/b";
  equal.path = "/c";
  check_rc(tg_coap_send(wire->coap, &slow, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &equal, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s d10a08 ff 78787878787878787878787878787878", wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "b161c110"); /* an equal one does not pass */
  uint16_t mid = wire->mid;
  char token[17];
  strcpy(token, wire->token);
  check_rc(tg_coap_send(wire->coap, &urgent, NULL), TG_OK);
  wire_in(wire, "6845%04x%s d10a18 ff 78787878787878787878787878787878", mid, token);
  assert_string_equal(wire_out(wire) + 24, "b162");
  wire_in(wire, "6845%04x%s ff 31", wire->mid, wire->token);
  check_int(wire->dones, 1);
  assert_string_equal(wire_out(wire) + 24, "b161c120"); /* back where it was, before the equal one */
  wire_in(wire, "6845%04x%s d10a20 ff 78", wire->mid, wire->token);
  check_int(wire->dones, 2);
  check_int(wire->body_len, 33);
  assert_string_equal(wire_out(wire) + 24, "b163");
  wire_close(wire);
}

static void a_transfer_that_let_others_pass_can_be_cancelled(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t slow = wire_call(wire), urgent = wire_call(wire);
  tg_id_t id;
  urgent.priority = 3;
  check_rc(tg_coap_send(wire->coap, &slow, &id), TG_OK);
  check_rc(tg_coap_send(wire->coap, &urgent, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s d10a08 ff 78787878787878787878787878787878", wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "b161");
  tg_coap_cancel(wire->coap, id);
  check_rc(wire->result.rc, TG_E_CANCELLED);
  check_int(wire->coap->bodies.pool.count, 0);
  wire_in(wire, "6845%04x%s ff 31", wire->mid, wire->token);
  check_int(wire->dones, 2);
  assert_string_equal(wire_out(wire), "");
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

CHECK_SUITE(an_urgent_read_passes_a_transfer_between_two_blocks, an_urgent_read_passes_the_blocks_of_an_answer,
            a_transfer_that_let_others_pass_can_be_cancelled)
