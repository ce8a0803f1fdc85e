/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/mqtt: the list of filters of one broker. See mqtt_subscribe.h. */

#include "core/mqtt/mqtt_subscribe.h"

#include "core/base/alloc.h"
#include "core/mqtt/topic.h"

struct tg_mqtt_filter {
  char *text;
  uint8_t qos;
};

void tg_mqtt_subscribe_fini(tg_mqtt_subs_t *subs) {
  for (size_t i = 0; i < subs->count; i++) tg_alloc_free(subs->items[i].text);
  tg_alloc_free(subs->items);
  *subs = (tg_mqtt_subs_t){0};
}

static size_t find(const tg_mqtt_subs_t *subs, tg_slice_t filter) {
  size_t i = 0;
  while (i < subs->count && !tg_slice_is(filter, subs->items[i].text)) i++;
  return i;
}

static tg_rc_t append(tg_mqtt_subs_t *subs, tg_slice_t filter) {
  if (subs->count == TG_MQTT_FILTERS_MAX) return TG_E_FULL;
  tg_mqtt_filter_t *items = tg_alloc_resize(subs->items, subs->count + 1, sizeof *items);
  if (!items) return TG_E_NOMEM;
  subs->items = items;
  char *text = tg_alloc_str(filter);
  if (!text) return TG_E_NOMEM;
  items[subs->count++].text = text;
  return TG_OK;
}

tg_rc_t tg_mqtt_subscribe_add(tg_mqtt_subs_t *subs, tg_slice_t filter, uint8_t qos, tg_mqtt_conn_t *conn) {
  tg_rc_t rc = tg_topic_check_filter(filter);
  if (rc != TG_OK) return rc;
  size_t at = find(subs, filter);
  if (at == subs->count) rc = append(subs, filter);
  if (rc != TG_OK) return rc;
  subs->items[at].qos = qos;
  if (conn) tg_mqtt_conn_subscribe(conn, subs->items[at].text, qos);
  return TG_OK;
}

void tg_mqtt_subscribe_del(tg_mqtt_subs_t *subs, tg_slice_t filter, tg_mqtt_conn_t *conn) {
  size_t at = find(subs, filter);
  if (at == subs->count) return;
  if (conn) tg_mqtt_conn_unsubscribe(conn, subs->items[at].text);
  tg_alloc_free(subs->items[at].text);
  subs->items[at] = subs->items[--subs->count];
}

void tg_mqtt_subscribe_ask(const tg_mqtt_subs_t *subs, tg_mqtt_conn_t *conn) {
  for (size_t i = 0; i < subs->count; i++) tg_mqtt_conn_subscribe(conn, subs->items[i].text, subs->items[i].qos);
}
