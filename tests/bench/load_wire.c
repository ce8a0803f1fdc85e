/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the load generator; see load_wire.h. */

#include "tests/bench/load_wire.h"

#include <stdio.h>
#include <string.h>

enum { CON = 0x40, NON = 0x50, ACK = 0x60, POST = 0x02, CONTENT = 0x45, NOT_FOUND = 0x84, MARKED = 4 };
enum { OBSERVE = 6, LOCATION_PATH = 8, URI_PATH = 11, CONTENT_FORMAT = 12, URI_QUERY = 15 };

static void put(tg_load_packet_t *packet, const void *bytes, size_t len) {
  if (len > sizeof packet->bytes - packet->len) return;
  memcpy(packet->bytes + packet->len, bytes, len);
  packet->len += len;
}

static void put_option(tg_load_packet_t *packet, unsigned delta, const char *text) {
  size_t len = strlen(text);
  uint8_t head[3] = {(uint8_t)(delta << 4 | (len < 13 ? len : 13)), (uint8_t)(len - 13)};
  put(packet, head, len < 13 ? 1 : 2);
  put(packet, text, len);
}

static void begin(tg_load_packet_t *packet, uint8_t code, tg_load_mark_t mark, uint16_t mid) {
  uint8_t head[8] = {CON | MARKED,
                     code,
                     (uint8_t)(mid >> 8),
                     (uint8_t)mid,
                     mark.slot,
                     (uint8_t)(mark.use >> 16),
                     (uint8_t)(mark.use >> 8),
                     (uint8_t)mark.use};
  packet->len = 0;
  put(packet, head, sizeof head);
}

void tg_load_wire_register(tg_load_packet_t *packet, tg_load_mark_t mark, uint16_t mid) {
  static const uint8_t link_format[] = {0x11, 40, 0x00};
  static const char objects[] = "\xFF</1/0>,</3/0>,</4/0>,</6/0>,</3303/0>";
  char name[32];
  begin(packet, POST, mark, mid);
  put_option(packet, URI_PATH, "rd");
  put(packet, link_format, 2);
  snprintf(name, sizeof name, "ep=load%06u", packet->device);
  put_option(packet, URI_QUERY - CONTENT_FORMAT, name);
  put_option(packet, 0, "lt=86400");
  put_option(packet, 0, "lwm2m=1.1");
  put_option(packet, 0, "b=U");
  put(packet, objects, sizeof objects - 1);
}

void tg_load_wire_update(tg_load_packet_t *packet, const tg_load_device_t *device, tg_load_mark_t mark, uint16_t mid) {
  begin(packet, POST, mark, mid);
  put(packet, device->place, device->place_len);
}

void tg_load_wire_notify(tg_load_packet_t *packet, const tg_load_device_t *device, uint32_t sequence, uint16_t mid) {
  uint8_t head[4] = {(uint8_t)(CON | device->token_len), CONTENT, (uint8_t)(mid >> 8), (uint8_t)mid};
  uint8_t options[] = {OBSERVE << 4 | 3,  (uint8_t)(sequence >> 16),       (uint8_t)(sequence >> 8),
                       (uint8_t)sequence, (CONTENT_FORMAT - OBSERVE) << 4, 0xFF};
  char value[16];
  packet->len = 0;
  put(packet, head, sizeof head);
  put(packet, device->token, device->token_len);
  put(packet, options, sizeof options);
  int len = snprintf(value, sizeof value, "%u.%02u", 20 + sequence / 100 % 10, sequence % 100);
  put(packet, value, (size_t)len);
}

void tg_load_wire_non(tg_load_packet_t *packet) {
  packet->bytes[0] |= NON & ~CON;
}

/* Calls @p fn with each option; false for a malformed message. */
static bool each_option(const tg_load_packet_t *packet,
                        void (*fn)(void *ud, unsigned number, const uint8_t *p, size_t len), void *ud) {
  const uint8_t *p = packet->bytes + 4 + (packet->bytes[0] & 15), *end = packet->bytes + packet->len;
  for (unsigned number = 0; p < end && *p != 0xFF;) {
    size_t delta = *p >> 4, len = *p & 15;
    p++;
    if (delta == 13 && p < end) delta += *p++;
    if (len == 13 && p < end) len += *p++;
    if (delta == 14 || len >= 269 || delta == 15 || len > (size_t)(end - p)) return false;
    number += (unsigned)delta;
    fn(ud, number, p, len);
    p += len;
  }
  return true;
}

typedef struct asked {
  char path[40];
  bool observe;
} asked_t;

static void see_request(void *ud, unsigned number, const uint8_t *p, size_t len) {
  asked_t *asked = ud;
  size_t at = strlen(asked->path);
  if (number == OBSERVE) asked->observe = len == 0;
  if (number == URI_PATH && at + len + 2 < sizeof asked->path)
    snprintf(asked->path + at, sizeof asked->path - at, "/%.*s", (int)len, (const char *)p);
}

bool tg_load_wire_answer(tg_load_packet_t *packet, tg_load_device_t *device) {
  static const uint8_t observed[] = {OBSERVE << 4, (CONTENT_FORMAT - OBSERVE) << 4, 0xFF, '2', '0'};
  static const uint8_t read[] = {CONTENT_FORMAT << 4, 0xFF, '2', '0'};
  asked_t asked = {0};
  size_t token_len = packet->bytes[0] & 15;
  if (token_len > 8 || packet->len < 4 + token_len || !each_option(packet, see_request, &asked)) return false;
  bool known = packet->bytes[1] == 1 && strcmp(asked.path, "/3303/0/5700") == 0;
  bool con = (packet->bytes[0] & 0x30) == 0;
  packet->bytes[0] = (uint8_t)((con ? ACK : NON) | token_len);
  packet->bytes[1] = known ? CONTENT : NOT_FOUND;
  packet->len = 4 + token_len;
  if (!known) return false;
  if (asked.observe) put(packet, observed, sizeof observed);
  else put(packet, read, sizeof read);
  if (!asked.observe) return false;
  bool first = device->token_len == 0;
  device->token_len = (uint8_t)token_len;
  memcpy(device->token, packet->bytes + 4, token_len);
  return first;
}

void tg_load_wire_ack(tg_load_packet_t *packet) {
  packet->bytes[0] = ACK;
  packet->bytes[1] = 0;
  packet->len = 4;
}

bool tg_load_wire_mark(const tg_load_packet_t *packet, tg_load_mark_t *mark) {
  if (packet->len < 8 || (packet->bytes[0] & 15) != MARKED || packet->bytes[4] >= TG_LOAD_WINDOW) return false;
  *mark = (tg_load_mark_t){packet->bytes[4],
                           (uint32_t)packet->bytes[5] << 16 | (uint32_t)packet->bytes[6] << 8 | packet->bytes[7]};
  return true;
}

static void see_place(void *ud, unsigned number, const uint8_t *p, size_t len) {
  tg_load_device_t *device = ud;
  if (number != LOCATION_PATH || len > 12 || device->place_len + len + 1 > TG_LOAD_PLACE_MAX) return;
  device->place[device->place_len] = (uint8_t)((device->place_len ? 0 : URI_PATH << 4) | len);
  memcpy(device->place + device->place_len + 1, p, len);
  device->place_len = (uint8_t)(device->place_len + len + 1);
}

bool tg_load_wire_place(const tg_load_packet_t *packet, tg_load_device_t *device) {
  device->place_len = 0;
  return packet->bytes[1] == 0x41 && each_option(packet, see_place, device) && device->place_len;
}
