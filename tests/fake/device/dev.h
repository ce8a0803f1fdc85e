/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_H
#define TG_TESTS_FAKE_DEVICE_DEV_H

/** What one simulated device is made of. The files of this folder share it; nobody else includes it. */

#include "core/codec/codec.h"

enum {
  TG_DEV_EP_MAX = 128,
  TG_DEV_DATAGRAM_MAX = 1500,
  TG_DEV_TEXT_MAX = 64,
  TG_DEV_RESOURCES_MAX = 40,
  TG_DEV_FLIGHTS = 8,
  TG_DEV_REPLIES = 4,
  TG_DEV_OBSERVATIONS = 16,
  TG_DEV_ATTRIBUTES = 16
};

/** The command line. */
typedef struct tg_dev_config {
  const char *server; /* host:port */
  const char *ep;     /* one device … */
  const char *prefix; /* … or count devices, prefix1 … prefixN */
  const char *bind;   /* local address, NULL for any */
  const char *binding;
  unsigned count;
  uint32_t lifetime_s;
  uint32_t interval_ms; /* between changes of the temperature; 0: none */
  uint32_t awake_ms;    /* how long a device in queue mode listens */
  bool version_1_0;
  bool queue;
  bool no_composite; /* FETCH and iPATCH get 4.05 */
  bool con;          /* notifications are confirmable */
} tg_dev_config_t;

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
  bool used;
  uint16_t mid;
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
  int fd;
  bool registered;
  bool want_update;
  bool leaving; /* de-registers, then is gone */
  bool gone;
  bool asleep;
  uint16_t next_mid;
  uint64_t awake_until_ms;
  uint64_t next_reg_ms; /* when to register or update */
  uint64_t next_change_ms;
  uint32_t lifetime_s;
  unsigned step;
  char location[TG_DEV_EP_MAX];
  tg_dev_value_t values[TG_DEV_RESOURCES_MAX];
  tg_dev_flight_t flights[TG_DEV_FLIGHTS];
  tg_dev_reply_t replies[TG_DEV_REPLIES];
  unsigned reply_at;
  tg_dev_observation_t observations[TG_DEV_OBSERVATIONS];
  tg_dev_attributes_t attributes[TG_DEV_ATTRIBUTES];
} tg_dev_t;

#endif
