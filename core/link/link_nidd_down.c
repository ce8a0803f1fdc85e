/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The downlink of a NIDD link; see link_nidd_down.h. A delivery is QUEUED, then POSTING, and then done with, or BUFFERED until a
 * status notification comes. Every end is told once through tx(), never from inside send() or cancel().
 */

#include "core/link/link_nidd_down.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_nidd_api.h"
#include "core/link/link_nidd_conf.h"
#include "core/link/link_nidd_recall.h"
#include "core/link/t8_uri.h"

enum { BODY_MAX = 128 * 1024, URL_MAX = 4096, ANSWER_MAX = 256 * 1024, GRACE_MS = 60 * 1000, MTU_LEAST = 16 };

static const char deliveries_path[] = "/downlink-data-deliveries";

static void unlink_delivery(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  if (delivery->prev) delivery->prev->next = delivery->next;
  else device->head = delivery->next;
  if (delivery->next) delivery->next->prev = delivery->prev;
  else device->tail = delivery->prev;
  device->count--;
}

static void free_delivery(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  if (device->posting == delivery->id) device->posting = TG_ID_NONE;
  unlink_delivery(delivery);
  tg_wheel_del(tg_loop_wheel(device->nidd->loop), &delivery->timer);
  tg_alloc_free(delivery->data);
  tg_alloc_free(delivery->url);
  tg_pool_give(&device->nidd->deliveries, delivery->id);
}

static void tell(const tg_link_nidd_delivery_t *delivery, tg_link_tx_t tx, uint64_t retry_at_ms) {
  tg_link_t *link = &delivery->device->nidd->link;
  if (delivery->cancelled || !link->events || !link->events->tx) return;
  link->events->tx(link->events_ud, link, delivery->id, tx, retry_at_ms);
}

static void pump_soon(tg_link_nidd_device_t *device, uint64_t delay_ms) {
  tg_link_nidd_state_start(device->nidd, &device->pump, delay_ms);
}

/* The device sleeps. A reply that came too late for it shows nothing: a request may wait there for the device to wake. */
static void note_held(const tg_link_nidd_delivery_t *delivery, uint64_t until_ms) {
  if (delivery->expects_reply) tg_link_nidd_state_set_reach(delivery->device, TG_LINK_HELD, until_ms);
}

/* The SCEF keeps it. */
static void tell_held(const tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms) {
  note_held(delivery, retry_at_ms);
  tell(delivery, TG_LINK_TX_BUFFERED, retry_at_ms);
}

/* The end of a delivery: gone before it is told of, since the answer to the news may be a new datagram. */
static void finish(tg_link_nidd_delivery_t *delivery, tg_link_tx_t tx, uint64_t retry_at_ms) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_delivery_t told = *delivery;
  if (tx == TG_LINK_TX_FAILED) device->nidd->stats.failed++;
  free_delivery(delivery);
  pump_soon(device, 0);
  bool is_out = tx == TG_LINK_TX_SENT || tx == TG_LINK_TX_ACKED;
  if (is_out && device->reach == TG_LINK_HELD) tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
  tell(&told, tx, retry_at_ms);
}

/* It did not reach the device, which therefore sleeps. */
static void finish_unreached(tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms) {
  note_held(delivery, retry_at_ms);
  finish(delivery, TG_LINK_TX_FAILED, retry_at_ms);
}

/* What the SCEF says has become of it. */
static void take_news(tg_link_nidd_delivery_t *delivery, const tg_link_nidd_news_t *news) {
  if (news->tx == TG_LINK_TX_BUFFERED) tell_held(delivery, news->retry_at_ms);
  else if (news->is_unreached) finish_unreached(delivery, news->retry_at_ms);
  else finish(delivery, news->tx, news->retry_at_ms);
}

static tg_link_nidd_news_t news_of(const tg_link_nidd_t *nidd, const tg_t8_json_delivery_t *said) {
  return (tg_link_nidd_news_t){.tx = tg_t8_json_tx(said->status),
                               .is_unreached = tg_t8_json_is_unreached(said->status),
                               .retry_at_ms = tg_link_nidd_state_mono(nidd, said->retry_ms)};
}

static void on_delivery_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_link_nidd_delivery_t *delivery = ud; /* its time in the queue, or at the SCEF, is over */
  if (delivery->stage == TG_LINK_NIDD_BUFFERED) finish_unreached(delivery, 0);
  else finish(delivery, TG_LINK_TX_FAILED, 0);
}

static void become_queued(tg_link_nidd_delivery_t *delivery) {
  delivery->stage = TG_LINK_NIDD_QUEUED;
  delivery->timer = (tg_timer_t){.fn = on_delivery_timer, .ud = delivery};
  tg_wheel_add(tg_loop_wheel(delivery->device->nidd->loop), &delivery->timer, delivery->deadline_ms);
}

/* maximumLatency is the SCEF's limit; when no word has come some time after it, none will. */
static void become_buffered(tg_link_nidd_delivery_t *delivery, tg_slice_t url) {
  if (url.len && !delivery->url)
    delivery->url = tg_alloc_str(url); /* without memory it can't be cancelled or matched: it times out */
  delivery->stage = TG_LINK_NIDD_BUFFERED;
  uint64_t limit = (uint64_t)delivery->max_latency_s * 1000 + GRACE_MS;
  tg_link_nidd_state_start(delivery->device->nidd, &delivery->timer, limit);
}

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
  if (match) take_news(delivery, &early.news);
  return match;
}

static void take_accepted(tg_link_nidd_delivery_t *delivery, const tg_http_result_t *result,
                          const tg_t8_json_delivery_t *said) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_news_t news = news_of(device->nidd, said);
  bool kept = result->status == 201 && news.tx == TG_LINK_TX_SENT && !said->status.len;
  device->nidd->stats.downlinks++;
  if (news.tx != TG_LINK_TX_BUFFERED && !kept) {
    if (news.tx != TG_LINK_TX_FAILED) news.retry_at_ms = 0;
    take_news(delivery, &news);
    return;
  }
  device->nidd->stats.buffered++;
  become_buffered(delivery, *result->location ? tg_slice_str(result->location) : said->self);
  pump_soon(device, 0);
  if (!delivery->cancelled) {
    if (!take_early(delivery)) tell_held(delivery, news.retry_at_ms);
    return;
  }
  if (delivery->url) delete_url(device->nidd, delivery->url);
  free_delivery(delivery);
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
  finish(delivery, TG_LINK_TX_FAILED, 0); /* the exchange layer knows the new limit by now */
}

static void resize(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_ask_t question = {.method = "GET", .url = device->url, .subject = delivery->id, .done = on_resized};
  tg_rc_t rc = device->url ? tg_link_nidd_api_ask(device->nidd, &question) : TG_E_STATE;
  if (rc != TG_OK) finish(delivery, TG_LINK_TX_FAILED, 0);
}

/* The SCEF is away or busy: tried again after its pause while there is time. */
static void postpone(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  uint64_t pause = tg_link_nidd_api_pause(device->nidd);
  uint64_t again = tg_loop_now(device->nidd->loop) + pause;
  if (delivery->cancelled) {
    free_delivery(delivery);
  } else if (again >= delivery->deadline_ms) {
    finish(delivery, TG_LINK_TX_FAILED, again);
    return;
  } else {
    device->posting = TG_ID_NONE;
    become_queued(delivery);
  }
  pump_soon(device, pause);
}

static void take_lost(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_conf_lost(device); /* starts the pump when there is a new one */
  if (delivery->resent || delivery->cancelled) {
    finish(delivery, TG_LINK_TX_FAILED, 0);
    return;
  }
  delivery->resent = true;
  device->posting = TG_ID_NONE;
  become_queued(delivery);
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
  if (is_unreached) finish_unreached(delivery, retry_at);
  else finish(delivery, TG_LINK_TX_FAILED, retry_at);
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
    pump_soon(device, device->nidd->config.backoff_ms); /* too many requests at a time */
  }
}

static tg_link_nidd_delivery_t *first_queued(const tg_link_nidd_device_t *device) {
  tg_link_nidd_delivery_t *delivery = device->head;
  while (delivery && delivery->stage != TG_LINK_NIDD_QUEUED) delivery = delivery->next;
  return delivery;
}

/* What the SCEF held was taken back: where nothing else is held, nobody knows whether the device sleeps. */
static void tell_let_go(tg_link_nidd_device_t *device) {
  const tg_link_nidd_delivery_t *delivery = device->head;
  while (delivery && delivery->stage != TG_LINK_NIDD_BUFFERED) delivery = delivery->next;
  device->is_let_go = false;
  if (!delivery && device->reach == TG_LINK_HELD) tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
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
  tg_link_nidd_delivery_t *delivery = first_queued(device);
  if (!delivery || device->posting != TG_ID_NONE) return;
  uint64_t pause = tg_link_nidd_api_pause(device->nidd);
  if (device->phase == TG_LINK_NIDD_DENIED) finish(delivery, TG_LINK_TX_FAILED, 0); /* pumps on */
  else if (pause) pump_soon(device, pause);
  else if (device->url) post(delivery); /* a configuration that is just being renewed is in force */
}

static uint32_t latency_of(const tg_link_nidd_t *nidd, const tg_link_send_t *send) {
  uint32_t most = send->expects_reply ? nidd->config.max_latency_s : nidd->config.reply_latency_s;
  if (!send->expects_reply && send->max_latency_s == 0) return most;
  return send->max_latency_s < most ? send->max_latency_s : most;
}

static bool fill(tg_link_nidd_delivery_t *delivery, tg_link_nidd_t *nidd, const tg_link_send_t *send) {
  delivery->data = tg_alloc(send->datagram.len);
  if (!delivery->data) return false;
  if (send->datagram.len) memcpy(delivery->data, send->datagram.p, send->datagram.len);
  delivery->len = send->datagram.len;
  delivery->max_latency_s = latency_of(nidd, send);
  delivery->priority = send->priority;
  delivery->expects_reply = send->expects_reply;
  uint32_t patience_s =
      delivery->max_latency_s > nidd->config.reply_latency_s ? delivery->max_latency_s : nidd->config.reply_latency_s;
  delivery->deadline_ms = tg_loop_now(nidd->loop) + (uint64_t)patience_s * 1000;
  return true;
}

tg_rc_t tg_link_nidd_down_send(tg_link_nidd_t *nidd, const tg_link_send_t *send, uint64_t *handle) {
  *handle = 0;
  tg_link_nidd_device_t *device = tg_link_nidd_state_find(nidd, tg_slice(send->peer->b, send->peer->len));
  if (!device) return TG_E_NOT_FOUND;
  if (send->datagram.len > device->mtu) return TG_E_TOO_LONG;
  if (device->phase == TG_LINK_NIDD_DENIED) return TG_E_LINK;
  if (device->count >= nidd->config.max_queued) return TG_E_FULL;
  tg_id_t id;
  tg_link_nidd_delivery_t *delivery = tg_pool_take(&nidd->deliveries, &id);
  if (!delivery) return TG_E_FULL;
  if (!fill(delivery, nidd, send)) {
    tg_pool_give(&nidd->deliveries, id);
    return TG_E_NOMEM;
  }
  delivery->id = id;
  delivery->device = device;
  delivery->prev = device->tail;
  if (device->tail) device->tail->next = delivery;
  else device->head = delivery;
  device->tail = delivery;
  device->count++;
  become_queued(delivery);
  if (!tg_timer_active(&device->pump)) pump_soon(device, 0);
  *handle = id;
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
    pump_soon(delivery->device, 0);
  }
  free_delivery(delivery);
}

static tg_link_nidd_delivery_t *find_url(const tg_link_nidd_device_t *device, tg_slice_t url) {
  tg_link_nidd_delivery_t *delivery = device->head;
  while (delivery && !(delivery->url && tg_t8_uri_same(tg_slice_str(delivery->url), url))) delivery = delivery->next;
  return delivery;
}

bool tg_link_nidd_down_status(tg_link_nidd_device_t *device, tg_slice_t url, const tg_t8_json_delivery_t *said) {
  const tg_link_nidd_news_t news = news_of(device->nidd, said);
  tg_link_nidd_delivery_t *delivery = find_url(device, url);
  if (delivery) {
    take_news(delivery, &news);
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
  while (device->head) free_delivery(device->head);
}
