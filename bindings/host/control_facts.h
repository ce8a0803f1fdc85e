/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_FACTS_H
#define TG_BINDINGS_HOST_CONTROL_FACTS_H

/**
 * What went wrong with devices lately and nobody else remembers: how a device left, what was refused. A ring of the last
 * TG_CONTROL_FACTS_MAX, filled from the event bus; gone with the process. For `explain`.
 */

#include "core/event/event.h"

/** How many are kept, all devices together; the oldest goes. */
#define TG_CONTROL_FACTS_MAX 1024

typedef enum tg_control_fact_kind {
  TG_CONTROL_FACT_LEFT,             /* good-bye or end of lifetime; text is how */
  TG_CONTROL_FACT_REGISTER_REFUSED, /* text is why */
  TG_CONTROL_FACT_PAYLOAD_REFUSED,  /* of a registered device; text is why */
  TG_CONTROL_FACT_OBSERVE_REFUSED,  /* of path; text is the code, or what happened instead of an answer */
  TG_CONTROL_FACT_READ_FAILED       /* likewise */
} tg_control_fact_kind_t;

/** One of them. */
typedef struct tg_control_fact {
  uint64_t ep; /* hash of the name */
  int64_t time_ms;
  tg_control_fact_kind_t kind;
  tg_path_t path; /* the root where there is none */
  char text[96];
} tg_control_fact_t;

typedef struct tg_control_facts tg_control_facts_t;

/** Subscribes to @p events (kept). NULL without memory or without room on the bus. */
tg_control_facts_t *tg_control_facts_new(tg_event_bus_t *events);

/** Unsubscribes and frees. NULL is allowed. */
void tg_control_facts_free(tg_control_facts_t *facts);

/** The newest fact of @p kind about @p ep whose path is @p path, above it or below it; @p path NULL: any. Lent until the bus drains next; NULL: none is remembered. */
const tg_control_fact_t *tg_control_facts_find(const tg_control_facts_t *facts, tg_slice_t ep,
                                               tg_control_fact_kind_t kind, const tg_path_t *path);

#endif
