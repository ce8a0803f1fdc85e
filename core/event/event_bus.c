/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event bus: sources emit while a batch of messages is handled, the gateway drains once after it. Two batches take turns, so
 * that what a subscriber emits is copied into the one that is not being handed out. An event is one block of its batch's arena.
 *
 * Path: core/device/twin_values.c -> core/event/event_bus.c -> bindings/api/on_event.c
 */

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/event/event.h"
#include "core/event/record_copy.h"

enum { SUBSCRIBERS_MAX = 32, ROUNDS_MAX = 16, CHUNK_MAX = 64 * 1024 };

typedef struct node {
  struct node *next;
  tg_event_t event;
} node_t;

typedef struct batch {
  tg_arena_t arena;
  node_t *first;
  node_t *last;
  size_t count;
} batch_t;

typedef struct subscriber {
  tg_event_fn fn; /* NULL: gone, its place is closed after the drain */
  void *ud;
  uint32_t mask;
} subscriber_t;

struct tg_event_bus {
  batch_t batches[2];
  batch_t *filling;
  size_t max_events;
  size_t subscriber_count;
  bool draining;
  subscriber_t subscribers[SUBSCRIBERS_MAX];
};

tg_event_bus_t *tg_event_bus_new(size_t max_events, size_t max_bytes) {
  tg_event_bus_t *bus = tg_alloc_array(1, sizeof *bus);
  if (!bus) return NULL;
  size_t chunk = max_bytes < CHUNK_MAX ? max_bytes : CHUNK_MAX;
  for (size_t i = 0; i < TG_COUNT(bus->batches); i++) tg_arena_init(&bus->batches[i].arena, chunk, max_bytes);
  bus->filling = &bus->batches[0];
  bus->max_events = max_events;
  return bus;
}

void tg_event_bus_free(tg_event_bus_t *bus) {
  if (!bus) return;
  for (size_t i = 0; i < TG_COUNT(bus->batches); i++) tg_arena_fini(&bus->batches[i].arena);
  tg_alloc_free(bus);
}

tg_rc_t tg_event_subscribe(tg_event_bus_t *bus, uint32_t mask, tg_event_fn fn, void *ud) {
  if (bus->subscriber_count == SUBSCRIBERS_MAX) return TG_E_FULL;
  bus->subscribers[bus->subscriber_count++] = (subscriber_t){.fn = fn, .ud = ud, .mask = mask};
  return TG_OK;
}

static void close_gaps(tg_event_bus_t *bus) {
  size_t kept = 0;
  for (size_t i = 0; i < bus->subscriber_count; i++) {
    if (bus->subscribers[i].fn) bus->subscribers[kept++] = bus->subscribers[i];
  }
  bus->subscriber_count = kept;
}

void tg_event_unsubscribe(tg_event_bus_t *bus, tg_event_fn fn, void *ud) {
  for (size_t i = 0; i < bus->subscriber_count; i++) {
    if (bus->subscribers[i].fn == fn && bus->subscribers[i].ud == ud) bus->subscribers[i].fn = NULL;
  }
  if (!bus->draining) close_gaps(bus);
}

static size_t extra_size(const tg_event_t *event) {
  if (event->type == TG_EVENT_RECORDS) return tg_record_copy_size(event->records.items, event->records.count);
  if (event->type != TG_EVENT_COMMAND) return 0;
  const tg_event_command_t *command = &event->command;
  return tg_record_copy_size(command->items, command->count) + command->tag.len + command->owner.len +
         command->text.len;
}

/* Copies @p from to *at, moves *at behind it and returns the copy. */
static tg_slice_t copy_bytes(uint8_t **at, tg_slice_t from) {
  tg_slice_t copy = tg_slice(*at, from.len);
  if (from.len) memcpy(*at, from.p, from.len);
  *at += from.len;
  return copy;
}

/* Copies into one block: the node, its records, its texts. */
static void copy_event(node_t *node, const tg_event_t *event) {
  tg_event_t *copy = &node->event;
  *copy = *event;
  uint8_t *at = (uint8_t *)(node + 1);
  if (event->type == TG_EVENT_RECORDS) {
    const tg_event_records_t *records = &event->records;
    copy->records.items = tg_record_copy(records->items, records->count, at);
    at += tg_record_copy_size(records->items, records->count);
  } else if (event->type == TG_EVENT_COMMAND) {
    const tg_event_command_t *command = &event->command;
    copy->command.items = tg_record_copy(command->items, command->count, at);
    at += tg_record_copy_size(command->items, command->count);
    copy->command.tag = copy_bytes(&at, command->tag);
    copy->command.owner = copy_bytes(&at, command->owner);
    copy->command.text = copy_bytes(&at, command->text);
  }
  copy->ep = copy_bytes(&at, event->ep);
  copy->note = copy_bytes(&at, event->note);
}

/* Records may fill seven eighths only: they can be refused and come again, the end of a registration can't. */
static bool has_room(const tg_event_bus_t *bus, tg_event_type_t type) {
  size_t max = bus->max_events;
  if (type == TG_EVENT_RECORDS) max -= max / 8;
  return bus->filling->count < max;
}

tg_rc_t tg_event_emit(tg_event_bus_t *bus, const tg_event_t *event) {
  if (!has_room(bus, event->type)) return TG_E_FULL;
  batch_t *batch = bus->filling;
  node_t *node = tg_arena_alloc(&batch->arena, sizeof *node + extra_size(event) + event->ep.len + event->note.len);
  if (!node) return TG_E_FULL;
  copy_event(node, event);
  node->next = NULL;
  if (batch->last) batch->last->next = node;
  else batch->first = node;
  batch->last = node;
  batch->count++;
  return TG_OK;
}

static void hand_out(tg_event_bus_t *bus, const tg_event_t *event) {
  uint32_t bit = UINT32_C(1) << event->type;
  for (size_t i = 0; i < bus->subscriber_count; i++) {
    const subscriber_t *to = &bus->subscribers[i];
    if (to->fn && to->mask & bit) to->fn(to->ud, event);
  }
}

static size_t drain_batch(tg_event_bus_t *bus) {
  batch_t *batch = bus->filling;
  bus->filling = batch == &bus->batches[0] ? &bus->batches[1] : &bus->batches[0];
  for (const node_t *node = batch->first; node; node = node->next) hand_out(bus, &node->event);
  size_t count = batch->count;
  batch->first = batch->last = NULL;
  batch->count = 0;
  tg_arena_reset(&batch->arena);
  return count;
}

size_t tg_event_drain(tg_event_bus_t *bus) {
  if (bus->draining) return 0;
  bus->draining = true;
  size_t count = 0;
  for (int round = 0; round < ROUNDS_MAX && bus->filling->first; round++) count += drain_batch(bus);
  bus->draining = false;
  close_gaps(bus);
  return count;
}
