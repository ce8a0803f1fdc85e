/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_SERVER_H
#define TG_CORE_SERVER_SERVER_H

/**
 * The LwM2M Server (LwM2M Core 1.1 §6): registrations, reports, observations by policy, and the `lwm2m` backend of the twin that
 * turns commands into requests. One file per operation; this header is what the gateway composes.
 */

#include "core/base/diag.h"
#include "core/coap/coap.h"
#include "core/device/device.h"
#include "core/store/store.h"

typedef struct tg_server tg_server_t;

/** A path to observe on every device that has it: `/3303` observes each instance announced; query is sent as Write-Attributes first when not empty. */
typedef struct tg_server_observe {
  tg_path_t path;    /* object, instance or resource */
  const char *query; /* `pmin=10&pmax=300` or "" ; kept */
} tg_server_observe_t;

/** Seam: may refuse a Register by returning other than TG_OK (its CoAP code is the answer). */
typedef tg_rc_t (*tg_server_admit_fn)(void *ud, tg_slice_t ep, const tg_coap_request_t *request);

/** Seam: what is served under a path that is not the server's own, such as an image under `/fw/TOKEN`; @p asked is up to where the peer asks for it. The body is lent until the turn ends, and the same for each of its blocks; @p etag has 1–8 bytes. Other than TG_OK: there is nothing. */
typedef tg_rc_t (*tg_server_file_fn)(void *ud, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag);

typedef struct tg_server_config {
  tg_coap_t *coap;        /* may be set later through tg_server_attach() */
  tg_twin_t *twin;        /* kept */
  tg_event_bus_t *events; /* kept */
  tg_store_t *store;      /* kept; NULL: nothing is durable */
  tg_wheel_t *wheel;      /* kept */
  tg_random_fn random;
  void *random_ud;
  const tg_server_observe_t *observe; /* automatic observation; kept */
  size_t observe_count;
  uint32_t default_lifetime_s; /* 0 = 86,400 (LwM2M 1.0 default) */
  uint32_t grace_s;            /* kept beyond the lifetime; 0 = 247 */
  uint32_t awake_ms;           /* queue mode window; 0 = 93,000 (MAX_TRANSMIT_WAIT) */
  tg_coap_rebind_t rebind;     /* who may take a NoSec registration over from another address */
  bool seen_by_reports;        /* notifications and Send extend the lifetime */
  tg_server_admit_fn admit;    /* may be NULL */
  void *admit_ud;
  tg_server_file_fn file; /* may be NULL */
  void *file_ud;
} tg_server_config_t;

/** Counters; one name each, in server_stats.def order. */
typedef struct tg_server_stats {
#define TG_SERVER_STAT(name, text) uint64_t name;
#include "core/server/server_stats.def"
#undef TG_SERVER_STAT
} tg_server_stats_t;

/** Makes a server; NULL without memory. @p config is copied. */
tg_server_t *tg_server_new(const tg_server_config_t *config);

/** Frees it, before its exchange layer and its twin are freed; registrations stay in the store. NULL is allowed. */
void tg_server_free(tg_server_t *server);

/** Gives the server its exchange layer (whose handler and notify functions are the two below). */
void tg_server_attach(tg_server_t *server, tg_coap_t *coap);

/** Reads registrations and observations back from the store and makes their devices known; @p links by name. @return TG_OK, TG_E_STORE */
TG_MUST_CHECK tg_rc_t tg_server_restore(tg_server_t *server, tg_link_t *const links[], size_t link_count,
                                        size_t *restored);

/** Counters as of now. */
void tg_server_stats(const tg_server_t *server, tg_server_stats_t *stats);

/** The exchange layer's request handler; @p ud is the server. Routes /rd, /dp, /bs, /.well-known/core. */
void tg_server_on_request(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** The exchange layer's notification seam; @p ud is the server. */
void tg_server_on_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply);

#endif
