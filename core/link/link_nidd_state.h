/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_STATE_H
#define TG_CORE_LINK_LINK_NIDD_STATE_H

/**
 * What one NIDD link knows: devices, deliveries, requests to the SCEF. Inner header of link_nidd*.c, which are layered: link_nidd.c and
 * link_nidd_up.c use _list, _down and _conf, _list and _down use _conf, _down uses _recall and _delivery, these use _api, all use _state. A configuration that becomes ready starts the device's `pump`
 * timer instead of calling the downlink.
 */

#include "core/base/hash.h"
#include "core/base/hidx.h"
#include "core/base/pool.h"
#include "core/link/link_nidd.h"
#include "core/link/t8_oauth.h"

typedef struct tg_link_nidd tg_link_nidd_t;
typedef struct tg_link_nidd_delivery tg_link_nidd_delivery_t;

enum { TG_LINK_NIDD_TOKEN = 32 }; /* hexadecimal digits of a callback path: 128 bits */

/** Where the configuration of a device stands. */
typedef enum tg_link_nidd_phase {
  TG_LINK_NIDD_NEW,  /* not looked for yet */
  TG_LINK_NIDD_BUSY, /* a request about it is under way */
  TG_LINK_NIDD_WAIT, /* conf_timer runs to the next try */
  TG_LINK_NIDD_READY,
  TG_LINK_NIDD_DENIED, /* TERMINATED_UE_NOT_AUTHORIZED; conf_timer runs to a late try */
} tg_link_nidd_phase_t;

/** What the SCEF says has become of a delivery. */
typedef struct tg_link_nidd_news {
  tg_link_tx_t tx;
  bool is_unreached; /* FAILED since the device could not be reached */
  uint64_t retry_at_ms;
} tg_link_nidd_news_t;

/** A status notification that overtook the answer that names its delivery. */
typedef struct tg_link_nidd_early {
  char *url;
  tg_link_nidd_news_t news;
} tg_link_nidd_early_t;

/** A device. */
typedef struct tg_link_nidd_device {
  tg_link_nidd_t *nidd;
  tg_id_t id;
  tg_addr_t addr;
  char token[TG_LINK_NIDD_TOKEN + 1];
  char *url; /* of its configuration, or NULL */
  tg_link_nidd_phase_t phase;
  size_t mtu;
  int64_t expires_ms;       /* wall clock; 0: never */
  int64_t asked_expires_ms; /* of the request under way */
  uint64_t ready_ms;        /* monotonic: since when it is READY */
  unsigned failures;
  unsigned losses;       /* configurations lost soon after they were made, in a row */
  tg_link_reach_t reach; /* as told last */
  bool reach_told;
  bool recall_due;    /* an earlier process may have left something at the SCEF: the pump sees to it */
  uint32_t recalling; /* requests about that which are under way: nothing is posted meanwhile */
  bool is_let_go;     /* what the SCEF held for it was taken back: the pump tells */
  tg_timer_t conf_timer;
  tg_timer_t pump; /* sends the next datagram */
  tg_link_nidd_delivery_t *head, *tail;
  uint32_t count;
  tg_id_t posting; /* delivery whose POST is under way, or none */
  tg_link_nidd_early_t early;
} tg_link_nidd_device_t;

typedef enum tg_link_nidd_stage {
  TG_LINK_NIDD_QUEUED,
  TG_LINK_NIDD_POSTING,
  TG_LINK_NIDD_BUFFERED
} tg_link_nidd_stage_t;

/** A datagram on its way down. */
struct tg_link_nidd_delivery {
  tg_link_nidd_delivery_t *next, *prev; /* of the same device, oldest first */
  tg_link_nidd_device_t *device;
  tg_id_t id;
  uint8_t *data;
  size_t len;
  uint32_t max_latency_s;
  uint8_t priority;
  bool expects_reply;
  bool resent;    /* the configuration was gone once */
  bool cancelled; /* nobody wants to hear of it; still POSTING */
  tg_link_nidd_stage_t stage;
  uint64_t deadline_ms; /* QUEUED: fails when not sent by then */
  char *url;            /* BUFFERED: the delivery's resource, or NULL when the SCEF named none */
  tg_timer_t timer;
};

/** A request to the SCEF; see link_nidd_api.h. */
typedef struct tg_link_nidd_call tg_link_nidd_call_t;

/** One link. */
struct tg_link_nidd {
  tg_link_t link; /* first */
  tg_loop_t *loop;
  tg_http_client_t *http;
  tg_http_server_t *server;
  tg_t8_oauth_t *oauth;         /* NULL: none */
  tg_link_nidd_config_t config; /* strings are copies; devices and listen are not kept */
  char *base;                   /* api root, API name and scsAsId: the URL whose children are ours */
  char *notify_url;
  char *notify_path; /* its path */
  tg_hash_key_t key;
  tg_pool_t devices, deliveries, calls;
  tg_hidx_t by_addr, by_token;
  tg_link_nidd_call_t *waiting; /* for a token */
  uint64_t paused_until_ms;     /* the SCEF is left alone until then */
  unsigned failures;            /* pauses in a row */
  tg_timer_t list_timer;
  bool listing;
  tg_id_t held_call; /* HTTP call whose datagram is being handed up */
  bool held;
  tg_link_nidd_stats_t stats;
};

/** The link behind the seam. */
static inline tg_link_nidd_t *tg_link_nidd_of(tg_link_t *link) {
  return (tg_link_nidd_t *)link;
}

/** Makes the tables. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_state_init(tg_link_nidd_t *nidd);

/** Frees tables and devices; deliveries were freed before. */
void tg_link_nidd_state_fini(tg_link_nidd_t *nidd);

/** A device with a token of its own, the remembered one if there is one, and then also the remembered URL. TG_E_EXISTS, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_state_add(tg_link_nidd_t *nidd, tg_slice_t id, tg_link_nidd_device_t **device);

/** Forgets a device without deliveries. */
void tg_link_nidd_state_del(tg_link_nidd_device_t *device);

/** The device of an identity, or NULL. */
tg_link_nidd_device_t *tg_link_nidd_state_find(const tg_link_nidd_t *nidd, tg_slice_t id);

/** The device of a callback path's last segment, or NULL. */
tg_link_nidd_device_t *tg_link_nidd_state_find_token(const tg_link_nidd_t *nidd, tg_slice_t token);

/** The device's identity, lent. */
static inline tg_slice_t tg_link_nidd_state_id(const tg_link_nidd_device_t *device) {
  return tg_slice(device->addr.b, device->addr.len);
}

/** Sets (copying) or forgets (empty) the URL of a configuration, and remembers it beyond a restart. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_state_set_url(tg_link_nidd_device_t *device, tg_slice_t url);

/** A request to the configuration's URL plus @p suffix was answered from @p got for good (HTTP 308): the configuration lives there now. */
void tg_link_nidd_state_moved(tg_link_nidd_device_t *device, const char *suffix, const char *got);

/** Appends the notificationDestination of a device. */
void tg_link_nidd_state_put_destination(const tg_link_nidd_device_t *device, tg_buf_t *out);

/** Sets the largest datagram, and tells of a change. */
void tg_link_nidd_state_set_mtu(tg_link_nidd_device_t *device, size_t mtu);

/** Sets whether the device can be reached, and tells of a change; of HELD every time. */
void tg_link_nidd_state_set_reach(tg_link_nidd_device_t *device, tg_link_reach_t reach, uint64_t until_ms);

/** Monotonic time of a wall-clock one, at least now and at most a week ahead; 0 stays 0. */
uint64_t tg_link_nidd_state_mono(const tg_link_nidd_t *nidd, int64_t unix_ms);

/** The n-th pause in a row (n from 1) in milliseconds: doubling, bounded, a random half of it cut. */
uint64_t tg_link_nidd_state_backoff(tg_link_nidd_t *nidd, unsigned n);

/** Starts @p timer in @p delay_ms. */
void tg_link_nidd_state_start(tg_link_nidd_t *nidd, tg_timer_t *timer, uint64_t delay_ms);

/** Starts a device's pump in @p delay_ms: the downlink's next step. */
void tg_link_nidd_state_pump(tg_link_nidd_device_t *device, uint64_t delay_ms);

#endif
