/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/gateway, called by the control socket: the limits with their values and counters; see limits.h and limits.def. */

#include "core/gateway/limits.h"

#include "core/codec/codec_in.h"
#include "core/firmware/fw_http.h"
#include "core/mqtt/mqtt_drain.h"
#include "core/server/reg.h"

/* What the expressions of limits.def look at. */
typedef struct limits_view {
  const tg_gateway_parts_t *parts;
  tg_coap_limits_t coap;
  tg_coap_stats_t counts;
  tg_store_stats_t store;
  tg_server_stats_t server;
  tg_twin_refused_t refused;
  uint32_t window; /* the widest of all brokers */
  uint64_t window_filled;
  uint32_t rcvbuf; /* the smallest of all UDP links, as it was asked for */
  uint64_t rx_dropped;
} limits_view_t;

static void look_at_brokers(const tg_mqtt_t *mqtt, limits_view_t *view) {
  for (size_t i = 0; mqtt && *tg_mqtt_broker_name(mqtt, i); i++) {
    tg_mqtt_stats_t stats;
    tg_mqtt_stats(mqtt, i, &stats);
    if (stats.window > view->window) view->window = stats.window;
    view->window_filled += stats.filled;
  }
  if (!view->window) view->window = TG_MQTT_WINDOW_MAX;
}

static void look_at_links(const tg_gateway_parts_t *parts, limits_view_t *view) {
  for (size_t i = 0; i < parts->link_count; i++) {
    tg_link_udp_stats_t stats;
    if (!tg_link_udp_stats(parts->links[i], &stats)) continue;
    if (!view->rcvbuf || stats.rcvbuf_max < view->rcvbuf) view->rcvbuf = stats.rcvbuf_max;
    view->rx_dropped += stats.rx_dropped;
  }
  if (!view->rcvbuf) view->rcvbuf = TG_LINK_UDP_RCVBUF;
}

static void look(const tg_gateway_parts_t *parts, limits_view_t *view) {
  *view = (limits_view_t){.parts = parts};
  tg_coap_limits(parts->coap, &view->coap);
  tg_coap_stats(parts->coap, &view->counts);
  tg_store_stats(parts->store, &view->store);
  tg_server_stats(parts->server, &view->server);
  tg_twin_refused(parts->twin, &view->refused);
  look_at_brokers(parts->mqtt, view);
  look_at_links(parts, view);
}

bool tg_limits_get(const tg_gateway_parts_t *parts, size_t at, tg_limits_row_t *row) {
  limits_view_t view, *v = &view;
  look(parts, v);
  const tg_limits_row_t rows[] = {
#define X(name, key, value, unit, over, counter, hits)                                                                 \
  {name, key, (uint64_t)(value), unit, over, counter, (uint64_t)(hits)},
#include "core/gateway/limits.def"
#undef X
  };
  if (at >= TG_COUNT(rows)) return false;
  *row = rows[at];
  if (strcmp(row->key, "-") == 0) row->key = NULL;
  if (strcmp(row->counter, "-") == 0) row->counter = NULL;
  return true;
}
