/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the device; see dev_reg.h. */

#include "tests/fake/device/dev_reg.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/codec/link_enc.h"
#include "tests/fake/device/dev_life.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_observe.h"

enum { RETRY_MS = 2000 };

typedef struct request {
  tg_dev_flight_t *flight;
  tg_buf_t out;
  tg_coap_enc_t enc;
} request_t;

static bool begin(tg_dev_t *dev, request_t *request, tg_dev_kind_t kind, uint8_t code) {
  request->flight = tg_dev_net_flight(dev, kind);
  if (!request->flight) return false;
  tg_buf_init(&request->out, request->flight->bytes, sizeof request->flight->bytes);
  tg_coap_head_t head = {TG_COAP_CON, code, request->flight->mid, tg_slice(request->flight->token, 8)};
  tg_coap_enc_begin(&request->enc, &request->out, &head);
  return true;
}

static void finish(tg_dev_t *dev, request_t *request) {
  request->flight->len = request->out.len;
  tg_dev_net_launch(dev, request->flight);
}

static void put_query(request_t *request, const char *name, const char *value) {
  uint8_t memory[192];
  tg_buf_t text;
  tg_buf_init(&text, memory, sizeof memory);
  tg_buf_put_fmt(&text, "%s=%s", name, value);
  tg_coap_enc_opt(&request->enc, TG_OPT_URI_QUERY, tg_buf_slice(&text));
}

static void put_objects(const tg_dev_t *dev, tg_buf_t *body) {
  static const uint16_t objects[] = {1, 3, 5, 3303, 3311};
  const tg_dev_config_t *config = dev->config;
  tg_link_enc_t enc;
  tg_link_enc_begin(&enc, body);
  tg_link_enc_target(&enc, tg_slice_str("/"));
  tg_link_enc_text(&enc, "rt", tg_slice_str("oma.lwm2m"));
  if (config->version_1_0) tg_link_enc_uint(&enc, "ct", TG_CF_TLV);
  else tg_link_enc_text(&enc, "ct", tg_slice_str("60 110 112 11542"));
  for (size_t i = 0; i < TG_COUNT(objects); i++) {
    tg_path_t path = tg_path(2, objects[i], 0, 0), object = tg_path(1, objects[i], 0, 0);
    if (!tg_dev_model_exists(dev, &path)) continue;
    if (objects[i] == 5 && !config->version_1_0) {
      tg_link_enc_path(&enc, tg_slice(NULL, 0), &object);
      tg_link_enc_token(&enc, "ver", tg_slice_str("1.1"));
    }
    tg_link_enc_path(&enc, tg_slice(NULL, 0), &path);
  }
}

/* What is offered now: both transports where there are two. */
static const char *binding_of(const tg_dev_config_t *config) {
  if (config->binding) return config->binding;
  if (config->server_n) return config->server_u ? "UN" : "N";
  return config->version_1_0 && config->queue ? "UQ" : "U";
}

static void send_register(tg_dev_t *dev) {
  request_t request;
  if (!begin(dev, &request, TG_DEV_REGISTER, TG_COAP_POST)) return;
  const tg_dev_config_t *config = dev->config;
  char number[16];
  snprintf(number, sizeof number, "%u", dev->lifetime_s);
  tg_coap_enc_opt(&request.enc, TG_OPT_URI_PATH, tg_slice_str("rd"));
  tg_coap_enc_uint(&request.enc, TG_OPT_CONTENT_FORMAT, TG_CF_LINK);
  put_query(&request, "lwm2m", config->version_1_0 ? "1.0" : "1.1");
  put_query(&request, "ep", dev->ep);
  put_query(&request, "lt", number);
  put_query(&request, "b", binding_of(config));
  if (config->queue && !config->version_1_0) tg_coap_enc_opt(&request.enc, TG_OPT_URI_QUERY, tg_slice_str("Q"));
  uint8_t memory[512];
  tg_buf_t body;
  tg_buf_init(&body, memory, sizeof memory);
  put_objects(dev, &body);
  tg_coap_enc_payload(&request.enc, tg_buf_slice(&body));
  finish(dev, &request);
}

static void put_location(const tg_dev_t *dev, request_t *request) {
  tg_slice_t rest = tg_slice_from(tg_slice_str(dev->location), 1);
  while (rest.len) tg_coap_enc_opt(&request->enc, TG_OPT_URI_PATH, tg_slice_take(&rest, '/'));
}

static void send_update(tg_dev_t *dev) {
  request_t request;
  if (!begin(dev, &request, TG_DEV_UPDATE, TG_COAP_POST)) return;
  char number[16];
  snprintf(number, sizeof number, "%u", dev->lifetime_s);
  put_location(dev, &request);
  put_query(&request, "lt", number);
  dev->want_update = false;
  finish(dev, &request);
}

static void send_deregister(tg_dev_t *dev) {
  request_t request;
  if (!begin(dev, &request, TG_DEV_DEREGISTER, TG_COAP_DELETE)) return;
  put_location(dev, &request);
  finish(dev, &request);
}

bool tg_dev_reg_send(tg_dev_t *dev, const tg_path_t *path) {
  tg_record_t records[TG_DEV_RESOURCES_MAX];
  size_t count = tg_dev_model_select(dev, path, records);
  request_t request;
  if (tg_dev_model_is(dev, &(tg_path_t){{1, 0, 23, 0}, 3})) {
    tg_dev_net_say(dev, "muted");
    return true;
  }
  if (!count || !begin(dev, &request, TG_DEV_SEND, TG_COAP_POST)) return false;
  uint8_t memory[1100];
  tg_buf_t body;
  tg_buf_init(&body, memory, sizeof memory);
  tg_codec_output_t output = {
      .content_format = TG_CF_SENML_CBOR, .records = records, .count = count, .model = dev->model};
  bool good = tg_codec_encode(&output, &body) == TG_OK;
  tg_coap_enc_opt(&request.enc, TG_OPT_URI_PATH, tg_slice_str("dp"));
  tg_coap_enc_uint(&request.enc, TG_OPT_CONTENT_FORMAT, TG_CF_SENML_CBOR);
  tg_coap_enc_payload(&request.enc, tg_buf_slice(&body));
  if (good) finish(dev, &request);
  else request.flight->kind = TG_DEV_FREE;
  return good;
}

void tg_dev_reg_tick(tg_dev_t *dev, uint64_t now_ms) {
  if (dev->leaving || dev->disabled_s) {
    if (!dev->registered) {
      dev->gone = dev->leaving;
      dev->disabled_s = 0;
    } else if (!tg_dev_net_busy(dev, TG_DEV_DEREGISTER)) send_deregister(dev);
    return;
  }
  bool busy = tg_dev_net_busy(dev, TG_DEV_REGISTER) || tg_dev_net_busy(dev, TG_DEV_UPDATE);
  if (busy) return;
  if (!dev->registered && now_ms >= dev->next_reg_ms) send_register(dev);
  else if (dev->registered && (dev->want_update || now_ms >= dev->next_reg_ms)) send_update(dev);
}

static void keep_location(tg_dev_t *dev, const tg_coap_msg_t *response) {
  tg_buf_t text;
  tg_buf_init(&text, dev->location, sizeof dev->location);
  for (size_t i = 0; i < response->option_count; i++) {
    if (response->options[i].number != TG_OPT_LOCATION_PATH) continue;
    tg_buf_put_u8(&text, '/');
    tg_buf_put(&text, tg_coap_msg_value(response->options + i));
  }
  if (!tg_buf_cstr(&text)) dev->location[0] = '\0';
}

/* The next Update comes well before the lifetime ends. */
static void plan(tg_dev_t *dev) {
  uint64_t lifetime_ms = (uint64_t)dev->lifetime_s * 1000;
  dev->next_reg_ms = tg_clock_mono_ms() + (lifetime_ms > 120000 ? lifetime_ms - 60000 : lifetime_ms / 2);
}

static void fail(tg_dev_t *dev, const char *what, const tg_coap_msg_t *response) {
  if (response) tg_dev_net_say(dev, "%s-failed %u.%02u", what, response->code >> 5, response->code & 31U);
  else tg_dev_net_say(dev, "%s-failed timeout", what);
  dev->registered = false;
  dev->next_reg_ms = tg_clock_mono_ms() + RETRY_MS;
  if (!response && dev->moved)
    tg_dev_life_move(dev, dev->at == 'U' ? 'N' : 'U'); /* nobody there: back to where it was */
}

void tg_dev_reg_answered(tg_dev_t *dev, tg_dev_flight_t *flight, const tg_coap_msg_t *response) {
  int kind = (int)flight->kind;
  bool good = response && response->code >> 5 == 2;
  flight->kind = TG_DEV_FREE;
  if (kind == TG_DEV_REGISTER && good) {
    keep_location(dev, response);
    dev->registered = true;
    if (!dev->moved) tg_dev_observe_clear(dev); /* over another transport it is the same device */
    dev->moved = false;
    plan(dev);
    tg_dev_net_say(dev, "registered %s", dev->location);
  } else if (kind == TG_DEV_UPDATE && good) {
    dev->moved = false;
    plan(dev);
    tg_dev_net_say(dev, "updated");
  } else if (kind == TG_DEV_DEREGISTER) {
    dev->registered = false;
    dev->gone = dev->leaving;
    dev->next_reg_ms = tg_clock_mono_ms() + (uint64_t)dev->disabled_s * 1000;
    dev->disabled_s = 0;
    tg_dev_net_say(dev, good ? "deregistered" : "deregister-failed");
  } else if (kind == TG_DEV_SEND) {
    if (response)
      tg_dev_net_say(dev, "%s %u.%02u", good ? "sent" : "send-failed", response->code >> 5, response->code & 31U);
    else tg_dev_net_say(dev, "send-failed timeout");
  } else if (kind == TG_DEV_REGISTER || kind == TG_DEV_UPDATE) {
    fail(dev, kind == TG_DEV_REGISTER ? "register" : "update", response);
    if (kind == TG_DEV_UPDATE && response && response->code == TG_COAP_404) dev->next_reg_ms = 0;
  }
}
