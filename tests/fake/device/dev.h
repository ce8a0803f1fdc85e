/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_H
#define TG_TESTS_FAKE_DEVICE_DEV_H

/** What one simulated device is made of. The files of this folder share it; nobody else includes it. */

#include "core/codec/codec.h"

enum {
  TG_DEV_EP_MAX = 128,
  TG_DEV_DATAGRAM_MAX = 1500,
  TG_DEV_TEXT_MAX = 64,
  TG_DEV_RESOURCES_MAX = 56,
  TG_DEV_FLIGHTS = 8,
  TG_DEV_REPLIES = 8,
  TG_DEV_HEARD = 1024,
  TG_DEV_OBSERVATIONS = 16,
  TG_DEV_ATTRIBUTES = 16
};

/** What goes wrong with a firmware update, each at its place of LwM2M's state machine (Core 1.1 Appendix E.6). */
typedef enum tg_dev_fail {
  TG_DEV_FAIL_NOTHING,
  TG_DEV_FAIL_SPACE,   /* no flash left after 2 KiB: result 2 */
  TG_DEV_FAIL_RAM,     /* no memory at the first byte: result 3 */
  TG_DEV_FAIL_URI,     /* the URI is found bad: result 7 */
  TG_DEV_FAIL_INSTALL, /* Update ends in result 8, state 2 again */
  TG_DEV_FAIL_DEFER    /* Update is put off: result 11 */
} tg_dev_fail_t;

enum { TG_DEV_PULL = 0, TG_DEV_PUSH = 1, TG_DEV_BOTH = 2 };      /* values of /5/0/9 */
enum { TG_DEV_FETCH_COAP = 1 << 0, TG_DEV_FETCH_HTTP = 1 << 2 }; /* bits: values of /5/0/8 */

/** Object 5 as the command line wants it. */
typedef struct tg_dev_fw_config {
  bool on;
  bool strict_tag; /* another Request-Tag is another body: 4.08 */
  int method;
  unsigned protocols;  /* TG_DEV_FETCH_…; 0: /5/0/8 is not there */
  uint32_t without;    /* bit r: /5/0/r is not there */
  const char *version; /* first /3/0/3 */
  tg_dev_fail_t fail;
  uint32_t fail_count;  /* so many times, then it goes well */
  uint32_t install_ms;  /* how long the device is in state 3; after that it restarts */
  uint32_t defer_ms;    /* a deferred update comes by itself after so long */
  uint32_t patience_ms; /* a pull is given up when nothing came for so long */
  size_t max;           /* bytes of an image */
  uint32_t block;       /* bytes of a block it asks for, 16 … 1024 */
  const char *image_out;
} tg_dev_fw_config_t;

/** The command line. */
typedef struct tg_dev_config {
  const char *server;   /* host:port */
  const char *server_n; /* the same for a device that lives on NIDD (through an SCEF's relay) … */
  const char *server_u; /* … and moves to UDP and back; NULL where it can't */
  const char *ep;       /* one device … */
  const char *prefix;   /* … or count devices, prefix1 … prefixN */
  const char *bind;     /* local address, NULL for any */
  const char *binding;
  unsigned count;
  uint32_t lifetime_s;
  uint32_t interval_ms; /* between changes of the temperature; 0: none */
  uint32_t awake_ms;    /* how long a device in queue mode listens */
  bool version_1_0;
  bool queue;
  bool no_composite;   /* FETCH and iPATCH get 4.05 */
  bool con;            /* notifications are confirmable */
  bool move_anew;      /* on another transport it registers rather than updating */
  bool plain_trigger;  /* the argument of /1/0/8 is not understood: a plain Update */
  bool mute;           /* /1/0/23 is true at first */
  uint32_t restart_ms; /* how long it is gone when it restarts */
  uint32_t ack_timeout_ms;
  uint32_t retransmits;
  tg_dev_fw_config_t fw;
} tg_dev_config_t;

/** Object 5's state; private to dev_fw.c. */
typedef struct tg_dev_fw tg_dev_fw_t;

/** A value with room for its text. */
typedef struct tg_dev_value {
  tg_value_t value;
  char text[TG_DEV_TEXT_MAX];
} tg_dev_value_t;

/** What a message in flight is for. */
typedef enum tg_dev_kind {
  TG_DEV_FREE,
  TG_DEV_REGISTER,
  TG_DEV_UPDATE,
  TG_DEV_DEREGISTER,
  TG_DEV_SEND,
  TG_DEV_NOTIFY
} tg_dev_kind_t;

/** A confirmable message until it is acknowledged, a request until it is answered. */
typedef struct tg_dev_flight {
  tg_dev_kind_t kind;
  bool acked; /* only the response is missing */
  uint16_t mid;
  uint8_t tries;
  uint8_t token[8];
  uint64_t due_ms;
  uint64_t wait_ms;
  size_t len;
  uint8_t bytes[TG_DEV_DATAGRAM_MAX];
  tg_path_t path; /* of a notification, and its number */
  double value;
} tg_dev_flight_t;

/** A reply that is given again to a repeated request. */
typedef struct tg_dev_reply {
  uint32_t request; /* tg_dev_net_key() of it; 0: none */
  size_t len;
  uint8_t bytes[TG_DEV_DATAGRAM_MAX];
} tg_dev_reply_t;

/** Notification attributes of a path; NAN is not given. */
typedef struct tg_dev_attributes {
  bool used;
  tg_path_t path;
  double pmin, pmax, gt, lt, st;
} tg_dev_attributes_t;

typedef struct tg_dev_observation {
  bool used;
  bool dirty; /* a value below the path changed since the last notification */
  tg_path_t path;
  int format;
  uint8_t token_len;
  uint8_t token[8];
  uint16_t last_mid;
  uint32_t sequence;
  uint64_t sent_ms;
  double last; /* number of a single resource when it was told last */
} tg_dev_observation_t;

typedef struct tg_dev {
  const tg_dev_config_t *config;
  const tg_model_t *model;
  char ep[TG_DEV_EP_MAX];
  tg_dev_fw_t *fw; /* NULL without object 5 */
  int fd;          /* -1 while it restarts */
  char at;         /* the transport it uses, N or U; 0 where there is one server only */
  char move_to;    /* the one it goes to at move_ms; 0: it stays */
  bool moved;      /* and has not told so yet */
  bool registered;
  bool want_update;
  bool leaving; /* de-registers, then is gone */
  bool gone;
  bool asleep;
  uint16_t next_mid;
  uint64_t move_ms;
  uint64_t restart_ms; /* when it restarts; 0: not asked to */
  uint64_t open_ms;    /* fd is -1 until then */
  uint32_t disabled_s; /* de-registers and comes back after so long; 0: no */
  uint64_t awake_until_ms;
  uint64_t next_reg_ms; /* when to register or update */
  uint64_t next_change_ms;
  uint32_t lifetime_s;
  unsigned step;
  char location[TG_DEV_EP_MAX];
  tg_dev_value_t values[TG_DEV_RESOURCES_MAX];
  tg_dev_flight_t flights[TG_DEV_FLIGHTS];
  tg_dev_reply_t replies[TG_DEV_REPLIES];
  uint8_t push_tag_len; /* Request-Tag of the Package that is being pushed */
  uint8_t push_tag[8];
  unsigned reply_at;
  uint32_t heard[TG_DEV_HEARD]; /* tg_dev_net_key() of requests whose reply may be gone */
  unsigned heard_at;
  tg_dev_observation_t observations[TG_DEV_OBSERVATIONS];
  tg_dev_attributes_t attributes[TG_DEV_ATTRIBUTES];
} tg_dev_t;

#endif
