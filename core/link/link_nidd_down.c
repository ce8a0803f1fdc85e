/* SPDX-License-Identifier: Apache-2.0 */
/* What a NIDD link and its SCEF say to each other about datagrams on their way down; see link_nidd_down.h. */

#include "core/link/link_nidd_down.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_nidd_api.h"
#include "core/link/link_nidd_conf.h"
#include "core/link/link_nidd_delivery.h"
#include "core/link/link_nidd_recall.h"
#include "core/link/t8_uri.h"

enum { BODY_MAX = 128 * 1024, URL_MAX = 4096, ANSWER_MAX = 256 * 1024, MTU_LEAST = 16 };

static const char deliveries_path[] = "/downlink-data-deliveries";

static void on_deleted(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  (void)subject; /* 404 and 409: it had left; what comes of it finds nobody waiting */
  if (result->rc == TG_OK && (result->status < 300 || result->status == 404 || result->status == 409)) return;
  tg_log("nidd", TG_LOG_WARN, "delivery_not_deleted link=%s rc=%s status=%d", nidd->link.name, tg_rc_name(result->rc),
         result->status);
}

static void delete_url(tg_link_nidd_t *nidd, const char *url) {
  tg_link_nidd_ask_t question = {.method = "DELETE", .url = url, .done = on_deleted};
  tg_rc_t rc = tg_link_nidd_api_ask(nidd, &question);
  if (rc != TG_OK) tg_log("nidd", TG_LOG_WARN, "delivery_not_deleted link=%s rc=%s", nidd->link.name, tg_rc_name(rc));
}

/* ---- what the answer to a POST means ---- */

/* Notifications use connections of their own: the status may come before the answer that names the delivery. */
static bool take_early(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_early_t early = delivery->device->early;
  delivery->device->early = (tg_link_nidd_early_t){0};
  bool match = early.url && delivery->url && tg_t8_uri_same(tg_slice_str(early.url), tg_slice_str(delivery->url));
  tg_alloc_free(early.url);
  if (match) tg_link_nidd_delivery_take(delivery, &early.news);
  return match;
}

static void take_accepted(tg_link_nidd_delivery_t *delivery, const tg_http_result_t *result,
                          const tg_t8_json_delivery_t *said) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_news_t news = tg_link_nidd_delivery_news(device->nidd, said);
  bool kept = result->status == 201 && news.tx == TG_LINK_TX_SENT && !said->status.len;
  device->nidd->stats.downlinks++;
  if (news.tx != TG_LINK_TX_BUFFERED && !kept) {
    if (news.tx != TG_LINK_TX_FAILED) news.retry_at_ms = 0;
    tg_link_nidd_delivery_take(delivery, &news);
    return;
  }
  device->nidd->stats.buffered++;
  tg_link_nidd_delivery_buffer(delivery, *result->location ? tg_slice_str(result->location) : said->self);
  tg_link_nidd_state_pump(device, 0);
  if (!delivery->cancelled) {
    if (!take_early(delivery)) tg_link_nidd_delivery_tell_held(delivery, news.retry_at_ms);
    return;
  }
  if (delivery->url) delete_url(device->nidd, delivery->url);
  tg_link_nidd_delivery_free(delivery);
}

/* The size that the configuration tells now, or one less than what was refused. */
static void on_resized(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_delivery_t *delivery = tg_pool_find(&nidd->deliveries, subject);
  if (!delivery) return;
  tg_link_nidd_device_t *device = delivery->device;
  tg_json_t *doc = NULL;
  tg_t8_json_conf_t conf = {0};
  if (result->rc == TG_OK && result->status == 200 && tg_json_read(result->body, ANSWER_MAX, NULL, &doc) == TG_OK) {
    if (tg_t8_json_get_conf(tg_json_read_root(doc), &conf) != TG_OK) conf.mtu = 0;
  }
  size_t least = delivery->len > MTU_LEAST ? delivery->len - 1 : MTU_LEAST;
  tg_link_nidd_state_set_mtu(device, conf.mtu && conf.mtu < delivery->len ? conf.mtu : least);
  tg_json_read_free(doc);
  tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, 0); /* the exchange layer knows the new limit by now */
}

static void resize(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_ask_t question = {.method = "GET", .url = device->url, .subject = delivery->id, .done = on_resized};
  tg_rc_t rc = device->url ? tg_link_nidd_api_ask(device->nidd, &question) : TG_E_STATE;
  if (rc != TG_OK) tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, 0);
}

/* The SCEF is away or busy: tried again after its pause while there is time. */
static void postpone(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  uint64_t pause = tg_link_nidd_api_pause(device->nidd);
  uint64_t again = tg_loop_now(device->nidd->loop) + pause;
  if (delivery->cancelled) {
    tg_link_nidd_delivery_free(delivery);
  } else if (again >= delivery->deadline_ms) {
    tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, again);
    return;
  } else {
    device->posting = TG_ID_NONE;
    tg_link_nidd_delivery_queue(delivery);
  }
  tg_link_nidd_state_pump(device, pause);
}

static void take_lost(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_conf_lost(device); /* starts the pump when there is a new one */
  if (delivery->resent || delivery->cancelled) {
    tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, 0);
    return;
  }
  delivery->resent = true;
  device->posting = TG_ID_NONE;
  tg_link_nidd_delivery_queue(delivery);
}

static void take_refused(tg_link_nidd_delivery_t *delivery, const tg_http_result_t *result,
                         const tg_t8_json_delivery_t *news) {
  tg_link_nidd_device_t *device = delivery->device;
  char cause[64];
  tg_log("nidd", TG_LOG_INFO, "downlink_refused device=%.*s rc=%s status=%d cause=%s", (int)device->addr.len,
         (const char *)device->addr.b, tg_rc_name(result->rc), result->status,
         tg_log_text(news->cause, cause, sizeof cause));
  if (result->status == 413 || tg_slice_is(news->cause, "DATA_TOO_LARGE")) {
    resize(delivery);
    return;
  }
  uint64_t retry_at = tg_link_nidd_state_mono(device->nidd, news->retry_ms);
  if (!retry_at && result->retry_after_s >= 0 && result->retry_after_s < 604800) {
    retry_at = tg_loop_now(device->nidd->loop) + (uint64_t)result->retry_after_s * 1000;
  }
  /* A NiddDownlinkDataDeliveryFailure; everything else is not about the device. */
  bool is_unreached = result->rc == TG_OK && result->status == 500 && (news->cause.len || news->retry_ms);
  if (is_unreached) tg_link_nidd_delivery_finish_unreached(delivery, retry_at);
  else tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, retry_at);
}

static void on_posted(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_delivery_t *delivery = tg_pool_find(&nidd->deliveries, subject);
  if (!delivery) return;
  if (delivery->device->posting == delivery->id) delivery->device->posting = TG_ID_NONE;
  if (result->moved) tg_link_nidd_state_moved(delivery->device, deliveries_path, result->url);
  tg_json_t *doc = NULL;
  tg_t8_json_delivery_t news = {0};
  if (result->body.len && tg_json_read(result->body, ANSWER_MAX, NULL, &doc) == TG_OK) {
    tg_t8_json_get_delivery(tg_json_read_root(doc), &news);
  }
  if (result->rc == TG_OK && result->status >= 200 && result->status < 300) take_accepted(delivery, result, &news);
  else if (tg_link_nidd_api_is_later(result)) postpone(delivery);
  else if (result->rc == TG_OK && result->status == 404) take_lost(delivery);
  else take_refused(delivery, result, &news);
  tg_json_read_free(doc);
}

/* ---- sending ---- */

static bool put_body(const tg_link_nidd_delivery_t *delivery, tg_buf_t *body) {
  const tg_link_nidd_device_t *device = delivery->device;
  const char *patient = device->nidd->config.pdn_option;
  bool may_wait = delivery->expects_reply && delivery->max_latency_s > 0;
  tg_t8_json_send_t send = {.id = tg_link_nidd_state_id(device),
                            .data = tg_slice(delivery->data, delivery->len),
                            .max_latency_s = delivery->max_latency_s,
                            .priority = delivery->priority,
                            .pdn_option = tg_slice_str(may_wait ? patient : "INDICATE_ERROR")};
  tg_t8_json_put_send(body, &send);
  return body->rc == TG_OK;
}

static void post(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_buf_t url, body;
  tg_buf_init_growing(&url, URL_MAX);
  tg_buf_init_growing(&body, BODY_MAX);
  tg_buf_put_fmt(&url, "%s%s", device->url, deliveries_path);
  const char *text = tg_buf_cstr(&url);
  tg_rc_t rc = TG_E_NOMEM;
  if (text && put_body(delivery, &body)) {
    tg_link_nidd_ask_t question = {.method = "POST",
                                   .url = text,
                                   .content_type = "application/json",
                                   .body = tg_buf_slice(&body),
                                   .subject = delivery->id,
                                   .done = on_posted};
    rc = tg_link_nidd_api_ask(device->nidd, &question);
  }
  tg_buf_fini(&url);
  tg_buf_fini(&body);
  if (rc == TG_OK) {
    device->posting = delivery->id;
    delivery->stage = TG_LINK_NIDD_POSTING;
    tg_wheel_del(tg_loop_wheel(device->nidd->loop), &delivery->timer);
  } else {
    tg_link_nidd_state_pump(device, device->nidd->config.backoff_ms); /* too many requests at a time */
  }
}

/* What the SCEF held was taken back: where nothing else is held, nobody knows whether the device sleeps. */
static void tell_let_go(tg_link_nidd_device_t *device) {
  bool holds = tg_link_nidd_delivery_first(device, TG_LINK_NIDD_BUFFERED) != NULL;
  device->is_let_go = false;
  if (!holds && device->reach == TG_LINK_HELD) tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
}

/* @return whether what an earlier process left is to be taken back first; then the pump is started again */
static bool recalls(tg_link_nidd_device_t *device) {
  if (device->recall_due && device->url && device->phase == TG_LINK_NIDD_READY) {
    device->recall_due = false;
    tg_link_nidd_recall_begin(device);
  }
  return device->recall_due || device->recalling;
}

static void on_pump(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_link_nidd_device_t *device = ud;
  if (device->is_let_go) tell_let_go(device);
  if (device->phase != TG_LINK_NIDD_DENIED && recalls(device)) return;
  tg_link_nidd_delivery_t *delivery = tg_link_nidd_delivery_first(device, TG_LINK_NIDD_QUEUED);
  if (!delivery || device->posting != TG_ID_NONE) return;
  uint64_t pause = tg_link_nidd_api_pause(device->nidd);
  if (device->phase == TG_LINK_NIDD_DENIED) tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, 0); /* pumps on */
  else if (pause) tg_link_nidd_state_pump(device, pause);
  else if (device->url) post(delivery); /* a configuration that is just being renewed is in force */
}

tg_rc_t tg_link_nidd_down_send(tg_link_nidd_t *nidd, const tg_link_send_t *send, uint64_t *handle) {
  *handle = 0;
  tg_link_nidd_device_t *device = tg_link_nidd_state_find(nidd, tg_slice(send->peer->b, send->peer->len));
  if (!device) return TG_E_NOT_FOUND;
  if (send->datagram.len > device->mtu) return TG_E_TOO_LONG;
  if (device->phase == TG_LINK_NIDD_DENIED) return TG_E_LINK;
  if (device->count >= nidd->config.max_queued) return TG_E_FULL;
  tg_link_nidd_delivery_t *delivery = NULL;
  tg_rc_t rc = tg_link_nidd_delivery_new(device, send, &delivery);
  if (rc != TG_OK) return rc;
  if (!tg_timer_active(&device->pump)) tg_link_nidd_state_pump(device, 0);
  *handle = delivery->id;
  return TG_OK;
}

void tg_link_nidd_down_cancel(tg_link_nidd_t *nidd, uint64_t handle) {
  tg_link_nidd_delivery_t *delivery = tg_pool_find(&nidd->deliveries, handle);
  if (!delivery) return;
  if (delivery->stage == TG_LINK_NIDD_POSTING) {
    delivery->cancelled = true; /* deleted when the answer says that it is buffered */
    return;
  }
  if (delivery->url) delete_url(nidd, delivery->url);
  if (delivery->stage == TG_LINK_NIDD_BUFFERED) {
    delivery->device->is_let_go = true;
    tg_link_nidd_state_pump(delivery->device, 0);
  }
  tg_link_nidd_delivery_free(delivery);
}

bool tg_link_nidd_down_status(tg_link_nidd_device_t *device, tg_slice_t url, const tg_t8_json_delivery_t *said) {
  const tg_link_nidd_news_t news = tg_link_nidd_delivery_news(device->nidd, said);
  tg_link_nidd_delivery_t *delivery = tg_link_nidd_delivery_find(device, url);
  if (delivery) {
    tg_link_nidd_delivery_take(delivery, &news);
    return true;
  }
  if (device->posting == TG_ID_NONE) return false;
  tg_alloc_free(device->early.url);
  device->early = (tg_link_nidd_early_t){.url = tg_alloc_str(url), .news = news};
  return true;
}

void tg_link_nidd_down_add(tg_link_nidd_device_t *device) {
  device->pump = (tg_timer_t){.fn = on_pump, .ud = device};
}

void tg_link_nidd_down_drop(tg_link_nidd_device_t *device) {
  while (device->head) tg_link_nidd_delivery_free(device->head);
}
