/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: T8 NIDD bodies. See t8_json.h. */

#include "core/link/t8_json.h"

#include "core/base/base64.h"
#include "core/codec/json_write.h"
#include "core/link/t8_time.h"

enum { BASE64_MAX = 96 * 1024 };

bool tg_t8_json_is_external(tg_slice_t id) {
  return tg_slice_find(id, '@') < id.len;
}

static bool is_msisdn(tg_slice_t id) {
  for (size_t i = 0; i < id.len; i++) {
    if (id.p[i] < '0' || id.p[i] > '9') return false;
  }
  return id.len >= 5 && id.len <= 15;
}

bool tg_t8_json_is_identity(tg_slice_t id) {
  if (!tg_t8_json_is_external(id)) return is_msisdn(id);
  size_t at = tg_slice_find(id, '@');
  tg_slice_t domain = tg_slice_from(id, at + 1);
  if (at == 0 || domain.len == 0 || id.len > TG_ADDR_MAX || tg_slice_find(domain, '@') < domain.len) return false;
  for (size_t i = 0; i < id.len; i++) {
    if (id.p[i] <= ' ' || id.p[i] == 0x7f) return false;
  }
  return true;
}

size_t tg_t8_json_octets(int64_t bits) {
  return bits < 8 ? 0 : (size_t)(bits / 8);
}

static void put_text(tg_json_out_t *json, const char *key, tg_slice_t text) {
  if (!text.len) return;
  tg_json_write_key(json, key);
  tg_json_write_str(json, text);
}

static void put_time(tg_json_out_t *json, const char *key, int64_t wall_ms) {
  if (!wall_ms) return;
  uint8_t memory[32];
  tg_buf_t time;
  tg_buf_init(&time, memory, sizeof memory);
  tg_t8_time_put(&time, wall_ms);
  put_text(json, key, tg_buf_slice(&time));
}

static void put_id(tg_json_out_t *json, tg_slice_t id) {
  put_text(json, tg_t8_json_is_external(id) ? "externalId" : "msisdn", id);
}

void tg_t8_json_put_new(tg_buf_t *out, const tg_t8_json_new_t *conf) {
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  put_text(&json, "supportedFeatures", conf->features);
  put_text(&json, "mtcProviderId", conf->provider);
  put_id(&json, conf->id);
  put_time(&json, "duration", conf->expires_ms);
  put_text(&json, "pdnEstablishmentOption", conf->pdn_option);
  put_text(&json, "notificationDestination", conf->destination);
  tg_json_write_close(&json, '}');
}

void tg_t8_json_put_patch(tg_buf_t *out, tg_slice_t destination, int64_t expires_ms) {
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  put_time(&json, "duration", expires_ms);
  put_text(&json, "notificationDestination", destination);
  tg_json_write_close(&json, '}');
}

void tg_t8_json_put_send(tg_buf_t *out, const tg_t8_json_send_t *transfer) {
  tg_json_out_t json;
  tg_buf_t data;
  tg_buf_init_growing(&data, BASE64_MAX);
  tg_base64_put(&data, transfer->data);
  if (data.rc != TG_OK && out->rc == TG_OK) out->rc = data.rc;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  put_id(&json, transfer->id);
  tg_json_write_key(&json, "data");
  tg_json_write_str(&json, tg_buf_slice(&data));
  tg_json_write_key(&json, "maximumLatency");
  tg_json_write_uint(&json, transfer->max_latency_s);
  if (transfer->priority) {
    tg_json_write_key(&json, "priority");
    tg_json_write_uint(&json, transfer->priority);
  }
  put_text(&json, "pdnEstablishmentOption", transfer->pdn_option);
  tg_json_write_close(&json, '}');
  tg_buf_fini(&data);
}

static tg_slice_t get_text(const tg_json_node_t *node, const char *name) {
  return tg_json_read_str(tg_json_read_get(node, name));
}

/* A time that can't be read counts as not said: it is only advice. */
static int64_t get_time(const tg_json_node_t *node, const char *name) {
  tg_slice_t text = get_text(node, name);
  int64_t wall_ms;
  return text.len && tg_t8_time_parse(text, &wall_ms) == TG_OK ? wall_ms : 0;
}

tg_rc_t tg_t8_json_get_conf(const tg_json_node_t *node, tg_t8_json_conf_t *conf) {
  *conf = (tg_t8_json_conf_t){0};
  if (tg_json_read_kind(node) != TG_JSON_OBJECT) return TG_E_TYPE;
  conf->self = get_text(node, "self");
  conf->id = get_text(node, "externalId");
  if (!conf->id.len) conf->id = get_text(node, "msisdn");
  conf->destination = get_text(node, "notificationDestination");
  conf->status = get_text(node, "status");
  conf->expires_ms = get_time(node, "duration");
  int64_t bits;
  if (tg_json_read_int(tg_json_read_get(node, "maximumPacketSize"), &bits) == TG_OK)
    conf->mtu = tg_t8_json_octets(bits);
  return TG_OK;
}

void tg_t8_json_get_delivery(const tg_json_node_t *node, tg_t8_json_delivery_t *delivery) {
  delivery->self = get_text(node, "self");
  delivery->status = get_text(node, "deliveryStatus");
  delivery->retry_ms = get_time(node, "requestedRetransmissionTime");
  delivery->cause = get_text(tg_json_read_get(node, "problemDetail"), "cause");
  if (!delivery->cause.len) delivery->cause = get_text(node, "cause");
}

bool tg_t8_json_is_unreached(tg_slice_t status) {
  return tg_slice_begins(status, tg_slice_str("FAILURE")) && !tg_slice_is(status, "FAILURE_RDS_DISABLED");
}

tg_link_tx_t tg_t8_json_tx(tg_slice_t status) {
  if (tg_slice_is(status, "SUCCESS_ACKNOWLEDGED")) return TG_LINK_TX_ACKED;
  if (tg_slice_begins(status, tg_slice_str("FAILURE"))) return TG_LINK_TX_FAILED;
  if (tg_slice_begins(status, tg_slice_str("BUFFERING"))) return TG_LINK_TX_BUFFERED;
  if (tg_slice_is(status, "TRIGGERED") || tg_slice_is(status, "SENDING")) return TG_LINK_TX_BUFFERED;
  return TG_LINK_TX_SENT;
}
