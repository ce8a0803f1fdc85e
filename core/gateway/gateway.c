/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composition of the core. The order of making is the order of the layers; the order of a loop turn is in at_turn_end().
 * See gateway.h.
 */

#include "core/gateway/gateway.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/gateway/gateway_turn.h"

enum { EVENT_BYTES_MAX = 8 << 20 };

struct tg_gateway {
  tg_gateway_parts_t parts;
  tg_gateway_turn_t turn;
  tg_gateway_clock_t clock;
  tg_http_stats_t callbacks;
  tg_http_stats_t downloads;
  size_t link_count;
  tg_link_t *links[TG_GATEWAY_LINKS_MAX];
};

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  tg_gateway_t *gateway = ud;
  if (gateway->parts.twin) tg_twin_committed(gateway->parts.twin, ticket, rc);
  if (gateway->parts.firmware) tg_firmware_committed(gateway->parts.firmware, ticket, rc);
  tg_gateway_turn_committed(&gateway->turn, &gateway->parts, ticket, rc);
}

/* Of the store: whoever counts numbers at the broker is told why some are missing. */
static void on_gap(void *ud, const tg_store_gap_t *gap) {
  const tg_gateway_t *gateway = ud;
  char note[160];
  (void)snprintf(note, sizeof note, "outbox: %llu messages %s, seq %llu to %llu", (unsigned long long)gap->count,
                 gap->expired ? "too old, given up" : "refused while it was full", (unsigned long long)gap->first_seq,
                 (unsigned long long)gap->last_seq);
  const tg_event_t event = {.type = TG_EVENT_GAP, .time_ms = tg_clock_wall_ms(), .note = tg_slice_str(note)};
  tg_rc_t rc = gateway->parts.events ? tg_event_emit(gateway->parts.events, &event) : TG_E_STATE;
  if (rc != TG_OK) tg_log("gateway", TG_LOG_WARN, "gap_not_told rc=%s", tg_rc_name(rc));
}

static void at_turn_end(void *ud) {
  tg_gateway_t *gateway = ud;
  tg_gateway_clock_look(&gateway->clock, gateway->parts.store, tg_loop_wheel(gateway->parts.loop));
  tg_gateway_turn_end(&gateway->turn, &gateway->parts);
}

static tg_rc_t open_store(tg_gateway_t *gateway, const tg_gateway_config_t *config, tg_diag_t *diag) {
  const tg_store_config_t store = {.path = config->store_path,
                                   .outbox_max = config->outbox_max,
                                   .outbox_max_age_ms = config->outbox_max_age_ms,
                                   .on_commit = on_commit,
                                   .on_gap = on_gap,
                                   .ud = gateway};
  return tg_store_open(gateway->parts.loop, &store, diag, &gateway->parts.store);
}

/* Before anything is restored: what is on disk has times of it. */
static void begin_clock(tg_gateway_t *gateway) {
  tg_gateway_clock_read_t read;
  tg_gateway_clock_read(&read);
  tg_gateway_clock_ask(true, &read);
  tg_gateway_clock_begin(&gateway->clock, &read, gateway->parts.store, tg_loop_wheel(gateway->parts.loop));
  gateway->parts.clock = &gateway->clock;
}

static tg_rc_t make_hub(tg_gateway_t *gateway, const tg_gateway_config_t *config) {
  tg_gateway_parts_t *parts = &gateway->parts;
  parts->events = tg_event_bus_new(TG_GATEWAY_EVENTS_MAX, EVENT_BYTES_MAX);
  if (!parts->events) return TG_E_NOMEM;
  const tg_twin_config_t twin = {.registry = parts->registry,
                                 .events = parts->events,
                                 .wheel = tg_loop_wheel(parts->loop),
                                 .store = parts->store,
                                 .random = tg_random_fill,
                                 .fixed_windows = config->fixed_windows,
                                 .devices_max = config->devices_max};
  parts->twin = tg_twin_new(&twin);
  return parts->twin ? TG_OK : TG_E_NOMEM;
}

/* Seam of the server: images that devices fetch. */
static tg_rc_t on_file(void *ud, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  const tg_gateway_t *gateway = ud;
  if (!gateway->parts.firmware) return TG_E_NOT_FOUND;
  return tg_firmware_file(gateway->parts.firmware, path, asked, body, etag);
}

static tg_rc_t make_server(tg_gateway_t *gateway, const tg_gateway_config_t *config) {
  tg_gateway_parts_t *parts = &gateway->parts;
  const tg_server_config_t server = {.twin = parts->twin,
                                     .events = parts->events,
                                     .store = parts->store,
                                     .wheel = tg_loop_wheel(parts->loop),
                                     .random = tg_random_fill,
                                     .observe = config->observe,
                                     .observe_count = config->observe_count,
                                     .quirks = config->quirks,
                                     .quirk_count = config->quirk_count,
                                     .send = config->send,
                                     .drops_early = config->drops_early,
                                     .admit = config->admit,
                                     .admit_ud = config->ud,
                                     .default_lifetime_s = config->default_lifetime_s,
                                     .awake_ms = config->awake_ms,
                                     .seen_by_reports = config->seen_by_reports,
                                     .rebind = config->rebind,
                                     .file = on_file,
                                     .file_ud = gateway};
  parts->server = tg_server_new(&server);
  if (!parts->server) return TG_E_NOMEM;

  const tg_coap_config_t coap = {.wheel = tg_loop_wheel(parts->loop),
                                 .random = tg_random_fill,
                                 .handler = tg_server_on_request,
                                 .notify = tg_server_on_notify,
                                 .reach = tg_server_on_reach,
                                 .ud = parts->server,
                                 .rebind = config->rebind,
                                 .urgent = "rd", /* registrations: who sends too much else must not lose its own */
                                 .limits = config->limits};
  parts->coap = tg_coap_new(&coap);
  if (!parts->coap) return TG_E_NOMEM;
  tg_server_attach(parts->server, parts->coap);
  return TG_OK;
}

static tg_rc_t open_link(tg_gateway_t *gateway, const tg_gateway_link_t *config, tg_diag_t *diag, tg_link_t **link) {
  tg_gateway_parts_t *parts = &gateway->parts;
  if (config->kind == TG_GATEWAY_UDP) return tg_link_udp_open(parts->loop, &config->udp, diag, link);
  tg_link_nidd_config_t nidd = config->nidd;
  nidd.listen.stats = &gateway->callbacks;
  nidd.memory = (tg_link_nidd_memory_t){tg_gateway_turn_load, tg_gateway_turn_save, parts->store};
  return tg_link_nidd_new(parts->loop, &nidd, diag, link);
}

/* The ports in fact bound: with port 0 this is how people and tests learn them. */
static void log_listening(const tg_link_t *link, const tg_gateway_link_t *config) {
  bool udp = config->kind == TG_GATEWAY_UDP;
  const char *host = udp ? config->udp.host : config->nidd.listen.host;
  unsigned port = udp ? tg_link_udp_port(link) : tg_link_nidd_port(link);
  bool v6 = strchr(host, ':') != NULL;
  tg_log("gateway", TG_LOG_INFO, "listening link=%s address=%s%s%s:%u", link->name, v6 ? "[" : "", host, v6 ? "]" : "",
         port);
}

static tg_rc_t open_links(tg_gateway_t *gateway, const tg_gateway_config_t *config, tg_diag_t *diag) {
  if (config->link_count > TG_GATEWAY_LINKS_MAX) {
    tg_diag_set(diag, NULL, 0, "%zu links; at most %d", config->link_count, TG_GATEWAY_LINKS_MAX);
    return TG_E_CONFIG;
  }
  for (size_t i = 0; i < config->link_count; i++) {
    tg_link_t *link = NULL;
    tg_rc_t rc = open_link(gateway, &config->links[i], diag, &link);
    if (rc != TG_OK) return rc;
    gateway->links[gateway->link_count++] = link;
    log_listening(link, &config->links[i]);
    tg_coap_params_t params;
    tg_coap_params_default(link, &params);
    if (config->links[i].ack_timeout_ms) params.ack_timeout_ms = config->links[i].ack_timeout_ms;
    if (config->links[i].max_retransmit >= 0) params.max_retransmit = (uint8_t)config->links[i].max_retransmit;
    rc = tg_coap_add_link(gateway->parts.coap, link, &params);
    if (rc != TG_OK) return rc;
  }
  return TG_OK;
}

static tg_rc_t open_mqtt(tg_gateway_t *gateway, const tg_gateway_config_t *config, tg_diag_t *diag) {
  if (config->broker_count == 0) return TG_OK;
  const tg_mqtt_config_t mqtt = {.loop = gateway->parts.loop,
                                 .store = gateway->parts.store,
                                 .brokers = config->brokers,
                                 .broker_count = config->broker_count,
                                 .on_message = config->on_message,
                                 .on_state = config->on_state,
                                 .ud = config->ud};
  return tg_mqtt_new(&mqtt, diag, &gateway->parts.mqtt);
}

/* A store that can't be read is no reason not to serve: devices register again. */
static void restore(const tg_gateway_parts_t *parts, tg_link_t *const links[], size_t link_count) {
  size_t registrations = 0, commands = 0;
  tg_rc_t rc = tg_server_restore(parts->server, links, link_count, &registrations);
  if (rc == TG_OK) rc = tg_twin_restore(parts->twin, &commands);
  if (rc != TG_OK) tg_log("gateway", TG_LOG_ERROR, "restore_failed error=%s", tg_rc_name(rc));
  if (registrations) tg_log("gateway", TG_LOG_INFO, "restored registrations=%zu", registrations);
  if (commands) tg_log("gateway", TG_LOG_INFO, "restored commands=%zu", commands);
}

/* After the devices are known: what an earlier process began goes on with them. */
static tg_rc_t open_firmware(tg_gateway_t *gateway, const tg_gateway_config_t *config, tg_diag_t *diag) {
  tg_gateway_parts_t *parts = &gateway->parts;
  tg_firmware_config_t firmware = config->firmware;
  firmware.twin = parts->twin;
  firmware.events = parts->events;
  firmware.store = parts->store;
  firmware.loop = parts->loop;
  firmware.wheel = tg_loop_wheel(parts->loop);
  firmware.random = tg_random_fill;
  firmware.http_stats = &gateway->downloads;
  tg_rc_t rc = tg_firmware_open(&firmware, diag, &parts->firmware);
  if (rc == TG_OK && tg_firmware_http_port(parts->firmware))
    tg_log("gateway", TG_LOG_INFO, "listening service=firmware address=%s port=%u", firmware.http_host,
           (unsigned)tg_firmware_http_port(parts->firmware));
  if (rc != TG_OK) return rc;
  return tg_campaigns_open(parts->firmware, parts->twin, firmware.wheel, parts->store, &parts->campaigns);
}

static tg_rc_t open_parts(tg_gateway_t *gateway, const tg_gateway_config_t *config, tg_diag_t *diag) {
  tg_rc_t rc = open_store(gateway, config, diag);
  if (rc == TG_OK) begin_clock(gateway);
  if (rc == TG_OK) rc = make_hub(gateway, config);
  if (rc == TG_OK) rc = make_server(gateway, config);
  if (rc == TG_OK) rc = open_links(gateway, config, diag);
  if (rc == TG_OK) rc = open_mqtt(gateway, config, diag);
  if (rc != TG_OK) return rc;

  restore(&gateway->parts, gateway->links, gateway->link_count);
  rc = open_firmware(gateway, config, diag);
  if (rc != TG_OK) return rc;
  return tg_loop_each_turn(gateway->parts.loop, at_turn_end, gateway);
}

tg_rc_t tg_gateway_open(tg_loop_t *loop, tg_registry_t *registry, const tg_gateway_config_t *config, tg_diag_t *diag,
                        tg_gateway_t **out) {
  tg_gateway_t *gateway = tg_alloc_array(1, sizeof *gateway);
  if (!gateway) return TG_E_NOMEM;
  gateway->parts.loop = loop;
  gateway->parts.registry = registry;
  gateway->parts.callbacks = &gateway->callbacks;
  gateway->parts.downloads = &gateway->downloads;
  tg_rc_t rc = open_parts(gateway, config, diag);
  if (rc != TG_OK) {
    tg_gateway_close(gateway);
    return rc;
  }
  *out = gateway;
  return TG_OK;
}

void tg_gateway_stop(tg_gateway_t *gateway) {
  if (!gateway) return;
  tg_firmware_stop(
      gateway->parts.firmware); /* first: else the end of its commands would look like the devices' doing */
  if (gateway->parts.twin) tg_twin_stop(gateway->parts.twin);
}

void tg_gateway_close(tg_gateway_t *gateway) {
  if (!gateway) return;
  tg_gateway_parts_t *parts = &gateway->parts;
  tg_loop_each_turn_end(parts->loop, at_turn_end, gateway);
  tg_gateway_turn_fini(&gateway->turn, parts);
  if (parts->store && parts->coap) tg_gateway_turn_end(&gateway->turn, parts);
  tg_campaigns_close(parts->campaigns);
  tg_firmware_close(parts->firmware);
  parts->firmware = NULL;
  if (parts->twin) tg_twin_stop(parts->twin); /* while those who carry commands out are there */
  tg_mqtt_free(parts->mqtt);
  parts->mqtt = NULL;
  tg_server_free(parts->server); /* it ends what it has at the exchange layer */
  tg_coap_free(parts->coap);
  for (size_t i = 0; i < gateway->link_count; i++) gateway->links[i]->ops->close(gateway->links[i]);
  tg_twin_free(parts->twin);
  tg_event_bus_free(parts->events);
  tg_store_close(parts->store);
  tg_alloc_free(gateway);
}

tg_gateway_parts_t tg_gateway_parts(tg_gateway_t *gateway) {
  tg_gateway_parts_t parts = gateway->parts;
  parts.links = gateway->links;
  parts.link_count = gateway->link_count;
  return parts;
}

size_t tg_gateway_link_count(const tg_gateway_t *gateway) {
  return gateway->link_count;
}

tg_link_t *tg_gateway_link(const tg_gateway_t *gateway, size_t at) {
  return at < gateway->link_count ? gateway->links[at] : NULL;
}
