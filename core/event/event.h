/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_EVENT_EVENT_H
#define TG_CORE_EVENT_EVENT_H

/**
 * What happens to devices, told to whoever subscribed. Sources emit while a batch of messages is handled; the gateway drains the
 * ring once after it (architecture.md, path of one uplink, step 4). Emitting copies, so sources need not keep anything.
 */

#include "core/base/pool.h"
#include "core/registry/value.h"

typedef enum tg_event_type {
  TG_EVENT_REGISTERED,   /* a device came (again) */
  TG_EVENT_UPDATED,      /* registration update or a changed object list */
  TG_EVENT_DEREGISTERED, /* it said good-bye, or its driver removed it */
  TG_EVENT_EXPIRED,      /* lifetime over */
  TG_EVENT_AWAKE,
  TG_EVENT_ASLEEP,
  TG_EVENT_RECORDS,       /* values arrived */
  TG_EVENT_COMMAND,       /* a command reached a state */
  TG_EVENT_OBSERVING,     /* an observation began or ended: note is the path and how */
  TG_EVENT_MODEL_MISSING, /* an object or resource without definition: note is its path */
  TG_EVENT_MOVED,         /* its address changed */
  TG_EVENT_REFUSED,       /* a Register, message or payload was refused: note says why */
  TG_EVENT_GAP,           /* messages to brokers were given up or refused: note says how many, and their numbers */
  TG_EVENT_TYPE_COUNT
} tg_event_type_t;

/** Where records come from. */
typedef enum tg_source { TG_SOURCE_NOTIFY, TG_SOURCE_SEND, TG_SOURCE_READ, TG_SOURCE_DRIVER } tg_source_t;

/** States of a command (architecture, point 7): exactly one of DONE to UNKNOWN ends it. */
typedef enum tg_command_state {
  TG_COMMAND_WAITING, /* in the device's queue: asleep, or others are before it */
  TG_COMMAND_SENT,
  TG_COMMAND_DONE,
  TG_COMMAND_FAILED,
  TG_COMMAND_EXPIRED,
  TG_COMMAND_CANCELLED,
  TG_COMMAND_UNKNOWN, /* was sent when the process or its registration ended; can't be repeated, and nobody knows how it went */
  TG_COMMAND_ACCEPTED /* of a durable one, told once, before all others: it is on disk. No command is in this state */
} tg_command_state_t;

/** What RECORDS events carry. */
typedef struct tg_event_records {
  const tg_record_t *items;
  size_t count;
  tg_source_t source;
} tg_event_records_t;

/** What COMMAND events carry. */
typedef struct tg_event_command {
  tg_id_t id;
  tg_command_state_t state;
  tg_rc_t rc;
  uint8_t code; /* CoAP code of the answer, 0 when there was none */
  uint8_t op;   /* tg_op_t */
  tg_path_t path;
  tg_slice_t tag;   /* the asker's own id; may be empty */
  tg_slice_t owner; /* who submitted it, such as a script's name; may be empty */
  const tg_record_t *items;
  size_t count;
  tg_slice_t text; /* Discover: link format; Create: the new path; else empty */
} tg_event_command_t;

/** One event. Everything is borrowed by emit and lent to subscribers for the call. */
typedef struct tg_event {
  tg_event_type_t type;
  tg_id_t device; /* TG_ID_NONE when there is none (yet) */
  tg_slice_t ep;
  int64_t time_ms; /* Unix milliseconds */
  tg_slice_t note; /* short text for people */
  union {
    tg_event_records_t records;
    tg_event_command_t command;
  };
} tg_event_t;

typedef struct tg_event_bus tg_event_bus_t;

/** Seam: an event subscriber. May emit further events; they are drained in the same round. */
typedef void (*tg_event_fn)(void *ud, const tg_event_t *event);

/** A bus that holds up to @p max_events and @p max_bytes between two drains; NULL without memory. */
tg_event_bus_t *tg_event_bus_new(size_t max_events, size_t max_bytes);

/** Frees it; undrained events are dropped. NULL is allowed. */
void tg_event_bus_free(tg_event_bus_t *bus);

/** Subscribes to the types in @p mask (1 << type). Order of calls is the order of subscribing. At most 32. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_event_subscribe(tg_event_bus_t *bus, uint32_t mask, tg_event_fn fn, void *ud);

/** Ends the subscription of exactly this fn and ud. Safe inside a call. */
void tg_event_unsubscribe(tg_event_bus_t *bus, tg_event_fn fn, void *ud);

/** Queues a deep copy. TG_E_FULL when the ring or its memory is full: the source answers its peer 5.03, nothing is lost silently. */
TG_MUST_CHECK tg_rc_t tg_event_emit(tg_event_bus_t *bus, const tg_event_t *event);

/** Hands every queued event to its subscribers, also those emitted meanwhile (bounded rounds; the rest stays for the next drain). @return how many events */
size_t tg_event_drain(tg_event_bus_t *bus);

/** Lower-case name of a type: `registered`, `records` … */
const char *tg_event_type_name(tg_event_type_t type);

/** Lower-case name of a state: `waiting`, `done` … */
const char *tg_event_state_name(tg_command_state_t state);

/** Lower-case name of a source: `notify`, `send`, `read`, `driver`. */
const char *tg_event_source_name(tg_source_t source);

#endif
