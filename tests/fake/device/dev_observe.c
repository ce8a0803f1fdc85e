/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and notifications of a simulated device; see dev_observe.h. */

#include "tests/fake/device/dev_observe.h"

#include <math.h>

#include "core/base/clock.h"
#include "core/base/num.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"

static double *member(tg_dev_attributes_t *attributes, tg_slice_t name) {
  if (tg_slice_is(name, "pmin")) return &attributes->pmin;
  if (tg_slice_is(name, "pmax")) return &attributes->pmax;
  if (tg_slice_is(name, "gt")) return &attributes->gt;
  if (tg_slice_is(name, "lt")) return &attributes->lt;
  return tg_slice_is(name, "st") ? &attributes->st : NULL;
}

const tg_dev_attributes_t *tg_dev_observe_attributes(const tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_DEV_ATTRIBUTES; i++) {
    if (dev->attributes[i].used && tg_path_eq(&dev->attributes[i].path, path)) return dev->attributes + i;
  }
  return NULL;
}

static tg_dev_attributes_t *slot_of(tg_dev_t *dev, const tg_path_t *path) {
  const tg_dev_attributes_t *found = tg_dev_observe_attributes(dev, path);
  if (found) return dev->attributes + (found - dev->attributes);
  const double none = (double)NAN;
  for (size_t i = 0; i < TG_DEV_ATTRIBUTES; i++) {
    if (dev->attributes[i].used) continue;
    dev->attributes[i] = (tg_dev_attributes_t){true, *path, none, none, none, none, none};
    return dev->attributes + i;
  }
  return NULL;
}

tg_rc_t tg_dev_observe_attribute(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text) {
  double value = (double)NAN;
  tg_dev_attributes_t *slot = slot_of(dev, path);
  if (!slot) return TG_E_FULL;
  tg_slice_t name = tg_slice_take(&text, '=');
  double *to = member(slot, name);
  if (!to) return TG_E_SYNTAX;
  if (text.len && tg_num_parse_double(text, &value) != TG_OK) return TG_E_SYNTAX;
  *to = value;
  return TG_OK;
}

/* An attribute as it holds at @p path: the most specific level that gives it (§7.3.2). */
static double effective(const tg_dev_t *dev, tg_path_t path, const char *name) {
  for (; path.len; path.id[--path.len] = 0) {
    const tg_dev_attributes_t *found = tg_dev_observe_attributes(dev, &path);
    if (!found) continue;
    tg_dev_attributes_t copy = *found;
    double value = *member(&copy, tg_slice_str(name));
    if (!isnan(value)) return value;
  }
  return (double)NAN;
}

tg_dev_observation_t *tg_dev_observe_add(tg_dev_t *dev, const tg_coap_msg_t *request, const tg_path_t *path,
                                         int format) {
  tg_dev_observation_t *to = NULL;
  for (size_t i = TG_DEV_OBSERVATIONS; i-- > 0;) {
    tg_dev_observation_t *old = dev->observations + i;
    bool same = old->used &&
                (tg_path_eq(&old->path, path) ||
                 (old->token_len == request->token_len && memcmp(old->token, request->token, old->token_len) == 0));
    if (same) old->used = false;
    if (!old->used) to = old;
  }
  if (!to) return NULL;
  *to = (tg_dev_observation_t){.used = true, .path = *path, .format = format, .token_len = request->token_len};
  memcpy(to->token, request->token, sizeof to->token);
  to->sent_ms = tg_clock_mono_ms();
  to->last = tg_dev_model_number(dev, path);
  return to;
}

void tg_dev_observe_cancel(tg_dev_t *dev, const uint8_t *token, size_t len) {
  for (size_t i = 0; i < TG_DEV_OBSERVATIONS; i++) {
    tg_dev_observation_t *old = dev->observations + i;
    if (old->used && old->token_len == len && memcmp(old->token, token, len) == 0) old->used = false;
  }
}

void tg_dev_observe_reset(tg_dev_t *dev, uint16_t mid) {
  for (size_t i = 0; i < TG_DEV_OBSERVATIONS; i++) {
    tg_dev_observation_t *old = dev->observations + i;
    if (!old->used || old->sequence == 0 || old->last_mid != mid) continue;
    char text[TG_PATH_TEXT_MAX];
    tg_dev_net_say(dev, "cancel %s reset", tg_path_text(&old->path, text));
    old->used = false;
  }
}

void tg_dev_observe_clear(tg_dev_t *dev) {
  for (size_t i = 0; i < TG_DEV_OBSERVATIONS; i++) dev->observations[i].used = false;
}

/* Crossing gt or lt, or a move by st, where such conditions are given; any change where not. */
static bool wanted(const tg_dev_t *dev, const tg_dev_observation_t *seen) {
  double gt = effective(dev, seen->path, "gt"), lt = effective(dev, seen->path, "lt");
  double st = effective(dev, seen->path, "st"), now = tg_dev_model_number(dev, &seen->path);
  if (isnan(now) || (isnan(gt) && isnan(lt) && isnan(st))) return true;
  if (!isnan(gt) && (now > gt) != (seen->last > gt)) return true;
  if (!isnan(lt) && (now < lt) != (seen->last < lt)) return true;
  return !isnan(st) && fabs(now - seen->last) >= st;
}

void tg_dev_observe_changed(tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_DEV_OBSERVATIONS; i++) {
    tg_dev_observation_t *seen = dev->observations + i;
    if (seen->used && tg_path_covers(&seen->path, path) && wanted(dev, seen)) seen->dirty = true;
  }
}

tg_rc_t tg_dev_observe_encode(const tg_dev_t *dev, const tg_path_t *path, int *format, tg_buf_t *out) {
  tg_record_t records[TG_DEV_RESOURCES_MAX];
  size_t count = tg_dev_model_select(dev, path, records);
  bool single = count == 1 && tg_path_eq(&records[0].path, path);
  if (*format == TG_CF_NONE) {
    if (dev->config->version_1_0) *format = single ? TG_CF_TEXT : TG_CF_TLV;
    else *format = single ? TG_CF_TEXT : TG_CF_SENML_CBOR;
  }
  tg_codec_output_t output = {
      .content_format = *format, .base = *path, .records = records, .count = count, .model = dev->model};
  return tg_codec_encode(&output, out);
}

/* One confirmable notification at a time (RFC 7641 §4.5.2): what changes meanwhile is told with the next one. */
static bool is_under_way(const tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_DEV_FLIGHTS; i++) {
    if (dev->flights[i].kind == TG_DEV_NOTIFY && tg_path_eq(&dev->flights[i].path, path)) return true;
  }
  return false;
}

static void notify(tg_dev_t *dev, tg_dev_observation_t *seen, uint64_t now_ms) {
  uint8_t body[1024], bytes[TG_DEV_DATAGRAM_MAX];
  tg_buf_t payload, out;
  int format = seen->format;
  tg_buf_init(&payload, body, sizeof body);
  if (tg_dev_observe_encode(dev, &seen->path, &format, &payload) != TG_OK) return;
  tg_dev_flight_t *flight = dev->config->con ? tg_dev_net_flight(dev, TG_DEV_NOTIFY) : NULL;
  tg_buf_init(&out, flight ? flight->bytes : bytes, sizeof bytes);
  tg_coap_head_t head = {flight ? TG_COAP_CON : TG_COAP_NON, TG_COAP_205, flight ? flight->mid : dev->next_mid++,
                         tg_slice(seen->token, seen->token_len)};
  tg_coap_enc_t enc;
  tg_coap_enc_begin(&enc, &out, &head);
  tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, ++seen->sequence & 0xFFFFFF);
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)format);
  tg_coap_enc_payload(&enc, tg_buf_slice(&payload));
  seen->last_mid = head.mid;
  seen->sent_ms = now_ms;
  seen->dirty = false;
  seen->last = tg_dev_model_number(dev, &seen->path);
  char text[TG_PATH_TEXT_MAX];
  tg_dev_net_say(dev, "notify %s", tg_path_text(&seen->path, text));
  if (!flight) {
    tg_dev_net_send(dev, tg_buf_slice(&out));
    return;
  }
  flight->len = out.len;
  flight->path = seen->path;
  flight->value = seen->last;
  tg_dev_net_launch(dev, flight);
}

void tg_dev_observe_acknowledged(const tg_dev_t *dev, const tg_dev_flight_t *flight) {
  char text[TG_PATH_TEXT_MAX];
  tg_path_text(&flight->path, text);
  if (isnan(flight->value)) tg_dev_net_say(dev, "acknowledged %s", text);
  else tg_dev_net_say(dev, "acknowledged %s %.15g", text, flight->value);
}

void tg_dev_observe_tick(tg_dev_t *dev, uint64_t now_ms) {
  for (size_t i = 0; i < TG_DEV_OBSERVATIONS && dev->registered; i++) {
    tg_dev_observation_t *seen = dev->observations + i;
    if (!seen->used) continue;
    double pmin = effective(dev, seen->path, "pmin"), pmax = effective(dev, seen->path, "pmax");
    double passed = (double)(now_ms - seen->sent_ms) / 1000.0;
    bool late = !isnan(pmax) && pmax > 0 && passed >= pmax && (isnan(pmin) || pmax >= pmin);
    bool early = !isnan(pmin) && passed < pmin;
    if ((late || (seen->dirty && !early)) && !is_under_way(dev, &seen->path)) notify(dev, seen, now_ms);
  }
}
