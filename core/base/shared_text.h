/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_SHARED_TEXT_H
#define TG_CORE_BASE_SHARED_TEXT_H

/** Texts that many have, such as the maker of a hundred thousand devices: each is kept once, and its users are counted. */

#include "core/base/hash.h"
#include "core/base/hidx.h"
#include "core/base/pool.h"

/** Caller's memory; private members. */
typedef struct tg_shared_text {
  tg_pool_t pool;
  tg_hidx_t index;
  tg_hash_key_t key;
} tg_shared_text_t;

/** No texts yet, at most @p max different ones; @p key (copied) is random. TG_E_NOMEM; also after an error tg_shared_text_fini() is allowed. */
TG_MUST_CHECK tg_rc_t tg_shared_text_init(tg_shared_text_t *texts, const tg_hash_key_t *key, uint32_t max);

/** Frees all texts, whoever uses them. A cleared structure is allowed. */
void tg_shared_text_fini(tg_shared_text_t *texts);

/** One more user of the text @p bytes (copied when it is new; it ends at the first NUL): its number, never 0, is in @p ref. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_shared_text_take(tg_shared_text_t *texts, tg_slice_t bytes, uint32_t *ref);

/** One user less; the last one takes the text along. 0 is allowed. */
void tg_shared_text_give(tg_shared_text_t *texts, uint32_t ref);

/** The text of @p ref, lent until its last user gives it back; NULL for 0. */
const char *tg_shared_text_get(const tg_shared_text_t *texts, uint32_t ref);

#endif
