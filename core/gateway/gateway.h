/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_GATEWAY_GATEWAY_H
#define TG_CORE_GATEWAY_GATEWAY_H

/**
 * Composition: makes every part of the core from one configuration, connects them, and says when in a loop turn what happens.
 * Knows no Lua; who calls it (bindings/host) has read and checked the configuration and hooks scripts in.
 */

#include "core/firmware/campaign.h"
#include "core/gateway/gateway_clock.h"
#include "core/link/link_nidd.h"
#include "core/link/link_udp.h"
#include "core/mqtt/mqtt.h"
#include "core/server/server.h"

typedef struct tg_gateway tg_gateway_t;

/** Events that may wait for the end of a loop turn. */
#define TG_GATEWAY_EVENTS_MAX 8192

/** Links a gateway may have. */
#define TG_GATEWAY_LINKS_MAX 16

typedef enum tg_gateway_link_kind { TG_GATEWAY_UDP, TG_GATEWAY_NIDD } tg_gateway_link_kind_t;

/** One configured link. */
typedef struct tg_gateway_link {
  tg_gateway_link_kind_t kind;
  uint32_t ack_timeout_ms;    /* ACK_TIMEOUT (RFC 7252 §4.8); 0 = the bearer's default */
  int max_retransmit;         /* MAX_RETRANSMIT; -1 = the bearer's default */
  tg_link_udp_config_t udp;   /* of kind UDP */
  tg_link_nidd_config_t nidd; /* of kind NIDD; memory is set by the gateway */
} tg_gateway_link_t;

/** All of it. Everything is borrowed for the call to tg_gateway_open(), but strings that parts say they keep. */
typedef struct tg_gateway_config {
  const char *store_path;     /* "" or NULL: in memory */
  uint64_t outbox_max;        /* bytes, 0 = default */
  uint64_t outbox_max_age_ms; /* 0: messages wait for ever */
  const tg_gateway_link_t *links;
  size_t link_count;
  const tg_server_observe_t *observe; /* kept */
  size_t observe_count;
  const tg_server_quirk_t *quirks; /* kept */
  size_t quirk_count;
  tg_server_send_t send;
  bool drops_early;
  uint32_t default_lifetime_s;
  uint32_t awake_ms;
  bool fixed_windows;
  bool seen_by_reports;
  tg_coap_rebind_t rebind;
  tg_coap_limits_t limits;
  uint32_t devices_max;
  tg_firmware_config_t firmware; /* strings are kept; its parts are set by the gateway */
  const tg_mqtt_broker_config_t *brokers;
  size_t broker_count;
  tg_mqtt_message_fn on_message; /* may be NULL */
  tg_mqtt_state_fn on_state;     /* may be NULL */
  tg_server_admit_fn admit;      /* may be NULL */
  void *ud;                      /* of the three */
} tg_gateway_config_t;

/** The parts, lent as long as the gateway lives. */
typedef struct tg_gateway_parts {
  tg_loop_t *loop;
  tg_store_t *store;
  tg_registry_t *registry;
  tg_event_bus_t *events;
  tg_twin_t *twin;
  tg_server_t *server;
  tg_coap_t *coap;
  tg_mqtt_t *mqtt; /* NULL without brokers */
  tg_firmware_t *firmware;
  tg_campaigns_t *campaigns;
  const tg_gateway_clock_t *clock;
  tg_link_t *const *links;
  size_t link_count;
  const tg_http_stats_t *callbacks; /* of all links */
  const tg_http_stats_t *downloads; /* of the firmware server */
} tg_gateway_parts_t;

/**
 * Makes and starts all parts on @p loop and restores what the store knows. Devices are served from the next loop turn on.
 * @param registry  kept; definitions may be added later
 * @return TG_OK; any part's error with @p diag saying which part, what and, where known, how to mend it
 */
TG_MUST_CHECK tg_rc_t tg_gateway_open(tg_loop_t *loop, tg_registry_t *registry, const tg_gateway_config_t *config,
                                      tg_diag_t *diag, tg_gateway_t **gateway);

/** Ends what devices are being asked, in the order in which nobody takes that for the devices' own doing; durable commands and updates go on at the next start. For a host that ends other parts before tg_gateway_close(), which does it too. NULL is allowed. */
void tg_gateway_stop(tg_gateway_t *gateway);

/** Says good-bye to brokers, ends exchanges, closes links, writes out the store, frees. NULL is allowed. */
void tg_gateway_close(tg_gateway_t *gateway);

/** The parts, for scripts and the command line. */
tg_gateway_parts_t tg_gateway_parts(tg_gateway_t *gateway);

/** The number of links, and link @p at (NULL beyond the end), lent. */
size_t tg_gateway_link_count(const tg_gateway_t *gateway);

/** Link number @p at, lent; NULL beyond the last. */
tg_link_t *tg_gateway_link(const tg_gateway_t *gateway, size_t at);

#endif
