/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and frames of the fake Modbus slave; see modbus_slave.h. */

#include "tests/fake/modbus/modbus_slave.h"

#include <string.h>

enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS = 2, ILLEGAL_VALUE = 3 };

static uint16_t crc_of(const uint8_t *bytes, size_t len) {
  unsigned crc = 0xFFFF;
  for (size_t i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
  }
  return (uint16_t)crc;
}

static unsigned be16(const uint8_t *p) {
  return (unsigned)p[0] << 8 | p[1];
}

static void put_be16(tg_modbus_slave_frame_t *frame, unsigned value) {
  frame->bytes[frame->len++] = (uint8_t)(value >> 8);
  frame->bytes[frame->len++] = (uint8_t)value;
}

size_t tg_modbus_slave_length(const uint8_t *bytes, size_t len) {
  if (len < 2) return 0;
  if (bytes[1] >= 1 && bytes[1] <= 6) return 8;
  if (bytes[1] != 15 && bytes[1] != 16) return 0;
  return len < 7 ? 0 : (size_t)9 + bytes[6];
}

static int read_bits(const bool *table, const uint8_t *p, tg_modbus_slave_frame_t *reply) {
  unsigned at = be16(p), count = be16(p + 2);
  if (count < 1 || count > 2000) return ILLEGAL_VALUE;
  if (at + count > TG_MODBUS_SLAVE_ROWS) return ILLEGAL_ADDRESS;
  reply->bytes[reply->len++] = (uint8_t)((count + 7) / 8);
  memset(reply->bytes + reply->len, 0, (count + 7) / 8);
  for (unsigned i = 0; i < count; i++) {
    if (table[at + i]) reply->bytes[reply->len + i / 8] |= (uint8_t)(1U << i % 8);
  }
  reply->len += (count + 7) / 8;
  return 0;
}

static int read_words(const uint16_t *table, const uint8_t *p, tg_modbus_slave_frame_t *reply) {
  unsigned at = be16(p), count = be16(p + 2);
  if (count < 1 || count > 120) return ILLEGAL_VALUE;
  if (at + count > TG_MODBUS_SLAVE_ROWS) return ILLEGAL_ADDRESS;
  reply->bytes[reply->len++] = (uint8_t)(count * 2);
  for (unsigned i = 0; i < count; i++) put_be16(reply, table[at + i]);
  return 0;
}

static int write_one(tg_modbus_slave_t *slave, uint8_t function, const uint8_t *p, tg_modbus_slave_frame_t *reply) {
  unsigned at = be16(p), value = be16(p + 2);
  if (at >= TG_MODBUS_SLAVE_ROWS) return ILLEGAL_ADDRESS;
  if (function == 5 && value != 0 && value != 0xFF00) return ILLEGAL_VALUE;
  if (function == 5) slave->coils[at] = value != 0;
  else slave->holdings[at] = (uint16_t)value;
  put_be16(reply, at);
  put_be16(reply, value);
  return 0;
}

static int write_many(tg_modbus_slave_t *slave, uint8_t function, const uint8_t *p, tg_modbus_slave_frame_t *reply) {
  unsigned at = be16(p), count = be16(p + 2), bytes = p[4];
  if (count < 1 || bytes != (function == 15 ? (count + 7) / 8 : count * 2)) return ILLEGAL_VALUE;
  if (at + count > TG_MODBUS_SLAVE_ROWS) return ILLEGAL_ADDRESS;
  for (unsigned i = 0; i < count; i++) {
    if (function == 15) slave->coils[at + i] = (p[5 + i / 8] >> i % 8 & 1) != 0;
    else slave->holdings[at + i] = (uint16_t)be16(p + 5 + 2 * i);
  }
  put_be16(reply, at);
  put_be16(reply, count);
  return 0;
}

static int serve(tg_modbus_slave_t *slave, const tg_modbus_slave_frame_t *request, tg_modbus_slave_frame_t *reply) {
  const uint8_t *p = request->bytes + 2;
  switch (request->bytes[1]) {
  case 1: return read_bits(slave->coils, p, reply);
  case 2: return read_bits(slave->discretes, p, reply);
  case 3: return read_words(slave->holdings, p, reply);
  case 4: return read_words(slave->inputs, p, reply);
  case 5:
  case 6: return write_one(slave, request->bytes[1], p, reply);
  case 15:
  case 16: return write_many(slave, request->bytes[1], p, reply);
  default: return ILLEGAL_FUNCTION;
  }
}

bool tg_modbus_slave_answer(tg_modbus_slave_t *slave, const tg_modbus_slave_frame_t *request,
                            tg_modbus_slave_frame_t *reply) {
  reply->len = 0;
  if (request->len < 4 || crc_of(request->bytes, request->len) != 0) return false;
  bool broadcast = request->bytes[0] == 0;
  if (!broadcast && request->bytes[0] != slave->unit) return false;
  reply->bytes[0] = slave->unit;
  reply->bytes[1] = request->bytes[1];
  reply->len = 2;
  int exception = serve(slave, request, reply);
  if (exception) {
    reply->bytes[1] |= 0x80;
    reply->bytes[2] = (uint8_t)exception;
    reply->len = 3;
  }
  uint16_t crc = crc_of(reply->bytes, reply->len);
  reply->bytes[reply->len++] = (uint8_t)crc;
  reply->bytes[reply->len++] = (uint8_t)(crc >> 8);
  if (broadcast) reply->len = 0;
  return true;
}
