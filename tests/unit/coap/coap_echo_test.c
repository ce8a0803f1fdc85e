/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_echo_test.c: Echo (RFC 9175 §2) in both roles; mirrors core/coap/coap_echo.c and coap_response.c. */

#include "core/coap/coap_echo.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { ANSWER = 300, ECHO_TEXT = 24 };

/* Client. */

static void a_challenge_is_answered_once_with_its_echo(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  char token[17];
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  strcpy(token, wire->token);
  uint16_t mid = wire->mid;
  wire_in(wire, "6881%04x%s d4ef aabbccdd", wire->mid, wire->token); /* 252 = 13 + 239 */
  assert_string_equal(wire_out(wire) + 24, "b161d4e4aabbccdd");      /* 11 + 13 + 228 */
  assert_string_not_equal(wire->token, token);
  check_int(wire->mid, (uint16_t)(mid + 1));
  check_int(wire->dones, 0);
  wire_in(wire, "6881%04x%s d4ef 11223344", wire->mid, wire->token); /* again: that is the answer */
  assert_string_equal(wire_out(wire), "");
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, TG_COAP_401);
  wire_close(wire);
}

static void a_refusal_without_echo_is_final(void **state) {
  (void)state;
  static const char *const options[] = {
      "", "d0ef", "dd ef 1c 30303030303030303030303030303030303030303030303030303030303030303030303030303030 31"};
  for (size_t i = 0; i < TG_COUNT(options); i++) { /* none, an empty one, one of 41 bytes */
    wire_t *wire = wire_open(NULL);
    tg_coap_call_t call = wire_call(wire);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    wire_in(wire, "6881%04x%s %s", wire->mid, wire->token, options[i]);
    check_int(wire->dones, 1);
    check_int(wire->result.code, TG_COAP_401);
    wire_close(wire);
  }
}

static void a_challenge_in_the_middle_of_blocks_repeats_that_block(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 110};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_PUT;
  call.payload = tg_slice_str("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "685f%04x%s d10e09", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "b161d10319", 10);
  wire_in(wire, "6881%04x%s d1ef77", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "b161d10319d1d477d41b", 20); /* Echo 27 + 13 + 212, tag 252 + 13 + 27 */
  wire_in(wire, "685f%04x%s d10e19", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "b161d10321d1d477d41b", 20);
  wire_in(wire, "6844%04x%s d10e21", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_int(wire->result.code, TG_COAP_204);
  wire_close(wire);
}

/* Server. */

static wire_t *open_guarded(void) {
  static char payload[ANSWER];
  wire_options_t options = {.limits = {.amplification = 3}};
  memset(payload, 'x', sizeof payload);
  wire_t *wire = wire_open(&options);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  return wire;
}

/* The Echo of the challenge that the engine just sent to a message with a token of one byte, as text. */
static void read_echo(wire_t *wire, char echo[ECHO_TEXT + 1]) {
  const char *out = wire_out(wire);
  check_int(strlen(out), 2 * (5 + 2 + 12));
  assert_memory_equal(out + 2, "81", 2);
  assert_memory_equal(out + 10, "dcef", 4);
  snprintf(echo, ECHO_TEXT + 1, "%s", out + 14);
}

static void a_long_answer_goes_only_to_a_proved_address(void **state) {
  (void)state;
  wire_t *wire = open_guarded();
  char echo[ECHO_TEXT + 1];
  wire_in(wire, "41010001 4a b161");
  read_echo(wire, echo);
  wire_in(wire, "41010001 4a b161"); /* a duplicate: the same */
  assert_memory_equal(wire_out(wire), "6181", 4);
  wire_in(wire, "41010002 4a b161 dce4%s", echo);
  assert_memory_equal(wire_out(wire), "6145", 4);
  wire_in(wire, "41010003 4a b161"); /* once proved, it stays so */
  assert_memory_equal(wire_out(wire), "6145", 4);
  check_int(wire_stats(wire).challenges, 1);
  wire_close(wire);
}

/* An Echo is good for one minute, for its address, unchanged. */
static void an_echo_of_another_time_or_address_proves_nothing(void **state) {
  (void)state;
  char echo[ECHO_TEXT + 1], other[ECHO_TEXT + 1];
  wire_t *wire = open_guarded();
  wire_in(wire, "41010001 4a b161");
  read_echo(wire, echo);
  wire_in_from(wire, 'b', "41010001 4a b161 dce4%s", echo);
  read_echo(wire, other);
  assert_string_not_equal(echo, other);
  for (size_t i = 0; i < ECHO_TEXT; i++) {
    char forged[ECHO_TEXT + 1];
    strcpy(forged, echo);
    forged[i] = forged[i] == '0' ? '1' : '0';
    wire_in(wire, "4101%04zx 4a b161 dce4%s", 16 + i, forged);
    assert_memory_equal(wire_out(wire), "6181", 4);
  }
  wire_wait(wire, 62000);
  wire_in(wire, "41010100 4a b161 dce4%s", echo);
  read_echo(wire, other);
  wire_wait(wire, 59000);
  wire_in(wire, "41010101 4a b161 dce4%s", other);
  assert_memory_equal(wire_out(wire), "6145", 4);
  wire_close(wire);
}

static void a_token_of_ours_or_the_bearer_proves_it_too(void **state) {
  (void)state;
  wire_t *wire = open_guarded();
  wire_in_from(wire, 'A', "41010001 4a b161"); /* the link vouches for it */
  assert_memory_equal(wire_out(wire), "6145", 4);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s ff 31", wire->mid, wire->token);
  wire_in(wire, "41010001 4a b161");
  assert_memory_equal(wire_out(wire), "6145", 4);
  wire_close(wire);
}

/* 136 bytes are free (security.md 2.1); above them three times what came. */
static void what_is_within_the_budget_is_answered(void **state) {
  (void)state;
  wire_t *wire = open_guarded();
  wire->reply.payload.len = 136 - 6;
  wire_in(wire, "41010001 4a b161");
  check_int(strlen(wire_out(wire)), 2 * 136);
  wire->reply.payload.len++;
  wire_in(wire, "41010002 4a b161");
  assert_memory_equal(wire_out(wire), "6181", 4);
  wire->reply.payload.len = 3 * 60 - 6; /* a request of 60 bytes */
  wire_in(
      wire,
      "41010003 4a b161 ff 78787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878");
  check_int(strlen(wire_out(wire)), 2 * 180);
  wire->reply.payload.len++;
  wire_in(
      wire,
      "41010004 4a b161 ff 78787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878");
  assert_memory_equal(wire_out(wire), "6181", 4);
  check_int(wire->coap->bodies.pool.count, 0);
  wire_close(wire);
}

/* What has been done is not done twice: the code comes without its payload. */
static void a_long_answer_to_an_unsafe_request_loses_its_payload(void **state) {
  (void)state;
  wire_t *wire = open_guarded();
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "614500014a");
  check_int(wire->requests, 1);
  wire_close(wire);
}

/* security.md 2.5: no memory for who may be somebody else. */
static void blocks_of_a_body_are_taken_only_from_a_proved_address(void **state) {
  (void)state;
  wire_t *wire = open_guarded();
  char echo[ECHO_TEXT + 1];
  wire_in(wire, "41020001 4a b161 d10308 ff 78787878787878787878787878787878");
  read_echo(wire, echo);
  check_int(wire->coap->bodies.pool.count, 0);
  wire_in(wire, "41020002 4a b161 d10308 dcd4%s ff 78787878787878787878787878787878", echo);
  assert_memory_equal(wire_out(wire), "615f", 4);
  wire_close(wire);
}

static void it_is_off_by_default(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  static char payload[ANSWER];
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire_in(wire, "41010001 4a b161");
  assert_memory_equal(wire_out(wire), "6145", 4);
  wire_close(wire);
}

CHECK_SUITE(a_challenge_is_answered_once_with_its_echo, a_refusal_without_echo_is_final,
            a_challenge_in_the_middle_of_blocks_repeats_that_block, a_long_answer_goes_only_to_a_proved_address,
            an_echo_of_another_time_or_address_proves_nothing, a_token_of_ours_or_the_bearer_proves_it_too,
            what_is_within_the_budget_is_answered, a_long_answer_to_an_unsafe_request_loses_its_payload,
            blocks_of_a_body_are_taken_only_from_a_proved_address, it_is_off_by_default)
