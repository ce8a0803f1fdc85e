/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim under sim_device.c: see sim_coap.h. */

#include "tests/sim/sim_coap.h"

#include "tests/sim/sim_net.h"

enum { ACK_TIMEOUT_MS = 2000, MAX_RETRANSMIT = 4, SEPARATE_MS = 93000, LIFETIME_MS = 247000, HEADER = 4 };

static void on_timer(tg_timer_t *timer, void *ud);

void sim_coap_begin(sim_coap_t *coap, uint32_t node, const sim_coap_ops_t *ops, void *ud) {
  sim_coap_end(coap);
  *coap = (sim_coap_t){.node = node, .ops = ops, .ud = ud, .timer = {.fn = on_timer, .ud = coap}};
  coap->next_mid = (uint16_t)sim_draw(65536);
  coap->next_token = sim_draw(UINT32_MAX);
}

void sim_coap_end(sim_coap_t *coap) {
  if (coap->ops) tg_wheel_del(sim.wheel, &coap->timer);
}

/* ---- its own messages ---- */

static void finish(sim_coap_t *coap, sim_coap_end_t end, const tg_coap_msg_t *msg) {
  tg_wheel_del(sim.wheel, &coap->timer);
  coap->is_busy = false;
  coap->ops->ended(coap->ud, coap->kind, end, msg);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  sim_coap_t *coap = ud;
  if (coap->is_acked || coap->tries == MAX_RETRANSMIT) {
    finish(coap, SIM_COAP_TIMEOUT, NULL);
    return;
  }
  coap->tries++;
  coap->timeout_ms *= 2;
  sim_after(timer, coap->timeout_ms);
  sim_net_up(coap->node, tg_slice(coap->bytes, coap->len));
}

static void begin(sim_coap_t *coap, tg_buf_t *buf, tg_coap_enc_t *enc, const tg_coap_head_t *head) {
  tg_buf_init(buf, coap->bytes, sizeof coap->bytes);
  tg_coap_enc_begin(enc, buf, head);
  coap->mid = head->mid;
}

void sim_coap_request(sim_coap_t *coap, int kind, uint8_t code, tg_buf_t *buf, tg_coap_enc_t *enc) {
  coap->kind = kind;
  coap->is_request = true;
  coap->token = coap->next_token++;
  tg_coap_head_t head = {.type = TG_COAP_CON, .code = code, .mid = coap->next_mid++};
  head.token = tg_slice(&coap->token, sizeof coap->token);
  begin(coap, buf, enc, &head);
}

void sim_coap_response(sim_coap_t *coap, int kind, bool confirmable, const tg_coap_head_t *given, tg_buf_t *buf,
                       tg_coap_enc_t *enc) {
  static uint8_t other[SIM_COAP_BYTES]; /* so that a confirmable one that waits is left alone */
  tg_coap_head_t head = *given;
  head.type = confirmable ? TG_COAP_CON : TG_COAP_NON;
  head.mid = coap->next_mid++;
  if (confirmable) {
    coap->kind = kind;
    coap->is_request = false;
    begin(coap, buf, enc, &head);
    return;
  }
  coap->last_non = head.mid;
  tg_buf_init(buf, other, sizeof other);
  tg_coap_enc_begin(enc, buf, &head);
}

void sim_coap_send(sim_coap_t *coap, bool confirmable, const tg_buf_t *buf) {
  if (buf->rc != TG_OK) {
    sim_fail("a device's message is too long");
    return;
  }
  if (confirmable) {
    coap->is_busy = true;
    coap->is_acked = false;
    coap->tries = 0;
    coap->len = buf->len;
    coap->timeout_ms = ACK_TIMEOUT_MS + sim_draw(ACK_TIMEOUT_MS / 2);
    sim_after(&coap->timer, coap->timeout_ms);
  }
  sim_net_up(coap->node, tg_buf_slice(buf));
}

/* ---- what comes ---- */

static void send_empty(const sim_coap_t *coap, unsigned type, uint16_t mid) {
  uint8_t bytes[HEADER] = {(uint8_t)(1U << 6 | type << 4), 0, (uint8_t)(mid >> 8), (uint8_t)mid};
  sim_net_up(coap->node, tg_slice(bytes, sizeof bytes));
}

static sim_coap_seen_t *find_seen(sim_coap_t *coap, const tg_coap_msg_t *msg) {
  for (size_t i = 0; i < SIM_COAP_SEEN; i++) {
    sim_coap_seen_t *seen = &coap->seen[i];
    bool is_it = seen->at_ms && sim.now_ms - seen->at_ms < LIFETIME_MS && seen->mid == msg->mid &&
                 seen->token_len == msg->token_len && memcmp(seen->token, msg->token, msg->token_len) == 0;
    if (is_it) return seen;
  }
  return NULL;
}

/* Piggybacked where there is an answer, else an empty ACK. */
static void answer(sim_coap_t *coap, const tg_coap_msg_t *msg) {
  sim_coap_seen_t *seen = &coap->seen[coap->next_seen++ % SIM_COAP_SEEN];
  *seen = (sim_coap_seen_t){.at_ms = sim.now_ms, .mid = msg->mid, .token_len = msg->token_len};
  memcpy(seen->token, msg->token, msg->token_len);
  tg_coap_head_t head = {.type = TG_COAP_ACK, .mid = msg->mid, .token = tg_slice(msg->token, msg->token_len)};
  tg_buf_t buf;
  tg_coap_enc_t enc;
  tg_buf_init(&buf, seen->answer, sizeof seen->answer);
  tg_coap_enc_begin(&enc, &buf, &head);
  uint8_t code = coap->ops->request(coap->ud, msg, &enc);
  if (buf.rc != TG_OK) sim_fail("a device's answer is too long");
  seen->answer[1] = code;
  if (code == 0) seen->answer[0] = 1U << 6 | TG_COAP_ACK << 4;
  seen->len = code ? buf.len : HEADER;
  sim_net_up(coap->node, tg_slice(seen->answer, seen->len));
}

static void on_request(sim_coap_t *coap, const tg_coap_msg_t *msg) {
  const sim_coap_seen_t *seen = find_seen(coap, msg);
  if (msg->type != TG_COAP_CON) return; /* the gateway sends none, and what comes late is no request */
  if (seen) sim_net_up(coap->node, tg_slice(seen->answer, seen->len));
  else answer(coap, msg);
}

static bool is_mine(const sim_coap_t *coap, const tg_coap_msg_t *msg) {
  return coap->is_busy && coap->is_request && msg->token_len == sizeof coap->token &&
         memcmp(msg->token, &coap->token, sizeof coap->token) == 0;
}

static void on_response(sim_coap_t *coap, const tg_coap_msg_t *msg) {
  bool is_piggybacked = msg->type == TG_COAP_ACK;
  if (is_mine(coap, msg) && (!is_piggybacked || msg->mid == coap->mid)) {
    if (msg->type == TG_COAP_CON) send_empty(coap, TG_COAP_ACK, msg->mid);
    memcpy(coap->last_token, msg->token, msg->token_len);
    finish(coap, SIM_COAP_ANSWERED, msg);
    return;
  }
  if (msg->type != TG_COAP_CON) return;
  bool is_repeated = msg->token_len == sizeof coap->token && memcmp(coap->last_token, msg->token, msg->token_len) == 0;
  send_empty(coap, is_repeated ? TG_COAP_ACK : TG_COAP_RST, msg->mid);
}

static void on_empty(sim_coap_t *coap, const tg_coap_msg_t *msg) {
  if (msg->type == TG_COAP_CON) send_empty(coap, TG_COAP_RST, msg->mid);
  if (msg->type == TG_COAP_RST && msg->mid == coap->last_non) coap->ops->ended(coap->ud, -1, SIM_COAP_RESET, NULL);
  if (!coap->is_busy || msg->mid != coap->mid || coap->is_acked) return;
  if (msg->type == TG_COAP_RST) {
    finish(coap, SIM_COAP_RESET, NULL);
  } else if (msg->type == TG_COAP_ACK && !coap->is_request) {
    finish(coap, SIM_COAP_ACKED, NULL);
  } else if (msg->type == TG_COAP_ACK) {
    coap->is_acked = true;
    sim_after(&coap->timer, SEPARATE_MS);
  }
}

void sim_coap_receive(sim_coap_t *coap, tg_slice_t datagram) {
  tg_coap_msg_t msg;
  if (tg_coap_msg_decode(&msg, datagram) != TG_OK) {
    sim_fail("the gateway sends what is no CoAP message");
    return;
  }
  if (msg.code == 0) on_empty(coap, &msg);
  else if (msg.code >> 5 == 0) on_request(coap, &msg);
  else on_response(coap, &msg);
}
