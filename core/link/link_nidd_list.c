/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the configurations of new devices in the SCEF's list: after a restart they are still in force. See link_nidd_list.h. What is to
 * be done with each is the business of link_nidd_conf.c.
 */

#include "core/link/link_nidd_list.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_nidd_api.h"
#include "core/link/link_nidd_conf.h"
#include "core/link/link_nidd_find.h"
#include "core/link/t8_json.h"

enum { URL_MAX = 4096, ANSWER_MAX = 4 << 20 };

/* One configuration of the list: ours, if it is for a new device and calls us back, or is the one that we remember. */
static void take_listed(tg_link_nidd_t *nidd, const tg_json_node_t *node) {
  tg_t8_json_conf_t conf;
  if (tg_t8_json_get_conf(node, &conf) != TG_OK || !conf.self.len) return;
  tg_link_nidd_device_t *device = tg_link_nidd_state_find(nidd, conf.id);
  if (!device) return;
  bool calls_us = tg_link_nidd_find_is_ours(nidd, conf.destination);
  if (device->phase != TG_LINK_NIDD_NEW) {
    bool another = device->url && !tg_t8_uri_same(tg_slice_str(device->url), conf.self);
    if (!calls_us || !another || tg_link_nidd_find_is_destination(device, conf.destination)) return;
    char *url = tg_alloc_str(conf.self); /* one of ours too many */
    if (url) tg_link_nidd_conf_delete_url(nidd, url);
    tg_alloc_free(url);
    return;
  }
  bool remembered = device->url && tg_t8_uri_same(tg_slice_str(device->url), conf.self);
  if (!calls_us && !remembered) return;
  if (tg_link_nidd_state_set_url(device, conf.self) == TG_OK) tg_link_nidd_conf_adopt(device, &conf);
}

/* A remembered configuration that the list does not have is read by itself: some SCEFs list only a part. */
static void begin_unlisted(tg_link_nidd_t *nidd) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&nidd->devices); slot++) {
    tg_link_nidd_device_t *device = tg_pool_at(&nidd->devices, slot, NULL);
    if (!device || device->phase != TG_LINK_NIDD_NEW) continue;
    tg_link_nidd_conf_begin(device);
  }
}

static void on_listed(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  (void)subject;
  nidd->listing = false;
  bool later = tg_link_nidd_api_is_later(result) || (result->rc != TG_OK && result->rc != TG_E_TOO_LONG) ||
               result->status == 401;
  if (later) {
    uint64_t pause = tg_link_nidd_api_pause(nidd);
    if (!pause)
      tg_log("nidd", TG_LOG_WARN, "configurations_not_listed link=%s rc=%s status=%d", nidd->link.name,
             tg_rc_name(result->rc), result->status);
    tg_link_nidd_state_start(nidd, &nidd->list_timer, pause ? pause : tg_link_nidd_state_backoff(nidd, 2));
    return;
  }
  tg_json_t *doc = NULL;
  if (result->rc == TG_OK && result->status == 200 && tg_json_read(result->body, ANSWER_MAX, NULL, &doc) == TG_OK) {
    const tg_json_node_t *root = tg_json_read_root(doc);
    bool array = tg_json_read_kind(root) == TG_JSON_ARRAY;
    for (size_t i = 0; array && i < tg_json_read_count(root); i++) take_listed(nidd, tg_json_read_at(root, i));
  } else {
    tg_log("nidd", TG_LOG_WARN, "configurations_not_listed link=%s rc=%s status=%d", nidd->link.name,
           tg_rc_name(result->rc), result->status);
  }
  tg_json_read_free(doc);
  begin_unlisted(nidd);
}

static void on_list_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_link_nidd_t *nidd = ud;
  uint64_t pause = tg_link_nidd_api_pause(nidd);
  if (nidd->listing || pause) {
    tg_link_nidd_state_start(nidd, &nidd->list_timer, pause ? pause : 100);
    return;
  }
  tg_buf_t url;
  tg_buf_init_growing(&url, URL_MAX);
  tg_buf_put_fmt(&url, "%s/configurations", nidd->base);
  const char *text = tg_buf_cstr(&url);
  tg_link_nidd_ask_t question = {.method = "GET", .url = text, .max_body = ANSWER_MAX, .done = on_listed};
  tg_rc_t rc = text ? tg_link_nidd_api_ask(nidd, &question) : TG_E_NOMEM;
  nidd->listing = rc == TG_OK;
  if (rc != TG_OK) tg_link_nidd_state_start(nidd, &nidd->list_timer, tg_link_nidd_state_backoff(nidd, 2));
  tg_buf_fini(&url);
}

void tg_link_nidd_list_init(tg_link_nidd_t *nidd) {
  nidd->list_timer = (tg_timer_t){.fn = on_list_timer, .ud = nidd};
}
