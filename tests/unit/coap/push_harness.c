/* SPDX-License-Identifier: Apache-2.0 */
/* See push_harness.h. */

#include "tests/unit/coap/push_harness.h"

#include "tests/unit/check.h"

push_out_t push_last;
uint8_t push_image[PUSH_SIZE];
size_t push_told[64];
unsigned push_tellings;
bool push_cancels;
tg_id_t push_id;

static wire_t *open_wire;

static uint32_t number(const tg_coap_msg_t *msg, uint16_t option) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(msg, option);
  uint32_t value = 0;
  for (size_t i = 0; opt && i < opt->len; i++) value = value << 8 | opt->p[i];
  return opt ? value : UINT32_MAX;
}

bool push_read(wire_t *wire) {
  static tg_coap_msg_t msg;
  push_out_t *out = &push_last;
  const wire_datagram_t *sent = wire_out_bytes(wire);
  memset(out, 0, sizeof *out);
  if (!sent) return false;
  check_rc(tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)), TG_OK);
  out->is_there = true;
  out->code = msg.code;
  out->mid = msg.mid;
  for (uint8_t i = 0; i < msg.token_len; i++) snprintf(out->token + 2 * (size_t)i, 3, "%02x", msg.token[i]);
  out->block1 = number(&msg, TG_OPT_BLOCK1);
  out->block2 = number(&msg, TG_OPT_BLOCK2);
  out->size1 = number(&msg, TG_OPT_SIZE1);
  out->tag = number(&msg, TG_OPT_REQUEST_TAG);
  out->has_echo = tg_coap_msg_find(&msg, TG_OPT_ECHO) != NULL;
  out->payload_len = msg.payload.len;
  if (out->block1 == UINT32_MAX) return true;
  out->payload_at = (size_t)(out->block1 >> 4) << ((out->block1 & 7) + 4);
  assert_true(out->payload_at + out->payload_len <= PUSH_SIZE);
  assert_memory_equal(msg.payload.p, push_image + out->payload_at, msg.payload.len);
  return true;
}

void push_check_block(wire_t *wire, size_t at) {
  assert_true(push_read(wire));
  check_int(push_last.code, TG_COAP_PUT);
  check_int(push_last.payload_at, at);
}

void push_check_silence(wire_t *wire) {
  check_false(push_read(wire));
}

void push_answer(wire_t *wire, uint8_t code) {
  wire_in(wire, "68%02x%04x%s d10e%02x", code, push_last.mid, push_last.token, push_last.block1);
}

void push_take(wire_t *wire) {
  push_answer(wire, push_last.block1 & 8 ? TG_COAP_231 : TG_COAP_204);
}

static void on_progress(void *ud, size_t sent) {
  check_true(ud == open_wire);
  assert_true(push_tellings < TG_COUNT(push_told));
  push_told[push_tellings++] = sent;
  if (push_cancels) tg_coap_cancel(open_wire->coap, push_id);
}

tg_coap_call_t push_call(wire_t *wire) {
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_PUT;
  call.path = "/5/0/0";
  call.content_format = TG_CF_OPAQUE;
  call.payload = tg_slice(push_image, PUSH_SIZE);
  call.lent = true;
  call.patience_ms = PUSH_PATIENCE_MS;
  call.progress = on_progress;
  return call;
}

void push_start(wire_t *wire, size_t first_at) {
  tg_coap_call_t call = push_call(wire);
  call.first_at = first_at;
  check_rc(tg_coap_send(wire->coap, &call, &push_id), TG_OK);
}

wire_t *push_open(size_t mtu, bool reports_tx) {
  wire_options_t options = {.mtu = mtu, .reports_tx = reports_tx};
  for (size_t i = 0; i < PUSH_SIZE; i++) push_image[i] = (uint8_t)(i * 3 + 1);
  push_tellings = 0;
  push_cancels = false;
  return open_wire = wire_open(&options);
}

void push_check_end(const wire_t *wire, tg_rc_t rc, uint8_t code) {
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, rc);
  check_int(wire->result.code, code);
}

unsigned push_wait_for_other(wire_t *wire, uint16_t mid) {
  unsigned copies = 0;
  for (unsigned s = 0; s < 2000; s++) {
    while (push_read(wire)) {
      if (push_last.mid != mid) return copies;
      copies++;
    }
    if (wire->dones) return copies;
    wire_wait(wire, 1000);
  }
  fail();
  return copies;
}
