/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a restart the SCEF may hold datagrams of the process before. Its commands wait in the journal and go again, or have ended as
 * unknown: a second copy that the device gets hours later would be one too many. See link_nidd_recall.h. Called by link_nidd_down.c.
 */

#include "core/link/link_nidd_recall.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_nidd_api.h"
#include "core/link/t8_json.h"
#include "core/link/t8_uri.h"

enum { URL_MAX = 4096, ANSWER_MAX = 1 << 20 };

static const char deliveries_path[] = "/downlink-data-deliveries";

static void end_one(tg_link_nidd_device_t *device) {
  if (--device->recalling == 0) tg_link_nidd_state_pump(device, 0);
}

static void on_deleted(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_device_t *device = tg_pool_find(&nidd->devices, subject);
  if (device) end_one(device);
  /* 404 and 409: it has left */
  if (result->rc == TG_OK && (result->status < 300 || result->status == 404 || result->status == 409)) return;
  tg_log("nidd", TG_LOG_WARN, "delivery_not_recalled link=%s rc=%s status=%d", nidd->link.name, tg_rc_name(result->rc),
         result->status);
}

/* Whether @p url is a delivery of @p device's configuration; names of hosts may differ behind proxies. */
static bool is_below(const tg_link_nidd_device_t *device, tg_slice_t url) {
  tg_slice_t base = tg_t8_uri_path(tg_slice_str(device->url)), path = tg_t8_uri_path(url);
  tg_slice_t tail = tg_slice_str(deliveries_path);
  if (!tg_slice_begins(path, base)) return false;
  path = tg_slice_from(path, base.len);
  return tg_slice_begins(path, tail) && path.len > tail.len + 1 && path.p[tail.len] == '/';
}

static bool recall(tg_link_nidd_device_t *device, const tg_json_node_t *node) {
  tg_t8_json_delivery_t delivery = {0};
  if (tg_json_read_kind(node) == TG_JSON_OBJECT) tg_t8_json_get_delivery(node, &delivery);
  char *url = delivery.self.len && is_below(device, delivery.self) ? tg_alloc_str(delivery.self) : NULL;
  if (!url) return false;
  const tg_link_nidd_ask_t question = {.method = "DELETE", .url = url, .subject = device->id, .done = on_deleted};
  tg_rc_t rc = tg_link_nidd_api_ask(device->nidd, &question);
  if (rc != TG_OK)
    tg_log("nidd", TG_LOG_WARN, "delivery_not_recalled link=%s rc=%s", device->nidd->link.name, tg_rc_name(rc));
  tg_alloc_free(url);
  if (rc == TG_OK) device->recalling++;
  return rc == TG_OK;
}

static void on_listed(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_device_t *device = tg_pool_find(&nidd->devices, subject);
  if (!device) return;
  tg_json_t *doc = NULL;
  unsigned count = 0;
  if (result->rc == TG_OK && result->status == 200 && device->url &&
      tg_json_read(result->body, ANSWER_MAX, NULL, &doc) == TG_OK) {
    const tg_json_node_t *root = tg_json_read_root(doc);
    size_t listed = tg_json_read_kind(root) == TG_JSON_ARRAY ? tg_json_read_count(root) : 0;
    for (size_t i = 0; i < listed; i++) count += recall(device, tg_json_read_at(root, i));
  } else {
    tg_log("nidd", TG_LOG_INFO, "deliveries_not_listed device=%.*s rc=%s status=%d", (int)device->addr.len,
           (const char *)device->addr.b, tg_rc_name(result->rc), result->status);
  }
  if (count)
    tg_log("nidd", TG_LOG_INFO, "deliveries_recalled device=%.*s count=%u", (int)device->addr.len,
           (const char *)device->addr.b, count);
  tg_json_read_free(doc);
  end_one(device);
}

void tg_link_nidd_recall_begin(tg_link_nidd_device_t *device) {
  tg_buf_t url;
  tg_buf_init_growing(&url, URL_MAX);
  tg_buf_put_fmt(&url, "%s%s", device->url, deliveries_path);
  const char *text = tg_buf_cstr(&url);
  const tg_link_nidd_ask_t question = {
      .method = "GET", .url = text, .max_body = ANSWER_MAX, .subject = device->id, .done = on_listed};
  tg_rc_t rc = text ? tg_link_nidd_api_ask(device->nidd, &question) : TG_E_NOMEM;
  if (rc == TG_OK) device->recalling++;
  else
    tg_log("nidd", TG_LOG_WARN, "deliveries_not_listed device=%.*s rc=%s", (int)device->addr.len,
           (const char *)device->addr.b, tg_rc_name(rc));
  tg_buf_fini(&url);
}
