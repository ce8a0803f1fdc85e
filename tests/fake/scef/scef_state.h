/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_STATE_H
#define TG_TESTS_FAKE_SCEF_STATE_H

/**
 * What the fake SCEF knows: devices (UEs with their relay and notification queue), NIDD configurations and downlink
 * data deliveries (TS 29.122 §4.4.5). Lists are walked linearly; a test bed has hundreds of devices, not millions.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_behave.h"
#include "tests/fake/scef/scef_loop.h"
#include "tests/fake/scef/scef_options.h"

struct json_object;

enum { TG_SCEF_ID = 17 }; /* 8 random bytes as hex */

typedef struct tg_scef tg_scef_t;
typedef struct tg_scef_config tg_scef_config_t;

/** A notification on its way to the SCS/AS. */
typedef struct tg_scef_note {
  struct tg_scef_note *next;
  char config[TG_SCEF_ID]; /* whose notificationDestination to use, read anew at each attempt */
  char *url;               /* the destination when that configuration is gone */
  char *body;              /* JSON text */
  int64_t due;             /* monotonic ms, not sent before */
  unsigned attempts;
} tg_scef_note_t;

/** Counters of one device, shown by GET /control. */
typedef struct tg_scef_counts {
  uint64_t uplinks, uplinks_lost, uplinks_unconfigured, uplinks_too_large;
  uint64_t downlinks, downlinks_lost;
  uint64_t notes_sent, notes_retried, notes_rejected, notes_overflow;
} tg_scef_counts_t;

/** A UE: its identity on T8, its loopback UDP socket, its notification queue. Lives as long as the program. */
typedef struct tg_scef_device {
  struct tg_scef_device *next;
  tg_scef_t *scef;
  char *id; /* External Identifier (local@domain) or MSISDN digits */
  tg_scef_behave_t behave;
  tg_scef_counts_t counts;

  int fd; /* -1: no relay (identity known through a control request only) */
  uint16_t port;
  tg_scef_watch_t watch;
  struct sockaddr_in peer; /* the client's last source address */
  bool attached;           /* peer is valid: the UE has its "PDN connection" */

  tg_scef_note_t *head, *tail;
  size_t queued;
  tg_scef_timer_t retry;
  void *easy; /* libcurl handle, kept for connection reuse */
  bool in_flight;
  void *headers; /* libcurl list of the POST in flight */
  char *answer;
  size_t answer_len;
} tg_scef_device_t;

/** States a delivery resource goes through. */
typedef enum tg_scef_stage {
  TG_SCEF_PENDING,  /* held by us: may be replaced, modified, cancelled */
  TG_SCEF_SENDING,  /* reported as SENDING: too late to change (409) */
  TG_SCEF_FINISHED, /* forwarded or failed; kept a while so that late changes get 409 */
} tg_scef_stage_t;

/** An Individual NIDD downlink data delivery resource. */
typedef struct tg_scef_delivery {
  struct tg_scef_delivery *next; /* in order of arrival */
  tg_scef_config_t *config;
  char id[TG_SCEF_ID];
  struct json_object *transfer; /* NiddDownlinkDataTransfer as the SCS/AS gave it */
  uint8_t *data;
  size_t size;
  tg_scef_stage_t stage;
  char status[TG_SCEF_WORD]; /* DeliveryStatus */
  bool until_attached;       /* waits for the UE's first datagram whatever the behaviour says */
  tg_scef_timer_t release, latency;
} tg_scef_delivery_t;

/** An Individual NIDD configuration resource. */
struct tg_scef_config {
  tg_scef_config_t *next; /* newest first */
  tg_scef_device_t *device;
  char id[TG_SCEF_ID];
  char *scs;                /* scsAsId, decoded */
  char *link;               /* self, absolute */
  struct json_object *body; /* NiddConfiguration without members that change or that we make up */
  tg_scef_delivery_t *deliveries;
  tg_scef_timer_t expiry; /* end of @c duration */
};

/** The whole program. */
struct tg_scef {
  tg_scef_options_t options;
  tg_scef_loop_t loop;
  tg_scef_device_t *devices;
  tg_scef_config_t *configs;
  uint16_t http_port;

  struct { /* the next requests are answered with this instead of being served */
    int64_t count;
    int status;
    int64_t retry_after; /* seconds, -1 for none */
  } outage;

  void *multi;  /* libcurl */
  void *httpd;  /* libmicrohttpd */
  void *held;   /* requests waiting for delayMs */
  void *log;    /* FILE of --log or NULL */
  void *tokens; /* valid access tokens */

  /* Seam from the relay upwards: a datagram of the device arrived; bytes are borrowed. */
  void (*on_uplink)(tg_scef_device_t *device, const uint8_t *data, size_t size);
};

/** Finds a device by identity (borrowed). @return lent, or NULL */
tg_scef_device_t *tg_scef_state_find_device(tg_scef_t *scef, const char *id);

/** Adds a device without relay, with a copy of the default behaviour; lent. @p id is borrowed and must be new. */
tg_scef_device_t *tg_scef_state_add_device(tg_scef_t *scef, const char *id);

/** True where @p id has the form of an External Identifier, `local@domain`, rather than of an MSISDN. */
bool tg_scef_state_is_external(const char *id);

/** The newest configuration of a device. @return lent, or NULL */
tg_scef_config_t *tg_scef_state_find_config(tg_scef_t *scef, const tg_scef_device_t *device);

/** A configuration by its resource id. @return lent, or NULL */
tg_scef_config_t *tg_scef_state_config_by_id(tg_scef_t *scef, const char *id);

/** Removes a configuration with its deliveries; nobody is told. */
void tg_scef_state_drop_config(tg_scef_config_t *config);

/** Frees one delivery; it must have been unlinked from its configuration. */
void tg_scef_state_free_delivery(tg_scef_delivery_t *delivery);

/** Frees every configuration and device; relay sockets are closed, libcurl handles must be gone. */
void tg_scef_state_fini(tg_scef_t *scef);

#endif
