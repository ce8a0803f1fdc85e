/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_H
#define TG_CORE_LINK_LINK_NIDD_H

/**
 * Non-IP data delivery through an SCEF or NEF (3GPP TS 29.122 §4.4.5, T8 NIDD): one link is one SCEF. Each device has a NIDD
 * configuration there, which the link finds again after a restart, creates, renews and repairs by itself. Uplink data comes in on an HTTP
 * server of the link's own; downlink data goes out one POST at a time for each device. A peer's address is its External
 * Identifier or MSISDN, and the network vouches for it.
 */

#include "core/base/diag.h"
#include "core/base/random.h"
#include "core/http/http_client.h"
#include "core/http/http_server.h"
#include "core/link/link.h"
#include "core/loop/loop.h"

/** Where the link keeps what it must know after a restart; the composition connects it to the store. Both may be NULL: then configurations are found by their destination. */
typedef struct tg_link_nidd_memory {
  /** Appends the value of @p key. TG_E_NOT_FOUND. */
  tg_rc_t (*load)(void *ud, tg_slice_t key, tg_buf_t *value);
  /** Keeps @p value for @p key; an empty value forgets the key. Values hold a secret (the callback path). */
  void (*save)(void *ud, tg_slice_t key, tg_slice_t value);
  void *ud;
} tg_link_nidd_memory_t;

/** Connections of the callback server: an SCEF may open many. */
#define TG_LINK_NIDD_CONNECTIONS 32

/** How a link works; zero takes the default in brackets, strings are copied unless said otherwise. */
typedef struct tg_link_nidd_config {
  const char *name;      /* of the link; kept by the owner */
  const char *api_root;  /* `https://scef.example.net`, perhaps with a path; `/3gpp-nidd/v1` is appended */
  const char *scs_as_id; /* our name at the SCEF */
  const char *provider;  /* mtcProviderId, or NULL */
  const char *features;  /* supportedFeatures ["0"]: the numbers differ between operators */
  const char *
      notify_url; /* our callbacks as the SCEF reaches them, such as `https://gw.example.org:8443/t8/nidd` [scheme, address and port of `listen`, /t8/nidd] */
  tg_http_server_config_t listen; /* address, port, certificates, caps; handler and ud are the link's */
  tg_http_client_config_t http;   /* trust, client certificate, time limits */
  const char *const *devices;     /* External Identifiers (`local@domain`) and MSISDNs; borrowed */
  size_t device_count;
  uint32_t max_devices;     /* [65536] */
  uint32_t max_queued;      /* datagrams of one device that wait or are buffered [16] */
  uint32_t duration_s;      /* asked for a configuration; renewed after four fifths [0: not limited] */
  uint32_t max_latency_s;   /* at most asked for a request [604,800] */
  uint32_t reply_latency_s; /* asked for what expects no reply [30] */
  const char *pdn_option;   /* pdnEstablishmentOption of requests that may wait [`WAIT_FOR_UE`] */
  uint32_t backoff_ms;      /* first pause after a failure; doubles, with jitter [1000] */
  uint32_t backoff_max_ms;  /* [60,000] */
  const char *token_url;    /* OAuth 2.0 client credentials; NULL: none */
  const char *client_id;
  const char *client_secret;
  const char *scope;         /* NULL: none */
  bool secret_in_body;       /* credentials as form members instead of HTTP Basic */
  const char *authorization; /* a fixed Authorization value, such as `Basic …`, when there is no token_url */
  const char *header;        /* one more header line for every request, or NULL */
  tg_link_nidd_memory_t memory;
  tg_random_fn random; /* [kernel] */
  void *random_ud;
} tg_link_nidd_config_t;

/** Counters. */
typedef struct tg_link_nidd_stats {
  uint32_t devices;   /* known */
  uint32_t ready;     /* with a configuration in force */
  uint64_t uplinks;   /* datagrams received */
  uint64_t downlinks; /* datagrams the SCEF took */
  uint64_t buffered;  /* of those, at first kept there */
  uint64_t failed;    /* datagrams it did not deliver */
  uint64_t created;   /* configurations created */
  uint64_t adopted;   /* configurations found again */
  uint64_t renewed;
  uint64_t refused; /* callbacks answered with an error */
} tg_link_nidd_stats_t;

/** Listens, and begins to find and create configurations. TG_E_CONFIG with the reason in @p diag (may be NULL), TG_E_IO, TG_E_NOMEM. Close with ops->close(): configurations stay at the SCEF. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_new(tg_loop_t *loop, const tg_link_nidd_config_t *config, tg_diag_t *diag,
                                       tg_link_t **link);

/** Adds a device by External Identifier or MSISDN. TG_E_SYNTAX, TG_E_EXISTS, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_add_device(tg_link_t *link, tg_slice_t id);

/** Removes a device: its configuration is deleted at the SCEF, its datagrams end in silence. TG_E_NOT_FOUND. Not from inside an event. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_del_device(tg_link_t *link, tg_slice_t id);

/** Inside rx() only: keeps the SCEF waiting for its answer until tg_link_nidd_release() of the returned ticket (at most 25 s, then it is told to try again). */
uint64_t tg_link_nidd_hold(tg_link_t *link);

/** Answers a held notification: TG_OK accepts the datagram, anything else makes the SCEF send it again. A stale ticket is ignored. */
void tg_link_nidd_release(tg_link_t *link, uint64_t ticket, tg_rc_t rc);

/** The port on which callbacks arrive. */
uint16_t tg_link_nidd_port(const tg_link_t *link);

/** Counters as of now. */
void tg_link_nidd_stats(const tg_link_t *link, tg_link_nidd_stats_t *stats);

#endif
