/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_AGE_H
#define TG_CORE_STORE_STORE_AGE_H

/**
 * Private to core/store: outbox messages that waited for too long. Their age is the time that gateways have run since, not what the wall
 * clock makes of it: a clock that jumps by years must not empty the outbox. So now and then a mark says how long it had run when the
 * numbers had come so far, and marks are kept in the store.
 */

#include "core/store/store.h"

enum { TG_STORE_AGE_MARKS = 64 };

/** When the numbers were where. */
typedef struct tg_store_age_mark {
  uint64_t seq;    /* the next one then */
  uint64_t ran_ms; /* time that gateways had run on this store */
} tg_store_age_mark_t;

/** `{0}` and max_ms to begin; private members. */
typedef struct tg_store_age {
  uint64_t max_ms; /* 0: nothing is ever too old */
  uint64_t ran_ms; /* before this process */
  uint64_t begun_ms;
  size_t count;
  tg_store_age_mark_t marks[TG_STORE_AGE_MARKS + 2]; /* ascending */
  tg_timer_t timer;
  tg_store_gap_t gap; /* of the sweep that goes on */
} tg_store_age_t;

/** How far apart marks are, in milliseconds; what is too old goes at most so much later. */
uint64_t tg_store_age_spacing(const tg_store_age_t *age);

/** Notes that after @p ran_ms the next number is @p seq, unless that was noted just before. */
void tg_store_age_mark(tg_store_age_t *age, uint64_t seq, uint64_t ran_ms);

/** Every message below the number that is returned is older than allowed, after @p ran_ms. Forgets marks that say no more than others. */
uint64_t tg_store_age_limit(tg_store_age_t *age, uint64_t ran_ms);

/** Appends the marks and @p ran_ms as a row of the store. */
void tg_store_age_encode(const tg_store_age_t *age, uint64_t ran_ms, tg_buf_t *out);

/** Takes over what an earlier process left; what makes no sense is as if it were not there. */
void tg_store_age_decode(tg_store_age_t *age, tg_slice_t row);

#endif
