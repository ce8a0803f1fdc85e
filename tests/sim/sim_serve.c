/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim under sim_device.c: see sim_serve.h. Object 3303 has readings, 33001 has instances that are made and deleted. */

#include "tests/sim/sim_serve.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/codec/codec.h"
#include "tests/sim/sim_ledger.h"

enum { IDS = 3, DIGITS = 10, LATER_PER_MILLE = 120, REFUSED_PER_MILLE = 40, VALUES = 4, SCRATCH = 512 };

typedef struct target {
  uint16_t ids[IDS];
  size_t count;
} target_t;

static bool read_number(tg_slice_t text, uint32_t *number) {
  *number = 0;
  if (text.len == 0 || text.len > DIGITS) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] < '0' || text.p[i] > '9') return false;
    *number = *number * 10 + (uint32_t)(text.p[i] - '0');
  }
  return true;
}

static bool find_target(const tg_coap_msg_t *msg, target_t *target) {
  *target = (target_t){0};
  for (size_t i = 0; i < msg->option_count; i++) {
    uint32_t id;
    if (msg->options[i].number != TG_OPT_URI_PATH) continue;
    if (target->count == IDS || !read_number(tg_coap_msg_value(&msg->options[i]), &id) || id > UINT16_MAX) return false;
    target->ids[target->count++] = (uint16_t)id;
  }
  return target->count > 0;
}

static int number_of(const tg_coap_msg_t *msg, uint16_t option, int otherwise) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(msg, option);
  uint32_t value;
  return opt && tg_coap_msg_uint(opt, &value) == TG_OK ? (int)value : otherwise;
}

void sim_serve_values(int format, const tg_path_t *base, const int64_t *values, size_t count, tg_buf_t *out) {
  tg_record_t records[VALUES];
  for (size_t i = 0; i < count && i < VALUES; i++) {
    records[i] = (tg_record_t){.path = tg_path(3, 3303, 0, 5700),
                               .value = {.type = TG_TYPE_FLOAT, .f = (double)values[i]},
                               .time_source = count > 1 ? TG_TIME_DEVICE : TG_TIME_UNKNOWN,
                               .time_ms = tg_clock_wall_ms() - (int64_t)(count - 1 - i) * 1000};
  }
  const tg_codec_output_t output = {.content_format = format, .base = *base, .records = records, .count = count};
  if (tg_codec_encode(&output, out) != TG_OK) sim_fail("a device can't write its values");
}

static bool speaks(int format) {
  return format == TG_CF_SENML_CBOR || format == TG_CF_SENML_JSON || format == TG_CF_TLV;
}

/* The same token again goes on in its line of numbers; an observation that was dropped begins a new one (RFC 7641 sections 3.3.1 and 4.4). */
static bool begin_observation(sim_device_t *device, const tg_coap_msg_t *msg, const tg_path_t *path, int format) {
  int observe = number_of(msg, TG_OPT_OBSERVE, -1);
  sim_device_observation_t *observation = &device->observation;
  if (observe == 1) observation->stands = false;
  if (observe != 0) return false;
  bool goes_on = observation->stands && observation->token_len == msg->token_len &&
                 memcmp(observation->token, msg->token, msg->token_len) == 0;
  uint32_t seq = goes_on ? observation->seq : 1;
  *observation = (sim_device_observation_t){
      .stands = true, .token_len = msg->token_len, .format = format, .seq = seq, .path = *path};
  memcpy(observation->token, msg->token, msg->token_len);
  return true;
}

static void answer_later(sim_device_t *device, const tg_coap_msg_t *msg, uint8_t code, int format, tg_slice_t payload) {
  sim_device_later_t *later = &device->later;
  *later = (sim_device_later_t){
      .waits = true, .token_len = msg->token_len, .code = code, .format = format, .len = payload.len};
  memcpy(later->token, msg->token, msg->token_len);
  if (payload.len) memcpy(later->payload, payload.p, payload.len);
}

static bool may_be_late(const sim_device_t *device, size_t len) {
  return !device->later.waits && len <= sizeof device->later.payload && sim_chance(LATER_PER_MILLE);
}

static uint8_t read_values(sim_device_t *device, const tg_coap_msg_t *msg, const target_t *target, tg_coap_enc_t *enc) {
  int format = number_of(msg, TG_OPT_ACCEPT, device->kind->format);
  if (target->ids[0] != 3303) return TG_COAP_404;
  if (!speaks(format)) return TG_COAP_406;
  tg_path_t path = tg_path((uint16_t)target->count, 3303, target->ids[1], target->ids[2]);
  bool observed = begin_observation(device, msg, &path, format);
  uint8_t bytes[256];
  tg_buf_t payload;
  tg_buf_init(&payload, bytes, sizeof bytes);
  const int64_t value = -(int64_t)device->next;
  sim_serve_values(format, &path, &value, 1, &payload);
  if (!observed && may_be_late(device, payload.len)) {
    answer_later(device, msg, TG_COAP_205, format, tg_buf_slice(&payload));
    return 0;
  }
  if (observed) tg_coap_enc_uint(enc, TG_OPT_OBSERVE, device->observation.seq++);
  tg_coap_enc_uint(enc, TG_OPT_CONTENT_FORMAT, (uint32_t)format);
  tg_coap_enc_payload(enc, tg_buf_slice(&payload));
  return TG_COAP_205;
}

static uint8_t discover(const target_t *target, tg_coap_enc_t *enc) {
  if (target->ids[0] != 3303) return TG_COAP_404;
  tg_coap_enc_uint(enc, TG_OPT_CONTENT_FORMAT, TG_CF_LINK);
  tg_coap_enc_payload(enc, tg_slice_str("</3303/0>;pmin=5;pmax=120,</3303/0/5700>"));
  return TG_COAP_205;
}

static uint32_t print_of(const tg_coap_msg_t *msg) {
  return tg_hash_crc32(msg->mid, tg_slice(msg->token, msg->token_len));
}

static uint8_t carry_out(sim_device_t *device, const tg_coap_msg_t *msg, uint32_t number, uint8_t code) {
  if (sim_chance(REFUSED_PER_MILLE)) return TG_COAP_405;
  sim_ledger_executed(device->node, number, print_of(msg));
  if (!may_be_late(device, 0)) return code;
  answer_later(device, msg, code, TG_CF_NONE, tg_slice(NULL, 0));
  return 0;
}

/* The argument is `0='NUMBER'`. */
static uint8_t execute(sim_device_t *device, const tg_coap_msg_t *msg) {
  uint32_t number;
  tg_slice_t rest = msg->payload;
  (void)tg_slice_take(&rest, '\'');
  if (!read_number(tg_slice_take(&rest, '\''), &number)) return TG_COAP_400;
  return carry_out(device, msg, number, TG_COAP_204);
}

/* The instance has the number of its command. */
static uint8_t create(sim_device_t *device, const tg_coap_msg_t *msg) {
  uint8_t bytes[SCRATCH];
  tg_buf_t scratch;
  tg_buf_init(&scratch, bytes, sizeof bytes);
  const tg_codec_input_t input = {.content_format = number_of(msg, TG_OPT_CONTENT_FORMAT, TG_CF_NONE),
                                  .base = tg_path(1, 33001, 0, 0),
                                  .payload = msg->payload,
                                  .scratch = &scratch,
                                  .use = TG_CODEC_USE_WRITE};
  tg_codec_dec_t dec;
  tg_record_t record;
  if (!speaks(input.content_format)) return TG_COAP_415;
  if (tg_codec_dec_init(&dec, &input) != TG_OK || tg_codec_dec_next(&dec, &record) != TG_OK) return TG_COAP_400;
  return carry_out(device, msg, record.path.id[1], TG_COAP_201);
}

uint8_t sim_serve_request(sim_device_t *device, const tg_coap_msg_t *msg, tg_coap_enc_t *enc) {
  target_t target;
  if (!find_target(msg, &target)) return TG_COAP_404;
  switch (msg->code) {
  case TG_COAP_GET:
    if (number_of(msg, TG_OPT_ACCEPT, TG_CF_NONE) == TG_CF_LINK) return discover(&target, enc);
    return read_values(device, msg, &target, enc);
  case TG_COAP_PUT: return TG_COAP_204; /* a Write or attributes: may come any number of times */
  case TG_COAP_POST:
    if (target.count == 3) return execute(device, msg);
    return target.count == 1 && target.ids[0] == 33001 ? create(device, msg) : TG_COAP_405;
  case TG_COAP_DELETE:
    return target.count == 2 && target.ids[0] == 33001 ? carry_out(device, msg, target.ids[1], TG_COAP_202)
                                                       : TG_COAP_405;
  default: return TG_COAP_405;
  }
}
