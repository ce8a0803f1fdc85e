/* SPDX-License-Identifier: Apache-2.0 */
/* A NIDD delivery from its queue to its end; see link_nidd_delivery.h. */

#include "core/link/link_nidd_delivery.h"

#include "core/base/alloc.h"
#include "core/link/t8_uri.h"

enum { GRACE_MS = 60 * 1000 };

static void link_last(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  delivery->prev = device->tail;
  if (device->tail) device->tail->next = delivery;
  else device->head = delivery;
  device->tail = delivery;
  device->count++;
}

static void unlink_delivery(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  if (delivery->prev) delivery->prev->next = delivery->next;
  else device->head = delivery->next;
  if (delivery->next) delivery->next->prev = delivery->prev;
  else device->tail = delivery->prev;
  device->count--;
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

tg_rc_t tg_link_nidd_delivery_new(tg_link_nidd_device_t *device, const tg_link_send_t *send,
                                  tg_link_nidd_delivery_t **delivery) {
  tg_link_nidd_t *nidd = device->nidd;
  tg_id_t id;
  tg_link_nidd_delivery_t *made = tg_pool_take(&nidd->deliveries, &id);
  if (!made) return TG_E_FULL;
  if (!fill(made, nidd, send)) {
    tg_pool_give(&nidd->deliveries, id);
    return TG_E_NOMEM;
  }
  made->id = id;
  made->device = device;
  link_last(made);
  tg_link_nidd_delivery_queue(made);
  *delivery = made;
  return TG_OK;
}

void tg_link_nidd_delivery_free(tg_link_nidd_delivery_t *delivery) {
  tg_link_nidd_device_t *device = delivery->device;
  if (device->posting == delivery->id) device->posting = TG_ID_NONE;
  unlink_delivery(delivery);
  tg_wheel_del(tg_loop_wheel(device->nidd->loop), &delivery->timer);
  tg_alloc_free(delivery->data);
  tg_alloc_free(delivery->url);
  tg_pool_give(&device->nidd->deliveries, delivery->id);
}

tg_link_nidd_delivery_t *tg_link_nidd_delivery_first(const tg_link_nidd_device_t *device, tg_link_nidd_stage_t stage) {
  tg_link_nidd_delivery_t *delivery = device->head;
  while (delivery && delivery->stage != stage) delivery = delivery->next;
  return delivery;
}

tg_link_nidd_delivery_t *tg_link_nidd_delivery_find(const tg_link_nidd_device_t *device, tg_slice_t url) {
  tg_link_nidd_delivery_t *delivery = device->head;
  while (delivery && !(delivery->url && tg_t8_uri_same(tg_slice_str(delivery->url), url))) delivery = delivery->next;
  return delivery;
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_link_nidd_delivery_t *delivery = ud; /* its time in the queue, or at the SCEF, is over */
  if (delivery->stage == TG_LINK_NIDD_BUFFERED) tg_link_nidd_delivery_finish_unreached(delivery, 0);
  else tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, 0);
}

void tg_link_nidd_delivery_queue(tg_link_nidd_delivery_t *delivery) {
  delivery->stage = TG_LINK_NIDD_QUEUED;
  delivery->timer = (tg_timer_t){.fn = on_timer, .ud = delivery};
  tg_wheel_add(tg_loop_wheel(delivery->device->nidd->loop), &delivery->timer, delivery->deadline_ms);
}

void tg_link_nidd_delivery_buffer(tg_link_nidd_delivery_t *delivery, tg_slice_t url) {
  if (url.len && !delivery->url)
    delivery->url = tg_alloc_str(url); /* without memory it can't be cancelled or matched: it times out */
  delivery->stage = TG_LINK_NIDD_BUFFERED;
  uint64_t limit = (uint64_t)delivery->max_latency_s * 1000 + GRACE_MS;
  tg_link_nidd_state_start(delivery->device->nidd, &delivery->timer, limit);
}

static void tell(const tg_link_nidd_delivery_t *delivery, tg_link_tx_t tx, uint64_t retry_at_ms) {
  tg_link_t *link = &delivery->device->nidd->link;
  if (delivery->cancelled || !link->events || !link->events->tx) return;
  link->events->tx(link->events_ud, link, delivery->id, tx, retry_at_ms);
}

/* The device sleeps. A reply that came too late for it shows nothing: a request may wait there for the device to wake. */
static void note_held(const tg_link_nidd_delivery_t *delivery, uint64_t until_ms) {
  if (delivery->expects_reply) tg_link_nidd_state_set_reach(delivery->device, TG_LINK_HELD, until_ms);
}

void tg_link_nidd_delivery_tell_held(tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms) {
  note_held(delivery, retry_at_ms);
  tell(delivery, TG_LINK_TX_BUFFERED, retry_at_ms);
}

/* Gone before it is told of, since the answer to the news may be a new datagram. */
void tg_link_nidd_delivery_finish(tg_link_nidd_delivery_t *delivery, tg_link_tx_t tx, uint64_t retry_at_ms) {
  tg_link_nidd_device_t *device = delivery->device;
  tg_link_nidd_delivery_t told = *delivery;
  if (tx == TG_LINK_TX_FAILED) device->nidd->stats.failed++;
  tg_link_nidd_delivery_free(delivery);
  tg_link_nidd_state_pump(device, 0);
  bool is_out = tx == TG_LINK_TX_SENT || tx == TG_LINK_TX_ACKED;
  if (is_out && device->reach == TG_LINK_HELD) tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
  tell(&told, tx, retry_at_ms);
}

void tg_link_nidd_delivery_finish_unreached(tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms) {
  note_held(delivery, retry_at_ms);
  tg_link_nidd_delivery_finish(delivery, TG_LINK_TX_FAILED, retry_at_ms);
}

tg_link_nidd_news_t tg_link_nidd_delivery_news(const tg_link_nidd_t *nidd, const tg_t8_json_delivery_t *said) {
  return (tg_link_nidd_news_t){.tx = tg_t8_json_tx(said->status),
                               .is_unreached = tg_t8_json_is_unreached(said->status),
                               .retry_at_ms = tg_link_nidd_state_mono(nidd, said->retry_ms)};
}

void tg_link_nidd_delivery_take(tg_link_nidd_delivery_t *delivery, const tg_link_nidd_news_t *news) {
  if (news->tx == TG_LINK_TX_BUFFERED) tg_link_nidd_delivery_tell_held(delivery, news->retry_at_ms);
  else if (news->is_unreached) tg_link_nidd_delivery_finish_unreached(delivery, news->retry_at_ms);
  else tg_link_nidd_delivery_finish(delivery, news->tx, news->retry_at_ms);
}
