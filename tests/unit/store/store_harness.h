/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_STORE_STORE_HARNESS_H
#define TG_TESTS_UNIT_STORE_STORE_HARNESS_H

/** A store in a folder of its own under the temporary folder, with a loop, and what its tickets were told. */

#include "core/store/store.h"

typedef struct store_harness {
  char dir[64];
  char path[128]; /* "" = in memory */
  tg_loop_t *loop;
  tg_store_t *store;
  uint64_t outbox_max;
  uint64_t outbox_max_age_ms;
  uint8_t shed_class; /* of messages that are added */
  uint64_t commit_max_ms;
  uint64_t told;     /* the last ticket told */
  tg_rc_t told_rc;   /* and how it went */
  uint32_t failures; /* tickets told anything but TG_OK */
  uint32_t gaps;
  tg_store_gap_t gap; /* the last one told */
} store_harness_t;

/** Makes folder and loop; @p in_memory: no file. Opens nothing. */
void store_harness_init(store_harness_t *h, bool in_memory);

/** Closes the store if it is open, and removes the folder. */
void store_harness_fini(store_harness_t *h);

/** Opens the store; TG_OK or the error. @p diag may be NULL. */
tg_rc_t store_harness_open(store_harness_t *h, tg_diag_t *diag);

/** Closes the store. */
void store_harness_close(store_harness_t *h);

/** Closes and opens again; fails the test if it can't. */
void store_harness_reopen(store_harness_t *h);

/** Ends the turn and turns the loop until the ticket that was open is told. @return what it was told */
tg_rc_t store_harness_commit(store_harness_t *h);

/** Adds an outbox message with @p text as payload and topic `t`. @return the result; @p seq (may be NULL) is set */
tg_rc_t store_harness_add(store_harness_t *h, uint32_t broker, bool durable, const char *text, uint64_t *seq);

/** Reads broker's messages after @p after into @p out as `payload payload …`. @return how many */
size_t store_harness_read(store_harness_t *h, uint32_t broker, uint64_t after, tg_buf_t *out);

/** Runs @p sql on the (closed) store's file. */
void store_harness_sql(const store_harness_t *h, const char *sql);

/** Number of files in the folder whose names contain @p part. */
size_t store_harness_files(const store_harness_t *h, const char *part);

#endif
