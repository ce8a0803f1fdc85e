/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_lane_test.c: who goes first behind NSTART while a transfer is under way; mirrors core/coap/coap_exchange.c, coap_turn.c. */

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

/* One exchange in a line of many: its name is its path. */
static void ask(wire_t *wire, const char *name, uint8_t priority) {
  tg_coap_call_t call = wire_call(wire);
  call.path = name;
  call.priority = priority;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
}

/* Reads what goes out next and answers it; a block with 2.31, anything else with 2.05. @return its path's letter, 0: silence */
static char serve(wire_t *wire) {
  static tg_coap_msg_t msg;
  const wire_datagram_t *sent = wire_out_bytes(wire);
  if (!sent) return 0;
  check_rc(tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)), TG_OK);
  const tg_coap_opt_t *path = tg_coap_msg_find(&msg, TG_OPT_URI_PATH), *block = tg_coap_msg_find(&msg, TG_OPT_BLOCK1);
  uint32_t value = 0;
  char token[17];
  for (uint8_t i = 0; i < msg.token_len; i++) snprintf(token + 2 * (size_t)i, 3, "%02x", msg.token[i]);
  for (size_t i = 0; block && i < block->len; i++) value = value << 8 | block->p[i];
  char name = (char)path->p[0];
  check_true(wire_out_bytes(wire) == NULL); /* NSTART is 1 */
  if (block && value > 255) wire_in(wire, "685f%04x%s d20e%04x", msg.mid, token, value);
  else if (block) wire_in(wire, "68%02x%04x%s d10e%02x", value & 8 ? 0x5f : 0x44, msg.mid, token, value);
  else wire_in(wire, "6845%04x%s", msg.mid, token);
  return name;
}

static void push(wire_t *wire, const char *name, uint8_t priority, size_t len) {
  static const uint8_t body[1000];
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_PUT;
  call.path = name;
  call.priority = priority;
  call.payload = tg_slice(body, len);
  call.lent = true;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
}

/* As many as there may be at a time, and another one for each that was answered. */
static void urgent_requests_without_end_do_not_starve_a_push(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  char order[128] = "";
  push(wire, "p", 0, 10 * 16);
  for (int i = 0; i < 3; i++) ask(wire, "u", 3);
  for (size_t i = 0; i < 60; i++) {
    order[i] = serve(wire);
    if (order[i] == 'u') ask(wire, "u", 3);
  }
  assert_memory_equal(order, "puuuuuuuupuuuuuuuupuuuuuuuupuuuuuuuupuuuuuuuup", 46);
  wire_close(wire);
}

/* What has waited longest goes first, whichever line it is in: the ones in the middle are not forgotten. */
static void each_line_gets_its_turn(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  char order[64] = "";
  ask(wire, "u", 3);
  ask(wire, "m", 1);
  push(wire, "p", 0, 50 * 16);
  ask(wire, "o", 2);
  ask(wire, "u", 3);
  for (size_t i = 0; i < 46; i++) {
    order[i] = serve(wire);
    if (order[i] == 'u') ask(wire, "u", 3);
  }
  assert_memory_equal(order, "uuuuuuuuumuuuuuuuupuuuuuuuuouuuuuuuupuuuuuuuup", 46);
  wire_close(wire);
}

/* A body that is lent is long: what is as urgent passes it between two blocks, but not without end. */
static void equals_pass_a_body_that_is_lent(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  char order[64] = "";
  push(wire, "p", 1, 4 * 16);
  ask(wire, "e", 1);
  ask(wire, "l", 0);
  for (size_t i = 0; i < 6; i++) order[i] = serve(wire);
  assert_string_equal(order, "pepppl");
  check_int(wire->dones, 3);
  check_int(serve(wire), 0);
  wire_close(wire);
}

/* A long answer at high priority lets a lower one pass as well, after as many messages. */
static void an_urgent_transfer_is_not_without_end_either(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  char order[64] = "";
  push(wire, "u", 3, 20 * 16);
  ask(wire, "l", 0);
  ask(wire, "l", 0);
  for (size_t i = 0; i < 22; i++) order[i] = serve(wire);
  assert_string_equal(order, "uuuuuuuuuluuuuuuuuluuu");
  check_int(wire->dones, 3);
  wire_close(wire);
}

static void among_themselves_they_keep_their_order(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  char order[64] = "";
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"};
  for (size_t i = 0; i < TG_COUNT(names); i++) ask(wire, names[i], i == 5 ? 3 : 1);
  for (size_t i = 0; i < TG_COUNT(names); i++) order[i] = serve(wire);
  assert_string_equal(order, "afbcdeghijklm");
  wire_close(wire);
}

CHECK_SUITE(an_urgent_read_passes_a_transfer_between_two_blocks, an_urgent_read_passes_the_blocks_of_an_answer,
            a_transfer_that_let_others_pass_can_be_cancelled, urgent_requests_without_end_do_not_starve_a_push,
            each_line_gets_its_turn, equals_pass_a_body_that_is_lent, an_urgent_transfer_is_not_without_end_either,
            among_themselves_they_keep_their_order)
