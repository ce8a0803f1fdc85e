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

/** Bytes of text in one report: a Send with more gets 4.13, a notification with more is refused. */
enum { TG_SERVER_REPORT_BYTES_MAX = 256 << 10 };

/** What a device says of itself in object 3: what profiles and policies choose by. */
typedef enum tg_server_who {
  TG_SERVER_WHO_MANUFACTURER, /* /3/0/0 */
  TG_SERVER_WHO_MODEL,        /* /3/0/1 */
  TG_SERVER_WHO_FIRMWARE,     /* /3/0/3 */
  TG_SERVER_WHO_COUNT
} tg_server_who_t;

/** Devices meant; globs as of fnmatch(3), NULL = any. Kept. */
typedef struct tg_server_select {
  const char *ep;
  const char *who[TG_SERVER_WHO_COUNT];
  const char *link;
  const char *tag; /* one of its tags */
} tg_server_select_t;

/** A path to observe on every device that has it and is meant: `/3303` observes each instance announced; query is sent as Write-Attributes first when not empty. */
typedef struct tg_server_observe {
  tg_path_t path;    /* object, instance or resource */
  const char *query; /* `pmin=10&pmax=300` or "" ; kept */
  tg_server_select_t select;
} tg_server_observe_t;

/** Block size of a profile that says nothing of it. */
#define TG_SERVER_SZX_ANY 255

/** A profile: what is known of devices that keep less than the specification asks for. */
typedef struct tg_server_quirk {
  tg_server_select_t select;
  uint32_t quirks;    /* TG_QUIRK_… of quirk.h */
  int content_format; /* with TG_QUIRK_OWN_FORMAT; else TG_CF_NONE */
  uint8_t block_szx;  /* with TG_QUIRK_SMALL_BLOCKS: largest block, 0 = 16 bytes … 6 = 1024; else TG_SERVER_SZX_ANY */
} tg_server_quirk_t;

/** Whether devices may Send: without a word from the server those of LwM2M 1.1 may not (/1/x/23, absent or true). */
typedef enum tg_server_send {
  TG_SERVER_SEND_LEAVE, /* says nothing of it */
  TG_SERVER_SEND_ALLOW, /* writes false after each Register */
  TG_SERVER_SEND_MUTE   /* writes true */
} tg_server_send_t;

/** A Register that is well-formed and comes from one who may speak for its endpoint. Borrowed. */
typedef struct tg_server_candidate {
  tg_slice_t ep;       /* as the device says it */
  tg_slice_t identity; /* that its link vouches for; empty when it does not */
  const tg_coap_request_t *request;
  tg_version_t version;
  uint32_t lifetime_s;
  bool queue_mode;
  const tg_path_t *objects; /* in the order in which it sent them */
  size_t object_count;
} tg_server_candidate_t;

/** What is to become of it; begins as {all empty, content_format TG_CF_NONE}. Lent until the next call. */
typedef struct tg_server_decision {
  const char *refused;                /* why, for people: answered with 4.03; NULL: it may come in */
  tg_slice_t ep;                      /* what the gateway calls it; empty: as it says */
  tg_slice_t tags;                    /* words separated by blanks */
  int content_format;                 /* to try first; TG_CF_NONE = as the device lists them */
  tg_server_send_t send;              /* LEAVE: as configured */
  bool chooses;                       /* observe stands in place of the configuration's */
  const tg_server_observe_t *observe; /* its select is not used */
  size_t observe_count;
} tg_server_decision_t;

/** Seam: decides about a Register before it is answered. An error's CoAP code is the answer. */
typedef tg_rc_t (*tg_server_admit_fn)(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision);

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
  const tg_server_quirk_t *quirks; /* profiles; kept */
  size_t quirk_count;
  tg_server_send_t send;
  bool drops_early;            /* notifications that come before pmin is over are not passed on */
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

/** Calls @p fn for each path of @p device (borrowed) under observation, those of composite ones too (the root for one whose paths are not known); false stops. None for devices of other sources. */
void tg_server_observed(const tg_server_t *server, const tg_device_t *device,
                        bool (*fn)(void *ud, const tg_path_t *path), void *ud);

/** The exchange layer's request handler; @p ud is the server. Routes /rd, /dp, /bs, /.well-known/core. */
void tg_server_on_request(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** The exchange layer's notification seam; @p ud is the server. */
void tg_server_on_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply);

/** The exchange layer's reachability seam; @p ud is the server. A device whose datagrams the bearer holds sleeps; commands wait. */
void tg_server_on_reach(void *ud, tg_id_t peer, tg_link_reach_t reach, uint64_t until_ms);

#endif
