/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the last refusals and good-byes; made by control_server.c, asked by control_explain.c. See control_facts.h. */

#include "bindings/host/control_facts.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/device/device.h"

struct tg_control_facts {
  tg_event_bus_t *events;
  tg_hash_key_t key;
  uint64_t count; /* ever kept */
  tg_control_fact_t *ring;
};

static void keep(tg_control_facts_t *facts, const tg_event_t *event, tg_control_fact_kind_t kind, const tg_path_t *path,
                 tg_slice_t text) {
  if (!facts->ring) facts->ring = tg_alloc_array(TG_CONTROL_FACTS_MAX, sizeof *facts->ring);
  if (!facts->ring) return;
  tg_control_fact_t *fact = &facts->ring[facts->count++ % TG_CONTROL_FACTS_MAX];
  *fact = (tg_control_fact_t){.ep = tg_hash(&facts->key, event->ep), .time_ms = event->time_ms, .kind = kind};
  if (path) fact->path = *path;
  size_t len = text.len < sizeof fact->text ? text.len : sizeof fact->text - 1;
  while (len && len < text.len && (text.p[len] & 0xC0U) == 0x80U) len--; /* no half letter at the end */
  if (len) memcpy(fact->text, text.p, len);
}

/* A note such as `/3303/0/5700 refused: 4.05`. */
static void take_observing(tg_control_facts_t *facts, const tg_event_t *event) {
  const tg_slice_t word = tg_slice_str("refused: ");
  tg_slice_t rest = event->note, start = tg_slice_take(&rest, ' ');
  tg_path_t path;
  if (tg_path_parse(start, &path) != TG_OK || !tg_slice_begins(rest, word)) return;
  keep(facts, event, TG_CONTROL_FACT_OBSERVE_REFUSED, &path, tg_slice_from(rest, word.len));
}

static void take_command(tg_control_facts_t *facts, const tg_event_t *event) {
  const tg_event_command_t *command = &event->command;
  bool observes = command->op == TG_OP_OBSERVE || command->op == TG_OP_OBSERVE_COMPOSITE;
  bool reads = command->op == TG_OP_READ || command->op == TG_OP_READ_COMPOSITE;
  bool failed = command->state == TG_COMMAND_FAILED || command->state == TG_COMMAND_EXPIRED;
  if (!failed || !(observes || reads)) return;
  char code[8];
  (void)snprintf(code, sizeof code, "%u.%02u", (unsigned)command->code >> 5, command->code & 31U);
  /* A good answer that was no good all the same, such as an Observe that was taken for a Read, has its reason in rc. */
  const char *text = command->code >> 5 > 2 || command->rc == TG_OK ? code : tg_rc_text(command->rc);
  keep(facts, event, observes ? TG_CONTROL_FACT_OBSERVE_REFUSED : TG_CONTROL_FACT_READ_FAILED, &command->path,
       tg_slice_str(text));
}

/* Comes only for the types subscribed to. */
static void on_event(void *ud, const tg_event_t *event) {
  tg_control_facts_t *facts = ud;
  if (event->type == TG_EVENT_OBSERVING) {
    take_observing(facts, event);
  } else if (event->type == TG_EVENT_COMMAND) {
    take_command(facts, event);
  } else if (event->type == TG_EVENT_REFUSED) {
    tg_control_fact_kind_t kind = event->device ? TG_CONTROL_FACT_PAYLOAD_REFUSED : TG_CONTROL_FACT_REGISTER_REFUSED;
    keep(facts, event, kind, NULL, event->note);
  } else {
    keep(facts, event, TG_CONTROL_FACT_LEFT, NULL, event->note);
  }
}

tg_control_facts_t *tg_control_facts_new(tg_event_bus_t *events) {
  static const uint32_t wanted = 1U << TG_EVENT_DEREGISTERED | 1U << TG_EVENT_EXPIRED | 1U << TG_EVENT_REFUSED |
                                 1U << TG_EVENT_OBSERVING | 1U << TG_EVENT_COMMAND;
  tg_control_facts_t *facts = tg_alloc_array(1, sizeof *facts);
  if (!facts) return NULL;
  facts->events = events;
  tg_random_fill(NULL, &facts->key, sizeof facts->key);
  if (tg_event_subscribe(events, wanted, on_event, facts) == TG_OK) return facts;
  tg_alloc_free(facts);
  return NULL;
}

void tg_control_facts_free(tg_control_facts_t *facts) {
  if (!facts) return;
  tg_event_unsubscribe(facts->events, on_event, facts);
  tg_alloc_free(facts->ring);
  tg_alloc_free(facts);
}

const tg_control_fact_t *tg_control_facts_find(const tg_control_facts_t *facts, tg_slice_t ep,
                                               tg_control_fact_kind_t kind, const tg_path_t *path) {
  uint64_t name = tg_hash(&facts->key, ep);
  uint64_t kept = facts->count < TG_CONTROL_FACTS_MAX ? facts->count : TG_CONTROL_FACTS_MAX;
  for (uint64_t i = 1; i <= kept; i++) {
    const tg_control_fact_t *fact = &facts->ring[(facts->count - i) % TG_CONTROL_FACTS_MAX];
    if (fact->ep != name || fact->kind != kind) continue;
    if (!path || tg_path_covers(path, &fact->path) || tg_path_covers(&fact->path, path)) return fact;
  }
  return NULL;
}
