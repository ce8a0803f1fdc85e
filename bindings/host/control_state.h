/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_STATE_H
#define TG_BINDINGS_HOST_CONTROL_STATE_H

/** What the files of the control socket share. Private to control_*.c. */

#include "bindings/host/control.h"
#include "bindings/host/control_conn.h"
#include "bindings/host/control_facts.h"
#include "bindings/host/control_reply.h"
#include "core/codec/json_read.h"

enum { TG_CONTROL_CONNS_MAX = 32, TG_CONTROL_HISTORY = 256 };

/** A command on its way to a device, for a client that may have gone meanwhile. */
typedef struct tg_control_wait {
  struct tg_control_wait *next;
  tg_control_t *control;   /* NULL when the socket was closed */
  tg_control_conn_t *conn; /* NULL when the client has gone */
  tg_control_tag_t tag;
  tg_id_t command;
  bool follow; /* an `observe` that goes on with the values that arrive */
} tg_control_wait_t;

/** A client that waits for the end of a firmware update. */
typedef struct tg_control_fw_wait {
  struct tg_control_fw_wait *next;
  tg_control_conn_t *conn;
  tg_control_tag_t tag;
  uint64_t update;
  bool hold; /* `ready` is its end */
} tg_control_fw_wait_t;

/** A client that waits for an image to be added. */
typedef struct tg_control_fw_add {
  struct tg_control_fw_add *next;
  tg_control_t *control;
  tg_control_conn_t *conn;
  tg_control_tag_t tag;
  char name[TG_FW_NAME_MAX + 1];
} tg_control_fw_add_t;

/** A client that wants to see events. */
typedef struct tg_control_follow {
  struct tg_control_follow *next;
  tg_control_conn_t *conn;
  tg_control_tag_t tag;
  tg_id_t device; /* TG_ID_NONE: all devices and all kinds of events; else records only */
  tg_path_t path;
  int64_t since_ms; /* of a device's records: what the answer has told already does not come again */
} tg_control_follow_t;

struct tg_control {
  tg_control_config_t config;
  char *path;
  int fd;
  tg_loop_watch_t *watch;
  tg_control_conn_events_t events;
  tg_control_conn_t *conns[TG_CONTROL_CONNS_MAX];
  size_t conn_count;
  uint64_t refused;
  uint64_t long_lines;
  uint64_t dropped_slow;
  uint64_t started_ms;
  tg_control_wait_t *waits;
  tg_control_follow_t *follows;
  tg_control_fw_wait_t *fw_waits;
  tg_control_fw_add_t *fw_adds;
  uint8_t *history[TG_CONTROL_HISTORY]; /* lines of past events, a ring */
  uint32_t history_len[TG_CONTROL_HISTORY];
  size_t history_next;
  tg_control_facts_t *facts;
};

/** One request, taken apart. Lent for the call. */
typedef struct tg_control_request {
  tg_control_conn_t *conn;
  tg_control_tag_t tag;
  const tg_json_node_t *body;
} tg_control_request_t;

#endif
