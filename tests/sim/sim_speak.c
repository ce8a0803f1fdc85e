/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim under sim_device.c: see sim_speak.h. */

#include "tests/sim/sim_speak.h"

#include <stdio.h>

#include "tests/sim/sim_serve.h"

enum { AT_ONCE = 3 };

static void put_query(tg_coap_enc_t *enc, const char *text) {
  tg_coap_enc_opt(enc, TG_OPT_URI_QUERY, tg_slice_str(text));
}

static void put_path(tg_coap_enc_t *enc, const char *segment) {
  tg_coap_enc_opt(enc, TG_OPT_URI_PATH, tg_slice_str(segment));
}

void sim_speak_register(sim_device_t *device) {
  tg_buf_t buf;
  tg_coap_enc_t enc;
  char text[96];
  sim_coap_request(&device->coap, SIM_SPEAK_REGISTER, TG_COAP_POST, &buf, &enc);
  put_path(&enc, "rd");
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, TG_CF_LINK);
  (void)snprintf(text, sizeof text, "ep=%s", device->ep);
  put_query(&enc, text);
  (void)snprintf(text, sizeof text, "lt=%u", device->kind->lifetime_s);
  put_query(&enc, text);
  put_query(&enc, "lwm2m=1.1");
  put_query(&enc, "b=U");
  if (device->kind->sleeps) put_query(&enc, "Q");
  (void)snprintf(text, sizeof text, "</>;rt=\"oma.lwm2m\";ct=%d,</1/0>,</3/0>,</3303/0>,</33001>",
                 device->kind->format);
  tg_coap_enc_payload(&enc, tg_slice_str(text));
  device->observation.stands = false;
  device->is_registered = false;
  sim_coap_send(&device->coap, true, &buf);
}

void sim_speak_location(sim_device_t *device, int kind, uint8_t code) {
  tg_buf_t buf;
  tg_coap_enc_t enc;
  sim_coap_request(&device->coap, kind, code, &buf, &enc);
  put_path(&enc, "rd");
  put_path(&enc, device->location);
  sim_coap_send(&device->coap, true, &buf);
}

/* A few readings at once where they have gathered. */
static size_t gather(const sim_device_t *device, int64_t *values, size_t most) {
  size_t count = device->next - device->first;
  if (count > most) count = most;
  for (size_t i = 0; i < count; i++) values[i] = device->first + (int64_t)i;
  return count;
}

void sim_speak_values(sim_device_t *device) {
  tg_buf_t buf, payload;
  tg_coap_enc_t enc;
  uint8_t bytes[320];
  int64_t values[AT_ONCE];
  const tg_path_t root = {.len = 0};
  int format = device->kind->format == TG_CF_TLV ? TG_CF_SENML_CBOR : device->kind->format;
  size_t count = gather(device, values, AT_ONCE);
  tg_buf_init(&payload, bytes, sizeof bytes);
  sim_serve_values(format, &root, values, count, &payload);
  sim_coap_request(&device->coap, SIM_SPEAK_SEND, TG_COAP_POST, &buf, &enc);
  put_path(&enc, "dp");
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)format);
  tg_coap_enc_payload(&enc, tg_buf_slice(&payload));
  device->sent = (uint32_t)count;
  sim_coap_send(&device->coap, true, &buf);
}

bool sim_speak_notify(sim_device_t *device) {
  tg_buf_t buf, payload;
  tg_coap_enc_t enc;
  uint8_t bytes[160];
  int64_t value;
  sim_device_observation_t *observation = &device->observation;
  bool confirmable = device->notified++ % device->kind->confirmable_every == 0;
  (void)gather(device, &value, 1);
  tg_buf_init(&payload, bytes, sizeof bytes);
  sim_serve_values(observation->format, &observation->path, &value, 1, &payload);
  tg_coap_head_t head = {.code = TG_COAP_205, .token = tg_slice(observation->token, observation->token_len)};
  sim_coap_response(&device->coap, SIM_SPEAK_NOTIFY, confirmable, &head, &buf, &enc);
  tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, observation->seq++);
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)observation->format);
  tg_coap_enc_payload(&enc, tg_buf_slice(&payload));
  device->sent = 1;
  if (!confirmable) device->first++; /* at most once */
  sim_coap_send(&device->coap, confirmable, &buf);
  return confirmable;
}

void sim_speak_later(sim_device_t *device) {
  tg_buf_t buf;
  tg_coap_enc_t enc;
  sim_device_later_t *later = &device->later;
  tg_coap_head_t head = {.code = later->code, .token = tg_slice(later->token, later->token_len)};
  sim_coap_response(&device->coap, SIM_SPEAK_LATER, true, &head, &buf, &enc);
  if (later->format != TG_CF_NONE) tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)later->format);
  tg_coap_enc_payload(&enc, tg_slice(later->payload, later->len));
  later->waits = false;
  sim_coap_send(&device->coap, true, &buf);
}
